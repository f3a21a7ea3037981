// The contrasts of a paper's claims that a run's report lacks, from the store.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/run/rejudge.h"
#include "harness/run/report_data.h"
#include "harness/run/reproduce_parts.h"

namespace undertone {
namespace {

using reproduce::Arm;

std::vector<std::pair<Arm, Arm>> wanted_contrasts(const PaperSpec& paper) {
  std::vector<std::pair<Arm, Arm>> out;
  const auto arm = [&](const std::string& cell) {
    const PaperSystem& s = paper.system(paper.cell(cell).system);
    return Arm{s.name, s.condition};
  };
  for (const PaperClaim& c : paper.claims) {
    for (std::size_t i = 1; i < c.cells.size(); ++i)
      // A gain names what is higher first; an order what is lower.
      if (c.kind == "order" || c.kind == "same_order")
        out.emplace_back(arm(c.cells[i]), arm(c.cells[i - 1]));
      else
        out.emplace_back(arm(c.cells[0]), arm(c.cells[i]));
    for (const PaperControl& control : c.controls)
      out.emplace_back(Arm{control.system, control.system_condition},
                       Arm{control.baseline, control.baseline_condition});
  }
  return out;
}

}  // namespace

void pair_from_store(RunFacts& run, const PaperSpec& paper, const std::string& folder,
                     const std::string& store_folder) {
  const reproduce::Lookup lookup(run, paper.level);
  std::vector<Contrast> missing;
  const std::string path = fmt::format("cpqa/all/judge:{}", run.primary_judge);
  for (const auto& [a, b] : wanted_contrasts(paper)) {
    const std::string name = reproduce::difference_title(a, b);
    const bool there =
        std::any_of(missing.begin(), missing.end(), [&](const Contrast& c) { return c.name == name; });
    if (there || !run.system(a.system) || !run.system(b.system)) continue;
    if (!lookup.difference(path, a, b).paired)
      missing.push_back({name, a.system, b.system, a.condition, b.condition, false});
  }
  if (missing.empty()) return;
  const auto unpaired = [&](const std::string& why) {
    run.notes.push_back(fmt::format(
        "{} contrasts that the report lacks are taken from two means, unpaired: {}.", missing.size(), why));
  };
  if (!std::filesystem::exists(store_folder + "/ledger.sqlite")) return unpaired("the store is not here");
  try {
    Store store = Store::open(store_folder, Store::Mode::read);
    const Installation here = find_installation();
    const StoredRun stored = open_stored_run(folder, here, store);
    const auto inputs = gather_inputs(*stored.pipeline, stored.execution, store);
    EvaluationSettings settings = inputs->settings;
    settings.contrasts = missing;
    settings.metrics = {"accuracy"};
    for (Estimate& e : evaluate(inputs->rows, settings))
      if (e.kind == "difference") run.estimates.push_back(std::move(e));
  } catch (const Error& e) {
    unpaired(e.what_happened());
  }
}

}  // namespace undertone
