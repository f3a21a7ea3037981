// What people are asked to rate: drawn, dealt and shuffled by named streams.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "harness/core/random.h"
#include "harness/run/human.h"
#include "judges/prompt_rubric.h"

namespace undertone {
namespace {

std::string row_id(const EvaluationRow& r) {
  return fmt::format("{}/{}/{}/{}", r.question->id, r.system, r.condition, r.seed);
}

bool asked(const std::vector<std::string>& wanted, const std::string& one) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), one) != wanted.end();
}

bool ratable(const EvaluationRow& r) {
  return r.answer.status == AnswerStatus::answered && r.question->type != QuestionType::ASR;
}

HumanKeyItem item_of(const EvaluationRow& r) {
  HumanKeyItem item;
  item.question = r.question->id;
  item.cluster = r.unit;
  item.text = r.question->text;
  item.reference = r.question->reference;
  return item;
}

// Every item that could be drawn, in an order that does not depend on the rows'.
std::vector<HumanKeyItem> answers_to_rate(const ReportInputs& in, const HumanExportOptions& o) {
  std::map<std::pair<std::string, std::string>, HumanKeyItem> found;
  for (const EvaluationRow& r : in.rows) {
    if (!ratable(r) || !asked(o.systems, r.system) || !asked(o.conditions, r.condition)) continue;
    const auto [it, fresh] = found.try_emplace({r.question->id, r.answer.text});
    if (fresh) {
      it->second = item_of(r);
      it->second.answers = {r.answer.text};
      it->second.rows.resize(1);
    }
    it->second.rows[0].push_back(row_id(r));
  }
  std::vector<HumanKeyItem> out;
  for (auto& [key, item] : found) {
    std::sort(item.rows[0].begin(), item.rows[0].end());
    out.push_back(std::move(item));
  }
  return out;
}

void choose_variants(const ReportInputs& in, const HumanExportOptions& o, HumanKey& key) {
  if (o.systems.empty()) {
    if (in.settings.contrasts.empty())
      throw Error(ErrorKind::usage, "the suite has no contrast whose variants could be compared",
                  in.data.suite, "name two with --systems FIRST SECOND");
    const auto& c = in.settings.contrasts.front();
    key.first = {c.system, c.system_condition};
    key.second = {c.baseline, c.baseline_condition};
  } else {
    if (o.systems.size() != 2)
      throw Error(ErrorKind::usage, fmt::format("{} variants for pairs", o.systems.size()), in.data.suite,
                  "name two with --systems FIRST SECOND");
    key.first.system = o.systems[0];
    key.second.system = o.systems[1];
  }
  if (o.conditions.size() > 2)
    throw Error(ErrorKind::usage, "pairs have two conditions at most", in.data.suite,
                "name one for both, or one a variant, with --conditions");
  if (!o.conditions.empty()) {
    key.first.condition = o.conditions.front();
    key.second.condition = o.conditions.back();
  }
  // Where no condition is named, a variant has to have one only.
  for (HumanVariant* v : {&key.first, &key.second}) {
    if (!v->condition.empty()) continue;
    std::set<std::string> there;
    for (const EvaluationRow& r : in.rows)
      if (r.system == v->system) there.insert(r.condition);
    if (there.size() != 1)
      throw Error(ErrorKind::usage,
                  fmt::format("'{}' was asked under {} conditions", v->system, there.size()), in.data.suite,
                  "name one for both, or one a variant, with --conditions");
    v->condition = *there.begin();
  }
}

std::vector<HumanKeyItem> pairs_to_compare(const ReportInputs& in, HumanKey& key) {
  std::map<std::string, std::array<std::map<int, const EvaluationRow*>, 2>>
      found;  // question -> side -> seed
  for (const EvaluationRow& r : in.rows) {
    if (!ratable(r)) continue;
    const HumanVariant mine{r.system, r.condition};
    const auto is = [&](const HumanVariant& v) {
      return v.system == mine.system && v.condition == mine.condition;
    };
    if (is(key.first)) found[r.question->id][0][r.seed] = &r;
    if (is(key.second)) found[r.question->id][1][r.seed] = &r;
  }
  std::vector<HumanKeyItem> out;
  for (const auto& [question, sides] : found) {
    // The k-th seed of one beside the k-th of the other: a variant with one seed is paired once.
    auto a = sides[0].begin(), b = sides[1].begin();
    for (; a != sides[0].end() && b != sides[1].end(); ++a, ++b) {
      if (a->second->answer.text == b->second->answer.text) {
        ++key.identical;
        continue;
      }
      HumanKeyItem item = item_of(*a->second);
      item.answers = {a->second->answer.text, b->second->answer.text};
      item.rows = {{row_id(*a->second)}, {row_id(*b->second)}};
      out.push_back(std::move(item));
    }
  }
  return out;
}

std::vector<HumanKeyItem> questions_to_check(const ReportInputs& in) {
  std::vector<HumanKeyItem> out;
  for (const ReportItem& item : in.data.items) {
    if (item.question.type == QuestionType::ASR) continue;
    HumanKeyItem one;
    one.question = item.question.id;
    one.cluster = !item.clip.unit.empty() ? item.clip.unit
                  : !item.clip.id.empty() ? item.clip.id
                                          : item.question.id;
    one.text = item.question.text;
    one.reference = item.question.reference;
    out.push_back(std::move(one));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.question < b.question; });
  return out;
}

std::vector<HumanKeyItem> drawn(std::vector<HumanKeyItem> all, std::int64_t wanted,
                                const std::string& stream) {
  const auto n = std::min(static_cast<std::size_t>(wanted), all.size());
  const double chance = static_cast<double>(n) / static_cast<double>(all.size());
  Stream lots(stream + "/items");
  lots.shuffle(all);
  all.resize(n);
  for (HumanKeyItem& item : all) item.inclusion = chance;
  return all;
}

// The items that a file lists, in its order.
std::vector<HumanKeyItem> listed(const std::vector<HumanKeyItem>& all, const std::string& file) {
  std::map<std::string, std::size_t> by_id;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].rows.empty()) by_id[all[i].question] = i;
    if (!all[i].rows.empty())
      for (const std::string& row : all[i].rows[0]) by_id[row] = i;
  }
  std::vector<HumanKeyItem> out;
  std::set<std::size_t> taken;
  for (const Json& row : read_jsonl_file(file)) {
    const std::string& id = row.at("item").as_string();
    const auto found = by_id.find(id);
    if (found == by_id.end())
      throw Error(ErrorKind::data, fmt::format("the item '{}' is none that can be rated", id),
                  row.place().str(),
                  by_id.empty() ? "" : fmt::format("items are called as this one: {}", by_id.begin()->first));
    if (!taken.insert(found->second).second)
      throw Error(ErrorKind::data, fmt::format("the item '{}' is chosen twice (as one text, perhaps)", id),
                  row.place().str(), "leave one out");
    out.push_back(all[found->second]);
    const Json* chance = row.find("inclusion");
    if (!chance)
      throw Error(ErrorKind::data, "a chosen item needs its chance of being chosen", row.place().str(),
                  "write \"inclusion\": a chance in (0, 1], or null where there was none");
    if (chance->is_null()) continue;
    const double p = chance->as_double();
    if (!(p > 0 && p <= 1))
      throw Error(ErrorKind::data, fmt::format("the chance {} is not above 0 and at most 1", p),
                  chance->place().str(), "write a chance in (0, 1], or null where there was none");
    out.back().inclusion = p;
  }
  return out;
}

void blind(HumanKey& key) {
  Stream names(key.stream + "/names");
  Stream sides(key.stream + "/sides");
  std::set<std::string> used;
  for (HumanKeyItem& item : key.items) {
    do {
      item.id = fmt::format("{:08x}", names.next_u32());
    } while (!used.insert(item.id).second);
    if (key.task != HumanTask::pairs) continue;
    item.first_is_b = sides.below(2) == 1;
    if (!item.first_is_b) continue;
    std::swap(item.answers[0], item.answers[1]);
    std::swap(item.rows[0], item.rows[1]);
  }
}

// The first items, a share of all, are everybody's; the others are dealt out in turn.
void deal(HumanKey& key, int raters, double overlap) {
  const std::size_t n = key.items.size();
  const auto shared =
      raters == 1 ? n : static_cast<std::size_t>(std::ceil(overlap * static_cast<double>(n) - 1e-9));
  key.raters.resize(static_cast<std::size_t>(raters));
  for (std::size_t r = 0; r < key.raters.size(); ++r) {
    auto& turns = key.raters[r];
    for (std::size_t i = 0; i < n; ++i)
      if (i < shared || (i - shared) % key.raters.size() == r)
        turns.push_back({static_cast<std::int64_t>(i), false});
    Stream order(fmt::format("{}/order/rater={}", key.stream, r + 1));
    order.shuffle(turns);
    if (key.task == HumanTask::pairs)
      for (HumanTurn& t : turns) t.swapped = order.below(2) == 1;
  }
}

}  // namespace

HumanKey draw_human_items(const ReportInputs& in, const HumanExportOptions& o) {
  HumanKey key;
  key.run = in.data.identity;
  key.suite = in.data.suite;
  key.task = o.task;
  key.stream = fmt::format("{}/human/{}/seed={}", in.data.suite, to_string(o.task), o.seed);
  std::vector<HumanKeyItem> all;
  if (o.task == HumanTask::ratings) {
    std::vector<Problem> problems;
    const PromptRubric rubric = shipped_rubric(o.rubric, problems);
    throw_problems(problems);
    key.rubric = rubric.name;
    key.scale = rubric.scale;
    all = answers_to_rate(in, o);
  } else if (o.task == HumanTask::pairs) {
    choose_variants(in, o, key);
    all = pairs_to_compare(in, key);
  } else {
    all = questions_to_check(in);
  }
  if (all.empty()) {
    std::string known;
    for (const ReportSystem& s : in.data.systems) known += (known.empty() ? "" : ", ") + s.name;
    throw Error(ErrorKind::usage,
                key.identical > 0 ? "the two variants gave the same answers: there is nothing to compare"
                                  : "the run holds nothing of what should be rated",
                in.data.suite,
                fmt::format("name others with --systems and --conditions; the systems are: {}", known));
  }
  key.population = static_cast<std::int64_t>(all.size());
  key.chosen = !o.items_file.empty();
  key.items = key.chosen ? listed(all, o.items_file) : drawn(std::move(all), o.items, key.stream);
  if (key.items.empty()) throw Error(ErrorKind::data, "no item is chosen", o.items_file, "list some");
  const int raters = o.raters > 0 ? o.raters : o.task == HumanTask::pairs ? 2 : 1;
  // Who shares which items is drawn as well: the order of a list says nothing.
  Stream mixed(key.stream + "/deal");
  mixed.shuffle(key.items);
  blind(key);
  deal(key, raters, o.overlap);
  name_key(key);
  return key;
}

}  // namespace undertone
