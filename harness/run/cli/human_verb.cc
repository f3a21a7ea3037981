// human: a page on which people rate a run's answers, and what they saved.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/run/cli/verbs.h"
#include "harness/run/human.h"
#include "harness/run/run.h"

namespace undertone {
namespace {

struct HumanArguments {
  std::string run, store, out, file;
  HumanExportOptions options;
  bool pairs = false, qa = false, script = false;
};

void add_export(CLI::App& human, const std::shared_ptr<HumanArguments>& a, Action& action) {
  CLI::App* v =
      human.add_subcommand("export", "write one blind page that plays the clips and needs no network");
  HumanExportOptions& o = a->options;
  v->add_option("RUN", a->run, "folder, tag or hash prefix of a run")->required();
  CLI::Option* items = v->add_option("--items", o.items, "how many items are drawn")->capture_default_str();
  items->check(CLI::Range(std::int64_t{1}, std::int64_t{100000}));
  CLI::Option* pairs = v->add_flag("--pairs", a->pairs, "two variants' answers side by side, with ties");
  CLI::Option* qa = v->add_flag("--qa", a->qa, "questions with their reference answers: are they any good?");
  pairs->excludes(qa);
  v->add_option("--seed", o.seed, "of the draw, the order and the sides")->capture_default_str();
  v->add_option("--raters", o.raters, "how many people rate (default: 1; of pairs: 2)")
      ->check(CLI::Range(1, 100));
  v->add_option("--overlap", o.overlap, "share of the items that every rater rates")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  v->add_option("--rubric", o.rubric, "shipped rubric on whose scale answers are rated")
      ->capture_default_str();
  v->add_option("--systems", o.systems,
                "whose answers; of pairs: the two variants (default: the first contrast)");
  v->add_option("--conditions", o.conditions, "metadata at test; of pairs: one for both, or one a variant");
  v->add_option("--items-file", o.items_file,
                "chosen items: JSONL of {\"item\": ID, \"inclusion\": CHANCE | null}")
      ->excludes(items);
  v->add_option("--out", a->out, "the page (default: human/EXPORT.html beside the run's report)");
  store_option(v, a->store);
  v->callback([a, &action] {
    a->options.task = a->pairs ? HumanTask::pairs : a->qa ? HumanTask::qa : HumanTask::ratings;
    action = [a] { return export_human_page(a->run, default_store(a->store), a->options, a->out); };
  });
}

}  // namespace

void add_human_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<HumanArguments>();
  CLI::App* human =
      app.add_subcommand("human", "people rate a run's answers, pairs of answers, or questions");
  human->require_subcommand(1);
  add_export(*human, a, action);
  CLI::App* v = human->add_subcommand("import", "a file that such a page saved, into the run");
  v->add_option("FILE", a->file, "what a rater saved")->required();
  v->add_option("RUN", a->run, "the run that the page was exported from")->required();
  v->add_flag("--script", a->script, "the ratings are a script's, whatever the file says: no evidence");
  store_option(v, a->store);
  v->callback([a, &action] {
    action = [a] { return import_human_page(a->file, a->run, default_store(a->store), a->script); };
  });
}

}  // namespace undertone
