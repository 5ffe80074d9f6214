// Every exception that cxrelay throws. Expected outcomes (an invalid event, a failed item, a 429) are values;
// an exception means that infrastructure is broken or that the caller made a mistake.
//
//   Error
//   ├── ConfigError       a setting is missing, unknown or out of range
//   ├── ValidationError   an event is invalid (only from the *_or_throw conveniences); carries every detail
//   ├── MappingError      a mapping rule is wrong; carries its place
//   ├── StoreError        the queue file cannot be read or written; carries what kind of trouble
//   ├── FencedError       a deliverer's token has lost its right: another deliverer took over
//   ├── AuthError         the token endpoint refuses the credentials, or its answer is unusable
//   ├── TransportError    no answer came where the caller had to have one
//   ├── AuditError        an audit file cannot be read or written
//   └── ClosedError       a handle was used after close() or after a fork
//
// The Python package has the same tree with the same names. No message holds a secret or an input value.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cxrelay {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ConfigError : public Error {
 public:
  using Error::Error;
};

// One reason why an event is refused, shaped as pydantic's: a machine-readable type, the path of the
// field as it was spelled in the input, and a sentence for a person. Never holds the input value.
struct ErrorDetail {
  std::string type;
  std::vector<std::string> loc;
  std::string msg;

  friend bool operator==(const ErrorDetail&, const ErrorDetail&) = default;
};

class ValidationError : public Error {
 public:
  ValidationError(const std::string& message, std::vector<ErrorDetail> details)
      : Error(message), details_(std::move(details)) {}
  const std::vector<ErrorDetail>& details() const noexcept { return details_; }

 private:
  std::vector<ErrorDetail> details_;
};

class MappingError : public Error {
 public:
  // place: where in the rules, for example "rules[2].apply[0]".
  MappingError(const std::string& message, std::string place)
      : Error(message + " (at " + place + ")"), place_(std::move(place)) {}
  const std::string& place() const noexcept { return place_; }

 private:
  std::string place_;
};

enum class StoreErrorKind { busy, full, io, corrupt, read_only, schema, unsafe_file, other };

class StoreError : public Error {
 public:
  StoreError(StoreErrorKind kind, const std::string& message) : Error(message), kind_(kind) {}
  StoreErrorKind kind() const noexcept { return kind_; }

 private:
  StoreErrorKind kind_;
};

class FencedError : public Error {
 public:
  using Error::Error;
};

class AuthError : public Error {
 public:
  using Error::Error;
};

class TransportError : public Error {
 public:
  using Error::Error;
};

class AuditError : public Error {
 public:
  using Error::Error;
};

class ClosedError : public Error {
 public:
  using Error::Error;
};

}  // namespace cxrelay
