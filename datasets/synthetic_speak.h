// Runs undertone-synth over a plan, in parallel processes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/json.h"

namespace undertone {

// Starts `workers` processes `program --plan PLAN --out FOLDER --only i/workers` and gives the lines that
// they print, in no particular order. `progress` is told how many lines there are so far. Throws Error{data}
// with the end of the program's messages when one fails; the others are then ended too.
std::vector<Json> run_synthesiser(const std::string& program, const std::string& plan,
                                  const std::string& folder, int workers,
                                  const std::function<void(std::int64_t)>& progress);

}  // namespace undertone
