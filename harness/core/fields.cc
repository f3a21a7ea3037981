#include "harness/core/fields.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/core/error.h"

namespace undertone {
namespace {

const Json& empty_object() {
  static const Json empty = Json::object();
  return empty;
}

template <class T>
std::string range_text(T low, T high) {
  const bool no_low = low == std::numeric_limits<T>::lowest() ||
                      (std::numeric_limits<T>::has_infinity && low == -std::numeric_limits<T>::infinity());
  const bool no_high = high == std::numeric_limits<T>::max() ||
                       (std::numeric_limits<T>::has_infinity && high == std::numeric_limits<T>::infinity());
  if (no_low && no_high) return "any number";
  if (no_high) return fmt::format("at least {}", low);
  if (no_low) return fmt::format("at most {}", high);
  return fmt::format("from {} to {}", low, high);
}

template <class T>
Json number_schema(std::string_view type, T low, T high) {
  Json s = Json::object();
  s["type"] = Json(type);
  if (low > std::numeric_limits<T>::lowest() && std::isfinite(static_cast<double>(low)))
    s["minimum"] = Json(low);
  if (high < std::numeric_limits<T>::max() && std::isfinite(static_cast<double>(high)))
    s["maximum"] = Json(high);
  return s;
}

Json typed(std::string_view type) {
  Json s = Json::object();
  s["type"] = Json(type);
  return s;
}

Json array_of(Json items) {
  Json s = typed("array");
  s["items"] = std::move(items);
  return s;
}

Json enumeration(const std::vector<std::string>& allowed) {
  Json values = Json::array();
  for (const std::string& v : allowed) values.push_back(Json(v));
  Json s = typed("string");
  s["enum"] = std::move(values);
  return s;
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "\"" : ", \"") + w + "\"";
  return out;
}

}  // namespace

FieldReader::FieldReader(const Json& object, std::string pointer, std::vector<Problem>& problems)
    : object_(&object), pointer_(std::move(pointer)), problems_(&problems) {
  if (object.is_object()) return;
  problems_->push_back(
      {object.place(), pointer_, fmt::format("expected an object but found {}", object.type_name()), {}});
  object_ = &empty_object();
  broken_ = true;
}

FieldReader::FieldReader() = default;

const Json* FieldReader::declare(std::string_view key, Json schema, std::string_view doc) {
  declared_.emplace_back(key);
  if (describing()) {
    schema["description"] = Json(doc);
    properties_[key] = std::move(schema);
    return nullptr;
  }
  return object_->find(key);
}

void FieldReader::wrong_type(std::string_view key, std::string_view wanted, const Json& found) {
  problem(key, fmt::format("expected {} but found {}", wanted, found.type_name()));
}

void FieldReader::problem(std::string_view key, std::string what, std::string nearest, bool missing) {
  if (describing()) return;
  const Json* v = key.empty() ? nullptr : object_->find(key);
  problems_->push_back({v ? v->place() : object_->place(),
                        key.empty() ? pointer_ : pointer_join(pointer_, key), std::move(what),
                        std::move(nearest), missing});
}

bool FieldReader::present(std::string_view key) const { return object_ && object_->find(key) != nullptr; }

FieldReader& FieldReader::field(std::string_view key, bool& out, std::string_view doc) {
  Json schema = typed("boolean");
  schema["default"] = Json(out);
  if (const Json* v = declare(key, std::move(schema), doc)) {
    if (v->is_bool())
      out = v->as_bool();
    else
      wrong_type(key, "true or false", *v);
  }
  return *this;
}

FieldReader& FieldReader::field(std::string_view key, std::string& out, std::string_view doc) {
  Json schema = typed("string");
  if (!out.empty()) schema["default"] = Json(out);
  if (const Json* v = declare(key, std::move(schema), doc)) {
    if (v->is_string())
      out = v->as_string();
    else
      wrong_type(key, "a string", *v);
  }
  return *this;
}

FieldReader& FieldReader::field(std::string_view key, std::int64_t& out, std::string_view doc,
                                std::int64_t low, std::int64_t high) {
  Json schema = number_schema<std::int64_t>("integer", low, high);
  schema["default"] = Json(out);
  if (const Json* v = declare(key, std::move(schema), doc)) {
    if (!v->is_integer())
      wrong_type(key, "an integer", *v);
    else if (const std::int64_t n = v->as_int(); n < low || n > high)
      problem(key, fmt::format("{} is out of range: expected {}", n, range_text(low, high)));
    else
      out = n;
  }
  return *this;
}

FieldReader& FieldReader::field(std::string_view key, int& out, std::string_view doc, int low, int high) {
  std::int64_t wide = out;
  field(key, wide, doc, std::int64_t{low}, std::int64_t{high});
  out = static_cast<int>(wide);
  return *this;
}

FieldReader& FieldReader::field(std::string_view key, double& out, std::string_view doc, double low,
                                double high) {
  Json schema = number_schema<double>("number", low, high);
  if (std::isfinite(out)) schema["default"] = Json(out);
  if (const Json* v = declare(key, std::move(schema), doc)) {
    if (!v->is_number())
      wrong_type(key, "a number", *v);
    else if (const double x = v->as_double(); !(x >= low && x <= high))
      problem(key, fmt::format("{} is out of range: expected {}", x, range_text(low, high)));
    else
      out = x;
  }
  return *this;
}

FieldReader& FieldReader::field(std::string_view key, std::vector<std::string>& out, std::string_view doc) {
  const Json* v = declare(key, array_of(typed("string")), doc);
  if (!v) return *this;
  if (!v->is_array()) {
    wrong_type(key, "an array of strings", *v);
    return *this;
  }
  std::vector<std::string> read;
  for (std::size_t i = 0; i < v->size(); ++i) {
    const Json& e = v->elements()[i];
    if (e.is_string())
      read.push_back(e.as_string());
    else
      problems_->push_back({e.place(),
                            pointer_join(pointer_join(pointer_, key), std::to_string(i)),
                            fmt::format("expected a string but found {}", e.type_name()),
                            {}});
  }
  if (read.size() == v->size()) out = std::move(read);
  return *this;
}

FieldReader& FieldReader::field(std::string_view key, std::vector<int>& out, std::string_view doc, int low,
                                int high) {
  const Json* v = declare(key, array_of(number_schema<std::int64_t>("integer", low, high)), doc);
  if (!v) return *this;
  if (!v->is_array()) {
    wrong_type(key, "an array of integers", *v);
    return *this;
  }
  std::vector<int> read;
  for (std::size_t i = 0; i < v->size(); ++i) {
    const Json& e = v->elements()[i];
    const std::string at = pointer_join(pointer_join(pointer_, key), std::to_string(i));
    if (!e.is_integer())
      problems_->push_back(
          {e.place(), at, fmt::format("expected an integer but found {}", e.type_name()), {}});
    else if (e.as_int() < low || e.as_int() > high)
      problems_->push_back({e.place(),
                            at,
                            fmt::format("{} is out of range: expected {}", e.as_int(), range_text(low, high)),
                            {}});
    else
      read.push_back(static_cast<int>(e.as_int()));
  }
  if (read.size() == v->size()) out = std::move(read);
  return *this;
}

FieldReader& FieldReader::field(std::string_view key, std::map<std::string, double>& out,
                                std::string_view doc, double low, double high) {
  Json schema = typed("object");
  schema["additionalProperties"] = number_schema<double>("number", low, high);
  const Json* v = declare(key, std::move(schema), doc);
  if (!v) return *this;
  if (!v->is_object()) {
    wrong_type(key, "an object of numbers", *v);
    return *this;
  }
  std::map<std::string, double> read;
  for (const auto& [name, e] : v->members()) {
    const std::string at = pointer_join(pointer_join(pointer_, key), name);
    if (!e.is_number())
      problems_->push_back({e.place(), at, fmt::format("expected a number but found {}", e.type_name()), {}});
    else if (const double x = e.as_double(); !(x >= low && x <= high))
      problems_->push_back(
          {e.place(), at, fmt::format("{} is out of range: expected {}", x, range_text(low, high)), {}});
    else
      read[name] = x;
  }
  if (read.size() == v->size()) out = std::move(read);
  return *this;
}

FieldReader& FieldReader::choice(std::string_view key, std::string& out,
                                 const std::vector<std::string>& allowed, std::string_view doc) {
  Json schema = enumeration(allowed);
  if (!out.empty()) schema["default"] = Json(out);
  if (const Json* v = declare(key, std::move(schema), doc)) {
    if (!v->is_string())
      wrong_type(key, "a string", *v);
    else if (std::find(allowed.begin(), allowed.end(), v->as_string()) == allowed.end())
      problem(key, fmt::format("unknown value \"{}\"; known: {}", v->as_string(), quoted_list(allowed)),
              nearest_of(v->as_string(), allowed));
    else
      out = v->as_string();
  }
  return *this;
}

FieldReader& FieldReader::choices(std::string_view key, std::vector<std::string>& out,
                                  const std::vector<std::string>& allowed, std::string_view doc) {
  const Json* v = declare(key, array_of(enumeration(allowed)), doc);
  if (!v) return *this;
  if (!v->is_array()) {
    wrong_type(key, "an array of strings", *v);
    return *this;
  }
  std::vector<std::string> read;
  for (std::size_t i = 0; i < v->size(); ++i) {
    const Json& e = v->elements()[i];
    const std::string at = pointer_join(pointer_join(pointer_, key), std::to_string(i));
    if (!e.is_string())
      problems_->push_back({e.place(), at, fmt::format("expected a string but found {}", e.type_name()), {}});
    else if (std::find(allowed.begin(), allowed.end(), e.as_string()) == allowed.end())
      problems_->push_back(
          {e.place(), at, fmt::format("unknown value \"{}\"; known: {}", e.as_string(), quoted_list(allowed)),
           nearest_of(e.as_string(), allowed)});
    else
      read.push_back(e.as_string());
  }
  if (read.size() == v->size()) out = std::move(read);
  return *this;
}

FieldReader& FieldReader::any(std::string_view key, Json& out, std::string_view doc) {
  if (const Json* v = declare(key, Json::object(), doc)) out = *v;
  return *this;
}

FieldReader& FieldReader::object(std::string_view key, const std::function<void(FieldReader&)>& read,
                                 std::string_view doc) {
  if (describing()) {
    FieldReader inner;
    read(inner);
    declare(key, inner.schema(), doc);
    return *this;
  }
  if (const Json* v = declare(key, Json(), doc)) {
    FieldReader inner(*v, pointer_join(pointer_, key), *problems_);
    if (inner.broken_) return *this;
    read(inner);
    inner.finish();
  }
  return *this;
}

FieldReader& FieldReader::named(std::string_view key,
                                const std::function<void(const std::string& name, FieldReader&)>& read,
                                std::string_view doc) {
  if (describing()) {
    FieldReader inner;
    read("NAME", inner);
    Json schema = typed("object");
    schema["additionalProperties"] = inner.schema();
    declare(key, std::move(schema), doc);
    return *this;
  }
  const Json* v = declare(key, Json(), doc);
  if (!v) return *this;
  if (!v->is_object()) {
    wrong_type(key, "an object whose keys are names", *v);
    return *this;
  }
  for (const auto& [name, member] : v->members()) {
    FieldReader inner(member, pointer_join(pointer_join(pointer_, key), name), *problems_);
    if (inner.broken_) continue;
    read(name, inner);
    inner.finish();
  }
  return *this;
}

FieldReader& FieldReader::list(std::string_view key, const std::function<void(FieldReader&)>& read,
                               std::string_view doc) {
  if (describing()) {
    FieldReader inner;
    read(inner);
    declare(key, array_of(inner.schema()), doc);
    return *this;
  }
  const Json* v = declare(key, Json(), doc);
  if (!v) return *this;
  if (!v->is_array()) {
    wrong_type(key, "an array of objects", *v);
    return *this;
  }
  for (std::size_t i = 0; i < v->size(); ++i) {
    FieldReader inner(v->elements()[i], pointer_join(pointer_join(pointer_, key), std::to_string(i)),
                      *problems_);
    if (inner.broken_) continue;
    read(inner);
    inner.finish();
  }
  return *this;
}

FieldReader& FieldReader::required() {
  if (declared_.empty()) throw Error(ErrorKind::internal, "required() follows no field");
  const std::string& key = declared_.back();
  required_.push_back(key);
  if (!describing() && !broken_ && !present(key))
    problem("", fmt::format("the key \"{}\" is missing", key), {}, true);
  return *this;
}

void FieldReader::finish() {
  if (describing() || allow_unknown_) return;
  for (const auto& [key, value] : object_->members())
    if (std::find(declared_.begin(), declared_.end(), key) == declared_.end())
      problem(key, fmt::format("unknown key \"{}\"", key), nearest_of(key, declared_));
}

Json FieldReader::schema() const {
  Json out = typed("object");
  out["properties"] = properties_;
  if (!required_.empty()) {
    Json keys = Json::array();
    for (const std::string& k : required_) keys.push_back(Json(k));
    out["required"] = std::move(keys);
  }
  out["additionalProperties"] = Json(allow_unknown_);
  return out;
}

}  // namespace undertone
