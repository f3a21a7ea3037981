// Reads the fields of a JSON object, gathering every problem instead of stopping at the first. The same
// reading function, run in describe mode, yields the JSON Schema: the schema cannot drift from the reader.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/json.h"

namespace undertone {

struct Problem {
  Place place;
  std::string pointer;  // JSON pointer, e.g. "/systems/S10/seeds"
  std::string what;
  std::string nearest;      // nearest known key or value, or ""
  bool missing = false;     // a required key is not there
  std::string str() const;  // "file:line:column: /pointer: what (did you mean 'x'?)"
};

// Appends one element to a JSON pointer, escaping ~ and / (RFC 6901).
std::string pointer_join(std::string_view pointer, std::string_view key);

// A path that a file names: relative to the file in which the value stands; one given on the command line
// ("override a.b=c") is relative to the working directory.
std::string path_named_by(const Json& value);

std::string nearest_of(std::string_view word,
                       const std::vector<std::string>& known);  // "" when nothing is near

class FieldReader;
// Takes the path that the field `key` holds, as path_named_by reads it; leaves `path` where there is none.
void take_path(const FieldReader& reader, std::string_view key, std::string& path);

class FieldReader {
 public:
  // Reading mode.
  FieldReader(const Json& object, std::string pointer, std::vector<Problem>& problems);
  // Describe mode: nothing is read; schema() is filled.
  FieldReader();
  bool describing() const { return object_ == nullptr; }

  // Each declares a field with its documentation and, when present, reads it into `out` (which holds the
  // default). A wrong type, or a value outside the bounds, is a problem and leaves `out` alone. Fields are
  // optional unless required() follows.
  FieldReader& field(std::string_view key, bool& out, std::string_view doc);
  FieldReader& field(std::string_view key, std::string& out, std::string_view doc);
  FieldReader& field(std::string_view key, std::int64_t& out, std::string_view doc, std::int64_t low,
                     std::int64_t high);
  FieldReader& field(std::string_view key, int& out, std::string_view doc, int low, int high);
  FieldReader& field(std::string_view key, double& out, std::string_view doc, double low, double high);
  FieldReader& field(std::string_view key, std::vector<std::string>& out, std::string_view doc);
  FieldReader& field(std::string_view key, std::vector<int>& out, std::string_view doc, int low, int high);
  FieldReader& field(std::string_view key, std::map<std::string, double>& out, std::string_view doc,
                     double low, double high);
  FieldReader& choice(std::string_view key, std::string& out, const std::vector<std::string>& allowed,
                      std::string_view doc);
  FieldReader& choices(std::string_view key, std::vector<std::string>& out,
                       const std::vector<std::string>& allowed, std::string_view doc);
  FieldReader& any(std::string_view key, Json& out, std::string_view doc);  // kept as it stands
  // A nested object read by `read`; absent: `read` is not called.
  FieldReader& object(std::string_view key, const std::function<void(FieldReader&)>& read,
                      std::string_view doc);
  // An object whose keys are names: `read` is called per member with its name.
  FieldReader& named(std::string_view key,
                     const std::function<void(const std::string& name, FieldReader&)>& read,
                     std::string_view doc);
  // An array of objects.
  FieldReader& list(std::string_view key, const std::function<void(FieldReader&)>& read,
                    std::string_view doc);
  FieldReader& required();  // the field declared last must be present

  // Allows keys that no field declares (records that keep unknown fields).
  void allow_unknown() { allow_unknown_ = true; }
  void problem(std::string_view key, std::string what, std::string nearest = {}, bool missing = false);
  bool present(std::string_view key) const;
  const Json* raw() const { return object_; }
  const std::string& pointer() const { return pointer_; }

  // Reports keys that were not declared, with the nearest declared one. Call once, last; the nested forms
  // call it themselves.
  void finish();
  Json schema() const;  // JSON Schema of the declared fields

 private:
  const Json* declare(std::string_view key, Json schema, std::string_view doc);
  void wrong_type(std::string_view key, std::string_view wanted, const Json& found);
  const Json* object_ = nullptr;
  std::string pointer_;
  std::vector<Problem>* problems_ = nullptr;
  std::vector<std::string> declared_;
  Json properties_ = Json::object();
  std::vector<std::string> required_;
  bool allow_unknown_ = false;
  bool broken_ = false;  // not an object: said once, no more complaints about its keys
};

}  // namespace undertone
