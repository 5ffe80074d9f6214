// Thousands of worlds, each from a seed. A failure names the seed; CXRELAY_SIMULATION_SEED=<seed> lives that one alone.
//
// The updater has two threads and waits in real time, so it is not in here. A worker does what it does, in the same
// order, with the parts that decide: the queue, the encoding, the classification and the retry policy.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "world.hpp"

namespace cxrelay::simulation {
namespace {

struct Scene {
  const char* name;
  Profile profile;
  std::vector<std::string> must_see;
  std::uint64_t seeds = 200;
};

// For messages: its name, not its bytes.
void PrintTo(const Scene& scene, std::ostream* out) { *out << scene.name; }

// Events come in their order, and everything else goes wrong.
Profile in_order() { return {}; }

// Events come in any order, on a machine that stays up.
Profile out_of_order() {
  Profile profile;
  profile.workers = 1;
  profile.late = 0.4;
  profile.crash = 0;
  profile.hang = 0;
  return profile;
}

Profile one_worker() {
  Profile profile;
  profile.workers = 1;
  profile.crash = 0.05;
  return profile;
}

Profile not_idempotent() {
  Profile profile;
  profile.idempotent = false;
  return profile;
}

Profile everything() {
  Profile profile;
  profile.late = 0.4;
  profile.revive = 0.01;
  return profile;
}

Profile busy() {
  Profile profile;
  profile.events = 150;
  profile.interactions = 2;
  return profile;
}

// A sanitizer looks at the code that runs, which is the same in most worlds: fewer will do, since they take longer there.
// The plain build lives all of them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kOneIn = 3;
#else
constexpr std::uint64_t kOneIn = 1;
#endif

std::uint64_t seeds(std::uint64_t usual) {
  return std::getenv("CXRELAY_LONG_FAULTS") != nullptr ? usual * 50 : usual / kOneIn;
}

class Simulation : public ::testing::TestWithParam<Scene> {};

TEST_P(Simulation, KeepsEveryPromise) {
  const Scene& scene = GetParam();
  const char* only = std::getenv("CXRELAY_SIMULATION_SEED");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only != nullptr ? first : seeds(scene.seeds);
  std::size_t requests = 0;
  std::map<std::string, int> seen;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    World world(seed, scene.profile);
    for (const auto& violation : world.run()) ADD_FAILURE() << "seed " << seed << ": " << violation;
    requests += world.requests();
    for (const auto& [what, count] : world.seen()) seen[what] += count;
    if (HasFailure()) break;
  }
  RecordProperty("seeds", std::to_string(last - first + 1));
  RecordProperty("requests", std::to_string(requests));
  for (const auto& [what, count] : seen) RecordProperty(what, count);
  // A world in which nothing goes wrong shows nothing.
  for (const auto& what : scene.must_see) EXPECT_GT(seen[what], 0) << what;
}

std::string name_of(const ::testing::TestParamInfo<Scene>& info) { return info.param.name; }

const std::vector<std::string> kDeaths{"fenced", "crashed with requests open", "came twice",
                                       "sent again"};

INSTANTIATE_TEST_SUITE_P(
    Worlds, Simulation,
    ::testing::Values(
        Scene{"InOrder", in_order(), kDeaths},
        Scene{"OutOfOrder", out_of_order(), {"superseded", "merged", "parted", "split", "dead"}},
        Scene{"OneWorker", one_worker(), {"crashed with requests open", "released", "retry"}},
        Scene{"NotIdempotent", not_idempotent(), {"parked", "fenced"}},
        Scene{"Busy", busy(), {"merged", "parted", "came twice"}, 50},
        Scene{"Everything", everything(), kDeaths}),
    name_of);

TEST(SimulatedWorld, IsTheSameForTheSameSeed) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    World first(seed, in_order());
    World second(seed, in_order());
    World other(seed + 100, in_order());
    first.run();
    second.run();
    other.run();
    EXPECT_EQ(first.history(), second.history());
    EXPECT_NE(first.history(), other.history());
  }
}

// ---- the invariants notice ----------------------------------------------------------------------------------

struct Fault {
  const char* name;
  Broken broken;
  Profile profile;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class BrokenEngine : public ::testing::TestWithParam<Fault> {};

TEST_P(BrokenEngine, IsFoundOut) {
  Profile profile = GetParam().profile;
  profile.broken = GetParam().broken;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const auto violations = World(seed, profile).run();
    if (violations.empty()) continue;
    RecordProperty("seed", std::to_string(seed));
    RecordProperty("violation", violations.front());
    return;
  }
  FAIL() << "nobody noticed";
}

std::string fault_of(const ::testing::TestParamInfo<Fault>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    OnPurpose, BrokenEngine,
    ::testing::Values(Fault{"PrefersOlder", Broken::prefers_older, in_order()},
                      Fault{"IgnoresDelivered", Broken::ignores_delivered, out_of_order()},
                      Fault{"NewKeyEachTime", Broken::new_key_each_time, in_order()},
                      Fault{"UnknownIsDone", Broken::unknown_is_done, in_order()},
                      Fault{"UnknownIsUnsent", Broken::unknown_is_unsent, in_order()},
                      Fault{"HasNoFence", Broken::has_no_fence, in_order()}),
    fault_of);

}  // namespace
}  // namespace cxrelay::simulation
