// Two runs of the same systems, drawn from a model whose every effect is known: what a comparison of them
// says can be held to what it should say. Header-only.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "harness/core/random.h"
#include "metrics/comparison.h"

namespace undertone::test {

// Standard deviations in points of 0-5; every one is drawn anew for each run.
struct NightModel {
  std::uint32_t units = 40, questions = 5, seeds = 1;  // questions of each unit
  double unit = 0.15, item = 0.8, seed = 0;            // seed: of a training; 0 where nothing is trained
  bool retrained = false;
  int systems = 3;
  double failures = 0.02;                   // share of items without a score
  double drop = 0;                          // of the first system, planted in the second run
  double judge_noise = 0, judge_shift = 0;  // of the judge on the anchors: in steps of 1
  std::uint32_t anchors = 0;
};

// Variance of a system's paired difference as the test reckons it, and its degrees of freedom, from the model
// alone.
struct TruePrecision {
  double variance, df;
};
inline TruePrecision true_precision(const NightModel& m) {
  const double N = m.units, Q = m.questions, S = m.seeds;
  const double items = 2 * m.item * m.item / (N * Q * S), units = 2 * m.unit * m.unit / N + items;
  if (!m.retrained) return {units, N - 1};
  const double seeds = 2 * m.seed * m.seed / S + items;  // the items' noise counts in both
  const double total = units + seeds;
  return {total, total * total / (units * units / (N - 1) + seeds * seeds / (S - 1))};
}

inline std::vector<ComparedMeasure> simulated_measures(const NightModel& m, const std::string& stream,
                                                       std::uint64_t night) {
  Stream random(stream, night);
  std::vector<ComparedMeasure> out;
  for (int s = 0; s < m.systems; ++s) {
    ComparedMeasure mean, scored;
    mean.name = "cpqa/all/judge:rubric/mean";
    scored.name = "cpqa/all/judge:rubric/scored";
    mean.system = scored.system = "S" + std::to_string(s);
    mean.judge = "rubric";
    mean.high = 5;
    mean.declared = scored.declared = true;
    mean.retrained = scored.retrained = m.retrained;
    std::vector<double> unit(2 * m.units);
    for (double& u : unit) u = m.unit * random.normal();
    for (std::uint32_t seed = 0; seed < m.seeds; ++seed) {
      const double first_seed = m.seed * random.normal(), second_seed = m.seed * random.normal();
      for (std::uint32_t u = 0; u < m.units; ++u)
        for (std::uint32_t q = 0; q < m.questions; ++q) {
          const double question = random.normal();  // in both alike
          const bool first_fails = random.uniform() < m.failures,
                     second_fails = random.uniform() < m.failures;
          double first = question + unit[2 * u] + first_seed + m.item * random.normal();
          double second = question + unit[2 * u + 1] + second_seed + m.item * random.normal();
          if (s == 0) second -= m.drop;
          ComparedPair pair{seed, u, first, second};
          if (first_fails) pair.first.reset();
          if (second_fails) pair.second.reset();
          mean.pairs.push_back(pair);
          scored.pairs.push_back({seed, u, first_fails ? 0.0 : 1.0, second_fails ? 0.0 : 1.0});
        }
    }
    out.push_back(std::move(mean));
    out.push_back(std::move(scored));
  }
  return out;
}

// A judge that says another whole number in `judge_noise` of its readings, and asked twice within each run.
inline std::vector<JudgeAnchors> simulated_anchors(const NightModel& m, const std::string& stream,
                                                   std::uint64_t night) {
  if (m.anchors == 0) return {};
  Stream random(stream + "/anchors", night);
  const auto reading = [&](double rating) {
    if (random.uniform() < m.judge_noise) rating += random.uniform() < 0.5 ? -1 : 1;
    return rating;
  };
  JudgeAnchors out{"rubric", {}, {}};
  for (std::uint32_t a = 0; a < m.anchors; ++a) {
    const double rating = 1 + static_cast<double>(random.below(4));
    const double first = reading(rating), again = reading(rating);
    const double moved = random.uniform() < m.judge_shift ? rating - 1 : rating;
    const double second = reading(moved);
    out.items.push_back({a, first, second});
    out.noise.pairs += 1;
    out.noise.differ += first != again;
  }
  return {out};
}

inline RunComparison simulated_comparison(const NightModel& m, const ComparisonSettings& settings,
                                          const std::string& stream, std::uint64_t night) {
  ComparisonSettings own = settings;
  own.stream = stream + "/" + std::to_string(night);
  return compare_measures(simulated_measures(m, stream, night), simulated_anchors(m, stream, night), own);
}

}  // namespace undertone::test
