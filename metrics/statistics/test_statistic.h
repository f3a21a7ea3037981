// What tests with a reference distribution return. Tests by permutation return a TestResult (permutation.h).
#pragma once

#include <optional>
#include <string>

namespace undertone::statistics {

struct TestStatistic {
  std::optional<double> statistic, p_value;  // two-sided unless the function says otherwise
  std::optional<double> df;                  // of Student's t; none for a normal or exact reference
  std::string method;                        // "McNemar, exact binomial"
  std::string reason;                        // why there is no p-value
  static TestStatistic none(std::string method, std::string reason) {
    TestStatistic out;
    out.method = std::move(method);
    out.reason = std::move(reason);
    return out;
  }
};

}  // namespace undertone::statistics
