#include "metrics/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "metrics/statistics/clustered.h"
#include "metrics/statistics/distributions.h"
#include "metrics/statistics/multiplicity.h"
#include "metrics/statistics/permutation.h"
#include "metrics/statistics/planning.h"

namespace undertone {
namespace {

constexpr int kPermutations = 9999, kMostPermutations = 999999;
constexpr std::int64_t kFewUnits = 20;

// Differences of the pairs scored in both, with dense seeds and units.
struct Differences {
  std::vector<statistics::Observation> observations;
  statistics::Design design;
  double first = 0, second = 0;  // sums
};

Differences differences_of(const ComparedMeasure& m, MeasureChange& out) {
  Differences d;
  std::map<std::uint32_t, std::uint32_t> seeds, units;
  for (const ComparedPair& p : m.pairs) {
    ++out.pairs;
    out.lost += p.first && !p.second;
    out.gained += p.second && !p.first;
    if (!p.first || !p.second) continue;
    ++out.scored;
    out.equal += *p.first == *p.second;
    const auto seed = seeds.emplace(p.seed, static_cast<std::uint32_t>(seeds.size())).first->second;
    const auto unit = units.emplace(p.unit, static_cast<std::uint32_t>(units.size())).first->second;
    d.observations.push_back({seed, 0, unit, 0, *p.second - *p.first, 1});
    d.first += *p.first;
    d.second += *p.second;
  }
  d.design = {static_cast<std::uint32_t>(seeds.size()), 1, static_cast<std::uint32_t>(units.size())};
  out.units = static_cast<std::int64_t>(units.size());
  out.seeds = static_cast<int>(std::max<std::size_t>(1, seeds.size()));
  return d;
}

// Number of tests that Holm or Benjamini-Hochberg will adjust for: those that have pairs to compare.
std::int64_t family_size(const std::vector<ComparedMeasure>& measures, bool declared) {
  return std::count_if(measures.begin(), measures.end(), [&](const ComparedMeasure& m) {
    return m.declared == declared && m.not_comparable.empty() &&
           std::any_of(m.pairs.begin(), m.pairs.end(),
                       [](const ComparedPair& p) { return p.first && p.second; });
  });
}

void test_by_flips(const Differences& d, const std::string& stream, double hardest, MeasureChange& out) {
  const int patterns =
      static_cast<int>(std::clamp(100 / hardest, double{kPermutations}, double{kMostPermutations}));
  const auto test = statistics::sign_flip_test(
      statistics::cluster_contributions(statistics::cell_sums(d.observations, d.design)), stream, patterns);
  out.p_value = test.p_value;
  if (test.p_value)
    out.method =
        fmt::format("sign flips of units, {}{} patterns", test.exact ? "all " : "", test.permutations);
  else
    out.reason = test.reason;
}

// Of the difference: these seeds, or new ones where `seeds` says that there were several trainings.
struct Noise {
  double variance = 0, df = 1;
  bool new_seeds = false;
};

Noise noise_of(const statistics::RatioEstimate& r, bool new_seeds) {
  if (!r.variance) return {};
  const statistics::CrossedVariance& v = *r.variance;
  if (new_seeds && v.new_seeds) return {*v.new_seeds, *v.df_new_seeds, true};
  return {v.these_seeds, v.df_these_seeds, false};
}

// Everything but the verdict, which needs the adjusted p-value.
void measure(const ComparedMeasure& m, const ComparisonSettings& settings, double hardest,
             MeasureChange& out) {
  const Differences d = differences_of(m, out);
  if (out.scored == 0) {
    out.reason = m.pairs.empty() ? "no question was asked in both" : "no question was scored in both";
    return;
  }
  const auto n = static_cast<double>(out.scored);
  out.first_mean = d.first / n;
  out.second_mean = d.second / n;
  const auto r = statistics::ratio_estimate(d.observations, d.design, settings.level);
  out.difference = r.value;
  const Noise noise = noise_of(r, m.retrained);
  out.interval = noise.new_seeds ? *r.new_seeds : r.these_seeds;
  if (out.equal == out.scored) {
    out.p_value = 1;
    out.method = "every pair is equal";
    return;
  }
  if (m.retrained && out.seeds < 2) {
    out.reason =
        "trained anew with one seed: what another training alone changes is unknown; give two seeds or more";
    return;
  }
  const double error = std::sqrt(noise.variance);
  const bool varies = error > 1e-12 * (m.high - m.low);
  if (varies) out.smallest = statistics::minimum_detectable_effect(error, noise.df, settings.power, hardest);
  if (noise.new_seeds && varies) {
    out.p_value = statistics::t_two_sided_p(*r.value / error, noise.df);
    out.method =
        fmt::format("t of seeds crossed with units (new seeds), {:.1f} degrees of freedom", noise.df);
  } else {
    test_by_flips(d, fmt::format("{}/{}/{}/{}", settings.stream, m.name, m.system, m.condition), hardest,
                  out);
    // So few units that not even all of them moving one way would be significant.
    if (std::ldexp(1.0, 1 - static_cast<int>(std::min<std::int64_t>(out.units, 1000))) > hardest) {
      out.smallest.reset();
      out.reason = fmt::format("{} unit{} {} too few for any change to be significant", out.units,
                               out.units == 1 ? "" : "s", out.units == 1 ? "is" : "are");
    }
  }
  if (out.units < kFewUnits && out.reason.empty())
    out.reason = fmt::format("conditional on these {} units: fewer than {}", out.units, kFewUnits);
}

void adjust(std::vector<MeasureChange>& all, bool declared) {
  std::vector<MeasureChange*> family;
  std::vector<double> raw;
  for (MeasureChange& c : all)
    if (c.measure.declared == declared && c.p_value) {
      family.push_back(&c);
      raw.push_back(*c.p_value);
    }
  const auto adjusted = declared ? statistics::holm(raw) : statistics::benjamini_hochberg(raw);
  for (std::size_t i = 0; i < family.size(); ++i) family[i]->p_adjusted = adjusted[i];
}

void conclude(MeasureChange& c, const ComparisonSettings& settings, const std::set<std::string>& drifted) {
  if (!c.measure.not_comparable.empty()) {
    c.reason = c.measure.not_comparable;
    c.change = Change::not_comparable;
  } else if (c.scored == 0) {
    c.change = Change::not_comparable;
  } else if (drifted.contains(c.measure.judge)) {
    c.change = Change::judge_drift;
    c.reason = "the judge rates the same answers to the same questions otherwise than before";
  } else if (c.p_adjusted && *c.p_adjusted <= settings.alpha) {
    c.change = *c.difference > 0 ? Change::better : Change::worse;
  } else if (c.equal == c.scored) {
    c.change = Change::no_change;
  } else {
    const double matters = settings.tolerance * (c.measure.high - c.measure.low);
    c.change = c.smallest && *c.smallest <= matters ? Change::no_change : Change::too_noisy;
  }
}

}  // namespace

std::string_view to_string(Change change) {
  switch (change) {
    case Change::better:
      return "better";
    case Change::worse:
      return "worse";
    case Change::no_change:
      return "no change";
    case Change::too_noisy:
      return "too noisy";
    case Change::judge_drift:
      return "judge drift";
    case Change::not_comparable:
      return "not comparable";
  }
  return "";
}

bool RunComparison::any(Change change) const {
  return std::any_of(measures.begin(), measures.end(),
                     [&](const MeasureChange& c) { return c.measure.declared && c.change == change; });
}

RunComparison compare_measures(const std::vector<ComparedMeasure>& measures,
                               const std::vector<JudgeAnchors>& anchors, const ComparisonSettings& settings) {
  RunComparison out;
  out.settings = settings;
  std::set<std::string> drifted;
  for (const JudgeAnchors& a : anchors) {
    out.judges.push_back(
        {a.judge,
         judge_drift(a.items, a.noise, settings.stream + (a.frozen ? "/frozen/" : "/anchors/") + a.judge,
                     settings.alpha / static_cast<double>(anchors.size()), settings.level),
         a.frozen});
    if (out.judges.back().drift.state == DriftResult::State::drifted) drifted.insert(a.judge);
  }
  out.declared = family_size(measures, true);
  const std::int64_t others = family_size(measures, false);
  for (const ComparedMeasure& m : measures) {
    MeasureChange& c = out.measures.emplace_back();
    c.measure = m;
    c.measure.pairs.clear();
    const auto tests = static_cast<double>(std::max<std::int64_t>(1, m.declared ? out.declared : others));
    if (m.not_comparable.empty()) measure(m, settings, settings.alpha / tests, c);
  }
  adjust(out.measures, true);
  adjust(out.measures, false);
  for (MeasureChange& c : out.measures) conclude(c, settings, drifted);
  return out;
}

}  // namespace undertone
