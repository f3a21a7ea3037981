// What `undertone compare` and `undertone nightly` found, and its writers: terminal, Markdown, JSON, JUnit
// and GitHub's workflow commands.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "metrics/attribution.h"
#include "metrics/change_points.h"
#include "metrics/comparison.h"
#include "reports/page.h"
#include "reports/table.h"

namespace undertone {

// One of the two runs.
struct ComparedName {
  std::string given;     // as it was named: folder, tag, hash prefix, tape
  std::string identity;  // of the run
  std::string suite;
  std::string when;  // it finished, ISO 8601; "" where that is unknown
};

// What one run was made with and the other was not.
struct MadeOtherwise {
  std::string what;    // "suite", "weights", "data", "judge", "training", "code"
  std::string detail;  // "/recipes/adapter/steps: 6, then 8"
};

// A question whose score moved, side by side.
struct MovedItem {
  std::string system, condition, judge;
  int seed = 0;
  std::string question_id, question, reference;
  std::string first_answer, second_answer;
  std::optional<double> first, second;        // scores
  std::string first_verdict, second_verdict;  // kinds of what is no score
};

// The change of a judge's mean over a pool, as the reports give it, taken apart.
struct AttributedChange {
  std::string measure, system, condition;
  std::optional<double> first, second;  // the runs' means
  Attribution attribution;              // its shares add up to second - first
};

struct RunsCompared {
  ComparedName first, second;
  std::vector<MadeOtherwise> made_otherwise;
  RunComparison comparison;
  std::vector<AttributedChange> attributed;
  std::vector<MovedItem> moved;  // those that moved most, then those that lost or gained a score
  std::vector<std::string> notes;
};

// A night before this one.
struct EarlierNight {
  std::string when, run;  // ISO 8601; identity of the run
  std::string summary;
  std::optional<double> level;  // mean place of the declared measures on their scales, 0 to 1
};

// A declared measure over the nights that were compared with tonight's baseline, tonight the last.
struct Trend {
  struct Night {
    std::string when;                             // ISO 8601
    std::optional<double> difference, low, high;  // from the baseline
    std::string verdict;
  };
  std::string measure, system, condition;
  std::vector<Night> nights;
  std::vector<ChangePoint> changes;  // in the nights that have a difference, by their place among those
  std::size_t measured() const;      // how many have one
  const Night& night_of(const ChangePoint& change) const;  // the first one after it
};

// Of a night: what stands beside the comparison.
struct NightContext {
  double false_alarms_a_year = 0;  // expected at most, better or worse; half of them regressions
  double nights_a_year = 365;
  std::int64_t nights_before = 0;               // of this suite, in the store's history
  std::vector<MadeOtherwise> since_last_night;  // what changed between last night and this one
  std::vector<EarlierNight> earlier;            // the last ones, oldest first
  std::vector<Trend> trends;                    // over all nights with this baseline
  std::vector<std::string> failed;              // stages that failed this night
};

std::vector<Table> comparison_tables(const RunsCompared& compared);
std::string comparison_text(const RunsCompared& compared, const NightContext* night = nullptr);
std::string comparison_markdown(const RunsCompared& compared, const NightContext* night = nullptr);
Json comparison_json(const RunsCompared& compared, const NightContext* night = nullptr);

// As one page: what changed, plots of it and of the nights, the items that moved most with what was heard
// (`recordings`: paths by question). `command` makes it again.
std::string comparison_html(const RunsCompared& compared, const NightContext* night,
                            const std::map<std::string, std::string>& recordings, const std::string& command,
                            const HtmlOptions& options);
// The lines that stand above the tables, and what the writers show: the tables of a comparison and of its
// night.
std::vector<std::string> comparison_sentences(const RunsCompared& compared, const NightContext* night);
std::vector<Table> comparison_and_night_tables(const RunsCompared& compared, const NightContext* night);

// One test case a declared measure. <failure>: worse. <error>: nothing can be said (judge drift, not
// comparable) or a stage failed. <skipped>: too noisy.
std::string comparison_junit(const RunsCompared& compared, const NightContext& night);
// ::error for what is worse or could not be measured, ::warning for what is too noisy, ::notice for the rest.
std::string comparison_github(const RunsCompared& compared, const NightContext& night);

// One sentence: "worse: S30 (absent) ...; ..." or what there is.
std::string comparison_summary(const RunsCompared& compared);

}  // namespace undertone
