// Judging: one stage a judge, over the ledger's answers of every system. Judging needs no answering model; a
// judge that reads with a model asks the slot's worker for it.
#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <tuple>

#include "harness/core/error.h"
#include "harness/run/encoder_proxy.h"
#include "harness/run/stages.h"
#include "harness/store/key.h"

namespace undertone {
namespace {
constexpr int kJudgingVersion = 2;
// Verdicts a transaction: what a kill can lose. A model's verdicts cost more than a metric's.
constexpr std::size_t kMetricBatch = 512, kModelBatch = 32;

// Kinds of judge that ask undertone-model.
bool asks_model(const KindSpec& spec) { return spec.kind == "embedding"; }

// What a judge is asked: equal answers to a question, whoever gave them, are one.
struct Asked {
  std::shared_ptr<const Corpus> corpus;
  const Question* question = nullptr;
  std::string answer;
};

struct Gathered {
  std::map<std::string, Asked> pending;  // by verdict key: those without a verdict
  std::int64_t not_judged = 0;           // answers that are none, and transcriptions
  std::vector<std::string> missing;      // sets of answers that were not made
};

Gathered gather_answers(const std::vector<AnswerSet>& sets, const std::string& judge_identity,
                        const std::map<std::string, std::string>& corpus_keys, CorpusCache& corpora,
                        const Store& store) {
  Gathered out;
  for (const AnswerSet& set : sets) {
    if (!store.find(set.stage_key)) {
      out.missing.push_back(set.stage);
      continue;
    }
    const auto corpus = corpora.get(needed(store, corpus_keys.at(set.dataset), "corpus").path);
    std::map<std::string, Asked> fresh;
    for (AnswerRow& row : store.answers(set.stage_key)) {
      const Question* q = corpus->find_question(row.question);
      if (!q)
        throw Error(
            ErrorKind::store,
            fmt::format("the ledger answers a question '{}' that the corpus does not have", row.question),
            set.stage);
      if (row.answer.status != AnswerStatus::answered || q->type == QuestionType::ASR) {
        ++out.not_judged;
        continue;
      }
      std::string key = verdict_key(judge_identity, *q, row.answer.text);
      if (!out.pending.count(key)) fresh.try_emplace(std::move(key), Asked{corpus, q, row.answer.text});
    }
    std::vector<std::string> keys;
    for (const auto& [key, asked] : fresh) keys.push_back(key);
    for (const auto& [key, verdict] : store.verdicts(keys)) fresh.erase(key);
    out.pending.merge(fresh);
  }
  return out;
}

// In an order that is the same however far an earlier attempt came, with the answers to a question together.
std::vector<std::pair<std::string, Asked>> in_order(std::map<std::string, Asked> pending) {
  std::vector<std::pair<std::string, Asked>> out(pending.begin(), pending.end());
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.second.question->id, a.second.answer, a.first) <
           std::tie(b.second.question->id, b.second.answer, b.first);
  });
  return out;
}

void judge_all(StageContext& c, Judge& judge, const std::vector<std::pair<std::string, Asked>>& todo,
               const std::string& title) {
  const std::size_t batch = judge.is_metric_judge() ? kMetricBatch : kModelBatch;
  c.progress.begin(title, static_cast<std::int64_t>(todo.size()));
  for (std::size_t at = 0; at < todo.size(); at += batch) {
    if (c.interrupted)
      throw Error(ErrorKind::model, "interrupted", title, "run the same command again: it resumes");
    const std::size_t n = std::min(batch, todo.size() - at);
    std::vector<JudgeItem> items(n);
    for (std::size_t i = 0; i < n; ++i) {
      const Asked& a = todo[at + i].second;
      items[i] = {a.question, a.question->clip.empty() ? nullptr : a.corpus->find_clip(a.question->clip),
                  a.answer};
    }
    const std::vector<Verdict> verdicts = judge.judge(items);
    std::vector<VerdictRow> rows(n);
    for (std::size_t i = 0; i < n; ++i)
      rows[i] = {todo[at + i].first, judge.identity(), items[i].question->id, 0, verdicts[i], Json::object()};
    c.store.put_verdicts(rows);
    c.counters.verdicts += static_cast<std::int64_t>(n);
    c.progress.advance(title, static_cast<std::int64_t>(at + n));
  }
}

}  // namespace

void Builder::judging() {
  const auto registry = builtin_judges();
  // Identities are known without running anything: encoders are made on first use only.
  JudgeContext context = identity_context(minilm_identity(p_.installation));
  std::vector<std::string> answer_keys, answer_titles, systems;
  for (const AnswerSet& set : p_.answers) {
    answer_keys.push_back(set.stage_key);
    answer_titles.push_back(set.stage);
    if (systems.empty() || systems.back() != set.system) systems.push_back(set.system);
  }
  std::sort(answer_keys.begin(), answer_keys.end());
  Json answers = Json::array();
  for (const auto& key : answer_keys) answers.push_back(key);

  for (const KindSpec& spec : p_.spec.judges) {
    PlannedJudge planned{spec, registry.at(spec.kind).make(spec.fields, context)->identity()};
    StageKey key("judge", kJudgingVersion);
    key.model("judge", planned.identity).setting("answers", answers);
    Stage stage;
    stage.key = key.hash();
    stage.kind = "judge";
    stage.title = fmt::format("judge {}", spec.name);
    // A system that failed does not keep the others' answers from being judged.
    stage.gathers = answer_titles;
    stage.systems = systems;
    stage.needs_model = asks_model(spec);
    stage.run = [spec, planned, p = &p_, about = key.about(), hash = key.hash(),
                 title = stage.title](StageContext& c) {
      Gathered found = gather_answers(p->answers, planned.identity, p->corpus_keys, *p->corpora, c.store);
      WorkerTextEncoder encoder(c.worker, p->installation);
      JudgeContext judge_context;
      judge_context.text_encoder = [&]() -> TextEncoder& { return encoder; };
      judge_context.text_model = missing_text_model;
      const auto judge = builtin_judges().at(spec.kind).make(spec.fields, judge_context);
      if (judge->identity() != planned.identity)
        throw Error(
            ErrorKind::model,
            fmt::format("the judge is '{}' but the plan asked for '{}'", judge->identity(), planned.identity),
            title, "the judge never changes silently: run again so that the plan is made anew");
      judge_all(c, *judge, in_order(std::move(found.pending)), title);
      // The key stands for every set of answers: while one is missing, the verdicts stay in the ledger and
      // the next run judges what came since.
      if (!found.missing.empty()) return;
      Json with_facts = about;
      with_facts["facts"] = Json::object({{"not_judged", found.not_judged}});
      const std::string folder = c.store.begin_artefact(hash);
      write_summary(folder, with_facts.at("facts"));
      c.store.commit_artefact(folder, hash, "judge", with_facts);
    };
    stage.estimate = [n = p_.answers.size(), model = stage.needs_model] {
      return Estimated{(model ? 0.3 : 0.05) * static_cast<double>(n), 50 << 20, 0, 0};
    };
    add(std::move(stage));
    p_.judges.push_back(std::move(planned));
  }
}

}  // namespace undertone
