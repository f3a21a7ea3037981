// Which column of a table is what: by name, or as the user says.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/analysis/text_table.h"

namespace undertone::analysis {

enum class Role { system, item, clip, speaker, seed, judge, score, human, weight, inclusion, answer };
inline constexpr std::array kRoles{Role::system, Role::item,      Role::clip,  Role::speaker,
                                   Role::seed,   Role::judge,     Role::score, Role::human,
                                   Role::weight, Role::inclusion, Role::answer};
std::string_view to_string(Role role);
// What the role means, in one line.
std::string_view summary(Role role);
// Names that are understood, in the order of preference, lower case without spaces, dashes and underscores.
const std::vector<std::string_view>& synonyms(Role role);

struct Columns {
  std::map<Role, std::size_t> of;       // index into TextTable::columns
  std::map<Role, std::string> how;      // "by its name" or "as said"
  std::vector<std::size_t> covariates;  // numeric columns without a role
  std::vector<std::string> left_out;    // "comment: not a number", one a column
  std::optional<std::size_t> find(Role role) const {
    const auto at = of.find(role);
    return at == of.end() ? std::nullopt : std::optional(at->second);
  }
};

// `said` maps a role to the name of a column, or to "none": the role is not there whatever the names are.
// Throws Error{usage} for a column that is said and not there (naming the nearest one) or said for two roles;
// Error{data} where no column holds scores.
Columns understand(const TextTable& table, const std::map<Role, std::string>& said);

// A cell as a number: decimal notation, or a verdict in words (true/false, yes/no, pass/fail,
// correct/incorrect, right/wrong as 1/0). Nothing for a text that is neither. `missing` texts (empty, NA,
// N/A, null, none, -) are nothing there.
bool is_missing(std::string_view text);
std::optional<double> number_of(
    std::string_view text);  // may be infinite or not a number: callers refuse those

}  // namespace undertone::analysis
