// A datasheet as JSON, for a terminal, and as a page.
#include <fmt/format.h>

#include "reports/datasheet.h"
#include "reports/page.h"
#include "reports/terminal.h"

namespace undertone {
namespace {

Json alternative_json(const metrics::AlternativeAnnotatorTest& a) {
  Json humans = Json::array();
  for (const auto& one : a.raters)
    humans.push_back(Json::object({{"items", static_cast<std::int64_t>(one.items)},
                                   {"clusters", static_cast<std::int64_t>(one.clusters)},
                                   {"judge_wins", one.judge_wins},
                                   {"human_wins", one.rater_wins},
                                   {"p", optional_json<double>(one.p_value)},
                                   {"won", one.won}}));
  Json out = Json::object({{"winning_rate", optional_json<double>(a.winning_rate)},
                           {"advantage", optional_json<double>(a.advantage)},
                           {"passes", a.passes()},
                           {"humans", std::move(humans)}});
  if (!a.winning_rate) out["reason"] = a.winning_rate.reason();
  return out;
}

Json corrected_json(const CorrectedMean& m) {
  return Json::object({{"rater", m.rater},
                       {"system", m.system},
                       {"items", m.items},
                       {"rated", m.rated},
                       {"judge", optional_json(m.judge_mean)},
                       {"humans", to_json(m.human_only)},
                       {"corrected", to_json(m.corrected)},
                       {"tuning", optional_json(m.tuning)}});
}

Json preferences_json(const Preferences& p) {
  const auto variant = [](const HumanVariant& v) {
    return Json::object({{"system", v.system}, {"condition", v.condition}});
  };
  Json judges = Json::array();
  for (const JudgePreference& j : p.judges)
    judges.push_back(Json::object({{"judge", j.judge},
                                   {"kind", to_string(j.kind)},
                                   {"sign_agreement", to_json(j.agreement)},
                                   {"ties", j.ties},
                                   {"difference", to_json(j.difference)},
                                   {"says", j.says}}));
  return Json::object({{"source", p.source},
                       {"first", variant(p.first)},
                       {"second", variant(p.second)},
                       {"pairs", p.pairs},
                       {"population", p.population},
                       {"identical", p.identical},
                       {"raters", p.raters},
                       {"preference", to_json(p.preference)},
                       {"first_better", p.first_better},
                       {"ties", p.ties},
                       {"second_better", p.second_better},
                       {"alpha_ordinal", optional_json(p.alpha)},
                       {"says", p.says},
                       {"judges", std::move(judges)}});
}

Json row_json(const DatasheetRow& r) {
  Json failures = Json::object(), estimates = Json::array();
  for (const auto& [kind, n] : r.failures) failures[kind] = n;
  for (const Estimate& e : r.estimates) estimates.push_back(to_json(e));
  return Json::object({{"rater", r.rater},
                       {"kind", to_string(r.kind)},
                       {"asked", r.asked},
                       {"scored", r.scored},
                       {"failures", std::move(failures)},
                       {"mean", optional_json(r.mean)},
                       {"retest_pairs", r.retest_pairs},
                       {"retest_items", r.retest_items},
                       {"retest_equal", optional_json(r.retest_equal)},
                       {"retest_quadratic_kappa", optional_json(r.retest_kappa)},
                       {"retest_sd", optional_json(r.retest_sd)},
                       {"spearman", to_json(r.humans.spearman)},
                       {"kendall_tau_b", to_json(r.humans.kendall)},
                       {"pairwise_accuracy", to_json(r.humans.pairwise)},
                       {"pairwise_accuracy_ties_tuned", to_json(r.humans.pairwise_calibrated)},
                       {"alpha_with_human_mean", to_json(r.humans.alpha)},
                       {"best_floor", r.humans.best_floor},
                       {"p_against_floor", optional_json(r.humans.p_against_floor)},
                       {"alternative_annotator", alternative_json(r.humans.alternative)},
                       {"length_spearman", to_json(r.length)},
                       {"human_length_spearman", to_json(r.human_length)},
                       {"auroc", to_json(r.auroc)},
                       {"accuracy_spearman", to_json(r.accuracy_spearman)},
                       {"circular", r.circular},
                       {"estimates", std::move(estimates)},
                       {"conclusion", r.conclusion},
                       {"caveats", texts_json(r.caveats)}});
}

Json pair_json(const RaterPair& p) {
  return Json::object({{"first", p.first},
                       {"second", p.second},
                       {"n", p.n},
                       {"equal", p.difference.value ? Json(p.equal) : Json()},
                       {"difference", to_json(p.difference)},
                       {"quadratic_kappa", optional_json(p.quadratic_kappa)},
                       {"alpha", optional_json(p.alpha)},
                       {"spearman", to_json(p.spearman)},
                       {"p_perm_both", optional_json(p.p_both)}});
}

Json systems_json(const SystemMeans& m) {
  Json systems = Json::array(), tau = Json::object();
  for (const auto& one : m.systems)
    systems.push_back(Json::object({{"system", one.system}, {"mean", to_json(one.mean)}}));
  for (const auto& [other, value] : m.tau) tau[other] = value;
  return Json::object({{"rater", m.rater},
                       {"systems", std::move(systems)},
                       {"pairs", m.pairs},
                       {"decided", m.decided},
                       {"kendall_tau_b", std::move(tau)}});
}

Json sheet_json(const Datasheet& s) {
  Json rows = Json::array(), pairs = Json::array(), systems = Json::array();
  for (const auto& r : s.rows) rows.push_back(row_json(r));
  for (const auto& p : s.pairs) pairs.push_back(pair_json(p));
  for (const auto& m : s.systems) systems.push_back(systems_json(m));
  Json corrected = Json::array(), preferences = Json::array();
  for (const auto& m : s.corrected) corrected.push_back(corrected_json(m));
  for (const auto& p : s.preferences) preferences.push_back(preferences_json(p));
  Json out = Json::object({{"name", s.name},
                           {"criterion", s.criterion},
                           {"source", s.source},
                           {"items", s.items},
                           {"clusters", s.clusters},
                           {"humans", s.humans},
                           {"human_mean", to_json(s.human_mean)},
                           {"human_alpha_ordinal", to_json(s.human_alpha)},
                           {"human_ceiling_spearman", to_json(s.human_ceiling)},
                           {"humans_say", s.humans_say},
                           {"raters", std::move(rows)},
                           {"pairs", std::move(pairs)},
                           {"systems", std::move(systems)},
                           {"corrected_means", std::move(corrected)},
                           {"corrected_means_reason", s.corrected_reason},
                           {"preferences", std::move(preferences)},
                           {"notes", texts_json(s.notes)}});
  if (s.probes.empty()) return out;
  Json probes = Json::array();
  for (const ProbeRow& p : s.probes) probes.push_back(to_json(p));
  out["probes"] = std::move(probes);
  out["probes_drawn"] = s.probes_drawn;
  return out;
}

PagePlot plot_of(const Datasheet& s, const std::string& table) {
  PagePlot plot;
  plot.table = table;
  plot.title = "Spearman with the humans";
  plot.zero = true;
  for (const DatasheetRow& r : s.rows)
    if (r.humans.spearman.value)
      plot.dots.push_back({r.rater, r.humans.spearman.value, r.humans.spearman.low, r.humans.spearman.high});
  return plot;
}

}  // namespace

Json datasheet_json(const std::vector<Datasheet>& sheets) {
  Json all = Json::array();
  for (const Datasheet& s : sheets) all.push_back(sheet_json(s));
  return Json::object({{"format", "undertone.judges/1"}, {"tables", std::move(all)}});
}

std::string datasheet_text(const std::vector<Datasheet>& sheets) {
  std::string out;
  for (const Datasheet& s : sheets) {
    for (const Table& t : datasheet_tables(s)) out += table_terminal(t) + "\n";
    for (const auto& note : s.notes) out += "note: " + note + "\n";
    out += "\n";
  }
  return out;
}

std::string datasheet_html(const std::vector<Datasheet>& sheets, const std::string& assets_folder) {
  Page page;
  page.kicker = "Undertone: judges";
  page.title = sheets.size() == 1 ? title_of(sheets.front()) : "Datasheet of judges";
  page.headline = "What can be said for and against each judge";
  page.description =
      "Humans, judges, metrics and floors as rows of the same tables. Where humans agree too little, or none "
      "rated, the "
      "conclusion is that one cannot tell.";
  std::int64_t items = 0;
  for (const Datasheet& s : sheets) {
    items += s.items;
    for (const auto& note : s.notes) page.cautions.push_back(title_of(s) + ": " + note);
    for (const DatasheetRow& r : s.rows)
      if (r.kind == RaterKind::judge || r.kind == RaterKind::metric)
        page.sentences.push_back(fmt::format("{}, {}: {}", title_of(s), r.rater, r.conclusion));
    for (const ProbeRow& p : s.probes)
      if (p.exposed())
        page.cautions.push_back(fmt::format("{}, {}, {}: {}", title_of(s), p.judge, p.probe, p.says));
    for (Table& t : datasheet_tables(s)) {
      if (t.id.starts_with("judges-") && s.humans > 0) page.plots.push_back(plot_of(s, t.id));
      page.tables.push_back(std::move(t));
    }
  }
  page.facts = {fmt::format("{} tables", sheets.size()), fmt::format("{} items", items)};
  HtmlOptions options;
  options.assets_folder = assets_folder;
  return page_html(page, options);
}

}  // namespace undertone
