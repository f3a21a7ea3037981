// import: others' ratings, answers and verdicts in the formats of this program.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "datasets/import_lm_eval.h"
#include "datasets/import_ratings.h"
#include "harness/core/files.h"
#include "harness/run/cli/verbs.h"

namespace undertone {
namespace {

struct ImportArguments {
  std::string path, out, format = "auto";
};

void say(const std::vector<std::string>& lines) {
  for (const auto& line : lines) fmt::print(stderr, "undertone: {}\n", line);
}

void write_tables(const std::vector<RatingTable>& tables, const std::string& file) {
  write_file_atomically(file, write_ratings(tables));
  for (const RatingTable& t : tables) {
    std::size_t verdicts = 0;
    for (const auto& cell : t.cells) verdicts += cell.size();
    fmt::print("{}{}: {} items, {} raters, {} ratings\n", t.name,
               t.criterion.empty() ? "" : " " + t.criterion, t.items.size(), t.raters.size(), verdicts);
    say(t.notes);
  }
  fmt::print("{}\n", file);
}

ExitCode import(const ImportArguments& a) {
  std::filesystem::create_directories(a.out);
  if (a.format != "lm-eval") {
    write_tables(a.format == "auto"          ? import_any(a.path)
                 : a.format == "judge-bench" ? import_judge_bench(a.path)
                 : a.format == "unieval"     ? import_unieval(a.path)
                                             : import_ratings(a.path),
                 a.out + "/ratings.jsonl");
    return ExitCode::done;
  }
  const LmEvalSamples samples = import_lm_eval(a.path);
  say(samples.warnings);
  write_corpus(samples.corpus, a.out + "/corpus");
  write_answers(samples.answers, a.out + "/answers.jsonl");
  fmt::print("{}/corpus: {} questions\n{}/answers.jsonl: {} answers (for a system of kind \"recorded\")\n",
             a.out, samples.corpus.questions.size(), a.out, samples.answers.size());
  write_tables({samples.metrics}, a.out + "/ratings.jsonl");
  return ExitCode::done;
}

}  // namespace

void add_import_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<ImportArguments>();
  CLI::App* v =
      app.add_subcommand("import", "others' ratings, answers and verdicts, as this program reads them");
  v->add_option("PATH", a->path, "a file, or a folder of AudioBench logs")->required();
  v->add_option("--out", a->out, "folder that gets ratings.jsonl (lm-eval: a corpus and answers.jsonl too)")
      ->required();
  v->add_option("--format", a->format, "what the file is")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "lm-eval", "judge-bench", "unieval", "ratings"}));
  v->callback([a, &action] { action = [a] { return import(*a); }; });
}

}  // namespace undertone
