// Questions to judge, and the number that a verdict holds.
#pragma once

#include <string>
#include <variant>

#include "harness/core/nouns.h"

namespace undertone::test {

// Throws std::bad_variant_access unless the verdict is scored.
inline double value(const Verdict& verdict) { return std::get<Scored>(verdict).value; }

inline Question asked(const std::string& reference) {
  Question q;
  q.id = "q";
  q.text = "question?";
  q.reference = reference;
  return q;
}

}  // namespace undertone::test
