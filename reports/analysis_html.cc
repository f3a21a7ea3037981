#include <fmt/format.h>

#include "reports/analysis.h"
#include "reports/page.h"

namespace undertone {

std::string analysis_html(const analysis::Scores& scores, const analysis::Analysis& a,
                          const std::string& command, const HtmlOptions& options) {
  Page page;
  page.kicker = "Undertone analysis";
  page.title = scores.file.substr(scores.file.find_last_of('/') + 1);
  page.facts = {format_count(static_cast<std::int64_t>(scores.rows.size())) + " scores asked for",
                fmt::format("{} systems", scores.systems.size()),
                format_count(static_cast<std::int64_t>(scores.items.size())) + " items",
                fmt::format("{} {}s", format_count(static_cast<std::int64_t>(scores.units)), scores.unit)};
  page.headline = scores.systems.size() == 1 ? "How high are the scores?"
                                             : "Which system scores highest, and is that more than chance?";
  page.sentences = analysis_sentences(scores, a);
  page.cautions = a.notes;
  page.footer = "Again: " + command;
  page.tables = analysis_tables(scores, a);
  for (std::size_t i = 0; i < a.judges.size(); ++i) {
    PagePlot means{fmt::format("means-{}", i + 1), "mean score and interval", false, {}};
    PagePlot differences{
        fmt::format("differences-{}", i + 1), "difference in points and simultaneous interval", true, {}};
    const auto& j = a.judges[i];
    const std::string_view tag = j.difference_tag();
    for (const Estimate& e : j.estimates) {
      if (e.tag == "mean") means.dots.push_back({e.system, e.value, e.low, e.high});
      if (e.tag == tag) differences.dots.push_back({e.system + " − " + e.baseline, e.value, e.low, e.high});
    }
    page.plots.push_back(std::move(means));
    page.plots.push_back(std::move(differences));
  }
  return page_html(page, options);
}

}  // namespace undertone
