// What may happen in a simulated world, and how often.
#pragma once

#include <cstdint>

namespace cxrelay::simulation {

// A part of the engine that is broken on purpose, to see that the invariants notice.
enum class Broken {
  nothing,
  prefers_older,      // a merged item has the values of the oldest
  ignores_delivered,  // a late event is sent with all that it says
  new_key_each_time,  // every attempt has a key of its own
  unknown_is_done,    // no answer counts as success
  unknown_is_unsent,  // no answer counts as never sent
  has_no_fence        // one that has lost its right settles nevertheless
};

struct Profile {
  int events = 60;
  int interactions = 5;
  int workers = 3;
  // Of an event.
  double late = 0;  // older than one of its interaction that came before; else as old or newer
  double redelivered = 0.1;
  double poison = 0.04;  // no server takes it
  // Of a request on the wire.
  double refused = 0.04;       // no byte leaves
  double lost_request = 0.04;  // it left, and never arrives
  double lost_answer = 0.06;
  double late_arrival = 0.04;  // it arrives long after the client has given it up
  // Of a request at the server.
  double throttled = 0.05;
  double trouble = 0.06;        // a 5xx or 408, nothing applied
  double false_trouble = 0.03;  // a 5xx although all is applied
  double unreadable = 0.03;     // a 200 with half an answer
  double item_trouble = 0.05;   // one item of the batch
  // Of a turn of a worker.
  double crash = 0.01;
  double hang = 0.006;  // for up to two minutes, perhaps between claiming and sending
  double give_back = 0.03;
  // Of a round of the world.
  double clock_step = 0.004;  // the wall clock is set by up to a day, either way
  double revive = 0;
  bool idempotent = true;
  Broken broken = Broken::nothing;
};

}  // namespace cxrelay::simulation
