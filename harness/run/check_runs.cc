// Checks of trainings, judges, what was asked and scored, digests, licences and controls.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/run/check_parts.h"

namespace undertone::checks {
static std::vector<const Facts::Training*> variants_of(const Facts& f) {
  std::vector<const Facts::Training*> out;
  for (const auto& t : f.trainings)
    for (const auto& s : f.systems)
      if (s.name == t.system && s.kind == "variant") out.push_back(&t);
  return out;
}
static void equal_trainings(const Facts& f, Result& r, const char* what,
                            std::int64_t Facts::Training::*number, double tolerance) {
  const auto all = variants_of(f);
  const bool expected =
      std::any_of(f.systems.begin(), f.systems.end(), [](const auto& s) { return s.kind == "variant"; });
  if (all.empty()) {
    if (expected)
      r.unknown("the manifest has no facts of any training");
    else
      r.seen("nothing is trained here");
    return;
  }
  const auto [least, most] =
      std::minmax_element(all.begin(), all.end(), [&](auto* a, auto* b) { return a->*number < b->*number; });
  const std::int64_t low = (*least)->*number, high = (*most)->*number;
  if (low <= 0)
    r.unknown(fmt::format("'{}' seed {} does not say how many {}", (*least)->system, (*least)->seed, what));
  else if (static_cast<double>(high - low) > tolerance * static_cast<double>(low))
    r.breach(fmt::format("'{}' seed {} has {} {}, '{}' seed {} has {}", (*least)->system, (*least)->seed, low,
                         what, (*most)->system, (*most)->seed, high));
  r.seen(fmt::format("{} to {} {} in {} trainings", low, high, what, all.size()));
}
void steps_equal(const ComplianceRule&, const Facts& f, Result& r) {
  equal_trainings(f, r, "steps", &Facts::Training::steps, 0);
}
void tokens_equal(const ComplianceRule& rule, const Facts& f, Result& r) {
  equal_trainings(f, r, "target tokens", &Facts::Training::target_tokens, rule.tolerance);
}

void judge_apart(const ComplianceRule&, const Facts& f, Result& r) {
  std::set<std::string> said;
  for (const auto& j : f.judges) {
    if (j.models.empty()) {
      r.seen(fmt::format("'{}' ({}) asks no language model", j.name, j.kind));
      continue;
    }
    for (const auto& s : f.systems) {
      if (s.kind == "majority") continue;
      bool marked = false, scored = false;
      for (const auto& c : f.coverage)
        if (c.judge == j.name && c.system == s.name) marked |= c.circular, scored |= c.scored > 0;
      if (!scored) continue;
      if (s.model.empty()) {
        r.unknown(fmt::format("which model answers as '{}' is not said", s.name));
        continue;
      }
      for (const std::string& m : j.models) {
        const bool kin = model_family(m) == model_family(s.model);
        if (kin && !marked)
          r.breach(fmt::format("judge '{}' ({}) and system '{}' ({}) are of one family, and no score says so",
                               j.name, m, s.name, s.model));
        else if (said.insert(j.name + "/" + m + "/" + s.model).second)
          r.seen(kin ? fmt::format("judge '{}' ({}) is of the family of '{}', and marked", j.name, m, s.model)
                     : fmt::format("judge '{}' ({}) is of another family than '{}'", j.name, m, s.model));
      }
    }
  }
  if (f.judges.empty()) r.unknown("the run names no judge");
}

void items_equal(const ComplianceRule&, const Facts& f, Result& r) {
  if (!f.answers.empty()) {
    std::map<std::string, const Facts::Answers*> first;  // by dataset
    for (const auto& a : f.answers) {
      const auto [at, fresh] = first.emplace(a.dataset, &a);
      if (fresh || at->second->questions == a.questions) continue;
      r.breach(fmt::format("'{}' answers {} questions, '{}' answers {}, and they are not the same",
                           at->second->name, at->second->questions.size(), a.name, a.questions.size()));
    }
    r.seen(fmt::format("{} sets of answers, each to the same {} questions", f.answers.size(),
                       f.answers.front().questions.size()));
    return;
  }
  std::map<std::string, std::pair<double, std::string>> first;  // by judge and measure
  for (const auto& c : f.coverage) {
    const double asked = static_cast<double>(c.asked) / std::max(1, c.seeds);
    const std::string name = fmt::format("{} {}", c.system, c.condition);
    const auto [at, fresh] = first.emplace(c.judge + c.tag, std::pair(asked, name));
    if (!fresh && at->second.first != asked)
      r.breach(fmt::format("{}: '{}' is asked {:g} questions a seed, '{}' {:g}", c.tag, at->second.second,
                           at->second.first, name, asked));
  }
  r.unknown("as many questions are asked of each, but which is in no answer of the store" + because(f));
}

void coverage(const ComplianceRule& rule, const Facts& f, Result& r) {
  double least = 1;
  for (const auto& c : f.coverage) {
    if (c.asked <= 0) continue;
    const double share = static_cast<double>(c.scored) / static_cast<double>(c.asked);
    least = std::min(least, share);
    if (share < rule.floor)
      r.breach(
          fmt::format("{} of '{}' {}: {} of {} scored", c.tag, c.system, c.condition, c.scored, c.asked));
  }
  if (f.coverage.empty()) r.unknown("the report has no mean of a judge");
  r.seen(
      fmt::format("least share scored {:.4f} of {} means, floor {:g}", least, f.coverage.size(), rule.floor));
}

void digests_known(const ComplianceRule&, const Facts& f, Result& r) {
  for (const auto& d : f.datasets)
    if (d.digest.empty()) r.breach(fmt::format("the corpus '{}' has no digest", d.name));
  for (const auto& w : f.weights)
    if (w.sha256.empty()) r.breach(fmt::format("the weights '{}' have no digest", w.name));
  for (const auto& j : f.judges)
    if (j.identity.empty()) r.breach(fmt::format("the judge '{}' has no identity", j.name));
  r.seen(
      fmt::format("{} corpora, {} weights, {} judges", f.datasets.size(), f.weights.size(), f.judges.size()));
}
void licences_known(const ComplianceRule&, const Facts& f, Result& r) {
  for (const auto& w : f.weights) {
    if (w.licence.empty())
      r.breach(fmt::format("nobody says under which licence the weights '{}' stand", w.name));
    else
      r.seen(fmt::format("{}: {}", w.name, w.licence));
  }
  for (const auto& d : f.datasets) {
    if (!d.read)
      r.unknown(fmt::format("the corpus '{}' is not in the store{}", d.name, because(f)));
    else if (d.licence.empty())
      r.breach(fmt::format("nobody says under which licence the corpus '{}' stands", d.name));
    else
      r.seen(fmt::format("{}: {}", d.name, d.licence));
  }
}

void controls_present(const ComplianceRule&, const Facts& f, Result& r) {
  const auto any = [&](const auto& is) { return std::any_of(f.systems.begin(), f.systems.end(), is); };
  const auto on_cpqa = [](const Facts::System& s) {
    return s.kind == "variant" && std::find(s.pools.begin(), s.pools.end(), "cpqa") != s.pools.end();
  };
  if (!any([&](const auto& s) { return on_cpqa(s); })) {
    r.seen("no variant trains on contextual questions here");
    return;
  }
  const auto need = [&](const char* what, bool there) {
    if (there)
      r.seen(what);
    else
      r.breach(fmt::format("there is no {}", what));
  };
  need("placebo (emotions permuted)", any([&](const auto& s) { return on_cpqa(s) && s.permute_emotions; }));
  need("continued base (a variant without contextual questions)",
       any([&](const auto& s) { return s.kind == "variant" && !on_cpqa(s); }));
  for (const auto& [presentation, what] :
       {std::pair{"question", "control that is given the question alone"},
        std::pair{"transcript", "control that is given the transcript"},
        std::pair{"labels", "control that is given the labels"},
        std::pair{"labels_transcript", "control that is given labels and transcript"}})
    need(what, any([&, p = std::string(presentation)](const auto& s) {
           return s.kind == "text" && s.presentation == p;
         }));
  need("majority answer", any([](const auto& s) { return s.kind == "majority"; }));
}

}  // namespace undertone::checks
