// Parsing without Python: the engine's parse + validate + map, and simdjson's first stage, the
// limit.
//
//   parse_core --events FILE [--milliseconds 300]
//
// FILE holds one event on each line. Prints
// {"events":..,"mean_bytes":..,"stage1_ns":..,"map_ns":..}, each the best of five; the two take
// turns.
#include <simdjson.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "cxrelay/mapping.hpp"

namespace bench {
namespace {

constexpr int kTurns = 5;

std::vector<simdjson::padded_string> read_events(const std::string& path) {
  std::ifstream file(path);
  std::vector<simdjson::padded_string> events;
  for (std::string line; std::getline(file, line);) events.emplace_back(line);
  if (events.empty()) throw std::runtime_error("no events in " + path);
  return events;
}

class FirstStage {
 public:
  FirstStage() {
    if (parser_.allocate(1 << 20)) throw std::bad_alloc();
  }
  void operator()(const simdjson::padded_string& event) {
    const auto* bytes = static_cast<const std::uint8_t*>(static_cast<const void*>(event.data()));
    if (parser_.implementation->stage1(bytes, event.size(), simdjson::stage1_mode::regular)) {
      throw std::runtime_error("an event is not JSON");
    }
  }

 private:
  simdjson::dom::parser parser_;
};

class Map {
 public:
  void operator()(const simdjson::padded_string& event) {
    if (!mapping_.apply_json({event.data(), event.size()}, {}, mapped_, errors_)) {
      throw std::runtime_error("an event is invalid");
    }
  }

 private:
  cxrelay::Mapping mapping_ = cxrelay::Mapping::default_mapping();
  cxrelay::MappedEvent mapped_;
  std::vector<cxrelay::ErrorDetail> errors_;
};

// Processor time of this thread: what other programs do meanwhile is left out.
double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <typename Task>
double nanoseconds_each(Task& task, const std::vector<simdjson::padded_string>& events,
                        double length_s) {
  const double begin = processor_seconds();
  double spent = 0.0;
  std::size_t done = 0;
  while (spent < length_s) {
    for (const auto& event : events) task(event);
    done += events.size();
    spent = processor_seconds() - begin;
  }
  return spent * 1e9 / static_cast<double>(done);
}

}  // namespace
}  // namespace bench

int main(int count, char** values) try {
  const bench::Arguments arguments(count, values);
  const auto events = bench::read_events(arguments.text("events"));
  const double length_s = static_cast<double>(arguments.number("milliseconds", 300)) * 1e-3;
  bench::FirstStage first_stage;
  bench::Map map;
  double stage1_ns = std::numeric_limits<double>::max();
  double map_ns = std::numeric_limits<double>::max();
  for (int turn = 0; turn < bench::kTurns; ++turn) {
    stage1_ns = std::min(stage1_ns, bench::nanoseconds_each(first_stage, events, length_s));
    map_ns = std::min(map_ns, bench::nanoseconds_each(map, events, length_s));
  }
  std::size_t bytes = 0;
  for (const auto& event : events) bytes += event.size();
  std::printf("{\"events\":%zu,\"mean_bytes\":%zu,\"stage1_ns\":%.1f,\"map_ns\":%.1f}\n",
              events.size(), bytes / events.size(), stage1_ns, map_ns);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "parse_core: %s\n", error.what());
  return 1;
}
