// How a suite's power is shown.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/run/power.h"
#include "reports/terminal.h"

namespace undertone {
namespace {

Cell number(const std::optional<double>& v, int decimals, const std::string& why) {
  return v ? text_cell(format_number(*v, decimals)) : text_cell("–", why);
}

std::string design_words(const statistics::PlannedDesign& d) {
  return fmt::format("{} × {} × {} × {}{}", d.speakers, d.clips, d.questions, d.seeds,
                     d.replicates > 1 ? fmt::format(" × {}", d.replicates) : "");
}

// A value of each name: components or numbers.
template <class Named, class Struct>
Json members_json(const Named& named, const Struct& values) {
  Json out = Json::object();
  for (const auto& [name, member] : named) out[name] = values.*member;
  return out;
}

}  // namespace

std::vector<Table> power_tables(const SuitePower& p) {
  Table see{"power",
            "What each comparison can see",
            "",
            "contrast",
            {"design", "standard error", "smallest difference"},
            {}};
  see.caption = fmt::format(
      "Smallest difference seen with {:.0f} % chance by a two-sided t test at level {:.3g}, which is what "
      "Holm asks of the "
      "hardest of {} {} contrasts. Design: speakers (or units) × clips each × questions each × seeds.",
      100 * p.power, p.alpha, p.contrasts.size(), p.declared ? "declared" : "exploratory");
  const bool effect =
      std::any_of(p.contrasts.begin(), p.contrasts.end(), [](const auto& c) { return c.effect.has_value(); });
  if (effect) see.columns.insert(see.columns.end(), {"effect", "chance of seeing it"});
  see.columns.insert(see.columns.end(), {"seen in the pilot", "most precision per verdict"});
  TableGroup rows;
  Table need{"needs",
             "What each comparison needs",
             "",
             "contrast",
             {"effect", "speakers", "clips each", "questions each", "seeds", "replicates"},
             {}};
  need.caption = fmt::format(
      "Numbers that alone, all others held, show the effect with {:.0f} % chance; \"never\": what the others "
      "leave is too much.",
      100 * p.power);
  TableGroup needs;
  Table where{"components", "Where differences vary", "", "contrast", {}, {}};
  for (const auto& [part, member] : statistics::kVarianceComponents) where.columns.push_back(part);
  where.caption =
      "Standard deviations of paired differences by component" +
      (p.assumed.empty() ? std::string(".")
                         : fmt::format(". Assumed, not measured: {}.", fmt::join(p.assumed, ", ")));
  TableGroup components;
  for (const ContrastPower& c : p.contrasts) {
    const std::string name = c.name.empty() ? c.system + " − " + c.baseline : c.name;
    TableRow r{name, c.system + " − " + c.baseline, {}};
    r.cells = {text_cell(design_words(c.design)), number(c.plan.standard_error, 3, c.reason),
               number(c.plan.smallest, 3, c.reason)};
    if (effect) {
      r.cells.push_back(number(c.effect, 3, "no effect is given"));
      r.cells.push_back(c.plan.chance ? text_cell(fmt::format("{:.0f} %", 100 * *c.plan.chance))
                                      : text_cell("–", c.reason));
    }
    r.cells.push_back(c.mean
                          ? text_cell(format_number(*c.mean, 3) +
                                      (c.observed_error ? " ± " + format_number(*c.observed_error, 3) : ""))
                          : text_cell("–", "no pilot"));
    r.cells.push_back(
        c.plan.purchases.empty()
            ? text_cell("–", c.reason)
            : text_cell(fmt::format("twice the {}: standard error × {}", c.plan.purchases.front().what,
                                    format_number(c.plan.purchases.front().standard_error_ratio))));
    rows.rows.push_back(std::move(r));
    if (!c.plan.needs.empty()) {
      TableRow n{name, "", {number(c.effect, 3, "")}};
      for (const auto& x : c.plan.needs)
        n.cells.push_back(
            text_cell(x.needed ? format_count(*x.needed) +
                                     (*x.needed <= x.now ? " (there)" : fmt::format(" (now {})", x.now))
                               : "never"));
      needs.rows.push_back(std::move(n));
    }
    TableRow w{name, "", {}};
    for (const auto& [part, member] : statistics::kVarianceComponents) {
      const double v = c.variance.*member;
      w.cells.push_back(v > 0 ? text_cell(format_number(std::sqrt(v), 3)) : text_cell("0"));
    }
    components.rows.push_back(std::move(w));
  }
  see.groups.push_back(std::move(rows));
  need.groups.push_back(std::move(needs));
  where.groups.push_back(std::move(components));
  std::vector<Table> out{see, need, where};
  std::erase_if(out, [](const Table& t) { return t.empty(); });
  return out;
}

std::string power_text(const SuitePower& p) {
  std::string out = fmt::format("{}: judge '{}', rests on {}\n", p.suite, p.judge, p.pilot);
  std::vector<std::string> notes;
  for (const ContrastPower& c : p.contrasts) {
    for (const std::string& n : c.notes)
      if (std::find(notes.begin(), notes.end(), n) == notes.end()) notes.push_back(n);
    if (!c.reason.empty()) notes.push_back((c.name.empty() ? c.system : c.name) + ": " + c.reason);
  }
  for (const std::string& n : notes) out += "! " + n + "\n";
  if (!p.declared) out += "! The suite declares no claims: each system is compared with the first.\n";
  for (const Table& t : power_tables(p)) out += table_terminal(t);
  return out;
}

std::string power_json(const SuitePower& p) {
  Json out = Json::object(), contrasts = Json::array(), assumed = Json::array();
  out["schema"] = "undertone.power";
  out["version"] = 1;
  out["suite"] = p.suite;
  out["judge"] = p.judge;
  out["level"] = p.level;
  out["alpha"] = p.alpha;
  out["power"] = p.power;
  out["declared"] = p.declared;
  out["pilot"] = p.pilot;
  for (const std::string& a : p.assumed) assumed.push_back(a);
  out["assumed"] = std::move(assumed);
  for (const ContrastPower& c : p.contrasts) {
    Json one = Json::object(), needs = Json::object(), purchases = Json::array(), notes = Json::array();
    one["name"] = c.name;
    one["system"] = c.system;
    one["baseline"] = c.baseline;
    one["new_seeds"] = c.new_seeds;
    one["effect"] = optional_json(c.effect);
    one["pilot_mean"] = optional_json(c.mean);
    one["pilot_standard_error"] = optional_json(c.observed_error);
    one["variance"] = members_json(statistics::kVarianceComponents, c.variance);
    one["design"] = members_json(statistics::kDesignNumbers, c.design);
    one["standard_error"] = optional_json(c.plan.standard_error);
    one["df"] = optional_json(c.plan.df);
    one["smallest"] = optional_json(c.plan.smallest);
    one["chance"] = optional_json(c.plan.chance);
    for (const auto& n : c.plan.needs) needs[n.what] = n.needed ? Json(*n.needed) : Json();
    one["needed"] = std::move(needs);
    for (const auto& b : c.plan.purchases) {
      Json buy = Json::object();
      buy["what"] = b.what;
      buy["standard_error_ratio"] = b.standard_error_ratio;
      buy["more_answers"] = b.more_answers;
      buy["more_verdicts"] = b.more_verdicts;
      purchases.push_back(std::move(buy));
    }
    one["doubling"] = std::move(purchases);
    for (const std::string& n : c.notes) notes.push_back(n);
    one["notes"] = std::move(notes);
    one["reason"] = c.reason;
    contrasts.push_back(std::move(one));
  }
  out["contrasts"] = std::move(contrasts);
  return out.dump(1) + "\n";
}

}  // namespace undertone
