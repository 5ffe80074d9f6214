// The limit of storing: append some bytes to a file and fdatasync it, again and again, and nothing
// else.
//
//   disk_limit --directory DIR [--bytes 600] [--seconds 2] [--rate N]
//
// With a rate, each append is scheduled and its latency counts from the schedule, as in
// put_latency; without one they follow each other. Prints
// {"appends":..,"seconds":..,"p50_ms":..,"p99_ms":..}.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>

#include "arguments.hpp"
#include "samples.hpp"
#include "sockets.hpp"

namespace bench {
namespace {

struct Settings {
  std::string path;
  std::size_t bytes = 0;
  std::chrono::seconds length{};
  std::size_t rate = 0;
};

Samples append_until_end(const Settings& settings, SteadyClock::time_point begin) {
  const Descriptor file(
      checked(open(settings.path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600), "open"));
  const std::string row(settings.bytes, 'x');
  const auto pause = std::chrono::nanoseconds(settings.rate ? 1'000'000'000 / settings.rate : 0);
  Samples latencies;
  auto due = begin;
  while (due < begin + settings.length) {
    if (settings.rate) std::this_thread::sleep_until(due);
    const auto from = settings.rate ? due : SteadyClock::now();
    if (write(file.get(), row.data(), row.size()) < 0) checked(-1, "write");
    checked(fdatasync(file.get()), "fdatasync");
    const auto now = SteadyClock::now();
    latencies.add(milliseconds(now - from));
    due = settings.rate ? due + pause : now;
  }
  return latencies;
}

}  // namespace
}  // namespace bench

int main(int count, char** values) try {
  const bench::Arguments arguments(count, values);
  const bench::Settings settings{
      arguments.text("directory") + "/disk_limit.bin", arguments.number("bytes", 600),
      std::chrono::seconds(arguments.number("seconds", 2)), arguments.number("rate", 0)};
  const auto begin = bench::SteadyClock::now();
  auto latencies = bench::append_until_end(settings, begin);
  const double spent = bench::seconds(bench::SteadyClock::now() - begin);
  unlink(settings.path.c_str());
  std::printf("{\"appends\":%zu,\"seconds\":%.6f,\"p50_ms\":%.4f,\"p99_ms\":%.4f}\n",
              latencies.size(), spent, latencies.percentile(0.50), latencies.percentile(0.99));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "disk_limit: %s\n", error.what());
  return 1;
}
