// The text of rubrics/graded.json, compiled into the program by judges/CMakeLists.txt.
#pragma once

#include <string_view>

namespace undertone {

extern const std::string_view kGradedRubricText;

}  // namespace undertone
