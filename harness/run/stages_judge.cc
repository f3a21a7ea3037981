// Judging: one stage a judge, over the ledger's answers of every system. Judging needs no answering model; a
// judge that reads with a model asks the slot's worker for it.
#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "harness/core/error.h"
#include "harness/run/canary.h"
#include "harness/run/encoder_proxy.h"
#include "harness/run/judge_asking.h"
#include "harness/run/judge_sample.h"
#include "harness/run/stages.h"
#include "harness/run/text_model_proxy.h"
#include "harness/store/key.h"
#include "judges/local.h"

namespace undertone {
namespace {
constexpr int kJudgingVersion = 3;
constexpr double kEndpointSeconds = 0.1;  // a verdict, with the usual number in flight

// Of a judge that is a language model here, from its rubric's length, its weights' sizes and the machine's
// rate.
Estimated local_estimate(const Pipeline& p, const KindSpec& spec, double verdicts) {
  // Bytes of English a token has in the vocabularies of small models, and of what fills the slots and frames
  // the prompt: question, reference, answer, nonces, the template's turns.
  constexpr double kBytesPerToken = 4, kFilled = 500;
  const LocalJudgeSettings settings = judge_settings(spec.fields, local_judge_fields);
  const PromptRubric rubric = chosen_rubric(settings.rubric);
  double bytes = kFilled;
  for (const auto* pieces : {&rubric.system, &rubric.prompt})
    for (const PromptPiece& piece : *pieces) bytes += static_cast<double>(piece.text.size());
  const auto opening = static_cast<double>(rubric.shared_bytes());
  return local_judge_cost(verdicts * settings.replicates, opening / kBytesPerToken,
                          (bytes - opening) / kBytesPerToken, settings.generate ? settings.max_new_tokens : 0,
                          text_model_weights(settings.model, p.installation).sizes, settings.model.threads,
                          p.forecast->flops());
}

// What a judge is asked: equal answers to a question, whoever gave them, are one.
struct Asked {
  std::shared_ptr<const Corpus> corpus;
  const Question* question = nullptr;
  std::string answer;
  int replicate = 0;
};

struct Gathered {
  std::map<std::string, Asked> pending;  // by verdict key: those without a verdict
  std::int64_t not_judged = 0;           // answers that are none, and transcriptions
  std::int64_t not_sampled = 0;          // questions that a sampling judge does not read
  std::vector<std::string> missing;      // sets of answers that were not made
};

Gathered gather_answers(const Pipeline& p, const Judge& judge, const Store& store) {
  Gathered out;
  VerdictKeys key_of(judge.identity(), judge.hears());
  AudioDigests audio;
  std::map<std::string, std::optional<std::set<std::string>>> samples;  // by dataset
  for (const AnswerSet& set : p.answers) {
    if (!judge_reads(judge, set.condition)) continue;
    if (!store.find(set.stage_key)) {
      out.missing.push_back(set.stage);
      continue;
    }
    const auto corpus = p.corpora->get(needed(store, p.corpus_keys.at(set.dataset), "corpus").path);
    if (!samples.contains(set.dataset)) samples[set.dataset] = judge_sample(p, judge, *corpus);
    const auto& sample = samples.at(set.dataset);
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
      if (sample && !sample->contains(q->id)) {
        ++out.not_sampled;
        continue;
      }
      const Clip* clip = q->clip.empty() ? nullptr : corpus->find_clip(q->clip);
      const std::string heard = judge.hears() ? audio.of(recording_of(*corpus, clip)) : "";
      for (int k = 0; k < replicates_of(p, judge); ++k) {
        const std::string& key = key_of.of(*q, clip, row.answer.text, heard, k);
        if (!out.pending.count(key)) fresh.try_emplace(key, Asked{corpus, q, row.answer.text, k});
      }
    }
    std::vector<std::string> keys;
    for (const auto& [key, asked] : fresh) keys.push_back(key);
    for (const auto& [key, verdict] : store.verdicts(keys)) fresh.erase(key);
    out.pending.merge(fresh);
  }
  return out;
}

// In an order that is the same however far an earlier attempt came, with the answers to a question together.
std::vector<ToJudge> in_order(const std::map<std::string, Asked>& pending) {
  std::vector<ToJudge> out;
  for (const auto& [key, a] : pending) {
    const Clip* clip = a.question->clip.empty() ? nullptr : a.corpus->find_clip(a.question->clip);
    out.push_back({key, a.question, clip, a.answer, a.replicate, recording_of(*a.corpus, clip)});
  }
  std::sort(out.begin(), out.end(), [](const ToJudge& a, const ToJudge& b) {
    return std::tie(a.replicate, a.question->id, a.answer, a.key) <
           std::tie(b.replicate, b.question->id, b.answer, b.key);
  });
  return out;
}

}  // namespace

void Builder::judging() {
  read_canary(p_);
  const auto registry = builtin_judges();
  // Identities are known without running anything: encoders are made on first use only.
  JudgeContext context = identity_context(p_.installation);
  const WeightsNote asked_for(p_.installation);
  context.text_encoder = asked_for.watched(context.text_encoder);
  context.text_model = asked_for.watched(context.text_model);
  context.verdict_files = verdict_files(p_);
  for (const KindSpec& spec : p_.spec.judges) {
    const std::shared_ptr<const Judge> described = registry.at(spec.kind).make(spec.fields, context);
    check_primary_judge(p_, spec.name, *described);
    PlannedJudge planned{spec, described->identity(), described};
    std::vector<std::string> answer_keys, answer_titles, systems;
    for (const AnswerSet& set : p_.answers) {
      if (!judge_reads(*described, set.condition)) continue;
      answer_keys.push_back(set.stage_key);
      answer_titles.push_back(set.stage);
      if (systems.empty() || systems.back() != set.system) systems.push_back(set.system);
    }
    std::sort(answer_keys.begin(), answer_keys.end());
    Json answers = Json::array();
    for (const auto& answer_key : answer_keys) answers.push_back(answer_key);
    StageKey key("judge", kJudgingVersion);
    key.model("judge", planned.identity).setting("answers", answers);
    const int replicates = replicates_of(p_, *described);
    if (replicates > 1) key.setting("replicates", replicates);
    const auto sample = described->sample();
    if (sample && sample->items > 0)  // conditions show in the answers
      key.setting("sample", Json::object({{"items", sample->items}, {"stream", sample->stream}}));
    Stage stage;
    stage.key = key.hash();
    stage.kind = "judge";
    stage.title = fmt::format("judge {}", spec.name);
    // A system that failed does not keep the others' answers from being judged.
    stage.gathers = answer_titles;
    stage.systems = systems;
    stage.needs_model = asks_model(spec);
    stage.weights = asked_for.take();
    stage.slots = threads_of(spec);
    stage.run = [spec, planned, p = &p_, about = key.about(), hash = key.hash(),
                 title = stage.title](StageContext& c) {
      const StageJudge judge(*p, spec, planned.identity, c, title);
      const Gathered found = gather_answers(*p, *judge, c.store);
      ask_judge(c, *judge, in_order(found.pending), title);
      // The key stands for every set of answers: while one is missing, the verdicts stay in the ledger and
      // the next run judges what came since.
      if (!found.missing.empty()) return;
      Json with_facts = about;
      with_facts["facts"] = Json::object({{"not_judged", found.not_judged}});
      if (const auto of = judge->sample(); of && of->items > 0)
        with_facts["facts"]["not_sampled"] = found.not_sampled;
      const std::string folder = c.store.begin_artefact(hash);
      write_summary(folder, with_facts.at("facts"));
      c.store.commit_artefact(folder, hash, "judge", with_facts);
    };
    const std::int64_t most = sample ? static_cast<std::int64_t>(sample->items) : 0;  // of a dataset; 0: all
    const bool endpoint = spec.kind == "endpoint";
    stage.estimate = [p = &p_, spec, described, model = stage.needs_model, most, endpoint, replicates] {
      std::int64_t verdicts = 0;  // at most: equal answers to a question are judged once
      for (const AnswerSet& set : p->answers) {
        if (!judge_reads(*described, set.condition)) continue;
        const std::int64_t asked = p->expected_questions(set.dataset);
        verdicts += most > 0 ? std::min(most, asked) : asked;
      }
      verdicts *= replicates;
      const auto n = static_cast<double>(verdicts);
      if (endpoint) return Estimated{kEndpointSeconds * n, 50 << 20, verdicts + 1, verdicts};
      if (spec.kind == "local") return local_estimate(*p, spec, n);
      return Estimated{(model ? 0.3 : 0.05) * static_cast<double>(p->answers.size()), 50 << 20, 0, verdicts};
    };
    if (const std::string canary_first = canary(planned, stage); !canary_first.empty())
      stage.inputs.push_back(canary_first);
    add(std::move(stage));
    p_.judges.push_back(std::move(planned));
  }
}

}  // namespace undertone
