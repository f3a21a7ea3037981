#include "harness/run/probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "harness/core/error.h"
#include "harness/run/encoder_proxy.h"
#include "harness/run/judge_asking.h"
#include "harness/run/run.h"
#include "harness/store/key.h"

namespace undertone {
namespace {

// An answer that the judge rated in the run, changed by a probe.
struct Made {
  std::string id;  // what it is drawn by
  std::string cluster;
  double before = 0;
  const Clip* clip = nullptr;
  Perturbed changed;
  std::string audio;  // path of the recording, for judges that listen
  std::string key;    // of its verdict
};

struct OfProbe {
  const Probe* probe = nullptr;
  std::string not_run;
  KindSpec spec;  // the judge, or the same by a variant of its rubric
  std::string identity;
  std::int64_t eligible = 0;
  std::vector<Made> drawn;
};

struct OfJudge {
  const PlannedJudge* judge = nullptr;
  Scale scale;
  std::vector<OfProbe> probes;
  std::string title;
};

// Equal answers to a question are one item, whoever gave them.
std::vector<Made> applied(const Tape& tape, const std::string& judge, const Probe& probe,
                          const ProbeDraw& draw) {
  std::vector<Made> out;
  std::set<std::pair<std::string, std::string>> seen;
  std::set<std::string> made;
  for (const EvaluationRow& row : tape.inputs->rows) {
    const auto verdict = row.verdicts.find(judge);
    const Scored* before = verdict == row.verdicts.end() ? nullptr : std::get_if<Scored>(&verdict->second);
    if (!before || !seen.emplace(row.question->id, row.answer.text).second) continue;
    auto changed = probe.perturb({row.question, row.clip, row.answer.text}, draw);
    // Master keys to one question are one item, whatever they stand for.
    if (!changed || !made.insert(row.question->id + "/" + changed->answer).second) continue;
    out.push_back({row.question->id + "/" + changed->answer, row.unit, before->value, row.clip,
                   std::move(*changed), "", ""});
  }
  return out;
}

// What the judge by a variant of its rubric is; says why there is none.
std::optional<std::pair<KindSpec, std::string>> variant_of(const Pipeline& p, const PlannedJudge& judge,
                                                           const std::string& variant, std::string& why) {
  if (variant.empty()) return std::pair(judge.spec, judge.identity);
  auto fields = with_rubric_variant(judge.spec.kind, judge.spec.fields, variant, why);
  if (!fields) return std::nullopt;
  const KindSpec spec{judge.spec.name, judge.spec.kind, std::move(*fields)};
  JudgeContext context = identity_context(p.installation);
  context.verdict_files = verdict_files(p);
  const auto made = builtin_judges().at(spec.kind).make(spec.fields, context);
  if (made->scale().kind != judge.described->scale().kind) {
    why = fmt::format("that variant rates on {}, not on {}", made->scale().name(),
                      judge.described->scale().name());
    return std::nullopt;
  }
  return std::pair(spec, made->identity());
}

OfProbe plan_probe(const Pipeline& p, const Tape& tape, const PlannedJudge& judge, const Probe& probe,
                   const ProbeOptions& options) {
  OfProbe out;
  out.probe = &probe;
  out.not_run = why_not_asked(judge.spec.kind, judge.spec.fields);
  if (!out.not_run.empty()) return out;
  auto variant = variant_of(p, judge, probe.variant, out.not_run);
  if (!variant) return out;
  std::tie(out.spec, out.identity) = std::move(*variant);
  const double high = judge.described->scale().high();
  const std::string stream = probe_stream(p.spec.name);
  // Ones in percent are asked for as ones.
  const ProbeDraw draw{stream + "/" + probe.name, high == 5 ? 5 : 1};
  std::vector<Made> all = applied(tape, judge.spec.name, probe, draw);
  std::vector<std::string> ids;
  for (const Made& m : all) ids.push_back(m.id);
  const auto chosen = sampled_questions({options.items, stream + "/" + probe.name}, ids);
  out.eligible = static_cast<std::int64_t>(all.size());
  std::map<std::string, const ReportItem*> heard;  // by question
  if (judge.described->hears())
    for (const ReportItem& item : tape.inputs->data.items) heard[item.question.id] = &item;
  for (Made& m : all) {
    if (!chosen.contains(m.id)) continue;
    const auto item = heard.find(m.changed.question.id);
    if (item != heard.end()) m.audio = item->second->audio_path;
    m.key = probe_key(out.identity, m.changed.question, m.clip, m.changed.answer,
                      item == heard.end() ? "" : item->second->audio_sha256);
    out.drawn.push_back(std::move(m));
  }
  if (all.empty())
    out.not_run = probe.expects == Probe::Expects::lower
                      ? "it rated no answer that states the gold emotion, and all else that is asked, in a "
                        "word that can be swapped"
                      : "it rated no answer that this can be done to";
  return out;
}

// Each asked once, probe after probe.
Stage stage_of(const Pipeline& p, const OfJudge& judge) {
  Stage stage;
  stage.kind = "judge";
  stage.title = judge.title;
  stage.needs_model = asks_model(judge.judge->spec);
  stage.slots = threads_of(judge.judge->spec);
  // Never filed as done: the ledger says what was asked, and another number asks for more.
  stage.key = make_key("probes", 1, Json::object({{"judge", judge.judge->identity}}));
  stage.run = [&p, &judge](StageContext& c) {
    std::vector<std::string> identities;  // in the order of the probes
    for (const OfProbe& probe : judge.probes)
      if (probe.not_run.empty() &&
          std::find(identities.begin(), identities.end(), probe.identity) == identities.end())
        identities.push_back(probe.identity);
    for (const std::string& identity : identities) {
      std::vector<ToJudge> asked;
      std::set<std::string> seen;
      const KindSpec* spec = nullptr;
      for (const OfProbe& probe : judge.probes) {
        if (!probe.not_run.empty() || probe.identity != identity) continue;
        spec = &probe.spec;
        for (const Made& m : probe.drawn)
          if (seen.insert(m.key).second)
            asked.push_back({m.key, &m.changed.question, m.clip, m.changed.answer, 0, m.audio});
      }
      asked = without_verdict(std::move(asked), c.store);
      if (asked.empty()) continue;
      const StageJudge asks(p, *spec, identity, c, judge.title);
      ask_judge(c, *asks, asked, judge.title);
    }
  };
  return stage;
}

ProbeRow row_of(const OfJudge& judge, const OfProbe& probe, const Store& store, const std::string& failure,
                double level) {
  const std::string& name = judge.judge->spec.name;
  if (!probe.not_run.empty()) return probe_not_run(name, *probe.probe, probe.not_run);
  std::vector<std::string> keys;
  for (const Made& m : probe.drawn) keys.push_back(m.key);
  const auto there = store.verdicts(keys);
  if (there.empty() && !failure.empty()) return probe_not_run(name, *probe.probe, failure);
  std::vector<ProbedItem> items;
  for (const Made& m : probe.drawn) {
    const auto found = there.find(m.key);
    items.push_back(
        {m.cluster, m.before, found == there.end() ? std::nullopt : std::optional(found->second.verdict)});
  }
  return probe_row(*probe.probe, name, judge.scale, items, probe.eligible, level);
}

}  // namespace

std::string probe_stream(const std::string& suite) { return suite + "/probes"; }

std::string probe_key(const std::string& judge_identity, const Question& question, const Clip* clip,
                      const std::string& answer, const std::string& heard) {
  return item_key("probe",
                  Json::object({{"asked", verdict_key(judge_identity, question, clip, answer, 0, heard)}}));
}

std::vector<ProbeRow> run_probes(const Pipeline& p, const Tape& tape, Store& store,
                                 const ProbeOptions& options) {
  std::deque<OfJudge> judges;  // stages point into it
  std::vector<Stage> stages;
  for (const PlannedJudge& judge : p.judges) {
    OfJudge& of = judges.emplace_back();
    of.judge = &judge;
    of.scale = judge.described->scale();
    of.title = "probes " + judge.spec.name;
    for (const Probe& probe : probes()) of.probes.push_back(plan_probe(p, tape, judge, probe, options));
    stages.push_back(stage_of(p, of));
  }
  Progress progress(options.quiet ? Progress::Style::quiet : Progress::Style::automatic);
  Counters counters;
  const int slots = static_cast<int>(p.spec.runtime.get("workers", 2));
  const Execution done =
      execute(stages, store, p.installation.model_program(), slots, progress, counters, g_interrupted);
  if (done.interrupted)
    throw Error(ErrorKind::model, "interrupted", "probes",
                "run the same command again: what was judged is not asked again");
  std::vector<ProbeRow> rows;
  for (const OfJudge& judge : judges) {
    const StageOutcome* outcome = done.find(stages, judge.title);
    for (const OfProbe& probe : judge.probes)
      rows.push_back(row_of(judge, probe, store, outcome->failure, options.level));
  }
  return rows;
}

}  // namespace undertone
