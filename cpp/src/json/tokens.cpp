#include "json/tokens.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>

namespace cxrelay::json {
namespace {

constexpr std::size_t kSmallestCapacity = 4096;

}  // namespace

struct TokenIndex::Scanner {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
};

TokenIndex::TokenIndex() : scanner_(std::make_unique<Scanner>()) {}
TokenIndex::~TokenIndex() = default;

void TokenIndex::release() {
  scanner_->stage.reset();
  capacity_ = 0;
}

bool TokenIndex::reserve(std::size_t size) {
  if (scanner_->stage && size <= capacity_) return true;
  const std::size_t capacity = std::max(kSmallestCapacity, std::bit_ceil(size));
  // The depth concerns simdjson's second stage only, which is not used.
  const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
      capacity, 1, scanner_->stage);
  capacity_ = error ? 0 : capacity;
  return !error;
}

ParseError TokenIndex::scan(const char* text, std::size_t size) {
  starts_ = nullptr;
  count_ = 0;
  if (size == 0) return ParseError::syntax;
  if (!reserve(size)) return ParseError::too_big;
  auto& stage = *scanner_->stage;
  const auto error = stage.stage1(reinterpret_cast<const std::uint8_t*>(text), size,
                                  simdjson::stage1_mode::regular);
  if (error) return error == simdjson::UTF8_ERROR ? ParseError::utf8 : ParseError::syntax;
  starts_ = stage.structural_indexes.get();
  count_ = stage.n_structural_indexes;
  return ParseError::none;
}

}  // namespace cxrelay::json
