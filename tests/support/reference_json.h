// Reading committed references: arrays of numbers out of Json. Header-only.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/core/json.h"
#include "tests/support/test_data.h"

namespace undertone::test {

inline const Json& metrics_reference() {
  static const Json read = read_json_file(source_path("tests/golden/metrics/reference.json"));
  return read;
}
inline std::vector<double> numbers(const Json& array) {
  std::vector<double> out;
  for (const Json& v : array.elements()) out.push_back(v.as_double());
  return out;
}
template <class T>
std::vector<T> whole_numbers(const Json& array) {
  std::vector<T> out;
  for (const Json& v : array.elements()) out.push_back(static_cast<T>(v.as_int()));
  return out;
}
// max(1e-12 absolute, 1e-10 relative), as the references are held to.
inline void expect_close(double ours, double reference, const std::string& what) {
  EXPECT_LE(std::fabs(ours - reference), std::max(1e-12, 1e-10 * std::fabs(reference)))
      << what << ": " << ours << " against " << reference;
}

}  // namespace undertone::test
