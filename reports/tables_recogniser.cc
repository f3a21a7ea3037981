// How good the recogniser of predicted metadata is where systems train on it and where they are tested with
// it.
#include <fmt/format.h>

#include <algorithm>

#include "reports/lookup.h"
#include "reports/table.h"

namespace undertone {
namespace {

constexpr std::int64_t kFewUnits = 20;  // as summarise() has it

// Figure and interval; how many segments were scored stands in the caption's units.
Cell figure(const Estimate* e) {
  Cell cell = estimate_cell(e);
  if (e) cell.detail = format_interval(*e);
  if (e && e->kind == "difference" && e->value && *e->value > 0) cell.text = "+" + cell.text;
  return cell;
}

std::string units_caption(const Estimate* fold, const Estimate* test) {
  if (!fold || !test) return "";
  std::string out =
      fmt::format(" {} out of fold, {} at test",
                  counted(fold->units, fold->unit_resampled.empty() ? "unit" : fold->unit_resampled),
                  counted(test->units, test->unit_resampled.empty() ? "unit" : test->unit_resampled));
  const std::int64_t few = std::min(fold->units, test->units);
  if (few < kFewUnits) out += fmt::format("; conditional on {} units", few);
  return out + ".";
}

struct Attribute {
  const char *tag, *name, *measure;
};
constexpr Attribute kAttributes[] = {{"emotion/uar", "emotion", "UAR"},
                                     {"gender/uar", "gender", "UAR"},
                                     {"valence/ccc", "valence", "concordance"},
                                     {"arousal/ccc", "arousal", "concordance"},
                                     {"dominance/ccc", "dominance", "concordance"}};

}  // namespace

Table recogniser_table(const ReportData& data) {
  Table t{
      "recogniser",
      "Emotion recogniser",
      "It gives the predicted metadata: in training each voice's by a recogniser that never heard that voice "
      "(out of fold), at test by one that heard all training voices. UAR is unweighted average recall, "
      "concordance Lin's coefficient. gap = out of fold − test; intervals over training/test units:",
      "attribute",
      {"out of fold", "test", "gap"},
      {}};
  // "recogniser/emotion/uar/test"; with several datasets "recogniser/DATASET/emotion/uar/test".
  std::vector<std::string> prefixes;
  for (const Estimate& e : data.estimates) {
    constexpr std::string_view first = "recogniser/", last = "emotion/uar/out_of_fold";
    if (e.tag.starts_with(first) && e.tag.ends_with(last))
      prefixes.push_back(e.tag.substr(0, e.tag.size() - last.size()));
  }
  for (const std::string& prefix : prefixes) {
    const auto find = [&](const std::string& rest, std::string_view kind) {
      return find_estimate(data, {prefix + rest, "", "", "", kind});
    };
    TableGroup group;
    if (prefixes.size() > 1) group.heading = prefix.substr(prefix.find('/') + 1, prefix.size() - 12);
    for (const Attribute& a : kAttributes) {
      const std::string tag = std::string(a.tag) + "/";
      TableRow row{a.name,
                   a.measure,
                   {figure(find(tag + "out_of_fold", "value")), figure(find(tag + "test", "value")),
                    figure(find(tag + "gap", "difference"))}};
      const bool any = std::any_of(row.cells.begin(), row.cells.end(),
                                   [](const Cell& c) { return !c.text.empty() && c.text != "–"; });
      if (any) group.rows.push_back(std::move(row));
    }
    t.caption += (group.heading.empty() ? "" : " " + group.heading + ":") +
                 units_caption(find("emotion/uar/out_of_fold", "value"), find("emotion/uar/test", "value"));
    t.groups.push_back(std::move(group));
  }
  return t;
}

}  // namespace undertone
