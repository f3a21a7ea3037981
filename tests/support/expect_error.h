// An error is what a person is told: kind, what, place and mend.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "harness/core/error.h"

namespace undertone::test {

// The Error that `act` throws; a failure, and an empty one, when it throws none.
inline Error error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::internal, "");
}

// Passes when `act` throws an Error of this kind that says `what` (a part of it), names `place` (a part) and
// how to mend it.
inline void expect_error(const std::function<void()>& act, ErrorKind kind, const std::string& what,
                         const std::string& place) {
  try {
    act();
    FAIL() << "no error, expected: " << what;
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind) << what;
    EXPECT_THAT(e.what_happened(), ::testing::HasSubstr(what));
    EXPECT_THAT(e.place(), ::testing::HasSubstr(place));
    EXPECT_FALSE(e.mend().empty()) << what;
  }
}

}  // namespace undertone::test
