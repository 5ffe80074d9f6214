#include "queue/finished_detail.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "base/time_text.hpp"
#include "json/write.hpp"

namespace cxrelay::queue {
namespace {

void append_separator(std::string& list) {
  if (!list.empty()) list.push_back(',');
}

// "12,15": the item's updates, the newest last.
std::string numbers_of(const ClaimedUpdate& update) {
  return fmt::format("{}{}{}", fmt::join(update.merged, ","), update.merged.empty() ? "" : ",",
                     update.seq);
}

}  // namespace

std::string started_detail(std::string_view target, std::int64_t epoch,
                           const std::vector<ClaimedUpdate>& updates) {
  std::string out = "{\"target\":";
  json::append_string(out, target);
  std::string all;
  std::string merged;
  for (const auto& update : updates) {
    append_separator(all);
    const auto numbers = numbers_of(update);
    all += numbers;
    if (update.merged.empty()) continue;
    append_separator(merged);
    merged += '[';
    merged += numbers;
    merged += ']';
  }
  fmt::format_to(std::back_inserter(out), ",\"epoch\":{},\"updates\":[{}]", epoch, all);
  if (!merged.empty()) fmt::format_to(std::back_inserter(out), ",\"merged\":[{}]", merged);
  out.push_back('}');
  return out;
}

void FinishedDetail::add(std::int64_t seq, const UpdateOutcome& outcome) {
  if (outcome.outcome == Outcome::completed) {
    append_separator(completed_);
    fmt::format_to(std::back_inserter(completed_), "{}", seq);
    return;
  }
  std::string& list = other_[std::string(to_text(outcome.outcome))];
  append_separator(list);
  fmt::format_to(std::back_inserter(list), "{{\"seq\":{},\"status\":{},\"error_class\":", seq,
                 outcome.status);
  json::append_string(list, outcome.error_class);
  list += ",\"reason\":";
  json::append_string(list, outcome.reason);
  if (outcome.outcome == Outcome::retry) {
    fmt::format_to(std::back_inserter(list), ",\"not_before\":\"{}\"",
                   utc_text(outcome.not_before_us));
  }
  list.push_back('}');
}

void FinishedDetail::add(const ReadBackNote& look) {
  append_separator(read_back_);
  fmt::format_to(std::back_inserter(read_back_), "{{\"seq\":{},\"status\":{},\"found\":", look.seq,
                 look.status);
  json::append_string(read_back_, look.found);
  read_back_.push_back('}');
}

std::string FinishedDetail::text(int status, std::string_view error_class, bool sent) const {
  std::string out = fmt::format("{{\"status\":{},\"error_class\":", status);
  json::append_string(out, error_class);
  out += sent ? ",\"sent\":true" : ",\"sent\":false";
  if (!read_back_.empty()) out += ",\"read_back\":[" + read_back_ + "]";
  if (!completed_.empty()) out += ",\"completed\":[" + completed_ + "]";
  for (const auto& [word, list] : other_) {
    fmt::format_to(std::back_inserter(out), ",\"{}\":[{}]", word, list);
  }
  return out + "}";
}

}  // namespace cxrelay::queue
