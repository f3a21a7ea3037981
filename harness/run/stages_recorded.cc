// Recorded answers: somebody else's system goes through the same judges, metrics and reports.
#include <fmt/format.h>
#include <filesystem>
#include <set>

#include "datasets/answers.h"
#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/run/stages.h"
#include "harness/store/key.h"

namespace undertone {
namespace {
constexpr int kRecordedVersion = 1;
}

void Builder::recorded(const SystemSpec& system) {
  for (const auto& dataset : p_.evaluated) {
    const std::string condition = system.test.front();
    StageKey key("answer-recorded", kRecordedVersion);
    key.input("corpus", p_.corpus_keys.at(dataset))
        .setting("system", system.name)
        .setting("condition", condition)
        .setting("asked", asked_settings(p_));
    if (!system.path.empty())
      key.file("answers", sha256_file(system.path));
    else
      key.setting("model", system.model);
    Stage stage;
    stage.key = key.hash();
    stage.kind = "answer";
    stage.title = fmt::format("answer {}{}", system.name, p_.evaluated.size() > 1 ? " " + dataset : "");
    stage.systems = {system.name};
    stage.inputs = {"corpus " + dataset};
    stage.run = [dataset, path = system.path, model = system.model, p = &p_, about = key.about(),
                 hash = key.hash()](StageContext& c) {
      const auto corpus = p->corpora->get(needed(c.store, p->corpus_keys.at(dataset), "corpus").path);
      const std::string file = !path.empty() ? path : corpus->folder + "/answers/" + model + ".jsonl";
      if (path.empty() && !std::filesystem::exists(file)) {
        std::string known;
        if (const std::string answers = corpus->folder + "/answers"; std::filesystem::exists(answers))
          for (const auto& e : std::filesystem::directory_iterator(answers))
            known += (known.empty() ? "" : ", ") + e.path().stem().string();
        throw Error(
            ErrorKind::data, fmt::format("the dataset has no answers of '{}'", model), dataset,
            known.empty() ? "name the file of the answers in the system's path" : "use one of: " + known);
      }
      std::map<std::string, const RecordedAnswer*>
          given;  // the first answer of each question; further seeds are further replicates
      const std::vector<RecordedAnswer> all = read_answers(file, *corpus);
      std::vector<AnswerRow> rows;
      std::set<std::string> asked;
      for (const Question* q : p->asked(*corpus)) asked.insert(q->id);
      for (const RecordedAnswer& a : all) {
        if (!asked.count(a.question) || !given.emplace(a.question, &a).second) continue;
        rows.push_back({answer_key(hash, a.question), hash, a.question, 0, a.answer, a.extra});
      }
      // A question without an answer is a failure that shows, not a smaller denominator.
      for (const std::string& q : asked)
        if (!given.count(q)) {
          Answer missing;
          missing.detail = "the file has no answer to this question";
          rows.push_back({answer_key(hash, q), hash, q, 0, missing, Json::object()});
        }
      c.store.put_answers(rows);
      c.counters.answers += static_cast<std::int64_t>(rows.size());
      commit_answers(c, hash, about, static_cast<std::int64_t>(rows.size()));
    };
    stage.estimate = [] { return Estimated{0.1, 10 << 20, 0, 0}; };
    p_.answers.push_back({system.name, condition, dataset, 0, stage.title, stage.key});
    add(std::move(stage));
  }
}

}  // namespace undertone
