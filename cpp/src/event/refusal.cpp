#include "event/refusal.hpp"

#include <utility>

namespace cxrelay {
namespace {

using json::ParseError;

ErrorDetail body(const char* type, std::string msg) { return {type, {}, std::move(msg)}; }

ErrorDetail field(const char* type, std::string_view name, const char* msg) {
  return {type, {std::string(name)}, msg};
}

std::string at_byte(const char* what, std::size_t offset) {
  return std::string(what) + " at byte " + std::to_string(offset);
}

std::string at_most(const char* what, std::size_t limit, const char* unit) {
  return std::string(what) + " at most " + std::to_string(limit) + unit;
}

}  // namespace

ErrorDetail body_refusal(ParseError error, std::size_t offset, const InputLimits& limits) {
  switch (error) {
    case ParseError::duplicate_key:
      return body("json_duplicate_key",
                  at_byte("Keys of a JSON object should be unique; one is repeated", offset));
    case ParseError::not_finite:
      return body("json_not_finite", at_byte("JSON numbers should be finite; one is not", offset));
    case ParseError::too_big:
      return body("body_too_large", at_most("Body should have", limits.max_bytes, " bytes"));
    case ParseError::too_deep:
      return body("json_too_deep",
                  at_most("JSON should be nested", limits.max_depth, " levels deep"));
    case ParseError::too_many_keys:
      return body("json_too_many_keys",
                  at_most("JSON should have", limits.max_keys, " keys in all its objects"));
    case ParseError::utf8:
      return body("json_invalid", at_byte("Body should be JSON in UTF-8; it is not", offset));
    case ParseError::none:
    case ParseError::syntax:
      break;
  }
  return body("json_invalid", at_byte("Body should be JSON; it is not", offset));
}

ErrorDetail not_an_object() { return body("model_type", "Body should be a JSON object"); }

ErrorDetail missing_field(std::string_view name) {
  return field("missing", name, "Field is required");
}

ErrorDetail not_a_string(std::string_view name) {
  return field("string_type", name, "Field should be a string");
}

ErrorDetail not_a_dict(std::string_view name) {
  return field("dict_type", name, "Field should be an object");
}

ErrorDetail not_an_id(std::string_view name) {
  return field(
      "id_pattern", name,
      "Field should be an id: 1 to 128 letters, digits or ._~:- and a letter or digit first");
}

ErrorDetail not_a_timestamp(std::string_view name, TimestampError error) {
  switch (error) {
    case TimestampError::text:
      return field("datetime_from_date_parsing", name,
                   "Field should be an ISO 8601 date and time or a unix time");
    case TimestampError::range:
      return field("datetime_parsing", name, "Field should be a unix time before the year 10000");
    case TimestampError::year_zero:
      return field("datetime_parsing", name, "Field should be a time in the year 1 or later");
    case TimestampError::none:
    case TimestampError::type:
      break;
  }
  return field("datetime_type", name, "Field should be a date and time as a string or a number");
}

}  // namespace cxrelay
