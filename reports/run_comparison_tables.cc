// A comparison as tables, on a terminal and as Markdown.
#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "reports/markdown.h"
#include "reports/run_comparison.h"
#include "reports/terminal.h"

namespace undertone {
namespace {

constexpr std::size_t kShownText = 160;

std::string shortened(const std::string& text) {
  if (text.size() <= kShownText) return text;
  std::size_t end = kShownText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

Cell number(const std::optional<double>& v, int decimals = 3) {
  return text_cell(v ? format_number(*v, decimals) : "–");
}

std::string place_of(const std::string& system, const std::string& condition) {
  return condition.empty() ? system : fmt::format("{} ({})", system, condition);
}
std::string name_of(const MeasureChange& c) { return place_of(c.measure.system, c.measure.condition); }

TableGroup& group_called(Table& t, const std::string& heading) {
  for (TableGroup& g : t.groups)
    if (g.heading == heading) return g;
  t.groups.push_back({heading, {}});
  return t.groups.back();
}

std::string why(const MeasureChange& c) {
  std::string out = c.reason;
  for (const std::string& note : c.measure.notes) out += (out.empty() ? "" : "; ") + note;
  return out;
}

Table measures_table(const RunsCompared& r, bool declared) {
  Table t;
  t.id = declared ? "measures" : "measures-exploratory";
  t.title = declared ? "Measures" : "Exploratory measures";
  const ComparisonSettings& s = r.comparison.settings;
  t.caption = declared
                  ? fmt::format(
                        "Second run less first run, paired by question, {:g} % intervals. Adjusted p: Holm "
                        "over {} declared measures; a verdict needs p at most {:.4g}. Smallest: the change "
                        "that would be found in {:g} % of the cases.",
                        100 * s.level, r.comparison.declared, s.alpha, 100 * s.power)
                  : "No gate looks at these; p after Benjamini and Hochberg.";
  t.corner = "system";
  t.columns = {"verdict", "first", "second", "difference", "p", "smallest", "pairs"};
  for (const MeasureChange& c : r.comparison.measures) {
    if (c.measure.declared != declared) continue;
    // Of what nobody declared, only what moved is worth a line.
    if (!declared && (c.change == Change::no_change || c.change == Change::too_noisy)) continue;
    TableRow row{name_of(c), "", {}};
    row.cells.push_back(text_cell(std::string(to_string(c.change))));
    row.cells.push_back(number(c.first_mean));
    row.cells.push_back(number(c.second_mean));
    Cell difference = number(c.difference);
    difference.detail = format_interval(c.interval.low, c.interval.high, 3);
    row.cells.push_back(difference);
    row.cells.push_back(number(c.p_adjusted, 4));
    row.cells.push_back(number(c.smallest));
    std::string pairs = fmt::format("{}/{}", c.scored, c.pairs);
    if (c.lost + c.gained > 0) pairs += fmt::format(", {} lost, {} gained", c.lost, c.gained);
    row.cells.push_back(text_cell(pairs));
    group_called(t, c.measure.name).rows.push_back(std::move(row));
  }
  return t;
}

Table reasons_table(const RunsCompared& r) {
  Table t{"reasons", "What to know of them", "", "measure", {"note"}, {{"", {}}}};
  for (const MeasureChange& c : r.comparison.measures)
    if (const std::string text = why(c); c.measure.declared && !text.empty())
      t.groups[0].rows.push_back({fmt::format("{}, {}", name_of(c), c.measure.name), "", {text_cell(text)}});
  return t;
}

Table differences_table(const std::vector<MadeOtherwise>& all, std::string id, std::string title) {
  Table t{std::move(id), std::move(title), "", "what", {"first, then second"}, {{"", {}}}};
  for (const MadeOtherwise& d : all)
    t.groups[0].rows.push_back({d.what, "", {text_cell(shortened(d.detail))}});
  return t;
}

Table judges_table(const RunsCompared& r) {
  Table t{"judges",
          "Judges on what both runs let them read",
          "The same question, reference and answer, judged in both runs.",
          "judge",
          {"verdict", "in both", "changed", "difference", "p"},
          {{"", {}}}};
  for (const JudgeState& j : r.comparison.judges) {
    const DriftResult& d = j.drift;
    Cell difference = number(d.difference);
    difference.detail = format_interval(d.interval.low, d.interval.high, 3);
    t.groups[0].rows.push_back({j.judge,
                                j.frozen ? "its frozen anchors, asked before it judged" : "",
                                {text_cell(d.verdict), text_cell(format_count(d.both_scored)),
                                 text_cell(format_count(d.changed)), difference, number(d.test.p_value, 4)}});
  }
  return t;
}

Table attributed_table(const RunsCompared& r) {
  Table t;
  t.id = "attributed";
  t.title = "Where the changes come from";
  t.caption =
      "Artefacts of the second run put in place of the first one's, one stage at a time, averaged over the "
      "orders; "
      "the shares add up to the change of the reported mean.";
  t.corner = "system";
  t.columns = {"change", "shares", "note"};
  for (const AttributedChange& a : r.attributed) {
    std::string shares;
    for (const StageShare& s : a.attribution.shares)
      shares += fmt::format("{}{} {}{}", shares.empty() ? "" : ", ", s.stage, s.change > 0 ? "+" : "",
                            format_number(s.change, 3));
    std::string note = a.attribution.reason;
    if (a.attribution.left_out > 0)
      note += fmt::format("{}{} items left out", note.empty() ? "" : "; ", a.attribution.left_out);
    const auto change = a.first && a.second ? std::optional(*a.second - *a.first) : std::nullopt;
    group_called(t, a.measure)
        .rows.push_back({place_of(a.system, a.condition),
                         "",
                         {number(change), text_cell(shares.empty() ? "–" : shares), text_cell(note)}});
  }
  return t;
}

std::string score_text(const std::optional<double>& score, const std::string& kind) {
  return score ? fmt::format("{:g}", *score) : kind;
}

Table moved_table(const RunsCompared& r) {
  Table t;
  t.id = "moved";
  t.title = "Items that moved most";
  t.corner = "system";
  t.columns = {"question", "reference", "first", "first answer", "second", "second answer"};
  t.groups.emplace_back();
  for (const MovedItem& m : r.moved) {
    TableRow row{place_of(m.system, m.condition), m.seed ? fmt::format("seed {}", m.seed) : "", {}};
    row.cells.push_back(text_cell(shortened(fmt::format("{}: {}", m.question_id, m.question))));
    for (const std::string& text : {m.reference, score_text(m.first, m.first_verdict), m.first_answer,
                                    score_text(m.second, m.second_verdict), m.second_answer})
      row.cells.push_back(text_cell(shortened(text)));
    t.groups[0].rows.push_back(std::move(row));
  }
  return t;
}

std::string heading(const ComparedName& n) {
  return fmt::format("{} ({}, {}{})", n.given, n.suite, n.identity.substr(0, 12),
                     n.when.empty() ? "" : ", " + n.when);
}

Table earlier_table(const NightContext& night) {
  Table t;
  t.id = "earlier";
  t.title = "Nights before";
  t.caption =
      fmt::format("The last of {}. Level: mean place of the declared measures on their scales, 0 to 1.",
                  night.nights_before);
  t.corner = "when";
  t.columns = {"run", "level", "what it said"};
  t.groups.emplace_back();
  for (const EarlierNight& e : night.earlier)
    t.groups[0].rows.push_back(
        {e.when, "", {text_cell(e.run.substr(0, 12)), number(e.level), text_cell(e.summary)}});
  return t;
}

// Where a measure changed its level, in all the nights with this baseline.
Table changes_table(const NightContext& night) {
  Table t;
  t.id = "changes";
  t.title = "Where the nights changed their level";
  t.caption =
      "Change points of the difference from this baseline (binary segmentation, permutations of the nights, "
      "5 % over all "
      "measures): the first night after each.";
  t.corner = "system";
  t.columns = {"since", "before", "after", "p", "nights"};
  for (const Trend& trend : night.trends)
    for (const ChangePoint& c : trend.changes)
      group_called(t, trend.measure)
          .rows.push_back(
              {place_of(trend.system, trend.condition),
               "",
               {text_cell(trend.night_of(c).when), number(c.before), number(c.after), number(c.p_value, 4),
                text_cell(format_count(static_cast<std::int64_t>(trend.measured())))}});
  return t;
}

}  // namespace

std::vector<Table> comparison_tables(const RunsCompared& r) {
  std::vector<Table> out = {
      measures_table(r, true),
      reasons_table(r),
      differences_table(r.made_otherwise, "made-otherwise", "What the runs were made with"),
      attributed_table(r),
      judges_table(r),
      moved_table(r),
      measures_table(r, false)};
  std::erase_if(out, [](const Table& t) { return t.empty(); });
  return out;
}

std::size_t Trend::measured() const {
  return static_cast<std::size_t>(
      std::count_if(nights.begin(), nights.end(), [](const Night& n) { return n.difference.has_value(); }));
}

const Trend::Night& Trend::night_of(const ChangePoint& change) const {
  std::size_t place = 0;
  for (const Night& n : nights)
    if (n.difference && place++ == change.first) return n;
  throw Error(ErrorKind::internal, "a change point lies outside of its nights");
}

std::vector<std::string> comparison_sentences(const RunsCompared& r, const NightContext* night) {
  std::vector<std::string> out = {comparison_summary(r)};
  if (night) {
    out.push_back(fmt::format(
        "At this level at most {:.3g} false alarms are expected in {:g} nights, half of them regressions.",
        night->false_alarms_a_year, night->nights_a_year));
    for (const std::string& f : night->failed) out.push_back("Failed this night: " + f);
  }
  // Under one identity, answers that were made anew may still differ.
  const bool equal =
      std::all_of(r.comparison.measures.begin(), r.comparison.measures.end(),
                  [](const MeasureChange& c) { return c.equal == c.scored && c.lost == 0 && c.gained == 0; });
  if (r.first.identity == r.second.identity && equal)
    out.push_back("Both are one run: the same suite, data, weights and code.");
  for (const std::string& n : r.notes) out.push_back(n);
  return out;
}

std::vector<Table> comparison_and_night_tables(const RunsCompared& r, const NightContext* night) {
  std::vector<Table> out = comparison_tables(r);
  if (!night) return out;
  if (!night->since_last_night.empty())
    out.push_back(
        differences_table(night->since_last_night, "since-last-night", "What changed since the last night"));
  if (Table changes = changes_table(*night); !changes.empty()) out.push_back(std::move(changes));
  if (!night->earlier.empty()) out.push_back(earlier_table(*night));
  return out;
}

std::string comparison_summary(const RunsCompared& r) {
  std::string out;
  for (const Change change : {Change::worse, Change::judge_drift, Change::not_comparable, Change::better,
                              Change::too_noisy, Change::no_change}) {
    std::string names;
    std::int64_t n = 0;
    for (const MeasureChange& c : r.comparison.measures) {
      if (!c.measure.declared || c.change != change) continue;
      if (++n > 3) continue;
      names += fmt::format("{}{} {}", names.empty() ? "" : ", ", name_of(c), c.measure.name);
      if (c.difference && (change == Change::worse || change == Change::better))
        names += fmt::format(" {}{}", *c.difference > 0 ? "+" : "", format_number(*c.difference, 3));
    }
    if (n == 0) continue;
    out += fmt::format("{}{}: {}{}", out.empty() ? "" : "; ", to_string(change), names,
                       n > 3 ? fmt::format(" and {} more", n - 3) : "");
  }
  return out.empty() ? "nothing was declared that both runs measured" : out;
}

std::string comparison_text(const RunsCompared& r, const NightContext* night) {
  std::string out = fmt::format("first   {}\nsecond  {}\n", heading(r.first), heading(r.second));
  for (const std::string& s : comparison_sentences(r, night)) out += s + "\n";
  for (const Table& t : comparison_and_night_tables(r, night)) out += table_terminal(t);
  return out;
}

std::string comparison_markdown(const RunsCompared& r, const NightContext* night) {
  std::string out = fmt::format("# {} and {}\n\nFirst: {}\n\nSecond: {}\n", markdown_text(r.first.given),
                                markdown_text(r.second.given), markdown_text(heading(r.first)),
                                markdown_text(heading(r.second)));
  for (const std::string& s : comparison_sentences(r, night)) out += "\n" + markdown_text(s) + "\n";
  for (const Table& t : comparison_and_night_tables(r, night)) out += table_markdown(t);
  return out;
}

}  // namespace undertone
