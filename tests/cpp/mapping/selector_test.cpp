// Many keys: each is found among others of its length, and nothing else is.
#include "mapping/selector.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cxrelay::mapping {
namespace {

TEST(KeyTable, FindsEachKeyAndNoOther) {
  KeyTable table;
  std::vector<std::string> keys = {"", "a", std::string(31, 'x'), std::string(32, 'x'),
                                   std::string(40, 'x')};
  for (int i = 0; i < 300; ++i) keys.push_back("key_" + std::to_string(i * 7 % 1000));
  for (std::uint32_t i = 0; i < keys.size(); ++i) table.insert(keys[i], i);
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    ASSERT_NE(table.find(keys[i]), nullptr) << keys[i];
    EXPECT_EQ(*table.find(keys[i]), i);
  }
  for (const auto& other : {std::string("b"), std::string("key_9999"), std::string("key_3"),
                            std::string(33, 'x'), std::string(400, 'x')}) {
    EXPECT_EQ(table.find(other), nullptr) << other;
  }
}

TEST(Selector, TakesElementsOfArraysByPlace) {
  Selector selector;
  selector.add({"list", "2"}, 0);
  selector.add({"list", "0", "x"}, 1);
  selector.add({"list", "9"}, 2);
  selector.add({"object", "2"}, 3);
  selector.add({"list"}, 4);
  json::Document document;
  ASSERT_EQ(document.parse(R"({"list":[{"x":true},[1,[2]],"two",3],"object":{"2":4}})"),
            json::ParseError::none);
  std::vector<const json::Node*> slots(5);
  selector.select(document, document.root(), slots);
  ASSERT_NE(slots[0], nullptr);
  EXPECT_EQ(slots[0]->text, "two");
  ASSERT_NE(slots[1], nullptr);
  EXPECT_TRUE(slots[1]->boolean);
  EXPECT_EQ(slots[2], nullptr);
  ASSERT_NE(slots[3], nullptr);
  EXPECT_EQ(slots[3]->text, "4");
  ASSERT_NE(slots[4], nullptr);
  EXPECT_EQ(slots[4]->count, 4U);
}

}  // namespace
}  // namespace cxrelay::mapping
