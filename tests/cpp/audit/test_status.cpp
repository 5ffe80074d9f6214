// The table of docs/audit.md: action and detail -> processingStatus and errorMessage.
#include <gtest/gtest.h>

#include "audit/status.hpp"

namespace cxrelay {
namespace {

struct Case {
  std::string_view action;
  std::string_view detail;
  std::string_view word;
  std::string_view error;  // "" = null
};

class StatusTest : public ::testing::TestWithParam<Case> {};

TEST_P(StatusTest, IsDerived) {
  const Case& c = GetParam();
  json::Document document;
  const json::Node* detail = nullptr;
  if (!c.detail.empty()) {
    ASSERT_EQ(document.parse(c.detail), json::ParseError::none);
    detail = &document.root();
  }
  const AuditStatus status = derive_status(c.action, document, detail);
  EXPECT_EQ(status.word, c.word);
  EXPECT_EQ(status.error.value_or(""), c.error);
  EXPECT_EQ(status.error.has_value(), !c.error.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Table, StatusTest,
    ::testing::Values(
        Case{"accepted", "", "accepted", ""}, Case{"skipped", "{}", "skipped", ""},
        Case{"rejected", R"({"bytes":3,"reason":"id: missing"})", "rejected", "id: missing"},
        Case{"started", R"({"updates":[1]})", "started", ""},
        Case{"dead", R"({"reason":"404"})", "failed", "404"},
        Case{"parked", R"({"reason":"cut"})", "parked", "cut"},
        Case{"superseded", "", "superseded", ""}, Case{"revived", "", "revived", ""},
        Case{"something else", "", "something else", ""},
        Case{"finished", R"({"status":200,"completed":[1,2],"retry":[],"dead":[]})", "success", ""},
        Case{"finished", R"({"completed":[1],"retry":[{"seq":2,"reason":"busy"}]})", "partial",
             "busy"},
        Case{"finished", R"({"completed":[],"retry":[{"reason":"a"}],"dead":[{"reason":"b"}]})",
             "failed", "b"},
        Case{"finished", R"({"status":503,"error_class":"TRANSIENT","retry":[{"reason":""}]})",
             "failed", "TRANSIENT"},
        Case{"finished", R"({"completed":[],"released":[{"seq":1}]})", "released", ""},
        Case{"finished", R"({"released":[{"seq":1}],"split":[{"seq":2}]})", "failed", ""},
        Case{"finished", "", "failed", ""},
        // Types that the queue does not write change nothing and break nothing.
        Case{"finished", R"({"completed":5,"retry":{},"reason":[],"error_class":7})", "failed", ""},
        Case{"finished", R"({"completed":[1],"dead":[3,"x",null]})", "partial", ""}));

}  // namespace
}  // namespace cxrelay
