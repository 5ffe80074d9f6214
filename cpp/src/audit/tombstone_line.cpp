#include "audit/tombstone_line.hpp"

#include <fmt/format.h>

#include "audit/chain.hpp"
#include "audit/line_stream.hpp"
#include "audit/signed_line.hpp"
#include "base/time_text.hpp"

namespace cxrelay {
namespace {

constexpr std::string_view kTombstoneDomain = "cxrelay audit tombstone 1";

bool is_time(std::int64_t time_us) { return time_us >= kFirstUtcUs && time_us <= kLastUtcUs; }

bool is_plausible(const Tombstone& tombstone) {
  if (!is_time(tombstone.time_us) || !is_time(tombstone.older_than_us)) return false;
  if (tombstone.first_seq < 1 || tombstone.seq < tombstone.first_seq) return false;
  return tombstone.seq > 1 || tombstone.hash == tombstone.trail;
}

// Why `next` cannot follow these; empty if it can.
std::string order_problem(const std::vector<Tombstone>& before, const Tombstone& next) {
  const std::int64_t expected = before.empty() ? 1 : before.back().seq + 1;
  if (next.first_seq != expected) {
    return fmt::format("the tombstone begins with seq {}, where {} was expected", next.first_seq,
                       expected);
  }
  if (!before.empty() && before.back().trail != next.trail) {
    return "the tombstone is of another trail than the one before it";
  }
  return {};
}

}  // namespace

std::string to_line(const Tombstone& tombstone) {
  return fmt::format(R"({}"time":"{}","timeUs":{},"firstSeq":{},"seq":{},"hash":"{}","trail":"{}",)"
                     R"("olderThanUs":{},"keyId":"{}","signature":"{}"}})",
                     kTombstoneStart, utc_text(tombstone.time_us), tombstone.time_us,
                     tombstone.first_seq, tombstone.seq, to_hex(tombstone.hash),
                     to_hex(tombstone.trail), tombstone.older_than_us, tombstone.key_id,
                     to_hex(tombstone.signature));
}

std::optional<Tombstone> read_tombstone(std::string_view line, json::Document& scratch) {
  const SignedMembers members(line, scratch);
  Tombstone tombstone;
  const bool is_complete =
      members.integer("timeUs", tombstone.time_us) &&
      members.integer("firstSeq", tombstone.first_seq) && members.integer("seq", tombstone.seq) &&
      members.hex("hash", tombstone.hash) && members.hex("trail", tombstone.trail) &&
      members.integer("olderThanUs", tombstone.older_than_us) && members.key_id(tombstone.key_id) &&
      members.hex("signature", tombstone.signature);
  if (!is_complete || !is_plausible(tombstone) || to_line(tombstone) != line) return std::nullopt;
  return tombstone;
}

std::string signed_bytes(const Tombstone& tombstone) {
  std::string out;
  append_field(out, kTombstoneDomain);
  append_field(out, as_chars(tombstone.trail));
  append_field(out, tombstone.first_seq);
  append_field(out, tombstone.seq);
  append_field(out, as_chars(tombstone.hash));
  append_field(out, tombstone.older_than_us);
  append_field(out, tombstone.time_us);
  append_field(out, tombstone.key_id);
  return out;
}

void sign(Tombstone& tombstone, const SigningKey& key) {
  tombstone.key_id = key_id_of(key.public_key());
  tombstone.signature = key.sign(signed_bytes(tombstone));
}

std::string tombstone_path(const std::string& trail_path) { return trail_path + ".tombstones"; }

TombstoneFile read_tombstones(const std::string& path) {
  TombstoneFile file;
  const auto fd = open_for_reading(path);
  if (!fd) return file;
  LineStream stream(fd->get(), path, size_of(fd->get(), path));
  json::Document scratch;
  for (auto step = stream.next(); step == LineStream::Step::line; step = stream.next()) {
    const auto tombstone = read_tombstone(stream.text(), scratch);
    file.problem = tombstone ? order_problem(file.tombstones, *tombstone) : "not a tombstone";
    if (!file.problem.empty()) return file;
    file.tombstones.push_back(*tombstone);
  }
  return file;
}

}  // namespace cxrelay
