#include "datasets/human_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSavedFormat = "undertone.human/1";

[[noreturn]] void wrong(const Json& at, const std::string& file, std::string what,
                        const char* mend = "import the file as the page saved it") {
  throw Error(ErrorKind::data, std::move(what), at.place().line > 0 ? at.place().str() : file, mend);
}

int value_of(const Json& given, const std::string& file, const HumanCriterion& c) {
  const Json::Array& list = given.at("individual_human_scores").elements();
  if (list.size() != 1)
    wrong(given, file, fmt::format("{} ratings of '{}' by one rater", list.size(), c.metric));
  const Json& one = list.front();
  if (!c.graded()) {
    const auto at = std::find(c.labels.begin(), c.labels.end(), one.as_string());
    if (at == c.labels.end())
      wrong(one, file, fmt::format("'{}' is no label of '{}'", one.as_string(), c.metric));
    return static_cast<int>(at - c.labels.begin());
  }
  const std::int64_t grade = one.as_int();
  if (grade < c.low || grade > c.high)
    wrong(one, file, fmt::format("the grade {} lies outside {}..{}", grade, c.low, c.high));
  return static_cast<int>(grade);
}

// Whoever rated another text than the key's rated another item.
void check_texts(const Json& row, const std::string& file, const HumanKeyItem& item) {
  const Json& shown = row.at("instance");
  bool same = shown.get("question", "") == item.text && shown.get("reference", "") == item.reference;
  if (item.answers.size() == 1) same = same && shown.get("answer", "") == item.answers[0];
  if (item.answers.size() == 2)
    same =
        same && shown.get("answer_a", "") == item.answers[0] && shown.get("answer_b", "") == item.answers[1];
  if (!same) wrong(row, file, fmt::format("the texts of the item '{}' are not those of the export", item.id));
}

HumanSession rater_of(const Json& whole, const std::string& file, const HumanKey& key) {
  const Json* ours = whole.is_object() ? whole.find("undertone") : nullptr;
  if (!ours || ours->get("format", "") != kSavedFormat)
    wrong(whole, file, "no page of 'undertone human export' saved this file",
          "import ratings of others with 'undertone import', and name them with 'undertone judges --humans'");
  if (ours->at("export").as_string() != key.id)
    wrong(*ours, file,
          fmt::format("the file is of the export '{}', not '{}'", ours->at("export").as_string(), key.id));
  const Json& rater = ours->at("rater");
  HumanSession s;
  s.rater = rater.at("name").as_string();
  if (s.rater.empty()) wrong(rater, file, "the rater has no name");
  s.kind = rater_kind_from(rater.at("kind").as_string());
  if (s.kind != RaterKind::human && s.kind != RaterKind::script)
    wrong(rater, file, fmt::format("a rater of kind '{}' rates on no page", to_string(s.kind)),
          "the kind is \"human\" or \"script\"");
  s.number = static_cast<int>(rater.at("number").as_int());
  if (s.number < 1 || s.number > static_cast<int>(key.raters.size()))
    wrong(rater, file, fmt::format("the export has no rater {}", s.number));
  return s;
}

// Values of a session in a table: items by id in the order of the key.
void put(RatingTable& t, std::size_t item, std::size_t rater, double value) {
  t.at(item, rater).push_back(Scored{value, "", {}});
}

Rater rater_of(const HumanSession& s, double low, double high) {
  return {s.rater, s.kind, low, high, s.kind == RaterKind::human, {}};
}

std::string number_of(const std::string& name, const std::string& prefix) {
  return name.starts_with(prefix) && name.ends_with(".json")
             ? name.substr(prefix.size(), name.size() - prefix.size() - 5)
             : "";
}

}  // namespace

HumanSession parse_human_session(std::string_view text, const std::string& file, const HumanKey& key) {
  const Json whole = parse_json(text, file);
  HumanSession s = rater_of(whole, file, key);
  std::map<std::string, const HumanKeyItem*> dealt;
  for (const HumanTurn& t : key.raters[static_cast<std::size_t>(s.number - 1)]) {
    const HumanKeyItem& item = key.items[static_cast<std::size_t>(t.item)];
    dealt[item.id] = &item;
  }
  const std::vector<HumanCriterion> criteria = key.criteria();
  for (const Json& row : whole.at("instances").elements()) {
    const std::string& id = row.at("id").as_string();
    const auto item = dealt.find(id);
    if (item == dealt.end())
      wrong(row, file, fmt::format("the item '{}' was not dealt to rater {}", id, s.number));
    check_texts(row, file, *item->second);
    const auto [of_item, fresh] = s.given.try_emplace(id);
    if (!fresh) wrong(row, file, fmt::format("the item '{}' stands twice", id));
    for (const auto& [metric, given] : row.at("annotations").members()) {
      const auto c = std::find_if(criteria.begin(), criteria.end(),
                                  [&](const HumanCriterion& one) { return one.metric == metric; });
      if (c == criteria.end()) wrong(given, file, fmt::format("'{}' was not asked", metric));
      of_item->second[metric] = value_of(given, file, *c);
    }
    if (of_item->second.empty()) wrong(row, file, fmt::format("the item '{}' has no rating", id));
  }
  return s;
}

std::string human_folder(const std::string& run_folder) { return run_folder + "/human"; }

HumanKey read_human_key(const std::string& run_folder, const std::string& export_id) {
  const std::string folder = human_folder(run_folder);
  const std::string path = fmt::format("{}/{}.key.json", folder, export_id);
  if (fs::exists(path)) return human_key_from_json(read_json_file(path));
  std::set<std::string> there;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (const std::string name = entry.path().filename(); name.ends_with(".key.json"))
      there.insert(name.substr(0, name.size() - 9));
  std::string known;
  for (const auto& one : there) known += (known.empty() ? "" : ", ") + one;
  throw Error(ErrorKind::data, fmt::format("the run has no export '{}'", export_id), folder,
              known.empty() ? "name the run that the page was exported from"
                            : "name the run that the page was exported from; this one has: " + known);
}

std::vector<HumanRecord> read_human_records(const std::string& run_folder) {
  const std::string folder = human_folder(run_folder);
  std::map<std::string, std::map<int, std::string>> files;  // by export and number
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename();
    const auto at = name.find(".rater-");
    if (at == std::string::npos) continue;
    const std::string number = number_of(name, name.substr(0, at + 7));
    if (number.empty() || number.find_first_not_of("0123456789") != std::string::npos) continue;
    files[name.substr(0, at)][std::stoi(number)] = entry.path();
  }
  std::vector<HumanRecord> out;
  for (const auto& [id, of_export] : files) {
    HumanRecord record{read_human_key(run_folder, id), {}};
    for (const auto& [number, path] : of_export)
      record.sessions.push_back(parse_human_session(read_file(path), path, record.key));
    out.push_back(std::move(record));
  }
  return out;
}

RatingTable human_rating_table(const HumanRecord& record) {
  const HumanKey& key = record.key;
  RatingTable t;
  t.name = key.suite;
  t.source = "rating page " + key.id;
  std::vector<const HumanKeyItem*> shown;  // of each item of the table
  for (const HumanKeyItem& item : key.items)
    for (const std::string& row : item.rows.at(0)) {
      t.items.push_back({row,
                         item.cluster,
                         "",
                         item.text,
                         item.reference,
                         item.answers.at(0),
                         {},
                         item.inclusion,
                         !item.inclusion});
      shown.push_back(&item);
    }
  for (const HumanSession& s : record.sessions)
    t.raters.push_back(rater_of(s, key.scale.low(), key.scale.high()));
  t.cells.resize(t.items.size() * t.raters.size());
  for (std::size_t r = 0; r < record.sessions.size(); ++r)
    for (std::size_t i = 0; i < t.items.size(); ++i)
      if (const auto given = record.sessions[r].given.find(shown[i]->id);
          given != record.sessions[r].given.end())
        if (const auto value = given->second.find(key.rubric); value != given->second.end())
          put(t, i, r, value->second);
  return t;
}

std::vector<RatingTable> human_qa_tables(const HumanRecord& record) {
  std::vector<RatingTable> out;
  for (const HumanCriterion& c : record.key.criteria()) {
    RatingTable t;
    t.name = record.key.suite + " questions";
    t.criterion = c.metric;
    t.source = "rating page " + record.key.id;
    for (const HumanKeyItem& item : record.key.items)
      t.items.push_back({item.question,
                         item.cluster,
                         "",
                         item.text,
                         item.reference,
                         "",
                         {},
                         item.inclusion,
                         !item.inclusion});
    for (const HumanSession& s : record.sessions) t.raters.push_back(rater_of(s, 0, 1));
    t.cells.resize(t.items.size() * t.raters.size());
    for (std::size_t r = 0; r < record.sessions.size(); ++r)
      for (std::size_t i = 0; i < t.items.size(); ++i)
        if (const auto given = record.sessions[r].given.find(record.key.items[i].id);
            given != record.sessions[r].given.end())
          if (const auto value = given->second.find(c.metric); value != given->second.end())
            put(t, i, r, value->second == 0 ? 1 : 0);  // labels: yes, no
    t.notes.push_back(c.ask);
    out.push_back(std::move(t));
  }
  return out;
}

}  // namespace undertone
