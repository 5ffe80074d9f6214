#include "base/gzip.hpp"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace cxrelay {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr int kGzipWindow = MAX_WBITS + 16;  // 16: gzip's head and tail around the data
constexpr int kMemoryLevel = 8;              // zlib's default

uInt bounded(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

Bytef* as_output(char* out) { return reinterpret_cast<Bytef*>(out); }
const Bytef* as_input(const char* in) { return reinterpret_cast<const Bytef*>(in); }

}  // namespace

GzipReader::GzipReader(ByteSource compressed)
    : source_(std::move(compressed)),
      input_(kBufferBytes),
      stream_(std::make_unique<z_stream_s>()) {
  if (::inflateInit2(stream_.get(), kGzipWindow) != Z_OK) throw std::bad_alloc();
}

GzipReader::~GzipReader() { ::inflateEnd(stream_.get()); }

std::size_t GzipReader::read(char* out, std::size_t count) {
  std::size_t done = 0;
  while (done < count && state_ == State::unpacking) {
    const uInt room = bounded(count - done);
    stream_->next_out = as_output(out + done);
    stream_->avail_out = room;
    advance();
    done += room - stream_->avail_out;
  }
  return done;
}

// One step of zlib's. The end of the input is good only behind a member.
void GzipReader::advance() {
  if (stream_->avail_in == 0) {
    stream_->next_in = as_input(input_.data());
    stream_->avail_in = bounded(source_(input_.data(), input_.size()));
  }
  if (stream_->avail_in == 0) {
    state_ = between_members_ && any_member_ ? State::whole : State::broken;
    return;
  }
  between_members_ = false;
  const int result = ::inflate(stream_.get(), Z_NO_FLUSH);
  if (result == Z_STREAM_END) {
    between_members_ = any_member_ = true;
    if (::inflateReset(stream_.get()) != Z_OK) state_ = State::broken;
  } else if (result != Z_OK) {
    state_ = State::broken;
  }
}

GzipWriter::GzipWriter(ByteSink compressed)
    : sink_(std::move(compressed)), output_(kBufferBytes), stream_(std::make_unique<z_stream_s>()) {
  if (::deflateInit2(stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

GzipWriter::~GzipWriter() { ::deflateEnd(stream_.get()); }

void GzipWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, bounded(bytes.size()));
    deflate_all(piece, Z_NO_FLUSH);
    bytes.remove_prefix(piece.size());
  }
}

void GzipWriter::finish() { deflate_all({}, Z_FINISH); }

void GzipWriter::deflate_all(std::string_view bytes, int flush) {
  stream_->next_in = as_input(bytes.data());
  stream_->avail_in = static_cast<uInt>(bytes.size());
  do {
    stream_->next_out = as_output(output_.data());
    stream_->avail_out = static_cast<uInt>(output_.size());
    ::deflate(stream_.get(), flush);  // fails only for a stream that is used wrongly
    const std::size_t made = output_.size() - stream_->avail_out;
    if (made > 0) sink_({output_.data(), made});
  } while (stream_->avail_out == 0);
}

std::string gzip_library_version() { return ::zlibVersion(); }

}  // namespace cxrelay
