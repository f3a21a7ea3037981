// Ratings that others made and published: items, and what each rater said of each. Every importer makes such
// tables, and judges are compared with humans on nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/audiobench.h"
#include "harness/core/nouns.h"
#include "harness/core/rater.h"

namespace undertone {

struct Rater {
  std::string name;
  RaterKind kind = RaterKind::judge;
  std::optional<double> low, high;  // ends of the scale, where known
  // A human's name stands for one person only where this is set; else it is a place in a list of ratings, and
  // raters of different items may be different people.
  bool one_person = false;
  std::vector<std::string> resources;  // shared with metrics: see Judge::resources()
};

struct RatedItem {
  std::string id;
  std::string cluster;                      // items of one source are dependent; "": the item by itself
  std::string system;                       // whose answer; may be ""
  std::string question, reference, answer;  // as far as known
  std::optional<double> correct;  // share of gold labels that the answer states, where labels are known
  // Chance in (0, 1] with which the item was drawn to be rated by humans; nothing where it is not known, as
  // with items that a person chose by no chance at all (`chosen`, written as null): those stand for no
  // others.
  std::optional<double> inclusion = std::nullopt;
  bool chosen = false;
};

struct RatingTable {
  std::string name;       // "newsroom", "ytb_pqa_batch1"
  std::string criterion;  // what is rated: "Fluency"; may be ""
  std::string source;
  std::vector<RatedItem> items;
  std::vector<Rater> raters;
  // cells[item * raters.size() + rater]: the rater's verdicts in order, several where it was asked more than
  // once, none where it was not asked. A rating that failed is the failure that it was.
  std::vector<std::vector<Verdict>> cells;
  std::vector<std::string> notes;  // what a reader of numbers from it must know

  const std::vector<Verdict>& at(std::size_t item, std::size_t rater) const {
    return cells[item * raters.size() + rater];
  }
  std::vector<Verdict>& at(std::size_t item, std::size_t rater) {
    return cells[item * raters.size() + rater];
  }
  std::size_t rater(std::string_view name) const;  // index; throws Error{data} listing the names
};

// ---- Importers. Each throws Error{data} with file and place for what is not as described; nothing is
// guessed.

// Generic JSONL, one rating per line, items in the order of their first line:
//   {"item": ID, "rater": NAME, "rating": NUMBER | null[, "verdict": {...}, "rater_kind": "human",
//   "criterion": TEXT,
//    "cluster", "system", "question", "reference", "answer": TEXT, "correct": 0..1, "inclusion": 0..1 | null,
//    "low", "high": NUMBER, "one_person": BOOL, "resources": [TEXT], "detail": why there is no rating]}
// Facts of an item or rater may stand on any of its lines, and must be the same on all. A second line of an
// item and rater is a further replicate. A rating outside [low, high] is an error. One table per criterion,
// in their order.
std::vector<RatingTable> import_ratings(const std::string& path);
std::vector<RatingTable> parse_ratings(std::string_view text, const std::string& file);
// Writes what import_ratings reads; stable bytes.
std::string write_ratings(std::span<const RatingTable> tables);

// JUDGE-BENCH (Bavaresco et al. 2024): {"dataset", "annotations": [{metric, category, worst, best}],
// "instances": [{id, instance, annotations: {METRIC: {individual_human_scores}}}]}. One table per graded or
// continuous metric; raters "human 1", ... are places in the list. Categorical metrics are left out with a
// note. Where the instances hold a source text under a heading "### Source", items of one source are a
// cluster. A file that a page of `human export` saved names its one rater, who keeps name and kind: a
// script's ratings do not become a human's on this way either.
std::vector<RatingTable> import_judge_bench(const std::string& path);
std::vector<RatingTable> parse_judge_bench(std::string_view text, const std::string& file);
// The same form, one metric per scale of the table's raters. individual_human_scores holds the first rating
// of each human and of nobody else; all raters' verdicts, failures by their kind, stand beside it under
// "verdicts" (raters by name under "raters", facts of the item under "item"), from which import_judge_bench
// reads the table back. Throws Error{data} for a rater without ends of its scale.
std::string write_judge_bench(const RatingTable& table);

// UniEval's results (Zhong et al. 2022): a list of {source, system_output, scores: {CRITERION: x},
// predict_scores: {CRITERION: y}[, reference, context, system_id, doc_id]}. Raters "human" (a mean over
// annotators: how many, and how far they agree, the file does not say) and "unieval". One table per criterion
// that both have.
std::vector<RatingTable> import_unieval(const std::string& path);
std::vector<RatingTable> parse_unieval(std::string_view text, const std::string& file);

// AudioBench's logs of one set, one table per scale (see infer_scale); items are answers, raters the judges.
// Verdicts are as logged: a failed one is a ParseFailure. Logs of unknown scale are left out with a note.
std::vector<RatingTable> import_audiobench(std::span<const RecordedLog> logs);

// Tells the formats apart: a folder of AudioBench logs (all its sets) or one log by its name, a JSON list
// (UniEval), any other file *.json (JUDGE-BENCH), else JSONL.
std::vector<RatingTable> import_any(const std::string& path);

}  // namespace undertone
