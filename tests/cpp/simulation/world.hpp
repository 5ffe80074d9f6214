// A whole world from one seed: a queue file, workers, a network and a server with faults, and a clock. One thread, no
// real time: the same seed gives the same history.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dice.hpp"
#include "fake_clock.hpp"
#include "profile.hpp"
#include "server.hpp"
#include "temp_dir.hpp"
#include "timeline.hpp"
#include "truth.hpp"
#include "worker.hpp"

namespace cxrelay::simulation {

class World {
 public:
  World(std::uint64_t seed, const Profile& profile);

  // Lives, heals, drains. Returns what broke a promise: empty is a pass.
  std::vector<std::string> run();
  // What happened, in one number: equal for equal histories.
  std::uint64_t history() const { return history_; }
  std::size_t requests() const { return server_.seen().size(); }
  const std::map<std::string, int>& seen() const { return truth_.seen; }

 private:
  std::string path() const { return directory_.file("queue.db"); }
  std::unique_ptr<Queue> open() const;
  void set_epoch(std::int64_t epoch) const;
  void put_one();
  void redeliver();
  SimEvent make_event();
  void put(SimEvent event);
  void step_clock();
  void round();
  bool drain();
  void send(Worker& worker, std::uint64_t number, const Flight& flight, HttpRequest request);
  void arrive(Worker& worker, std::uint64_t number, const Flight& flight,
              const HttpRequest& request, bool answer_is_lost);
  void reply_later(Worker& worker, std::uint64_t number, std::int64_t delay_us, HttpReply reply);
  void note(const std::string& what);

  const Profile profile_;
  Dice dice_;
  const std::shared_ptr<testing::FakeClock> clock_ = std::make_shared<testing::FakeClock>();
  const std::shared_ptr<Dice> queue_dice_;
  const testing::TempDir directory_{testing::memory_directory()};
  const Target target_;
  Truth truth_;
  Server server_;
  Timeline timeline_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Worker::Surroundings around_;
  std::unique_ptr<Queue> front_;  // of a process that only puts, and of the operator
  bool healthy_ = false;
  std::uint64_t history_ = 14695981039346656037ULL;
};

}  // namespace cxrelay::simulation
