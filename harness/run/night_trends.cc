// The history of nights as series.
#include <fmt/format.h>

#include <algorithm>

#include "harness/run/nightly.h"

namespace undertone {
namespace {

constexpr double kAlpha = 0.05;  // over all measures

const Json* same_measure(const Json& result, const Trend& trend) {
  const Json* all = result.find("measures");
  if (!all) return nullptr;
  for (const Json& m : all->elements())
    if (m.get("measure", "") == trend.measure && m.get("system", "") == trend.system &&
        m.get("condition", "") == trend.condition)
      return &m;
  return nullptr;
}

}  // namespace

std::optional<double> optional_number(const Json& object, std::string_view key) {
  const Json* found = object.find(key);
  return found && found->is_number() ? std::optional(found->as_double()) : std::nullopt;
}

std::vector<Trend> night_trends(const std::vector<NightRow>& before, const Json& tonight,
                                const std::string& when, const std::string& stream) {
  std::vector<std::pair<std::string, const Json*>> nights;
  for (const NightRow& n : before)
    if (n.result.get("baseline_tape", "") == tonight.get("baseline_tape", ""))
      nights.emplace_back(n.ended, &n.result);
  nights.emplace_back(when, &tonight);
  std::vector<Trend> out;
  for (const Json& m : tonight.at("measures").elements()) {
    Trend trend{m.get("measure", ""), m.get("system", ""), m.get("condition", ""), {}, {}};
    for (const auto& [ended, result] : nights)
      if (const Json* then = same_measure(*result, trend))
        trend.nights.push_back({ended, optional_number(*then, "difference"), optional_number(*then, "low"),
                                optional_number(*then, "high"), then->get("verdict", "")});
    out.push_back(std::move(trend));
  }
  ChangePointSettings settings;
  settings.alpha = kAlpha / static_cast<double>(std::max<std::size_t>(1, out.size()));
  for (Trend& trend : out) {
    std::vector<double> differences;
    for (const Trend::Night& n : trend.nights)
      if (n.difference) differences.push_back(*n.difference);
    trend.changes = change_points(
        differences, fmt::format("{}/changes/{}/{}/{}", stream, trend.measure, trend.system, trend.condition),
        settings);
  }
  return out;
}

}  // namespace undertone
