#include "metrics/analysis/analyze.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "harness/core/error.h"
#include "harness/core/fields.h"
#include "metrics/agreement.h"
#include "metrics/analysis/samples.h"
#include "metrics/evaluation_table.h"

namespace undertone::analysis {
namespace {

std::string many(std::size_t n, const std::string& noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

// Judges with each other, over answers that all of them scored.
std::vector<Estimate> agreement_of(const Scores& scores, const AnalysisSettings& settings) {
  const std::size_t J = scores.judges.size();
  if (J < 2) return {};
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::size_t> answer;
  std::vector<double> values;
  std::set<std::uint32_t> units;
  for (const ScoreRow& r : scores.rows) {
    if (!r.score) continue;
    const auto [at, fresh] = answer.emplace(std::tuple{r.system, r.item, r.seed}, answer.size());
    if (fresh) values.resize(values.size() + J, std::numeric_limits<double>::quiet_NaN());
    values[at->second * J + r.judge] = *r.score;
    units.insert(scores.item_unit[r.item]);
  }
  std::vector<double> complete;
  for (std::size_t a = 0; a < answer.size(); ++a)
    if (std::none_of(values.begin() + static_cast<std::ptrdiff_t>(a * J),
                     values.begin() + static_cast<std::ptrdiff_t>((a + 1) * J),
                     [](double v) { return std::isnan(v); }))
      complete.insert(complete.end(), values.begin() + static_cast<std::ptrdiff_t>(a * J),
                      values.begin() + static_cast<std::ptrdiff_t>((a + 1) * J));
  Estimate e;
  e.kind = "value";
  e.unit = "1";
  e.level = settings.level;
  e.unit_resampled = scores.unit;
  e.units = static_cast<std::int64_t>(units.size());
  e.asked = static_cast<std::int64_t>(answer.size());
  const auto with = [&](const char* tag, const metrics::Value& v, std::size_t n) {
    Estimate out = e;
    out.tag = tag;
    out.value = v;
    out.n = out.scored = static_cast<std::int64_t>(n);
    if (!v) metrics::add_reason(out, v.reason());
    return out;
  };
  return {with("judges/krippendorff_alpha_interval",
               metrics::krippendorff_alpha({values, J}, metrics::Level::interval), answer.size()),
          with("judges/icc_2_1", metrics::intraclass_correlation({complete, J}).single, complete.size() / J)};
}

}  // namespace

const Estimate* JudgeAnalysis::find(std::string_view tag, std::string_view system,
                                    std::string_view baseline) const {
  for (const Estimate& e : estimates)
    if (e.tag == tag && e.system == system && e.baseline == baseline) return &e;
  return nullptr;
}

std::string_view JudgeAnalysis::difference_tag() const {
  constexpr std::string_view together = "difference/simultaneous";
  return std::any_of(estimates.begin(), estimates.end(), [&](const Estimate& e) { return e.tag == together; })
             ? together
             : "difference";
}

std::int64_t rated_count(const Scores& scores, std::size_t judge) {
  std::int64_t out = 0;
  for (const ScoreRow& r : scores.rows) out += r.judge == judge && r.score && r.human;
  return out;
}

std::vector<Support> supports(const Scores& s) {
  std::vector<Support> out;
  const std::size_t K = s.systems.size(), S = s.seeds.size();
  const auto add = [&](std::string what, bool can, std::string why) {
    out.push_back({std::move(what), can, std::move(why)});
  };
  add("means with intervals", s.units > 1,
      s.units > 1
          ? fmt::format("over {}{}", many(s.units, s.unit),
                        s.units < 20 ? "; conditional on these, being fewer than 20" : "")
          : "one " + s.unit + ": no variance can be estimated; score more, or name a finer unit with --unit");
  add("clusters", s.has_clips || s.has_speakers,
      s.has_clips || s.has_speakers
          ? fmt::format("{} in {}", many(s.items.size(), "item"), many(s.units, s.unit))
          : "items are taken as independent; where several share a recording, document or author, name the "
            "column with "
            "--clip or --speaker, or the intervals are too narrow");
  add("bounds for missing scores", s.scale.has_value(),
      s.scale ? fmt::format("scale {} to {}", s.scale->low, s.scale->high)
              : "say the scale: --scale LOW,HIGH");
  std::size_t shared = 0;
  if (K > 1 && !s.items_are_rows) {
    std::set<std::uint32_t> first, both;
    for (const ScoreRow& r : s.of(0, 0)) first.insert(r.item);
    for (const ScoreRow& r : s.of(0, 1))
      if (first.contains(r.item)) both.insert(r.item);
    shared = both.size();
  }
  const bool few = K <= kMostSystems;
  add("paired differences", K > 1 && shared > 1 && few,
      K < 2              ? "one system; name the column that tells systems apart with --system"
      : s.items_are_rows ? "no column tells items apart; name it with --item"
      : shared < 2 ? fmt::format("'{}' and '{}' share {}", s.systems[0], s.systems[1], many(shared, "item"))
      : !few ? fmt::format("{} make {} pairs; name one to compare with by --baseline", many(K, "system"),
                           K * (K - 1) / 2)
             : fmt::format("{}, {} pairs", many(K, "system"), K * (K - 1) / 2));
  add("simultaneous intervals and rank probabilities", K > 1 && s.units > 1,
      K < 2         ? "one system"
      : s.units < 2 ? "one " + s.unit
      : s.items_are_rows || !few
          ? std::string("of means, over all systems; of differences there are none, nor open ranks")
          : "over all systems");
  add("seed-to-seed noise", S > 1,
      S > 1 ? many(S, "seed") + (S < 5 ? ": a variance from so few is rough" : "")
            : "one run of each system: nothing is known of others; name the column with --seed");
  std::int64_t rated = 0, distinct = 0;
  std::size_t by_rating = 0;  // judges whose covariates are held against human ratings
  for (std::size_t j = 0; j < s.judges.size(); ++j) {
    const std::int64_t n = rated_count(s, j);
    rated += n;
    by_rating += n >= kFewestRated;
  }
  std::set<double> values;
  for (const ScoreRow& r : s.rows)
    if (r.human) values.insert(*r.human);
  distinct = static_cast<std::int64_t>(values.size());
  add("judge against human, means on the human scale", rated > 1 && distinct > 1,
      rated == 0     ? "no row has a human rating; name the column with --human"
      : distinct < 2 ? "every human rating is the same: nothing to agree with"
                     : fmt::format("{} of {} rows rated{}", rated, s.rows.size(),
                                   rated < 20 ? "; fewer than 20 say little" : ""));
  std::string names;
  for (const auto& c : s.covariates) names += (names.empty() ? "" : ", ") + c.name;
  add("what the judge favours", !s.covariates.empty(),
      s.covariates.empty()
          ? "no numeric column is left; a column of answers (--answer) gives their length"
          : names + (by_rating == 0 ? ", among answers to the same item"
                     : by_rating == s.judges.size()
                         ? std::string(", at an equal human rating")
                         : fmt::format(", at an equal human rating for {} of {}, else among answers to the "
                                       "same item",
                                       by_rating, many(s.judges.size(), "judge"))));
  add("agreement between judges", s.judges.size() > 1,
      s.judges.size() > 1 ? many(s.judges.size(), "judge") : "one judge");
  return out;
}

Analysis analyze(const Scores& scores, const AnalysisSettings& settings) {
  if (!settings.baseline.empty() &&
      std::find(scores.systems.begin(), scores.systems.end(), settings.baseline) == scores.systems.end()) {
    const std::string nearest = nearest_of(settings.baseline, scores.systems);
    throw Error(ErrorKind::usage,
                fmt::format("there is no system '{}'{}", settings.baseline,
                            nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)),
                scores.file, "give one of its systems with --baseline");
  }
  Analysis out;
  out.settings = settings;
  out.notes = scores.notes;
  for (std::size_t j = 0; j < scores.judges.size(); ++j) {
    JudgeAnalysis one;
    one.judge = scores.judges[j];
    const std::vector<Estimated> means = add_means(scores, settings, j, one);
    add_differences(scores, settings, j, one);
    add_ranks(scores, settings, j, one);
    add_noise(scores, settings, j, means, one);
    add_human(scores, settings, j, one);
    add_favours(scores, settings, j, one);
    out.judges.push_back(std::move(one));
  }
  out.agreement = agreement_of(scores, settings);
  const std::size_t K = scores.systems.size();
  if (K > kMostSystems && settings.baseline.empty())
    out.notes.push_back(fmt::format(
        "{} systems make {} pairs: differences are left out. Name one with --baseline.", K, K * (K - 1) / 2));
  if (!scores.has_clips && !scores.has_speakers)
    out.notes.push_back(
        "Items are taken as independent. Where several share a recording, a document or an author, name it "
        "with --clip "
        "or --speaker: the intervals here would be too narrow.");
  if (scores.units < 20)
    out.notes.push_back(fmt::format("Intervals are conditional on these {}s: {} of them, fewer than 20.",
                                    scores.unit, scores.units));
  if (scores.has_human)
    out.notes.push_back(
        "Means on the human scale hold where chance alone (with the inclusion probabilities given) decided "
        "which answers "
        "humans rated.");
  return out;
}

}  // namespace undertone::analysis
