// check: whether a run kept the rules that make its comparisons mean what they say.
#include <fmt/format.h>
#include <algorithm>
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/run/check.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/rerun.h"
#include "harness/run/run.h"

namespace undertone {
namespace {

struct Arguments {
  std::string run, store, rules;
  bool json = false;
};

ExitCode check(const Arguments& a) {
  const std::string path =
      a.rules.empty() ? find_installation().suites() + "/rules/compliance.json" : a.rules;
  const RulesRead rules = read_rules(path, known_checks());
  throw_problems(rules.problems, "the file of rules");
  const std::string store = default_store(a.store), folder = run_or_suite_folder(a.run, store);
  const ComplianceFacts facts = compliance_facts(folder, store);
  const std::vector<RuleFound> found = check_rules(rules.rules, facts);
  fmt::print("{}", a.json ? check_json(found, facts, rules.digest) : check_text(found, facts, rules.digest));
  const bool broken = std::any_of(found.begin(), found.end(),
                                  [](const RuleFound& r) { return r.status == RuleStatus::broken; });
  return broken ? ExitCode::gate_failed : ExitCode::done;
}

}  // namespace

void add_check_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<Arguments>();
  CLI::App* v = app.add_subcommand(
      "check", "whether a run kept the rules of a fair comparison; exit code 100 when one is broken");
  v->add_option("RUN", a->run, "a suite that ran, or the folder, tag or hash prefix of a run")->required();
  v->add_option("--rules", a->rules, "a file of rules (default: suites/rules/compliance.json)");
  v->add_flag("--json", a->json, "as JSON");
  store_option(v, a->store);
  v->callback([a, &action] { action = [a] { return check(*a); }; });
}

}  // namespace undertone
