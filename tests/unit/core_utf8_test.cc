#include "harness/core/utf8.h"

#include <gtest/gtest.h>

namespace undertone {
namespace {

TEST(Utf8, BrokenBytesAreRepairedByMaximalParts) {
  const std::string fffd = "\ufffd";
  EXPECT_EQ(repair_utf8("a\u00e9\u4e00\U0001f600"), "a\u00e9\u4e00\U0001f600");
  EXPECT_EQ(repair_utf8("\xf0\x9f\x98"
                        "a"),
            fffd + "a");  // one for the part that is well-formed
  EXPECT_EQ(repair_utf8("\xe2\x28\xa1"), fffd + "(" + fffd);
  EXPECT_EQ(repair_utf8("\xed\xa0\x80"), fffd + fffd + fffd);  // a surrogate
  EXPECT_EQ(repair_utf8("\xc0\x80"), fffd + fffd);             // overlong
  EXPECT_EQ(repair_utf8("\xf4\x90\x80\x80"), fffd + fffd + fffd + fffd);
  EXPECT_EQ(repair_utf8("\xe4\xb8"), fffd);
}

}  // namespace
}  // namespace undertone
