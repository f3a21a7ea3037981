// The metrics that a suite can ask for by name, beside the judges' means and exact match, which every report
// has.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace undertone {

struct MetricInfo {
  std::string_view name;
  std::string_view summary;
};
std::span<const MetricInfo> builtin_metrics();
std::vector<std::string> builtin_metric_names();

}  // namespace undertone
