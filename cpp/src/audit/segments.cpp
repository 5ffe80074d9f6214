#include "audit/segments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <tuple>

#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

constexpr std::string_view kExtension = ".log";
constexpr std::string_view kCompressed = ".gz";
constexpr std::size_t kDigits = 12;

// Everything before the sequences: the open segment's path without its extension, and a dot.
std::string prefix_of(const std::string& open_path) {
  std::string_view stem = open_path;
  if (stem.ends_with(kExtension)) stem.remove_suffix(kExtension.size());
  return std::string(stem) + ".";
}

// Padded to 12 digits, longer only if it must be: every sequence has one spelling.
std::optional<std::int64_t> parse_seq(std::string_view text) {
  if (text.size() < kDigits || (text.size() > kDigits && text[0] == '0')) return {};
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end || value < 1) return {};
  return value;
}

}  // namespace

std::string segment_path(const std::string& open_path, std::int64_t first_seq,
                         std::int64_t last_seq) {
  return fmt::format("{}{:012}-{:012}{}", prefix_of(open_path), first_seq, last_seq, kExtension);
}

std::optional<Segment> parse_segment_path(const std::string& open_path, const std::string& path) {
  const std::string prefix = prefix_of(open_path);
  std::string_view rest = path;
  if (!rest.starts_with(prefix) || !rest.ends_with(kExtension)) return {};
  if (rest.size() < prefix.size() + kExtension.size()) return {};
  rest.remove_prefix(prefix.size());
  rest.remove_suffix(kExtension.size());
  const auto dash = rest.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first = parse_seq(rest.substr(0, dash));
  const auto last = parse_seq(rest.substr(dash + 1));
  if (!first || !last || *first > *last) return {};
  return Segment{path, *first, *last};
}

bool is_compressed(std::string_view path) { return path.ends_with(kCompressed); }

std::string plain_path(std::string_view path) {
  if (is_compressed(path)) path.remove_suffix(kCompressed.size());
  return std::string(path);
}

std::string compressed_path(std::string_view path) { return plain_path(path).append(kCompressed); }

std::vector<Segment> list_segments(const std::string& open_path) {
  auto segments = list_segment_files(open_path);
  const auto is_same = [](const Segment& a, const Segment& b) {
    return a.first_seq == b.first_seq && a.last_seq == b.last_seq;
  };
  segments.erase(std::unique(segments.begin(), segments.end(), is_same), segments.end());
  return segments;
}

std::vector<Segment> list_segment_files(const std::string& open_path) {
  namespace fs = std::filesystem;
  const auto slash = open_path.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : open_path.substr(0, slash + 1);
  std::vector<Segment> segments;
  try {
    for (const auto& entry : fs::directory_iterator(directory.empty() ? "." : directory)) {
      std::string path = directory + entry.path().filename().string();
      auto segment = parse_segment_path(open_path, plain_path(path));
      if (!segment) continue;
      segment->path = std::move(path);
      segments.push_back(std::move(*segment));
    }
  } catch (const fs::filesystem_error& error) {
    throw AuditError("cannot list the audit segments beside " + open_path + ": " +
                     error.code().message());
  }
  std::ranges::sort(segments, {}, [](const Segment& s) {
    return std::tuple(s.first_seq, s.last_seq, is_compressed(s.path));
  });
  return segments;
}

std::string order_problem(std::int64_t last_seq, const Segment& next) {
  if (next.first_seq > last_seq + 1) {
    return fmt::format("segment missing before seq {}: the files before it end at {}",
                       next.first_seq, last_seq);
  }
  if (next.first_seq <= last_seq) {
    return fmt::format("segments overlap: seq {} is in the files before this one too",
                       next.first_seq);
  }
  return {};
}

}  // namespace cxrelay
