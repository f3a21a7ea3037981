#include "reports/canary.h"

#include <fmt/format.h>

#include <map>

#include "reports/table.h"

namespace undertone {
namespace {

std::optional<double> first_score(const std::vector<Verdict>& verdicts) {
  const Scored* scored = verdicts.empty() ? nullptr : std::get_if<Scored>(&verdicts.front());
  return scored ? std::optional(scored->value) : std::nullopt;
}

Json verdicts_json(const std::vector<Verdict>& verdicts) {
  Json out = Json::array();
  for (const Verdict& v : verdicts) out.push_back(to_json(v));
  return out;
}

std::vector<Verdict> verdicts_from(const Json& json) {
  std::vector<Verdict> out;
  for (const Json& v : json.elements()) out.push_back(verdict_from_json(v));
  return out;
}

}  // namespace

std::vector<TwiceJudged> twice_judged(const ReportCanary& canary, OwnNoise& noise,
                                      const ReportCanary* first) {
  std::map<std::string, const CanaryItem*> before;
  if (first)
    for (const CanaryItem& item : first->items) before.emplace(item.asked, &item);
  std::vector<TwiceJudged> out;
  std::map<std::string, std::uint32_t> clusters;
  for (const CanaryItem& item : canary.items) {
    const auto other = before.find(item.asked);
    const std::vector<Verdict>& then = other == before.end() ? item.first : other->second->now;
    add_own_noise(then, noise);
    add_own_noise(item.now, noise);
    const auto next = static_cast<std::uint32_t>(clusters.size());
    out.push_back(
        {clusters.try_emplace(item.cluster, next).first->second, first_score(then), first_score(item.now)});
  }
  return out;
}

void conclude(ReportCanary& canary, const std::string& stream) {
  canary.noise = {};
  const auto items = twice_judged(canary, canary.noise);
  canary.drift = judge_drift(items, canary.noise, stream + "/canary/" + canary.judge, canary.alpha);
}

std::string drift_note(const ReportCanary& c) {
  if (!c.drifted()) return "";
  return fmt::format(
      "Judge drift: '{}' does not rate its frozen anchors as it did at first ({}; {} of {} ratings changed, "
      "mean {} to {}). Its scores may differ from earlier ones because it does, not because of the systems.",
      c.judge, c.drift.verdict, c.drift.changed, c.drift.both_scored, format_number(*c.drift.first_mean),
      format_number(*c.drift.second_mean));
}

Json to_json(const ReportCanary& c) {
  Json items = Json::array();
  for (const CanaryItem& i : c.items)
    items.push_back(Json::object({{"asked", i.asked},
                                  {"cluster", i.cluster},
                                  {"question", i.question},
                                  {"answer", i.answer},
                                  {"first", verdicts_json(i.first)},
                                  {"now", verdicts_json(i.now)}}));
  Json out = to_json(c.drift);
  out["judge"] = c.judge;
  out["identity"] = c.identity;
  out["anchors"] = c.anchors;
  out["alpha"] = c.alpha;
  out["own_noise"] = optional_json(c.noise.share());
  out["replicate_pairs"] = c.noise.pairs;
  out["items"] = std::move(items);
  return out;
}

ReportCanary canary_from_json(const Json& json) {
  ReportCanary c;
  c.judge = json.at("judge").as_string();
  c.identity = json.at("identity").as_string();
  c.anchors = json.at("anchors").as_string();
  c.alpha = json.at("alpha").as_double();
  for (const Json& i : json.at("items").elements())
    c.items.push_back({i.at("asked").as_string(), i.at("cluster").as_string(), i.at("question").as_string(),
                       i.at("answer").as_string(), verdicts_from(i.at("first")), verdicts_from(i.at("now"))});
  return c;
}

Table canary_table(const ReportData& data) {
  Table t{"canary",
          "Judges on their frozen anchors",
          "The same questions and answers, as each judge rated them at first and before it judged this run. "
          "Drifted: the ratings moved in one direction, or more of them changed than its own noise changes.",
          "judge",
          {"verdict", "scored twice", "changed", "at first", "now", "difference", "p"},
          {{"", {}}}};
  const auto number = [](const std::optional<double>& v, int decimals = 2) {
    return text_cell(v ? format_number(*v, decimals) : "–");
  };
  for (const ReportCanary& c : data.canaries) {
    Cell difference = number(c.drift.difference);
    difference.detail = format_interval(c.drift.interval.low, c.drift.interval.high);
    t.groups[0].rows.push_back(
        {c.judge,
         fmt::format("anchors {}", c.anchors.substr(0, 12)),
         {text_cell(c.drift.verdict), text_cell(fmt::format("{}/{}", c.drift.both_scored, c.items.size())),
          text_cell(format_count(c.drift.changed)), number(c.drift.first_mean), number(c.drift.second_mean),
          difference, number(c.drift.test.p_value, 4)}});
  }
  return t;
}

}  // namespace undertone
