// The texts of rubrics/*.json, compiled into the program by judges/CMakeLists.txt.
#pragma once

#include <span>
#include <string_view>

namespace undertone {

extern const std::string_view kGradedRubricText;  // rubrics/graded.json, of the judge "rubric"

struct ShippedRubric {
  std::string_view name, text;
};
std::span<const ShippedRubric> shipped_rubric_texts();  // prompts of LLM judges

}  // namespace undertone
