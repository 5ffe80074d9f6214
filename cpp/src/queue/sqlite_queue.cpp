#include "queue/sqlite_queue.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "json/write.hpp"
#include "queue/backup.hpp"
#include "queue/check.hpp"
#include "queue/forget.hpp"
#include "queue/gate_row.hpp"
#include "queue/meta.hpp"
#include "queue/note_segments.hpp"
#include "queue/opening.hpp"
#include "queue/put.hpp"
#include "queue/queries.hpp"
#include "queue/retained.hpp"
#include "queue/retention.hpp"
#include "queue/revive.hpp"
#include "sqlite/log_file.hpp"
#include "sqlite/query.hpp"

namespace cxrelay::queue {
namespace {

constexpr std::int64_t kHangingUs =
    30'000'000;  // a deliverer without a heartbeat for so long has lost its right

std::size_t bytes_of(const NewUpdate& update) {
  return update.original.size() + update.mapped.size();
}

std::string reject_detail(const Reject& reject) {
  std::string detail =
      fmt::format("{{\"size\":{},\"sha256\":\"{}\",\"reason\":", reject.body.size(),
                  to_hex(sha256(reject.body)));
  json::append_string(detail, reject.reason);
  return detail + "}";
}

}  // namespace

struct SqliteQueue::Handles {
  Handles(const SqliteQueueOptions& options, Clock& clock_ref, Random& random)
      : clock(clock_ref),
        opening(options.path),
        writer(options.path, sqlite::OpenMode::create),
        journal(opening.prepare(writer, clock_ref, random)),
        log(writer),
        pending(writer),
        deliverer(writer, journal, pending, clock_ref, random),
        rejects(options.max_rejects_per_minute),
        reader(options.path, sqlite::OpenMode::create),
        commits(writer, options.path + ".lock", {options.max_group_rows, options.max_group_bytes},
                {[this] { begin(); }, [this] { journal.finish(); }, [this] { committed(); },
                 [this] { rolled_back(); }}) {
    reader.run("PRAGMA query_only=ON");
    opening.done();
  }

  void begin() {
    journal.begin(clock.wall_us());
    answers_duplicate = false;
  }

  // An answer that something is stored already builds on what another process wrote, and maybe did not live to sync.
  void committed() {
    if (answers_duplicate && journal.is_unchanged()) log.sync();
    log.require_in_place();
  }

  void rolled_back() {
    journal.rolled_back();
    deliverer.forget();
  }

  Clock& clock;
  Opening opening;
  sqlite::Database writer;  // and all that uses it: only inside a commit
  Journal journal;
  sqlite::LogFile log;
  bool answers_duplicate = false;
  Pending pending;
  Deliverer deliverer;
  RejectLimit rejects;
  std::mutex reader_mutex;
  sqlite::Database reader;         // guarded by reader_mutex
  std::int64_t seen_version = -1;  // guarded by reader_mutex
  GroupCommit commits;
};

SqliteQueue::SqliteQueue(const SqliteQueueOptions& options, std::shared_ptr<Clock> clock,
                         std::shared_ptr<Random> random)
    : options_(options),
      clock_(std::move(clock)),
      random_(std::move(random)),
      process_(::getpid()),
      handles_(std::make_unique<Handles>(options_, *clock_, *random_)) {}

SqliteQueue::~SqliteQueue() {
  if (process_ == ::getpid()) return;
  // In a forked child the parent's handles are left alone: closing them would work on the parent's locks and log.
  handles_.release();  // NOLINT(bugprone-unused-return-value): leaked on purpose
  if (deliverer_lock_) deliverer_lock_->abandon();
}

SqliteQueue::Handles& SqliteQueue::handles() {
  if (process_ != ::getpid()) {
    throw ClosedError("this queue was opened before a fork: open it again in the child process");
  }
  return *handles_;
}

void SqliteQueue::commit(std::size_t rows, std::size_t bytes, std::function<void()> work) {
  Work item(std::move(work), rows, bytes);
  handles().commits.run(item);
}

// ---- putting --------------------------------------------------------------------------------------------

std::vector<Receipt> SqliteQueue::put(std::span<const NewUpdate> updates) {
  std::vector<Receipt> receipts;
  receipts.reserve(updates.size());
  while (!updates.empty()) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (count < updates.size() && count < options_.max_group_rows &&
           (count == 0 || bytes + bytes_of(updates[count]) <= options_.max_group_bytes)) {
      bytes += bytes_of(updates[count++]);
    }
    put_chunk(updates.first(count), receipts);
    updates = updates.subspan(count);
  }
  return receipts;
}

void SqliteQueue::put_chunk(std::span<const NewUpdate> updates, std::vector<Receipt>& receipts) {
  Preparation prepared(updates, *random_);
  std::size_t bytes = 0;
  for (const auto& update : updates) bytes += bytes_of(update);
  const auto first = receipts.size();
  Handles& h = handles();
  commit(updates.size(), bytes, [&] {
    receipts.resize(first);
    store(prepared, h.journal, h.pending, receipts);
    h.answers_duplicate |=
        std::any_of(receipts.begin() + static_cast<std::ptrdiff_t>(first), receipts.end(),
                    [](const Receipt& receipt) { return receipt.status == PutStatus::duplicate; });
  });
  const bool any = std::any_of(receipts.begin() + static_cast<std::ptrdiff_t>(first),
                               receipts.end(), [](const Receipt& receipt) {
                                 return receipt.status == PutStatus::accepted ||
                                        receipt.status == PutStatus::conflict;
                               });
  const std::lock_guard lock(notify_mutex_);
  if (any && notify_) notify_();
}

void SqliteQueue::put_rejects(std::span<const Reject> rejects) {
  if (rejects.empty()) return;
  Handles& h = handles();
  commit(rejects.size(), 0, [&] {
    for (const auto& reject : rejects) {
      h.journal.counters().rejected += 1;
      if (!h.rejects.take(clock_->mono_us())) continue;
      const auto detail = reject_detail(reject);
      NewRecord record;
      record.action = "rejected";
      record.detail = detail;
      h.journal.append(record);
    }
  });
}

void SqliteQueue::on_put(std::function<void()> notify) {
  const std::lock_guard lock(notify_mutex_);
  notify_ = std::move(notify);
}

// ---- delivering -----------------------------------------------------------------------------------------

// A term is normally held together with the OS lock. One that was taken over from a hanging deliverer is not, as long
// as that one lives: then only a missing heartbeat makes the queue free, for whoever gets the lock too.
bool SqliteQueue::elect(const ClaimLimits& limits) {
  Handles& h = handles();
  const std::lock_guard lock(term_mutex_);
  if (!deliverer_lock_) deliverer_lock_ = FileLock::try_take(options_.path + ".deliverer");
  if (elected_ && (deliverer_lock_.has_value() == term_is_locked_)) return true;
  if (elected_) {
    commit(1, 0, [&] { h.deliverer.lock_term(); });
    return term_is_locked_ = true;
  }
  if (!(deliverer_lock_ && term_needs_lock(h)) && !is_hanging(h)) {
    deliverer_lock_.reset();  // leave it to the one who sends
    return false;
  }
  term_is_locked_ = deliverer_lock_.has_value();
  commit(1, 0, [&] { h.deliverer.begin_term(limits, term_is_locked_); });
  elected_ = true;
  seen_heartbeat_us_ = -1;
  return true;
}

bool SqliteQueue::term_needs_lock(Handles& h) {
  const std::lock_guard reading(h.reader_mutex);
  return read_meta(h.reader, "unlocked_epoch") != read_meta(h.reader, "epoch") ||
         read_meta(h.reader, "epoch") == 0;
}

// Judged by our own monotonic clock, whatever the wall clock does: the heartbeat must change.
bool SqliteQueue::is_hanging(Handles& h) {
  const std::lock_guard reading(h.reader_mutex);
  const auto heartbeat = read_meta(h.reader, "heartbeat_us");
  const auto now = clock_->mono_us();
  if (heartbeat != seen_heartbeat_us_) {
    seen_heartbeat_us_ = heartbeat;
    seen_heartbeat_mono_us_ = now;
  }
  return now - seen_heartbeat_mono_us_ >= kHangingUs;
}

void SqliteQueue::resign() {
  if (process_ != ::getpid()) return;  // the right is the parent's
  const std::lock_guard lock(term_mutex_);
  elected_ = false;
  deliverer_lock_.reset();
}

std::vector<Claim> SqliteQueue::settle_and_claim(std::span<const Settlement> settlements,
                                                 const ClaimLimits& limits) {
  std::vector<Claim> claims;
  std::size_t rows = limits.max_requests * limits.max_updates;
  for (const auto& settlement : settlements) rows += settlement.outcomes.size();
  Handles& h = handles();
  {
    const std::lock_guard lock(term_mutex_);
    if (!elected_) throw FencedError("this handle is not the deliverer of the queue");
  }
  try {
    commit(rows, 0, [&] {
      claims = h.deliverer.settle_and_claim(settlements, limits);
      if (limits.gate_until_us != 0) keep_gate(h.writer, limits.target, limits.gate_until_us);
    });
  } catch (const FencedError&) {
    resign();
    throw;
  }
  return claims;
}

std::int64_t SqliteQueue::gate_until_us(std::string_view target) {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return read_gate(h.reader, target);
}

std::optional<std::int64_t> SqliteQueue::next_due_us() {
  std::optional<std::int64_t> due;
  Handles& h = handles();
  commit(0, 0, [&] { due = h.deliverer.next_due_us(); });
  return due;
}

// SQLite keeps the number in memory that all processes share, and changes it with every commit of another connection.
// Whoever reads at the moment, a check say, is not waited for.
bool SqliteQueue::changed() {
  Handles& h = handles();
  const std::unique_lock lock(h.reader_mutex, std::try_to_lock);
  if (!lock.owns_lock()) return true;
  const auto version = h.reader.integer("PRAGMA data_version");
  return std::exchange(h.seen_version, version) != version;
}

// ---- questions ------------------------------------------------------------------------------------------

QueueStats SqliteQueue::stats() {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return read_stats(h.reader, clock_->wall_us());
}

std::vector<UpdateInfo> SqliteQueue::list(const ListFilter& filter) {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return read_list(h.reader, filter);
}

std::optional<UpdateInfo> SqliteQueue::find(std::string_view idempotency_key) {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return read_update(h.reader, idempotency_key);
}

CheckResult SqliteQueue::check() {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return check_queue(h.reader);
}

std::vector<std::vector<SqlValue>> SqliteQueue::query(std::string_view sql,
                                                      std::span<const SqlValue> parameters) {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  auto rows = sqlite::run_query(h.reader, sql, parameters);
  if (h.reader.in_transaction()) {
    h.reader.run("ROLLBACK");
    throw StoreError(StoreErrorKind::other, "SQL: a statement of its own, without a transaction");
  }
  return rows;
}

std::vector<UpdateInfo> SqliteQueue::revivable(const ListFilter& filter) {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return read_revivable(h.reader, filter);
}

// On a connection of its own, so that nobody waits for it.
BackupResult SqliteQueue::backup(const std::string& path, const BackupOptions& options) {
  handles();
  sqlite::Database source(options_.path, sqlite::OpenMode::create);
  source.run("PRAGMA query_only=ON");
  return back_up(source, path, options);
}

std::int64_t SqliteQueue::revive(const ListFilter& filter, std::string_view operator_name) {
  Handles& h = handles();
  std::int64_t count = 0;
  commit(filter.limit, 0,
         [&] { count = revive_updates(h.writer, h.journal, filter, operator_name); });
  const std::lock_guard lock(notify_mutex_);
  if (count > 0 && notify_) notify_();
  return count;
}

ErasedEvents SqliteQueue::forget(std::string_view interaction_id, std::string_view operator_name) {
  Handles& h = handles();
  Erasure erasure(interaction_id, operator_name);
  ErasedEvents done;
  const std::lock_guard lock(h.reader_mutex);  // our own reading would keep the log in use
  erasure.look(h.reader);
  const auto empty_log = [&] {
    try {
      done.log_emptied = h.writer.empty_log();
      if (done.log_emptied) h.log.sync();
    } catch (const StoreError&) {
      done.log_emptied = false;  // the erasure is committed and stays so
    }
  };
  Work item([&] { erasure.apply(h.writer, h.journal); }, 1, 0, empty_log);
  h.commits.run(item);
  if (erasure.is_in_flight()) {
    throw StoreError(StoreErrorKind::busy,
                     "an update of this interaction is in flight: try again when it is settled");
  }
  const bool emptied = done.log_emptied;
  done = erasure.done();
  done.log_emptied = emptied;
  return done;
}

std::int64_t SqliteQueue::record_erasure(std::string_view interaction_id,
                                         std::string_view operator_name) {
  Handles& h = handles();
  Erasure erasure(interaction_id, operator_name);
  commit(1, 0, [&] { erasure.record(h.writer, h.journal); });
  return erasure.done().record_seq;
}

Retained SqliteQueue::retain(const RetentionLimits& limits) {
  Handles& h = handles();
  Retention retention(limits, clock_->wall_us());
  {
    const std::lock_guard lock(h.reader_mutex);
    retention.look(h.reader);
  }
  retention.run(*clock_, [&] {
    Work item([&] { retention.step(h.writer); }, Retention::kStepRows, 0,
              [&] { retention.committed(h.writer); });
    h.commits.run(item);
  });
  return retention.done();
}

std::int64_t SqliteQueue::record_retained(const RetiredRecords& records,
                                          std::string_view operator_name) {
  Handles& h = handles();
  std::int64_t seq = 0;
  commit(1, 0, [&] { seq = append_retained(h.writer, h.journal, records, operator_name); });
  return seq;
}

std::vector<AuditRecord> SqliteQueue::read(std::int64_t after, std::size_t limit) {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return read_journal(h.reader, after, limit);
}

std::optional<ChainHash> SqliteQueue::deleted_first_hash() {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return read_first_hash(h.reader);
}

std::int64_t SqliteQueue::first_seq() {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return read_retention_place(h.reader).first_seq;
}

std::int64_t SqliteQueue::exported() {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return read_meta(h.reader, "exported_seq");
}

void SqliteQueue::set_exported(std::int64_t seq) {
  Handles& h = handles();
  commit(1, 0, [&] { write_meta(h.writer, "exported_seq", seq); });
}

std::int64_t SqliteQueue::noted(std::string_view trail) {
  Handles& h = handles();
  const std::lock_guard lock(h.reader_mutex);
  return read_noted(h.reader, trail);
}

void SqliteQueue::note_closed(std::string_view trail, std::span<const ClosedSegment> segments) {
  Handles& h = handles();
  commit(segments.size(), 0, [&] { note_segments(h.writer, h.journal, trail, segments); });
}

}  // namespace cxrelay::queue

namespace cxrelay {

std::unique_ptr<Queue> open_sqlite_queue(const SqliteQueueOptions& options,
                                         std::shared_ptr<Clock> clock,
                                         std::shared_ptr<Random> random) {
  return std::make_unique<queue::SqliteQueue>(options, std::move(clock), std::move(random));
}

std::vector<std::vector<SqlValue>> query_sqlite(Queue& queue, std::string_view sql,
                                                std::span<const SqlValue> parameters) {
  auto* sqlite = dynamic_cast<queue::SqliteQueue*>(&queue);
  if (sqlite == nullptr) throw ConfigError("only a SQLite queue answers SQL");
  return sqlite->query(sql, parameters);
}

BackupResult backup_sqlite(Queue& queue, const std::string& path, const BackupOptions& options) {
  auto* sqlite = dynamic_cast<queue::SqliteQueue*>(&queue);
  if (sqlite == nullptr) throw ConfigError("only a SQLite queue is copied to a file");
  return sqlite->backup(path, options);
}

}  // namespace cxrelay
