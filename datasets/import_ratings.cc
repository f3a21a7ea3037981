#include "datasets/import_ratings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace {

[[noreturn]] void wrong(const Json& at, std::string what) {
  throw Error(ErrorKind::data, std::move(what), at.place().str(),
              "mend the line; datasets/README.md has the format");
}

// One table while it is read: where each item and rater stands.
struct Reading {
  RatingTable table;
  std::map<std::string, std::size_t> items, raters;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<Verdict>> cells;
};

// A fact that any of a thing's lines may state: the same on all that do.
void fact(const Json& row, const char* key, std::string& held, const std::string& of) {
  const Json* value = row.find(key);
  if (!value) return;
  const std::string& text = value->as_string();
  if (!held.empty() && held != text) wrong(*value, fmt::format("two values of \"{}\" for {}", key, of));
  held = text;
}
void fact(const Json& row, const char* key, std::optional<double>& held, const std::string& of) {
  const Json* value = row.find(key);
  if (!value || value->is_null()) return;
  const double number = value->as_double();
  if (held && *held != number) wrong(*value, fmt::format("two values of \"{}\" for {}", key, of));
  held = number;
}

std::size_t item_at(Reading& r, const Json& row) {
  const std::string& id = row.at("item").as_string();
  const auto [it, fresh] = r.items.try_emplace(id, r.table.items.size());
  if (fresh) {
    r.table.items.emplace_back();
    r.table.items.back().id = id;
  }
  RatedItem& item = r.table.items[it->second];
  const std::string of = fmt::format("the item '{}'", id);
  fact(row, "cluster", item.cluster, of);
  fact(row, "system", item.system, of);
  fact(row, "question", item.question, of);
  fact(row, "reference", item.reference, of);
  fact(row, "answer", item.answer, of);
  fact(row, "correct", item.correct, of);
  if (item.correct && !(*item.correct >= 0 && *item.correct <= 1))
    wrong(row, "\"correct\" lies outside 0..1");
  fact(row, "inclusion", item.inclusion, of);
  if (const Json* chance = row.find("inclusion")) item.chosen = item.chosen || chance->is_null();
  if (item.inclusion && !(*item.inclusion > 0 && *item.inclusion <= 1))
    wrong(row, "\"inclusion\" is a chance above 0 and at most 1");
  return it->second;
}

std::size_t rater_at(Reading& r, const Json& row) {
  const std::string& name = row.at("rater").as_string();
  const auto [it, fresh] = r.raters.try_emplace(name, r.table.raters.size());
  if (fresh) {
    r.table.raters.emplace_back();
    r.table.raters.back().name = name;
  }
  Rater& rater = r.table.raters[it->second];
  const std::string of = fmt::format("the rater '{}'", name);
  if (const Json* kind = row.find("rater_kind")) {
    const RaterKind read = rater_kind_from(kind->as_string());
    if (!fresh && read != rater.kind) wrong(*kind, fmt::format("two kinds of {}", of));
    rater.kind = read;
  }
  fact(row, "low", rater.low, of);
  fact(row, "high", rater.high, of);
  rater.one_person = rater.one_person || row.get("one_person", false);
  if (const Json* resources = row.find("resources"); resources && rater.resources.empty())
    for (const Json& one : resources->elements()) rater.resources.push_back(one.as_string());
  return it->second;
}

Verdict verdict_of(const Json& row, const Rater& rater) {
  if (const Json* verdict = row.find("verdict")) return verdict_from_json(*verdict);
  const Json& rating = row.at("rating");
  if (rating.is_null()) return NotJudged{row.get("detail", "no rating is recorded")};
  const double value = rating.as_double();
  if ((rater.low && value < *rater.low) || (rater.high && value > *rater.high))
    wrong(rating, fmt::format("the rating {} lies outside the scale of '{}'", value, rater.name));
  return Scored{value, "", {}};
}

Json line_of(const RatingTable& t, std::size_t i, std::size_t r, const Verdict& verdict, bool item_facts,
             bool rater_facts) {
  const RatedItem& item = t.items[i];
  const Rater& rater = t.raters[r];
  Json row = Json::object({{"item", Json(item.id)}, {"rater", Json(rater.name)}});
  const auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) row[key] = value;
  };
  text("criterion", t.criterion);
  const auto* scored = std::get_if<Scored>(&verdict);
  if (scored && scored->rationale.empty() && scored->parts.empty() && scored->extra.is_null())
    row["rating"] = scored->value;
  else
    row["verdict"] = to_json(verdict);
  if (item_facts) {
    text("cluster", item.cluster);
    text("system", item.system);
    text("question", item.question);
    text("reference", item.reference);
    text("answer", item.answer);
    if (item.correct) row["correct"] = *item.correct;
    if (item.inclusion || item.chosen) row["inclusion"] = optional_json(item.inclusion);
  }
  row["rater_kind"] = to_string(rater.kind);
  if (!rater_facts) return row;
  if (rater.low) row["low"] = *rater.low;
  if (rater.high) row["high"] = *rater.high;
  if (rater.one_person) row["one_person"] = true;
  if (!rater.resources.empty()) {
    Json& list = row["resources"] = Json::array();
    for (const auto& one : rater.resources) list.push_back(one);
  }
  return row;
}

}  // namespace

std::size_t RatingTable::rater(std::string_view wanted) const {
  std::string known;
  for (std::size_t i = 0; i < raters.size(); ++i) {
    if (raters[i].name == wanted) return i;
    known += (known.empty() ? "" : ", ") + raters[i].name;
  }
  throw Error(ErrorKind::data, fmt::format("'{}' rates nothing here", wanted), name, "use one of: " + known);
}

std::vector<RatingTable> parse_ratings(std::string_view text, const std::string& file) {
  std::vector<std::pair<std::string, Reading>> found;  // by criterion
  for (const Json& row : parse_jsonl(text, file)) {
    if (!row.is_object()) wrong(row, "a rating is an object");
    const std::string criterion = row.get("criterion", "");
    auto at = std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.first == criterion; });
    if (at == found.end()) at = found.insert(found.end(), {criterion, Reading{}});
    Reading& r = at->second;
    try {
      const std::size_t item = item_at(r, row), rater = rater_at(r, row);
      r.cells[{item, rater}].push_back(verdict_of(row, r.table.raters[rater]));
    } catch (const Error& e) {
      throw Error(ErrorKind::data, e.what_happened(), e.place().empty() ? row.place().str() : e.place(),
                  e.mend());
    }
  }
  std::vector<RatingTable> out;
  for (auto& [criterion, r] : found) {
    r.table.name = std::filesystem::path(file).stem().string();
    r.table.criterion = criterion;
    r.table.cells.resize(r.table.items.size() * r.table.raters.size());
    for (auto& [at, verdicts] : r.cells) r.table.at(at.first, at.second) = std::move(verdicts);
    out.push_back(std::move(r.table));
  }
  return out;
}

std::vector<RatingTable> import_ratings(const std::string& path) {
  return parse_ratings(read_file(path), path);
}

std::string write_ratings(std::span<const RatingTable> tables) {
  std::string out;
  for (const RatingTable& t : tables) {
    std::vector<bool> said(t.raters.size());
    for (std::size_t i = 0; i < t.items.size(); ++i) {
      bool item_said = false;
      for (std::size_t r = 0; r < t.raters.size(); ++r)
        for (const Verdict& v : t.at(i, r)) {
          out += line_of(t, i, r, v, !item_said, !said[r]).dump() + "\n";
          item_said = said[r] = true;
        }
    }
  }
  return out;
}

std::vector<RatingTable> import_any(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code err;
  std::vector<RatingTable> out;
  if (fs::is_directory(path, err) || path.ends_with("_judge_score.json")) {
    std::map<std::string, std::vector<RecordedLog>> sets;
    for (RecordedLog& log : fs::is_directory(path, err) ? read_audiobench_logs(path, "")
                                                        : std::vector{read_audiobench_log(path)})
      sets[log.set].push_back(std::move(log));
    for (const auto& [set, logs] : sets)
      for (RatingTable& t : import_audiobench(logs)) out.push_back(std::move(t));
    return out;
  }
  const std::string text = read_file(path);
  const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first != std::string::npos && text[first] == '[') return parse_unieval(text, path);
  // A whole object over several lines is JUDGE-BENCH's; a line of ratings is an object by itself.
  if (path.ends_with(".json")) return parse_judge_bench(text, path);
  return parse_ratings(text, path);
}

}  // namespace undertone
