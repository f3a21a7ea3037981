// A datasheet as tables: the same cells on a terminal and on the page.
#include <fmt/format.h>

#include <cctype>

#include "reports/datasheet.h"

namespace undertone {
namespace {

std::string interval(const Measured& m) { return format_interval(m.low, m.high); }
Cell cell(const Measured& m) { return measured_cell(m); }
Cell cell(const std::optional<double>& v, int decimals = 2) {
  return v ? Cell{format_number(*v, decimals), "", "", {}} : Cell{};
}

std::string id_of(const Datasheet& s, const char* what) {
  std::string id = fmt::format("{}-{}-{}", what, s.name, s.criterion);
  for (char& c : id)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '-';
  return id;
}
const char* group_of(RaterKind kind) {
  switch (kind) {
    case RaterKind::human:
      return "humans";
    case RaterKind::judge:
      return "judges";
    case RaterKind::metric:
      return "metrics";
    case RaterKind::trivial:
      return "floors";
    case RaterKind::script:
      return "scripts (no evidence)";
  }
  return "";
}

// Rows in groups by kind; `cells` of each.
template <class F>
std::vector<TableGroup> grouped(const Datasheet& s, F&& cells) {
  std::vector<TableGroup> out;
  for (const DatasheetRow& row : s.rows) {
    const std::string heading = group_of(row.kind);
    if (out.empty() || out.back().heading != heading) out.push_back({heading, {}});
    out.back().rows.push_back({row.rater, "", cells(row)});
  }
  return out;
}

Table main_table(const Datasheet& s) {
  Table t;
  t.id = id_of(s, "judges");
  t.title = title_of(s);
  const std::string yardstick =
      s.humans_say.empty()
          ? ""
          : (s.humans == 1 ? " Note: " : " No judge can be judged by them: ") + s.humans_say + ".";
  t.caption = fmt::format(
      "{} items, {} clusters. Spearman, Kendall's tau-b and share of pairs ordered as humans do, each with "
      "the mean of the "
      "humans (a human: of the others); intervals leave out one cluster at a time. Alpha of all humans {}, "
      "their own "
      "Spearman {}.{}{}",
      s.items, s.clusters,
      s.human_alpha.value ? format_number(*s.human_alpha.value, 3) + " " + interval(s.human_alpha)
                          : "is not known (" + s.human_alpha.reason + ")",
      s.human_ceiling.value ? format_number(*s.human_ceiling.value) : "unknown",
      s.human_mean.value ? fmt::format(" Mean of the humans {} {}.", format_number(*s.human_mean.value),
                                       interval(s.human_mean))
                         : "",
      yardstick);
  t.corner = "rater";
  t.columns = {"scored", "failures",          "mean",  "Spearman",  "tau-b",
               "pairs",  "pairs, ties tuned", "alpha", "conclusion"};
  t.groups = grouped(s, [](const DatasheetRow& r) {
    const HumanAgreement& h = r.humans;
    return std::vector<Cell>{text_cell(fmt::format("{}/{}", r.scored, r.asked)),
                             text_cell(failures_text(r.failures)),
                             cell(r.mean),
                             cell(h.spearman),
                             cell(h.kendall),
                             cell(h.pairwise),
                             cell(h.pairwise_calibrated),
                             cell(h.alpha),
                             text_cell(r.conclusion)};
  });
  return t;
}

// Tables beside the main one: their title and that of the sheet.
Table opened(const Datasheet& s, const char* id, const char* title, std::string caption, const char* corner,
             std::vector<std::string> columns) {
  return {id_of(s, id),       fmt::format("{}: {}", title, title_of(s)),
          std::move(caption), corner,
          std::move(columns), {}};
}

Table reliability_table(const Datasheet& s) {
  Table t = opened(
      s, "reliability", "Test-retest and length",
      "Pairs of verdicts of one rater on the same item; quadratic kappa needs whole ratings. Length: "
      "Spearman of the rating "
      "with the answer's number of words, beside that of the humans: what is above it is the rater's own "
      "liking.",
      "rater",
      {"pairs", "equal", "kappa", "sd", "length", "humans and length", "AUROC", "accuracy, Spearman",
       "caveats"});
  t.groups = grouped(s, [](const DatasheetRow& r) {
    std::string caveats;
    for (const auto& c : r.caveats) caveats += (caveats.empty() ? "" : "; ") + c;
    return std::vector<Cell>{text_cell(std::to_string(r.retest_pairs)),
                             cell(r.retest_equal),
                             cell(r.retest_kappa),
                             cell(r.retest_sd),
                             cell(r.length),
                             cell(r.human_length),
                             cell(r.auroc),
                             cell(r.accuracy_spearman),
                             text_cell(caveats)};
  });
  return t;
}

Table pairs_table(const Datasheet& s) {
  Table t = opened(
      s, "pairs", "Judges against each other",
      "On the items that both scored. p: PERM-BOTH, whole clusters exchanged, that both follow the humans "
      "alike (Spearman).",
      "pair", {"items", "equal", "difference", "kappa", "alpha", "Spearman", "p"});
  t.groups.emplace_back();
  for (const RaterPair& p : s.pairs)
    t.groups.back().rows.push_back(
        {p.first + " and " + p.second,
         "",
         {text_cell(std::to_string(p.n)), text_cell(p.difference.value ? std::to_string(p.equal) : ""),
          cell(p.difference), cell(p.quadratic_kappa), cell(p.alpha), cell(p.spearman), cell(p.p_both, 3)}});
  return t;
}

Table systems_table(const Datasheet& s) {
  Table t = opened(
      s, "systems", "Systems as each rater orders them",
      "Mean rating with its interval, best first. Decided: pairs of systems whose paired difference is clear "
      "of 0 (without "
      "correction for how many there are). Tau: with the order of the floors: how much of the order length "
      "or chance give.",
      "rater", {"order", "decided pairs", "tau with floors"});
  t.groups.emplace_back();
  for (const SystemMeans& m : s.systems) {
    if (m.rater.starts_with("floor: ")) continue;
    std::string order, taus;
    for (const auto& one : m.systems)
      order += fmt::format("{}{} {} {}", order.empty() ? "" : " > ", one.system,
                           one.mean.value ? format_number(*one.mean.value) : "-", interval(one.mean));
    for (const auto& [other, tau] : m.tau)
      if (other.starts_with("floor: "))
        taus += fmt::format("{}{} {}", taus.empty() ? "" : ", ", other.substr(7), format_number(tau));
    t.groups.back().rows.push_back(
        {m.rater,
         "",
         {text_cell(order), text_cell(fmt::format("{}/{}", m.decided, m.pairs)), text_cell(taus)}});
  }
  return t;
}

Table alternative_table(const Datasheet& s) {
  Table t = opened(s, "alternative", "May it stand in a human's place?",
                   "Alternative annotator test (arXiv 2501.10970): each human is left out in turn; the rater "
                   "wins an item where it is "
                   "at least as near the other humans. Winning rate: share of the humans whom it beats but "
                   "for the margin epsilon, by "
                   "a test on clusters; it passes from 0.5 on. Advantage: mean share of items won.",
                   "rater", {"winning rate", "advantage", "humans tested", "says"});
  for (const DatasheetRow& row : s.rows) {
    const auto& a = row.humans.alternative;
    if (a.raters.empty()) continue;
    std::size_t tested = 0;
    for (const auto& one : a.raters) tested += one.p_value.has_value();
    if (t.groups.empty()) t.groups.emplace_back();
    t.groups.back().rows.push_back(
        {row.rater,
         "",
         {a.winning_rate ? Cell{format_number(*a.winning_rate), "", "", {}}
                         : Cell{"", "", a.winning_rate.reason(), {}},
          a.advantage ? Cell{format_number(*a.advantage), "", "", {}}
                      : Cell{"", "", a.advantage.reason(), {}},
          text_cell(fmt::format("{}/{}", tested, a.raters.size())),
          text_cell(!a.winning_rate         ? fmt::format("cannot tell: {}", a.winning_rate.reason())
                    : !s.humans_say.empty() ? "cannot tell: the humans are no yardstick"
                    : a.passes()            ? "may stand in a human's place"
                                            : "may not")}});
  }
  return t;
}

Table corrected_table(const Datasheet& s) {
  Table t = opened(s, "corrected", "Means on the humans' scale",
                   "PPI++: a system's mean from the humans' ratings of some answers and the judge's verdicts "
                   "on all. Tuning is how much "
                   "of the judge is used: 0 leaves the humans alone.",
                   "judge and system", {"rated", "judge alone", "humans alone", "corrected", "tuning"});
  for (const CorrectedMean& m : s.corrected) {
    if (t.groups.empty() || t.groups.back().heading != m.rater) t.groups.push_back({m.rater, {}});
    t.groups.back().rows.push_back({m.system.empty() ? "all" : m.system,
                                    "",
                                    {text_cell(fmt::format("{}/{}", m.rated, m.items)), cell(m.judge_mean),
                                     cell(m.human_only), cell(m.corrected), cell(m.tuning)}});
  }
  return t;
}

std::string variant_name(const HumanVariant& v) {
  return v.condition.empty() ? v.system : fmt::format("{} ({})", v.system, v.condition);
}

Table preference_table(const Datasheet& s, const Preferences& p) {
  Table t = opened(
      s, ("preference-" + p.source.substr(p.source.rfind(' ') + 1)).c_str(),
      fmt::format("What people prefer: {} or {}", variant_name(p.first), variant_name(p.second)).c_str(),
      fmt::format("{} pairs of {} in which the answers differ ({} more are equal), {} people. Preference {} "
                  "{}: 1 the first, "
                  "-1 the second; {} % first, {} % ties, {} % second; alpha {}. {}. Sign: share of the pairs "
                  "on which a judge "
                  "decides as people do, where both decide.",
                  p.pairs, p.population, p.identical, p.raters,
                  p.preference.value ? format_number(*p.preference.value) : "unknown", interval(p.preference),
                  format_number(100 * p.first_better, 0), format_number(100 * p.ties, 0),
                  format_number(100 * p.second_better, 0), p.alpha ? format_number(*p.alpha) : "unknown",
                  p.says),
      "judge", {"sign", "pairs", "its ties", "difference", "says"});
  t.groups.emplace_back();
  for (const JudgePreference& j : p.judges)
    t.groups.back().rows.push_back(
        {j.judge,
         "",
         {cell(j.agreement), text_cell(std::to_string(j.agreement.n)), text_cell(std::to_string(j.ties)),
          cell(j.difference), text_cell(j.says)}});
  return t;
}

Table estimates_table(const Datasheet& s) {
  Table t = opened(s, "accuracy", "Agreement with labels, as the run computed it",
                   "Circular pairs share a lexicon or embedding with the metric: they support no claim.",
                   "measure", {"value", "circular"});
  for (const DatasheetRow& row : s.rows) {
    if (row.estimates.empty()) continue;
    t.groups.push_back({row.rater, {}});
    for (const Estimate& e : row.estimates)
      t.groups.back().rows.push_back({e.tag + (e.system.empty() ? "" : ", " + e.system),
                                      "",
                                      {estimate_cell(&e), text_cell(e.circular ? "yes" : "no")}});
  }
  return t;
}

}  // namespace

Cell measured_cell(const Measured& m) {
  if (!m.value) return {"", "", m.reason, {}};
  return {format_number(*m.value), interval(m), m.reason, {}};
}

std::string failures_text(const std::map<std::string, std::int64_t>& failures) {
  std::string out;
  for (const auto& [kind, n] : failures) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", n, kind);
  return out.empty() ? "none" : out;
}

std::vector<Table> datasheet_tables(const Datasheet& s) {
  std::vector<Table> out = {main_table(s)};
  for (Table t :
       {board_table(s), reliability_table(s), alternative_table(s), corrected_table(s), pairs_table(s),
        systems_table(s), estimates_table(s),
        probes_table(id_of(s, "probes"), fmt::format("Probes: {}", title_of(s)), s.probes_drawn, s.probes)})
    if (!t.empty()) out.push_back(std::move(t));
  for (const Preferences& p : s.preferences) out.push_back(preference_table(s, p));
  return out;
}

}  // namespace undertone
