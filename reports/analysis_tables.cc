#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/analysis.h"

namespace undertone {
namespace {

using analysis::Analysis;
using analysis::JudgeAnalysis;
using analysis::Scores;

std::string p_text(const std::optional<double>& p) {
  if (!p) return "–";
  return *p < 0.001 ? fmt::format("{:.1e}", *p) : fmt::format("{:.3f}", *p);
}

// More decimals where the scale is short, or the values are small.
int decimals(const Scores& s) { return s.scale && s.scale->high - s.scale->low <= 1 ? 3 : 2; }

Cell cell(const Estimate* e, int digits, bool shaded = false, const Scores* scores = nullptr) {
  if (!e) return {};
  Cell c;
  c.text = e->value ? format_number(*e->value, digits) : "–";
  c.detail = format_interval(e->low, e->high, digits);
  c.reason = e->reason;
  if (shaded && e->value && scores && scores->scale)
    c.share =
        std::clamp((*e->value - scores->scale->low) / (scores->scale->high - scores->scale->low), 0.0, 1.0);
  return c;
}

// A judge's table, without rows.
Table opened(const char* what, const char* title, const char* corner, const Analysis& a,
             const JudgeAnalysis& j) {
  Table t;
  t.id = fmt::format("{}-{}", what, &j - a.judges.data() + 1);
  t.title = title + (a.judges.size() > 1 ? ", judge " + j.judge : std::string());
  t.corner = corner;
  return t;
}

Table means_table(const Scores& s, const Analysis& a, const JudgeAnalysis& j) {
  const int d = decimals(s);
  Table t = opened("means", "Mean scores", "system", a, j);
  bool simultaneous = false, seeds = false, units = false, cluster = false, missing = false;
  std::string method;
  for (const Estimate& e : j.estimates) {
    simultaneous |= e.tag == "mean/simultaneous";
    seeds |= e.tag == "mean/these_seeds";
    units |= e.tag == "mean/these_units";
    cluster |= e.tag == "deff" && e.value;
    missing |= e.tag == "mean" && e.scored < e.asked;
    if (e.tag == "mean" && method.empty() && e.low) method = e.method;
  }
  t.caption = fmt::format("{:.0f} % intervals: {}, over {} {}s.{}", 100 * a.settings.level,
                          method.empty() ? "none" : method, s.units, s.unit,
                          s.weighted ? " Items count by their weights." : "");
  if (simultaneous) t.caption += " Simultaneous intervals hold for all systems at once.";
  t.columns = {"mean", "scored/asked"};
  if (missing) t.columns.push_back("if missing were worst, best");
  if (simultaneous) t.columns.push_back("simultaneous");
  if (seeds) t.columns.push_back("these seeds");
  if (units) t.columns.push_back(fmt::format("these {}s", s.unit));
  if (cluster) t.columns.push_back("ICC; design effect");
  TableGroup g;
  for (const std::string& system : s.systems) {
    const Estimate* e = j.find("mean", system);
    if (!e) continue;
    TableRow r{system, e->seeds > 1 ? fmt::format("{} seeds", e->seeds) : "", {}};
    r.cells.push_back(cell(e, d, true, &s));
    r.cells.push_back(text_cell(fmt::format("{}/{}", e->scored, e->asked)));
    if (missing)
      r.cells.push_back(text_cell(
          e->worst && e->best ? fmt::format("{}, {}", format_number(*e->worst, d), format_number(*e->best, d))
                              : "–",
          e->worst ? "" : "the scale is not known: --scale LOW,HIGH"));
    const auto only_interval = [&](const char* tag) {
      const Estimate* other = j.find(tag, system);
      if (!other) return Cell{};
      const std::string words = format_interval(other->low, other->high, d);
      return text_cell(words.empty() ? "–" : words, other->reason);
    };
    if (simultaneous) r.cells.push_back(only_interval("mean/simultaneous"));
    if (seeds) r.cells.push_back(only_interval("mean/these_seeds"));
    if (units) r.cells.push_back(only_interval("mean/these_units"));
    if (cluster) {
      const Estimate *icc = j.find("icc", system), *deff = j.find("deff", system);
      r.cells.push_back(
          icc && icc->value && deff && deff->value
              ? text_cell(fmt::format("{}; {}", format_number(*icc->value), format_number(*deff->value)))
              : text_cell("–", icc ? icc->reason : ""));
    }
    g.rows.push_back(std::move(r));
  }
  t.groups.push_back(std::move(g));
  return t;
}

Table differences_table(const Scores& s, const Analysis& a, const JudgeAnalysis& j) {
  const int d = decimals(s);
  Table t = opened("differences", "Paired differences", "difference", a, j);
  const bool family = j.difference_tag() != "difference";
  t.caption = fmt::format("In points, paired by item, over {}s; p by sign flips of {}s", s.unit, s.unit);
  t.caption += family ? ". Simultaneous intervals and adjusted p hold for all pairs at once (max-T)." : ".";
  t.columns = {"difference", "pairs"};
  if (family) t.columns.push_back("simultaneous");
  t.columns.push_back("p");
  if (family) t.columns.push_back("adjusted p");
  TableGroup g;
  for (const Estimate& e : j.estimates) {
    if (e.tag != "difference") continue;
    TableRow r{
        e.system + " − " + e.baseline, "", {cell(&e, d), text_cell(fmt::format("{}/{}", e.scored, e.asked))}};
    const Estimate* all = j.find("difference/simultaneous", e.system, e.baseline);
    if (family) {
      const std::string words = all ? format_interval(all->low, all->high, d) : "";
      r.cells.push_back(text_cell(words.empty() ? "–" : words, all ? all->reason : ""));
    }
    r.cells.push_back(text_cell(p_text(e.p_value)));
    if (family) r.cells.push_back(text_cell(p_text(all ? all->p_value : std::nullopt)));
    g.rows.push_back(std::move(r));
  }
  t.groups.push_back(std::move(g));
  return t;
}

Table ranks_table(const Analysis& a, const JudgeAnalysis& j) {
  Table t = opened("ranks", "Ranks", "system", a, j);
  if (j.ranks.rows.empty()) return t;
  t.caption = fmt::format(
      "Share of {} draws of whole units in which a system has a rank (Monte-Carlo error at most {:.1g}{}). "
      "Open ranks: "
      "those that the simultaneous intervals of differences do not exclude.",
      j.ranks.resamples, j.ranks.monte_carlo_error, j.ranks.reason.empty() ? "" : "; " + j.ranks.reason);
  const std::size_t shown = std::min<std::size_t>(j.ranks.rows.size(), 12);
  for (std::size_t i = 0; i < shown; ++i) t.columns.push_back(fmt::format("rank {}", i + 1));
  t.columns.insert(t.columns.end(), {"expected", "open ranks"});
  auto rows = j.ranks.rows;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& x, const auto& y) { return x.expected < y.expected; });
  TableGroup g;
  for (const auto& row : rows) {
    TableRow r{row.system, "", {}};
    for (std::size_t i = 0; i < shown; ++i) {
      Cell c = text_cell(format_number(row.share[i], 3));
      c.share = row.share[i];
      r.cells.push_back(std::move(c));
    }
    r.cells.push_back(text_cell(format_number(row.expected)));
    r.cells.push_back(text_cell(!row.best                 ? "–"
                                : *row.best == *row.worst ? std::to_string(*row.best)
                                                          : fmt::format("{} to {}", *row.best, *row.worst)));
    g.rows.push_back(std::move(r));
  }
  t.groups.push_back(std::move(g));
  return t;
}

Table noise_table(const Analysis& a, const JudgeAnalysis& j) {
  Table t = opened("noise", "Where scores vary", "system", a, j);
  t.caption =
      "Standard deviations from variance components (moments; 0: estimated at or below zero). The residual "
      "holds "
      "what repeating one item under one seed would change, and all that the file has no column for. Last: "
      "the seeds' "
      "share of the squared standard error of the mean.";
  for (const auto& n : j.noise)
    for (const auto& c : n.components)
      if (std::find(t.columns.begin(), t.columns.end(), c.name) == t.columns.end())
        t.columns.push_back(c.name);
  if (t.columns.empty()) return t;
  const std::size_t named = t.columns.size();
  t.columns.push_back("seeds' share");
  TableGroup g;
  for (const auto& n : j.noise) {
    TableRow r{n.system, "", {}};
    for (std::size_t i = 0; i < named; ++i) {
      const auto at = std::find_if(n.components.begin(), n.components.end(),
                                   [&](const auto& c) { return c.name == t.columns[i]; });
      r.cells.push_back(at == n.components.end() ? text_cell("–", n.reason)
                        : at->value > 0          ? text_cell(format_number(std::sqrt(at->value), 3))
                                                 : text_cell("0", "estimated at or below zero"));
    }
    r.cells.push_back(n.seed_share ? text_cell(fmt::format("{:.0f} %", 100 * *n.seed_share))
                                   : text_cell("–", n.reason));
    g.rows.push_back(std::move(r));
  }
  t.groups.push_back(std::move(g));
  return t;
}

Table human_table(const Scores& s, const Analysis& a, const JudgeAnalysis& j) {
  const int d = decimals(s);
  Table t = opened("human", "On the human scale", "system", a, j);
  t.caption =
      "The judge's mean corrected by the human ratings (PPI++), what the ratings alone say, the judge alone, "
      "and how far "
      "the judge stands from humans on answers that both rated.";
  t.columns = {"corrected", "humans alone", "judge alone", "judge − human", "rated/scored"};
  TableGroup means, differences{"differences", {}};
  for (const Estimate& e : j.estimates) {
    if (e.tag != "human_scale/mean" && e.tag != "human_scale/difference") continue;
    const bool mean = e.tag == "human_scale/mean";
    TableRow r{mean ? e.system : e.system + " − " + e.baseline, "", {}};
    r.cells = {cell(&e, d),
               cell(j.find(mean ? "human_only/mean" : "human_only/difference", e.system, e.baseline), d),
               cell(j.find(mean ? "mean" : "difference", e.system, e.baseline), d),
               cell(mean ? j.find("minus_human", e.system, "human") : nullptr, d),
               text_cell(fmt::format("{}/{}", e.n, e.scored))};
    (mean ? means : differences).rows.push_back(std::move(r));
  }
  if (means.rows.empty()) return t;
  t.groups.push_back(std::move(means));
  if (!differences.rows.empty()) t.groups.push_back(std::move(differences));
  return t;
}

Table agreement_table(const Scores& s, const Analysis& a) {
  Table t;
  t.id = "agreement";
  t.title = "Agreement";
  t.corner = "between";
  t.caption = fmt::format(
      "Correlations over rated answers of all systems; intervals leave out one {} at a time.", s.unit);
  t.columns = {"value", "n"};
  for (const JudgeAnalysis& j : a.judges) {
    TableGroup g{j.judge + " and human", {}};
    for (const Estimate& e : j.estimates)
      if (e.tag.starts_with("human/"))
        g.rows.push_back({e.tag.substr(6), "", {cell(&e, 3), text_cell(std::to_string(e.n))}});
    if (!g.rows.empty()) t.groups.push_back(std::move(g));
  }
  TableGroup between{"judges with each other", {}};
  for (const Estimate& e : a.agreement)
    between.rows.push_back({e.tag.substr(7), "", {cell(&e, 3), text_cell(std::to_string(e.n))}});
  if (!between.rows.empty()) t.groups.push_back(std::move(between));
  return t;
}

Table favours_table(const Analysis& a, const JudgeAnalysis& j) {
  Table t = opened("favours", "What the judge may favour", "covariate", a, j);
  t.caption =
      "Points of the score per standard deviation of the covariate; cluster-robust t, p adjusted by Holm. "
      "Without human "
      "ratings an effect may be deserved.";
  t.columns = {"slope", "adjusted p", "standard deviation", "answers"};
  TableGroup g;
  for (const auto& f : j.favours) {
    TableRow r{f.covariate, f.method, {}};
    Cell c = text_cell(f.slope ? format_number(*f.slope, 3) : "–", f.reason);
    c.detail = format_interval(f.low, f.high, 3);
    r.cells = {c, text_cell(p_text(f.p_adjusted)),
               text_cell(f.deviation ? fmt::format("{:.3g}", *f.deviation) : "–"),
               text_cell(std::to_string(f.n))};
    g.rows.push_back(std::move(r));
  }
  t.groups.push_back(std::move(g));
  return t;
}

}  // namespace

std::vector<Table> analysis_tables(const Scores& scores, const Analysis& a) {
  std::vector<Table> all;
  for (const JudgeAnalysis& j : a.judges) {
    all.push_back(means_table(scores, a, j));
    all.push_back(differences_table(scores, a, j));
    all.push_back(ranks_table(a, j));
    all.push_back(human_table(scores, a, j));
    all.push_back(favours_table(a, j));
    all.push_back(noise_table(a, j));
  }
  all.push_back(agreement_table(scores, a));
  std::erase_if(all, [](const Table& t) { return t.empty(); });
  return all;
}

std::vector<Table> check_tables(const analysis::TextTable& table, const analysis::Columns& columns,
                                const Scores& s) {
  Table understood;
  understood.id = "understood";
  understood.title = "What was understood";
  understood.corner = "role";
  understood.columns = {"column", "how", "distinct", "meaning"};
  TableGroup g;
  for (const auto role : analysis::kRoles) {
    const auto at = columns.find(role);
    TableRow r{std::string(to_string(role)), "", {}};
    if (at)
      r.cells = {text_cell(table.columns[*at].name), text_cell(columns.how.at(role)),
                 text_cell(std::to_string(table.columns[*at].texts.size() - 1)),
                 text_cell(std::string(summary(role)))};
    else
      r.cells = {text_cell("none"), text_cell(""), text_cell(""), text_cell(std::string(summary(role)))};
    g.rows.push_back(std::move(r));
  }
  for (const std::size_t c : columns.covariates)
    g.rows.push_back({"covariate",
                      "",
                      {text_cell(table.columns[c].name), text_cell("a number"),
                       text_cell(std::to_string(table.columns[c].texts.size() - 1)), text_cell("")}});
  for (const std::string& left : columns.left_out) g.rows.push_back({"left out", "", {text_cell(left)}});
  for (TableRow& r : g.rows) r.cells.resize(4);
  understood.groups.push_back(std::move(g));

  Table counts;
  counts.id = "counts";
  counts.title = "What is there";
  counts.corner = "system";
  counts.columns = {"rows", "scored", "rated by humans", "items", "seeds", "without a row"};
  counts.caption = fmt::format(
      "{} rows; {} items in {} {}s; {} judge{}. Without a row: pairs of an item and a seed of "
      "the system that other systems or seeds have; they count as never asked.",
      table.rows(), s.items.size(), s.units, s.unit, s.judges.size(), s.judges.size() == 1 ? "" : "s");
  for (std::size_t j = 0; j < s.judges.size(); ++j) {
    TableGroup by{s.judges.size() > 1 ? s.judges[j] : "", {}};
    for (std::size_t k = 0; k < s.systems.size(); ++k) {
      const auto rows = s.of(j, k);
      std::vector<char> seed(s.seeds.size(), 0);
      std::int64_t scored = 0, rated = 0, items = 0;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        scored += rows[i].score.has_value();
        rated += rows[i].human.has_value();
        items += i == 0 || rows[i].item != rows[i - 1].item;
        seed[rows[i].seed] = 1;
      }
      const auto seeds = std::count(seed.begin(), seed.end(), 1);
      by.rows.push_back({s.systems[k],
                         "",
                         {text_cell(std::to_string(rows.size())), text_cell(std::to_string(scored)),
                          text_cell(std::to_string(rated)), text_cell(std::to_string(items)),
                          text_cell(std::to_string(seeds)),
                          text_cell(std::to_string(static_cast<std::int64_t>(s.items.size()) * seeds -
                                                   static_cast<std::int64_t>(rows.size())))}});
    }
    counts.groups.push_back(std::move(by));
  }

  Table support;
  support.id = "support";
  support.title = "What this file supports";
  support.corner = "analysis";
  support.columns = {"supported", "because"};
  TableGroup h;
  for (const auto& x : supports(s))
    h.rows.push_back({x.what, "", {text_cell(x.supported ? "yes" : "no"), text_cell(x.why)}});
  support.groups.push_back(std::move(h));
  return {understood, counts, support};
}

}  // namespace undertone
