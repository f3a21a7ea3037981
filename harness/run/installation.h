// Where the programs, shipped suites and report assets of this installation are.
#pragma once

#include <string>

namespace undertone {

struct Installation {
  std::string root;      // source tree: UNDERTONE_ROOT (the launcher sets it), else found above the program
  std::string programs;  // folder of undertone, undertone-model, undertone-synth
  std::string suites() const { return root + "/suites"; }
  std::string report_assets() const { return root + "/reports/assets"; }
  std::string pins() const { return root + "/harness/weights/pins.json"; }
  std::string model_program() const { return programs + "/undertone-model"; }
  std::string synth_program() const { return programs + "/undertone-synth"; }
};

// Throws Error{io} when the source tree cannot be found.
Installation find_installation();

}  // namespace undertone
