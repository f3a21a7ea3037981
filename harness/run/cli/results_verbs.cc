// measure and runs: what finished runs say.
#include <fmt/format.h>
#include <fnmatch.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/core/nouns.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/rerun.h"
#include "harness/run/run.h"

namespace undertone {
namespace {

ExitCode measure(const std::string& run, const std::string& store, const std::string& tag, bool json) {
  const Json report = read_json_file(run_folder(run, store) + "/report.json");
  Json chosen = Json::array();
  for (const Json& e : report.at("estimates").elements())
    if (tag.empty() || ::fnmatch(tag.c_str(), e.at("tag").as_string().c_str(), 0) == 0) chosen.push_back(e);
  const auto nothing = [&] {
    fmt::print(stderr, "undertone: no tag matches '{}'\n  mend: 'undertone measure RUN' lists them all\n",
               tag);
    return ExitCode::failed;
  };
  if (json) {  // also an empty list: whoever reads it gets JSON, and the exit code says the rest
    fmt::print("{}\n", chosen.dump(1));
    return chosen.size() > 0 ? ExitCode::done : nothing();
  }
  const auto number = [](const Json& v) {
    return v.is_number() ? fmt::format("{:.4g}", v.as_double()) : std::string("-");
  };
  for (const Json& e : chosen.elements())
    fmt::print("{}  {}{}  {}  {} [{}, {}]  n={} scored {}/{}{}\n", e.at("tag").as_string(),
               e.get("system", ""), e.get("baseline", "").empty() ? "" : " - " + e.get("baseline", ""),
               e.get("test_condition", ""), number(e.at("value")), number(e.at("low")), number(e.at("high")),
               e.at("n").as_int(), e.at("scored").as_int(), e.at("asked").as_int(),
               e.at("reason").is_string() && !e.at("reason").as_string().empty()
                   ? "  (" + e.at("reason").as_string() + ")"
                   : "");
  return chosen.size() > 0 ? ExitCode::done : nothing();
}

RunRow the_run(const Store& store, const std::string& name) {
  if (auto found = store.find_run(name)) return *found;
  throw Error(ErrorKind::usage, fmt::format("there is no run '{}'", name), store.folder(),
              "'undertone runs list' lists them");
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ",") + w;
  return out;
}

}  // namespace

void add_results_verbs(CLI::App& app, Action& action) {
  struct Arguments {
    std::string run, store, tag;
    bool json = false;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* m = app.add_subcommand("measure", "print a run's estimates");
  m->add_option("RUN", a->run, "folder, tag or hash prefix of a run")->required();
  m->add_option(
      "--tag", a->tag,
      "only tags that match this pattern, e.g. 'cpqa/*/judge:rubric/mean'; exit code 1 when none does");
  m->add_flag("--json", a->json, "as JSON: a list of estimates as in report.json, [] when no tag matches");
  store_option(m, a->store);
  m->callback(
      [a, &action] { action = [a] { return measure(a->run, default_store(a->store), a->tag, a->json); }; });

  CLI::App* runs = app.add_subcommand("runs", "list, show, tag and remove runs");
  runs->require_subcommand(1);
  CLI::App* list = runs->add_subcommand("list", "every run that the store knows");
  store_option(list, a->store);
  list->callback([a, &action] {
    action = [a] {
      const Store store = Store::open(default_store(a->store), Store::Mode::read);
      for (const RunRow& r : store.runs())
        fmt::print("{}  {}  {:<12} {:<12} {}  {}\n", r.id.substr(0, 12), r.created, r.suite, r.state,
                   r.folder, joined(r.tags));
      return ExitCode::done;
    };
  });
  CLI::App* show = runs->add_subcommand("show", "one run");
  show->add_option("RUN", a->run, "folder, tag or hash prefix")->required();
  store_option(show, a->store);
  show->callback([a, &action] {
    action = [a] {
      const Store store = Store::open(default_store(a->store), Store::Mode::read);
      const RunRow r = the_run(store, a->run);
      fmt::print("identity {}\nsuite    {}\nstate    {}\ncreated  {}\nfolder   {}\ntags     {}\n", r.id,
                 r.suite, r.state, r.created, r.folder, joined(r.tags));
      return ExitCode::done;
    };
  });
  CLI::App* tag = runs->add_subcommand("tag", "give a run a name of your own");
  tag->add_option("RUN", a->run, "folder, tag or hash prefix")->required();
  tag->add_option("TAG", a->tag, "the name")->required();
  store_option(tag, a->store);
  tag->callback([a, &action] {
    action = [a] {
      Store store = Store::open(default_store(a->store), Store::Mode::write);
      store.tag(the_run(store, a->run).id, a->tag);
      return ExitCode::done;
    };
  });
  CLI::App* rm = runs->add_subcommand("rm", "forget a run; 'store gc' then frees what only it used");
  rm->add_option("RUN", a->run, "folder, tag or hash prefix")->required();
  store_option(rm, a->store);
  rm->callback([a, &action] {
    action = [a] {
      Store store = Store::open(default_store(a->store), Store::Mode::write);
      const RunRow r = the_run(store, a->run);
      store.remove_run(r.id);
      fmt::print("forgot {} ({}); its report stays in {}\n", r.id.substr(0, 12), r.suite, r.folder);
      return ExitCode::done;
    };
  });
}

}  // namespace undertone
