#include "harness/run/judge_asking.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "harness/run/encoder_proxy.h"
#include "harness/run/stages.h"
#include "harness/run/text_model_proxy.h"

namespace undertone {
namespace {

// Verdicts a transaction: what a kill can lose. A model's verdicts cost more than a metric's.
constexpr std::size_t kMetricBatch = 512, kModelBatch = 32;
// Items that an endpoint is given at once; its verdicts are committed as they come.
constexpr std::size_t kEndpointBatch = 4096;

}  // namespace

struct StageJudge::Readers {
  Readers(StageContext& stage, const Installation& installation)
      : encoder(stage.worker, installation), models(installation, &stage.worker) {}
  WorkerTextEncoder encoder;
  TextModels models;
};

StageJudge::StageJudge(const Pipeline& p, const KindSpec& spec, const std::string& identity,
                       StageContext& stage, const std::string& title)
    : readers_(std::make_unique<Readers>(stage, p.installation)) {
  JudgeContext context;
  context.text_encoder = [r = readers_.get()]() -> TextEncoder& { return r->encoder; };
  context.text_model = [r = readers_.get()](const TextModelChoice& m) -> TextModel& {
    return r->models.get(m);
  };
  context.verdict_files = verdict_files(p);
  context.interrupted = [&stage] { return stage.interrupted.load(); };
  judge_ = builtin_judges().at(spec.kind).make(spec.fields, context);
  if (judge_->identity() != identity)
    throw Error(ErrorKind::model,
                fmt::format("the judge is '{}' but the plan asked for '{}'", judge_->identity(), identity),
                title, "the judge never changes silently: run again so that the plan is made anew");
}
StageJudge::~StageJudge() = default;

void ask_judge(StageContext& c, Judge& judge, std::span<const ToJudge> asked, const std::string& title) {
  const std::size_t batch = judge.hands_over_each()   ? kEndpointBatch
                            : judge.is_metric_judge() ? kMetricBatch
                                                      : kModelBatch;
  c.progress.begin(title, static_cast<std::int64_t>(asked.size()));
  const std::string identity = judge.identity();
  std::size_t done = 0;
  for (std::size_t at = 0; at < asked.size(); at += batch) {
    if (c.interrupted)
      throw Error(ErrorKind::model, "interrupted", title, "run the same command again: it resumes");
    const std::span<const ToJudge> now = asked.subspan(at, std::min(batch, asked.size() - at));
    std::vector<JudgeItem> items;
    for (const ToJudge& a : now) items.push_back({a.question, a.clip, a.answer, a.audio});
    judge.judge_each(items, [&](std::span<const Judged> made) {
      std::vector<VerdictRow> rows;
      for (const Judged& j : made)
        rows.push_back(
            {now[j.item].key, identity, now[j.item].question->id, now[j.item].replicate, j.verdict, j.about});
      c.store.put_verdicts(rows);
      for (const Judged& j : made)
        if (std::holds_alternative<TransportError>(j.verdict))
          c.progress.failure(title, verdict_kind(j.verdict));
      c.counters.verdicts += static_cast<std::int64_t>(made.size());
      done += made.size();
      c.progress.advance(title, static_cast<std::int64_t>(done));
    });
  }
}

std::vector<ToJudge> without_verdict(std::vector<ToJudge> asked, const Store& store) {
  std::vector<std::string> keys;
  for (const ToJudge& a : asked) keys.push_back(a.key);
  const auto there = store.verdicts(keys);
  std::erase_if(asked, [&](const ToJudge& a) { return there.contains(a.key); });
  return asked;
}

bool asks_model(const KindSpec& spec) {
  if (spec.kind == "jury")
    for (const auto& [name, member] : spec.fields.at("members").members())
      if (asks_model({name, member.get("kind", ""), member})) return true;
  return spec.kind == "embedding" || spec.kind == "local";
}

int threads_of(const KindSpec& spec) {
  return spec.kind == "local" ? static_cast<int>(spec.fields.get("threads", 1)) : 1;
}

int replicates_of(const Pipeline& p, const Judge& judge) {
  return judge.is_metric_judge() ? 1 : p.replicates;
}

std::function<std::vector<VerdictFile>(const std::string&)> verdict_files(const Pipeline& p) {
  return [&p](const std::string& name) {
    const KindSpec& spec = dataset_spec(p, name);
    const Dataset dataset = builtin_datasets().at(spec.kind).make(spec.fields, DatasetContext{});
    return dataset.verdicts ? dataset.verdicts() : std::vector<VerdictFile>{};
  };
}

}  // namespace undertone
