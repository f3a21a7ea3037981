#include "harness/core/json.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace {

[[noreturn]] void type_error(const Json& v, std::string_view wanted) {
  throw Error(ErrorKind::data, fmt::format("expected {} but found {}", wanted, v.type_name()),
              v.place().str());
}

// Feeds the parser and knows how far it has read, so that each event can be given a line and a column.
struct Tracker {
  std::string_view text;
  std::size_t pos = 0;
  int line = 1;
  std::size_t line_start = 0;
};

class TrackingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  TrackingIterator(Tracker* t, bool end) : t_(t), end_(end) {}
  reference operator*() const { return t_->text[t_->pos]; }
  TrackingIterator& operator++() {
    if (t_->text[t_->pos] == '\n') {
      ++t_->line;
      t_->line_start = t_->pos + 1;
    }
    ++t_->pos;
    return *this;
  }
  TrackingIterator operator++(int) {
    auto copy = *this;
    ++*this;
    return copy;
  }
  bool at_end() const { return end_ || t_->pos >= t_->text.size(); }
  friend bool operator==(const TrackingIterator& a, const TrackingIterator& b) {
    return a.at_end() == b.at_end();
  }
  friend bool operator!=(const TrackingIterator& a, const TrackingIterator& b) { return !(a == b); }

 private:
  Tracker* t_;
  bool end_;
};

using Nl = nlohmann::json;

class Builder : public nlohmann::json_sax<Nl> {
 public:
  Builder(Tracker& t, const std::string& file) : t_(t), file_(file) {}
  Json root;

  bool null() override { return put(Json(nullptr), Token::literal); }
  bool boolean(bool v) override { return put(Json(v), Token::literal); }
  bool number_integer(number_integer_t v) override { return put(Json(std::int64_t{v}), Token::number); }
  bool number_unsigned(number_unsigned_t v) override {
    if (v > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return put(Json(static_cast<double>(v)), Token::number);
    return put(Json(static_cast<std::int64_t>(v)), Token::number);
  }
  bool number_float(number_float_t v, const string_t&) override {
    if (!std::isfinite(v))
      fail(start_of(Token::number), "number out of range", "write a number that a double can hold");
    return put(Json(double{v}), Token::number);
  }
  bool string(string_t& v) override { return put(Json(std::move(v)), Token::string); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool key(string_t& k) override {
    Json& top = *stack_.back();
    if (top.find(k)) {
      fail(start_of(Token::string), fmt::format("the key \"{}\" stands twice in one object", k),
           "keep one of them");
    }
    key_ = std::move(k);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) override {
    std::string what = e.what();
    if (auto at = what.find("parse error at "); at != std::string::npos) {
      if (auto colon = what.find(": ", at); colon != std::string::npos) what = what.substr(colon + 2);
    }
    if (what.starts_with("syntax error while parsing ")) what = "not JSON: " + what.substr(27);
    fail(last_read(), what, "");
  }

 private:
  enum class Token { bracket, literal, number, string };

  [[noreturn]] void fail(std::size_t offset, const std::string& what, const std::string& mend) {
    throw Error(ErrorKind::data, what, place_at(offset).str(), mend);
  }
  std::size_t last_read() const { return t_.pos > 0 ? t_.pos - 1 : 0; }

  // The parser stands just behind the token, or one byte further behind a number: walk back to its first
  // byte.
  std::size_t start_of(Token token) const {
    const auto numeric = [](char c) {
      return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
    };
    const std::string_view text = t_.text;
    std::size_t p = t_.pos;
    switch (token) {
      case Token::bracket:
        return last_read();
      case Token::literal:
        while (p > 0 && text[p - 1] >= 'a' && text[p - 1] <= 'z') --p;
        return p;
      case Token::number:
        if (p > 0 && !numeric(text[p - 1])) --p;
        while (p > 0 && numeric(text[p - 1])) --p;
        return p;
      case Token::string:
        for (p = last_read(); p > 0;) {
          if (text[--p] != '"') continue;
          std::size_t slashes = 0;
          while (slashes < p && text[p - 1 - slashes] == '\\') ++slashes;
          if (slashes % 2 == 0) return p;
        }
        return p;
    }
    return p;
  }
  // Of a byte on the parser's line or on the one before (a number is read one byte too far, which may be a
  // break).
  Place place_at(std::size_t offset) const {
    if (offset >= t_.line_start) return Place{file_, t_.line, static_cast<int>(offset - t_.line_start) + 1};
    const std::size_t breaks = offset == 0 ? std::string_view::npos : t_.text.rfind('\n', offset - 1);
    const std::size_t start = breaks == std::string_view::npos ? 0 : breaks + 1;
    return Place{file_, t_.line - 1, static_cast<int>(offset - start) + 1};
  }
  Json& add(Json v) {
    if (stack_.empty()) return root = std::move(v);
    Json& top = *stack_.back();
    if (top.is_array()) {
      top.push_back(std::move(v));
      return top.elements().back();
    }
    top.members().emplace_back(std::move(key_), std::move(v));
    return top.members().back().second;
  }
  bool put(Json v, Token token) {
    v.set_place(place_at(start_of(token)));
    add(std::move(v));
    return true;
  }
  bool open(Json v) {
    if (stack_.size() >= 200) fail(last_read(), "nested more than 200 deep", "flatten the file");
    v.set_place(place_at(start_of(Token::bracket)));
    stack_.push_back(&add(std::move(v)));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }
  Tracker& t_;
  const std::string& file_;
  std::vector<Json*> stack_;
  std::string key_;
};

nlohmann::ordered_json to_nlohmann(const Json& v, bool sorted) {
  using O = nlohmann::ordered_json;
  if (v.is_null()) return nullptr;
  if (v.is_bool()) return v.as_bool();
  if (v.is_integer()) return v.as_int();
  if (v.is_number()) {
    if (!std::isfinite(v.as_double()))
      throw Error(ErrorKind::internal, "a number that is not finite cannot be written as JSON");
    return v.as_double();
  }
  if (v.is_string()) return v.as_string();
  if (v.is_array()) {
    O out = O::array();
    for (const Json& e : v.elements()) out.push_back(to_nlohmann(e, sorted));
    return out;
  }
  O out = O::object();
  std::vector<const Json::Member*> order;
  for (const auto& m : v.members()) order.push_back(&m);
  if (sorted) std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->first < b->first; });
  for (const auto* m : order) out[m->first] = to_nlohmann(m->second, sorted);
  return out;
}

// `line`: where the text starts in its file.
Json parse_from_line(std::string_view text, const std::string& file, JsonOptions options, int line) {
  Tracker tracker{.text = text, .line = line};
  Builder builder(tracker, file);
  if (!Nl::sax_parse(TrackingIterator(&tracker, false), TrackingIterator(&tracker, true), &builder,
                     Nl::input_format_t::json, /*strict=*/true, options.comments))
    throw Error(ErrorKind::data, "not JSON", file);
  return std::move(builder.root);
}

}  // namespace

std::string Place::str() const { return line > 0 ? fmt::format("{}:{}:{}", file, line, column) : file; }

Json::Json(std::uint64_t v) {
  if (v > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    throw Error(ErrorKind::internal,
                "an unsigned number over 2^63 cannot be written as JSON; write it as text");
  value_ = static_cast<std::int64_t>(v);
}

std::string_view Json::type_name() const {
  constexpr std::string_view names[] = {"null",     "a boolean", "an integer", "a number",
                                        "a string", "an array",  "an object"};
  return names[value_.index()];
}
bool Json::as_bool() const {
  if (auto* p = std::get_if<bool>(&value_)) return *p;
  type_error(*this, "a boolean");
}
std::int64_t Json::as_int() const {
  if (auto* p = std::get_if<std::int64_t>(&value_)) return *p;
  type_error(*this, "an integer");
}
double Json::as_double() const {
  if (auto* p = std::get_if<double>(&value_)) return *p;
  if (auto* p = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*p);
  type_error(*this, "a number");
}
const std::string& Json::as_string() const {
  if (auto* p = std::get_if<std::string>(&value_)) return *p;
  type_error(*this, "a string");
}
const Json::Array& Json::elements() const {
  if (auto* p = std::get_if<Array>(&value_)) return *p;
  type_error(*this, "an array");
}
Json::Array& Json::elements() { return const_cast<Array&>(std::as_const(*this).elements()); }
const Json::Object& Json::members() const {
  if (auto* p = std::get_if<Object>(&value_)) return *p;
  type_error(*this, "an object");
}
Json::Object& Json::members() { return const_cast<Object&>(std::as_const(*this).members()); }

const Json* Json::find(std::string_view key) const {
  for (const auto& [k, v] : members())
    if (k == key) return &v;
  return nullptr;
}
const Json& Json::at(std::string_view key) const {
  if (const Json* v = find(key)) return *v;
  throw Error(ErrorKind::data, fmt::format("the key \"{}\" is missing", key), place_.str(),
              fmt::format("add \"{}\"", key));
}
Json& Json::operator[](std::string_view key) {
  if (is_null()) value_ = Object{};
  for (auto& [k, v] : members())
    if (k == key) return v;
  members().emplace_back(std::string(key), Json());
  return members().back().second;
}
void Json::erase(std::string_view key) {
  std::erase_if(members(), [&](const Member& m) { return m.first == key; });
}
std::size_t Json::size() const {
  if (is_array()) return elements().size();
  return is_object() ? members().size() : 0;
}
std::string Json::get(std::string_view key, std::string_view otherwise) const {
  const Json* v = find(key);
  return v ? v->as_string() : std::string(otherwise);
}
double Json::get(std::string_view key, double otherwise) const {
  const Json* v = find(key);
  return v ? v->as_double() : otherwise;
}
std::int64_t Json::get(std::string_view key, std::int64_t otherwise) const {
  const Json* v = find(key);
  return v ? v->as_int() : otherwise;
}
bool Json::get(std::string_view key, bool otherwise) const {
  const Json* v = find(key);
  return v ? v->as_bool() : otherwise;
}

std::string Json::dump(int indent) const { return to_nlohmann(*this, false).dump(indent); }
std::string Json::canonical() const { return to_nlohmann(*this, true).dump(); }

Json texts_json(const std::vector<std::string>& texts) {
  return Json(Json::Array(texts.begin(), texts.end()));
}

Json parse_json(std::string_view text, const std::string& file, JsonOptions options) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return parse_from_line(text, file, options, 1);
}

Json read_json_file(const std::string& path, JsonOptions options) {
  return parse_json(read_file(path), path, options);
}

std::vector<Json> parse_jsonl(std::string_view text, const std::string& file) {
  std::vector<Json> out;
  int line = 0;
  for (std::size_t at = 0; at < text.size();) {
    ++line;
    std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view row = text.substr(at, end - at);
    at = end + 1;
    if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      Json v = parse_from_line(row, file, {}, line);
      v.set_place(Place{file, line, 1});
      out.push_back(std::move(v));
    } catch (const Error& e) {
      throw Error(ErrorKind::data, e.what_happened(), fmt::format("{}:{}", file, line),
                  "each line must be one whole JSON object");
    }
  }
  return out;
}

std::vector<Json> read_jsonl_file(const std::string& path) { return parse_jsonl(read_file(path), path); }

}  // namespace undertone
