// tape: a run's verdicts as one file, its tables from that file, and how a judge differs between two.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/core/files.h"
#include "harness/run/canary.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/compare.h"
#include "harness/run/rejudge.h"
#include "harness/run/tape.h"

namespace undertone {
namespace {

struct TapeArguments {
  std::string run, tape, other, store, out, judge, other_judge;
  AnchorChoice anchors;
  bool json = false;
};

ExitCode anchors_to_file(const TapeArguments& a) {
  const Installation here = find_installation();
  const std::string store = default_store(a.store);
  const RunSide side = open_side(a.run, here, store);
  const std::vector<Anchor> anchors = draw_anchors(side.tape, a.anchors);
  const bool heard = std::any_of(anchors.begin(), anchors.end(),
                                 [](const Anchor& one) { return !one.audio_sha256.empty(); });
  freeze_anchors(anchors, heard ? recordings_of({&side}, here, store) : std::map<std::string, std::string>{},
                 a.out);
  fmt::print("{}: {} anchors; name it in a suite's \"canary\"\n", a.out, anchors.size());
  return ExitCode::done;
}

ExitCode export_tape(const TapeArguments& a) {
  const std::string folder = default_store(a.store);
  Store store = Store::open(folder, Store::Mode::read);
  const Installation here = find_installation();
  const StoredRun run = open_stored_run(a.run, here, store);
  const Tape tape = make_tape(*run.pipeline, run.execution, store);
  const std::string path = a.out.empty() ? run.folder + "/tape.jsonl" : a.out;
  write_file_atomically(path, write_tape(tape));
  fmt::print("{}: {} answers, {} verdicts\n", path, tape.inputs->rows.size(), tape.verdicts.size());
  return ExitCode::done;
}

ExitCode import_tape(const TapeArguments& a) {
  Tape tape = read_tape(a.tape);
  if (!a.store.empty()) {
    Store store = Store::open(a.store, Store::Mode::write);
    const std::int64_t fresh = import_verdicts(tape, store);
    fmt::print("{}: {} verdicts, {} of them new to the store\n", a.store, tape.verdicts.size(), fresh);
  }
  if (a.out.empty()) return ExitCode::done;
  const ReportData data = finish_report(std::move(tape.inputs), 1);
  write_reports(data, find_installation(), a.out);
  fmt::print("report: {}/report.html\n", a.out);
  return ExitCode::done;
}

ExitCode diff(const TapeArguments& a) {
  const auto drifts = tape_diff(read_tape(a.tape), read_tape(a.other), a.judge, a.other_judge);
  Json all = Json::array();
  for (const JudgeDrift& d : drifts) {
    if (a.json)
      all.push_back(to_json(d));
    else
      fmt::print("{}", to_text(d));
  }
  if (a.json) fmt::print("{}\n", all.dump(1));
  return ExitCode::done;
}

}  // namespace

void add_tape_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<TapeArguments>();
  CLI::App* tape =
      app.add_subcommand("tape", "a run's verdicts as one file from which its tables are made again");
  tape->require_subcommand(1);
  CLI::App* out =
      tape->add_subcommand("export", "write a run's answers and verdicts, with keys and raw replies");
  out->add_option("RUN", a->run, "folder, tag or hash prefix of a run")->required();
  out->add_option("--out", a->out, "the file (default: tape.jsonl beside the run's report)");
  store_option(out, a->store);
  out->callback([a, &action] { action = [a] { return export_tape(*a); }; });
  CLI::App* in =
      tape->add_subcommand("import", "make the tables from a tape; needs no model, data or server");
  in->add_option("TAPE", a->tape, "the file")->required();
  CLI::Option* folder = in->add_option("--out", a->out, "folder of the report that is made again");
  in->add_option("--store", a->store, "put the verdicts into this store, where a run finds them");
  in->callback([a, folder, &action] {
    if (folder->empty() && a->store.empty()) throw CLI::RequiredError("--out or --store");
    action = [a] { return import_tape(*a); };
  });
  CLI::App* freeze = tape->add_subcommand(
      "anchors", "freeze what a run's judges said of some answers, for the canary of suites to come");
  freeze->add_option("RUN", a->run, "folder, tag or hash prefix of a run; or a tape")->required();
  freeze->add_option("--out", a->out, "the file of anchors")->required();
  freeze->add_option("--judge", a->anchors.judges, "these judges (default: all that are models)");
  freeze->add_option("--items", a->anchors.items, "answers a judge, drawn by chance")
      ->check(CLI::Range(kFewestAnchors, std::int64_t{1000000}));
  store_option(freeze, a->store);
  freeze->callback([a, &action] { action = [a] { return anchors_to_file(*a); }; });
  CLI::App* d = tape->add_subcommand("diff", "how a judge differs between two tapes, on what both hold");
  d->add_option("FIRST", a->tape, "the earlier tape")->required();
  d->add_option("SECOND", a->other, "the later tape")->required();
  d->add_option("--judge", a->judge, "only this judge of the first tape");
  d->add_option("--other", a->other_judge, "and this one of the second (default: the same name)");
  d->add_flag("--json", a->json, "as JSON");
  d->callback([a, &action] { action = [a] { return diff(*a); }; });
}

}  // namespace undertone
