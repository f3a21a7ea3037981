// Which estimates stand in which table.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/grid.h"
#include "reports/lookup.h"
#include "reports/table.h"

namespace undertone {
namespace {

using Key = std::pair<std::string, std::string>;  // system, condition

std::string condition_name(const std::string& condition) {
  return condition.empty() ? "answers as given" : condition;
}

std::string row_detail(const ReportSystem& s) {
  if (s.state == "failed") return "failed: " + s.failure;
  return s.summary;
}

// Slices of the main set that have a mean by the primary judge, in first-seen order.
std::vector<std::string> slices_with_means(const ReportData& data) {
  std::vector<std::string> slices;
  const std::string set = main_set(data), rest = "judge:" + data.primary_judge + "/mean";
  for (const Estimate& e : data.estimates) {
    const TagParts p = split_tag(e.tag);
    if (e.kind == "value" && p.set == set && p.rest == rest &&
        std::find(slices.begin(), slices.end(), p.slice) == slices.end())
      slices.push_back(p.slice);
  }
  return slices;
}

Table slices_table(const ReportData& data, Table table, const std::vector<std::string>& wanted,
                   const std::vector<std::string>& names) {
  const std::vector<std::string> present = slices_with_means(data);
  const std::string set = main_set(data);
  std::vector<std::string> tags;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (std::find(present.begin(), present.end(), wanted[i]) == present.end()) continue;
    tags.push_back(mean_tag(data, set, wanted[i]));
    table.columns.push_back(names[i]);
  }
  if (tags.empty()) return table;
  return grid(data, std::move(table), tags);
}

// What the intervals of a tag's values cover: their level, the units, and whether other seeds.
std::string interval_caption(const ReportData& data, const std::string& tag) {
  const Estimate* any = nullptr;
  bool new_seeds = false, these_seeds = false, two_seeds = false;
  for (const Estimate& e : data.estimates) {
    if (e.tag != tag || e.kind != "value" || !e.low) continue;
    if (!any || e.units > any->units) any = &e;
    const bool crossed = e.method.starts_with("crossed seeds");
    new_seeds |= crossed;
    these_seeds |= !crossed;
    two_seeds |= crossed && e.seeds == 2;
  }
  if (!any) return "no interval";
  std::string out =
      fmt::format("its {:g} % interval over {}", 100 * any->level, counted(any->units, any->unit_resampled));
  if (new_seeds) out += " and new training seeds";
  if (new_seeds && these_seeds) out += " (a system with one seed: over units alone, that seed held fixed)";
  if (!new_seeds) out += ", training seeds held fixed";
  if (two_seeds)
    out += "; where it says '2 seeds', the spread of seeds is known from two of them, which makes it wide";
  return out;
}

// Text controls share one decoder, trained on four presentations, of which two show labels.
std::string training_metadata(const ReportSystem& s) {
  if (s.train_metadata.empty() || s.trains == "nothing") return "–";
  if (s.kind == "text" && s.train_metadata != "absent") return s.train_metadata + ", where labels are shown";
  return s.train_metadata;
}

}  // namespace

Table main_table(const ReportData& data) {
  const std::string set = main_set(data);
  Table t{"main",
          "Scores by system and metadata at test",
          fmt::format("Mean of judge '{}' over the questions of set '{}', {}, and how many of the asked "
                      "questions were scored. Columns: the emotion metadata that the prompt held at test.",
                      data.primary_judge, set, interval_caption(data, mean_tag(data, set, "all"))),
          "system",
          {},
          {}};
  std::vector<std::string> conditions;
  const std::string tag = mean_tag(data, set, "all");
  for (const std::string& c : conditions_of(data))
    for (const ReportSystem& s : data.systems)
      if (find_estimate(data, {tag, s.name, c, ""})) {
        conditions.push_back(c);
        break;
      }
  for (const std::string& c : conditions) t.columns.push_back(condition_name(c));
  for (const bool control : {false, true}) {
    TableGroup group{control ? "controls" : "", {}};
    for (const ReportSystem* s : systems_of(data, control)) {
      TableRow row{s->name, row_detail(*s), {}};
      for (const std::string& c : conditions)
        row.cells.push_back(estimate_cell(find_estimate(data, {tag, s->name, c, ""})));
      if (any_cell(row.cells) || s->state == "failed") group.rows.push_back(std::move(row));
    }
    if (!group.rows.empty()) t.groups.push_back(std::move(group));
  }
  return t;
}

Table types_table(const ReportData& data) {
  return slices_table(
      data,
      {"types",
       "By question type",
       "C content, CE content and emotion, CG content and gender, CS content and number of speakers, "
       "DE/DG/DS the "
       "same asked directly. 'types' is the unweighted mean over types, 'all' the mean over questions.",
       "system",
       {},
       {}},
      {"C", "CE", "CG", "CS", "DE", "DG", "DS", "R", "types", "all"},
      {"C", "CE", "CG", "CS", "DE", "DG", "DS", "R", "types", "all"});
}

Table reasoning_table(const ReportData& data) {
  return slices_table(
      data,
      {"reasoning",
       "Binding and conjunctive questions",
       "Conjunctive: every part of the clip has the label that is asked for, so words and a label suffice. "
       "Binding: the label varies within the clip (CE: several emotions; CG: speakers of two genders; CS: "
       "two of more utterances are asked about, of several speakers), and what was said must be tied to how "
       "or by whom it was said; neither the transcript nor a bag of labels answers these.",
       "system",
       {},
       {}},
      {"conjunctive", "binding"}, {"conjunctive", "binding"});
}

Table wording_table(const ReportData& data) {
  return slices_table(data,
                      {"wordings",
                       "Seen and unseen wordings",
                       "Unseen wordings of questions appear only at test.",
                       "system",
                       {},
                       {}},
                      {"seen", "unseen"}, {"seen wording", "unseen wording"});
}

std::string difference_name(const Estimate& e) {
  const TagParts p = split_tag(e.tag);
  std::string name = e.system;
  if (!e.test_condition.empty()) name += " (" + e.test_condition + ")";
  name += " − ";
  const std::size_t at = e.baseline.find('@');
  name += e.baseline.substr(0, at);
  if (at != std::string::npos) name += " (" + e.baseline.substr(at + 1) + ")";
  if (p.slice != "all") name += ", " + p.slice;
  return name;
}

Table contrast_table(const ReportData& data) {
  Table t{
      "contrasts",
      "Comparisons",
      "Paired by question: points, relative gain in percent of the baseline (bootstrap over units), p of a "
      "sign-flip test over units, adjusted for the number of comparisons. Gain and p hold the training seeds "
      "fixed; only the interval of the points is for new seeds, so it may be wider. Declared comparisons "
      "were stated in the suite before any answer existed; "
      "the others are exploratory.",
      "comparison",
      {"points", "relative gain", "p"},
      {}};
  TableGroup groups[2] = {{"declared", {}}, {"exploratory", {}}};
  for (const Estimate* e : shown_differences(data)) {
    Cell points = estimate_cell(e);
    if (e->value && *e->value > 0) points.text = "+" + points.text;
    const std::string gain_tag = e->tag.substr(0, e->tag.rfind('/')) + "/relative_gain";
    Cell gain = estimate_cell(
        find_estimate(data, {gain_tag, e->system, e->test_condition, e->baseline, "relative_gain"}));
    Cell p;
    if (e->p_value) p.text = *e->p_value < 0.001 ? "< 0.001" : format_number(*e->p_value, 3);
    const TagParts parts = split_tag(e->tag);
    groups[e->exploratory].rows.push_back(
        {difference_name(*e), parts.set + ", " + e->judge, {points, gain, p}});
  }
  for (TableGroup& g : groups)
    if (!g.rows.empty()) t.groups.push_back(std::move(g));
  return t;
}

Table other_judges_table(const ReportData& data) {
  Table t{"judges",
          "Other judges",
          "Means over the same questions. Scales differ between judges: compare down a column, not across.",
          "system",
          {},
          {}};
  std::vector<std::string> tags;
  const std::string set = main_set(data);
  for (const Estimate& e : data.estimates) {
    const TagParts p = split_tag(e.tag);
    if (e.kind != "value" || p.set != set || p.slice != "all" || !p.rest.starts_with("judge:") ||
        !p.rest.ends_with("/mean"))
      continue;
    if (e.judge == data.primary_judge || std::find(tags.begin(), tags.end(), e.tag) != tags.end()) continue;
    tags.push_back(e.tag);
    t.columns.push_back(e.unit.empty() ? e.judge : fmt::format("{} ({})", e.judge, e.unit));
  }
  if (tags.empty()) return t;
  return grid(data, std::move(t), tags);
}

Table failure_table(const ReportData& data) {
  Table t{
      "failures",
      "What was not answered or not scored",
      "Counts by kind. None of these is turned into a number; means stand beside the share that was scored.",
      "system",
      {},
      {{"", {}}}};
  std::map<std::string, std::map<std::string, std::int64_t>> counts;  // system -> kind -> count
  std::map<std::string, bool> kinds;
  for (const ReportItem& item : data.items)
    for (const ReportAnswer& a : item.answers) {
      if (a.answer.status != AnswerStatus::answered) {
        const std::string kind = "answer: " + std::string(to_string(a.answer.status));
        ++counts[a.system][kind];
        kinds[kind] = true;
      }
      for (const auto& [judge, verdict] : a.verdicts)
        if (!std::holds_alternative<Scored>(verdict)) {
          const std::string kind = judge + ": " + std::string(verdict_kind(verdict));
          ++counts[a.system][kind];
          kinds[kind] = true;
        }
    }
  for (const auto& [kind, seen] : kinds) t.columns.push_back(kind);
  for (const ReportSystem& s : data.systems) {
    const auto it = counts.find(s.name);
    if (it == counts.end()) continue;
    TableRow row{s.name, "", {}};
    for (const auto& [kind, seen] : kinds) {
      const auto n = it->second.find(kind);
      row.cells.push_back({n == it->second.end() ? "0" : format_count(n->second), "", "", std::nullopt});
    }
    t.groups[0].rows.push_back(std::move(row));
  }
  return t;
}

Table system_table(const ReportData& data) {
  Table t{"systems",
          "Systems",
          "Trained: what of the model a system's own training moves, after the shared base stage.",
          "system",
          {"kind", "trained", "trained on", "metadata in training", "seeds", "state"},
          {}};
  for (const bool control : {false, true}) {
    TableGroup group{control ? "controls" : "", {}};
    for (const ReportSystem* s : systems_of(data, control)) {
      std::string pools, seeds;
      for (const std::string& p : s->pools) pools += (pools.empty() ? "" : " + ") + p;
      for (const int seed : s->seeds) seeds += (seeds.empty() ? "" : ", ") + std::to_string(seed);
      const auto cell = [](std::string text) {
        return Cell{text.empty() ? "–" : std::move(text), "", "", std::nullopt};
      };
      group.rows.push_back({s->name,
                            s->summary,
                            {cell(s->kind), cell(s->trains), cell(pools), cell(training_metadata(*s)),
                             cell(seeds), cell(s->state == "failed" ? "failed: " + s->failure : s->state)}});
    }
    if (!group.rows.empty()) t.groups.push_back(std::move(group));
  }
  return t;
}

std::vector<Table> report_tables(const ReportData& data) {
  std::vector<Table> tables{main_table(data),       contrast_table(data),    types_table(data),
                            halves_table(data),     reasoning_table(data),   wording_table(data),
                            recogniser_table(data), independence_table(data)};
  for (Table& t : classification_tables(data)) tables.push_back(std::move(t));
  tables.push_back(text_table(data));
  tables.push_back(other_judges_table(data));
  for (Table& t : correlation_tables(data)) tables.push_back(std::move(t));
  tables.push_back(canary_table(data));
  tables.push_back(failure_table(data));
  for (Table& t : json_tables(data.recogniser, "recogniser-detail", "Recogniser"))
    tables.push_back(std::move(t));
  for (Table& t : json_tables(data.questions, "questions", "Questions")) tables.push_back(std::move(t));
  tables.push_back(system_table(data));
  std::erase_if(tables, [](const Table& t) { return t.empty(); });
  return tables;
}

}  // namespace undertone
