// Who gives a rating: what may stand as human evidence, and what may not.
#pragma once

#include <string_view>

namespace undertone {

enum class RaterKind {
  human,
  judge,    // a language model that reads
  metric,   // computed from the texts
  trivial,  // a floor
  script,   // a machine in a human's place (tests of rating pages): never counted as human
};
std::string_view to_string(RaterKind kind);
RaterKind rater_kind_from(std::string_view name);  // throws Error{data} listing the names

}  // namespace undertone
