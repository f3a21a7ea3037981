#include "harness/core/base64.h"

#include <gtest/gtest.h>

namespace undertone {
namespace {

TEST(Base64, Rfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string_view("\xfb\xff\x00", 3)), "+/8A");
}

}  // namespace
}  // namespace undertone
