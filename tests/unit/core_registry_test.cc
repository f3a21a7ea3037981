#include "harness/core/registry.h"

#include <gtest/gtest.h>

namespace undertone {
namespace {

using Numbers = Registry<int(int)>;

Numbers numbers() {
  Numbers r("number");
  r.add({"one", "adds one", [](FieldReader&) {}, [](int x) { return x + 1; }});
  r.add({"two", "adds two", [](FieldReader&) {}, [](int x) { return x + 2; }});
  return r;
}

TEST(Registry, FindsAndLists) {
  const Numbers r = numbers();
  EXPECT_EQ(r.at("two").make(1), 3);
  EXPECT_TRUE(r.has("one"));
  EXPECT_FALSE(r.has("three"));
  EXPECT_EQ(r.known(), "one, two");
  EXPECT_EQ(r.entries()[0].summary, "adds one");
}

TEST(Registry, UnknownNamesListTheKnown) {
  try {
    numbers().at("three");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.what_happened(), "unknown number 'three'");
    EXPECT_EQ(e.mend(), "use one of: one, two");
    EXPECT_EQ(e.exit_code(), ExitCode::usage);
  }
}

TEST(Registry, TheSameNameTwiceIsAnError) {
  Numbers r = numbers();
  EXPECT_THROW(r.add({"one", "", {}, {}}), Error);
}

TEST(Error, ComposesPlaceWhatAndMend) {
  const Error e(ErrorKind::data, "is broken", "f:3", "mend it");
  EXPECT_STREQ(e.what(), "f:3: is broken\n  mend: mend it");
  EXPECT_STREQ(Error(ErrorKind::io, "is broken").what(), "is broken");
  for (ErrorKind k : {ErrorKind::usage, ErrorKind::suite, ErrorKind::data, ErrorKind::weights,
                      ErrorKind::store, ErrorKind::model, ErrorKind::io, ErrorKind::internal})
    EXPECT_EQ(error_kind_from(to_string(k)), k);
  EXPECT_EQ(error_kind_from("nonsense"), ErrorKind::internal);
}

}  // namespace
}  // namespace undertone
