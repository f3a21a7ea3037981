#include "harness/run/report_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <filesystem>
#include <set>

#include "harness/core/error.h"
#include "harness/run/canary.h"
#include "harness/run/judge_sample.h"
#include "harness/run/report_facts.h"
#include "harness/run/stages.h"
#include "harness/store/key.h"
#include "metrics/evaluate.h"
#include "metrics/mapping_report.h"
#include "metrics/reported.h"

namespace undertone {
namespace {

constexpr int kReportVersion = 4;

// Systems that lost a stage, with the first reason.
std::map<std::string, std::string> failures(const Pipeline& p, const Execution& e) {
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i < p.stages.size(); ++i) {
    if (finished(&e.outcomes[i])) continue;
    const std::string whole = e.outcomes[i].state == StageOutcome::State::interrupted ? "interrupted"
                              : e.outcomes[i].state == StageOutcome::State::skipped
                                  ? e.outcomes[i].failure
                                  : fmt::format("'{}' failed: {}", p.stages[i].title, e.outcomes[i].failure);
    const std::string why = without_folders(whole);
    if (p.stages[i].systems.empty())
      for (const SystemSpec& s : p.spec.systems) {
        // A lost shared stage fails the systems that have no answers of their own.
        const bool answered = std::any_of(p.answers.begin(), p.answers.end(), [&](const AnswerSet& a) {
          return a.system == s.name && finished(e.find(p.stages, a.stage));
        });
        if (!answered) out.try_emplace(s.name, why);
      }
    for (const auto& s : p.stages[i].systems) out.try_emplace(s, why);
  }
  return out;
}

// Who wrote a dataset's questions, and what the writer or the post-filter dropped for which reason.
void add_writer(Json& questions, const std::string& dataset, const Json& written) {
  Json& by = questions["written by"];
  if (!by.is_object()) by = Json::object();
  const std::string model = written.get("model", "");
  by[dataset] =
      model.empty()
          ? std::string("template QA")
          : fmt::format("contextual training questions: a language model ({}); the others: template QA",
                        model.substr(0, model.find(':')));
  if (const Json* dropped = written.find("dropped"); dropped && dropped->size() > 0) {
    Json& all = questions["dropped"];
    if (!all.is_object()) all = Json::object();
    all[dataset] = *dropped;
  }
}

std::string sample_note(const std::string& judge, const ItemSample& sample) {
  std::string reads;
  if (sample.items > 0)
    reads = fmt::format("a sample of {} questions a dataset, drawn by '{}'", sample.items, sample.stream);
  if (!sample.conditions.empty())
    reads += fmt::format("{}answers under {} only", reads.empty() ? "" : ", and ",
                         fmt::join(sample.conditions, ", "));
  return fmt::format("Judge '{}' reads {}; its means are over those.", judge, reads);
}

std::string metadata_text(const std::vector<MetadataSpan>& spans) { return render_metadata(spans); }

}  // namespace

const Clip* clip_of(const ReportItem& item) { return item.clip.id.empty() ? nullptr : &item.clip; }

std::map<std::string, std::size_t> items_by_question(const ReportData& data) {
  std::map<std::string, std::size_t> out;
  for (std::size_t i = 0; i < data.items.size(); ++i) out.emplace(data.items[i].question.id, i);
  return out;
}

std::string report_key(const Pipeline& p, const Execution& e) {
  StageKey key("report", kReportVersion);
  key.setting("identity", p.identity);
  Json done = Json::array();
  for (std::size_t i = 0; i < p.stages.size(); ++i)
    done.push_back(finished(&e.outcomes[i]) ? p.stages[i].key
                                            : p.stages[i].key + " " + e.outcomes[i].failure);
  key.setting("stages", done);
  return key.hash();
}

void add_answer(ReportInputs& inputs, ReportItem& item, ReportAnswer answer) {
  EvaluationRow r;
  r.system = answer.system;
  r.condition = answer.condition;
  r.seed = answer.seed;
  r.question = &item.question;
  r.clip = clip_of(item);
  r.unit = !item.clip.unit.empty() ? item.clip.unit : !item.clip.id.empty() ? item.clip.id : item.question.id;
  r.answer = answer.answer;
  r.verdicts = answer.verdicts;
  inputs.rows.push_back(std::move(r));
  item.answers.push_back(std::move(answer));
}

std::unique_ptr<ReportInputs> gather_inputs(const Pipeline& p, const Execution& e, Store& store) {
  auto inputs = std::make_unique<ReportInputs>();
  ReportData& data = inputs->data;
  data.suite = p.spec.name;
  data.description = p.spec.description;
  data.identity = p.identity;
  data.primary_judge = p.spec.primary_judge;

  const auto failed = failures(p, e);
  for (const SystemSpec& s : p.spec.systems) {
    ReportSystem r;
    r.name = s.name;
    r.kind = s.kind;
    r.summary = s.summary;
    r.pools = s.pools;
    describe_training(r, s, p);
    r.control = s.kind == "text" || s.kind == "majority" || s.permute_emotions;
    if (const auto f = failed.find(s.name); f != failed.end()) {
      r.state = "failed";
      r.failure = f->second;
    }
    data.systems.push_back(std::move(r));
  }

  EvaluationSettings& settings = inputs->settings;
  settings.level = p.spec.statistics.level;
  settings.resamples = p.spec.statistics.resamples;
  settings.method = p.spec.statistics.method;
  settings.stream = fmt::format("{}/statistics/{}", p.spec.name, p.spec.statistics.seed);
  settings.primary_judge = p.spec.primary_judge;
  settings.metrics = p.spec.metrics;
  for (const PlannedJudge& j : p.judges) {
    const auto& judge = j.described;
    settings.judges.push_back({j.spec.name, judge->scale(), judge->is_metric_judge(), judge->resources()});
    if (const auto sample = judge->sample()) {
      settings.judges.back().conditions = sample->conditions;
      data.notes.push_back(sample_note(j.spec.name, *sample));
    }
    const std::string what = judge->is_metric_judge() ? "metric judge" : judge->summary();
    data.judges[j.spec.name] =
        fmt::format("{}{}, scale {}, identity {}", j.spec.kind, what.empty() ? "" : " (" + what + ")",
                    judge->scale().name(), j.identity);
  }
  data.canaries = report_canaries(p, e, store);
  for (const ReportCanary& c : data.canaries)
    if (auto note = drift_note(c); !note.empty()) data.notes.insert(data.notes.begin(), std::move(note));
  for (const SystemSpec& s : p.spec.systems)
    if (auto resources = system_resources(p, s); !resources.empty())
      settings.system_resources[s.name] = resources;
  for (const ContrastSpec& c : contrasts_of(p.spec))
    settings.contrasts.push_back(
        {c.name, c.system, c.baseline, c.system_condition, c.baseline_condition, !p.spec.claims.empty()});

  // Items first, so that rows may point into them: one item a question, in the corpus' order.
  std::map<std::string, std::size_t> item_of;
  std::vector<std::shared_ptr<const Corpus>> corpora;
  AudioDigests audio;
  const bool somebody_hears = std::any_of(p.judges.begin(), p.judges.end(),
                                          [](const PlannedJudge& j) { return j.described->hears(); });
  std::map<std::string, std::map<std::string, std::int64_t>> counts;
  for (const auto& dataset : p.evaluated) {
    if (!finished(e.find(p.stages, "corpus " + dataset))) continue;
    const auto corpus = p.corpora->get(needed(store, p.corpus_keys.at(dataset), "corpus").path);
    corpora.push_back(corpus);
    for (std::size_t i = 0; i < p.judges.size(); ++i)
      if (auto sample = judge_sample(p, *p.judges[i].described, *corpus))
        settings.judges[i].sample.merge(*sample);
    const bool predictions =
        p.recogniser_keys.count(dataset) && finished(e.find(p.stages, "recogniser " + dataset));
    const Annotations predicted =
        predictions ? predicted_metadata(p, store, dataset, MetadataCondition::predicted) : Annotations{};
    for (const Question* q : p.asked(*corpus)) {
      if (item_of.count(q->id))
        throw Error(ErrorKind::data, fmt::format("the question '{}' is asked in two datasets", q->id),
                    dataset, "give each question one id");
      ReportItem item;
      item.question = *q;
      if (const Clip* clip = q->clip.empty() ? nullptr : corpus->find_clip(q->clip)) {
        item.clip = *clip;
        item.audio_path = recording_of(*corpus, clip);
        if (somebody_hears) item.audio_sha256 = audio.of(item.audio_path);
        item.metadata_gold = metadata_text(gold_metadata(*clip));
        if (const auto found = predicted.find(clip->id); found != predicted.end())
          item.metadata_predicted = metadata_text(found->second);
      }
      item_of[q->id] = data.items.size();
      data.items.push_back(std::move(item));
    }
    for (const Question& q : corpus->questions) {
      const Clip* clip = corpus->find_clip(q.clip);
      ++counts[clip ? clip->split : "without clip"][q.pool];
    }
    if (predictions) {
      const std::string file =
          needed(store, p.recogniser_keys.at(dataset), "recogniser").path + "/report.json";
      if (!data.recogniser.is_object()) data.recogniser = Json::object();
      Json recogniser = read_json_file(file);
      for (Estimate& one :
           take_recogniser_estimates(recogniser, *corpus, p.recogniser_keys.size() > 1 ? dataset : ""))
        data.estimates.push_back(std::move(one));
      data.recogniser[dataset] = std::move(recogniser);
    }
    // A user's own corpus: what was kept unread is worth a note, without the store's path. Our adapters'
    // extra fields are not.
    for (const KindSpec& d : p.spec.datasets)
      if (d.name == dataset && d.kind == "manifest")
        for (std::string w : corpus->warnings) {
          if (const auto at = w.find(corpus->folder); at != std::string::npos)
            w.replace(at, corpus->folder.size(), dataset);
          data.notes.push_back(w);
        }
    if (const Json* written = corpus->about.find("questions"); written && written->is_object()) {
      if (!data.questions.is_object()) data.questions = Json::object();
      add_writer(data.questions, dataset, *written);
    }
  }
  if (!data.questions.is_object()) data.questions = Json::object();
  Json by_split = Json::object();
  for (const auto& [split, pools] : counts) {
    Json row = Json::object();
    for (const auto& [pool, n] : pools) row[pool] = n;
    by_split[split] = row;
  }
  data.questions["counts"] = by_split;

  DueVerdicts due;
  std::vector<bool> judge_ended;
  std::vector<VerdictKeys> key_of;
  for (const PlannedJudge& j : p.judges) key_of.emplace_back(j.identity, j.described->hears());
  for (const PlannedJudge& j : p.judges)
    judge_ended.push_back(finished(e.find(p.stages, fmt::format("judge {}", j.spec.name))));
  bool several_speakers_a_unit = false;
  std::map<std::string, std::set<int>> recorded;      // seeds of each system that was recorded
  std::map<std::string, std::set<std::string>> told;  // whom the replies of each endpoint say they are from
  for (const SystemSpec& s : p.spec.systems)
    if (s.kind == "recorded")
      recorded[s.name];
    else if (s.kind == "endpoint")
      told[s.name];
  for (const AnswerSet& set : p.answers) {
    if (!finished(e.find(p.stages, set.stage))) continue;
    const std::vector<AnswerRow> answered = store.answers(set.stage_key);
    std::vector<std::string> keys;  // of every answer's verdicts, judge by judge
    for (const AnswerRow& row : answered) {
      const auto at = item_of.find(row.question);
      if (at == item_of.end())
        throw Error(ErrorKind::store,
                    fmt::format("the ledger answers '{}', which is not asked", row.question), set.stage);
      const ReportItem& item = data.items[at->second];
      for (VerdictKeys& judge : key_of)
        keys.push_back(judge.of(item.question, clip_of(item), row.answer.text, item.audio_sha256));
    }
    const std::map<std::string, VerdictRow> judged = store.verdicts(keys);
    auto key = keys.begin();
    for (const AnswerRow& row : answered) {
      ReportItem& item = data.items[item_of.at(row.question)];
      if (const auto by = told.find(set.system); by != told.end())
        if (const std::string model = row.about.get("model", ""); !model.empty()) by->second.insert(model);
      // A trained system's seed is its set's; a recorded one's stands beside each of its answers.
      const int seed = set.seed + row.replicate;
      ReportAnswer answer{set.system, set.condition, seed, row.question, row.answer, {}};
      for (std::size_t j_index = 0; j_index < p.judges.size(); ++j_index) {
        const PlannedJudge& j = p.judges[j_index];
        const std::string& verdict_of = *key++;
        const auto found = judged.find(verdict_of);
        bool in_ledger = false;  // or should be
        Verdict verdict = NotJudged{"the judge's stage did not run to its end"};
        if (row.answer.status != AnswerStatus::answered)
          verdict = NotJudged{fmt::format("the answer is {}", to_string(row.answer.status))};
        else if (item.question.type == QuestionType::ASR)
          verdict = NotJudged{"transcriptions are measured by word error rate"};
        else if (!judge_reads(*j.described, set.condition))
          verdict = NotJudged{not_read(*j.described->sample(), set.condition)};
        else if (!settings.judges[j_index].sample.empty() &&
                 !settings.judges[j_index].sample.contains(item.question.id))
          verdict = NotJudged{not_sampled(*j.described->sample())};
        else if (found != judged.end())
          verdict = found->second.verdict, in_ledger = true;
        else if (judge_ended[j_index])
          verdict = NotJudged{"the ledger has lost this verdict"}, in_ledger = true;
        if (in_ledger)
          due.keys.push_back(verdict_of);
        else
          ++due.not_due;
        answer.verdicts[j.spec.name] = std::move(verdict);
      }
      if (recorded.count(set.system)) recorded[set.system].insert(seed);
      several_speakers_a_unit |= item.clip.unit.find('+') != std::string::npos;
      add_answer(*inputs, item, std::move(answer));
    }
  }
  for (ReportSystem& s : data.systems)
    if (const auto seeds = recorded.find(s.name); seeds != recorded.end() && !seeds->second.empty())
      s.seeds.assign(seeds->second.begin(), seeds->second.end());
  for (const SystemSpec& s : p.spec.systems)
    if (s.kind == "endpoint" && !told.at(s.name).empty() && told.at(s.name) != std::set<std::string>{s.model})
      data.notes.push_back(fmt::format("System '{}' asked for '{}'; its replies are from '{}'.", s.name,
                                       s.model, fmt::join(told.at(s.name), "', '")));
  const bool clips = !data.items.empty() && !data.items.front().clip.id.empty();
  settings.unit_resampled = !clips                    ? "question"
                            : several_speakers_a_unit ? "speaker or pair of speakers"
                                                      : "speaker";
  if (!clips)
    data.notes.push_back(
        "Recorded answers without clips: questions are taken as independent units, which may make intervals "
        "too narrow.");
  if (p.training_keys.count("base"))
    data.notes.push_back(
        "The base stage was trained once and is shared by every system: it is one draw, and no interval here "
        "covers what another draw would give.");
  count_ledger(data, p, e, store, due);
  if (auto note = closed_set_note(data.items); !note.empty()) data.notes.push_back(std::move(note));
  if (p.limit > 0)
    data.notes.push_back(
        fmt::format("Only the first {} questions of each dataset were asked (--limit).", p.limit));
  inputs->choice = {p.spec.metrics, p.spec.primary_judge};
  return inputs;
}

ReportData finish_report(std::unique_ptr<ReportInputs> inputs, int threads) {
  ReportData& data = inputs->data;
  inputs->settings.threads = threads;
  std::vector<Estimate> given = std::move(data.estimates);  // the recogniser's
  data.estimates = evaluate(inputs->rows, inputs->settings);
  // p-values stay adjusted for all that was computed, listed or not.
  std::erase_if(data.estimates, [&](const Estimate& one) { return !is_reported(one, inputs->choice); });
  for (std::string& note : unmeasured_metrics(inputs->settings.metrics, data.estimates))
    data.notes.push_back(std::move(note));
  data.estimates.insert(data.estimates.end(), given.begin(), given.end());
  data.mapping = mapping_report(inputs->rows, inputs->settings);
  return std::move(data);
}

ReportData gather_report(const Pipeline& p, const Execution& e, Store& store, int threads) {
  return finish_report(gather_inputs(p, e, store), threads);
}

}  // namespace undertone
