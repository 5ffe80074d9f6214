// Reads a line back. The line may come from anyone: every oddity is a reason in words, never an
// exception.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "audit/line.hpp"
#include "audit/line_spelling.hpp"
#include "json/document.hpp"

namespace cxrelay {

// Keeps its buffers from line to line. Not thread-safe.
class LineReader {
 public:
  // Takes the line (without its '\n') apart. False if it is not a record; then problem() says why.
  bool read(std::string_view line);

  // Valid after a successful read, until the next one.
  const AuditLine& line() const noexcept { return line_; }

  // Is the line that was read, byte for byte, the one line of its record? False sets problem().
  bool is_exact();

  // Names members, never values.
  const std::string& problem() const noexcept { return problem_; }

 private:
  using Node = json::Node;

  bool read_members();
  bool read_fields();
  bool read_hashes();
  bool settle_payloads();

  const Node* take(std::string_view key);
  bool take_text(std::string_view key, std::string_view& out, bool required = false);
  bool take_integer(std::string_view key, std::optional<std::int64_t>& out);
  bool take_time(std::string_view key, std::int64_t& out);
  bool take_hex(std::string_view key, std::span<std::byte> out, bool& found);
  bool take_digest(std::string_view key, std::optional<Digest>& out);
  bool take_any(std::string_view key, const Node*& out);

  // A payload's members, before they are put together.
  struct PayloadNodes {
    const Node* value = nullptr;
    const Node* text = nullptr;
    const Node* hex = nullptr;
    std::string decoded;  // bytes of `hex`
  };
  bool take_exact(std::string_view text_key, std::string_view hex_key, PayloadNodes& nodes);
  bool settle(PayloadNodes& nodes, std::string_view key, LinePayload& out);

  bool has_usual_spelling();
  bool fail(std::string_view key, std::string_view what);
  void explain_difference();

  json::Document document_;
  json::Document payload_;  // scratch
  const Node* next_ = nullptr;
  const Node* timestamp_ = nullptr;  // the derived members
  const Node* status_ = nullptr;
  const Node* error_ = nullptr;
  bool has_salt_ = false;
  PayloadNodes original_;
  PayloadNodes mapped_;
  AuditLine line_;
  LineSpelling spelling_;
  std::string written_;
  std::string problem_;
};

}  // namespace cxrelay
