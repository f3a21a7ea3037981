// What our own files in JUDGE-BENCH's form say beyond that form. Internal to datasets/.
#pragma once

#include <vector>

#include "datasets/import_ratings.h"

namespace undertone {

// "raters" of an annotation: [{"name", "kind"[, "one_person", "resources"]}]; empty where it lists none.
std::vector<Rater> judge_bench_raters(const Json& annotation, double low, double high);
// "verdicts" of an instance's annotation, {RATER: [verdict, ...]}, by rater. Throws Error{data} for a rating
// outside the scale, for a rater that is not listed, and where
// "individual_human_scores" say something else.
std::vector<std::vector<Verdict>> judge_bench_cells(const Json* annotation, const std::vector<Rater>& raters);
// "item" of an instance: what the text of the instance quotes, apart, with system and cluster.
void read_item_facts(const Json& instance, RatedItem& item);

}  // namespace undertone
