// gzip (RFC 1952), read and written piece by piece in bounded memory.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct z_stream_s;

namespace cxrelay {

// Puts up to `count` bytes into `out` and returns how many; fewer only at the end.
using ByteSource = std::function<std::size_t(char* out, std::size_t count)>;
using ByteSink = std::function<void(std::string_view bytes)>;

// Unpacks what gzip or GzipWriter made. Neither copied nor moved: zlib keeps its address.
class GzipReader {
 public:
  explicit GzipReader(ByteSource compressed);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Up to `count` bytes; fewer only at the end, or where the rest cannot be unpacked.
  std::size_t read(char* out, std::size_t count);
  // Whether all that there was is one or more whole gzip members and nothing else, with sums that fit. Holds once
  // read() has returned less than it was asked for.
  bool is_whole() const noexcept { return state_ == State::whole; }

 private:
  enum class State { unpacking, whole, broken };
  void advance();

  ByteSource source_;
  std::vector<char> input_;
  std::unique_ptr<z_stream_s> stream_;
  State state_ = State::unpacking;
  bool between_members_ = true;
  bool any_member_ = false;
};

// Makes one gzip member, without name and time: the same bytes give the same file.
class GzipWriter {
 public:
  explicit GzipWriter(ByteSink compressed);
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  void write(std::string_view bytes);
  void finish();  // without it the member is not whole; nothing may be written after it

 private:
  void deflate_all(std::string_view bytes, int flush);

  ByteSink sink_;
  std::vector<char> output_;
  std::unique_ptr<z_stream_s> stream_;
};

// Of the zlib that is linked, e.g. "1.2.13".
std::string gzip_library_version();

}  // namespace cxrelay
