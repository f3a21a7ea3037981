// Whether a judge is still the judge that it was: its verdicts, twice, on the same questions, references and
// answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/nouns.h"
#include "metrics/statistics/interval.h"
#include "metrics/statistics/permutation.h"

namespace undertone {

// One item that was judged twice; nothing where that verdict is no score.
struct TwiceJudged {
  std::uint32_t cluster = 0;  // dense: what hangs together (the question, the speaker)
  std::optional<double> first, second;
};

// Pairs of replicates: the judge asked the same again within one run.
struct OwnNoise {
  std::int64_t pairs = 0, differ = 0;
  std::optional<double> share() const {
    if (pairs == 0) return std::nullopt;
    return static_cast<double>(differ) / static_cast<double>(pairs);
  }
};

// Every pair of replicates that are both scored.
void add_own_noise(const std::vector<Verdict>& replicates, OwnNoise& noise);

struct DriftResult {
  enum class State { same, within_noise, drifted, unknown };
  State state = State::unknown;
  std::string verdict;  // "the same ratings", "within its own noise", "drifted: ...", "cannot tell: ..."
  std::int64_t common = 0, both_scored = 0, changed = 0;      // changed: of both_scored, another rating
  std::int64_t lost = 0, gained = 0;                          // scored only the first time; only the second
  std::optional<double> first_mean, second_mean, difference;  // second - first, over both_scored
  statistics::Interval interval;                              // clusters are what varies
  statistics::TestResult test;                                // sign flips of clusters
};

// Drifted: the ratings moved in one direction (sign flips of clusters, p < alpha), or more of them changed
// than the judge's own noise changes (shares further apart than chance puts them in alpha of the cases).
// Unknown: fewer than ten items were scored twice, or single ratings changed and nobody asked the judge the
// same again. `level` is that of the interval, `alpha` what a judge that did not move is called drifted with.
DriftResult judge_drift(const std::vector<TwiceJudged>& items, const OwnNoise& noise,
                        const std::string& stream, double alpha = 0.05, double level = 0.95);

Json to_json(const DriftResult& drift);  // "verdict", "drifted" and the numbers
// Counts, means, difference with its interval, p: what the verdict rests on.
void add_numbers(const DriftResult& drift, Json& object);

}  // namespace undertone
