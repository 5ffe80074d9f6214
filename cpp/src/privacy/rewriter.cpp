#include "privacy/rewriter.hpp"

#include <string_view>
#include <utility>

#include "privacy/program.hpp"

namespace cxrelay::privacy {
namespace {

using json::Kind;
using json::Node;

bool is_container(const Node& node) noexcept {
  return node.kind == Kind::array || node.kind == Kind::object;
}

}  // namespace

// A loop, not a recursion: nothing here depends on how deep the event is nested.
bool Rewriter::run() {
  open(0, program_.default_action());
  while (!open_.empty()) {
    if (open_.back().child == event_.nodes()[open_.back().node].next) {
      close();
    } else {
      look_at_child();
    }
  }
  if (counts_.all() == 0) return false;
  out_.text = apply_edits();
  out_.counts = counts_;
  return true;
}

void Rewriter::open(std::uint32_t node, PrivacyAction inherited) {
  open_.push_back({node, node + 1, inherited, false, event_.nodes()[node].begin + 1U, 0, 0});
}

void Rewriter::look_at_child() {
  Open& in = open_.back();
  const Node& child = event_.nodes()[in.child];
  const bool is_element = event_.nodes()[in.node].kind == Kind::array;
  path_.push_back({child.key, in.element++, is_element});
  in.first_edit = edits_.size();
  // The comma before the first child that stays goes if others stood before it. Whether this one stays shows later.
  if (!in.has_kept && in.child != in.node + 1) {
    edits_.push_back({in.piece_begin, event_.text().find(',', in.piece_begin) + 1});
  }

  const Rule* rule = program_.rule_for(path_);
  const auto action = rule != nullptr ? rule->action : in.inherited;
  const bool is_whole = rule != nullptr && action != PrivacyAction::keep;
  if (is_container(child) && !is_whole && child.count > 0) {
    open(in.child, action);
    return;
  }
  end_child(child, act(child, action, rule != nullptr ? rule->keep_last : 0));
}

// Whether it is dropped.
bool Rewriter::act(const Node& value, PrivacyAction action, std::size_t keep_last) {
  const std::size_t end = std::size_t{value.begin} + value.size;
  switch (action) {
    case PrivacyAction::keep:
      return false;
    case PrivacyAction::mask:
      ++counts_.masked;
      edits_.push_back({value.begin, end, mask(value, keep_last)});
      return false;
    case PrivacyAction::hash:
      ++counts_.hashed;
      edits_.push_back({value.begin, end, program_.key()->hash(event_, value)});
      return false;
    case PrivacyAction::drop:
      break;
  }
  ++counts_.dropped;
  return true;
}

void Rewriter::end_child(const Node& child, bool is_dropped) {
  Open& in = open_.back();
  path_.pop_back();
  const std::size_t end = std::size_t{child.begin} + child.size;
  if (is_dropped) {
    edits_.resize(in.first_edit);
    edits_.push_back({in.piece_begin, end});
  }
  in.has_kept |= !is_dropped;
  in.piece_begin = end;
  in.child = child.next;
}

// A container of which nothing stays goes too where nothing is kept unless a rule says so.
void Rewriter::close() {
  const Open done = open_.back();
  open_.pop_back();
  if (open_.empty()) return;
  end_child(event_.nodes()[done.node], !done.has_kept && done.inherited == PrivacyAction::drop);
}

std::string Rewriter::apply_edits() const {
  const std::string_view text = event_.text();
  std::string out;
  out.reserve(text.size());
  std::size_t copied = 0;
  for (const auto& edit : edits_) {
    out.append(text, copied, edit.begin - copied).append(edit.text);
    copied = edit.end;
  }
  return out.append(text, copied);
}

}  // namespace cxrelay::privacy
