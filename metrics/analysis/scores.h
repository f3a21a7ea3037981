// Scores of systems on items, checked and numbered: what every analysis reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/analysis/columns.h"

namespace undertone::analysis {

// One judged answer. Numbers are places in the sorted lists of names below.
struct ScoreRow {
  std::uint32_t judge = 0, system = 0, item = 0, seed = 0;
  std::uint32_t row = 0;        // of the file
  std::optional<double> score;  // nothing: asked and not scored
  std::optional<double> human;
  double weight = 1, inclusion = 1;
};

struct Scale {
  double low = 0, high = 1;
  bool guessed = false;
};

struct Scores {
  std::string file;
  std::vector<std::string> systems, items, seeds, judges;  // sorted; items as "speaker / clip / item"
  std::vector<std::uint32_t> item_clip, item_unit;  // per item; the unit is the highest that the file knows
  std::size_t clips = 0, units = 0;
  std::string unit = "item";  // what a unit is: "speaker", "clip" or "item"
  bool has_clips = false, has_speakers = false, has_seeds = false, weighted = false, has_human = false;
  bool items_are_rows = false;  // no column tells items apart: each row is one, nothing can be paired
  std::vector<ScoreRow> rows;   // by judge, system, item, seed
  std::optional<Scale> scale;   // nothing: neither said nor to be guessed
  struct Covariate {
    std::string name;
    std::vector<std::optional<double>> value;  // per row of the file
  };
  std::vector<Covariate> covariates;
  std::vector<std::string> notes;  // what was assumed

  // Rows of one judge and system.
  std::span<const ScoreRow> of(std::size_t judge, std::size_t system) const;
  std::vector<std::size_t> starts;  // [judge * systems + system], one more at the end
};

struct ScoreOptions {
  std::optional<Scale> scale;         // a score outside is an error
  std::string unit;                   // "speaker", "clip" or "item": instead of the highest that is there
  bool repeats = false;               // rows that nothing tells apart are runs, in the file's order
  std::string human_judge = "human";  // rows of this judge are human ratings where there is no human column
};

// Throws Error{data} naming file, line and mend: a score, rating, weight or covariate that is no number or
// not finite, a score outside the scale, a weight below zero, weights of a system that sum to zero, an
// inclusion outside (0, 1], two rows that nothing tells apart (both lines named), an empty system, item, clip
// or speaker, no score at all; Error{usage} for a unit that the file does not have.
Scores read_scores(const TextTable& table, const Columns& columns, const ScoreOptions& options);

}  // namespace undertone::analysis
