// One row a rater: coverage, test-retest, agreement with humans, length, correctness, and what follows.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "metrics/agreement.h"
#include "metrics/correlation.h"
#include "metrics/statistics/interval.h"
#include "reports/datasheet.h"

namespace undertone {
namespace {

bool whole(double v) { return v == std::floor(v) && std::fabs(v) < 1000; }

// Quadratic kappa of pairs of whole ratings; nothing where some are fractions.
std::optional<double> kappa_of(const std::vector<std::pair<double, double>>& pairs) {
  double low = 0, high = 0;
  for (const auto& [a, b] : pairs) {
    if (!whole(a) || !whole(b)) return std::nullopt;
    low = std::min({low, a, b});
    high = std::max({high, a, b});
  }
  metrics::Confusion table(static_cast<std::size_t>(high - low) + 1);
  // Both orders: replicates have none.
  for (const auto& [a, b] : pairs) {
    table.at(static_cast<std::size_t>(a - low), static_cast<std::size_t>(b - low)) += 1;
    table.at(static_cast<std::size_t>(b - low), static_cast<std::size_t>(a - low)) += 1;
  }
  return metrics::cohen_kappa(table, metrics::Weights::quadratic);
}

void add_coverage(const RatingTable& t, std::size_t r, DatasheetRow& row) {
  double sum = 0;
  for (std::size_t i = 0; i < t.items.size(); ++i) {
    const auto& cell = t.at(i, r);
    if (cell.empty()) continue;
    ++row.asked;
    if (const auto* scored = std::get_if<Scored>(&cell.front())) {
      ++row.scored;
      sum += scored->value;
    } else {
      ++row.failures[std::string(verdict_kind(cell.front()))];
    }
  }
  if (row.scored > 0) row.mean = sum / static_cast<double>(row.scored);
}

void add_retest(const RatingTable& t, std::size_t r, DatasheetRow& row) {
  std::vector<std::pair<double, double>> pairs;
  double squares = 0, freedom = 0;
  for (std::size_t i = 0; i < t.items.size(); ++i) {
    std::vector<double> said;
    for (const Verdict& v : t.at(i, r))
      if (const auto* scored = std::get_if<Scored>(&v)) said.push_back(scored->value);
    if (said.size() < 2) continue;
    ++row.retest_items;
    double mean = 0;
    for (double v : said) mean += v / static_cast<double>(said.size());
    for (double v : said) squares += (v - mean) * (v - mean);
    freedom += static_cast<double>(said.size() - 1);
    for (std::size_t a = 0; a < said.size(); ++a)
      for (std::size_t b = a + 1; b < said.size(); ++b) pairs.emplace_back(said[a], said[b]);
  }
  row.retest_pairs = static_cast<std::int64_t>(pairs.size());
  if (pairs.empty()) return;
  const auto equal =
      std::count_if(pairs.begin(), pairs.end(), [](const auto& p) { return p.first == p.second; });
  row.retest_equal = static_cast<double>(equal) / static_cast<double>(pairs.size());
  row.retest_kappa = kappa_of(pairs);
  row.retest_sd = std::sqrt(squares / freedom);
}

void add_humans(const RatingTable& t, std::size_t r, double level, DatasheetRow& row) {
  const bool human = row.kind == RaterKind::human;
  const Rated both = paired(t, first_values(t, r), HumanRatings(t).means(r));  // a human: of the others
  if (both.x.empty()) {
    row.humans.spearman.reason = human ? "no other human rated these items" : "no human rated these items";
    return;
  }
  row.humans.spearman = measure(Statistic::spearman, both, level);
  row.humans.kendall = measure(Statistic::kendall, both, level);
  row.humans.pairwise = measure(Statistic::pairwise, both, level);
  row.humans.pairwise_calibrated = measure(Statistic::pairwise_calibrated, both, level);
  if (on_humans_scale(t, r))
    row.humans.alpha = measure(Statistic::alpha, both, level);
  else
    row.humans.alpha.reason = "on another scale than the humans, or one that is not stated";
}

void add_correct(const RatingTable& t, std::size_t r, double level, DatasheetRow& row) {
  ItemValues correct(t.items.size());
  for (std::size_t i = 0; i < t.items.size(); ++i) correct[i] = t.items[i].correct;
  const Rated both = paired(t, first_values(t, r), correct);
  if (both.x.empty()) {
    row.auroc.reason = row.accuracy_spearman.reason = "no item's correctness is known";
    return;
  }
  row.accuracy_spearman = measure(Statistic::spearman, both, level);
  row.auroc = measure(Statistic::auroc, both, level);
  for (const std::string& resource : t.raters[r].resources) row.circular |= resource.starts_with("lexicon:");
  if (row.circular)
    row.caveats.push_back("shares a lexicon with the label mapping: agreement with it is circular");
}

std::string human_yardstick(const Datasheet& s) {
  if (s.humans == 0) return "no human rated these items";
  if (s.humans == 1) return "one rating a human side: how far humans agree is unknown";
  if (!s.human_alpha.value) return "how far humans agree is undefined: " + s.human_alpha.reason;
  if (*s.human_alpha.value < kTentativeAlpha)
    return fmt::format("humans agree too little to judge judges by (alpha {:.3f}, below {})",
                       *s.human_alpha.value, kTentativeAlpha);
  if (s.human_alpha.low && *s.human_alpha.low < kTentativeAlpha)
    return fmt::format("humans may agree too little to judge judges by (alpha {:.3f}, interval from {:.3f})",
                       *s.human_alpha.value, *s.human_alpha.low);
  return "";
}

std::string conclusion_of(const Datasheet& s, const DatasheetRow& row) {
  if (row.kind == RaterKind::script) return "a script's ratings: no evidence";
  const std::string& doubt = s.humans_say;
  if (row.kind == RaterKind::human) return doubt.empty() ? "a yardstick" : "cannot tell: " + doubt;
  if (row.scored == 0) return "gave no rating";
  if (s.humans == 0 || (s.humans > 1 && !doubt.empty())) return "cannot tell: " + doubt;
  if (row.kind == RaterKind::trivial) return "a floor";
  std::string out;
  const auto& h = row.humans;
  if (!h.spearman.value) return "cannot tell: " + h.spearman.reason;
  if (h.spearman.low && *h.spearman.low <= 0)
    out = "cannot tell from chance: its correlation with humans may be 0";
  else if (!h.p_against_floor)
    out = "follows humans; there is no floor to compare with";
  else if (*h.p_against_floor < 0.05)
    out = fmt::format("follows humans better than the best floor ({}), p {:.3g}", h.best_floor,
                      *h.p_against_floor);
  else
    out = fmt::format("cannot be told from the floor '{}', p {:.3g}", h.best_floor, *h.p_against_floor);
  if (s.humans > 1 && s.human_ceiling.value && h.spearman.high && *h.spearman.high < *s.human_ceiling.value)
    out += "; below the humans' own agreement";
  if (s.humans == 1) out += "; how close to humans cannot be told: " + doubt;
  return out;
}

void add_human_agreement(const RatingTable& t, double level, Datasheet& s) {
  const HumanRatings humans(t);
  s.humans = static_cast<std::int64_t>(humans.raters());
  if (humans.raters() < 2) {
    s.human_alpha.reason = s.human_ceiling.reason = "fewer than two human ratings an item";
    s.humans_say = human_yardstick(s);
    return;
  }
  const std::vector<double> ratings = humans.matrix();
  const auto alpha = [&](const std::vector<double>& values) -> metrics::Value {
    return metrics::krippendorff_alpha({values, humans.raters()}, metrics::Level::ordinal);
  };
  const metrics::Value all = alpha(ratings);
  s.human_alpha.value = all;
  s.human_alpha.reason = all.reason();
  s.human_alpha.n = static_cast<std::int64_t>(t.items.size());
  // Leaving out clusters: on the scale of alpha itself.
  std::map<std::string, std::vector<std::size_t>> clusters;
  for (std::size_t i = 0; i < t.items.size(); ++i) clusters[cluster_of(t.items[i])].push_back(i);
  s.human_alpha.clusters = static_cast<std::int64_t>(clusters.size());
  std::vector<double> left;
  for (const auto& [name, members] : clusters) {
    const std::set<std::size_t> out(members.begin(), members.end());
    std::vector<double> rest;
    for (std::size_t i = 0; i < t.items.size(); ++i)
      if (!out.count(i))
        rest.insert(rest.end(), ratings.begin() + static_cast<std::ptrdiff_t>(i * humans.raters()),
                    ratings.begin() + static_cast<std::ptrdiff_t>((i + 1) * humans.raters()));
    if (const metrics::Value v = alpha(rest)) left.push_back(*v);
  }
  if (all && left.size() == clusters.size() && left.size() > 2) {
    const double g = static_cast<double>(left.size());
    double mean = 0, squares = 0;
    for (double v : left) mean += v / g;
    for (double v : left) squares += (v - mean) * (v - mean);
    const auto interval =
        statistics::t_interval(*all, std::sqrt((g - 1) / g * squares), g - 1, level, "jackknife");
    s.human_alpha.low = interval.low;
    s.human_alpha.high = interval.high;
  }
  double sum = 0;
  std::int64_t counted = 0;
  for (std::size_t h = 0; h < humans.raters(); ++h) {
    const Rated one = paired(t, humans.of(h), humans.means(humans.column(h)));
    if (const metrics::Value v = metrics::spearman(one.x, one.y)) sum += *v, ++counted;
  }
  if (counted > 0) s.human_ceiling.value = sum / static_cast<double>(counted);
  s.human_ceiling.n = counted;
  s.humans_say = human_yardstick(s);
}

int rank_of(RaterKind kind) {
  return kind == RaterKind::human ? 0 : kind == RaterKind::judge ? 1 : kind == RaterKind::metric ? 2 : 3;
}

}  // namespace

void describe_rows(const RatingTable& t, const DatasheetOptions& options, Datasheet& s) {
  add_human_agreement(t, options.level, s);
  const ItemValues humans = HumanRatings(t).means();
  ItemValues words(t.items.size());
  for (std::size_t i = 0; i < t.items.size(); ++i)
    if (!t.items[i].answer.empty()) words[i] = words_of(t.items[i]);
  const Measured human_length = measure(Statistic::spearman, paired(t, humans, words), options.level);
  std::optional<std::size_t> floor;  // that follows humans best, in whichever direction
  double best = -1;
  std::vector<std::pair<std::size_t, DatasheetRow>> rows;
  for (std::size_t r = 0; r < t.raters.size(); ++r) {
    DatasheetRow row;
    row.rater = t.raters[r].name;
    row.kind = t.raters[r].kind;
    add_coverage(t, r, row);
    add_retest(t, r, row);
    if (row.kind != RaterKind::script) add_humans(t, r, options.level, row);
    row.length = measure(Statistic::spearman, paired(t, first_values(t, r), words), options.level);
    row.human_length = human_length;
    add_correct(t, r, options.level, row);
    if (row.kind == RaterKind::human && !t.raters[r].one_person)
      row.caveats.push_back("a place in the list of ratings, not one person");
    if (row.kind == RaterKind::trivial && row.humans.spearman.value && *row.humans.spearman.value > best) {
      best = *row.humans.spearman.value;
      floor = r;
    }
    rows.emplace_back(r, std::move(row));
  }
  for (auto& [r, row] : rows) {
    const bool judged = row.kind == RaterKind::judge || row.kind == RaterKind::metric;
    if (judged && floor)
      if (const auto test = both_test(t, first_values(t, r), first_values(t, *floor), humans,
                                      options.stream + "/floor/" + row.rater)) {
        row.humans.best_floor = t.raters[*floor].name;
        row.humans.p_against_floor = test->p_value;
      }
    row.conclusion = conclusion_of(s, row);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return rank_of(a.second.kind) < rank_of(b.second.kind);
  });
  for (auto& [r, row] : rows) s.rows.push_back(std::move(row));
}

}  // namespace undertone
