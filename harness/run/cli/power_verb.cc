// power: what a suite's comparisons can see, and what more would buy.
#include <fmt/format.h>
#include <array>
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/run/cli/verbs.h"
#include "harness/run/power.h"
#include "harness/run/run.h"

namespace undertone {

void add_power_verb(CLI::App& app, Action& action) {
  struct Arguments {
    std::string suite;
    std::vector<std::string> overrides;
    double effect = 0;
    std::map<std::string, double> deviations;
    std::map<std::string, std::int64_t> numbers;
    PowerOptions options;
    bool json = false;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* v = app.add_subcommand("power",
                                   "smallest difference that each declared contrast can see, what it needs "
                                   "for an effect, and what to buy");
  v->add_option("SUITE", a->suite, "a suite's name (see 'undertone list suites') or the path of its file")
      ->required();
  v->add_option("OVERRIDES", a->overrides, "settings of the form a.b=c");
  v->add_option("--effect", a->effect,
                "difference in points that must be seen (default: each claim's margin)")
      ->check(CLI::PositiveNumber);
  v->add_option("--power", a->options.power, "chance of seeing it (default 0.8)")
      ->check(CLI::Range(0.5, 0.999));
  v->add_option("--pilot", a->options.pilot,
                "run whose results say how differences vary (default: the suite's own in the store)");
  store_option(v, a->options.store);
  v->add_flag("--json", a->json, "as JSON");
  for (const auto& [name, member] : statistics::kVarianceComponents)
    v->add_option(fmt::format("--sd-{}", name), a->deviations[name],
                  fmt::format("assumed standard deviation of paired differences between {}s", name))
        ->check(CLI::Range(0.0, 1e6));
  constexpr std::array words{"assumed number of speakers, or of units", "assumed clips of each speaker",
                             "assumed questions about each clip", "assumed seeds",
                             "assumed verdicts on each answer"};
  static_assert(words.size() == statistics::kDesignNumbers.size());
  for (std::size_t i = 0; i < words.size(); ++i)
    v->add_option(fmt::format("--{}", statistics::kDesignNumbers[i].name),
                  a->numbers[statistics::kDesignNumbers[i].name], words[i])
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 30));
  v->callback([a, v, &action] {
    if (v->count("--effect")) a->options.effect = a->effect;
    for (const auto& [name, value] : a->deviations)
      if (v->count("--sd-" + name)) a->options.deviations[name] = value;
    for (const auto& [name, value] : a->numbers)
      if (v->count("--" + name)) a->options.numbers[name] = value;
    action = [a] {
      PowerOptions options = a->options;
      options.store = default_store(options.store);
      const Installation here = find_installation();
      for (const SuiteSpec& spec : load_suites(here, a->suite, a->overrides)) {
        const SuitePower power = suite_power(spec, here, options);
        fmt::print("{}", a->json ? power_json(power) : power_text(power));
      }
      return ExitCode::done;
    };
  });
}

}  // namespace undertone
