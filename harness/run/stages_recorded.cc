// Recorded answers: somebody else's system goes through the same judges, metrics and reports.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <filesystem>
#include <map>
#include <set>

#include "datasets/answers.h"
#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/run/stages.h"
#include "harness/store/key.h"

namespace undertone {
namespace {
constexpr int kRecordedVersion = 2;

// The file of answers: the suite's, or what the dataset brought along for the model.
std::string answers_file(const std::string& path, const std::string& model, const Corpus& corpus,
                         const std::string& dataset) {
  if (!path.empty()) return path;
  const std::string folder = corpus.folder + "/answers", file = folder + "/" + model + ".jsonl";
  if (std::filesystem::exists(file)) return file;
  std::set<std::string> known;
  if (std::filesystem::exists(folder))
    for (const auto& e : std::filesystem::directory_iterator(folder)) known.insert(e.path().stem().string());
  throw Error(ErrorKind::data, fmt::format("the dataset has no answers of '{}'", model), dataset,
              known.empty() ? "name the file of the answers in the system's path"
                            : fmt::format("use one of: {}", fmt::join(known, ", ")));
}

// Those given under the condition, by seed and question. An answer that names no condition was given under
// the system's first one.
std::map<std::int64_t, std::map<std::string, const RecordedAnswer*>> under_condition(
    const std::vector<RecordedAnswer>& all, const std::string& condition, bool first,
    const std::string& file) {
  std::map<std::int64_t, std::map<std::string, const RecordedAnswer*>> out;
  std::set<std::string> others;
  for (const RecordedAnswer& a : all) {
    if (a.condition.empty() ? !first : a.condition != condition) {
      others.insert(a.condition.empty() ? "none" : a.condition);
      continue;
    }
    const auto [it, fresh] = out[a.seed].emplace(a.question, &a);
    if (!fresh)
      throw Error(ErrorKind::data,
                  fmt::format("the question '{}' has two answers of seed {} under condition '{}'", a.question,
                              a.seed, condition),
                  a.place.str(), "name the condition, or another seed, on each line");
  }
  if (out.empty() && !others.empty())
    throw Error(ErrorKind::data,
                fmt::format("no answer was given under condition '{}'; there are answers under: {}",
                            condition, fmt::join(others, ", ")),
                file, "list the conditions of the file in the system's test");
  if (out.empty()) out[0];  // an empty file: every question shows as not answered
  return out;
}

}  // namespace

void Builder::recorded(const SystemSpec& system) {
  for (const auto& dataset : p_.evaluated)
    for (const std::string& condition : system.test) {
      const bool first = condition == system.test.front();
      StageKey key("answer-recorded", kRecordedVersion);
      key.input("corpus", p_.corpus_keys.at(dataset))
          .setting("system", system.name)
          .setting("condition", condition)
          .setting("without_condition", first)
          .setting("asked", asked_settings(p_));
      if (!system.path.empty())
        key.file("answers", sha256_file(system.path));
      else
        key.setting("model", system.model);
      Stage stage;
      stage.key = key.hash();
      stage.kind = "answer";
      stage.title = fmt::format("answer {}{}{}", system.name, system.test.size() > 1 ? " " + condition : "",
                                p_.evaluated.size() > 1 ? " " + dataset : "");
      stage.systems = {system.name};
      stage.inputs = {"corpus " + dataset};
      stage.run = [dataset, condition, first, path = system.path, model = system.model, p = &p_,
                   about = key.about(), hash = key.hash()](StageContext& c) {
        const auto corpus = p->corpora->get(needed(c.store, p->corpus_keys.at(dataset), "corpus").path);
        const std::string file = answers_file(path, model, *corpus, dataset);
        const std::vector<RecordedAnswer> all = read_answers(file, *corpus);
        std::vector<AnswerRow> rows;
        for (const auto& [seed, given] : under_condition(all, condition, first, file))
          for (const Question* q : p->asked(*corpus)) {
            const auto found = given.find(q->id);
            // A question without an answer is a failure that shows, not a smaller denominator.
            Answer answer;
            answer.detail = "the file has no answer to this question";
            if (found != given.end()) answer = found->second->answer;
            const Json about_answer = found != given.end() ? found->second->extra : Json::object();
            rows.push_back({answer_key(hash, fmt::format("{} seed {}", q->id, seed)), hash, q->id,
                            static_cast<int>(seed), answer, about_answer});
          }
        c.counters.answers += c.store.put_answers(rows);
        commit_answers(c, hash, about, static_cast<std::int64_t>(rows.size()));
      };
      stage.estimate = [p = &p_, dataset] {
        return Estimated{0.1, 10 << 20, 0, p->expected_questions(dataset)};
      };
      p_.answers.push_back({system.name, condition, dataset, 0, stage.title, stage.key});
      add(std::move(stage));
    }
}

}  // namespace undertone
