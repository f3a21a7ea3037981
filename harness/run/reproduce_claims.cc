// The claims of a paper, each against what a run has of it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/run/reproduce_parts.h"
#include "metrics/statistics/multiplicity.h"

namespace undertone::reproduce {
namespace {

using paper::Verdict;

class ClaimEvaluation {
 public:
  ClaimEvaluation(const PaperSpec& paper, const RunFacts& run, const PaperClaim& claim)
      : paper_(paper), run_(run), claim_(claim), lookup_(run, paper.level) {
    out_.name = claim.name;
    out_.kind = claim.kind;
    out_.says = claim.says;
    out_.source = claim.source;
    out_.confidence = claim.confidence;
    if (claim.printed) out_.printed = claim.printed->text;
  }

  PaperClaimFound run() {
    for (const std::string& c : claim_.cells) cells_.push_back(&paper_.cell(c));
    for (const PaperCell* c : cells_) {
      how_.push_back(comparable(paper_, run_, *c));
      comparable_ &= how_.back().all();
    }
    if (claim_.kind == "gain") gain();
    if (claim_.kind == "higher" || claim_.kind == "lower") higher(claim_.kind == "higher" ? 1 : -1);
    if (claim_.kind == "order") order();
    if (claim_.kind == "same_order") same_order();
    if (claim_.kind == "rises") rises();
    if (claim_.kind == "gains_more") gains_more();
    if (claim_.kind == "positive") refuse("this run's report has no human ratings beside the judge");
    if (out_.why.empty()) combine();
    return std::move(out_);
  }

 private:
  void refuse(std::string why) {
    out_.verdict = Verdict::not_comparable;
    out_.why = std::move(why);
  }
  // Of a claim that is tested in small: its systems must be the paper's by name and training, and what it
  // compares must differ in the system alone.
  bool can_be_tested() {
    std::vector<std::string> why;
    for (const PaperCell* c : cells_) {
      std::string differs = system_differs(paper_, run_, c->system);
      if (!differs.empty() && std::find(why.begin(), why.end(), differs) == why.end())
        why.push_back(std::move(differs));
      if (c->judge != cells_.front()->judge && !comparable_)
        why.push_back(fmt::format("it needs both {} and {}", cells_.front()->judge, c->judge));
      if (c->set != cells_.front()->set && !comparable_)
        why.push_back(
            fmt::format("it needs both sets of questions, '{}' and '{}'", cells_.front()->set, c->set));
    }
    if (why.empty()) return true;
    refuse(fmt::format("{}", fmt::join(why, "; ")));
    return false;
  }
  Arm arm(const PaperCell& c) const { return {c.system, paper_.system(c.system).condition}; }
  std::string path(const PaperCell& c, const std::string& judge) const {
    return fmt::format("{}/{}/judge:{}", paper_.set(c.set).pool, c.type, judge);
  }
  // The run's own points for what the margin is on the paper's scale.
  double margin_here(const PaperCell& c, const std::string& judge) const {
    const RunFacts::JudgeFact* j = run_.judge(judge);
    return margin_share(paper_, c) * (j ? scale_range(j->scale) : 1);
  }

  PaperEvidence& add(std::string what, std::string role, const Found& f, int sign, double margin) {
    PaperEvidence e;
    e.what = std::move(what);
    e.role = std::move(role);
    e.value = f.value;
    e.low = f.low;
    e.high = f.high;
    e.unit = f.unit == "%" ? "0-100" : f.unit;  // a difference on a scale of percent is in points
    e.level = paper_.level;
    e.paired = f.paired;
    e.units = f.units;
    e.seeds = f.seeds;
    if (f.measured) {
      e.judged = paper::judge_direction(*f.measured, sign, margin, paper_.level);
      if (e.judged.verdict == Verdict::cannot_tell)
        e.judged.needs =
            paper::needed_for_direction(*f.measured, margin, paper_.level, units_of(run_, f.units));
    } else {
      e.judged.why = f.reason;
    }
    out_.evidence.push_back(std::move(e));
    return out_.evidence.back();
  }
  void direction(const PaperCell& top, const PaperCell& bottom, int sign, const std::string& judge) {
    add(difference_title(arm(top), arm(bottom)), "the claim",
        lookup_.difference(path(top, judge), arm(top), arm(bottom)), sign, margin_here(top, judge));
  }
  void controls(const PaperCell& of, const std::string& judge) {
    for (const PaperControl& c : claim_.controls) {
      const Arm a{c.system, c.system_condition}, b{c.baseline, c.baseline_condition};
      add(difference_title(a, b), c.role, lookup_.difference(path(of, judge), a, b), 1,
          margin_here(of, judge))
          .says = c.says;
    }
  }

  void gain() {
    const PaperCell &top = *cells_[0], &bottom = *cells_[1];
    if (!comparable_) {
      if (!can_be_tested()) return;
      out_.scope = "order and direction";
      direction(top, bottom, 1, how_[0].our_judge);
      controls(top, how_[0].our_judge);
      return;
    }
    out_.scope = "value";
    const std::string judge = how_[0].our_judge;
    const Found d = lookup_.difference(path(top, judge), arm(top), arm(bottom));
    const Found base = lookup_.value(path(bottom, judge) + "/mean", arm(bottom));
    PaperEvidence e;
    e.what = "gain of " + difference_title(arm(top), arm(bottom));
    e.role = "the claim";
    e.unit = "%";
    e.level = paper_.level;
    e.paired = d.paired;
    e.units = d.units;
    e.seeds = d.seeds;
    if (d.measured && base.measured && base.measured->value > 0) {
      const paper::Measured g = paper::gain_over(*d.measured, *base.measured);
      const auto around = paper::judge_direction(g, 1, 1, paper_.level);
      e.value = g.value;
      e.low = around.low;
      e.high = around.high;
      // The margin in points, as percent of the printed baseline.
      const double margin = 100 * bottom.margin.value_or(paper_.margin) / bottom.printed.value;
      const double theirs = their_error(paper_, run_, bottom, g, how_[0].same_clips && how_[1].same_clips);
      e.judged = paper::judge_value(g, {claim_.printed->value, claim_.printed->rounding, theirs}, margin,
                                    paper_.level);
      if (e.judged.verdict == Verdict::cannot_tell)
        e.judged.needs = paper::needed_text(g, margin, paper_.level, units_of(run_, g.units), theirs);
    } else {
      e.judged.why = !d.measured      ? d.reason
                     : !base.measured ? base.reason
                                      : "the baseline's mean is not above zero";
    }
    out_.evidence.push_back(std::move(e));
    controls(top, judge);
  }

  void higher(int sign) {
    if (!can_be_tested()) return;
    out_.scope = "order and direction";
    const PaperCell &top = *cells_[0], &bottom = *cells_[1];
    const bool one_judge = how_[0].our_judge == how_[1].our_judge;
    if (top.set == bottom.set && top.system != bottom.system && one_judge) {
      direction(top, bottom, sign, how_[0].our_judge);
    } else {  // the same system by two judges; a run's report pools its sets
      if (top.set != bottom.set)
        return refuse("a run's report pools its sets of questions: run them one by one");
      const Found a = lookup_.value(path(top, how_[0].our_judge) + "/mean", arm(top));
      const Found b = lookup_.value(path(bottom, how_[1].our_judge) + "/mean", arm(bottom));
      Found d;
      d.paired = false;
      d.reason = !a.measured ? a.reason : b.reason;
      d.unit = a.unit;
      d.units = std::min(a.units, b.units);
      if (a.measured && b.measured) {
        d.measured = paper::unpaired_difference(*a.measured, *b.measured);
        const auto around = paper::judge_direction(*d.measured, 1, 1, paper_.level);
        d.value = d.measured->value;
        d.low = around.low;
        d.high = around.high;
      }
      add(fmt::format("{}: {} − {}", top.system, how_[0].our_judge, how_[1].our_judge), "the claim", d, sign,
          margin_here(top, how_[0].our_judge));
    }
    controls(top, how_[0].our_judge);
  }

  void order() {
    if (!can_be_tested()) return;
    out_.scope = "order and direction";
    for (std::size_t i = 1; i < cells_.size(); ++i)
      direction(*cells_[i], *cells_[i - 1], 1, how_[i].our_judge);
    controls(*cells_.front(), how_.front().our_judge);
  }

  // A judge that shares nothing with the metric: the primary one where it can be had. "" where there is none.
  std::string independent_judge(const std::string& pool) const {
    std::vector<std::string> names{run_.primary_judge};
    for (const auto& j : run_.judges)
      if (j.name != run_.primary_judge) names.push_back(j.name);
    for (const std::string& name : names)
      if (const Estimate* e =
              lookup_.find(fmt::format("{}/all/judge:{}~accuracy/spearman", pool, name), "", "");
          e && !e->circular)
        return name;
    return "";
  }
  void no_independent_judge() {
    out_.verdict = Verdict::cannot_tell;
    out_.why = "no judge of this run is compared with accuracy without sharing a resource with it";
    out_.needs = "needs a judge that shares no lexicon and no model with the label mapping";
  }

  void same_order() {
    if (!can_be_tested()) return;
    out_.scope = "order and direction";
    const PaperCell& first = *cells_.front();
    const std::string judge = independent_judge(paper_.set(first.set).pool);
    if (judge.empty()) return no_independent_judge();
    const std::string of_metric =
        fmt::format("{}/{}/{}", paper_.set(first.set).pool, first.type, claim_.measure);
    for (std::size_t i = 1; i < cells_.size(); ++i) {
      const Arm a = arm(*cells_[i]), b = arm(*cells_[i - 1]);
      const Found by_judge = lookup_.difference(path(first, judge), a, b);
      Found by_metric = lookup_.difference(of_metric, a, b, "");
      const double margin = margin_here(first, judge);
      // Only a pair that the judge tells apart can be ordered otherwise by the metric.
      int sign = 0;
      if (by_judge.measured) {
        const auto judged = paper::judge_direction(*by_judge.measured, 1, margin, paper_.level);
        sign = *judged.low > 0 ? 1 : *judged.high < 0 ? -1 : 0;
      }
      const std::string title = difference_title(a, b);
      PaperEvidence& e = add(fmt::format("{}, {}", title, claim_.measure), "the claim", by_metric,
                             sign == 0 ? 1 : sign, margin_share(paper_, first));
      const std::string said = by_judge.low && by_judge.high
                                   ? fmt::format("by judge '{}' {:+.2f} [{:.2f}, {:.2f}]", judge,
                                                 *by_judge.value, *by_judge.low, *by_judge.high)
                                   : fmt::format("by judge '{}' undefined", judge);
      if (sign == 0) {
        e.judged.verdict = Verdict::cannot_tell;
        e.judged.p_value.reset();
        e.judged.needs.clear();
        e.judged.why = "the judge does not tell the two apart";
        if (by_judge.measured)
          e.judged.needs = paper::needed_for_direction(*by_judge.measured, margin, paper_.level,
                                                       units_of(run_, by_judge.units));
      }
      e.judged.why += "; " + said;
    }
  }

  void rises() {
    const std::string pool = paper_.set(claim_.set).pool;
    const std::string judge = independent_judge(pool);
    out_.scope = "order and direction";
    if (judge.empty()) return no_independent_judge();
    Found f =
        lookup_.value(fmt::format("{}/all/judge:{}~{}/spearman", pool, judge, claim_.measure), {"", ""});
    add(fmt::format("rank correlation of judge '{}' with {}, answers of all systems", judge, claim_.measure),
        "the claim", f, 1, paper_.margin / 100);
  }

  void gains_more() {
    std::vector<std::string> sets;
    for (const auto& d : run_.datasets)
      sets.push_back(fmt::format("{}: {}", d.name, d.written_by.empty() ? d.kind : d.written_by));
    refuse(
        fmt::format("it needs the same systems on two sets of questions, '{}' and '{}'; this run asked one "
                    "pooled set ({})",
                    claim_.set, claim_.than_set, fmt::join(sets, " and ")));
  }

  // As strong as the weakest. Where the paper's value itself could be tested, controls are evidence and no
  // part of it.
  void combine() {
    const PaperEvidence* weakest = nullptr;
    for (const PaperEvidence& e : out_.evidence) {
      if (out_.scope == "value" && e.role != "the claim") continue;
      if (!weakest || e.judged.verdict < weakest->judged.verdict) weakest = &e;
    }
    out_.verdict = weakest->judged.verdict;
    out_.why = weakest->role == "the claim" || out_.verdict == Verdict::reproduced
                   ? weakest->judged.why
                   : fmt::format("{} ({}): {}", weakest->role, weakest->what, weakest->judged.why);
    if (out_.evidence.size() > 1 && out_.verdict != Verdict::reproduced && weakest->role == "the claim" &&
        claim_.cells.size() > 2)
      out_.why = weakest->what + ": " + out_.why;
    out_.needs = weakest->judged.needs;
    if (out_.scope != "order and direction") return;
    double largest = 0;
    for (const PaperEvidence& e : out_.evidence) {
      if (!e.judged.p_value) return;  // a part that cannot be tested: nothing to adjust
      largest = std::max(largest, e.judged.verdict == Verdict::not_reproduced ? 1.0 : *e.judged.p_value);
    }
    out_.p_value = largest;
  }

  const PaperSpec& paper_;
  const RunFacts& run_;
  const PaperClaim& claim_;
  Lookup lookup_;
  std::vector<const PaperCell*> cells_;
  std::vector<Comparable> how_;
  bool comparable_ = true;
  PaperClaimFound out_;
};

}  // namespace

PaperClaimFound evaluate_claim(const PaperSpec& paper, const RunFacts& run, const PaperClaim& claim) {
  return ClaimEvaluation(paper, run, claim).run();
}

// A claim asserts all of its parts, so its p is the largest of theirs (intersection-union, Berger 1982); Holm
// over the claims.
void adjust_directions(std::vector<PaperClaimFound>& claims, double level) {
  std::vector<double> p;
  std::vector<PaperClaimFound*> of;
  for (PaperClaimFound& c : claims)
    if (c.p_value) {
      p.push_back(*c.p_value);
      of.push_back(&c);
    }
  const std::vector<double> adjusted = statistics::holm(p);
  for (std::size_t i = 0; i < of.size(); ++i) {
    of[i]->p_adjusted = adjusted[i];
    if (of[i]->verdict != Verdict::reproduced || adjusted[i] <= 1 - level) continue;
    of[i]->verdict = Verdict::consistent;
    of[i]->why = fmt::format(
        "every interval lies on the claimed side, but not after Holm's adjustment over {} claims", p.size());
  }
}

}  // namespace undertone::reproduce
