// A comparison as a page.
#include <fmt/format.h>

#include <algorithm>

#include "reports/run_comparison.h"

namespace undertone {
namespace {

constexpr std::size_t kShownNights = 60;

std::string place_of(const std::string& system, const std::string& condition, const std::string& measure) {
  return fmt::format("{}{}, {}", system, condition.empty() ? "" : " (" + condition + ")", measure);
}

// Measures have scales of their own: each difference is shown as a share of its own.
PagePlot differences_plot(const RunsCompared& r) {
  PagePlot plot{
      "measures", "second less first run as a share of the measure's scale, with interval", true, {}};
  for (const MeasureChange& c : r.comparison.measures) {
    if (!c.measure.declared) continue;
    const double range = c.measure.high - c.measure.low;
    const auto share = [&](const std::optional<double>& v) {
      return v ? std::optional(*v / range) : std::nullopt;
    };
    // Declared are one judge's measures of one pool: the last part of the name tells them apart.
    const std::string short_name = c.measure.name.substr(c.measure.name.rfind('/') + 1);
    plot.dots.push_back({place_of(c.measure.system, c.measure.condition, short_name), share(c.difference),
                         share(c.interval.low), share(c.interval.high)});
  }
  return plot;
}

// The last nights of one measure, the newest first.
void add_trend(const Trend& trend, std::size_t number, Page& page) {
  Table t;
  t.id = fmt::format("trend-{}", number);
  t.title = fmt::format("Night by night: {}", place_of(trend.system, trend.condition, trend.measure));
  t.caption = fmt::format("Difference from the baseline, 95 % intervals; {} nights", trend.nights.size());
  if (trend.nights.size() > kShownNights) t.caption += fmt::format(", the last {} shown", kShownNights);
  t.corner = "night";
  t.columns = {"difference", "verdict", "change"};
  t.groups.emplace_back();
  PagePlot plot{t.id, "difference from the baseline and interval, the newest night first", true, {}};
  const std::size_t shown = std::min(kShownNights, trend.nights.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Trend::Night& n = trend.nights[trend.nights.size() - 1 - i];
    std::string change;
    for (const ChangePoint& c : trend.changes)
      if (&trend.night_of(c) == &n)
        change = fmt::format("since here {} in place of {} (p {})", format_number(c.after, 3),
                             format_number(c.before, 3), format_number(c.p_value, 4));
    Cell difference = text_cell(n.difference ? format_number(*n.difference, 3) : "–");
    difference.detail = format_interval(n.low, n.high, 3);
    t.groups[0].rows.push_back(
        {n.when, "", {std::move(difference), text_cell(n.verdict), text_cell(change)}});
    plot.dots.push_back({n.when, n.difference, n.low, n.high});
  }
  page.tables.push_back(std::move(t));
  page.plots.push_back(std::move(plot));
}

// To the rows of the items that moved, which stand in the order of r.moved.
void add_recordings(const RunsCompared& r, const std::map<std::string, std::string>& recordings,
                    std::vector<Table>& tables) {
  for (Table& t : tables)
    if (t.id == "moved")
      for (std::size_t i = 0; i < r.moved.size(); ++i)
        if (const auto found = recordings.find(r.moved[i].question_id); found != recordings.end())
          t.groups[0].rows[i].cells[0].audio = found->second;
}

}  // namespace

std::string comparison_html(const RunsCompared& r, const NightContext* night,
                            const std::map<std::string, std::string>& recordings, const std::string& command,
                            const HtmlOptions& options) {
  Page page;
  page.kicker = night ? "Undertone night" : "Undertone comparison";
  page.title = r.second.suite;
  page.headline = fmt::format("What changed from {} to {}?", r.first.given, r.second.given);
  for (const ComparedName* n : {&r.first, &r.second})
    page.facts.push_back(
        fmt::format("{} {}{}", n->given, n->identity.substr(0, 12), n->when.empty() ? "" : " of " + n->when));
  page.facts.push_back(fmt::format("{} declared measures", r.comparison.declared));
  page.sentences = comparison_sentences(r, night);
  page.footer = "Again: " + command;
  page.tables = comparison_and_night_tables(r, night);
  add_recordings(r, recordings, page.tables);
  page.plots.push_back(differences_plot(r));
  if (night)
    for (std::size_t i = 0; i < night->trends.size(); ++i)
      if (night->trends[i].nights.size() > 1) add_trend(night->trends[i], i + 1, page);
  return page_html(page, options);
}

}  // namespace undertone
