// A copy of a queue file that is in use.
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/file.hpp"
#include "queue_test.hpp"

namespace cxrelay::testing {
namespace {

class BackupTest : public QueueTest {
 protected:
  StoreErrorKind refusal(const BackupOptions& options = {}) {
    try {
      backup_sqlite(*queue_, copy_, options);
    } catch (const StoreError& error) {
      return error.kind();
    }
    throw std::logic_error("the backup was made");
  }
  bool nothing_is_left() const {
    return !std::filesystem::exists(copy_) && !std::filesystem::exists(partial_);
  }
  // Some megabytes: several steps of the copying.
  void put_much() {
    std::vector<Event> events;
    for (int i = 0; i < kMuch; ++i) {
      const auto number = std::to_string(i);
      events.push_back({.interaction = "i" + number,
                        .time_s = i,
                        .original = number + std::string(65'536, 'x')});
    }
    put_all(events);
  }
  std::unique_ptr<Queue> open_copy() {
    SqliteQueueOptions options;
    options.path = copy_;
    return open_sqlite_queue(options, clock_);
  }

  static constexpr int kMuch = 64;

  std::string copy_ = directory_.file("copy.db");
  std::string partial_ = copy_ + ".partial";
};

TEST_F(BackupTest, IsAQueueFileOfItsOwn) {
  for (int i = 0; i < 50; ++i) put({"i" + std::to_string(i), i});
  const auto stats = queue_->stats();
  const auto result = backup_sqlite(*queue_, copy_);
  EXPECT_EQ(result.records, stats.journal_records);
  EXPECT_EQ(result.bytes, static_cast<std::int64_t>(std::filesystem::file_size(copy_)));
  struct stat info {};
  ASSERT_EQ(::stat(copy_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(partial_));

  const auto copy = open_copy();
  EXPECT_TRUE(copy->check().ok);
  EXPECT_EQ(copy->stats().accepted, 50);
  put({"z", 1000});  // each goes its own way
  EXPECT_EQ(copy->stats().accepted, 50);
}

TEST_F(BackupTest, IsOfOneMomentWhateverIsPutMeanwhile) {
  put_much();
  int meanwhile = 0;
  const auto result = backup_sqlite(*queue_, copy_, {.progress = [&](std::int64_t, std::int64_t) {
    put({"m" + std::to_string(meanwhile++), 1});
  }});
  EXPECT_GT(meanwhile, 0);
  EXPECT_EQ(result.records, kMuch);
  const auto copy = open_copy();
  EXPECT_TRUE(copy->check().ok);
  EXPECT_EQ(copy->stats().accepted, kMuch);
  EXPECT_EQ(queue_->stats().accepted, kMuch + meanwhile);
}

// What a restored file does with a request that was under way: as after the death of its deliverer.
TEST_F(BackupTest, OpenRequestsOfACopyAreUnknown) {
  put({"a", 1});
  const auto claim_before = claim();
  ASSERT_EQ(claim_before.updates.size(), 1U);
  backup_sqlite(*queue_, copy_);
  settle(claim_before, Outcome::completed);

  const auto copy = open_copy();
  ASSERT_TRUE(copy->elect(limits_));
  const auto claims = copy->claim(limits_);
  ASSERT_EQ(claims.size(), 1U);
  const auto& again = claims.front().updates.front();
  EXPECT_EQ(again.idempotency_key, claim_before.updates.front().idempotency_key);
  EXPECT_EQ(again.attempts, 1);
  EXPECT_TRUE(copy->check().ok);
}

TEST_F(BackupTest, OpenRequestsOfACopyAreParkedIfTheTargetIsNotIdempotent) {
  put({"a", 1});
  const auto key = claim().updates.front().idempotency_key;
  backup_sqlite(*queue_, copy_);
  const auto copy = open_copy();
  auto limits = limits_;
  limits.idempotent = false;
  ASSERT_TRUE(copy->elect(limits));
  EXPECT_TRUE(copy->claim(limits).empty());
  EXPECT_EQ(copy->find(key)->state, State::parked);
  EXPECT_TRUE(copy->check().ok);
}

TEST_F(BackupTest, RefusesWhatIsThereAlready) {
  for (const char* suffix : {"", "-wal", "-journal"}) {
    const auto file = copy_ + suffix;
    std::ofstream(file) << "precious";
    EXPECT_EQ(refusal(), StoreErrorKind::other);
    EXPECT_EQ(std::filesystem::file_size(file), 8U);
    std::filesystem::remove(file);
    EXPECT_TRUE(nothing_is_left());
  }
  copy_ = path_;
  EXPECT_EQ(refusal(), StoreErrorKind::other);
}

TEST_F(BackupTest, DoesNotOverwriteWhatAppearsMeanwhile) {
  put_much();
  const auto appear = [this](std::int64_t, std::int64_t) { std::ofstream(copy_) << "precious"; };
  EXPECT_EQ(refusal({.progress = appear}), StoreErrorKind::other);
  EXPECT_EQ(std::filesystem::file_size(copy_), 8U);
  EXPECT_FALSE(std::filesystem::exists(partial_));
}

TEST_F(BackupTest, RefusesASymbolicLink) {
  const auto elsewhere = directory_.file("elsewhere.db");
  for (const auto& link : {copy_, partial_}) {
    std::filesystem::create_symlink(elsewhere, link);
    EXPECT_EQ(refusal(), StoreErrorKind::unsafe_file);
    EXPECT_FALSE(std::filesystem::exists(elsewhere));
    std::filesystem::remove(link);
  }
}

TEST_F(BackupTest, TakesOverWhatAKilledOneLeft) {
  put({"a", 1});
  std::ofstream(partial_) << std::string(100'000, 'x');
  EXPECT_EQ(backup_sqlite(*queue_, copy_).records, 1);
}

TEST_F(BackupTest, LeavesAnotherOneAlone) {
  {
    const auto another = FileLock::try_take(partial_);
    ASSERT_TRUE(another);
    EXPECT_EQ(refusal(), StoreErrorKind::busy);
    EXPECT_TRUE(another->is_at(partial_));
  }
  EXPECT_EQ(backup_sqlite(*queue_, copy_).records, 0);
}

TEST_F(BackupTest, IsGivenUpWhenTheLogGrowsTooLong) {
  put_much();
  EXPECT_EQ(refusal({.max_log_bytes = 0}), StoreErrorKind::busy);
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(BackupTest, IsGivenUpByWhatItsProgressThrows) {
  put_much();
  const auto stop = [](std::int64_t, std::int64_t) { throw std::out_of_range("enough"); };
  EXPECT_THROW(backup_sqlite(*queue_, copy_, {.progress = stop}), std::out_of_range);
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(BackupTest, TellsOfItsProgress) {
  put_much();
  std::int64_t before = 0;
  const auto result =
      backup_sqlite(*queue_, copy_, {.progress = [&](std::int64_t done, std::int64_t all) {
        EXPECT_GT(done, before);
        EXPECT_LT(done, all);
        before = done;
      }});
  EXPECT_GT(before, 0);
  EXPECT_LT(before, result.bytes);
}

}  // namespace
}  // namespace cxrelay::testing
