// Intervals and tests as the reports use them, applied to one simulated sample.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/ratings.h"

namespace undertone::simulation {

// Of one sample: whether an interval held the truth, or a test rejected; nothing where it gave no answer.
struct Hit {
  std::optional<bool> hit;
  double width = 0;  // of the interval
};

// Several methods on the same samples of one kind of statistic.
struct Procedure {
  std::string name;                  // "relative gain"
  std::vector<std::string> methods;  // the first is what the reports use
  bool seeds = false;                // whether it is simulated with several seeds
  bool test = false;                 // whether it counts rejections
  std::size_t most_clips = 480;      // costly ones are left out above this
  std::function<std::vector<Hit>(const Cell&, Stream&, int resamples)> run;
};
const std::vector<Procedure>& procedures();

}  // namespace undertone::simulation
