// Compliance for a terminal and as JSON.
#include <fmt/format.h>

#include <algorithm>

#include "harness/run/check.h"

namespace undertone {
namespace {

std::int64_t count(const std::vector<RuleFound>& found, RuleStatus status) {
  return std::count_if(found.begin(), found.end(), [&](const RuleFound& r) { return r.status == status; });
}

}  // namespace

std::string check_text(const std::vector<RuleFound>& found, const ComplianceFacts& facts,
                       const std::string& digest) {
  std::string out =
      fmt::format("run {} of suite {}, rules SHA-256 {}\n{} rules: {} kept, {} broken, {} cannot tell\n",
                  facts.identity.substr(0, 12), facts.suite, digest.substr(0, 12), found.size(),
                  count(found, RuleStatus::kept), count(found, RuleStatus::broken),
                  count(found, RuleStatus::cannot_tell));
  for (const RuleFound& r : found) {
    out += fmt::format("\n{:<12} {}: {}\n", to_string(r.status), r.rule.id, r.rule.what);
    if (r.status != RuleStatus::kept) out += fmt::format("{:<12} why it matters: {}\n", "", r.rule.why);
    for (const std::string& e : r.evidence) out += fmt::format("{:<12} - {}\n", "", e);
  }
  return out;
}

std::string check_json(const std::vector<RuleFound>& found, const ComplianceFacts& facts,
                       const std::string& digest) {
  Json out = Json::object({{"schema", "undertone.check"}, {"version", 1}});
  out["suite"] = facts.suite;
  out["run"] = facts.identity;
  out["rules_sha256"] = digest;
  Json rules = Json::array();
  for (const RuleFound& r : found) {
    Json one = Json::object({{"id", r.rule.id}, {"what", r.rule.what}, {"why", r.rule.why}});
    one["status"] = to_string(r.status);
    one["evidence"] = texts_json(r.evidence);
    rules.push_back(std::move(one));
  }
  out["rules"] = std::move(rules);
  return out.dump(1) + "\n";
}

}  // namespace undertone
