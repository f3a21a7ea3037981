#include "harness/run/reproduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "harness/run/reproduce_parts.h"

namespace undertone {
namespace reproduce {
namespace {

template <class T>
bool has(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string listed(const std::vector<std::string>& words, const char* nothing) {
  return words.empty() ? nothing : fmt::format("{}", fmt::join(words, " and "));
}

}  // namespace

const Estimate* Lookup::find(const std::string& tag, const std::string& system, const std::string& condition,
                             const std::string& baseline, const std::string& kind) const {
  for (const Estimate& e : run_.estimates)
    if (e.tag == tag && e.system == system && e.test_condition == condition && e.baseline == baseline &&
        e.kind == kind)
      return &e;
  return nullptr;
}

Found Lookup::found(const Estimate& e, double sign) const {
  Found out;
  out.unit = e.unit;
  out.n = e.n;
  out.units = e.units;
  out.seeds = e.seeds;
  if (!e.value) {
    out.reason = e.reason.empty() ? "it is undefined in this run" : e.reason;
    return out;
  }
  out.value = sign * *e.value;
  if (e.circular) {
    out.reason = "circular: " + e.reason;
    return out;
  }
  if (!e.low || !e.high) {
    out.reason = e.reason.empty() ? "it has no interval" : e.reason;
    return out;
  }
  out.low = sign > 0 ? *e.low : -*e.high;
  out.high = sign > 0 ? *e.high : -*e.low;
  std::optional<double> these;
  if (const Estimate* held = find(e.tag + "/these_seeds", e.system, e.test_condition, e.baseline, e.kind);
      held && held->low && held->high)
    these = (*held->high - *held->low) / 2;
  out.measured = paper::measured(*out.value, (*out.high - *out.low) / 2, these, e.units, e.seeds, e.level);
  if (!out.measured) {
    out.reason = "fewer than two units";
  } else if (e.level != level_) {  // shown at the paper's level, not at the suite's
    const auto again = paper::judge_direction(*out.measured, 1, 1, level_);
    out.low = again.low;
    out.high = again.high;
  }
  return out;
}

Found Lookup::value(const std::string& path, const Arm& arm) const {
  if (const Estimate* e = find(path, arm.system, arm.condition)) return found(*e, 1);
  Found out;
  const std::string place = arm.condition.empty() ? "" : fmt::format(" under condition '{}'", arm.condition);
  out.reason = run_.system(arm.system) ? fmt::format("this run has no {} of '{}'{}", path, arm.system, place)
                                       : fmt::format("this run has no system '{}'", arm.system);
  return out;
}

Found Lookup::difference(const std::string& path, const Arm& a, const Arm& b, const std::string& mean) const {
  // As metrics names the baseline of a contrast.
  const auto named = [](const Arm& of, const Arm& base) {
    return of.system == base.system || of.condition != base.condition ? base.system + "@" + base.condition
                                                                      : base.system;
  };
  for (const auto& [top, bottom, sign] : {std::tuple(a, b, 1.0), std::tuple(b, a, -1.0)})
    if (const Estimate* e =
            find(path + "/difference", top.system, top.condition, named(top, bottom), "difference"))
      return found(*e, sign);
  const Found x = value(path + mean, a), y = value(path + mean, b);
  Found out;
  out.paired = false;
  out.unit = x.unit;
  out.reason = !x.measured ? x.reason : y.reason;
  out.seeds = std::min(x.seeds, y.seeds);
  out.units = std::min(x.units, y.units);
  out.n = std::min(x.n, y.n);
  if (x.value && y.value) out.value = *x.value - *y.value;
  if (!x.measured || !y.measured) return out;
  out.measured = paper::unpaired_difference(*x.measured, *y.measured);
  const auto judged = paper::judge_direction(*out.measured, 1, 1, level_);
  out.low = judged.low;
  out.high = judged.high;
  return out;
}

std::string difference_title(const Arm& a, const Arm& b) {
  if (a.condition == b.condition)
    return a.condition.empty() ? fmt::format("{} − {}", a.system, b.system)
                               : fmt::format("{} − {}, {}", a.system, b.system, a.condition);
  return fmt::format("{} ({}) − {} ({})", a.system, a.condition, b.system, b.condition);
}

std::string system_differs(const PaperSpec& paper, const RunFacts& run, const std::string& name) {
  const PaperSystem& theirs = paper.system(name);
  const RunFacts::System* ours = run.system(name);
  if (!ours) return fmt::format("no system '{}' here", name);
  auto sorted = [](std::vector<std::string> v) {
    std::sort(v.begin(), v.end());
    return v;
  };
  if (theirs.pools.empty()) return "";  // published as it is: its name is all that there is
  if (sorted(theirs.pools) != sorted(ours->pools))
    return fmt::format("'{}' trains on {} here, not on {}", name, listed(ours->pools, "nothing"),
                       listed(theirs.pools, "nothing"));
  if (ours->train_metadata != theirs.train_metadata)
    return fmt::format("'{}' trains with metadata {} here, not {}", name, ours->train_metadata,
                       theirs.train_metadata);
  return "";
}

std::string Comparable::text() const {
  std::vector<std::string> parts;
  for (const auto& [what, how] :
       {std::pair{"other judge", &judge}, std::pair{"other scale", &scale}, std::pair{"other clips", &clips},
        std::pair{"other system", &system}, std::pair{"other model", &model}})
    if (!how->empty()) parts.push_back(fmt::format("{} ({})", what, *how));
  return fmt::format("{}", fmt::join(parts, ", "));
}

Comparable comparable(const PaperSpec& paper, const RunFacts& run, const PaperCell& cell) {
  Comparable out;
  const PaperJudge& judge = paper.judge(cell.judge);
  const RunFacts::JudgeFact* ours = nullptr;
  std::vector<std::string> names;
  for (const auto& j : run.judges) {
    if (!ours && !j.model.empty() && has(judge.models, j.model)) ours = &j;
    names.push_back(j.model.empty() ? j.name : fmt::format("{} ({})", j.name, j.model));
  }
  if (!ours) {
    out.judge = fmt::format("{}, not {}", listed(names, "none"), cell.judge);
    ours = run.judge(run.primary_judge);
  }
  if (ours) {
    out.our_judge = ours->name;
    if (ours->scale != judge.scale) out.scale = fmt::format("{}, not {}", ours->scale, judge.scale);
  }

  const PaperSet& set = paper.set(cell.set);
  std::vector<std::string> datasets;
  bool drawn_alike = !run.datasets.empty();
  out.same_clips = !run.datasets.empty();
  for (const auto& d : run.datasets) {
    datasets.push_back(
        fmt::format("{}: {}{}", d.name, d.kind, d.written_by.empty() ? "" : ", " + d.written_by));
    const bool same = !d.digest.empty() && has(set.digests, d.digest);
    const auto said = run.set_of.find(d.name);
    out.same_clips &= same;
    drawn_alike &= same || (said != run.set_of.end() && said->second == set.name);
  }
  if (!drawn_alike)
    out.clips = fmt::format("{}, not {}", listed(datasets, "none named"), set.what);
  else if (!out.same_clips && set.clips == 0)
    out.clips = fmt::format(
        "not the paper's own, and how many it has of '{}' is not known, so neither is its sampling error",
        set.name);
  if (run.limit > 0) out.clips = fmt::format("only the first {} questions were asked (--limit)", run.limit);

  out.system = system_differs(paper, run, cell.system);
  if (!paper.system(cell.system).pools.empty() && (!paper.encoders.empty() || !paper.decoders.empty()) &&
      !(has(paper.encoders, run.encoder) && has(paper.decoders, run.decoder)))
    out.model = fmt::format("{} and {}, not {} and {}", run.encoder.empty() ? "no encoder" : run.encoder,
                            run.decoder.empty() ? "no decoder" : run.decoder, listed(paper.encoders, "?"),
                            paper.decoders.empty() ? "?" : paper.decoders.front());
  return out;
}

double their_error(const PaperSpec& paper, const RunFacts& run, const PaperCell& cell,
                   const paper::Measured& ours, bool same_clips) {
  double variance = ours.of_seeds * static_cast<double>(ours.seeds);  // of the one seed that a paper prints
  const PaperSet& set = paper.set(cell.set);
  if (!same_clips && set.clips > 0 && run.clips > 0)
    variance += ours.of_units * static_cast<double>(run.clips) / static_cast<double>(set.clips);
  return std::sqrt(variance);
}

double scale_range(const std::string& name) {
  if (name == "0-100" || name == "%") return 100;
  return name == "0/1" || name == "1" ? 1 : 5;
}

double margin_share(const PaperSpec& paper, const PaperCell& cell) {
  const PaperJudge& judge = paper.judge(cell.judge);
  return cell.margin.value_or(paper.margin) / (judge.times * scale_range(judge.scale));
}

paper::Units units_of(const RunFacts& run, std::int64_t units) {
  paper::Units out;
  out.plural = run.unit == "speaker or pair of speakers" ? "speakers or pairs of speakers" : run.unit + "s";
  if (units > 0 && run.unit != "question")
    out.clips = static_cast<double>(run.clips) / static_cast<double>(units);
  return out;
}

namespace {

PaperCellFound evaluate_cell(const PaperSpec& paper, const RunFacts& run, const PaperCell& cell) {
  PaperCellFound out;
  out.name = cell.name;
  out.system = cell.system;
  out.set = cell.set;
  out.type = cell.type;
  out.judge = cell.judge;
  out.measure = cell.measure;
  out.printed = cell.printed.text;
  out.direction = cell.direction;
  out.source = cell.source;
  out.confidence = cell.confidence;
  out.margin = cell.margin.value_or(paper.margin);
  out.judged.verdict = paper::Verdict::not_comparable;
  if (cell.measure == "pearson") {
    out.judged.why = "this run's report has no human ratings beside the judge";
    return out;
  }
  const Comparable how = comparable(paper, run, cell);
  out.our_judge = how.our_judge;
  out.condition = paper.system(cell.system).condition;
  const Lookup lookup(run, paper.level);
  const Found ours =
      lookup.value(fmt::format("{}/{}/judge:{}/mean", paper.set(cell.set).pool, cell.type, how.our_judge),
                   {cell.system, out.condition});
  out.value = ours.value;
  out.low = ours.low;
  out.high = ours.high;
  out.n = ours.n;
  out.units = ours.units;
  out.seeds = ours.seeds;
  if (const auto* j = run.judge(how.our_judge)) out.scale = j->scale;
  if (!how.all()) {
    out.judged.why = how.text();
    return out;
  }
  if (!ours.measured) {
    out.judged.verdict = paper::Verdict::cannot_tell;
    out.judged.why = ours.reason;
    return out;
  }
  const double times = paper.judge(cell.judge).times;
  const paper::Measured measured = paper::scaled(*ours.measured, times);
  out.difference = measured.value - cell.printed.value;
  const double theirs = their_error(paper, run, cell, measured, how.same_clips);
  out.judged = paper::judge_value(measured, {cell.printed.value, cell.printed.rounding, theirs}, out.margin,
                                  paper.level);
  if (out.judged.verdict == paper::Verdict::cannot_tell)
    out.judged.needs =
        paper::needed_text(measured, out.margin, paper.level, units_of(run, measured.units), theirs);
  return out;
}

}  // namespace
}  // namespace reproduce

PaperComparison compare_with_paper(const PaperSpec& paper, const RunFacts& run) {
  using namespace reproduce;
  PaperComparison out;
  out.paper = paper.id;
  out.title = paper.title;
  out.venue = paper.venue;
  out.file = paper.file;
  out.digest = paper.digest;
  out.margin = paper.margin;
  out.level = paper.level;
  out.suite = run.suite;
  out.identity = run.identity;
  out.description = run.description;
  out.rule = paper::rule_sentences(paper.margin, paper.level);
  for (const PaperSystem& s : paper.systems) out.systems.push_back(s.name);
  std::size_t comparable_cells = 0;
  for (const PaperCell& c : paper.cells) {
    out.cells.push_back(evaluate_cell(paper, run, c));
    comparable_cells += out.cells.back().judged.verdict != paper::Verdict::not_comparable;
  }
  for (const PaperClaim& c : paper.claims) out.claims.push_back(evaluate_claim(paper, run, c));
  adjust_directions(out.claims, paper.level);
  out.comparability = comparable_cells == 0 ? "None of its values can be compared with this run: claims "
                                              "about order and direction are tested, on this "
                                              "run's own questions, scale and systems."
                      : comparable_cells == out.cells.size()
                          ? "All of its values can be compared with this run."
                          : fmt::format("{} of its {} values can be compared with this run.",
                                        comparable_cells, out.cells.size());
  out.notes = run.notes;
  return out;
}

}  // namespace undertone
