// Ratings as JUDGE-BENCH, UniEval and AudioBench publish them.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "datasets/import_ratings.h"
#include "datasets/judge_bench.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"

namespace undertone {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void broken(const std::string& place, std::string what, const char* format) {
  throw Error(ErrorKind::data, std::move(what), place, fmt::format("name a file of {}", format));
}

// Errors inside a row say which row.
template <class F>
void row_by_row(const Json::Array& rows, const std::string& file, F&& read) {
  for (std::size_t i = 0; i < rows.size(); ++i) try {
      read(rows[i], i);
    } catch (const Error& e) {
      throw Error(ErrorKind::data, fmt::format("item {}: {}", i, e.what_happened()),
                  e.place().empty() ? file : e.place(), e.mend());
    }
}

std::string short_hash(std::string_view text) { return sha256_hex(text).substr(0, 12); }

std::string text_or_number(const Json* value) {
  if (!value || value->is_null()) return "";
  return value->is_string() ? value->as_string() : value->dump();
}

struct Metric {
  std::string name;
  double low = 0, high = 0;
  std::vector<Rater> raters;  // where the file names them
};

std::vector<Metric> graded_metrics(const Json& whole, std::vector<std::string>& notes) {
  std::vector<Metric> out;
  for (const Json& a : whole.at("annotations").elements()) {
    const std::string& name = a.at("metric").as_string();
    if (const std::string category = a.get("category", "of no category");
        category != "graded" && category != "continuous") {
      notes.push_back(fmt::format("'{}' is {}, not graded: left out", name, category));
      continue;
    }
    const double worst = a.at("worst").as_double(), best = a.at("best").as_double();
    if (worst >= best) {
      notes.push_back(fmt::format("'{}' has its best rating at its lower end: left out", name));
      continue;
    }
    out.push_back({name, worst, best, judge_bench_raters(a, worst, best)});
  }
  return out;
}

// A page of `human export` saves one rater's file, and says who that is.
std::optional<Rater> rater_of_page(const Json& whole) {
  const Json* ours = whole.find("undertone");
  if (!ours) return std::nullopt;
  const Json& rater = ours->at("rater");
  const RaterKind kind = rater_kind_from(rater.at("kind").as_string());
  return Rater{rater.at("name").as_string(), kind, {}, {}, kind == RaterKind::human, {}};
}

// An instance may quote what is rated and then, under a heading "### Source", what several systems worked
// from.
void split_instance(const std::string& instance, RatedItem& item) {
  const auto at = instance.find("### Source");
  item.answer = instance.substr(0, at);
  if (item.answer.starts_with("### Generated"))
    item.answer.erase(0, std::min(item.answer.find('\n'), item.answer.size() - 1) + 1);
  const auto first = item.answer.find_first_not_of(" \n"), last = item.answer.find_last_not_of(" \n");
  item.answer = first == std::string::npos ? "" : item.answer.substr(first, last - first + 1);
  if (at == std::string::npos) return;
  item.question = instance.substr(at);
  item.cluster = short_hash(item.question);
}

RatingTable judge_bench_table(const Json& whole, const Metric& metric, const std::string& file) {
  RatingTable t;
  t.name = whole.get("dataset", fs::path(file).stem().string());
  t.criterion = metric.name;
  t.source = whole.get("source", whole.get("dataset_url", ""));
  t.raters = metric.raters;
  std::vector<std::vector<double>> scores;
  std::size_t raters = 0;
  row_by_row(whole.at("instances").elements(), file, [&](const Json& row, std::size_t) {
    RatedItem item;
    item.id = text_or_number(&row.at("id"));
    const Json& instance = row.at("instance");
    if (instance.is_object() && instance.find("answer")) {
      item.question = instance.get("question", "");
      item.reference = instance.get("reference", "");
      item.answer = instance.at("answer").as_string();
    } else {
      split_instance(instance.is_string() ? instance.as_string() : instance.dump(), item);
    }
    read_item_facts(row, item);
    if (!metric.raters.empty()) {
      t.items.push_back(std::move(item));
      for (auto& cell : judge_bench_cells(row.at("annotations").find(metric.name), t.raters))
        t.cells.push_back(std::move(cell));
      return;
    }
    std::vector<double> given;
    if (const Json* of = row.at("annotations").find(metric.name))
      if (const Json* list = of->find("individual_human_scores"))
        for (const Json& one : list->elements()) {
          const double value = one.as_double();
          if (value < metric.low || value > metric.high)
            broken(one.place().str(),
                   fmt::format("a rating of {} outside {}..{}", value, metric.low, metric.high),
                   "JUDGE-BENCH");
          given.push_back(value);
        }
    raters = std::max(raters, given.size());
    t.items.push_back(std::move(item));
    scores.push_back(std::move(given));
  });
  if (!metric.raters.empty()) return t;
  const std::optional<Rater> one = rater_of_page(whole);
  if (one && raters > 1) broken(file, "several ratings of an item by one rater", "one rater's page");
  for (std::size_t r = 0; r < raters; ++r) {
    t.raters.push_back(
        one.value_or(Rater{fmt::format("human {}", r + 1), RaterKind::human, {}, {}, false, {}}));
    t.raters.back().low = metric.low;
    t.raters.back().high = metric.high;
  }
  t.cells.resize(t.items.size() * raters);
  for (std::size_t i = 0; i < t.items.size(); ++i)
    for (std::size_t r = 0; r < scores[i].size(); ++r) t.at(i, r).push_back(Scored{scores[i][r], "", {}});
  if (!one) t.notes.push_back("a rater is a place in the list of an item's ratings, not a person");
  return t;
}

}  // namespace

std::vector<RatingTable> parse_judge_bench(std::string_view text, const std::string& file) {
  const Json whole = parse_json(text, file);
  if (!whole.is_object() || !whole.find("instances") || !whole.find("annotations"))
    broken(file, "no object with \"annotations\" and \"instances\"", "JUDGE-BENCH");
  std::vector<std::string> notes;
  std::vector<RatingTable> out;
  for (const Metric& metric : graded_metrics(whole, notes)) {
    out.push_back(judge_bench_table(whole, metric, file));
    out.back().notes.insert(out.back().notes.end(), notes.begin(), notes.end());
  }
  if (out.empty()) broken(file, "no graded or continuous annotation", "JUDGE-BENCH with graded annotations");
  return out;
}

std::vector<RatingTable> import_judge_bench(const std::string& path) {
  return parse_judge_bench(read_file(path), path);
}

std::vector<RatingTable> parse_unieval(std::string_view text, const std::string& file) {
  const Json whole = parse_json(text, file);
  if (!whole.is_array() || whole.size() == 0) broken(file, "no list of items", "UniEval's results");
  std::map<std::string, std::size_t> at;  // by criterion
  std::vector<RatingTable> out;
  row_by_row(whole.elements(), file, [&](const Json& row, std::size_t index) {
    if (!row.is_object()) broken(row.place().str(), "an item is no object", "UniEval's results");
    const Json& human = row.at("scores");
    const Json& predicted = row.at("predict_scores");
    RatedItem item;
    item.id = fmt::format("{}", index);
    item.system = text_or_number(row.find("system_id"));
    item.question = text_or_number(row.find("source"));
    item.reference = text_or_number(row.find("reference"));
    item.answer = row.at("system_output").as_string();
    // What several outputs share: the source with its context.
    item.cluster = short_hash(item.question + '\x1f' + text_or_number(row.find("context")));
    for (const auto& [criterion, score] : human.members()) {
      const Json* metric = predicted.find(criterion);
      if (!metric) continue;
      const auto [it, fresh] = at.try_emplace(criterion, out.size());
      if (fresh) {
        RatingTable t;
        t.name = fs::path(file).stem().string();
        t.criterion = criterion;
        t.source = "UniEval";
        t.raters = {{"human", RaterKind::human, {}, {}, false, {}},
                    {"unieval", RaterKind::judge, {}, {}, false, {"model:unieval"}}};
        t.notes.push_back("human ratings are means over annotators; their agreement is not in the file");
        out.push_back(std::move(t));
      }
      RatingTable& t = out[it->second];
      t.items.push_back(item);
      t.cells.push_back({Scored{score.as_double(), "", {}}});
      t.cells.push_back({Scored{metric->as_double(), "", {}}});
    }
  });
  if (out.empty()) broken(file, "no criterion that both humans and the metric rated", "UniEval's results");
  return out;
}

std::vector<RatingTable> import_unieval(const std::string& path) {
  return parse_unieval(read_file(path), path);
}

std::vector<RatingTable> import_audiobench(std::span<const RecordedLog> logs) {
  std::map<std::string, std::vector<const RecordedLog*>> by_scale;
  std::vector<std::string> unknown;
  for (const RecordedLog& log : logs) {
    if (log.scale)
      by_scale[std::string(log.scale->name())].push_back(&log);
    else
      unknown.push_back(
          fmt::format("the scale of {}/{} by {} is unknown: left out", log.model, log.set, log.judge));
  }
  std::vector<RatingTable> out;
  for (const auto& [scale, members] : by_scale) {
    RatingTable t;
    t.name = members.front()->set;
    t.criterion = scale;
    t.source = "published AudioBench evaluation logs: the first rows of the set";
    t.notes = unknown;
    if (by_scale.size() > 1)
      t.notes.push_back("other logs of this set are on another scale and stand in a table of their own");
    for (const RecordedLog* log : members)
      if (std::none_of(t.raters.begin(), t.raters.end(),
                       [&](const Rater& r) { return r.name == log->judge; }))
        t.raters.push_back({log->judge, RaterKind::judge, log->scale->low(), log->scale->high(), false, {}});
    std::map<std::string, std::size_t> items;
    for (const RecordedLog* log : members) {
      const std::size_t rater = t.rater(log->judge);
      for (const RecordedRow& row : log->rows) {
        // Two logs of one model may hold different answers at one place: different items.
        const std::string question = short_hash(row.question + '\x1f' + row.reference);
        const std::string id = fmt::format("{}-{:04}-{}-{}", log->model, row.index, question.substr(0, 8),
                                           short_hash(row.answer).substr(0, 8));
        const auto [it, fresh] = items.try_emplace(id, t.items.size());
        if (fresh) {
          t.items.push_back({id, question, log->model, row.question, row.reference, row.answer, {}});
          t.cells.resize(t.items.size() * t.raters.size());
        }
        t.at(it->second, rater).push_back(row.verdict);
      }
    }
    out.push_back(std::move(t));
  }
  if (out.empty() && !unknown.empty())
    throw Error(ErrorKind::data, unknown.front(), logs.front().file, "name logs whose scale can be inferred");
  return out;
}

}  // namespace undertone
