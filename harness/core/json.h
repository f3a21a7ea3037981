// A JSON value that remembers where it was read: the one type in which settings, records and protocol
// messages travel between our headers. Parsing is strict: duplicate keys, NaN, trailing text and invalid
// UTF-8 are errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace undertone {

// Where a value stands in its source; line and column count from 1, 0 means "made by the program".
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string str() const;  // "file:line:column", or "file" where no line is known
};

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // keeps the order of the source

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool v) : value_(v) {}
  Json(int v) : value_(static_cast<std::int64_t>(v)) {}
  Json(std::int64_t v) : value_(v) {}
  Json(std::uint64_t v);
  Json(double v) : value_(v) {}
  Json(const char* v) : value_(std::string(v)) {}
  Json(std::string_view v) : value_(std::string(v)) {}
  Json(std::string v) : value_(std::move(v)) {}
  Json(Array v) : value_(std::move(v)) {}
  static Json object() { return Json(Object{}, 0); }
  static Json object(Object members) { return Json(std::move(members), 0); }
  static Json array() { return Json(Array{}); }

  bool is_null() const { return value_.index() == 0; }
  bool is_bool() const { return value_.index() == 1; }
  bool is_integer() const { return value_.index() == 2; }
  bool is_number() const { return value_.index() == 2 || value_.index() == 3; }
  bool is_string() const { return value_.index() == 4; }
  bool is_array() const { return value_.index() == 5; }
  bool is_object() const { return value_.index() == 6; }
  std::string_view type_name() const;

  // Each throws Error{data} naming the place when the type is another.
  bool as_bool() const;
  std::int64_t as_int() const;
  double as_double() const;
  const std::string& as_string() const;
  const Array& elements() const;
  Array& elements();
  const Object& members() const;
  Object& members();

  // Object access. find() gives null when absent; at() throws naming the missing key; [] inserts null.
  const Json* find(std::string_view key) const;
  const Json& at(std::string_view key) const;
  Json& operator[](std::string_view key);
  void erase(std::string_view key);
  void push_back(Json v) { elements().push_back(std::move(v)); }
  std::size_t size() const;  // of an array or object, else 0

  // Convenience for records with defaults; a present member of the wrong type throws.
  std::string get(std::string_view key, std::string_view otherwise) const;
  std::string get(std::string_view key, const char* otherwise) const {
    return get(key, std::string_view(otherwise));
  }
  double get(std::string_view key, double otherwise) const;
  std::int64_t get(std::string_view key, std::int64_t otherwise) const;
  std::int64_t get(std::string_view key, int otherwise) const { return get(key, std::int64_t{otherwise}); }
  bool get(std::string_view key, bool otherwise) const;

  // Value equality: places are not compared.
  bool operator==(const Json& other) const { return value_ == other.value_; }

  const Place& place() const { return place_; }
  void set_place(Place p) { place_ = std::move(p); }

  // Strict JSON; doubles in the shortest form that reads back. Throws Error{internal} on NaN or infinity: an
  // undefined number is null with a reason, never NaN. indent < 0: one line.
  std::string dump(int indent = -1) const;
  // Same, with object keys sorted: the form that is hashed.
  std::string canonical() const;

 private:
  Json(Object v, int) : value_(std::move(v)) {}
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
  Place place_;
};

// Lists of texts, and values that may be undefined (null), as records have them.
Json texts_json(const std::vector<std::string>& texts);
template <class T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

struct JsonOptions {
  bool comments = false;  // allow // and /* */ (suites)
};

// `file` is used in messages only. Throws Error{data}: "file:line:column: what", with the mend where one is
// known.
Json parse_json(std::string_view text, const std::string& file, JsonOptions options = {});
Json read_json_file(const std::string& path, JsonOptions options = {});

// One value per line; blank lines are skipped; each value's place carries its line. Throws at the first
// broken line.
std::vector<Json> read_jsonl_file(const std::string& path);
std::vector<Json> parse_jsonl(std::string_view text, const std::string& file);

}  // namespace undertone
