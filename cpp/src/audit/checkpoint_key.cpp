#include "audit/checkpoint_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/line_stream.hpp"
#include "audit/signed_line.hpp"
#include "base/file.hpp"
#include "cxrelay/checkpoint.hpp"

namespace cxrelay {
namespace {

constexpr std::uint64_t kMaxKeyBytes = 16 * 1024;
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

Fd open_key(const std::string& path) {
  auto fd = open_for_reading(path);
  if (!fd) throw AuditError("there is no key at " + path);
  return std::move(*fd);
}

std::string text_of(const Fd& fd, const std::string& path) {
  const std::uint64_t size = size_of(fd.get(), path);
  if (size > kMaxKeyBytes) throw AuditError(path + " is too big for a key");
  std::string text(static_cast<std::size_t>(size), '\0');
  text.resize(read_at(fd.get(), path, 0, text.data(), text.size()));
  return text;
}

// Like a lock: whoever else can read the key can sign in our name.
void refuse_shared(const Fd& fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw AuditError("cannot examine " + path);
  if ((info.st_mode & kOthers) != 0) {
    throw AuditError("refused: others may read or write the private key " + path + " (chmod 600)");
  }
}

void write_new(const std::string& path, std::string_view text) {
  try {
    const Fd fd = open_private(path, O_WRONLY | O_CREAT | O_EXCL);
    write_all(fd.get(), text);
    sync_data(fd.get());
  } catch (const StoreError& error) {
    throw AuditError(error.what());
  }
}

void refuse_existing(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) throw AuditError(path + " exists already");
}

}  // namespace

SigningKey read_signing_key(const std::string& path) {
  const Fd fd = open_key(path);
  refuse_shared(fd, path);
  std::string text = text_of(fd, path);
  auto key = SigningKey::from_pem(text);
  wipe(text);
  if (!key) throw AuditError(path + " is not an unencrypted Ed25519 private key in PEM");
  return std::move(*key);
}

PublicKey read_public_key(const std::string& path) {
  const auto key = public_key_from_pem(text_of(open_key(path), path));
  if (!key) throw AuditError(path + " is not an Ed25519 public key in PEM");
  return *key;
}

std::string generate_checkpoint_key(const std::string& path) {
  const std::string public_path = path + ".pub";
  refuse_existing(path);
  refuse_existing(public_path);
  const SigningKey key = SigningKey::generate();
  // The public key first: if the second file cannot be written, nothing secret is left behind.
  write_new(public_path, to_pem(key.public_key()));
  std::string text = key.to_pem();
  try {
    write_new(path, text);
    sync_directory_of(path);
  } catch (const Error& error) {
    wipe(text);
    ::unlink(public_path.c_str());
    throw AuditError(error.what());
  }
  wipe(text);
  return key_id_of(key.public_key());
}

}  // namespace cxrelay
