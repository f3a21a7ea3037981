// Judging: verdicts over the ledger's answers. Judging needs no answering model; a judge that reads
// embeddings asks the slot's worker for them.
#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "harness/core/error.h"
#include "harness/run/encoder_proxy.h"
#include "harness/run/stages.h"
#include "harness/store/key.h"

namespace undertone {
namespace {
constexpr int kJudgingVersion = 1;
constexpr std::size_t kBatch = 512;  // verdicts a transaction: what a kill can lose

Json fields_of(const KindSpec& spec) { return spec.fields; }
}  // namespace

void Builder::judging() {
  const auto registry = builtin_judges();
  // Identities are known without running anything: encoders are made on first use only.
  const std::string encoder_identity = minilm_identity(p_.installation);
  for (const KindSpec& spec : p_.spec.judges) {
    JudgeContext context = identity_context(encoder_identity);
    PlannedJudge planned{spec, registry.at(spec.kind).make(fields_of(spec), context)->identity()};
    for (const AnswerSet& set : p_.answers) {
      StageKey key("judge", kJudgingVersion);
      key.model("judge", planned.identity).input("answers", set.stage_key);
      Stage stage;
      stage.key = key.hash();
      stage.kind = "judge";
      stage.title = fmt::format("judge {}: {}", spec.name, set.stage);
      stage.inputs = {set.stage};
      stage.systems = {set.system};
      stage.needs_model = spec.kind == "embedding";
      stage.run = [spec, set, planned, corpora = p_.corpora, corpus_key = p_.corpus_keys.at(set.dataset),
                   installation = p_.installation, about = key.about(), hash = key.hash(),
                   title = stage.title](StageContext& c) {
        const auto corpus = corpora->get(needed(c.store, corpus_key, "corpus").path);
        struct Pending {
          std::string key;
          const Question* question;
          std::string answer;
        };
        std::map<std::string, Pending> pending;  // equal answers to a question are judged once
        std::int64_t unjudged = 0;
        for (const AnswerRow& row : c.store.answers(set.stage_key)) {
          const Question* q = corpus->find_question(row.question);
          if (!q)
            throw Error(
                ErrorKind::store,
                fmt::format("the ledger answers a question '{}' that the corpus does not have", row.question),
                set.stage);
          if (row.answer.status != AnswerStatus::answered || q->type == QuestionType::ASR) {
            ++unjudged;
            continue;
          }
          const std::string k = verdict_key(planned.identity, *q, row.answer.text);
          if (!c.store.verdict(k)) pending.emplace(k, Pending{k, q, row.answer.text});
        }
        WorkerTextEncoder encoder(c.worker, installation);
        JudgeContext judge_context;
        judge_context.text_encoder = [&]() -> TextEncoder& { return encoder; };
        judge_context.text_model = missing_text_model;
        const auto judge = builtin_judges().at(spec.kind).make(spec.fields, judge_context);
        if (judge->identity() != planned.identity)
          throw Error(ErrorKind::model,
                      fmt::format("the judge is '{}' but the plan asked for '{}'", judge->identity(),
                                  planned.identity),
                      title, "the judge never changes silently: run again so that the plan is made anew");
        std::vector<Pending> todo;
        for (auto& [k, v] : pending) todo.push_back(std::move(v));
        for (std::size_t at = 0; at < todo.size(); at += kBatch) {
          if (c.interrupted)
            throw Error(ErrorKind::model, "interrupted", title, "run the same command again: it resumes");
          const std::size_t n = std::min(kBatch, todo.size() - at);
          std::vector<JudgeItem> items(n);
          for (std::size_t i = 0; i < n; ++i) {
            const Pending& p = todo[at + i];
            items[i] = {p.question, p.question->clip.empty() ? nullptr : corpus->find_clip(p.question->clip),
                        p.answer};
          }
          const std::vector<Verdict> verdicts = judge->judge(items);
          std::vector<VerdictRow> rows(n);
          for (std::size_t i = 0; i < n; ++i)
            rows[i] = {todo[at + i].key, planned.identity, todo[at + i].question->id, 0,
                       verdicts[i],      Json::object()};
          c.store.put_verdicts(rows);
          c.counters.verdicts += static_cast<std::int64_t>(n);
          c.progress.advance(title, static_cast<std::int64_t>(at + n));
        }
        const std::string folder = c.store.begin_artefact(hash);
        Json facts = Json::object();
        facts["not_judged"] = unjudged;
        write_summary(folder, facts);
        Json with_facts = about;
        with_facts["facts"] = facts;
        c.store.commit_artefact(folder, hash, "judge", with_facts);
      };
      stage.estimate = [] { return Estimated{0.5, 50 << 20, 0, 0}; };
      add(std::move(stage));
    }
    p_.judges.push_back(std::move(planned));
  }
}

}  // namespace undertone
