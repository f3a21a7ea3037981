// How a judge drifted between two tapes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "harness/core/error.h"
#include "harness/run/tape.h"
#include "metrics/statistics/clustered.h"

namespace undertone {
namespace {

constexpr double kLevel = 0.95;
constexpr std::size_t kShown = 10;
// With fewer common items or questions, a difference of nothing says nothing.
constexpr std::size_t kFewest = 10;

struct Side {
  std::string name, identity;
  std::set<std::string> models;
  // What was judged, without the judge -> verdicts by replicate.
  std::map<std::string, std::vector<const TapeVerdict*>> asked;
};

std::vector<std::string> judges_of(const Tape& tape) {
  std::set<std::string> names;
  for (const TapeVerdict& v : tape.verdicts) names.insert(v.judge);
  return {names.begin(), names.end()};
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& n : names) out += (out.empty() ? "" : ", ") + n;
  return out.empty() ? "none" : out;
}

Side side_of(const Tape& tape, const std::string& judge) {
  Side side;
  side.name = judge;
  const auto items = items_by_question(tape.inputs->data);
  for (const TapeVerdict& v : tape.verdicts) {
    if (v.judge != judge) continue;
    side.identity = v.identity;
    for (const char* member : {"model", "served_model"})
      if (const Json* model = v.about.find(member); model && model->is_string())
        side.models.insert(model->as_string());
    const ReportItem& item = tape.inputs->data.items[items.at(v.question)];
    // The key of what was asked, whoever judges.
    side.asked[verdict_key("", item.question, clip_of(item), v.answer)].push_back(&v);
  }
  if (side.asked.empty())
    throw Error(ErrorKind::usage, fmt::format("no verdict of a judge '{}' is on the tape", judge), "",
                "name one of: " + joined(judges_of(tape)));
  return side;
}

void add_noise(const Side& side, std::int64_t& pairs, std::int64_t& differ) {
  for (const auto& [key, verdicts] : side.asked)
    for (std::size_t i = 0; i < verdicts.size(); ++i)
      for (std::size_t j = i + 1; j < verdicts.size(); ++j) {
        const auto* a = std::get_if<Scored>(&verdicts[i]->outcome);
        const auto* b = std::get_if<Scored>(&verdicts[j]->outcome);
        if (!a || !b) continue;
        ++pairs;
        differ += a->value != b->value;
      }
}

const TapeVerdict* first_of(const std::vector<const TapeVerdict*>& verdicts) {
  for (const TapeVerdict* v : verdicts)
    if (v->replicate == 0) return v;
  return nullptr;
}

struct Common {
  std::vector<statistics::Observation> differences;
  std::map<std::string, std::uint32_t> clusters;
  std::vector<double> by_cluster;  // sums of differences
  double first = 0, second = 0;
};

void compare(const Side& a, const Side& b, JudgeDrift& d, Common& common) {
  for (const auto& [key, verdicts] : a.asked) {
    const auto there = b.asked.find(key);
    const TapeVerdict* x = first_of(verdicts);
    const TapeVerdict* y = there == b.asked.end() ? nullptr : first_of(there->second);
    if (!x || !y) continue;
    ++d.common;
    const auto* p = std::get_if<Scored>(&x->outcome);
    const auto* q = std::get_if<Scored>(&y->outcome);
    d.lost += p && !q;
    d.gained += q && !p;
    if (!p || !q) continue;
    ++d.both_scored;
    const auto next = static_cast<std::uint32_t>(common.clusters.size());
    const std::uint32_t cluster = common.clusters.try_emplace(x->question, next).first->second;
    if (cluster == next) common.by_cluster.push_back(0);
    common.differences.push_back({0, 0, cluster, 0, q->value - p->value, 1});
    common.by_cluster[cluster] += q->value - p->value;
    common.first += p->value;
    common.second += q->value;
    if (p->value == q->value) continue;
    ++d.changed;
    d.largest.push_back({x->question, x->answer, p->value, q->value});
  }
  std::stable_sort(d.largest.begin(), d.largest.end(), [](const auto& m, const auto& n) {
    return std::fabs(m.second - m.first) > std::fabs(n.second - n.first);
  });
  if (d.largest.size() > kShown) d.largest.resize(kShown);
}

// The share of changed ratings is the judge's own noise, or more of it than chance would change.
std::string conclusion(const JudgeDrift& d) {
  if (d.common == 0) return "cannot tell: no item was judged in both";
  if (d.changed == 0 && d.lost == 0 && d.gained == 0) return "the same ratings";
  if (static_cast<std::size_t>(d.both_scored) < kFewest)
    return fmt::format("cannot tell: {} items were scored in both", d.both_scored);
  const bool moved = d.test.p_value && *d.test.p_value < 1 - kLevel;
  if (moved) return "drifted: the ratings moved in one direction";
  if (!d.own_noise)
    return "cannot tell: single ratings changed, and without replicates its own noise is unknown";
  const double share = static_cast<double>(d.changed) / static_cast<double>(d.both_scored);
  const double n = static_cast<double>(d.both_scored), k = static_cast<double>(d.replicate_pairs);
  // A share that noise alone would exceed in one of forty: two standard errors of the difference of the
  // shares.
  const double noise = *d.own_noise;
  const double pooled = (share * n + noise * k) / (n + k);
  const double error = std::sqrt(pooled * (1 - pooled) * (1 / n + 1 / k));
  if (share > noise + 2 * error) return "drifted: more ratings changed than its own noise changes";
  return "within its own noise";
}

JudgeDrift drift_of(const Side& a, const Side& b) {
  JudgeDrift d;
  d.first = a.name;
  d.second = b.name;
  d.first_identity = a.identity;
  d.second_identity = b.identity;
  d.first_models = {a.models.begin(), a.models.end()};
  d.second_models = {b.models.begin(), b.models.end()};
  d.first_verdicts = static_cast<std::int64_t>(a.asked.size());
  d.second_verdicts = static_cast<std::int64_t>(b.asked.size());
  Common common;
  compare(a, b, d, common);
  std::int64_t differ = 0;
  add_noise(a, d.replicate_pairs, differ);
  add_noise(b, d.replicate_pairs, differ);
  if (d.replicate_pairs > 0)
    d.own_noise = static_cast<double>(differ) / static_cast<double>(d.replicate_pairs);
  if (d.both_scored > 0) {
    const auto n = static_cast<double>(d.both_scored);
    d.first_mean = common.first / n;
    d.second_mean = common.second / n;
    const auto estimate = statistics::ratio_estimate(
        common.differences, {1, 1, static_cast<std::uint32_t>(common.clusters.size())}, kLevel);
    d.difference = estimate.value;
    d.interval = estimate.these_seeds;
    if (d.changed > 0)
      d.test = statistics::sign_flip_test(common.by_cluster, "tape/diff/" + a.name + "/" + b.name);
  }
  d.verdict = conclusion(d);
  return d;
}

}  // namespace

std::vector<JudgeDrift> tape_diff(const Tape& first, const Tape& second, const std::string& first_judge,
                                  const std::string& second_judge) {
  if (!first_judge.empty())
    return {drift_of(side_of(first, first_judge),
                     side_of(second, second_judge.empty() ? first_judge : second_judge))};
  std::vector<JudgeDrift> out;
  const auto there = judges_of(second);
  for (const std::string& name : judges_of(first))
    if (std::find(there.begin(), there.end(), name) != there.end())
      out.push_back(drift_of(side_of(first, name), side_of(second, name)));
  if (out.empty())
    throw Error(ErrorKind::usage, "the tapes have no judge of one name",
                fmt::format("{} / {}", joined(judges_of(first)), joined(there)),
                "name two with --judge FIRST and --other SECOND");
  return out;
}

Json to_json(const JudgeDrift& d) {
  Json changes = Json::array();
  for (const auto& c : d.largest)
    changes.push_back(Json::object(
        {{"question", c.question}, {"answer", c.answer}, {"first", c.first}, {"second", c.second}}));
  return Json::object({{"first", d.first},
                       {"second", d.second},
                       {"first_identity", d.first_identity},
                       {"second_identity", d.second_identity},
                       {"first_models", texts_json(d.first_models)},
                       {"second_models", texts_json(d.second_models)},
                       {"first_verdicts", d.first_verdicts},
                       {"second_verdicts", d.second_verdicts},
                       {"common", d.common},
                       {"both_scored", d.both_scored},
                       {"changed", d.changed},
                       {"lost", d.lost},
                       {"gained", d.gained},
                       {"first_mean", optional_json(d.first_mean)},
                       {"second_mean", optional_json(d.second_mean)},
                       {"difference", optional_json(d.difference)},
                       {"low", optional_json(d.interval.low)},
                       {"high", optional_json(d.interval.high)},
                       {"p_value", optional_json(d.test.p_value)},
                       {"own_noise", optional_json(d.own_noise)},
                       {"replicate_pairs", d.replicate_pairs},
                       {"verdict", d.verdict},
                       {"largest_changes", std::move(changes)}});
}

std::string to_text(const JudgeDrift& d) {
  const auto number = [](const std::optional<double>& v) {
    return v ? fmt::format("{:.3f}", *v) : std::string("-");
  };
  std::string out =
      fmt::format("{}{}: {}\n", d.first, d.first == d.second ? "" : " and " + d.second, d.verdict);
  if (d.first_identity != d.second_identity)
    out += "  the judges' identities differ: model, rubric or settings\n";
  if (d.first_models != d.second_models)
    out += fmt::format("  servers named {} and {}\n", joined(d.first_models), joined(d.second_models));
  out += fmt::format(
      "  {} items in both ({} and {} judged), {} scored in both, {} changed, {} lost, {} gained\n", d.common,
      d.first_verdicts, d.second_verdicts, d.both_scored, d.changed, d.lost, d.gained);
  out += fmt::format("  means {} and {}: {} [{}, {}], p {}\n", number(d.first_mean), number(d.second_mean),
                     number(d.difference), number(d.interval.low), number(d.interval.high),
                     number(d.test.p_value));
  out += d.own_noise ? fmt::format("  its own noise: {} of pairs of {} replicates differ\n",
                                   number(d.own_noise), d.replicate_pairs)
                     : "  no replicates: its own noise is unknown\n";
  for (const auto& c : d.largest)
    out += fmt::format("  {}: {:g} -> {:g}  {:.60}\n", c.question, c.first, c.second, c.answer);
  return out;
}

}  // namespace undertone
