#include "harness/run/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "harness/core/error.h"
#include "harness/run/check_parts.h"

namespace undertone {

RuleFound checks::Result::found(const ComplianceRule& rule) const {
  constexpr std::size_t most = 8;
  RuleFound out{rule, RuleStatus::kept, seen_};
  if (!unknown_.empty()) out = {rule, RuleStatus::cannot_tell, unknown_};
  if (!breaches_.empty()) out = {rule, RuleStatus::broken, breaches_};
  if (out.evidence.size() > most) {
    const std::size_t more = out.evidence.size() - most;
    out.evidence.resize(most);
    out.evidence.push_back(fmt::format("and {} more", more));
  }
  return out;
}

namespace {

using namespace checks;

using Check = void (*)(const ComplianceRule&, const Facts&, Result&);
const std::vector<std::pair<std::string, Check>>& all_checks() {
  static const std::vector<std::pair<std::string, Check>> all{
      {"seeds-distinct", seeds_distinct},    {"clips-apart", clips_apart},
      {"speakers-apart", speakers_apart},    {"wordings-apart", wordings_apart},
      {"prompts-equal", prompts_equal},      {"steps-equal", steps_equal},
      {"tokens-equal", tokens_equal},        {"judge-apart", judge_apart},
      {"items-equal", items_equal},          {"coverage", coverage},
      {"digests-known", digests_known},      {"licences-known", licences_known},
      {"controls-present", controls_present}};
  return all;
}

}  // namespace

const char* to_string(RuleStatus status) {
  return status == RuleStatus::kept ? "kept" : status == RuleStatus::broken ? "broken" : "cannot tell";
}

std::string model_family(const std::string& model) {
  std::string out;
  for (const char c :
       model.substr(model.find_last_of('/') == std::string::npos ? 0 : model.find_last_of('/') + 1)) {
    if (!std::isalpha(static_cast<unsigned char>(c))) break;
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

std::vector<std::string> known_checks() {
  std::vector<std::string> out;
  for (const auto& [id, check] : all_checks()) out.push_back(id);
  return out;
}

std::vector<RuleFound> check_rules(const std::vector<ComplianceRule>& rules, const ComplianceFacts& facts) {
  std::vector<RuleFound> out;
  for (const ComplianceRule& rule : rules) {
    const auto at = std::find_if(all_checks().begin(), all_checks().end(),
                                 [&](const auto& c) { return c.first == rule.id; });
    if (at == all_checks().end())
      throw Error(ErrorKind::internal, fmt::format("there is no check '{}'", rule.id));
    Result result;
    at->second(rule, facts, result);
    out.push_back(result.found(rule));
  }
  return out;
}

}  // namespace undertone
