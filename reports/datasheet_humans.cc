// What human ratings add to a datasheet: the alternative annotator test, means corrected by them, and what
// people prefer side by side.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "metrics/agreement.h"
#include "metrics/statistics/prediction_powered.h"
#include "reports/datasheet.h"

namespace undertone {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Dense numbers of clusters.
class Clusters {
 public:
  std::uint32_t of(const std::string& name) {
    return numbers_.try_emplace(name, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }
  std::size_t size() const { return numbers_.size(); }

 private:
  std::map<std::string, std::uint32_t> numbers_;
};

// Mean of what people (or what is compared with them) say, each item weighted by 1 / its chance.
Measured weighted_mean(const std::vector<statistics::RatedItem>& items, std::size_t clusters, double level) {
  if (items.empty()) {
    Measured none;
    none.reason = "no items";
    return none;
  }
  const auto mean = statistics::prediction_powered_mean(items, clusters, level, 0.0);
  return measured(mean.human_only, mean.human_only_interval, items.size(), clusters);
}

// Equal answers to one question were rated once, however many systems gave them.
std::vector<std::size_t> distinct_items(const RatingTable& t) {
  std::vector<std::size_t> out;
  std::set<std::tuple<std::string, std::string, std::string, std::string>> seen;
  for (std::size_t i = 0; i < t.items.size(); ++i) {
    const RatedItem& item = t.items[i];
    const std::string question = item.id.substr(0, item.id.find('/')) + '\x1f' + item.question;
    if (item.answer.empty() || item.system.empty() ||
        seen.emplace(cluster_of(item), question, item.reference, item.answer).second)
      out.push_back(i);
  }
  return out;
}

void add_alternative(const RatingTable& t, const HumanRatings& humans, const DatasheetOptions& options,
                     Datasheet& s) {
  if (humans.raters() < 2) return;
  const std::vector<std::size_t> kept = distinct_items(t);
  std::vector<double> ratings;
  std::vector<std::uint32_t> cluster;
  Clusters clusters;
  for (const std::size_t i : kept) {
    for (std::size_t h = 0; h < humans.raters(); ++h) ratings.push_back(humans.of(h)[i].value_or(kNone));
    cluster.push_back(clusters.of(cluster_of(t.items[i])));
  }
  metrics::AlternativeAnnotatorOptions how;
  how.epsilon = options.epsilon;
  for (DatasheetRow& row : s.rows) {
    if (row.kind == RaterKind::human || row.kind == RaterKind::script) continue;
    const std::size_t r = t.rater(row.rater);
    if (!on_humans_scale(t, r)) {
      row.humans.alternative.winning_rate = metrics::Value::none("on another scale than the humans");
      continue;
    }
    const ItemValues values = first_values(t, r);
    std::vector<double> judge;
    for (const std::size_t i : kept) judge.push_back(values[i].value_or(kNone));
    row.humans.alternative =
        metrics::alternative_annotator_test(judge, {ratings, humans.raters()}, cluster, how);
  }
}

CorrectedMean corrected_mean(const RatingTable& t, const std::string& system, const ItemValues& values,
                             const ItemValues& humans, double level) {
  CorrectedMean out;
  out.system = system;
  std::vector<statistics::RatedItem> items;
  Clusters clusters;
  for (std::size_t i = 0; i < t.items.size(); ++i) {
    if (t.items[i].system != system || !values[i]) continue;
    items.push_back(
        {*values[i], humans[i], t.items[i].inclusion.value_or(1), clusters.of(cluster_of(t.items[i]))});
    out.rated += humans[i].has_value();
  }
  out.items = static_cast<std::int64_t>(items.size());
  const auto mean = statistics::prediction_powered_mean(items, clusters.size(), level);
  out.judge_mean = mean.mean_prediction;
  out.tuning = mean.tuning;
  const auto rated = static_cast<std::size_t>(out.rated);
  out.human_only = measured(mean.human_only, mean.human_only_interval, rated, clusters.size());
  out.corrected = measured(mean.value, mean.interval, items.size(), clusters.size());
  return out;
}

void add_corrected(const RatingTable& t, const ItemValues& humans, const DatasheetOptions& options,
                   Datasheet& s) {
  std::set<std::string> systems;
  std::size_t rated = 0, weighted = 0;
  for (std::size_t i = 0; i < t.items.size(); ++i) {
    systems.insert(t.items[i].system);
    if (!humans[i]) continue;
    ++rated;
    weighted += t.items[i].inclusion.has_value();
    if (t.items[i].chosen) {
      s.corrected_reason = "a person chose the rated items and stated no chance: they stand for no others";
      return;
    }
  }
  if (rated == 0 || rated == t.items.size()) {
    s.corrected_reason =
        rated == 0 ? "no human rated these items" : "humans rated every item: nothing to correct";
    return;
  }
  if (weighted > 0 && weighted < rated) {
    s.corrected_reason = "some of the rated items have no chance stated with which they were drawn";
    return;
  }
  if (weighted == 0)
    s.notes.push_back(
        "No chance is stated with which the humans' items were drawn: corrected means take it to be "
        "the same for all.");
  for (const DatasheetRow& row : s.rows) {
    if (row.kind != RaterKind::judge && row.kind != RaterKind::metric) continue;
    const std::size_t r = t.rater(row.rater);
    if (!on_humans_scale(t, r)) continue;
    for (const std::string& system : systems) {
      CorrectedMean one = corrected_mean(t, system, first_values(t, r), humans, options.level);
      one.rater = row.rater;
      if (one.items > 0) s.corrected.push_back(std::move(one));
    }
  }
  if (s.corrected.empty()) s.corrected_reason = "no judge is on the humans' scale";
}

const char* sign_says(const Measured& people, const Measured& judge) {
  const auto clear = [](const Measured& m) { return m.low && m.high && (*m.low > 0 || *m.high < 0); };
  if (!people.value || !judge.value) return "cannot tell: nothing to compare";
  if (!clear(people)) return "cannot tell: people may prefer neither";
  if (!clear(judge)) return "cannot tell: its difference may be 0";
  return (*people.value > 0) == (*judge.value > 0) ? "prefers what people prefer" : "prefers the opposite";
}

JudgePreference judge_preference(const RatingTable& t, std::size_t r,
                                 const std::vector<HumanPreferences::Pair>& pairs,
                                 const std::map<std::string, std::size_t>& rows, double level) {
  JudgePreference out;
  out.judge = t.raters[r].name;
  out.kind = t.raters[r].kind;
  const ItemValues values = first_values(t, r);
  const auto score = [&](const std::vector<std::string>& ids) -> std::optional<double> {
    for (const std::string& id : ids)
      if (const auto at = rows.find(id); at != rows.end() && values[at->second]) return values[at->second];
    return std::nullopt;
  };
  std::vector<statistics::RatedItem> signs, differences;
  Clusters of_signs, of_differences;
  for (const HumanPreferences::Pair& pair : pairs) {
    const auto first = score(pair.first_rows), second = score(pair.second_rows);
    if (!first || !second) continue;
    const double d = *first - *second, people = *pair.mean(), chance = pair.inclusion.value_or(1);
    differences.push_back({0, d, chance, of_differences.of(pair.cluster)});
    if (people == 0) continue;
    if (d == 0)
      ++out.ties;
    else
      signs.push_back({0, (d > 0) == (people > 0) ? 1.0 : 0.0, chance, of_signs.of(pair.cluster)});
  }
  out.agreement = weighted_mean(signs, of_signs.size(), level);
  out.difference = weighted_mean(differences, of_differences.size(), level);
  return out;
}

}  // namespace

bool on_humans_scale(const RatingTable& t, std::size_t r) {
  const Rater& rater = t.raters[r];
  if (!rater.low || !rater.high) return false;
  for (const Rater& other : t.raters)
    if (other.kind == RaterKind::human && (other.low != rater.low || other.high != rater.high)) return false;
  return true;
}

void add_human_evidence(const RatingTable& t, const DatasheetOptions& options, Datasheet& s) {
  const HumanRatings humans(t);
  if (humans.raters() == 0) return;
  const ItemValues means = humans.means();
  std::vector<statistics::RatedItem> rated;
  Clusters clusters;
  for (std::size_t i = 0; i < t.items.size(); ++i)
    if (means[i])
      rated.push_back({0, means[i], t.items[i].inclusion.value_or(1), clusters.of(cluster_of(t.items[i]))});
  s.human_mean = weighted_mean(rated, clusters.size(), options.level);
  add_alternative(t, humans, options, s);
  add_corrected(t, means, options, s);
}

std::optional<Preferences> preferences_of(const HumanRecord& record, const RatingTable& t,
                                          const DatasheetOptions& options) {
  const HumanPreferences said(record);
  if (said.pairs().empty()) return std::nullopt;
  Preferences out;
  out.source = "rating page " + record.key.id;
  out.first = record.key.first;
  out.second = record.key.second;
  out.population = record.key.population;
  out.identical = record.key.identical;
  out.raters = static_cast<std::int64_t>(said.raters().size());
  out.pairs = static_cast<std::int64_t>(said.pairs().size());
  std::vector<statistics::RatedItem> items;
  std::vector<double> judgements;
  Clusters clusters;
  double n = 0;
  bool chosen = false;
  for (const HumanPreferences::Pair& pair : said.pairs()) {
    items.push_back({0, pair.mean(), pair.inclusion.value_or(1), clusters.of(pair.cluster)});
    chosen |= !pair.inclusion;
    for (const auto& one : pair.said) {
      judgements.push_back(one.value_or(kNone));
      if (!one) continue;
      ++n;
      (*one > 0 ? out.first_better : *one < 0 ? out.second_better : out.ties) += 1;
    }
  }
  for (double* share : {&out.first_better, &out.ties, &out.second_better}) *share /= n;
  out.preference = weighted_mean(items, clusters.size(), options.level);
  out.alpha = metrics::krippendorff_alpha({judgements, said.raters().size()}, metrics::Level::ordinal);
  const Measured& p = out.preference;
  out.says = !p.low        ? "cannot tell: " + p.reason
             : *p.low > 0  ? "people prefer the first"
             : *p.high < 0 ? "people prefer the second"
                           : "cannot tell: people may prefer neither";
  if (chosen) out.says += "; of these pairs only, for a person chose them";
  std::map<std::string, std::size_t> rows;
  for (std::size_t i = 0; i < t.items.size(); ++i) rows.emplace(t.items[i].id, i);
  for (std::size_t r = 0; r < t.raters.size(); ++r) {
    if (t.raters[r].kind == RaterKind::human || t.raters[r].kind == RaterKind::script) continue;
    out.judges.push_back(judge_preference(t, r, said.pairs(), rows, options.level));
    out.judges.back().says = sign_says(p, out.judges.back().difference);
  }
  return out;
}

}  // namespace undertone
