// The shape of the payload: which objects stand around each member, and in what order members are
// written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mapping/output.hpp"
#include "mapping/rule.hpp"

namespace cxrelay::mapping {

// An object of the payload, or one member that a rule writes. The root is group 0 and its own
// parent.
struct Group {
  std::uint32_t parent = 0;
  std::uint32_t depth = 0;
  Piece opening;  // ,"key":{
};

struct Member {
  std::uint32_t group = 0;
  std::uint32_t rule = 0;
  Piece opening;  // ,"key":
  Piece joint;    // all that stands between the value of the member before and this one's value
};

// Members in the order of the rules, except that an object is written in one piece where it comes
// first.
struct Layout {
  std::vector<Group> groups;
  std::vector<Member> members;
  Piece closing;               // all that stands behind the value of the last member
  std::size_t frame_size = 0;  // bytes of a payload with every member, without the values
};

// Throws MappingError if two rules write the same place, or one writes inside what another writes.
Layout make_layout(const std::vector<Rule>& rules);

// Writes what stands between the value of the member before `next` and that of `member`, which is
// not before `next`. Next is 0: from the beginning; member is the number of members: to the end.
void put_between(const Layout& layout, std::size_t next, std::size_t member, Output& out);

// Writes members in layout order; objects are opened when their first member comes and never stay
// empty. Mostly each member follows the one before it in the layout: then one text, made beforehand,
// stands between their values.
class PayloadWriter {
 public:
  PayloadWriter(const Layout& layout, Output& out) : layout_(layout), out_(out) { out_.clear(); }

  // Writes everything that stands before the member's value, and makes room for a value of `size`
  // bytes, which the caller then puts, and for the rest of the frame.
  void begin_member(std::size_t member, std::size_t size) {
    make_room(size);
    if (member == next_) {
      out_.put_padded(layout_.members[member].joint.text());
    } else {
      put_between(layout_, next_, member, out_);
    }
    next_ = member + 1;
  }

  // Writes a member with its value, behind which a block can be read.
  void put_member(std::size_t member, std::string_view value) {
    if (member != next_) {
      begin_member(member, value.size());
      return out_.put_padded(value);
    }
    make_room(value.size());
    out_.put_padded(layout_.members[member].joint.text(), value);
    ++next_;
  }

  void finish() {
    if (next_ == layout_.members.size()) {
      out_.put_padded(layout_.closing.text());
    } else if (next_ > 0) {
      put_between(layout_, next_, layout_.members.size(), out_);
    }
  }

 private:
  void make_room(std::size_t size) { out_.room(size + layout_.frame_size + Piece::kBlock); }

  const Layout& layout_;
  Output& out_;
  std::size_t next_ = 0;  // behind the member that was written last
};

}  // namespace cxrelay::mapping
