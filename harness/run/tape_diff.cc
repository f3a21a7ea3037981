// How a judge drifted between two tapes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "harness/core/error.h"
#include "harness/run/tape.h"

namespace undertone {
namespace {

constexpr std::size_t kShown = 10;

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

void add_noise(const Side& side, OwnNoise& noise) {
  for (const auto& [key, verdicts] : side.asked) {
    std::vector<Verdict> outcomes;
    for (const TapeVerdict* v : verdicts) outcomes.push_back(v->outcome);
    add_own_noise(outcomes, noise);
  }
}

const TapeVerdict* first_of(const std::vector<const TapeVerdict*>& verdicts) {
  for (const TapeVerdict* v : verdicts)
    if (v->replicate == 0) return v;
  return nullptr;
}

std::optional<double> score(const TapeVerdict& v) {
  const auto* scored = std::get_if<Scored>(&v.outcome);
  return scored ? std::optional(scored->value) : std::nullopt;
}

// What both were asked, and the largest changes.
std::vector<TwiceJudged> judged_by_both(const Side& a, const Side& b,
                                        std::vector<JudgeDrift::Change>& largest) {
  std::vector<TwiceJudged> out;
  std::map<std::string, std::uint32_t> clusters;
  for (const auto& [key, verdicts] : a.asked) {
    const auto there = b.asked.find(key);
    const TapeVerdict* x = first_of(verdicts);
    const TapeVerdict* y = there == b.asked.end() ? nullptr : first_of(there->second);
    if (!x || !y) continue;
    const auto next = static_cast<std::uint32_t>(clusters.size());
    const TwiceJudged& item = out.emplace_back(
        TwiceJudged{clusters.try_emplace(x->question, next).first->second, score(*x), score(*y)});
    if (item.first && item.second && *item.first != *item.second)
      largest.push_back({x->question, x->answer, *item.first, *item.second});
  }
  std::stable_sort(largest.begin(), largest.end(), [](const auto& m, const auto& n) {
    return std::fabs(m.second - m.first) > std::fabs(n.second - n.first);
  });
  if (largest.size() > kShown) largest.resize(kShown);
  return out;
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
  add_noise(a, d.noise);
  add_noise(b, d.noise);
  const std::vector<TwiceJudged> both = judged_by_both(a, b, d.largest);
  static_cast<DriftResult&>(d) = judge_drift(both, d.noise, fmt::format("tape/diff/{}/{}", a.name, b.name));
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

std::vector<TwiceJudged> judged_by_both(const Tape& first, const Tape& second, const std::string& judge,
                                        OwnNoise& noise) {
  for (const Tape* tape : {&first, &second})
    if (const auto names = judges_of(*tape); std::find(names.begin(), names.end(), judge) == names.end())
      return {};
  const Side a = side_of(first, judge), b = side_of(second, judge);
  add_noise(a, noise);
  add_noise(b, noise);
  std::vector<JudgeDrift::Change> unused;
  return judged_by_both(a, b, unused);
}

Json to_json(const JudgeDrift& d) {
  Json changes = Json::array();
  for (const auto& c : d.largest)
    changes.push_back(Json::object(
        {{"question", c.question}, {"answer", c.answer}, {"first", c.first}, {"second", c.second}}));
  Json out = Json::object({{"first", d.first},
                           {"second", d.second},
                           {"first_identity", d.first_identity},
                           {"second_identity", d.second_identity},
                           {"first_models", texts_json(d.first_models)},
                           {"second_models", texts_json(d.second_models)},
                           {"first_verdicts", d.first_verdicts},
                           {"second_verdicts", d.second_verdicts}});
  add_numbers(d, out);
  out["own_noise"] = optional_json(d.noise.share());
  out["replicate_pairs"] = d.noise.pairs;
  out["verdict"] = d.verdict;
  out["largest_changes"] = std::move(changes);
  return out;
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
  out += d.noise.pairs > 0 ? fmt::format("  its own noise: {} of pairs of {} replicates differ\n",
                                         number(d.noise.share()), d.noise.pairs)
                           : "  no replicates: its own noise is unknown\n";
  for (const auto& c : d.largest)
    out += fmt::format("  {}: {:g} -> {:g}  {:.60}\n", c.question, c.first, c.second, c.answer);
  return out;
}

}  // namespace undertone
