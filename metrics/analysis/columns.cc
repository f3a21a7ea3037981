#include "metrics/analysis/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include "harness/core/ascii.h"
#include "harness/core/error.h"
#include "harness/core/fields.h"

namespace undertone::analysis {
namespace {

using Names = std::vector<std::string_view>;

struct RoleInfo {
  std::string_view name, summary;
  Names synonyms;
};

const RoleInfo& info(Role role) {
  static const std::map<Role, RoleInfo> table{
      {Role::system,
       {"system",
        "what is compared",
        {"system", "systemname", "model", "modelname", "modellabel", "policy", "variant", "candidate", "llm",
         "method", "template", "prompttemplate"}}},
      {Role::item,
       {"item",
        "the question that every system is asked",
        {"item", "itemid", "question", "questionid", "qid", "promptid", "input", "inputlabel", "inputid",
         "example", "exampleid", "sample", "sampleid", "case", "testcase", "utterance", "utteranceid",
         "id"}}},
      {Role::clip,
       {"clip",
        "what several items are about (a recording, a document, a conversation)",
        {"clip", "clipid", "audio", "audioid", "recording", "document", "documentid", "doc", "docid",
         "passage", "conversation", "conversationid", "dialogue", "dialogueid", "session", "sessionid",
         "cluster", "group"}}},
      {Role::speaker,
       {"speaker",
        "the highest unit: whom several clips come from",
        {"speaker", "speakerid", "spk", "author", "user", "userid", "unit"}}},
      {Role::seed,
       {"seed",
        "the run of a system: training seed or repeated decoding",
        {"seed", "run", "runid", "trial", "repeat", "repetition", "epoch", "replicate", "attempt"}}},
      {Role::judge,
       {"judge", "who gave the score", {"judge", "judgename", "evaluator", "grader", "rater", "annotator"}}},
      {Role::score,
       {"score",
        "the judge's verdict",
        {"score", "judgescore", "judgerating", "judgepassed", "judgeverdict", "verdict", "rating", "grade",
         "value", "result", "reward", "passed", "correct", "accuracy"}}},
      {Role::human,
       {"human",
        "a human's rating of the same answer, where there is one",
        {"human", "humanscore", "humanrating", "humanlabel", "humanpassed", "gold", "goldscore", "goldlabel",
         "oracle", "oraclelabel", "expert", "expertscore", "groundtruth"}}},
      {Role::weight, {"weight", "how much the item counts", {"weight", "itemweight", "weights"}}},
      {Role::inclusion,
       {"inclusion",
        "chance with which the row was drawn for human rating",
        {"inclusion", "inclusionprobability", "propensity", "labelpropensity", "samplingprobability"}}},
      {Role::answer,
       {"answer",
        "the text that was judged; its length in words becomes a covariate",
        {"answer", "response", "output", "completion", "generation", "answertext", "responsetext"}}},
  };
  return table.at(role);
}

std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)))
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Roles in the order in which they choose among the columns.
constexpr std::array kOrder{Role::score,     Role::human,   Role::item,  Role::system,
                            Role::clip,      Role::speaker, Role::seed,  Role::judge,
                            Role::inclusion, Role::weight,  Role::answer};

bool all_numbers(const TextColumn& column) {
  bool any = false;
  for (std::size_t i = 1; i < column.texts.size(); ++i) {
    if (is_missing(column.texts[i])) continue;
    if (!number_of(column.texts[i])) return false;
    any = true;
  }
  return any;
}

}  // namespace

std::string_view to_string(Role role) { return info(role).name; }
std::string_view summary(Role role) { return info(role).summary; }
const std::vector<std::string_view>& synonyms(Role role) { return info(role).synonyms; }

bool is_missing(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > 4) return false;
  const std::string t = lower(text);
  return t == "na" || t == "n/a" || t == "null" || t == "none" || t == "-";
}

std::optional<double> number_of(std::string_view text) {
  const std::string_view given = text;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  if (error == std::errc::result_out_of_range && end == text.data() + text.size())
    return std::numeric_limits<double>::infinity();
  if (given.size() > 9) return std::nullopt;
  const std::string t = lower(given);
  if (t == "true" || t == "yes" || t == "pass" || t == "passed" || t == "correct" || t == "right") return 1;
  if (t == "false" || t == "no" || t == "fail" || t == "failed" || t == "incorrect" || t == "wrong") return 0;
  return std::nullopt;
}

Columns understand(const TextTable& table, const std::map<Role, std::string>& said) {
  Columns out;
  std::vector<std::string> names;
  for (const TextColumn& c : table.columns) names.push_back(c.name);
  std::map<std::size_t, Role> taken;
  std::set<Role> absent;
  for (const auto& [role, name] : said) {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end() && name == "none") {
      absent.insert(role);
      continue;
    }
    if (at == names.end()) {
      const std::string nearest = nearest_of(name, names);
      throw Error(ErrorKind::usage,
                  fmt::format("there is no column '{}' for --{}{}", name, to_string(role),
                              nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)),
                  table.file, fmt::format("its columns are {}", fmt::join(names, ", ")));
    }
    const auto column = static_cast<std::size_t>(at - names.begin());
    if (const auto other = taken.find(column); other != taken.end())
      throw Error(ErrorKind::usage,
                  fmt::format("the column '{}' is said to be both {} and {}", name, to_string(other->second),
                              to_string(role)),
                  table.file, "give each role a column of its own");
    taken[column] = role;
    out.of[role] = column;
    out.how[role] = "as said";
  }
  for (const Role role : kOrder) {
    if (out.of.contains(role) || absent.contains(role)) continue;
    for (const std::string_view synonym : synonyms(role)) {
      const auto at = std::find_if(names.begin(), names.end(), [&](const std::string& n) {
        return plain(n) == synonym && !taken.contains(static_cast<std::size_t>(&n - names.data()));
      });
      if (at == names.end()) continue;
      const auto column = static_cast<std::size_t>(at - names.begin());
      taken[column] = role;
      out.of[role] = column;
      out.how[role] = "by its name";
      break;
    }
  }
  // "prompt" is what is compared where items have a column of their own, else it is the item.
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (plain(names[i]) != "prompt" || taken.contains(i)) continue;
    const Role role = out.of.contains(Role::item) ? Role::system : Role::item;
    if (out.of.contains(role) || absent.contains(role)) continue;
    taken[i] = role;
    out.of[role] = i;
    out.how[role] = "by its name";
  }
  if (!out.of.contains(Role::score))
    throw Error(ErrorKind::data, "no column holds scores", table.file,
                fmt::format("name it with --score COLUMN; the columns are {}", fmt::join(names, ", ")));
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (taken.contains(i)) continue;
    if (all_numbers(table.columns[i]))
      out.covariates.push_back(i);
    else
      out.left_out.push_back(names[i] + ": neither known by its name nor a number in every row");
  }
  return out;
}

}  // namespace undertone::analysis
