#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "cxrelay/queue.hpp"
#include "relay/audit_export.hpp"
#include "relay/export_loop.hpp"
#include "temp_dir.hpp"

namespace cxrelay::testing {
namespace {

namespace fs = std::filesystem;

// Log lines, and a way to wait for them.
class Lines {
 public:
  LogSink sink() {
    return [this](LogLine line) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::move(line));
      changed_.notify_all();
    };
  }
  std::vector<LogLine> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(60), [&] { return lines_.size() >= count; }));
    return lines_;
  }
  std::vector<LogLine> now() { return wait_for(0); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<LogLine> lines_;
};

class AuditExportTest : public ::testing::Test {
 protected:
  void put(const std::string& id) {
    NewUpdate update;
    update.idempotency_key = update.interaction_id = id;
    update.original = "{}";
    update.mapped = R"({"a":1})";
    queue_->put({&update, 1});
  }
  AuditStats stats(const AuditExport& exporter) { return exporter.stats(queue_->stats()); }
  ExportOptions options() const { return {.path = log_}; }

  TempDir directory_;
  std::string folder_ = directory_.file("trail");
  std::string log_ = folder_ + "/audit.log";
  std::unique_ptr<Queue> queue_ = open_sqlite_queue({.path = directory_.file("queue.db")});
  Lines lines_;
};

TEST_F(AuditExportTest, CountsWhatIsExportedAndWhatIsNot) {
  fs::create_directory(folder_);
  AuditExport exporter(queue_->audit_source(), options(), lines_.sink());
  put("a");
  put("b");
  EXPECT_EQ(stats(exporter).backlog_records, 2);
  EXPECT_EQ(exporter.run().records, 2);
  put("c");
  const AuditStats after = stats(exporter);
  EXPECT_EQ(after.exported_seq, 2);
  EXPECT_EQ(after.backlog_records, 1);
  EXPECT_EQ(after.failures, 0);
  EXPECT_EQ(after.last_error, "");
}

TEST_F(AuditExportTest, TellsAFailureOnceAndItsEndOnce) {
  AuditExport exporter(queue_->audit_source(), options(), lines_.sink());
  put("a");
  for (int i = 0; i < 3; ++i) exporter.try_run();  // there is no such folder
  EXPECT_EQ(stats(exporter).failures, 3);
  EXPECT_EQ(stats(exporter).last_error, "io");
  ASSERT_EQ(lines_.now().size(), 1U);
  EXPECT_EQ(lines_.now()[0].level, 40);
  EXPECT_TRUE(lines_.now()[0].message.starts_with("the audit export failed: "));
  fs::create_directory(folder_);
  for (int i = 0; i < 3; ++i) exporter.try_run();
  EXPECT_EQ(stats(exporter).failures, 3);
  EXPECT_EQ(stats(exporter).last_error, "");
  ASSERT_EQ(lines_.now().size(), 2U);
  EXPECT_EQ(lines_.now()[1].message, "the audit export works again");
  EXPECT_EQ(verify_audit(log_).records, 1);
}

TEST_F(AuditExportTest, WhoAsksIsToldByAnExceptionAndNotByTheLog) {
  AuditExport exporter(queue_->audit_source(), options(), lines_.sink());
  EXPECT_THROW(exporter.run(), StoreError);
  EXPECT_TRUE(lines_.now().empty());
  EXPECT_EQ(stats(exporter).failures, 1);
  AuditExport nowhere(queue_->audit_source(), {.path = ""}, {});
  EXPECT_THROW(nowhere.run(), ConfigError);
}

TEST_F(AuditExportTest, AnotherExporterIsNoFailure) {
  fs::create_directory(folder_);
  AuditExport exporter(queue_->audit_source(), options(), lines_.sink());
  put("a");
  {
    const FileLock other = FileLock::wait(log_ + ".lock");
    exporter.try_run();
    EXPECT_THROW(exporter.run(), AuditError);
  }
  EXPECT_EQ(stats(exporter).failures, 0);
  EXPECT_EQ(stats(exporter).backlog_records, 1);
  exporter.try_run();
  EXPECT_EQ(stats(exporter).backlog_records, 0);
  EXPECT_TRUE(lines_.now().empty());
}

TEST_F(AuditExportTest, WithoutAnythingNewNoFileIsTouched) {
  fs::create_directory(folder_);
  AuditExport exporter(queue_->audit_source(), options(), lines_.sink());
  put("a");
  exporter.try_run();
  fs::remove_all(folder_);
  exporter.try_run();
  EXPECT_EQ(stats(exporter).failures, 0);
  put("b");
  exporter.try_run();
  EXPECT_EQ(stats(exporter).failures, 1);
}

TEST_F(AuditExportTest, TheLoopExportsFailsAndRecovers) {
  AuditExport exporter(queue_->audit_source(), options(), lines_.sink());
  ExportLoop loop(exporter, 1);
  put("a");
  loop.start();
  loop.start();  // runs already
  lines_.wait_for(1);
  fs::create_directory(folder_);
  lines_.wait_for(2);
  put("b");
  loop.stop();
  EXPECT_EQ(stats(exporter).backlog_records, 0) << "once more at the end";
  EXPECT_EQ(verify_audit(log_).records, 2);
  put("c");
  loop.start();
  loop.stop();
  EXPECT_EQ(verify_audit(log_).records, 3);
}

TEST_F(AuditExportTest, StoppingDoesNotWaitForTheInterval) {
  fs::create_directory(folder_);
  AuditExport exporter(queue_->audit_source(), options(), {});
  put("a");
  {
    ExportLoop loop(exporter, 3'600'000);
    loop.start();
  }
  EXPECT_EQ(stats(exporter).backlog_records, 0);
}

TEST_F(AuditExportTest, WithoutAnIntervalOrAPathThereIsNoThread) {
  AuditExport exporter(queue_->audit_source(), options(), lines_.sink());
  AuditExport nowhere(queue_->audit_source(), {.path = ""}, lines_.sink());
  put("a");
  ExportLoop never(exporter, 0);
  ExportLoop no_path(nowhere, 1);
  for (ExportLoop* loop : {&never, &no_path}) {
    loop->start();
    loop->stop();
  }
  EXPECT_EQ(stats(exporter).failures, 0);
  EXPECT_EQ(stats(nowhere).failures, 0);
}

TEST_F(AuditExportTest, AForkedChildLeavesTheParentsThreadAlone) {
  fs::create_directory(folder_);
  AuditExport exporter(queue_->audit_source(), options(), {});
  auto loop = std::make_unique<ExportLoop>(exporter, 1);
  loop->start();
  const pid_t child = ::fork();
  if (child == 0) {
    int refused = 0;
    try {
      loop->start();
    } catch (const ClosedError&) {
      ++refused;
    }
    try {
      exporter.run();
    } catch (const ClosedError&) {
      ++refused;
    }
    loop->stop();
    loop.reset();
    ::_exit(refused == 2 ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  put("a");
  loop->stop();
  EXPECT_EQ(verify_audit(log_).records, 1);
}

}  // namespace
}  // namespace cxrelay::testing
