// Queue: the durable store of updates and of their audit records, one transactional boundary
// (DESIGN section 8, docs/queue.md).
//
// Any number of processes put. One deliverer claims, sends and settles; its token is its epoch. A claim and a
// settlement made with a token that has lost its right change nothing and throw FencedError.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cxrelay/audit.hpp"
#include "cxrelay/clock.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {

enum class State { pending, in_flight, completed, dead, parked, superseded };
std::string_view to_text(State state) noexcept;          // the stored word; do not rename
std::string_view to_text(StoreErrorKind kind) noexcept;  // the word that Python has for it too

// ---- putting ------------------------------------------------------------------------------------------

// What is stored of one event. The views need to live only for the call.
struct NewUpdate {
  std::string_view idempotency_key;
  std::string_view interaction_id;
  std::int64_t event_time_us = 0;  // UTC
  std::string_view original;       // the event's bytes as they are to be kept
  std::string_view mapped;         // JSON object to write; empty = nothing to write
  std::string_view mapping_version;
  // What tells the event from others, where `original` is not as it came: JSON text. Not stored, only its fingerprint.
  // Empty = the original.
  std::string_view identity = {};
  // What a privacy policy changed in the original, for the record: a JSON object. Empty = nothing.
  std::string_view privacy = {};
};

enum class PutStatus {
  accepted,   // stored; will be delivered
  duplicate,  // the same event is stored already; nothing changed
  conflict,   // stored as an update of its own: the same key came before with another payload
  empty       // stored for the record; the mapping left nothing to write
};
std::string_view to_text(PutStatus status) noexcept;

// Proof that the event and its audit record are on disk.
struct Receipt {
  PutStatus status = PutStatus::accepted;
  std::int64_t seq = 0;  // of the event's journal record (of the first one for a duplicate)
  std::string
      idempotency_key;  // unique per update: a conflict's key carries a "#<fingerprint>" suffix
};

// An event that was refused. Only its size, hash and the kinds and places of the errors are kept.
struct Reject {
  std::string_view body;
  std::string_view reason;  // e.g. "interactionId: string_type"; no input value
};

// ---- delivering ---------------------------------------------------------------------------------------

// One item to be sent: an update, or several waiting ones of an interaction, merged attribute by attribute. Then all
// but `merged`, `accepted_us` and `attempts` is of the newest. `accepted_us` is of the one accepted last, so that an
// item is too old when each of its updates is.
struct ClaimedUpdate {
  std::int64_t seq = 0;
  std::string interaction_id;
  std::string idempotency_key;
  std::string payload;  // JSON object, reduced to what newer events have not written
  std::int64_t event_time_us = 0;
  std::int64_t accepted_us = 0;
  int attempts =
      0;  // sends before this one; those that halved a batch or parted an item do not count
  std::vector<std::int64_t> merged;  // seqs of the older updates in it, oldest first
};

struct ClaimToken {
  std::int64_t epoch = 0;        // fencing: the deliverer's term
  std::int64_t request_seq = 0;  // journal sequence of the "started" record
  friend bool operator==(const ClaimToken&, const ClaimToken&) = default;
};

// One request to be sent: its "started" record is on disk.
struct Claim {
  ClaimToken token;
  std::string request_id;  // 32 hex digits, in every record of this request
  std::vector<ClaimedUpdate> updates;
};

enum class Outcome {
  completed,
  retry,    // again, not before `not_before_us`
  dead,     // final answer or limits
  parked,   // unknown whether applied, and the target is not idempotent
  split,    // the batch was refused whole, perhaps for another update's fault: send again in halves
  released  // not sent at all: does not count as an attempt
};
std::string_view to_text(Outcome outcome) noexcept;
// Whether a send with this outcome counts against the limit of attempts of the update.
constexpr bool counts_against_limit(Outcome outcome) noexcept {
  return outcome != Outcome::split && outcome != Outcome::released;
}

struct UpdateOutcome {
  Outcome outcome = Outcome::completed;
  int status = 0;                  // HTTP status of the item; 0 = none
  std::string error_class;         // classification word, e.g. "THROTTLED"; empty when completed
  std::string reason;              // one line for a person; no secret
  std::int64_t not_before_us = 0;  // wall time, for retry and released; 0 = at once
  // For dead: of its limits, not of the answer. Then all updates of an item die; what is refused for good is parted,
  // since one of them may be at fault.
  bool used_up = false;
};

// A look at the target for an item that was sent before (docs/delivery.md): neither request nor attempt.
struct ReadBackNote {
  std::int64_t seq = 0;  // of the item
  int status = 0;        // HTTP status; 0 = no answer
  std::string found;     // for a person
};

struct Settlement {
  ClaimToken token;
  int status = 0;           // HTTP status of the envelope; 0 = no answer
  std::string error_class;  // of the request: empty = answered with 2xx, or given back unsent
  std::vector<UpdateOutcome> outcomes;  // one for each item of the claim, in order
  bool sent = true;  // false: no byte left for the server; counts neither as request nor as attempt
  std::vector<ReadBackNote> read_back;  // looks made for this claim before it was sent or settled
};

struct ClaimLimits {
  std::size_t max_requests = 1;        // claims to make
  std::size_t max_updates = 25;        // updates in one
  std::size_t max_bytes = 512 * 1024;  // payload bytes in one; an update that is bigger goes alone
  // Of these claims: may carry updates that were sent before (attempts > 0). The others take only
  // untried ones, so that retries that must wait do not hold those up.
  std::size_t max_retries = SIZE_MAX;
  std::string target;                // name for the record
  bool idempotent = true;            // what to do with requests of a dead deliverer: retry or park
  std::int64_t unknown_wait_ms = 0;  // and when to retry them: not before this has passed
  // Wall time before which nothing may be sent to the target, for whoever delivers next; see
  // Queue::gate_until_us(). 0 = no news.
  std::int64_t gate_until_us = 0;
};

struct QueueStats {
  std::int64_t pending = 0;  // waiting, due or not
  std::int64_t delayed = 0;  // of those: not due yet
  std::int64_t in_flight = 0;
  std::int64_t completed = 0;
  std::int64_t dead = 0;
  std::int64_t parked = 0;
  std::int64_t superseded = 0;
  std::int64_t accepted = 0;  // events with a receipt, conflicts and empty ones included
  std::int64_t empty = 0;     // of those: nothing to write
  std::int64_t rejected = 0;
  std::int64_t requests = 0;  // requests started and not released
  std::int64_t attempts = 0;  // sends of items: one for each item in each request that was sent
  std::int64_t journal_records = 0;  // written in all, those that retention has deleted included
  std::int64_t exported_seq = 0;     // of those: the audit export is on disk up to this one
  std::optional<std::int64_t> oldest_pending_us;  // acceptance time of the oldest waiting update
  // Of Queue::retain(), as in Retained:
  std::int64_t first_seq = 1;
  std::int64_t erased_until_seq = 0;
  std::int64_t held_up_by_seq = 0;
};

// One update as a person asks for it.
struct UpdateInfo {
  std::int64_t seq = 0;
  std::string idempotency_key;
  std::string interaction_id;
  std::int64_t event_time_us = 0;
  std::int64_t accepted_us = 0;
  State state = State::pending;
  int attempts = 0;
  std::int64_t not_before_us = 0;
  std::string last_error;
  std::string mapped;
  bool erased =
      false;  // its payloads were erased, by an operator or, when it was done, by retention
};

struct ListFilter {
  std::optional<State> state = {};  // pending, dead or parked; none = all three
  std::optional<std::string> interaction_id = {};
  std::size_t limit = 100;  // updates; for a revival: items, each of one update or several
  std::string reason = {};  // a part of the last error; empty = any
  int status = 0;           // the HTTP status that the last error names; 0 = any
  std::optional<std::int64_t> accepted_from_us = {};   // wall time; included
  std::optional<std::int64_t> accepted_until_us = {};  // not included
  std::optional<bool> erased = {};  // whether their payloads were erased; none = all
};

// What Queue::forget() found and did.
struct ErasedEvents {
  std::vector<std::int64_t> events;  // every event of the interaction, erased now or before
  std::vector<std::int64_t> erased;  // of those: erased by this call
  std::int64_t ended = 0;            // of those: updates that were not done, and are dead now
  std::int64_t record_seq = 0;       // the journal's record of it; 0 = nothing was left to erase
  bool is_recorded = false;          // by this call or before, and no event came since
  bool log_emptied = false;          // false: bytes may remain in SQLite's log; call again
};

// How long the journal's records are kept in the store, and how much one call may do.
struct RetentionLimits {
  std::int64_t older_than_us = 7 * 24 * 3'600'000'000;  // age of a record. Defaults to 7 days.
  bool exported_only = true;       // false: records that no audit trail has are lost for good
  std::size_t max_rows = 100'000;  // records that a call passes in each phase. Defaults to 100,000.
  std::int64_t max_ms = 1'000;     // a call begins no step after that. Defaults to 1 s.
  bool dry_run = false;  // only counts what calls without limits would do; changes nothing
};

enum class RetentionEnd {
  age,          // the next record is not old enough
  export_mark,  // the next record is not exported
  limit,        // this call's limits: there is more to do now
  log           // a reader keeps the write-ahead log from starting again; it would grow
};
std::string_view to_text(RetentionEnd end) noexcept;

// What Queue::retain() did, and how far the store has come.
struct Retained {
  std::int64_t erased = 0;   // events whose payloads this call erased
  std::int64_t deleted = 0;  // records that it deleted
  std::int64_t first_seq =
      1;  // the first record that is kept: the rest of the chain begins with it
  std::int64_t erased_until_seq =
      0;  // up to here, payloads are erased, but where they are still needed
  // The first event whose payloads are needed, because an update of its interaction is not done. Nothing is deleted
  // from shortly before it on. 0 = none.
  std::int64_t held_up_by_seq = 0;
  RetentionEnd end = RetentionEnd::age;  // why erasing ends where it does
};

// Records that retention removes from the exported trail (cxrelay/retention.hpp); the journal keeps them.
struct RetiredRecords {
  std::string trail;  // the path of its open segment: a queue may have more than one
  std::int64_t first_seq = 0;
  std::int64_t last_seq = 0;
  std::int64_t older_than_us = 0;  // the limit; wall time
};

struct CheckResult {
  bool ok = true;
  std::vector<std::string> problems;  // empty when ok
  std::int64_t records = 0;
};

class Queue {
 public:
  virtual ~Queue() = default;

  // Durable when it returns. Thread-safe; concurrent callers share a commit. Throws StoreError: then an event of
  // this call is stored whole or not at all, and repeating the call resolves which (its receipts say duplicate).
  virtual std::vector<Receipt> put(std::span<const NewUpdate> updates) = 0;
  // Records refused events (rate-limited: above the cap only a count is kept). Durable when it returns.
  virtual void put_rejects(std::span<const Reject> rejects) = 0;

  // Becomes the deliverer if nobody is: resolves the requests that a dead one left, and returns true.
  // False while another holds the right. Calling it again as the deliverer is cheap and returns true.
  virtual bool elect(const ClaimLimits& limits) = 0;
  virtual void resign() = 0;

  // Settles and claims in one durable step. At most one update of an interaction is in flight; per interaction
  // in event-time order. Needs a successful elect(). One thread at a time.
  // Throws FencedError if another deliverer took over: then nothing changed.
  virtual std::vector<Claim> settle_and_claim(std::span<const Settlement> settlements,
                                              const ClaimLimits& limits) = 0;
  std::vector<Claim> claim(const ClaimLimits& limits) { return settle_and_claim({}, limits); }
  void settle(std::span<const Settlement> settlements) {
    ClaimLimits none;
    none.max_requests = 0;
    settle_and_claim(settlements, none);
  }
  // What a deliverer was last told not to do before: wall time before which nothing may be sent to
  // the target. 0 = never told. The clock may have been set since.
  virtual std::int64_t gate_until_us(std::string_view target) = 0;
  // When the next waiting update becomes due (wall time): 0 = now, none = nothing waits that could be claimed.
  virtual std::optional<std::int64_t> next_due_us() = 0;
  // Calls `notify` (from any thread) after a put made something claimable; an empty function removes it.
  virtual void on_put(std::function<void()> notify) = 0;
  // Whether the store may have changed since the last call, by whoever: a put of another process, of which on_put()
  // does not tell. A deliverer without work asks ten times a second, so it must be cheap and leave the disk alone.
  // False for ever where the store itself tells of every put. Throws StoreError.
  virtual bool changed() { return false; }

  virtual QueueStats stats() = 0;
  virtual std::vector<UpdateInfo> list(const ListFilter& filter) = 0;
  virtual std::optional<UpdateInfo> find(std::string_view idempotency_key) = 0;
  // Dead and parked updates that revive() would bring back: those that the filter means, and with each the others that
  // were sent with it as one item, for an item keeps its members. Not erased ones. `limit` counts items.
  virtual std::vector<UpdateInfo> revivable(const ListFilter& filter) = 0;
  // Operator: brings them back to pending; recorded in the journal. Returns how many updates.
  virtual std::int64_t revive(const ListFilter& filter, std::string_view operator_name) = 0;
  // Operator: erases original and mapped payload of every event of the interaction, in the file and in its log, and
  // records that. The chain verifies as before, and the events stay known as duplicates. Updates that are not done
  // cannot be sent any more: they are dead for good. Calling it again finishes what a reader prevented.
  // Throws StoreError(busy), and changes nothing, while an update of the interaction is in flight.
  virtual ErasedEvents forget(std::string_view interaction_id, std::string_view operator_name) = 0;
  // Operator: records an erasure that forget() has found nothing for, because retention has been there before, while an
  // exported trail has payloads to erase. Returns the record's seq.
  virtual std::int64_t record_erasure(std::string_view interaction_id,
                                      std::string_view operator_name) = 0;
  // Erases the payloads of old events that are done, and deletes old records, the oldest first (docs/queue.md,
  // "Retention"). In short steps, between which others write; killed anywhere, another call goes on. What is deleted is
  // not known any more: an event of that time that comes again is accepted as if it were new.
  // Throws StoreError: corrupt, and that step changed nothing, if the records contradict each other.
  virtual Retained retain(const RetentionLimits& limits) = 0;
  // Operator: puts on record that these records are removed from the exported trail. Returns the record's seq; 0 if the
  // last removal on record ends with the same one already, so that a call that finishes another one repeats nothing.
  virtual std::int64_t record_retained(const RetiredRecords& records,
                                       std::string_view operator_name) = 0;
  // Compares the state replayed from the journal with the stored state, and verifies the chain.
  virtual CheckResult check() = 0;
  // The journal as the exporter reads it. Lives as long as the queue.
  virtual AuditSource& audit_source() = 0;
};

struct SqliteQueueOptions {
  std::string path;                       // the queue file; created 0600 if missing
  std::size_t max_group_rows = 4096;      // rows in one commit. Defaults to 4,096.
  std::size_t max_group_bytes = 8 << 20;  // Defaults to 8 MiB.
  std::size_t max_rejects_per_minute =
      600;  // reject records written; above it only counted. Defaults to 600.
};

// Opens, creates or upgrades a queue file (one written by the tutorial's code included).
// Throws StoreError.
std::unique_ptr<Queue> open_sqlite_queue(const SqliteQueueOptions& options,
                                         std::shared_ptr<Clock> clock = system_clock(),
                                         std::shared_ptr<Random> random = system_random());

// NULL, INTEGER, REAL, TEXT, BLOB.
using SqlValue =
    std::variant<std::monostate, std::int64_t, double, std::string, std::vector<std::byte>>;

// Reads a SQLite queue file by SQL through the engine's own connection: a second SQLite in the process would drop its
// locks. Only statements that write nothing. Throws StoreError; ConfigError if `queue` is not a SQLite one.
std::vector<std::vector<SqlValue>> query_sqlite(Queue& queue, std::string_view sql,
                                                std::span<const SqlValue> parameters = {});

struct BackupOptions {
  // While the copy is made, the write-ahead log cannot start again. Beyond this size the backup is given up rather
  // than the disk filled. Defaults to 1 GiB.
  std::int64_t max_log_bytes = std::int64_t{1} << 30;
  // Called in the caller's thread about once a megabyte, with bytes copied and bytes in all. What it throws gives the
  // backup up.
  std::function<void(std::int64_t done_bytes, std::int64_t all_bytes)> progress = {};
};

struct BackupResult {
  std::int64_t bytes = 0;    // size of the copy
  std::int64_t records = 0;  // journal records in it: all up to this seq
};

// Copies a SQLite queue file to `path`, while any process puts and delivers. The copy is the state at one moment after
// the call began, so it holds every receipt that was given before; it is a queue file of its own (0600). It has its
// name only when it is whole and on disk: until then it is `path`.partial, which a killed process leaves behind and
// the next backup to the same path takes over.
// Throws StoreError: other if `path`, or a log that would belong to it, exists already; unsafe_file if it is a symbolic
// link; busy if another backup writes to it or the log grew too long; full, io. Then nothing new is at `path`.
// ConfigError if `queue` is not a SQLite one.
BackupResult backup_sqlite(Queue& queue, const std::string& path,
                           const BackupOptions& options = {});

}  // namespace cxrelay
