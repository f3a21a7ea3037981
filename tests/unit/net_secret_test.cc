#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <type_traits>

#include "harness/core/error.h"
#include "harness/net/secret.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kKey = "sk-planted/0123456789+abc";

std::string redacted(std::string text) {
  Secret(kKey).redact(text);
  return text;
}

TEST(Secret, IsReplacedWhereverItStands) {
  EXPECT_EQ(redacted("Bearer " + kKey + ", again " + kKey + "."), "Bearer [key], again [key].");
  EXPECT_EQ(redacted("?key=sk-planted%2F0123456789%2Babc&x"), "?key=[key]&x");
  EXPECT_EQ(redacted("nothing"), "nothing");
  EXPECT_EQ(redacted(""), "");
}

TEST(Secret, ACutInsideTheKeyShowsNoBeginningOfIt) {
  EXPECT_EQ(redacted("you sent " + kKey.substr(0, 20)), "you sent [key]");
  EXPECT_EQ(redacted("you sent " + kKey.substr(0, 6)), "you sent [key]");
  EXPECT_EQ(redacted("tasks"), "tasks") << "a few letters are no key";
}

TEST(Secret, StandInsForAKeyAreNotReplaced) {
  std::string text = "EMPTY choices";
  Secret("EMPTY").redact(text);
  EXPECT_EQ(text, "EMPTY choices");
}

template <class T>
concept Printable = requires(std::ostream& to, const T& value) { to << value; };
static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);

TEST(Secret, BlanksAroundItGoAndControlCharactersInsideAreRefusedWithoutShowingIt) {
  EXPECT_EQ(Secret(" " + kKey + "\r\n").reveal(), kKey);
  try {
    Secret(kKey + "\r\nX-Injected: 1", "MY_KEY");
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.place(), "MY_KEY");
    EXPECT_THAT(std::string(e.what()), Not(HasSubstr("sk-planted")));
  }
}

TEST(Secret, IsReadFromTheFirstLineOfAFile) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "key") << kKey << "\n# a comment\n";
  std::ofstream(folder / "empty") << "\n";
  EXPECT_EQ(read_secret(folder / "key").reveal(), kKey);
  EXPECT_THROW(read_secret(folder / "empty"), Error);
  EXPECT_THROW(read_secret(folder / "none"), Error);
}

TEST(Secret, MovingLeavesNothingBehind) {
  Secret from(kKey);
  const Secret to = std::move(from);
  EXPECT_EQ(to.reveal(), kKey);
  EXPECT_TRUE(from.empty());
}

}  // namespace
}  // namespace undertone
