#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/file.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    std::string name = (fs::temp_directory_path() / "cxrelay-base-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    dir_ = name;
    path_ = name + "/file";
  }
  ~FileTest() override { fs::remove_all(dir_); }

  static std::string read(const std::string& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }

  // The kind of trouble that opening `path` gives.
  static StoreErrorKind trouble(const std::string& path, int flags) {
    try {
      open_private(path, flags);
    } catch (const StoreError& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos);
      return error.kind();
    }
    ADD_FAILURE() << path << " was opened";
    return StoreErrorKind::other;
  }

  fs::path dir_;
  std::string path_;
};

TEST_F(FileTest, ANewFileIsPrivateWhateverTheUmask) {
  const mode_t before = ::umask(0);
  write_all(open_private(path_, O_WRONLY | O_CREAT).get(), "text");
  ::umask(before);
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(read(path_), "text");
}

TEST_F(FileTest, OnlyRegularFiles) {
  open_private(path_, O_WRONLY | O_CREAT);
  fs::create_symlink(path_, dir_ / "link");
  fs::create_symlink(dir_ / "nowhere", dir_ / "dangling");
  ASSERT_EQ(::mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(trouble(dir_ / "link", O_RDONLY), StoreErrorKind::unsafe_file);
  EXPECT_EQ(trouble(dir_ / "dangling", O_RDWR | O_CREAT), StoreErrorKind::unsafe_file);
  EXPECT_FALSE(fs::exists(dir_ / "nowhere"));
  EXPECT_EQ(trouble(dir_ / "pipe", O_RDONLY), StoreErrorKind::unsafe_file);
  EXPECT_EQ(trouble(dir_ / "pipe", O_RDWR), StoreErrorKind::unsafe_file);
  EXPECT_EQ(trouble(dir_, O_RDONLY), StoreErrorKind::unsafe_file);
  EXPECT_EQ(trouble(dir_ / "missing", O_RDONLY), StoreErrorKind::io);
}

TEST_F(FileTest, SomebodyElsesFileIsReadButNotWritten) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  open_private(path_, O_WRONLY | O_CREAT);
  ASSERT_EQ(::chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_EQ(trouble(path_, O_RDWR), StoreErrorKind::unsafe_file);
  EXPECT_EQ(trouble(path_, O_WRONLY | O_CREAT), StoreErrorKind::unsafe_file);
  EXPECT_TRUE(open_private(path_, O_RDONLY).valid());
}

TEST_F(FileTest, ADescriptorHasOneOwner) {
  Fd fd = open_private(path_, O_RDWR | O_CREAT);
  const int number = fd.get();
  Fd moved = std::move(fd);
  EXPECT_EQ(moved.get(), number);
  fd = std::move(moved);
  EXPECT_EQ(fd.get(), number);
  EXPECT_NE(::fcntl(number, F_GETFD) & FD_CLOEXEC, 0);
  fd.reset();
  EXPECT_FALSE(fd.valid());
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

TEST_F(FileTest, WriteAndSyncTroubleIsAnError) {
  const Fd read_only = open_private(path_, O_RDONLY | O_CREAT);
  EXPECT_THROW(write_all(read_only.get(), "x"), StoreError);
  EXPECT_THROW(sync_data(-1), StoreError);
  EXPECT_NO_THROW(sync_data(read_only.get()));
  EXPECT_NO_THROW(sync_directory_of(path_));
  EXPECT_NO_THROW(sync_directory_of("relative name"));
  EXPECT_THROW(sync_directory_of(path_ + "/below a file"), StoreError);
}

TEST_F(FileTest, AFullDiskIsToldApart) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (!full.valid()) GTEST_SKIP() << "no /dev/full";
  try {
    write_all(full.get(), "x");
    ADD_FAILURE() << "written";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreErrorKind::full);
  }
}

TEST_F(FileTest, ALockExcludesEverybodyElse) {
  std::optional<FileLock> lock = FileLock::try_take(path_);
  ASSERT_TRUE(lock);
  EXPECT_FALSE(FileLock::try_take(path_));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(FileLock::try_take(path_) ? 1 : 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  lock.reset();
  EXPECT_TRUE(FileLock::try_take(path_));
}

TEST_F(FileTest, ALockKnowsWhetherItsFileStillHasItsName) {
  const auto lock = FileLock::try_take(path_);
  EXPECT_TRUE(lock->is_at(path_));
  fs::rename(path_, path_ + "-elsewhere");
  EXPECT_FALSE(lock->is_at(path_));
  std::ofstream(path_) << "another one";
  EXPECT_FALSE(lock->is_at(path_));
  EXPECT_TRUE(lock->is_at(path_ + "-elsewhere"));
}

TEST_F(FileTest, ANewNameIsNobodyElses) {
  std::ofstream(path_) << "new";
  const std::string taken = path_ + "-taken";
  std::ofstream(taken) << "old";
  try {
    rename_to_new(path_, taken);
    ADD_FAILURE() << "it was replaced";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreErrorKind::other);
  }
  EXPECT_EQ(read(taken), "old");
  rename_to_new(path_, path_ + "-free");
  EXPECT_EQ(read(path_ + "-free"), "new");
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(FileTest, WaitingEndsWhenTheLockFalls) {
  std::optional<FileLock> lock = FileLock::try_take(path_);
  std::atomic<bool> released{false};
  std::thread waiter([&] {
    const FileLock mine = FileLock::wait(path_);
    EXPECT_TRUE(released);
  });
  released = true;
  lock.reset();
  waiter.join();
}

TEST_F(FileTest, ALockFallsWithItsProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::try_take(path_);
    const char answer = lock ? 'y' : 'n';
    [[maybe_unused]] const auto written = ::write(ready[1], &answer, 1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(FileLock::try_take(path_));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(FileLock::try_take(path_));
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace cxrelay
