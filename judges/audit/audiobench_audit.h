// What AudioBench's published judge logs can and cannot tell. A log holds the score of a whole set of items
// but only its first rows, and counts a verdict that failed to parse as 0. The audit reads every reply again,
// works out what the published mean would be without those zeros, compares verdicts on identical answers, and
// ranks nothing across scales.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/audiobench.h"
#include "judges/audit/fraction.h"
#include "metrics/statistics/interval.h"

namespace undertone::audit {

// A verdict that the log counts as failed, or whose reply says something else than was recorded.
struct FailedVerdict {
  std::string file;
  int index = 0;
  std::optional<double> recorded;  // none: the log gives no number for it
  bool success = false;            // as logged
  std::optional<double> legible;  // the one rating that the reply holds on the file's scale (judges/rating.h)
  std::string why;                // where it holds none
};

// Means on the scale of the ratings.
struct KeptRows {
  std::int64_t rows = 0, scored = 0;  // scored: parsed as logged
  std::int64_t failed = 0, legible = 0;
  std::int64_t zeros = 0, zeros_failed = 0;  // recorded zeros, and how many of them are failures
  std::optional<double> mean_recorded;       // failures as 0 where the log has them so
  std::optional<double> mean_scored;         // failures left out
  std::optional<double> mean_reread;         // with what is legible
  std::optional<double> worst, best;         // what stays illegible at either end of the scale
};

// Published scores run from 0 to 100.
struct PublishedScore {
  std::optional<double> score, success_rate;
  std::optional<Fraction> mean;     // the mean rating behind the score
  std::optional<Fraction> success;  // behind the success rate
  // The set has a multiple of this many items, and at least `items`: the smallest one that is not below the
  // kept rows.
  std::optional<std::int64_t> multiple_of, items;
  std::optional<std::int64_t>
      failed;  // of `items`; with m times as many items there are m times as many failures
  // Were failures counted as 0 or left out? The smallest sets under which both fractions can arise.
  std::optional<std::int64_t> items_if_zero, items_if_left_out;
  std::string zeros;  // "counted as 0", "left out", "undecided", "no failures", "unknown"
  std::optional<double> without_failures;  // mean of the verdicts that parsed
  std::optional<double> worst, best;       // whatever the failures would have been, for any number of items
  std::optional<double> worst_with_legible, best_with_legible;  // with the legible ones, for `items` items
  std::map<std::string, std::optional<Fraction>> tasks;         // of parts of the set
};

struct FileAudit {
  std::string file, model, set, judge;
  std::optional<Scale> scale;
  std::string scale_reason;
  KeptRows kept;
  PublishedScore published;
};

struct RankedModel {
  std::string model;
  double score = 0;  // as published
  std::optional<double> worst, best;
  bool certain = true;  // no failure of this model or the next could exchange them
};
// Models by one judge on one set. Only those on one scale stand in one order.
struct Ranking {
  std::string set, judge;
  bool refused = false;  // scales differ or are unknown: there is no order over all
  std::string reason;
  std::map<std::string, std::vector<RankedModel>> by_scale;
  std::optional<std::int64_t> common_items;  // a number of items that all files could have
  std::string items_note;                    // where that is far more than each needs by itself
};

// A judge's verdicts on identical question, reference and answer (of any model, in any file), by pairs.
struct SelfAgreement {
  std::string judge, scale;
  std::int64_t triples = 0, pairs = 0, differ = 0;  // triples: with at least two verdicts
  std::int64_t differ_recorded = 0;                 // of the scores as logged: failures count as zeros there
  std::optional<double> share, mean_difference;
  double largest = 0;
  statistics::Interval interval;  // of the share, triples resampled
};

// Two judges on the same rows: the same question, reference and answer at the same place.
struct JudgePair {
  std::string first, second, scale, set;  // set "": all
  std::int64_t items = 0, both_scored = 0, equal = 0;
  std::optional<double> mean_difference;  // first - second
  statistics::Interval interval;          // clustered by question
  std::optional<double> quadratic_kappa, spearman, kendall, alpha;
  std::string reason;
};

struct AudiobenchAudit {
  std::vector<FileAudit> files;
  std::vector<FailedVerdict> failures;
  std::vector<Ranking> rankings;
  std::vector<SelfAgreement> self;
  std::vector<JudgePair> judges;
  std::int64_t rows = 0;
  std::int64_t other_answers = 0;  // rows at the same place whose texts differ: nothing to compare
  std::int64_t other_scales = 0;   // same answers, but judged on two scales
  std::vector<std::string> unknowable;
  std::vector<std::string> warnings;
};

// `file` names become relative to `folder`.
AudiobenchAudit audit_audiobench(std::span<const RecordedLog> logs, const std::string& folder);
AudiobenchAudit audit_audiobench_folder(const std::string& folder);

Json to_json(const AudiobenchAudit& audit);
std::string to_text(const AudiobenchAudit& audit);  // for a terminal

// One verdict read again by the grammar of judges/rating.h.
Verdict read_again(const RecordedRow& row, const Scale& scale);
// Parts of the audit.
FileAudit audit_file(const RecordedLog& log, const std::string& file, std::vector<FailedVerdict>& failures);
std::vector<Ranking> rank_models(std::span<const FileAudit> files);
void compare_verdicts(std::span<const RecordedLog> logs, AudiobenchAudit& audit);
std::vector<std::string> unknowable(const AudiobenchAudit& audit);

}  // namespace undertone::audit
