// A comparison as JSON, and for pipelines: JUnit and GitHub's workflow commands.
#include <fmt/format.h>

#include "reports/run_comparison.h"

namespace undertone {
namespace {

Json drift_json(const JudgeState& j) {
  Json out = Json::object({{"judge", j.judge}});
  if (j.frozen) out["frozen_anchors"] = true;
  const Json drift = to_json(j.drift);
  for (const auto& [key, value] : drift.members()) out[key] = value;
  return out;
}

Json measure_json(const MeasureChange& c) {
  const ComparedMeasure& m = c.measure;
  return Json::object({{"measure", m.name},
                       {"system", m.system},
                       {"condition", m.condition},
                       {"judge", m.judge},
                       {"unit", m.unit},
                       {"declared", m.declared},
                       {"verdict", to_string(c.change)},
                       {"reason", c.reason},
                       {"notes", texts_json(m.notes)},
                       {"retrained", m.retrained},
                       {"pairs", c.pairs},
                       {"scored", c.scored},
                       {"equal", c.equal},
                       {"lost", c.lost},
                       {"gained", c.gained},
                       {"units", c.units},
                       {"seeds", c.seeds},
                       {"first", optional_json(c.first_mean)},
                       {"second", optional_json(c.second_mean)},
                       {"difference", optional_json(c.difference)},
                       {"low", optional_json(c.interval.low)},
                       {"high", optional_json(c.interval.high)},
                       {"level", c.interval.level},
                       {"p_value", optional_json(c.p_value)},
                       {"p_adjusted", optional_json(c.p_adjusted)},
                       {"smallest_detectable", optional_json(c.smallest)},
                       {"method", c.method}});
}

Json name_json(const ComparedName& n) {
  return Json::object(
      {{"given", n.given}, {"identity", n.identity}, {"suite", n.suite}, {"finished", n.when}});
}

Json otherwise_json(const std::vector<MadeOtherwise>& all) {
  Json out = Json::array();
  for (const MadeOtherwise& d : all) out.push_back(Json::object({{"what", d.what}, {"detail", d.detail}}));
  return out;
}

Json attributed_json(const AttributedChange& a) {
  Json shares = Json::array();
  for (const StageShare& s : a.attribution.shares)
    shares.push_back(Json::object({{"stage", s.stage}, {"change", s.change}}));
  return Json::object({{"measure", a.measure},
                       {"system", a.system},
                       {"condition", a.condition},
                       {"first", optional_json(a.first)},
                       {"second", optional_json(a.second)},
                       {"shares", std::move(shares)},
                       {"items", a.attribution.items},
                       {"left_out", a.attribution.left_out},
                       {"orders", a.attribution.orders},
                       {"orders_there", a.attribution.orders_there},
                       {"reason", a.attribution.reason}});
}

Json moved_json(const MovedItem& m) {
  const auto side = [](const std::string& answer, const std::optional<double>& score,
                       const std::string& kind) {
    return Json::object({{"answer", answer}, {"score", optional_json(score)}, {"verdict", kind}});
  };
  return Json::object({{"system", m.system},
                       {"condition", m.condition},
                       {"seed", m.seed},
                       {"judge", m.judge},
                       {"question_id", m.question_id},
                       {"question", m.question},
                       {"reference", m.reference},
                       {"first", side(m.first_answer, m.first, m.first_verdict)},
                       {"second", side(m.second_answer, m.second, m.second_verdict)}});
}

Json trend_json(const Trend& t) {
  Json nights = Json::array(), changes = Json::array();
  for (const Trend::Night& n : t.nights)
    nights.push_back(Json::object({{"when", n.when},
                                   {"difference", optional_json(n.difference)},
                                   {"low", optional_json(n.low)},
                                   {"high", optional_json(n.high)},
                                   {"verdict", n.verdict}}));
  for (const ChangePoint& c : t.changes)
    changes.push_back(Json::object(
        {{"since", t.night_of(c).when}, {"before", c.before}, {"after", c.after}, {"p_value", c.p_value}}));
  return Json::object({{"measure", t.measure},
                       {"system", t.system},
                       {"condition", t.condition},
                       {"nights", std::move(nights)},
                       {"changes", std::move(changes)}});
}

// Characters that XML keeps for itself, and those that it does not admit at all.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

// A workflow command's message, or (with `property`) a property of one.
std::string escaped_command(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\n')
      out += "%0A";
    else if (c == '\r')
      out += "%0D";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

std::string test_name(const MeasureChange& c) {
  const ComparedMeasure& m = c.measure;
  return fmt::format("{}{} {}", m.system, m.condition.empty() ? "" : "@" + m.condition, m.name);
}

std::string numbers(const MeasureChange& c) {
  std::string out(to_string(c.change));
  if (c.first_mean && c.second_mean && c.difference)
    out += fmt::format(": {} to {}, difference {} {}, adjusted p {}", format_number(*c.first_mean, 3),
                       format_number(*c.second_mean, 3), format_number(*c.difference, 3),
                       format_interval(c.interval.low, c.interval.high, 3),
                       c.p_adjusted ? format_number(*c.p_adjusted, 4) : "-");
  if (c.smallest) out += fmt::format(", smallest detectable {}", format_number(*c.smallest, 3));
  if (!c.reason.empty()) out += ": " + c.reason;
  return out;
}

}  // namespace

Json comparison_json(const RunsCompared& r, const NightContext* night) {
  const ComparisonSettings& s = r.comparison.settings;
  Json measures = Json::array(), judges = Json::array(), attributed = Json::array(), moved = Json::array();
  for (const auto& c : r.comparison.measures) measures.push_back(measure_json(c));
  for (const auto& j : r.comparison.judges) judges.push_back(drift_json(j));
  for (const auto& a : r.attributed) attributed.push_back(attributed_json(a));
  for (const auto& m : r.moved) moved.push_back(moved_json(m));
  Json out = Json::object({{"schema", "undertone.comparison/1"},
                           {"first", name_json(r.first)},
                           {"second", name_json(r.second)},
                           {"summary", comparison_summary(r)},
                           {"alpha", s.alpha},
                           {"power", s.power},
                           {"tolerance", s.tolerance},
                           {"declared", r.comparison.declared},
                           {"measures", std::move(measures)},
                           {"made_otherwise", otherwise_json(r.made_otherwise)},
                           {"attributed", std::move(attributed)},
                           {"judges", std::move(judges)},
                           {"moved", std::move(moved)},
                           {"notes", texts_json(r.notes)}});
  if (!night) return out;
  Json earlier = Json::array();
  for (const EarlierNight& e : night->earlier)
    earlier.push_back(Json::object(
        {{"when", e.when}, {"run", e.run}, {"summary", e.summary}, {"level", optional_json(e.level)}}));
  Json trends = Json::array();
  for (const Trend& t : night->trends) trends.push_back(trend_json(t));
  out["night"] = Json::object({{"false_alarms_a_year", night->false_alarms_a_year},
                               {"nights_a_year", night->nights_a_year},
                               {"earlier", std::move(earlier)},
                               {"trends", std::move(trends)},
                               {"nights_before", night->nights_before},
                               {"since_last_night", otherwise_json(night->since_last_night)},
                               {"failed", texts_json(night->failed)}});
  return out;
}

std::string comparison_junit(const RunsCompared& r, const NightContext& night) {
  std::string cases;
  int tests = 0, failures = 0, errors = 0, skipped = 0;
  const auto add = [&](const std::string& name, const char* element, const std::string& message) {
    ++tests;
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml(r.second.suite), xml(name));
    if (element)
      cases += fmt::format(">\n      <{} message=\"{}\"/>\n    </testcase>\n", element, xml(message));
    else
      cases += fmt::format(">\n      <system-out>{}</system-out>\n    </testcase>\n", xml(message));
  };
  for (const MeasureChange& c : r.comparison.measures) {
    if (!c.measure.declared) continue;
    const char* element = nullptr;
    if (c.change == Change::worse) element = "failure", ++failures;
    if (c.change == Change::judge_drift || c.change == Change::not_comparable) element = "error", ++errors;
    if (c.change == Change::too_noisy) element = "skipped", ++skipped;
    add(test_name(c), element, numbers(c));
  }
  for (const std::string& f : night.failed) ++errors, add(f, "error", "the stage failed");
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{}\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
      xml("undertone nightly " + r.second.suite), tests, failures, errors, skipped, cases);
}

std::string comparison_github(const RunsCompared& r, const NightContext& night) {
  std::string out;
  const auto add = [&](const char* command, const std::string& title, const std::string& message) {
    out += fmt::format("::{} title={}::{}\n", command, escaped_command(title, true),
                       escaped_command(message, false));
  };
  for (const std::string& f : night.failed) add("error", "stage failed", f);
  for (const MeasureChange& c : r.comparison.measures) {
    if (!c.measure.declared) continue;
    const bool bad =
        c.change == Change::worse || c.change == Change::judge_drift || c.change == Change::not_comparable;
    add(bad ? "error" : c.change == Change::too_noisy ? "warning" : "notice", test_name(c), numbers(c));
  }
  add("notice", "undertone nightly " + r.second.suite, comparison_summary(r));
  return out;
}

}  // namespace undertone
