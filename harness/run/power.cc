#include "harness/run/power.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "harness/core/files.h"
#include "harness/run/report_data.h"
#include "harness/run/rerun.h"
#include "harness/run/run.h"

namespace undertone {
namespace {

struct PlannedContrast {
  std::string name, system, baseline, system_condition, baseline_condition;
  double margin = 0;
};

std::vector<PlannedContrast> contrasts_of(const SuiteSpec& spec, bool& declared) {
  std::vector<PlannedContrast> out;
  declared = !spec.claims.empty();
  for (const ContrastSpec& c : spec.claims)
    out.push_back({c.name, c.system, c.baseline, c.system_condition, c.baseline_condition, c.margin});
  if (!declared)
    for (std::size_t i = 1; i < spec.systems.size(); ++i) {
      const SystemSpec &first = spec.systems.front(), &other = spec.systems[i];
      out.push_back({other.name + " against " + first.name, other.name, first.name, other.test.front(),
                     first.test.front(), 0});
    }
  return out;
}

// Answers and verdicts that the store holds of a suite, as its report would show them; nothing where it has
// none.
std::optional<ReportData> results_of(const SuiteSpec& spec, const Installation& installation,
                                     const std::string& folder, std::string& why) {
  if (!std::filesystem::exists(folder)) {
    why = fmt::format("there is no store at {}", folder);
    return std::nullopt;
  }
  Store store = Store::open(folder, Store::Mode::read);
  std::unique_ptr<Pipeline> pipeline;
  try {
    pipeline = make_pipeline(spec, installation, {});
  } catch (const Error& e) {
    why = e.what_happened();  // data or weights that are not here: nothing can have been made of them
    return std::nullopt;
  }
  Execution execution;
  for (const Stage& stage : pipeline->stages) {
    StageOutcome outcome;
    outcome.state = store.find(stage.key) ? StageOutcome::State::found : StageOutcome::State::skipped;
    execution.outcomes.push_back(std::move(outcome));
  }
  ReportData data = gather_report(*pipeline, execution, store, 1);
  if (data.ledger_answers == 0) {
    why = fmt::format("the store {} has no answers of this suite", folder);
    return std::nullopt;
  }
  return data;
}

std::optional<double> score(const ReportAnswer& answer, const std::string& judge) {
  const auto at = answer.verdicts.find(judge);
  if (answer.answer.status != AnswerStatus::answered || at == answer.verdicts.end()) return std::nullopt;
  const auto* scored = std::get_if<Scored>(&at->second);
  return scored ? std::optional(scored->value) : std::nullopt;
}

// Pairs by question and, where both sides have the same seeds, by seed; else against the baseline's mean over
// its seeds. The declared measure: contextual questions, or the first pool where there are none.
std::vector<analysis::PilotDifference> differences_of(const ReportData& data, const PlannedContrast& c) {
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
      const auto mine = score(a, data.primary_judge);
      double sum = 0, n = 0;
      for (const ReportAnswer& b : item.answers) {
        if (!is(b, c.baseline, c.baseline_condition) || (by_seed && b.seed != a.seed)) continue;
        if (const auto other = score(b, data.primary_judge)) sum += *other, n += 1;
      }
      if (!mine || n == 0) continue;
      out.push_back({units.emplace(unit, static_cast<std::uint32_t>(units.size())).first->second,
                     clips.emplace(clip, static_cast<std::uint32_t>(clips.size())).first->second,
                     static_cast<std::uint32_t>(q), static_cast<std::uint32_t>(a.seed), *mine - sum / n});
    }
  }
  return out;
}

constexpr const char* kComponents[] = {"speaker", "clip", "question", "seed", "decode", "replicate"};
constexpr const char* kNumbers[] = {"speakers", "clips", "questions", "seeds", "replicates"};

double& component(statistics::PlannedVariance& v, std::string_view name) {
  return name == "speaker"    ? v.speaker
         : name == "clip"     ? v.clip
         : name == "question" ? v.question
         : name == "seed"     ? v.seed
         : name == "decode"   ? v.decode
                              : v.replicate;
}
std::int64_t& number(statistics::PlannedDesign& d, std::string_view name) {
  return name == "speakers"    ? d.speakers
         : name == "clips"     ? d.clips
         : name == "questions" ? d.questions
         : name == "seeds"     ? d.seeds
                               : d.replicates;
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
  const auto contrasts = contrasts_of(spec, out.declared);
  if (contrasts.empty())
    throw Error(ErrorKind::usage,
                fmt::format("'{}' has one system and no claim: there is nothing to compare", spec.name),
                spec.file, "declare a claim, or a second system");
  out.alpha = (1 - out.level) / static_cast<double>(contrasts.size());

  std::string why;
  std::optional<ReportData> data;
  if (!options.pilot.empty()) {
    const std::string folder = run_folder(options.pilot, options.store);
    const Json manifest = read_json_file(folder + "/manifest.json");
    const std::string text = manifest.at("resolved_suite").dump(1);
    const SuiteResult read =
        read_suite(folder + "/suite.json", {}, suite_kinds(), [&](const std::string&) { return text; });
    if (!read.problems.empty() || read.suites.empty())
      throw Error(ErrorKind::data,
                  "the pilot's suite cannot be read any more" +
                      (read.problems.empty() ? "" : ": " + read.problems.front().str()),
                  folder + "/manifest.json", "run it again, or name another pilot");
    data = results_of(read.suites.front(), installation, options.store, why);
    if (data) data->primary_judge = spec.primary_judge.empty() ? data->primary_judge : spec.primary_judge;
    out.pilot = fmt::format("the run '{}' of suite '{}'", options.pilot, read.suites.front().name);
  } else {
    data = results_of(spec, installation, options.store, why);
    out.pilot = "this suite's results in the store";
  }
  if (!data) {
    need_assumptions(spec, options, why);
    out.pilot = "no pilot (" + why + "): everything is assumed";
  }
  for (const char* name : kComponents)
    if (const auto at = options.deviations.find(name); at != options.deviations.end())
      out.assumed.push_back(fmt::format("standard deviation between {}s {:g}", name, at->second));
  for (const char* name : kNumbers)
    if (const auto at = options.numbers.find(name); at != options.numbers.end())
      out.assumed.push_back(fmt::format("{} {}", at->second, name));

  for (const PlannedContrast& c : contrasts) {
    ContrastPower one;
    one.name = c.name;
    one.system = place_of(c.system, c.system_condition);
    one.baseline = place_of(c.baseline, c.baseline_condition);
    one.effect = options.effect ? options.effect : c.margin > 0 ? std::optional(c.margin) : std::nullopt;
    if (data) {
      const auto pilot = analysis::plan_of_pilot(differences_of(*data, c), out.level);
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
        one.design.seeds = static_cast<std::int64_t>(
            std::max<std::size_t>(1, (system->seeds.empty() ? spec.seeds : system->seeds).size()));
    }
    for (const auto& [name, deviation] : options.deviations)
      component(one.variance, name) = deviation * deviation;
    for (const auto& [name, n] : options.numbers) number(one.design, name) = n;
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
