#include "harness/run/power.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "harness/core/error.h"
#include "harness/run/rejudge.h"
#include "harness/run/report_data.h"
#include "harness/run/report_facts.h"
#include "harness/run/stages.h"

namespace undertone {
namespace {

// Answers and verdicts that the store holds of a pipeline, as its report would show them; nothing where it
// has none.
std::unique_ptr<ReportInputs> results_of(const Pipeline& pipeline, const Execution& execution, Store& store,
                                         std::string& why) {
  auto inputs = gather_inputs(pipeline, execution, store);
  if (inputs->data.ledger_answers > 0) return inputs;
  why = fmt::format("the store {} has no answers of this suite", store.folder());
  return nullptr;
}

// Of the suite itself.
std::unique_ptr<ReportInputs> own_results(const SuiteSpec& spec, const Installation& installation,
                                          Store& store, std::string& why) {
  std::unique_ptr<Pipeline> pipeline;
  try {
    pipeline = make_pipeline(spec, installation, {});
  } catch (const Error& e) {
    why = e.what_happened();  // data or weights that are not here: nothing can have been made of them
    return nullptr;
  }
  Execution execution;
  for (const Stage& stage : pipeline->stages) {
    StageOutcome outcome;
    outcome.state = store.find(stage.key) ? StageOutcome::State::found : StageOutcome::State::skipped;
    execution.outcomes.push_back(std::move(outcome));
  }
  return results_of(*pipeline, execution, store, why);
}

// Of another run, asked as many questions as it was (--limit).
std::unique_ptr<ReportInputs> pilot_results(const PowerOptions& options, const Installation& installation,
                                            Store& store, std::string& suite, std::string& why) {
  StoredRun run;
  try {
    run = open_stored_run(options.pilot, installation, store);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::usage) throw;  // there is no such run
    why = e.what_happened();
    return nullptr;
  }
  suite = run.pipeline->spec.name;
  return results_of(*run.pipeline, run.execution, store, why);
}

std::optional<double> score(const ReportAnswer& answer, const std::string& judge) {
  const auto at = answer.verdicts.find(judge);
  if (answer.answer.status != AnswerStatus::answered || at == answer.verdicts.end()) return std::nullopt;
  const auto* scored = std::get_if<Scored>(&at->second);
  return scored ? std::optional(scored->value) : std::nullopt;
}

// Pairs by question and, where both sides have the same seeds, by seed; else against the baseline's mean over
// its seeds. The declared measure: contextual questions, or the first pool where there are none.
std::vector<analysis::PilotDifference> differences_of(const ReportData& data, const ContrastSpec& c,
                                                      const std::string& judge) {
  std::set<std::string> pools;
  for (const ReportItem& i : data.items)
    if (i.question.type != QuestionType::ASR) pools.insert(i.question.pool);
  const std::string pool = pools.contains("cpqa") || pools.empty() ? "cpqa" : *pools.begin();
  std::map<std::string, std::uint32_t> units, clips;
  std::vector<analysis::PilotDifference> out;
  std::set<int> first_seeds, second_seeds;
  const auto is = [](const ReportAnswer& a, const std::string& system, const std::string& condition) {
    return a.system == system && a.condition == condition;
  };
  for (const ReportItem& i : data.items)
    for (const ReportAnswer& a : i.answers) {
      if (is(a, c.system, c.system_condition)) first_seeds.insert(a.seed);
      if (is(a, c.baseline, c.baseline_condition)) second_seeds.insert(a.seed);
    }
  const bool by_seed = first_seeds == second_seeds;
  for (std::size_t q = 0; q < data.items.size(); ++q) {
    const ReportItem& item = data.items[q];
    if (item.question.pool != pool || item.question.type == QuestionType::ASR) continue;
    const std::string clip = item.clip.id.empty() ? item.question.id : item.clip.id;
    const std::string unit = item.clip.unit.empty() ? clip : item.clip.unit;
    for (const ReportAnswer& a : item.answers) {
      if (!is(a, c.system, c.system_condition)) continue;
      const auto mine = score(a, judge);
      double sum = 0, n = 0;
      for (const ReportAnswer& b : item.answers) {
        if (!is(b, c.baseline, c.baseline_condition) || (by_seed && b.seed != a.seed)) continue;
        if (const auto other = score(b, judge)) sum += *other, n += 1;
      }
      if (!mine || n == 0) continue;
      out.push_back({units.emplace(unit, static_cast<std::uint32_t>(units.size())).first->second,
                     clips.emplace(clip, static_cast<std::uint32_t>(clips.size())).first->second,
                     static_cast<std::uint32_t>(q), static_cast<std::uint32_t>(a.seed), *mine - sum / n});
    }
  }
  return out;
}

void need_assumptions(const SuiteSpec& spec, const PowerOptions& options, const std::string& why) {
  std::vector<std::string> missing;
  if (options.deviations.empty())
    missing.push_back(
        "at least one of --sd-speaker, --sd-clip, --sd-question, --sd-seed, --sd-decode, --sd-replicate");
  if (!options.numbers.contains("speakers"))
    missing.push_back("--speakers (with --clips and --questions each has)");
  if (missing.empty()) return;
  throw Error(ErrorKind::usage, fmt::format("there is no pilot for '{}': {}", spec.name, why), options.store,
              fmt::format("run the suite, name a run that is like it with --pilot RUN, or assume: {}",
                          fmt::join(missing, "; ")));
}

std::string place_of(const std::string& system, const std::string& condition) {
  return condition.empty() ? system : system + "@" + condition;
}

}  // namespace

SuitePower suite_power(const SuiteSpec& spec, const Installation& installation, const PowerOptions& options) {
  SuitePower out;
  out.suite = spec.name;
  out.judge = spec.primary_judge;
  out.level = spec.statistics.level;
  out.power = options.power;
  out.declared = !spec.claims.empty();
  const auto contrasts = contrasts_of(spec);
  if (contrasts.empty())
    throw Error(ErrorKind::usage,
                fmt::format("'{}' has one system and no claim: there is nothing to compare", spec.name),
                spec.file, "declare a claim, or a second system");
  out.alpha = (1 - out.level) / static_cast<double>(contrasts.size());

  std::string why;
  std::unique_ptr<ReportInputs> found;
  out.pilot = "this suite's results in the store";
  if (!std::filesystem::exists(options.store)) {
    why = fmt::format("there is no store at {}", options.store);
  } else {
    Store store = Store::open(options.store, Store::Mode::read);
    if (options.pilot.empty()) {
      found = own_results(spec, installation, store, why);
    } else {
      std::string suite;
      found = pilot_results(options, installation, store, suite, why);
      out.pilot = fmt::format("the run '{}' of suite '{}'", options.pilot, suite);
    }
  }
  const ReportData* data = found ? &found->data : nullptr;
  if (!data) {
    need_assumptions(spec, options, why);
    out.pilot = "no pilot (" + why + "): everything is assumed";
  }
  for (const auto& [name, member] : statistics::kVarianceComponents)
    if (const auto at = options.deviations.find(name); at != options.deviations.end())
      out.assumed.push_back(fmt::format("standard deviation between {}s {:g}", name, at->second));
  for (const auto& [name, member] : statistics::kDesignNumbers)
    if (const auto at = options.numbers.find(name); at != options.numbers.end())
      out.assumed.push_back(fmt::format("{} {}", at->second, name));

  for (const ContrastSpec& c : contrasts) {
    ContrastPower one;
    one.name = c.name;
    one.system = place_of(c.system, c.system_condition);
    one.baseline = place_of(c.baseline, c.baseline_condition);
    one.effect = options.effect ? options.effect : c.margin > 0 ? std::optional(c.margin) : std::nullopt;
    if (data) {
      const auto pilot = analysis::plan_of_pilot(
          differences_of(*data, c, spec.primary_judge.empty() ? data->primary_judge : spec.primary_judge),
          out.level);
      one.variance = pilot.variance;
      one.design = pilot.design;
      one.mean = pilot.mean;
      one.observed_error = pilot.standard_error;
      one.notes = pilot.notes;
      one.reason = pilot.reason;
    } else {
      const auto system = std::find_if(spec.systems.begin(), spec.systems.end(),
                                       [&](const SystemSpec& s) { return s.name == c.system; });
      if (system != spec.systems.end())
        one.design.seeds =
            static_cast<std::int64_t>(std::max<std::size_t>(1, Builder::seeds_of(*system, spec).size()));
    }
    for (const auto& [name, deviation] : options.deviations)
      one.variance.*statistics::member_called(statistics::kVarianceComponents, name) = deviation * deviation;
    for (const auto& [name, n] : options.numbers)
      one.design.*statistics::member_called(statistics::kDesignNumbers, name) = n;
    one.new_seeds = one.design.seeds > 1;
    if (!one.new_seeds)
      one.notes.push_back("one seed: what is planned holds for that seed, not for new ones");
    if (one.reason.empty() || !out.assumed.empty()) {
      one.plan =
          analysis::power_plan(one.variance, one.design, one.new_seeds, {out.alpha, out.power, one.effect});
      one.reason = one.plan.reason;
    }
    out.contrasts.push_back(std::move(one));
  }
  return out;
}

}  // namespace undertone
