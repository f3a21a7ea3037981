#include "metrics/analysis/power.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "metrics/statistics/clustered.h"
#include "metrics/statistics/variance_components.h"

namespace undertone::analysis {
namespace {

using statistics::PlannedDesign;

std::int64_t rounded(double ratio) { return std::max<std::int64_t>(1, std::llround(ratio)); }

struct Levels {
  statistics::Factor factor;
  std::size_t count = 0;
};

Levels levels_of(const std::vector<PilotDifference>& all, const char* name,
                 std::uint32_t PilotDifference::*number) {
  Levels out{{name, {}}, 0};
  std::set<std::uint32_t> known;
  for (const auto& d : all) {
    out.factor.level.push_back(d.*number);
    known.insert(d.*number);
  }
  out.count = known.size();
  return out;
}

}  // namespace

PilotPlan plan_of_pilot(const std::vector<PilotDifference>& differences, double level) {
  PilotPlan out;
  if (differences.size() < 2) {
    out.reason = "the pilot has fewer than two pairs";
    return out;
  }
  const Levels speaker = levels_of(differences, "speaker", &PilotDifference::speaker),
               clip = levels_of(differences, "clip", &PilotDifference::clip),
               question = levels_of(differences, "question", &PilotDifference::question),
               seed = levels_of(differences, "seed", &PilotDifference::seed);
  const double n = static_cast<double>(differences.size());
  const auto ratio = [](std::size_t a, std::size_t b) {
    return rounded(static_cast<double>(a) / static_cast<double>(b));
  };
  out.design.speakers = static_cast<std::int64_t>(speaker.count);
  out.design.clips = ratio(clip.count, speaker.count);
  out.design.questions = ratio(question.count, clip.count);
  out.design.seeds = static_cast<std::int64_t>(seed.count);

  // The estimate itself, with the units as they are.
  std::vector<statistics::Observation> observations;
  std::map<std::uint32_t, std::uint32_t> unit_number, seed_number;
  for (const auto& d : differences) {
    const auto u =
        unit_number.emplace(d.speaker, static_cast<std::uint32_t>(unit_number.size())).first->second;
    const auto s = seed_number.emplace(d.seed, static_cast<std::uint32_t>(seed_number.size())).first->second;
    observations.push_back({s, 0, u, d.clip, d.value, 1});
  }
  const auto estimate = statistics::ratio_estimate(
      observations, {static_cast<std::uint32_t>(seed.count), 1, static_cast<std::uint32_t>(speaker.count)},
      level);
  const auto& interval = estimate.new_seeds ? *estimate.new_seeds : estimate.these_seeds;
  out.mean = estimate.value;
  out.standard_error = interval.standard_error;
  out.df = interval.df;
  if (speaker.count < 2) {
    out.reason = "the pilot has one unit: no variance can be estimated";
    return out;
  }

  // Nested levels with equally many numbers are one and the same: the higher name stays. A level per
  // difference is the residual.
  std::vector<double> values;
  for (const auto& d : differences) values.push_back(d.value);
  std::vector<statistics::Factor> factors;
  std::size_t before = 1;
  std::string finest = "speaker";  // whose component the residual is where there is one seed
  for (const Levels* l : {&speaker, &clip, &question}) {
    if (l->count <= before) continue;
    finest = l->factor.name;
    if (static_cast<double>(l->count) < n) factors.push_back(l->factor);
    before = l->count;
  }
  if (seed.count > 1) factors.push_back(seed.factor);
  const auto found = statistics::variance_components(values, factors);
  if (!found.reason.empty()) {
    out.reason = found.reason;
    return out;
  }
  const auto value = [&](const char* name) {
    const auto* c = found.find(name);
    return c ? c->value : 0.0;
  };
  out.variance = {value("speaker"), value("clip"), value("question"), value("seed"), 0, 0};
  const double residual = value("residual");
  if (seed.count > 1) {
    out.variance.decode = residual;
    out.notes.push_back(
        "what a new decoding and what a replicate of the judge would change are not told apart: both are in "
        "'decode'");
  } else {
    double& part = finest == "speaker" ? out.variance.speaker
                   : finest == "clip"  ? out.variance.clip
                                       : out.variance.question;
    part += residual;
    out.notes.push_back(
        "one seed: what other seeds and another decoding would change is not known, and stands in '" +
        finest + "'");
  }
  const auto merged = [&](const Levels& fine, const Levels& coarse) {
    if (fine.count == coarse.count)
      out.notes.push_back("one " + fine.factor.name + " per " + coarse.factor.name +
                          ": their variances are not told apart");
  };
  merged(clip, speaker);
  merged(question, clip);
  return out;
}

PowerPlan power_plan(const statistics::PlannedVariance& variance, const PlannedDesign& design, bool new_seeds,
                     const PowerSettings& settings) {
  PowerPlan out;
  const auto precision = statistics::planned_precision(variance, design, new_seeds);
  if (!precision.variance) {
    out.reason = precision.reason;
  } else if (!(*precision.variance > 0)) {
    out.reason = "nothing varies: any difference would be seen";
  } else {
    out.standard_error = std::sqrt(*precision.variance);
    out.df = precision.df;
    out.smallest =
        statistics::minimum_detectable_effect(*out.standard_error, *out.df, settings.power, settings.alpha);
    if (settings.effect)
      out.chance = statistics::t_test_power(*settings.effect, *out.standard_error, *out.df, settings.alpha);
  }
  if (settings.effect)
    for (const auto& [name, number] : statistics::kDesignNumbers)
      out.needs.push_back({name, design.*number,
                           statistics::number_needed(*settings.effect, variance, design, number, new_seeds,
                                                     settings.power, settings.alpha)});
  if (design.speakers >= 2) {
    out.purchases = statistics::purchases(variance, design, new_seeds);
    std::erase_if(out.purchases, [](const auto& p) { return p.standard_error_ratio > 1 - 1e-9; });
  }
  return out;
}

}  // namespace undertone::analysis
