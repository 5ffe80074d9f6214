#include "mapping/output.hpp"

#include <algorithm>

namespace cxrelay::mapping {
namespace {

constexpr std::size_t kKeepBytes = 1024 * 1024;

}  // namespace

void Output::clear() {
  if (buffer_.size() > kKeepBytes) buffer_ = {};
  at_ = buffer_.data();
  end_ = at_ + buffer_.size();
}

void Output::grow(std::size_t size) {
  const std::size_t written = text().size();
  buffer_.resize(std::max(written + size, 2 * buffer_.size()));
  at_ = buffer_.data() + written;
  end_ = buffer_.data() + buffer_.size();
}

}  // namespace cxrelay::mapping
