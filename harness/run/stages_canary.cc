// Asking judges their frozen anchors before they judge: one stage a judge that has some.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "harness/run/canary.h"
#include "harness/run/judge_asking.h"
#include "harness/run/report_facts.h"
#include "harness/run/stages.h"
#include "harness/store/key.h"

namespace undertone {
namespace {

constexpr int kCanaryVersion = 1;

// A verdict of the very stage: what the judge said of the anchors before other answers is another reading.
std::string canary_key(const std::string& stage_key, const std::string& judge_identity, const Anchor& anchor,
                       int replicate) {
  return item_key("canary",
                  Json::object({{"stage", stage_key},
                                {"asked", verdict_key(judge_identity, anchor.question, anchor.clip_or_null(),
                                                      anchor.answer, replicate, anchor.audio_sha256)}}));
}

std::vector<ToJudge> asked_of(const PlannedCanary& canary, const Anchors& file, int replicates) {
  std::vector<ToJudge> out;
  for (int k = 0; k < replicates; ++k)
    for (const Anchor& a : canary.anchors)
      out.push_back({canary_key(canary.stage_key, a.identity, a, k), &a.question, a.clip_or_null(), a.answer,
                     k, file.recording(a)});
  return out;
}

}  // namespace

void read_canary(Pipeline& p) {
  const std::string& path = p.spec.canary.path;
  if (path.empty() || (p.recorded && !std::filesystem::exists(path))) return;
  p.anchors = read_anchors(path);
  for (const Anchor& a : p.anchors->items)
    if (std::none_of(p.spec.judges.begin(), p.spec.judges.end(),
                     [&](const KindSpec& j) { return j.name == a.judge; }))
      throw Error(ErrorKind::data, fmt::format("the suite has no judge '{}'", a.judge), a.place.str(),
                  "name the judge as the suite does, or take its anchors out of the file");
}

std::string Builder::canary(const PlannedJudge& judge, const Stage& judging) {
  if (!p_.anchors) return "";
  PlannedCanary planned;
  if (p_.recorded)
    std::copy_if(p_.anchors->items.begin(), p_.anchors->items.end(), std::back_inserter(planned.anchors),
                 [&](const Anchor& a) { return a.judge == judge.spec.name; });
  else
    planned.anchors = anchors_of(*p_.anchors, judge.spec.name, *judge.described);
  if (planned.anchors.empty()) return "";
  const int replicates = replicates_of(p_, *judge.described);
  // With the stage that it stands before: whoever judges other answers is asked anew.
  StageKey key("canary", kCanaryVersion);
  key.model("judge", judge.identity).file("anchors", p_.anchors->digest).input("judging", judging.key);
  if (replicates > 1) key.setting("replicates", replicates);
  planned.stage = fmt::format("canary {}", judge.spec.name);
  planned.stage_key = key.hash();
  Stage stage;
  stage.key = planned.stage_key;
  stage.kind = "canary";
  stage.title = planned.stage;
  stage.gathers = judging.gathers;  // just before it judges, not hours
  stage.systems = judging.systems;
  stage.needs_model = judging.needs_model;
  stage.weights = judging.weights;
  stage.slots = judging.slots;
  const auto n = static_cast<std::int64_t>(planned.anchors.size()) * replicates;
  stage.estimate = [n, metric = judge.described->is_metric_judge()] {
    constexpr double kSeconds = 0.1;  // a verdict of a model
    return Estimated{metric ? 0.05 : kSeconds * static_cast<double>(n), 50 << 20, metric ? 0 : n, n};
  };
  stage.run = [p = &p_, spec = judge.spec, identity = judge.identity, about = key.about(),
               title = planned.stage, hash = planned.stage_key, replicates](StageContext& c) {
    const PlannedCanary& canary = p->canaries.at(spec.name);
    const StageJudge asks(*p, spec, identity, c, title);
    ask_judge(c, *asks, without_verdict(asked_of(canary, *p->anchors, replicates), c.store), title);
    Json with_facts = about;
    with_facts["facts"] = Json::object({{"anchors", static_cast<std::int64_t>(canary.anchors.size())}});
    const std::string folder = c.store.begin_artefact(hash);
    write_summary(folder, with_facts.at("facts"));
    c.store.commit_artefact(folder, hash, "canary", with_facts);
  };
  p_.canaries[judge.spec.name] = std::move(planned);
  const std::string title = stage.title;
  add(std::move(stage));
  return title;
}

std::vector<ReportCanary> report_canaries(const Pipeline& p, const Execution& e, const Store& store) {
  std::vector<ReportCanary> out;
  for (const PlannedJudge& judge : p.judges) {
    const auto planned = p.canaries.find(judge.spec.name);
    if (planned == p.canaries.end() || !finished(e.find(p.stages, planned->second.stage))) continue;
    const std::vector<Anchor>& anchors = planned->second.anchors;
    const int replicates = replicates_of(p, *judge.described);
    std::vector<std::string> keys;
    for (const ToJudge& asked : asked_of(planned->second, *p.anchors, replicates)) keys.push_back(asked.key);
    const auto said = store.verdicts(keys);
    ReportCanary canary;
    canary.judge = judge.spec.name;
    canary.identity = judge.identity;
    canary.anchors = p.anchors->digest;
    canary.alpha = p.spec.canary.alpha / static_cast<double>(p.canaries.size());
    for (std::size_t i = 0; i < anchors.size(); ++i) {
      const Anchor& a = anchors[i];
      CanaryItem item;
      item.asked = verdict_key("", a.question, a.clip_or_null(), a.answer, 0, a.audio_sha256);
      item.cluster = a.clip && !a.clip->unit.empty() ? a.clip->unit : a.question.id;
      item.question = a.question.id;
      item.answer = a.answer;
      item.first = a.verdicts;
      for (int k = 0; k < replicates; ++k)
        if (const auto found = said.find(keys[static_cast<std::size_t>(k) * anchors.size() + i]);
            found != said.end())
          item.now.push_back(found->second.verdict);
      canary.items.push_back(std::move(item));
    }
    conclude(canary, p.spec.name);
    out.push_back(std::move(canary));
  }
  return out;
}

}  // namespace undertone
