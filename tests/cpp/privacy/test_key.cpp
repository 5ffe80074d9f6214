// The file with the key: who may read it, and what it must hold.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cxrelay/errors.hpp"
#include "cxrelay/privacy.hpp"
#include "temp_dir.hpp"

namespace cxrelay::testing {
namespace {

class KeyFile : public ::testing::Test {
 protected:
  std::string write(const std::string& bytes, mode_t mode = 0600) const {
    auto path = directory_.file("privacy.key");
    std::ofstream(path, std::ios::binary) << bytes;
    ::chmod(path.c_str(), mode);
    return path;
  }

  std::string refusal(const std::string& path) const {
    try {
      read_privacy_key(path);
    } catch (const ConfigError& error) {
      return error.what();
    }
    ADD_FAILURE() << "taken";
    return "";
  }

  TempDir directory_;
};

TEST_F(KeyFile, IsItsBytesWithoutTheLineEnd) {
  EXPECT_EQ(read_privacy_key(write("0123456789abcdef\r\n")), "0123456789abcdef");
  EXPECT_EQ(read_privacy_key(write(std::string("\0\n", 2) + std::string(30, '\xff'))),
            std::string("\0\n", 2) + std::string(30, '\xff'));
  EXPECT_EQ(read_privacy_key(write(std::string(4096, 'k'))).size(), 4096U);
}

TEST_F(KeyFile, IsRefusedIfOthersMayReadIt) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0666U}) {
    EXPECT_NE(refusal(write("0123456789abcdef", mode)).find("chmod 600"), std::string::npos);
  }
}

TEST_F(KeyFile, IsRefusedIfItIsTooShortOrTooLong) {
  EXPECT_NE(refusal(write("")).find("16 to 4096"), std::string::npos);
  const auto text = refusal(write("canary-15-bytes\n"));
  EXPECT_NE(text.find("16 to 4096"), std::string::npos);
  EXPECT_EQ(text.find("canary"), std::string::npos);
  EXPECT_NE(refusal(write(std::string(4097, 'k'))).find("16 to 4096"), std::string::npos);
}

TEST_F(KeyFile, IsNeverReadThroughALink) {
  const auto path = write("0123456789abcdef");
  const auto link = directory_.file("link");
  std::filesystem::create_symlink(path, link);
  EXPECT_NE(refusal(link).find("cannot be read"), std::string::npos);
  EXPECT_NE(refusal(directory_.file("missing")).find("cannot be read"), std::string::npos);
}

}  // namespace
}  // namespace cxrelay::testing
