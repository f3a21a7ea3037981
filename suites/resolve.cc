#include "suites/resolve.h"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostAncestors = 32;
constexpr std::size_t kMostSuites = 256;
constexpr std::size_t kMostDepth = 100;  // of a path in an override or a matrix

struct Chain {
  std::vector<std::string> names;  // normalised, the suite first
  bool has(const std::string& name) const {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
};

std::string normalised(const std::string& path) { return fs::path(path).lexically_normal().string(); }

// An error thrown while reading a file, as a problem; the error's place is text already.
Problem as_problem(const Error& e, const std::string& file) {
  std::string what = e.what_happened();
  if (!e.mend().empty()) what += "; " + e.mend();
  return {Place{e.place().empty() ? file : e.place(), 0, 0}, "", what, ""};
}

// `whole` becomes false when a suite that is extended could not be taken.
std::optional<Json> load_with_ancestors(const std::string& path, Chain chain, const SuiteLoader& load,
                                        std::vector<Problem>& problems, bool& whole) {
  chain.names.push_back(normalised(path));
  Json suite;
  try {
    suite = parse_json(load(path), path, {.comments = true});
  } catch (const Error& e) {
    problems.push_back(as_problem(e, path));
    return std::nullopt;
  }
  if (!suite.is_object()) {
    problems.push_back(
        {suite.place(), "", fmt::format("a suite must be an object, but this is {}", suite.type_name()), ""});
    return std::nullopt;
  }
  const Json* extends = suite.find("extends");
  if (!extends) return suite;
  const Json named = *extends;
  suite.erase("extends");
  const auto complain = [&](std::string what) {
    whole = false;
    problems.push_back({named.place(), "/extends", std::move(what), ""});
  };
  if (!named.is_string() || named.as_string().empty()) {
    complain(fmt::format("expected the path of a suite but found {}",
                         named.is_string() ? "an empty one" : named.type_name()));
    return suite;
  }
  const std::string parent = normalised(suite_path(named));
  if (chain.has(parent)) {
    std::string circle;
    for (const std::string& n : chain.names) circle += n + " -> ";
    complain("extends goes round in a circle: " + circle + parent);
    return suite;
  }
  if (chain.names.size() >= kMostAncestors) {
    complain(fmt::format("more than {} suites extend one another", kMostAncestors));
    return suite;
  }
  const std::size_t before = problems.size();
  const std::optional<Json> under = load_with_ancestors(parent, chain, load, problems, whole);
  if (!under) {
    whole = false;
    // The file is missing, or is no suite: the reader must also learn who asked for it.
    for (std::size_t i = before; i < problems.size(); ++i)
      if (problems[i].pointer.empty())
        problems[i].what += fmt::format(" (extended by {})", named.place().str());
    return suite;
  }
  return merge_suites(*under, suite);
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> out;
  for (std::size_t at = 0;;) {
    const std::size_t dot = path.find('.', at);
    out.emplace_back(path.substr(at, dot == std::string_view::npos ? dot : dot - at));
    if (dot == std::string_view::npos) return out;
    at = dot + 1;
  }
}

void set_places(Json& v, const Place& place) {
  v.set_place(place);
  if (v.is_array())
    for (Json& e : v.elements()) set_places(e, place);
  if (v.is_object())
    for (auto& [key, member] : v.members()) set_places(member, place);
}

std::string joined(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& p : path) out = pointer_join(out, p);
  return out;
}

// Sets the value at `path`, making objects on the way; null removes. Returns what is wrong, or "".
std::string set_at(Json& root, const std::vector<std::string>& path, const Json& value) {
  if (path.size() > kMostDepth) return "the path is too deep";
  Json* at = &root;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::string& key = path[i];
    const bool last = i + 1 == path.size();
    if (key.empty()) return "the path has an empty element";
    if (at->is_array()) {
      const bool digits = key.size() < 7 && std::all_of(key.begin(), key.end(),
                                                        [](unsigned char c) { return std::isdigit(c); });
      const std::size_t index = digits ? std::stoul(key) : at->size();
      if (index >= at->size()) return fmt::format("\"{}\" is no index of this array of {}", key, at->size());
      at = &at->elements()[index];
    } else if (at->is_object()) {
      if (last && value.is_null()) {
        at->erase(key);
        return "";
      }
      Json& next = (*at)[key];
      if (next.is_null()) {
        if (!last) next = Json::object();
        next.set_place(value.place());
      }
      at = &next;
    } else {
      return fmt::format("\"{}\" cannot be set inside {}", key, at->type_name());
    }
  }
  *at = value;
  return "";
}

// Applies "a.b=c". The path, or nothing when the override is wrong.
std::optional<std::string> apply_override(Json& suite, const std::string& text,
                                          std::vector<Problem>& problems) {
  const Place place{"override " + text, 0, 0};
  const auto complain = [&](const std::string& pointer, std::string what) {
    problems.push_back({place, pointer, std::move(what), ""});
    return std::nullopt;
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return complain("", "an override is written a.b=c");
  const std::string path = text.substr(0, equals), right = text.substr(equals + 1);
  const std::vector<std::string> parts = split_path(path);
  if (parts.front() == "extends" || parts.front() == "matrix")
    return complain(
        "/" + parts.front(),
        fmt::format("\"{}\" cannot be overridden; write a suite that extends this one", parts.front()));
  Json value;
  try {
    value = parse_json(right, place.file);
  } catch (const Error&) {
    value = Json(right);  // not JSON: text, so that a path or a name needs no quotes
  }
  set_places(value, place);
  if (const std::string wrong = set_at(suite, parts, value); !wrong.empty())
    return complain(joined(parts), wrong);
  return path;
}

struct Axis {
  std::string path;
  Json::Array values;
};

// The axes that can be used; what is wrong with the others is told.
std::vector<Axis> read_axes(const Json& matrix, const std::vector<std::string>& pinned,
                            std::vector<Problem>& problems) {
  std::vector<Axis> axes;
  if (!matrix.is_object()) {
    problems.push_back({matrix.place(), "/matrix",
                        fmt::format("expected an object of path: [values] but found {}", matrix.type_name()),
                        ""});
    return axes;
  }
  if (matrix.size() == 0)
    problems.push_back(
        {matrix.place(), "/matrix", "the matrix is empty: give it an axis, or leave it out", ""});
  for (const auto& [path, values] : matrix.members()) {
    const auto complain = [&](std::string what) {
      problems.push_back({values.place(), pointer_join("/matrix", path), std::move(what), ""});
    };
    const std::string head = split_path(path).front();
    if (head == "extends" || head == "matrix" || head == "name")
      complain(fmt::format("\"{}\" cannot be an axis", head));
    else if (!values.is_array())
      complain(fmt::format("expected an array of values but found {}", values.type_name()));
    else if (values.size() == 0)
      complain("the axis is empty: it would leave no suite to run");
    else {
      bool twice = false;
      const auto& all = values.elements();
      for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) twice = twice || all[i] == all[j];
      if (twice)
        complain("a value stands twice on this axis");
      else if (std::find(pinned.begin(), pinned.end(), path) == pinned.end())
        axes.push_back({path, all});
    }
  }
  return axes;
}

// The part of a suite's name that tells a value of an axis: the value where it is short, else its number.
std::string suffix_of(const Json& value, std::size_t index) {
  std::string text = value.is_string()                       ? value.as_string()
                     : value.is_array() || value.is_object() ? ""
                                                             : value.dump();
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-') c = '_';
  return text.empty() || text.size() > 32 ? std::to_string(index + 1) : text;
}

std::vector<Json> expand(const Json& suite, const std::vector<Axis>& axes, const Place& matrix,
                         std::vector<Problem>& problems) {
  std::size_t count = 1;
  for (const Axis& a : axes) {
    count *= a.values.size();
    if (count > kMostSuites) {
      problems.push_back(
          {matrix, "/matrix", fmt::format("the matrix makes more than {} suites", kMostSuites), ""});
      return {suite};
    }
  }
  std::vector<Json> out;
  std::vector<std::string> names;
  for (std::size_t n = 0; n < count; ++n) {
    Json one = suite;
    std::string suffix;
    std::size_t rest = n, block = count;
    for (const Axis& a : axes) {  // the last axis runs fastest
      block /= a.values.size();
      const std::size_t index = rest / block;
      rest %= block;
      const Json& value = a.values[index];
      suffix += "-" + suffix_of(value, index);
      if (const std::string wrong = set_at(one, split_path(a.path), value); !wrong.empty() && n == 0)
        problems.push_back({value.place(), pointer_join("/matrix", a.path), wrong, ""});
    }
    if (const Json* name = one.find("name"); name && name->is_string()) {
      std::string full = name->as_string() + suffix;
      if (std::find(names.begin(), names.end(), full) != names.end()) full += fmt::format("-{}", n + 1);
      names.push_back(full);
      Json renamed(full);
      renamed.set_place(name->place());
      one["name"] = std::move(renamed);
    }
    out.push_back(std::move(one));
  }
  return out;
}

// "like": NAME in a dataset or judge takes the fields of another one of the suite and changes those that
// stand beside it.
void follow_likes(Json& suite, std::vector<Problem>& problems) {
  for (const char* group : {"datasets", "judges"}) {
    const Json* found = suite.is_object() ? suite.find(group) : nullptr;
    if (!found || !found->is_object()) continue;
    Json all = *found;
    for (auto& [name, entry] : all.members()) {
      const Json* like = entry.is_object() ? entry.find("like") : nullptr;
      if (!like) continue;
      const std::string pointer = pointer_join(pointer_join("", group), name);
      const Json* other = like->is_string() ? found->find(like->as_string()) : nullptr;
      if (!other || !other->is_object() || other->find("like")) {
        problems.push_back({like->place(), pointer_join(pointer, "like"),
                            "must name another entry here that stands for itself (has no \"like\")", ""});
        continue;
      }
      Json own = entry;
      own.erase("like");
      entry = merge_suites(*other, own, pointer);
    }
    suite[group] = std::move(all);
  }
}

}  // namespace

Json merge_suites(const Json& under, const Json& over, const std::string& pointer) {
  if (!under.is_object() || !over.is_object()) return over;
  const bool kinds = (pointer.starts_with("/datasets/") || pointer.starts_with("/judges/")) &&
                     pointer.find('/', pointer.find('/', 1) + 1) == std::string::npos;
  if (kinds) {
    const Json *old_kind = under.find("kind"), *new_kind = over.find("kind");
    if (old_kind && new_kind && !(*old_kind == *new_kind)) return over;
  }
  Json out = under;
  out.set_place(over.place());
  for (const auto& [key, value] : over.members()) {
    if (value.is_null()) {
      out.erase(key);
      continue;
    }
    const Json* old = under.find(key);
    Json merged = old ? merge_suites(*old, value, pointer_join(pointer, key)) : value;
    out[key] = std::move(merged);
  }
  return out;
}

std::string suite_path(const Json& value) { return path_named_by(value); }

ResolvedSuites resolve_suite(const std::string& path, const std::vector<std::string>& overrides,
                             const SuiteLoader& load) {
  ResolvedSuites out;
  std::optional<Json> suite =
      load_with_ancestors(path, {}, load ? load : SuiteLoader(read_file), out.problems, out.whole);
  std::vector<std::string> pinned;
  Json overridden = suite.value_or(Json::object());
  for (const std::string& text : overrides)
    if (const auto where = apply_override(overridden, text, out.problems)) pinned.push_back(*where);
  if (!suite) return out;
  std::vector<Axis> axes;
  Place matrix_place;
  if (const Json* matrix = overridden.find("matrix")) {
    matrix_place = matrix->place();
    axes = read_axes(*matrix, pinned, out.problems);
    overridden.erase("matrix");
  }
  out.suites = expand(overridden, axes, matrix_place, out.problems);
  for (Json& one : out.suites) follow_likes(one, out.problems);
  return out;
}

}  // namespace undertone
