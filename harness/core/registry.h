// A registry is an ordinary value: a visible list of kinds that can be listed, validated and documented
// without constructing anything. Each folder's builtin.cc makes one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/fields.h"

namespace undertone {

// `Make` is the signature that builds the thing from its parsed spec, e.g. std::unique_ptr<Judge>(const
// Json&, Context&).
template <class Make>
class Registry {
 public:
  struct Entry {
    std::string name;
    std::string summary;
    // Declares and reads the kind's fields; in describe mode it only declares (see fields.h).
    std::function<void(FieldReader&)> fields;
    std::function<Make> make;
  };

  explicit Registry(std::string what) : what_(std::move(what)) {}
  void add(Entry e) {
    for (const Entry& old : entries_)
      if (old.name == e.name)
        throw Error(ErrorKind::internal,
                    "the " + what_ + " '" + e.name + "' is registered twice; known: " + known());
    entries_.push_back(std::move(e));
  }
  const Entry& at(std::string_view name) const& {
    for (const Entry& e : entries_)
      if (e.name == name) return e;
    throw Error(ErrorKind::suite, "unknown " + what_ + " '" + std::string(name) + "'", "",
                "use one of: " + known());
  }
  bool has(std::string_view name) const {
    for (const Entry& e : entries_)
      if (e.name == name) return true;
    return false;
  }
  const std::vector<Entry>& entries() const& { return entries_; }
  const std::vector<Entry>& entries() && = delete;  // a loop over a temporary's entries would dangle
  const std::string& what() const { return what_; }
  std::string known() const {
    std::string out;
    for (const Entry& e : entries_) out += (out.empty() ? "" : ", ") + e.name;
    return out;
  }

 private:
  std::string what_;
  std::vector<Entry> entries_;
};

}  // namespace undertone
