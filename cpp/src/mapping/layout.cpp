#include "mapping/layout.hpp"

#include "json/write.hpp"
#include "mapping/rule_json.hpp"

namespace cxrelay::mapping {
namespace {

constexpr std::size_t kNoRule = static_cast<std::size_t>(-1);

struct Target {
  std::string key = {};
  std::vector<std::size_t> children = {};  // in the order in which rules name them
  std::size_t rule = kNoRule;              // the first rule that names it or a place inside it
  bool is_member = false;
};

class TargetTree {
 public:
  explicit TargetTree(const std::vector<Rule>& rules) : rules_(rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) insert(i);
  }

  Layout layout() const {
    Layout out;
    out.groups.emplace_back();
    append(out, 0, 0);
    return out;
  }

 private:
  void insert(std::size_t rule) {
    std::size_t at = 0;
    for (const auto& key : rules_[rule].to) {
      if (targets_[at].is_member) refuse(rule, targets_[at].rule);
      at = child_of(at, key, rule);
    }
    if (targets_[at].rule != rule) refuse(rule, targets_[at].rule);
    targets_[at].is_member = true;
  }

  std::size_t child_of(std::size_t parent, const std::string& key, std::size_t rule) {
    for (const auto child : targets_[parent].children) {
      if (targets_[child].key == key) return child;
    }
    targets_.push_back({.key = key, .rule = rule});
    targets_[parent].children.push_back(targets_.size() - 1);
    return targets_.size() - 1;
  }

  [[noreturn]] void refuse(std::size_t rule, std::size_t other) const {
    fail("target " + quoted(path_text(rules_[rule].to)) + " collides with " +
             quoted(path_text(rules_[other].to)) + " of " + rules_[other].place,
         rules_[rule].place);
  }

  // Recursion ends with the longest target path: at most kMaxPathDepth calls deep.
  void append(Layout& out, std::size_t at, std::uint32_t group) const {
    for (const auto child : targets_[at].children) {
      std::string opening(1, ',');
      json::append_string(opening, targets_[child].key);
      opening += ':';
      if (targets_[child].is_member) {
        const auto rule = static_cast<std::uint32_t>(targets_[child].rule);
        out.members.push_back({group, rule, Piece(opening), {}});
        continue;
      }
      const auto inner = static_cast<std::uint32_t>(out.groups.size());
      opening += '{';
      out.groups.push_back({group, out.groups[group].depth + 1, Piece(opening)});
      append(out, child, inner);
    }
  }

  const std::vector<Rule>& rules_;
  std::vector<Target> targets_{1};  // the first is the root
};

// With two braces for each group.
std::size_t frame_size(const Layout& layout) {
  std::size_t size = 0;
  for (const auto& group : layout.groups) size += group.opening.size() + 2;
  for (const auto& member : layout.members) size += member.opening.size();
  return size;
}

// Walks from object to object of the payload and writes the braces and names on its way.
class Frame {
 public:
  Frame(const Layout& layout, Output& out) : layout_(layout), out_(out) { out_.put('{'); }
  Frame(const Layout& layout, const Member& behind, Output& out)
      : layout_(layout), out_(out), current_(behind.group), is_first_(false) {}

  void open_member(const Member& member) {
    enter(member.group);
    open(member.opening);
  }

  void close() {
    enter(0);
    out_.put('}');
  }

 private:
  // Closes objects until one around `group` is open, then opens those between. Each object comes
  // once only.
  void enter(std::uint32_t group) {
    const auto& groups = layout_.groups;
    while (current_ != group && groups[current_].depth >= groups[group].depth) {
      out_.put('}');
      is_first_ = false;
      current_ = groups[current_].parent;
    }
    if (current_ == group) return;
    enter(groups[group].parent);
    open(groups[group].opening);
    is_first_ = true;
    current_ = group;
  }

  // The first member of an object has no comma before it.
  void open(const Piece& opening) {
    out_.put_padded(opening.text().substr(is_first_ ? 1 : 0));
    is_first_ = false;
  }

  const Layout& layout_;
  Output& out_;
  std::uint32_t current_ = 0;
  bool is_first_ = true;  // in the object that is open
};

// What put_between() writes for a step that is made again and again.
Piece step_text(const Layout& layout, std::size_t next) {
  Output out;
  out.clear();
  out.room(layout.frame_size + Piece::kBlock);
  put_between(layout, next, next, out);
  return Piece(out.text());
}

}  // namespace

Layout make_layout(const std::vector<Rule>& rules) {
  auto layout = TargetTree(rules).layout();
  layout.frame_size = frame_size(layout);
  for (std::size_t i = 0; i < layout.members.size(); ++i) {
    layout.members[i].joint = step_text(layout, i);
  }
  layout.closing = step_text(layout, layout.members.size());
  return layout;
}

void put_between(const Layout& layout, std::size_t next, std::size_t member, Output& out) {
  const auto& members = layout.members;
  Frame frame = next == 0 ? Frame(layout, out) : Frame(layout, members[next - 1], out);
  if (member < members.size()) {
    frame.open_member(members[member]);
  } else {
    frame.close();
  }
}

}  // namespace cxrelay::mapping
