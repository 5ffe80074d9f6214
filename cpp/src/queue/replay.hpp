// The state of every update as the journal tells it. Pure: records in, states out.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cxrelay/audit.hpp"
#include "cxrelay/queue.hpp"
#include "json/document.hpp"
#include "queue/journal.hpp"

namespace cxrelay::queue {

class Replay {
 public:
  struct Update {
    State state = State::pending;
    int attempts = 0;
    bool follows = false;  // in flight as part of an item that carries a newer update's key
  };

  // `first_seq`: of the first record. What came before is not known: an update that was accepted there is taken to be
  // in whatever state the first record that names it needs.
  explicit Replay(std::int64_t first_seq = 1) : first_seq_(first_seq) {}

  // Records in order. A record that contradicts the states so far is reported by problems().
  void add(const AuditRecord& record);

  const std::unordered_map<std::int64_t, Update>& updates() const noexcept { return updates_; }
  const Counters& counters() const noexcept { return counters_; }
  const std::vector<std::string>& problems() const noexcept { return problems_; }

 private:
  void add_upgraded(const AuditRecord& record);
  void add_started(const AuditRecord& record);
  void mark_merged();
  void add_finished(const AuditRecord& record);
  void finish_update(std::int64_t seq, Outcome outcome, bool sent, const AuditRecord& record);
  void add_superseded(const AuditRecord& record);
  void add_revived(const AuditRecord& record);
  void add_erased(const AuditRecord& record);
  // None if no such update can be; one of before `first_seq` is `assumed` when it is first named.
  Update* find(std::int64_t seq, State assumed);
  bool parse_detail(const AuditRecord& record);
  std::vector<std::int64_t> numbers(const json::Node* list) const;
  void problem(const AuditRecord& record, const char* what);

  std::int64_t first_seq_;
  json::Document document_;
  std::unordered_map<std::int64_t, Update> updates_;
  std::unordered_map<std::string, std::vector<std::int64_t>> open_;  // request id -> updates
  Counters counters_;
  std::vector<std::string> problems_;
};

}  // namespace cxrelay::queue
