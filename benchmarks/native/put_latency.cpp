// Durable put at a fixed rate, open loop: arrivals are scheduled (Poisson) and do not wait for the
// store.
//
//   put_latency --directory DIR [--rate 50000] [--seconds 5] [--submitters 4]
//
// Submitters stand for the loops of a server: one at a time takes every arrival that is due, puts
// them with one call, and the next takes over meanwhile. An arrival's latency runs from its
// schedule to the moment at which that call returned, so waiting for a submitter counts. Rate 0
// puts as fast as the store takes them. Prints
// {"puts":..,"seconds":..,"calls":..,"p50_ms":..,"p99_ms":..,"p999_ms":..}.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "cxrelay/mapping.hpp"
#include "cxrelay/queue.hpp"
#include "samples.hpp"

namespace bench {
namespace {

constexpr std::size_t kMaxPerCall = 4096;
constexpr std::time_t kFirstEventS = 1'715'769'000;  // 2024-05-15T10:30:00Z

// An event of about 264 bytes and what the mapping makes of it, as text that a put can refer to.
struct PreparedEvent {
  std::string original;
  cxrelay::MappedEvent mapped;
};

std::string make_event(std::size_t number, std::mt19937_64& random) {
  char text[320];
  const auto a = random();
  const auto b = random();
  const std::time_t second = kFirstEventS + static_cast<std::time_t>(number / 40);
  std::tm parts{};
  gmtime_r(&second, &parts);
  char time[24];
  std::strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &parts);
  std::snprintf(text, sizeof(text),
                R"({"interactionId":"%08x-%04x-%04x-%04x-%012llx","contactId":"contact-%05zu",)"
                R"("timestamp":"%s","attributes":{"queueName":"PremiumSupport","wrapUpCode":)"
                R"("Escalated","agentName":"Dana Okafor"},"legacyCrmId":"CRM-%05zu",)"
                R"("sourceChannel":"voice"})",
                static_cast<unsigned>(a >> 32), static_cast<unsigned>(a >> 16 & 0xffff),
                static_cast<unsigned>(a & 0xffff), static_cast<unsigned>(b >> 48),
                static_cast<unsigned long long>(b & 0xffff'ffff'ffff), number % 100'000, time,
                number % 90'000);
  return text;
}

std::vector<PreparedEvent> prepare(std::size_t count) {
  const auto mapping = cxrelay::Mapping::default_mapping();
  std::mt19937_64 random(1);
  std::vector<PreparedEvent> events(count);
  std::vector<cxrelay::ErrorDetail> errors;
  for (std::size_t i = 0; i < count; ++i) {
    events[i].original = make_event(i, random);
    if (!mapping.apply_json(events[i].original, {}, events[i].mapped, errors)) {
      throw std::logic_error("a generated event is invalid");
    }
  }
  return events;
}

// Offsets from the start at which events arrive.
std::vector<SteadyClock::duration> schedule(std::size_t count, std::size_t rate) {
  std::vector<SteadyClock::duration> due(count);
  if (rate == 0) return due;
  std::mt19937_64 random(2);
  std::exponential_distribution<double> gap(static_cast<double>(rate));
  double at_s = 0.0;
  for (auto& arrival : due) {
    at_s += gap(random);
    arrival =
        std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(at_s));
  }
  return due;
}

class OpenLoop {
 public:
  OpenLoop(cxrelay::Queue& queue, const std::vector<PreparedEvent>& events,
           std::vector<SteadyClock::duration> due)
      : queue_(queue), events_(events), due_(std::move(due)) {}

  void run(std::size_t submitters) {
    begin_ = SteadyClock::now();
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < submitters; ++i) threads.emplace_back([this] { submit(); });
  }

  Samples& latencies() { return latencies_; }
  std::size_t calls() const { return calls_; }

 private:
  // The next arrivals that are due, as [first, last); waits for the first of them. Empty at the
  // end.
  std::pair<std::size_t, std::size_t> take_due() {
    const std::scoped_lock lock(taking_);
    const auto first = next_;
    if (first == due_.size()) return {first, first};
    std::this_thread::sleep_until(begin_ + due_[first]);
    const auto now = SteadyClock::now() - begin_;
    const auto end = std::min(first + kMaxPerCall, due_.size());
    while (next_ < end && due_[next_] <= now) ++next_;
    return {first, next_};
  }

  void submit() {
    std::vector<cxrelay::NewUpdate> updates;
    Samples mine;
    std::size_t calls = 0;
    for (;;) {
      const auto [first, last] = take_due();
      if (first == last) break;
      updates.clear();
      for (auto i = first; i < last; ++i) {
        const auto& [original, mapped] = events_[i];
        updates.push_back({mapped.idempotency_key, mapped.interaction_id, mapped.event_time_us,
                           original, mapped.payload, "benchmark"});
      }
      queue_.put(updates);
      const auto now = SteadyClock::now() - begin_;
      for (auto i = first; i < last; ++i) mine.add(milliseconds(now - due_[i]));
      ++calls;
    }
    const std::scoped_lock lock(taking_);
    latencies_.add_all(mine);
    calls_ += calls;
  }

  cxrelay::Queue& queue_;
  const std::vector<PreparedEvent>& events_;
  std::vector<SteadyClock::duration> due_;
  SteadyClock::time_point begin_;
  std::mutex taking_;
  std::size_t next_ = 0;   // guarded by taking_
  Samples latencies_;      // guarded by taking_
  std::size_t calls_ = 0;  // guarded by taking_
};

}  // namespace
}  // namespace bench

int main(int count, char** values) try {
  const bench::Arguments arguments(count, values);
  const auto rate = arguments.number("rate", 50'000);
  const auto puts = (rate ? rate : 100'000) * arguments.number("seconds", 5);
  const auto events = bench::prepare(puts);
  cxrelay::SqliteQueueOptions options;
  options.path = arguments.text("directory") + "/put_latency.db";
  const auto queue = cxrelay::open_sqlite_queue(options);
  bench::OpenLoop loop(*queue, events, bench::schedule(puts, rate));
  const auto begin = bench::SteadyClock::now();
  loop.run(arguments.number("submitters", 4));
  const double spent = bench::seconds(bench::SteadyClock::now() - begin);
  if (queue->stats().pending != static_cast<std::int64_t>(puts)) {
    throw std::logic_error("not every event is in the queue");
  }
  auto& latencies = loop.latencies();
  std::printf("{\"puts\":%zu,\"seconds\":%.6f,\"calls\":%zu,", puts, spent, loop.calls());
  std::printf("\"p50_ms\":%.4f,\"p99_ms\":%.4f,\"p999_ms\":%.4f}\n", latencies.percentile(0.5),
              latencies.percentile(0.99), latencies.percentile(0.999));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "put_latency: %s\n", error.what());
  return 1;
}
