// The Queue on one SQLite file.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/file.hpp"
#include "cxrelay/queue.hpp"
#include "queue/deliverer.hpp"
#include "queue/group_commit.hpp"
#include "queue/journal.hpp"
#include "queue/pending.hpp"
#include "queue/reject_limit.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

class SqliteQueue final : public Queue, private AuditSource {
 public:
  SqliteQueue(const SqliteQueueOptions& options, std::shared_ptr<Clock> clock,
              std::shared_ptr<Random> random);
  ~SqliteQueue() override;

  std::vector<Receipt> put(std::span<const NewUpdate> updates) override;
  void put_rejects(std::span<const Reject> rejects) override;
  bool elect(const ClaimLimits& limits) override;
  void resign() override;
  std::vector<Claim> settle_and_claim(std::span<const Settlement> settlements,
                                      const ClaimLimits& limits) override;
  std::int64_t gate_until_us(std::string_view target) override;
  std::optional<std::int64_t> next_due_us() override;
  void on_put(std::function<void()> notify) override;
  bool changed() override;
  QueueStats stats() override;
  std::vector<UpdateInfo> list(const ListFilter& filter) override;
  std::optional<UpdateInfo> find(std::string_view idempotency_key) override;
  std::vector<UpdateInfo> revivable(const ListFilter& filter) override;
  std::int64_t revive(const ListFilter& filter, std::string_view operator_name) override;
  ErasedEvents forget(std::string_view interaction_id, std::string_view operator_name) override;
  std::int64_t record_erasure(std::string_view interaction_id,
                              std::string_view operator_name) override;
  Retained retain(const RetentionLimits& limits) override;
  std::int64_t record_retained(const RetiredRecords& records,
                               std::string_view operator_name) override;
  CheckResult check() override;
  AuditSource& audit_source() override { return *this; }

  std::vector<std::vector<SqlValue>> query(std::string_view sql,
                                           std::span<const SqlValue> parameters);
  BackupResult backup(const std::string& path, const BackupOptions& options);

 private:
  // Everything that is bound to the process that opened the file: after a fork the child must not touch it.
  struct Handles;

  std::vector<AuditRecord> read(std::int64_t after, std::size_t limit) override;
  std::int64_t first_seq() override;
  std::optional<ChainHash> deleted_first_hash() override;
  std::int64_t exported() override;
  void set_exported(std::int64_t seq) override;
  std::int64_t noted(std::string_view trail) override;
  void note_closed(std::string_view trail, std::span<const ClosedSegment> segments) override;

  Handles& handles();
  void put_chunk(std::span<const NewUpdate> updates, std::vector<Receipt>& receipts);
  bool term_needs_lock(Handles& h);
  bool is_hanging(Handles& h);
  void commit(std::size_t rows, std::size_t bytes, std::function<void()> work);

  SqliteQueueOptions options_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<Random> random_;
  pid_t process_;
  std::unique_ptr<Handles> handles_;

  std::mutex term_mutex_;
  bool elected_ = false;                     // guarded by term_mutex_
  bool term_is_locked_ = false;              // guarded by term_mutex_
  std::optional<FileLock> deliverer_lock_;   // guarded by term_mutex_
  std::int64_t seen_heartbeat_us_ = -1;      // guarded by term_mutex_
  std::int64_t seen_heartbeat_mono_us_ = 0;  // guarded by term_mutex_

  std::mutex notify_mutex_;
  std::function<void()> notify_;  // guarded by notify_mutex_
};

}  // namespace cxrelay::queue
