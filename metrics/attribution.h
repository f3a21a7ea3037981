// Which stage of an evaluation a change came from: artefacts are taken from the second run one at a time, and
// what that does to the mean is averaged over the orders in which they can be taken (Shapley 1953).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace undertone {

// What one item's verdict is when the stages of a coalition are the second run's and the others the first's.
struct SwappedVerdict {
  bool stored = false;          // known: it was given, or can be computed here
  std::optional<double> score;  // nothing where that verdict is no score
};

// Bit i of a coalition is stage i of `stages`. Coalition 0 is the first run, all bits the second one.
struct Swaps {
  std::vector<std::string> stages;  // those whose artefacts differ, at most 5
  std::vector<std::uint32_t> seed;  // of each item, dense: a mean is the mean over seeds of each seed's mean
  std::vector<std::vector<SwappedVerdict>> items;  // [item][coalition]
};

struct StageShare {
  std::string stage;  // one, or several that cannot be told apart: "judge + rubric"
  double change = 0;  // of the mean; the shares add up to the whole change
};

struct Attribution {
  std::vector<StageShare> shares;
  std::optional<double> first_mean, second_mean;  // over the items below
  std::int64_t items = 0, left_out = 0;           // left out: a verdict that a swap needs is not stored
  int orders = 0, orders_there = 0;               // ways from the first run to the second; those all of whose
                                                  // verdicts are there
  std::string
      reason;  // why there is none, or why some stages are taken together: "cannot be attributed: ..."
};

// A swap counts as there when at least `coverage` of the items have their verdict. Where not all orders are,
// those that are count alike; where none is, stages are taken together, as few as possible.
Attribution attribute_change(const Swaps& swaps, double coverage = 0.95);

}  // namespace undertone
