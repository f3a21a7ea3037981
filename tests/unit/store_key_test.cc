#include <gtest/gtest.h>
#include <limits>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/store/key.h"

namespace undertone {
namespace {

StageKey sample() {
  StageKey k("train", 3);
  k.setting("steps", Json(150))
      .setting("rate", Json(2e-3))
      .input("features", "abc")
      .file("weights", "def")
      .seed(2);
  return k;
}

TEST(StoreKey, IsTheHashOfTheDocumentedText) {
  Json parts = Json::object();
  parts["b"] = Json(1);
  parts["a"] = Json("x");
  EXPECT_EQ(make_key("answer", 2, parts),
            sha256_hex(R"({"code_version":2,"parts":{"a":"x","b":1},"stage":"answer"})"));
}

TEST(StoreKey, ForgetsTheOrderInWhichPartsWereNamed) {
  StageKey k("train", 3);
  k.seed(2)
      .file("weights", "def")
      .input("features", "abc")
      .setting("rate", Json(2e-3))
      .setting("steps", Json(150));
  EXPECT_EQ(k.hash(), sample().hash());
}

TEST(StoreKey, ChangesWithEveryPart) {
  const std::string base = sample().hash();
  EXPECT_NE(StageKey("train", 3).hash(), base);
  StageKey other = sample();
  other.stage = "answer";
  EXPECT_NE(other.hash(), base);
  other = sample();
  other.code_version = 4;
  EXPECT_NE(other.hash(), base);
  EXPECT_NE(sample().replicate(0).hash(), base);
  EXPECT_NE(sample().model("judge", "j").hash(), base);
  // The same name in another group is another part.
  EXPECT_NE(StageKey("s", 1).input("x", "1").hash(), StageKey("s", 1).file("x", "1").hash());
  EXPECT_NE(StageKey("s", 1).setting("x", Json(1)).hash(), StageKey("s", 1).setting("x", Json(1.0)).hash());
  EXPECT_NE(item_key("answer", Json("x")), item_key("verdict", Json("x")));
}

TEST(StoreKey, RefusesAPartNamedTwiceAndNumbersThatAreNone) {
  EXPECT_THROW(sample().setting("steps", Json(151)), Error);
  EXPECT_THROW(StageKey("s", 1).seed(1).seed(2), Error);
  EXPECT_THROW(make_key("s", 1, Json(std::numeric_limits<double>::quiet_NaN())), Error);
}

TEST(StoreKey, AboutSaysWhatWasHashed) {
  const Json about = sample().about();
  EXPECT_EQ(make_key(about.at("stage").as_string(), static_cast<int>(about.at("code_version").as_int()),
                     about.at("parts")),
            sample().hash());
}

}  // namespace
}  // namespace undertone
