#include <fmt/format.h>

#include <algorithm>

#include "reports/analysis.h"
#include "reports/terminal.h"

namespace undertone {
namespace {

using analysis::Analysis;
using analysis::Scores;

Json texts(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const std::string& s : list) out.push_back(s);
  return out;
}
Json number_or_null(const std::optional<double>& v) { return v ? Json(*v) : Json(); }

Json ranks_json(const analysis::Ranks& ranks) {
  Json out = Json::object(), rows = Json::array();
  for (const auto& r : ranks.rows) {
    Json row = Json::object(), share = Json::array();
    for (const double p : r.share) share.push_back(p);
    row["system"] = r.system;
    row["share"] = std::move(share);
    row["expected"] = r.expected;
    row["best"] = r.best ? Json(*r.best) : Json();
    row["worst"] = r.worst ? Json(*r.worst) : Json();
    rows.push_back(std::move(row));
  }
  out["rows"] = std::move(rows);
  out["resamples"] = ranks.resamples;
  out["monte_carlo_error"] = ranks.monte_carlo_error;
  out["reason"] = ranks.reason;
  return out;
}

Json noise_json(const std::vector<analysis::Noise>& noise) {
  Json out = Json::array();
  for (const auto& n : noise) {
    Json row = Json::object(), components = Json::array();
    for (const auto& c : n.components) {
      Json one = Json::object();
      one["name"] = c.name;
      one["raw"] = c.raw;
      one["value"] = c.value;
      components.push_back(std::move(one));
    }
    row["system"] = n.system;
    row["components"] = std::move(components);
    row["seed_share"] = number_or_null(n.seed_share);
    row["seeds"] = n.seeds;
    row["reason"] = n.reason;
    out.push_back(std::move(row));
  }
  return out;
}

Json favours_json(const std::vector<analysis::Favour>& favours) {
  Json out = Json::array();
  for (const auto& f : favours) {
    Json row = Json::object();
    row["covariate"] = f.covariate;
    row["method"] = f.method;
    row["n"] = f.n;
    row["units"] = f.units;
    row["slope"] = number_or_null(f.slope);
    row["low"] = number_or_null(f.low);
    row["high"] = number_or_null(f.high);
    row["p_value"] = number_or_null(f.p_value);
    row["p_adjusted"] = number_or_null(f.p_adjusted);
    row["deviation"] = number_or_null(f.deviation);
    row["reason"] = f.reason;
    out.push_back(std::move(row));
  }
  return out;
}

Json estimates_json(const std::vector<Estimate>& estimates) {
  Json out = Json::array();
  for (const Estimate& e : estimates) out.push_back(to_json(e));
  return out;
}

}  // namespace

std::vector<std::string> analysis_sentences(const Scores& scores, const Analysis& a) {
  std::vector<std::string> out;
  const auto& j = a.judges.front();
  const Estimate* best = nullptr;
  for (const Estimate& e : j.estimates)
    if (e.tag == "mean" && e.value && (!best || (*e.value > *best->value) != a.settings.lower_is_better))
      best = &e;
  if (!best) return {"No system has a score."};
  const bool one = scores.systems.size() == 1;
  std::string first = fmt::format("'{}' {} {}", best->system,
                                  one                          ? "has the mean"
                                  : a.settings.lower_is_better ? "has the lowest mean,"
                                                               : "has the highest mean,",
                                  format_number(*best->value));
  if (const std::string interval = format_interval(*best); !interval.empty()) first += " " + interval;
  out.push_back(first + fmt::format(", over {} {}s.", best->units, best->unit_resampled));
  if (one) return out;
  std::size_t pairs = 0, apart = 0;
  const std::string_view differences = j.difference_tag();
  for (const Estimate& e : j.estimates)
    if (e.tag == differences) {
      ++pairs;
      apart += e.low && e.high && (*e.low > 0 || *e.high < 0);
    }
  if (pairs > 0)
    out.push_back(
        apart == 0
            ? fmt::format("No difference is told apart from chance{}.",
                          pairs == 1 ? "" : fmt::format(" among {} pairs, all looked at together", pairs))
        : pairs == 1 ? std::string("The difference is told apart from chance.")
                     : fmt::format("{} of {} differences are told apart from chance, all looked at together.",
                                   apart, pairs));
  const auto row = std::find_if(j.ranks.rows.begin(), j.ranks.rows.end(),
                                [&](const auto& r) { return r.system == best->system; });
  if (row != j.ranks.rows.end())
    out.push_back(fmt::format("It leads in {:.1f} % of the draws of other {}s{}.", 100 * row->share[0],
                              scores.unit, scores.has_seeds ? ", its seeds held" : ""));
  return out;
}

std::string analysis_text(const Scores& scores, const Analysis& a) {
  std::string out = scores.file + "\n\n";
  for (const std::string& s : analysis_sentences(scores, a)) out += s + "\n";
  for (const std::string& n : a.notes) out += "! " + n + "\n";
  for (const Table& t : analysis_tables(scores, a)) out += table_terminal(t);
  return out;
}

std::string check_text(const analysis::TextTable& table, const analysis::Columns& columns,
                       const Scores& scores) {
  std::string out = scores.file + "\n";
  for (const std::string& n : scores.notes) out += "! " + n + "\n";
  for (const Table& t : check_tables(table, columns, scores)) out += table_terminal(t);
  return out;
}

std::string analysis_json(const Scores& scores, const Analysis& a) {
  Json out = Json::object();
  out["schema"] = "undertone.analysis";
  out["version"] = 1;
  out["level"] = a.settings.level;
  out["resamples"] = a.settings.resamples;
  out["stream"] = a.settings.stream;
  out["unit"] = scores.unit;
  out["units"] = static_cast<std::int64_t>(scores.units);
  out["items"] = static_cast<std::int64_t>(scores.items.size());
  out["systems"] = texts(scores.systems);
  out["seeds"] = texts(scores.seeds);
  out["rows"] = static_cast<std::int64_t>(scores.rows.size());
  Json scale;
  if (scores.scale) {
    scale = Json::object();
    scale["low"] = scores.scale->low;
    scale["high"] = scores.scale->high;
    scale["guessed"] = scores.scale->guessed;
  }
  out["scale"] = std::move(scale);
  out["sentences"] = texts(analysis_sentences(scores, a));
  out["notes"] = texts(a.notes);
  Json judges = Json::array();
  for (const auto& j : a.judges) {
    Json one = Json::object();
    one["judge"] = j.judge;
    one["estimates"] = estimates_json(j.estimates);
    one["ranks"] = ranks_json(j.ranks);
    one["noise"] = noise_json(j.noise);
    one["favours"] = favours_json(j.favours);
    judges.push_back(std::move(one));
  }
  out["judges"] = std::move(judges);
  out["agreement"] = estimates_json(a.agreement);
  return out.dump(1) + "\n";
}

std::string check_json(const analysis::TextTable& table, const analysis::Columns& columns,
                       const Scores& scores) {
  Json out = Json::object(), roles = Json::object(), covariates = Json::array(), support = Json::array();
  out["schema"] = "undertone.analysis_check";
  out["version"] = 1;
  for (const auto role : analysis::kRoles) {
    const auto at = columns.find(role);
    roles[to_string(role)] = at ? Json(table.columns[*at].name) : Json();
  }
  for (const std::size_t c : columns.covariates) covariates.push_back(table.columns[c].name);
  for (const auto& s : supports(scores)) {
    Json one = Json::object();
    one["what"] = s.what;
    one["supported"] = s.supported;
    one["why"] = s.why;
    support.push_back(std::move(one));
  }
  out["roles"] = std::move(roles);
  out["covariates"] = std::move(covariates);
  out["left_out"] = texts(columns.left_out);
  out["rows"] = static_cast<std::int64_t>(table.rows());
  out["items"] = static_cast<std::int64_t>(scores.items.size());
  out["unit"] = scores.unit;
  out["units"] = static_cast<std::int64_t>(scores.units);
  out["systems"] = texts(scores.systems);
  out["seeds"] = texts(scores.seeds);
  out["judges"] = texts(scores.judges);
  out["notes"] = texts(scores.notes);
  out["support"] = std::move(support);
  return out.dump(1) + "\n";
}

}  // namespace undertone
