// What must hold when a simulated world has come to rest.
#pragma once

#include "cxrelay/queue.hpp"
#include "server.hpp"
#include "truth.hpp"

namespace cxrelay::simulation {

// Adds a sentence to the truth's violations for each promise that is broken.
void judge_world(Queue& queue, Truth& truth, const Server& server);

}  // namespace cxrelay::simulation
