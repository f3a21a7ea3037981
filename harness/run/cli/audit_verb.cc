// audit: what somebody else's published verdicts can and cannot tell.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/run/cli/verbs.h"
#include "judges/audit/audiobench_audit.h"

namespace undertone {

void add_audit_verb(CLI::App& app, Action& action) {
  struct Arguments {
    std::string folder;
    bool json = false;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* audit = app.add_subcommand("audit", "read published verdicts again and say what they can tell");
  audit->require_subcommand(1);
  CLI::App* v = audit->add_subcommand("audiobench", "AudioBench's judge logs");
  v->add_option("DIR", a->folder, "folder that holds MODEL/SET_JUDGE_judge_score.json")->required();
  v->add_flag("--json", a->json, "everything, as JSON (with a list \"failures\")");
  v->callback([a, &action] {
    action = [a] {
      const audit::AudiobenchAudit found = audit::audit_audiobench_folder(a->folder);
      if (a->json)
        fmt::print("{}\n", audit::to_json(found).dump(1));
      else
        fmt::print("{}", audit::to_text(found));
      return ExitCode::done;
    };
  });
}

}  // namespace undertone
