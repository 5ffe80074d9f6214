// Paths: pointers and dotted names, there and back.
#include "mapping/path.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cxrelay::mapping {
namespace {

TEST(Path, ReadsBothForms) {
  std::string problem;
  EXPECT_EQ(parse_path("a.b", problem), (Path{"a", "b"}));
  EXPECT_EQ(parse_path("/a/b", problem), (Path{"a", "b"}));
  EXPECT_EQ(parse_path("/a.b/~0~1", problem), (Path{"a.b", "~/"}));
  EXPECT_EQ(parse_path("/", problem), (Path{""}));
  EXPECT_EQ(parse_path("/a//", problem), (Path{"a", "", ""}));
}

TEST(Path, TextReadsBack) {
  std::string problem;
  for (const Path& path : {Path{"a"}, Path{"a", "b"}, Path{"a.b", "c"}, Path{"", "x"},
                           Path{"/a", "b"}, Path{"~", "~1"}, Path{"a/b"}}) {
    EXPECT_EQ(parse_path(path_text(path), problem), path) << path_text(path);
    EXPECT_EQ(parse_path(pointer_text(path), problem), path) << pointer_text(path);
  }
  EXPECT_EQ(path_text({"a/b", "~"}), "a/b.~");
}

TEST(Path, HasABoundedDepth) {
  std::string problem;
  std::string text = "a";
  for (std::size_t i = 1; i < kMaxPathDepth; ++i) text += ".a";
  EXPECT_TRUE(parse_path(text, problem));
  EXPECT_FALSE(parse_path(text + ".a", problem));
  EXPECT_FALSE(problem.empty());
}

TEST(Path, ArrayPlacesHaveOneSpelling) {
  EXPECT_EQ(array_index("0"), 0U);
  EXPECT_EQ(array_index("12"), 12U);
  for (const char* other : {"", "00", "01", "-1", "+1", "1x", "x", " 1", "-", "9999999999"}) {
    EXPECT_FALSE(array_index(other)) << other;
  }
}

}  // namespace
}  // namespace cxrelay::mapping
