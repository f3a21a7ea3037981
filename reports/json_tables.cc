// Nested JSON of counts and figures as tables, without knowing its shape: leaves become rows, an object of
// like objects or an array of objects becomes a table of its own, a "confusion" matrix with "labels" stands
// as a matrix.
#include <fmt/format.h>

#include <algorithm>

#include "reports/table.h"

namespace undertone {
namespace {

bool is_leaf(const Json& j) { return !j.is_object() && !j.is_array(); }

std::string leaf_text(const Json& j) {
  if (j.is_null()) return "–";
  if (j.is_string()) return j.as_string();
  if (j.is_integer()) return format_count(j.as_int());
  if (j.is_number()) return format_number(j.as_double(), 3);
  return j.as_bool() ? "yes" : "no";
}

Cell text_cell(std::string text) { return {std::move(text), "", "", std::nullopt}; }

std::string spaced(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

bool all_leaves(const Json& object) {
  return object.is_object() && object.size() > 0 &&
         std::all_of(object.members().begin(), object.members().end(),
                     [](const auto& m) { return is_leaf(m.second); });
}

class Walker {
 public:
  Walker(std::string_view id, std::string_view title) : id_(id), title_(title) {}

  void walk(const Json& json, const std::string& path) {
    if (json.is_object()) {
      if (const Json* labels = json.find("labels"); labels && json.find("confusion")) {
        confusion(json, *labels, path);
        return;
      }
      if (json.size() > 1 && std::all_of(json.members().begin(), json.members().end(),
                                         [](const auto& m) { return all_leaves(m.second); })) {
        matrix(json, path);
        return;
      }
      leaves(json, path);
      for (const auto& [key, value] : json.members())
        if (!is_leaf(value)) walk(value, path.empty() ? spaced(key) : path + ", " + spaced(key));
    } else if (json.is_array() && json.size() > 0) {
      const auto& list = json.elements();
      if (std::all_of(list.begin(), list.end(), all_leaves)) {
        records(json, path);
      } else if (std::all_of(list.begin(), list.end(), is_leaf)) {
        std::string joined;
        for (const Json& v : list) joined += (joined.empty() ? "" : ", ") + leaf_text(v);
        row(path, "", joined);
      } else {
        for (std::size_t i = 0; i < list.size(); ++i) walk(list[i], fmt::format("{} {}", path, i + 1));
      }
    }
  }

  std::vector<Table> take() {
    if (!list_.groups.empty()) tables_.insert(tables_.begin(), list_);
    return std::move(tables_);
  }

 private:
  void row(const std::string& path, const std::string& key, std::string value) {
    if (list_.id.empty()) list_ = {id_, title_, "", "", {"value"}, {}};
    const std::string heading = key.empty() ? "" : path;
    if (list_.groups.empty() || list_.groups.back().heading != heading) list_.groups.push_back({heading, {}});
    list_.groups.back().rows.push_back({key.empty() ? path : spaced(key), "", {text_cell(std::move(value))}});
  }

  void leaves(const Json& object, const std::string& path) {
    for (const auto& [key, value] : object.members())
      if (is_leaf(value)) row(path, key, leaf_text(value));
  }

  Table& start(const std::string& path) {
    tables_.push_back({fmt::format("{}-{}", id_, tables_.size() + 1),
                       path.empty() ? title_ : title_ + ": " + path,
                       "",
                       "",
                       {},
                       {{"", {}}}});
    return tables_.back();
  }

  static void columns_of(Table& t, const Json& object, std::string_view without = {}) {
    for (const auto& [key, value] : object.members())
      if (key != without && std::find(t.columns.begin(), t.columns.end(), key) == t.columns.end())
        t.columns.push_back(key);
  }

  static TableRow record_row(const Table& t, std::string name, const Json& object) {
    TableRow r{std::move(name), "", {}};
    for (const std::string& column : t.columns) {
      const Json* v = object.find(column);
      r.cells.push_back(text_cell(v ? leaf_text(*v) : ""));
    }
    return r;
  }

  void matrix(const Json& json, const std::string& path) {
    Table& t = start(path);
    for (const auto& [key, value] : json.members()) columns_of(t, value);
    for (const auto& [key, value] : json.members())
      t.groups[0].rows.push_back(record_row(t, spaced(key), value));
    std::transform(t.columns.begin(), t.columns.end(), t.columns.begin(), spaced);
  }

  void records(const Json& json, const std::string& path) {
    Table& t = start(path);
    // The first text field names the row.
    std::string name_key;
    for (const auto& [key, value] : json.elements()[0].members())
      if (name_key.empty() && value.is_string()) name_key = key;
    t.corner = spaced(name_key);
    for (const Json& v : json.elements()) columns_of(t, v, name_key);
    for (const Json& v : json.elements()) {
      const Json* name = name_key.empty() ? nullptr : v.find(name_key);
      t.groups[0].rows.push_back(record_row(t, name ? leaf_text(*name) : "", v));
    }
    std::transform(t.columns.begin(), t.columns.end(), t.columns.begin(), spaced);
  }

  // Rows are gold labels, columns what was answered; a further column may hold unmapped answers.
  void confusion(const Json& json, const Json& labels, const std::string& path) {
    Table& t = start(path);
    t.corner = "gold \\ answered";
    std::vector<std::string> names;
    for (const Json& l : labels.elements()) names.push_back(leaf_text(l));
    t.columns = names;
    const auto& rows = json.at("confusion").elements();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      TableRow r{i < names.size() ? names[i] : std::to_string(i + 1), "", {}};
      double total = 0;
      for (const Json& v : rows[i].elements()) total += v.is_number() ? v.as_double() : 0;
      for (const Json& v : rows[i].elements()) {
        Cell c = text_cell(leaf_text(v));
        if (total > 0 && v.is_number()) c.share = v.as_double() / total;
        r.cells.push_back(std::move(c));
      }
      while (r.cells.size() > t.columns.size())
        t.columns.push_back(t.columns.size() == names.size() ? "unmapped" : "");
      t.groups[0].rows.push_back(std::move(r));
    }
    std::string facts;
    for (const auto& [key, value] : json.members())
      if (is_leaf(value)) facts += (facts.empty() ? "" : "; ") + spaced(key) + " " + leaf_text(value);
    t.caption = facts;
  }

  std::string id_, title_;
  Table list_;
  std::vector<Table> tables_;
};

}  // namespace

std::vector<Table> json_tables(const Json& json, std::string_view id, std::string_view title) {
  Walker walker(id, title);
  walker.walk(json, "");
  return walker.take();
}

}  // namespace undertone
