#include "world.hpp"

#include <algorithm>
#include <utility>

#include "base/units.hpp"
#include "sqlite/database.hpp"
#include "verdict.hpp"

namespace cxrelay::simulation {
namespace {

constexpr std::int64_t kDayUs = 86'400 * kUsPerSecond;
constexpr std::int64_t kClientTimeoutUs = 30 * kUsPerSecond;
constexpr int kMostRounds = 20'000;

HttpReply no_answer(Wire wire, const char* why) { return {wire, 0, {}, {}, why}; }

Target make_target(const Profile& profile) {
  Target target = interactions_batch("https://a.example");
  target.idempotent = profile.idempotent;
  return target;
}

}  // namespace

World::World(std::uint64_t seed, const Profile& profile)
    : profile_(profile),
      dice_(seed),
      queue_dice_(std::make_shared<Dice>(~seed)),
      target_(make_target(profile)),
      server_(profile_, dice_, truth_),
      around_{profile_,
              target_,
              *clock_,
              dice_,
              truth_,
              [this] { return open(); },
              [this](Worker& worker, std::uint64_t number, const Flight& flight,
                     HttpRequest request) { send(worker, number, flight, std::move(request)); },
              [this](std::int64_t epoch) { set_epoch(epoch); }},
      front_(open()) {
  truth_.events.emplace_back();  // numbers begin with 1
  for (int i = 0; i < profile_.workers; ++i) workers_.push_back(std::make_unique<Worker>(around_));
}

std::unique_ptr<Queue> World::open() const {
  SqliteQueueOptions options;
  options.path = path();
  return open_sqlite_queue(options, clock_, queue_dice_);
}

void World::set_epoch(std::int64_t epoch) const {
  sqlite::Database file(path(), sqlite::OpenMode::create);
  file.run(("UPDATE meta SET value = " + std::to_string(epoch) + " WHERE name = 'epoch'").c_str());
}

std::vector<std::string> World::run() {
  while (static_cast<int>(truth_.events.size()) <= profile_.events) round();
  healthy_ = true;
  server_.heal();
  for (const auto& worker : workers_) worker->end_faults();
  if (!drain()) truth_.violations.emplace_back("it does not drain");
  workers_.clear();
  judge_world(*front_, truth_, server_);
  return truth_.violations;
}

void World::round() {
  if (dice_.chance(0.3)) put_one();
  if (dice_.chance(profile_.redelivered)) redeliver();
  if (dice_.chance(profile_.clock_step)) step_clock();
  if (dice_.chance(profile_.revive) && front_->revive({}, "simulation") > 0) truth_.on_revived();
  workers_[dice_.index(workers_.size())]->step();
  clock_->advance_us(dice_.chance(0.05) ? dice_.between(0, 20) * kUsPerSecond
                                        : dice_.between(0, 300) * kUsPerMs);
  timeline_.run_until(clock_->mono_us());
}

// Without faults now. Goes on until nothing waits and nothing is on its way.
bool World::drain() {
  for (int i = 0; i < kMostRounds; ++i) {
    for (const auto& worker : workers_) worker->step();
    const bool idle = timeline_.empty() &&
                      std::ranges::all_of(workers_, [](const auto& w) { return w->is_idle(); });
    if (idle) {
      const auto stats = front_->stats();
      if (stats.pending + stats.in_flight == 0) return true;
    }
    const auto pause_us = idle ? 10 * kUsPerSecond : kUsPerSecond / 2;
    clock_->advance_us(
        std::max(pause_us, std::min(timeline_.next_us() - clock_->mono_us(), 10 * kUsPerSecond)));
    timeline_.run_until(clock_->mono_us());
  }
  return false;
}

void World::step_clock() {
  clock_->set_wall_us(clock_->wall_us() + dice_.between(-kDayUs, kDayUs));
  note("clock");
}

// ---- events -------------------------------------------------------------------------------------------------

void World::put_one() { put(make_event()); }

SimEvent World::make_event() {
  SimEvent event;
  event.number = static_cast<int>(truth_.events.size());
  event.interaction =
      std::string(1, static_cast<char>('a' + dice_.between(0, profile_.interactions - 1)));
  std::int64_t newest = 100;
  for (const auto& other : truth_.events) {
    if (other.interaction == event.interaction) newest = std::max(newest, other.time_us);
  }
  event.time_us = dice_.chance(profile_.late) ? dice_.between(newest - 5, newest)
                                              : newest + dice_.between(0, 3);
  for (const char* name : {"x", "y", "z"}) {
    if (dice_.chance(0.5)) event.attributes.insert(name);
  }
  if (event.attributes.empty()) event.attributes.insert("w");
  if (dice_.chance(profile_.poison)) event.attributes.insert("poison");
  return event;
}

void World::put(SimEvent event) {
  const std::string key = event.interaction + "_" + std::to_string(event.time_us);
  const std::string payload = event.payload();
  NewUpdate update;
  update.idempotency_key = key;
  update.interaction_id = event.interaction;
  update.event_time_us = event.time_us;
  update.original = payload;
  update.mapped = payload;
  const auto receipt = front_->put(std::span(&update, 1)).front();
  event.seq = receipt.seq;
  event.key = receipt.idempotency_key;
  truth_.number_of_seq[event.seq] = event.number;
  note(event.key);
  truth_.events.push_back(std::move(event));
}

void World::redeliver() {
  if (truth_.events.size() < 2) return;
  const auto& event = truth_.events[1 + dice_.index(truth_.events.size() - 1)];
  const std::string payload = event.payload();
  NewUpdate update;
  update.idempotency_key = event.key;
  update.interaction_id = event.interaction;
  update.event_time_us = event.time_us;
  update.original = payload;
  update.mapped = payload;
  const auto receipt = front_->put(std::span(&update, 1)).front();
  if (receipt.status != PutStatus::duplicate || receipt.seq != event.seq) {
    truth_.violations.push_back("a redelivery of " + event.key + " was stored again");
  }
}

// ---- network ------------------------------------------------------------------------------------------------

void World::send(Worker& worker, std::uint64_t number, const Flight& flight, HttpRequest request) {
  const auto latency = dice_.between(1, 400) * kUsPerMs;
  const auto chance = [this](double probability) { return !healthy_ && dice_.chance(probability); };
  if (chance(profile_.refused)) {
    return reply_later(worker, number, kUsPerMs, no_answer(Wire::not_sent, "connect"));
  }
  const bool reset = dice_.chance(0.5);
  const auto gives_up = reset ? latency : kClientTimeoutUs;
  const auto unknown = no_answer(Wire::unknown, reset ? "reset" : "timeout");
  if (chance(profile_.lost_request)) return reply_later(worker, number, gives_up, unknown);
  const bool late = chance(profile_.late_arrival);
  const bool lost = late || chance(profile_.lost_answer);
  if (lost) reply_later(worker, number, gives_up, unknown);
  const auto arrives = late ? kClientTimeoutUs + dice_.between(1, 90) * kUsPerSecond : latency;
  timeline_.plan(clock_->mono_us() + arrives,
                 [this, &worker, number, flight, request = std::move(request), lost] {
                   arrive(worker, number, flight, request, lost);
                 });
}

void World::arrive(Worker& worker, std::uint64_t number, const Flight& flight,
                   const HttpRequest& request, bool answer_is_lost) {
  note(request.body);
  auto reply = server_.receive(flight.claim.request_id, request, flight.claimed_at);
  note(reply.body);
  if (answer_is_lost) return;
  reply_later(worker, number, dice_.between(1, 400) * kUsPerMs, std::move(reply));
}

void World::reply_later(Worker& worker, std::uint64_t number, std::int64_t delay_us,
                        HttpReply reply) {
  timeline_.plan(clock_->mono_us() + delay_us,
                 [&worker, number, reply = std::move(reply)] { worker.on_reply(number, reply); });
}

void World::note(const std::string& what) {
  for (const char c : what + std::to_string(clock_->mono_us())) {
    history_ = (history_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
}

}  // namespace cxrelay::simulation
