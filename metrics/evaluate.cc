#include "metrics/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "harness/core/error.h"
#include "metrics/answer_labels.h"
#include "metrics/evaluation_table.h"
#include "metrics/statistics/multiplicity.h"
#include "metrics/statistics/parallel.h"

namespace undertone {
namespace {

void check(const EvaluationSettings& s) {
  auto need = [](bool ok, const std::string& what, const std::string& mend) {
    if (!ok) throw Error(ErrorKind::suite, what, "", mend);
  };
  need(s.level > 0 && s.level < 1, fmt::format("statistics.level is {}", s.level),
       "give a level between 0 and 1");
  need(s.resamples >= 100, fmt::format("statistics.resamples is {}", s.resamples),
       "give at least 100 resamples; 2000 is the default");
  statistics::bootstrap_method_from(s.method);
}

// Familywise over the declared tests (Holm), false discovery rate over the exploratory ones
// (Benjamini-Hochberg).
void adjust(std::vector<Estimate>& estimates) {
  for (const bool exploratory : {false, true}) {
    std::vector<Estimate*> family;
    std::vector<double> raw;
    for (Estimate& e : estimates)
      if (e.p_value && e.exploratory == exploratory) {
        family.push_back(&e);
        raw.push_back(*e.p_value);
      }
    const auto adjusted = exploratory ? statistics::benjamini_hochberg(raw) : statistics::holm(raw);
    for (std::size_t i = 0; i < family.size(); ++i) {
      family[i]->method += fmt::format(", p = {:.4g} before {} over {} tests", raw[i],
                                       exploratory ? "Benjamini-Hochberg" : "Holm", raw.size());
      family[i]->p_value = adjusted[i];
    }
  }
}

}  // namespace

namespace {

void mark_self_family(std::vector<Estimate>& estimates, const EvaluationSettings& settings) {
  if (settings.system_resources.empty()) return;
  std::map<std::string, const JudgeInfo*> judges;
  for (const JudgeInfo& info : settings.judges) judges[info.name] = &info;
  const auto shares = [&](const std::string& judge, const std::string& system) {
    const auto info = judges.find(judge);
    const auto of_system = settings.system_resources.find(system);
    if (info == judges.end() || of_system == settings.system_resources.end()) return false;
    return std::any_of(of_system->second.begin(), of_system->second.end(), [&](const std::string& resource) {
      const auto& all = info->second->resources;
      return std::find(all.begin(), all.end(), resource) != all.end();
    });
  };
  for (Estimate& e : estimates) {
    const bool own = shares(e.judge, e.system);
    if (e.judge.empty() || (!own && !shares(e.judge, e.baseline))) continue;
    e.circular = true;
    e.exploratory = true;
    metrics::add_reason(e, "self-family: judge and '" + (own ? e.system : e.baseline) + "' share weights");
  }
}

}  // namespace

std::vector<Estimate> evaluate(const std::vector<EvaluationRow>& rows, const EvaluationSettings& settings) {
  check(settings);
  const metrics::Table table = metrics::make_table(rows, settings);
  const metrics::LabelTable labels = metrics::make_labels(table, settings.threads);
  statistics::DrawCache draws(settings.stream + "/bootstrap", settings.resamples);
  metrics::Jobs jobs{&table, &labels, &draws, {}};
  metrics::add_correlation_jobs(jobs);  // the longest first
  metrics::add_judge_quality_jobs(jobs);
  metrics::add_contrast_jobs(jobs);
  metrics::add_label_jobs(jobs);
  metrics::add_text_jobs(jobs);
  metrics::add_score_jobs(jobs);
  std::vector<std::vector<Estimate>> results(jobs.list.size());
  statistics::parallel_for(jobs.list.size(), settings.threads,
                           [&](std::size_t i) { results[i] = jobs.list[i](); });
  std::vector<Estimate> out;
  for (auto& r : results)
    out.insert(out.end(), std::make_move_iterator(r.begin()), std::make_move_iterator(r.end()));
  mark_self_family(out, settings);
  adjust(out);
  auto key = [](const Estimate& e) {
    return std::tie(e.system, e.test_condition, e.judge, e.tag, e.baseline);
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const Estimate& a, const Estimate& b) { return key(a) < key(b); });
  return out;
}

}  // namespace undertone
