#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "queue/preparation.hpp"

namespace cxrelay::queue {
namespace {

class Bodies {
 public:
  explicit Bodies(std::size_t count) : texts_(count), updates_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      texts_[i] = "{\"n\": " + std::to_string(i) + "}";
      updates_[i].original = texts_[i];
      updates_[i].mapped = texts_[i];
    }
  }
  const std::vector<NewUpdate>& updates() const { return updates_; }

 private:
  std::vector<std::string> texts_;
  std::vector<NewUpdate> updates_;
};

void expect_prepared(const PreparedPut& put, const NewUpdate& update) {
  ASSERT_EQ(put.update, &update);
  EXPECT_EQ(put.fingerprint, fingerprint_of(update.original));
  Sha256 hasher;
  EXPECT_EQ(put.original_digest, payload_digest(hasher, put.salt, update.original));
  EXPECT_EQ(put.mapped_digest, payload_digest(hasher, put.salt, update.mapped));
}

class PreparationTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(PreparationTest, PreparesEachUpdate) {
  const Bodies bodies(GetParam());
  Preparation preparation(bodies.updates(), *system_random());
  ASSERT_EQ(preparation.size(), GetParam());
  for (std::size_t i = 0; i < GetParam(); ++i)
    expect_prepared(preparation.at(i), bodies.updates()[i]);
}

TEST_P(PreparationTest, InAnyOrder) {
  const Bodies bodies(GetParam());
  Preparation preparation(bodies.updates(), *system_random());
  for (std::size_t i = GetParam(); i-- > 0;)
    expect_prepared(preparation.at(i), bodies.updates()[i]);
}

TEST_P(PreparationTest, CanBeGivenUp) {
  const Bodies bodies(GetParam());
  const Preparation preparation(bodies.updates(), *system_random());
}

INSTANTIATE_TEST_SUITE_P(Sizes, PreparationTest,
                         ::testing::Values(0, 1, 31, 32, 33, 255, 256, 1000, 4096));

TEST(PreparationSalts, AreAllDifferent) {
  const Bodies bodies(300);
  Preparation preparation(bodies.updates(), *system_random());
  std::vector<Salt> salts;
  for (std::size_t i = 0; i < 300; ++i) salts.push_back(preparation.at(i).salt);
  std::ranges::sort(salts);
  EXPECT_EQ(std::ranges::adjacent_find(salts), salts.end());
}

}  // namespace
}  // namespace cxrelay::queue
