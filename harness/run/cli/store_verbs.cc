// store du, gc, verify.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/run/cli/verbs.h"
#include "harness/run/run.h"

namespace undertone {

void add_store_verbs(CLI::App& app, Action& action) {
  struct Arguments {
    std::string store;
    bool dry = false;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("store", "how much the store holds, what can go, whether it is sound");
  verb->require_subcommand(1);
  const auto add = [&](const char* name, const char* help) {
    CLI::App* sub = verb->add_subcommand(name, help);
    store_option(sub, a->store);
    return sub;
  };
  add("du", "bytes by stage")->callback([a, &action] {
    action = [a] {
      const Store store = Store::open(default_store(a->store), Store::Mode::read);
      std::int64_t total = 0;
      for (const auto& u : store.du()) {
        fmt::print("{:<14} {:>6} {:<9} {:>12.1f} MB\n", u.stage, u.artefacts,
                   u.stage == "(unfinished)" ? "folders" : "artefacts", static_cast<double>(u.bytes) / 1e6);
        total += u.bytes;
      }
      fmt::print("{:<14} {:>6} answers   {:>8} verdicts; {:.1f} MB in artefacts\n", "ledger",
                 store.count_answers(), store.count_verdicts(), static_cast<double>(total) / 1e6);
      return ExitCode::done;
    };
  });
  CLI::App* gc = add("gc", "remove artefacts and unfinished stages that no run uses");
  gc->add_flag("--dry-run", a->dry, "only say what would go");
  gc->callback([a, &action] {
    action = [a] {
      Store store = Store::open(default_store(a->store), Store::Mode::write);
      const auto gone = store.gc(a->dry);
      fmt::print("{} {} artefacts and {} unfinished stages that no run uses, {:.1f} MB\n",
                 a->dry ? "would remove" : "removed", gone.artefacts, gone.work_folders,
                 static_cast<double>(gone.bytes) / 1e6);
      return ExitCode::done;
    };
  });
  add("verify", "compare every artefact with its digest")->callback([a, &action] {
    action = [a] {
      const Store store = Store::open(default_store(a->store), Store::Mode::read);
      const auto faults = store.verify();
      for (const auto& f : faults) fmt::print("{}\n", f);
      fmt::print("{}\n", faults.empty() ? "sound" : fmt::format("{} faults", faults.size()));
      return faults.empty() ? ExitCode::done : ExitCode::failed;
    };
  });
}

}  // namespace undertone
