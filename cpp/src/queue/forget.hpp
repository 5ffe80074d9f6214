// Erasing the payloads of one interaction from the queue file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/queue.hpp"
#include "queue/journal.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

class Erasure {
 public:
  // The views must outlive it.
  Erasure(std::string_view interaction_id, std::string_view operator_name)
      : interaction_id_(interaction_id), operator_name_(operator_name) {}

  // Reads the journal, which takes long, before anybody has to wait. The journal only grows.
  void look(sqlite::Database& reader);
  // Inside a write transaction: erases what look() found and what came since.
  void apply(sqlite::Database& writer, Journal& journal);
  // Inside a write transaction: see Queue::record_erasure().
  void record(sqlite::Database& writer, Journal& journal);

  // apply() changed nothing, because an update of the interaction is in flight.
  bool is_in_flight() const noexcept { return is_in_flight_; }
  const ErasedEvents& done() const noexcept { return done_; }

 private:
  void find_events(sqlite::Database& database);
  void erase_payloads(sqlite::Database& writer);
  void end_updates(sqlite::Database& writer);
  void append_record(Journal& journal, const std::vector<std::int64_t>& updates);

  std::string_view interaction_id_;
  std::string_view operator_name_;
  std::int64_t looked_until_ = 0;  // seq
  bool is_in_flight_ = false;
  ErasedEvents done_;
};

}  // namespace cxrelay::queue
