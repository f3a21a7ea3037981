#include "judges/audit/audiobench_audit.h"

namespace undertone::audit {
namespace {

using undertone::optional_json;
Json optional_json(const std::optional<Fraction>& f) {
  if (!f) return Json();
  return Json::object({{"numerator", Json(f->numerator)}, {"denominator", Json(f->denominator)}});
}
Json interval_json(const statistics::Interval& i) {
  if (!i.low) return i.reason.empty() ? Json() : Json::object({{"reason", Json(i.reason)}});
  return Json::object({{"low", Json(*i.low)}, {"high", Json(*i.high)}, {"level", Json(i.level)}});
}

Json kept_json(const KeptRows& k) {
  return Json::object({{"rows", Json(k.rows)},
                       {"scored", Json(k.scored)},
                       {"failed", Json(k.failed)},
                       {"legible", Json(k.legible)},
                       {"zeros", Json(k.zeros)},
                       {"zeros_that_are_failures", Json(k.zeros_failed)},
                       {"mean_recorded", optional_json(k.mean_recorded)},
                       {"mean_without_failures", optional_json(k.mean_scored)},
                       {"mean_read_again", optional_json(k.mean_reread)},
                       {"worst", optional_json(k.worst)},
                       {"best", optional_json(k.best)}});
}

Json published_json(const PublishedScore& p) {
  Json out = Json::object({{"score", optional_json(p.score)},
                           {"success_rate", optional_json(p.success_rate)},
                           {"mean_rating", optional_json(p.mean)},
                           {"success", optional_json(p.success)},
                           {"items_multiple_of", optional_json(p.multiple_of)},
                           {"items_at_least", optional_json(p.items)},
                           {"failed_at_least", optional_json(p.failed)},
                           {"failures", Json(p.zeros)},
                           {"items_if_failures_are_zeros", optional_json(p.items_if_zero)},
                           {"items_if_failures_are_left_out", optional_json(p.items_if_left_out)},
                           {"score_without_failures", optional_json(p.without_failures)},
                           {"worst", optional_json(p.worst)},
                           {"best", optional_json(p.best)},
                           {"worst_with_legible", optional_json(p.worst_with_legible)},
                           {"best_with_legible", optional_json(p.best_with_legible)}});
  if (!p.tasks.empty()) {
    Json& tasks = out["tasks"] = Json::object();
    for (const auto& [task, fraction] : p.tasks) tasks[task] = optional_json(fraction);
  }
  return out;
}

Json file_json(const FileAudit& f) {
  return Json::object({{"file", Json(f.file)},
                       {"model", Json(f.model)},
                       {"set", Json(f.set)},
                       {"judge", Json(f.judge)},
                       {"scale", f.scale ? Json(f.scale->name()) : Json()},
                       {"scale_reason", Json(f.scale_reason)},
                       {"kept", kept_json(f.kept)},
                       {"published", published_json(f.published)}});
}

Json ranking_json(const Ranking& r) {
  Json scales = Json::object();
  for (const auto& [scale, models] : r.by_scale) {
    Json& list = scales[scale] = Json::array();
    for (const RankedModel& m : models)
      list.push_back(Json::object({{"model", Json(m.model)},
                                   {"score", Json(m.score)},
                                   {"worst", optional_json(m.worst)},
                                   {"best", optional_json(m.best)},
                                   {"certainly_above_next", Json(m.certain)}}));
  }
  return Json::object({{"set", Json(r.set)},
                       {"judge", Json(r.judge)},
                       {"refused", Json(r.refused)},
                       {"reason", Json(r.reason)},
                       {"by_scale", std::move(scales)},
                       {"common_items", optional_json(r.common_items)},
                       {"items_note", Json(r.items_note)}});
}

Json self_json(const SelfAgreement& s) {
  return Json::object({{"judge", Json(s.judge)},
                       {"scale", Json(s.scale)},
                       {"triples", Json(s.triples)},
                       {"pairs", Json(s.pairs)},
                       {"differ", Json(s.differ)},
                       {"differ_as_recorded", Json(s.differ_recorded)},
                       {"share_that_differ", optional_json(s.share)},
                       {"interval", interval_json(s.interval)},
                       {"mean_difference", optional_json(s.mean_difference)},
                       {"largest_difference", s.pairs > 0 ? Json(s.largest) : Json()}});
}

Json pair_json(const JudgePair& p) {
  return Json::object({{"first", Json(p.first)},
                       {"second", Json(p.second)},
                       {"scale", Json(p.scale)},
                       {"set", p.set.empty() ? Json("all") : Json(p.set)},
                       {"items", Json(p.items)},
                       {"scored_by_both", Json(p.both_scored)},
                       {"equal", Json(p.equal)},
                       {"mean_difference", optional_json(p.mean_difference)},
                       {"interval", interval_json(p.interval)},
                       {"quadratic_kappa", optional_json(p.quadratic_kappa)},
                       {"spearman", optional_json(p.spearman)},
                       {"kendall_tau_b", optional_json(p.kendall)},
                       {"alpha_interval", optional_json(p.alpha)},
                       {"reason", Json(p.reason)}});
}

Json totals_json(const AudiobenchAudit& a) {
  std::int64_t failed = 0, legible = 0, zeros = 0, zeros_failed = 0, files_failed = 0, whole = 0;
  for (const FileAudit& f : a.files) {
    failed += f.kept.failed;
    legible += f.kept.legible;
    zeros += f.kept.zeros;
    zeros_failed += f.kept.zeros_failed;
    files_failed += f.published.success_rate && *f.published.success_rate < 1;
    whole += f.published.failed.value_or(0);
  }
  return Json::object({{"files", Json(static_cast<std::int64_t>(a.files.size()))},
                       {"files_with_failures", Json(files_failed)},
                       {"rows", Json(a.rows)},
                       {"failed", Json(failed)},
                       {"legible", Json(legible)},
                       {"zeros", Json(zeros)},
                       {"zeros_that_are_failures", Json(zeros_failed)},
                       {"failed_in_whole_sets_at_least", Json(whole)}});
}

}  // namespace

Json to_json(const AudiobenchAudit& a) {
  Json failures = Json::array(), files = Json::array(), rankings = Json::array(), self = Json::array(),
       judges = Json::array();
  // The replies themselves stay where they are: their licence is the logs'.
  for (const FailedVerdict& f : a.failures)
    failures.push_back(Json::object({{"file", Json(f.file)},
                                     {"index", Json(f.index)},
                                     {"recorded", optional_json(f.recorded)},
                                     {"success", Json(f.success)},
                                     {"legible", optional_json(f.legible)},
                                     {"why", Json(f.why)}}));
  for (const auto& f : a.files) files.push_back(file_json(f));
  for (const auto& r : a.rankings) rankings.push_back(ranking_json(r));
  for (const auto& s : a.self) self.push_back(self_json(s));
  for (const auto& p : a.judges) judges.push_back(pair_json(p));
  return Json::object({{"format", Json("undertone.audit.audiobench/1")},
                       {"totals", totals_json(a)},
                       {"failures", std::move(failures)},
                       {"files", std::move(files)},
                       {"rankings", std::move(rankings)},
                       {"self_agreement", std::move(self)},
                       {"judge_against_judge", std::move(judges)},
                       {"rows_with_other_answers", Json(a.other_answers)},
                       {"rows_on_other_scales", Json(a.other_scales)},
                       {"unknowable", texts_json(a.unknowable)},
                       {"warnings", texts_json(a.warnings)}});
}

}  // namespace undertone::audit
