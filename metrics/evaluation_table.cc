#include "metrics/evaluation_table.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "harness/core/error.h"

namespace undertone::metrics {

std::string pool_of(const Question& question) { return question.pool.empty() ? "questions" : question.pool; }

std::string Slice::name() const {
  switch (kind) {
    case Kind::all:
      return "all";
    case Kind::types:
      return "types";
    case Kind::type:
      return std::string(to_string(type));
    case Kind::binding:
      return "binding";
    case Kind::conjunctive:
      return "conjunctive";
    case Kind::seen:
      return "seen";
    case Kind::unseen:
      return "unseen";
  }
  return "";
}

bool Slice::has(const Question& q) const {
  switch (kind) {
    case Kind::all:
    case Kind::types:
      return true;
    case Kind::type:
      return q.type == type;
    case Kind::binding:
      return q.reasoning == "binding";
    case Kind::conjunctive:
      return q.reasoning == "conjunctive";
    case Kind::seen:
      return !q.unseen_wording;
    case Kind::unseen:
      return q.unseen_wording;
  }
  return false;
}

bool Table::asks_for(std::string_view metric) const {
  return std::find(settings->metrics.begin(), settings->metrics.end(), metric) != settings->metrics.end();
}

const Group* Table::find(const std::string& system, const std::string& condition) const {
  for (const Group& g : groups)
    if (g.system == system && g.condition == condition) return &g;
  return nullptr;
}

std::vector<Slice> Table::slices(const std::string& pool) const {
  using Kind = Slice::Kind;
  std::vector<Slice> wanted = {{Kind::all}, {Kind::types}};
  for (auto t : {QuestionType::C, QuestionType::CE, QuestionType::CG, QuestionType::CS, QuestionType::DE,
                 QuestionType::DG, QuestionType::DS, QuestionType::R, QuestionType::ASR})
    wanted.push_back({Kind::type, t});
  bool unseen = false;  // seen and unseen are told apart only where there is something unseen
  for (const Question* q : questions) unseen = unseen || (q->unseen_wording && pool_of(*q) == pool);
  for (Kind k : {Kind::binding, Kind::conjunctive}) wanted.push_back({k});
  if (unseen) wanted.push_back({Kind::seen}), wanted.push_back({Kind::unseen});
  std::erase_if(wanted, [&](const Slice& s) {
    return std::none_of(questions.begin(), questions.end(),
                        [&](const Question* q) { return pool_of(*q) == pool && s.has(*q); });
  });
  return wanted;
}

std::optional<double> score_of(const Item& item, const ScoreKind& kind) {
  if (!item.answered()) return std::nullopt;  // a failed answer has no score, whatever a judge made of it
  const auto found = item.row->verdicts.find(kind.judge);
  if (found == item.row->verdicts.end()) return std::nullopt;
  const auto* scored = std::get_if<Scored>(&found->second);
  if (!scored) return std::nullopt;
  if (kind.part.empty()) return scored->value;
  const auto part = scored->parts.find(kind.part);
  if (part == scored->parts.end()) return std::nullopt;
  return part->second;
}

namespace {

std::string unit_of(const EvaluationRow& row) {
  if (!row.unit.empty()) return row.unit;
  if (row.clip) return row.clip->unit.empty() ? row.clip->id : row.clip->unit;
  return row.question->id;
}

void find_scores(Table& table) {
  std::map<std::string, std::map<std::string, std::set<std::uint32_t>>> parts;  // judge -> part -> questions
  for (const JudgeInfo& j : table.settings->judges) parts[j.name];
  for (const Group& g : table.groups)
    for (const Item& item : g.items)
      for (const auto& [judge, verdict] : item.row->verdicts) {
        auto& of_judge = parts[judge];
        // Transcriptions are measured by their word errors, never judged.
        if (item.row->question->type != QuestionType::ASR)
          table.judged.emplace(judge, pool_of(*item.row->question));
        if (const auto* scored = std::get_if<Scored>(&verdict))
          for (const auto& [part, value] : scored->parts) of_judge[part].insert(item.question);
      }
  for (const auto& [judge, by_part] : parts) {
    ScoreKind kind{judge, "", {}, {}};
    for (const JudgeInfo& j : table.settings->judges)
      if (j.name == judge) {
        kind.scale = j.scale;
        kind.limited = !j.sample.empty();
        kind.conditions = j.conditions;
        for (std::uint32_t q = 0; kind.limited && q < table.questions.size(); ++q)
          if (j.sample.contains(table.questions[q]->id)) kind.questions.insert(q);
      }
    table.scores.push_back(kind);
    for (const auto& [part, questions] : by_part)
      table.scores.push_back({judge, part, kind.scale, questions, true, kind.conditions});
  }
  table.primary_judge = table.settings->primary_judge;
  if (table.primary_judge.empty() && !table.scores.empty()) table.primary_judge = table.scores.front().judge;
}

}  // namespace

bool ScoreKind::counts(const Item& item) const {
  if (!conditions.empty() &&
      std::find(conditions.begin(), conditions.end(), item.row->condition) == conditions.end())
    return false;
  return !limited || questions.contains(item.question);
}

Table make_table(const std::vector<EvaluationRow>& rows, const EvaluationSettings& settings) {
  Table table;
  table.settings = &settings;
  std::map<std::string, std::uint32_t> units, clips;
  std::map<std::string, std::pair<std::uint32_t, const Question*>> questions;
  std::set<std::string> pools;
  std::map<std::pair<std::string, std::string>, Group> groups;
  auto clip_name = [](const EvaluationRow& r) { return r.clip ? "c:" + r.clip->id : "q:" + r.question->id; };
  for (const EvaluationRow& r : rows) {
    if (!r.question)
      throw Error(ErrorKind::internal, "an evaluation row of system '" + r.system + "' has no question");
    units.emplace(unit_of(r), 0);
    clips.emplace(clip_name(r), 0);
    questions.emplace(r.question->id, std::pair{0u, r.question});
    pools.insert(pool_of(*r.question));
    Group& g = groups[{r.system, r.condition}];
    g.seeds.push_back(r.seed);
  }
  std::uint32_t next = 0;
  for (auto& [name, i] : units) i = next++, table.units.push_back(name);
  next = 0;
  for (auto& [name, i] : clips) i = next++;
  next = 0;
  for (auto& [name, q] : questions) q.first = next++, table.questions.push_back(q.second);
  table.pools.assign(pools.begin(), pools.end());
  for (auto& [name, g] : groups) {
    std::sort(g.seeds.begin(), g.seeds.end());
    g.seeds.erase(std::unique(g.seeds.begin(), g.seeds.end()), g.seeds.end());
    std::tie(g.system, g.condition) = name;
  }
  for (const EvaluationRow& r : rows) {
    Group& g = groups.at({r.system, r.condition});
    const auto seed = std::lower_bound(g.seeds.begin(), g.seeds.end(), r.seed) - g.seeds.begin();
    g.items.push_back({&r, static_cast<std::uint32_t>(seed), units.at(unit_of(r)), clips.at(clip_name(r)),
                       questions.at(r.question->id).first});
  }
  for (auto& [name, g] : groups) {
    auto key = [](const Item& i) { return std::pair(i.seed, i.question); };
    std::sort(g.items.begin(), g.items.end(), [&](const Item& a, const Item& b) { return key(a) < key(b); });
    for (std::size_t i = 1; i < g.items.size(); ++i)
      if (key(g.items[i]) == key(g.items[i - 1]))
        throw Error(ErrorKind::data,
                    "system '" + g.system + "' answered question '" + g.items[i].row->question->id +
                        "' twice under the same condition and seed",
                    "", "give each question one answer per seed");
    table.groups.push_back(std::move(g));
  }
  find_scores(table);
  return table;
}

}  // namespace undertone::metrics
