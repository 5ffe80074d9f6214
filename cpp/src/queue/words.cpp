// The stored words. Do not rename: they stand in files.
#include "cxrelay/queue.hpp"

namespace cxrelay {

std::string_view to_text(State state) noexcept {
  switch (state) {
    case State::pending:
      return "pending";
    case State::in_flight:
      return "in_flight";
    case State::completed:
      return "completed";
    case State::dead:
      return "dead";
    case State::parked:
      return "parked";
    case State::superseded:
      return "superseded";
  }
  return "";
}

std::string_view to_text(StoreErrorKind kind) noexcept {
  switch (kind) {
    case StoreErrorKind::busy:
      return "busy";
    case StoreErrorKind::full:
      return "full";
    case StoreErrorKind::io:
      return "io";
    case StoreErrorKind::corrupt:
      return "corrupt";
    case StoreErrorKind::read_only:
      return "read_only";
    case StoreErrorKind::schema:
      return "schema";
    case StoreErrorKind::unsafe_file:
      return "unsafe_file";
    case StoreErrorKind::other:
      return "other";
  }
  return "other";
}

std::string_view to_text(PutStatus status) noexcept {
  switch (status) {
    case PutStatus::accepted:
      return "accepted";
    case PutStatus::duplicate:
      return "duplicate";
    case PutStatus::conflict:
      return "conflict";
    case PutStatus::empty:
      return "empty";
  }
  return "";
}

std::string_view to_text(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::completed:
      return "completed";
    case Outcome::retry:
      return "retry";
    case Outcome::dead:
      return "dead";
    case Outcome::parked:
      return "parked";
    case Outcome::split:
      return "split";
    case Outcome::released:
      return "released";
  }
  return "";
}

std::string_view to_text(RetentionEnd end) noexcept {
  switch (end) {
    case RetentionEnd::age:
      return "age";
    case RetentionEnd::export_mark:
      return "export_mark";
    case RetentionEnd::limit:
      return "limit";
    case RetentionEnd::log:
      return "log";
  }
  return "";
}

}  // namespace cxrelay
