// A key, and the file that holds it.
#include "privacy/key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/ed25519.hpp"
#include "base/file.hpp"
#include "cxrelay/errors.hpp"
#include "cxrelay/privacy.hpp"

namespace cxrelay {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

[[noreturn]] void fail(const std::string& path, const char* problem) {
  throw ConfigError("the privacy key " + path + " " + problem);
}

Fd open_key(const std::string& path) {
  try {
    return open_private(path, O_RDONLY);
  } catch (const StoreError& error) {
    throw ConfigError(std::string("the privacy key cannot be read: ") + error.what());
  }
}

bool is_long_enough(std::string_view key) {
  return key.size() >= kMinPrivacyKeyBytes && key.size() <= kMaxPrivacyKeyBytes;
}

// Whoever else can read the key can find out what was hashed, value by value.
void refuse_shared(const Fd& fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail(path, "cannot be examined");
  if ((info.st_mode & kOthers) != 0) {
    fail(path, "is refused: others may read or write it (chmod 600)");
  }
}

// Up to one byte more than a key may have, besides a line end.
std::string read_all(const Fd& fd, const std::string& path) {
  std::string text(kMaxPrivacyKeyBytes + 3, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = ::read(fd.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path, "cannot be read");
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  text.resize(size);
  return text;
}

}  // namespace

void check_privacy_key(std::string_view key) {
  if (!is_long_enough(key)) throw ConfigError("privacy: a key has 16 to 4096 bytes");
}

std::string read_privacy_key(const std::string& path) {
  const Fd fd = open_key(path);
  refuse_shared(fd, path);
  std::string key = read_all(fd, path);
  while (key.ends_with('\n') || key.ends_with('\r')) key.pop_back();
  if (is_long_enough(key)) return key;
  wipe(key);
  fail(path, "must hold 16 to 4096 bytes");
}

}  // namespace cxrelay
