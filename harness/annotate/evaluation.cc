#include "harness/annotate/evaluation.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "harness/core/nouns.h"
#include "harness/core/random.h"

namespace undertone {
namespace {

using Statistic = std::function<std::optional<double>(const RecognitionSums&)>;

struct Interval {
  std::optional<double> low, high;
  std::string reason;
};

struct EvaluatedSet {
  std::string name;
  std::vector<RecognitionSums> units;  // in the order of their names
  RecognitionSums all;
};

std::size_t place_in(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

EvaluatedSet evaluate(const std::string& name, std::span<const RecogniserItem> items,
                      const CrossFitted& fitted, const std::vector<std::string>& classes) {
  const auto k = classes.size();
  const std::vector<std::string> genders(kGenders.begin(), kGenders.end());
  RecognitionSums zero;
  zero.emotion.assign(k * k, 0);
  zero.gender.assign(4, 0);
  std::map<std::string, RecognitionSums> units;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const RecogniserItem& item = items[i];
    if ((item.split == "train" ? "out_of_fold" : item.split) != name) continue;
    const SegmentPrediction& p = fitted.predictions[i];
    RecognitionSums& sums = units.emplace(item.unit.empty() ? item.clip : item.unit, zero).first->second;
    ++sums.segments;
    if (!item.category.empty())
      sums.emotion[place_in(classes, item.category) * k + place_in(classes, p.category)] += 1;
    const std::size_t gold = place_in(genders, item.gender), said = place_in(genders, p.gender);
    if (gold < 2 && said < 2) sums.gender[gold * 2 + said] += 1;
    for (std::size_t d = 0; d < 3; ++d)
      if (item.dimensions[d] && p.dimensions[d]) {
        const double x = *item.dimensions[d], y = *p.dimensions[d];
        RecognitionSums::Pairs& s = sums.dimensions[d];
        s = {s.n + 1, s.x + x, s.y + y, s.xx + x * x, s.yy + y * y, s.xy + x * y};
      }
  }
  EvaluatedSet out;
  out.name = name;
  out.all = zero;
  for (auto& [unit, sums] : units) {
    out.all.add(sums);
    out.units.push_back(std::move(sums));
  }
  return out;
}

RecognitionSums draw(const EvaluatedSet& set, Stream& random) {
  RecognitionSums sums;
  for (std::size_t i = 0; i < set.units.size(); ++i) sums.add(set.units[random.below(set.units.size())]);
  return sums;
}

Interval percentile(std::vector<double> values, int wanted, double level) {
  Interval out;
  if (static_cast<int>(values.size()) < wanted) {  // undefined draws are not left out silently
    out.reason = fmt::format("the statistic is undefined in {} of {} resamples",
                             wanted - static_cast<int>(values.size()), wanted);
    return out;
  }
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {  // type 7, as R and NumPy by default
    const double position = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const double share = position - static_cast<double>(below);
    return below + 1 < values.size() ? values[below] * (1 - share) + values[below + 1] * share
                                     : values[below];
  };
  out.low = at((1 - level) / 2);
  out.high = at((1 + level) / 2);
  return out;
}

class Estimator {
 public:
  Estimator(std::string stream, int resamples, double level)
      : stream_(std::move(stream)), resamples_(resamples), level_(level) {}

  Json value(const EvaluatedSet& set, const std::string& what, const Statistic& statistic) const {
    Estimate e = start(what + "/" + set.name, "value", set.units.size(), set.all.segments);
    e.value = statistic(set.all);
    if (!e.value) {
      e.reason = "no segment of this set is annotated, or all values are equal";
    } else if (set.units.size() < 2) {
      e.reason = "one unit: no interval";
    } else {
      Stream random(stream_ + "/" + e.tag);
      std::vector<double> values;
      for (int i = 0; i < resamples_; ++i)
        if (const auto v = statistic(draw(set, random))) values.push_back(*v);
      set_interval(e, std::move(values));
    }
    return to_json(e);
  }

  Json gap(const EvaluatedSet& a, const EvaluatedSet& b, const std::string& what,
           const Statistic& statistic) const {
    Estimate e =
        start(what + "/gap", "difference", a.units.size() + b.units.size(), a.all.segments + b.all.segments);
    const auto x = statistic(a.all), y = statistic(b.all);
    if (!x || !y) {
      e.reason = "undefined in " + (x ? b.name : a.name);
    } else {
      e.value = *x - *y;
      if (a.units.size() < 2 || b.units.size() < 2) {
        e.reason = "one unit in a set: no interval";
      } else {
        Stream random(stream_ + "/" + e.tag);
        std::vector<double> values;
        for (int i = 0; i < resamples_; ++i) {
          const auto p = statistic(draw(a, random)), q = statistic(draw(b, random));
          if (p && q) values.push_back(*p - *q);
        }
        set_interval(e, std::move(values));
      }
    }
    return to_json(e);
  }

 private:
  Estimate start(const std::string& what, const std::string& kind, std::size_t units, std::int64_t n) const {
    Estimate e;
    e.tag = "recogniser/" + what;
    e.kind = kind;
    e.level = level_;
    e.method = "cluster bootstrap percentile";
    e.unit = "1";
    e.unit_resampled = "unit";
    e.units = static_cast<std::int64_t>(units);
    e.n = e.asked = e.scored = n;
    return e;
  }
  void set_interval(Estimate& e, std::vector<double> values) const {
    const Interval i = percentile(std::move(values), resamples_, level_);
    e.low = i.low;
    e.high = i.high;
    e.reason = i.reason;
  }
  std::string stream_;
  int resamples_;
  double level_;
};

Json describe(const EvaluatedSet& set, const std::vector<std::string>& classes) {
  Json out = Json::object();
  out["segments"] = set.all.segments;
  out["units"] = static_cast<std::int64_t>(set.units.size());
  Json confusion = Json::object(), recalls = Json::object();
  for (std::size_t g = 0; g < classes.size(); ++g) {
    double row = 0;
    for (std::size_t p = 0; p < classes.size(); ++p) row += set.all.emotion[g * classes.size() + p];
    if (row == 0) continue;
    Json cells = Json::object();
    for (std::size_t p = 0; p < classes.size(); ++p)
      cells[classes[p]] = static_cast<std::int64_t>(set.all.emotion[g * classes.size() + p]);
    confusion[classes[g]] = std::move(cells);
    recalls[classes[g]] = set.all.emotion[g * classes.size() + g] / row;
  }
  out["confusion"] = std::move(confusion);  // gold -> predicted -> count
  out["recall"] = std::move(recalls);
  return out;
}

}  // namespace

void RecognitionSums::add(const RecognitionSums& o) {
  if (emotion.empty()) emotion.assign(o.emotion.size(), 0);
  if (gender.empty()) gender.assign(o.gender.size(), 0);
  for (std::size_t i = 0; i < o.emotion.size(); ++i) emotion[i] += o.emotion[i];
  for (std::size_t i = 0; i < o.gender.size(); ++i) gender[i] += o.gender[i];
  for (std::size_t d = 0; d < 3; ++d) {
    Pairs& s = dimensions[d];
    const Pairs& t = o.dimensions[d];
    s = {s.n + t.n, s.x + t.x, s.y + t.y, s.xx + t.xx, s.yy + t.yy, s.xy + t.xy};
  }
  segments += o.segments;
}

std::optional<double> average_recall(std::span<const double> confusion) {
  const auto k = static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(confusion.size()))));
  double sum = 0;
  int present = 0;
  for (std::size_t g = 0; g < k; ++g) {
    double row = 0;
    for (std::size_t p = 0; p < k; ++p) row += confusion[g * k + p];
    if (row == 0) continue;
    sum += confusion[g * k + g] / row;
    ++present;
  }
  if (present == 0) return std::nullopt;
  return sum / present;
}

std::optional<double> concordance(const RecognitionSums::Pairs& s) {
  if (s.n < 2) return std::nullopt;
  const double mx = s.x / s.n, my = s.y / s.n;
  const double vx = std::max(0.0, s.xx / s.n - mx * mx), vy = std::max(0.0, s.yy / s.n - my * my);
  const double denominator = vx + vy + (mx - my) * (mx - my);
  if (!(denominator > 1e-15)) return std::nullopt;
  return 2 * (s.xy / s.n - mx * my) / denominator;
}

Json recogniser_report(std::span<const RecogniserItem> items, const CrossFitted& fitted,
                       const RecogniserOptions& options, const std::string& stream, int resamples,
                       double level) {
  // Gold categories that the recogniser does not know stay in the table: their recall is zero, as it should
  // be.
  std::set<std::string> names(fitted.full.categories().begin(), fitted.full.categories().end());
  for (const RecogniserItem& i : items)
    if (!i.category.empty()) names.insert(i.category);
  const std::vector<std::string> classes(names.begin(), names.end());
  std::vector<EvaluatedSet> sets;
  for (const char* name : {"out_of_fold", "dev", "test"})
    sets.push_back(evaluate(name, items, fitted, classes));

  Json report = Json::object();
  report["version"] = 1;
  Json categories = Json::array();
  for (const auto& c : fitted.full.categories()) categories.push_back(c);
  report["categories"] = std::move(categories);
  report["folds"] = fitted.folds;
  report["epochs"] = options.epochs;  // as asked; few data are passed more often
  report["parameters"] = fitted.full.parameters();
  report["spans"] = "given: segment times come from the transcript";
  Json described = Json::object();
  for (const EvaluatedSet& s : sets) described[s.name] = describe(s, classes);
  report["sets"] = std::move(described);

  const Estimator estimator(stream + "/intervals", resamples, level);
  std::vector<std::pair<std::string, Statistic>> statistics{
      {"emotion/uar", [](const RecognitionSums& s) { return average_recall(s.emotion); }},
      {"gender/uar", [](const RecognitionSums& s) { return average_recall(s.gender); }}};
  for (std::size_t d = 0; d < 3; ++d)
    statistics.emplace_back(std::string(kDimensions[d]) + "/ccc",
                            [d](const RecognitionSums& s) { return concordance(s.dimensions[d]); });
  Json estimates = Json::array();
  for (const auto& [what, statistic] : statistics) {
    for (const EvaluatedSet& s : sets)
      if (s.all.segments > 0) estimates.push_back(estimator.value(s, what, statistic));
    if (sets[2].all.segments > 0) estimates.push_back(estimator.gap(sets[0], sets[2], what, statistic));
  }
  report["estimates"] = std::move(estimates);
  return report;
}

}  // namespace undertone
