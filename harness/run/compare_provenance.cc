// What two runs were made with, side by side, from their manifests.
#include <fmt/format.h>

#include <map>
#include <set>

#include "harness/run/compare.h"
#include "harness/run/suite_paths.h"

namespace undertone {
namespace {

constexpr std::size_t kMostPointers = 12, kMostStages = 6, kShownValue = 60;

std::string shown(const Json* value) {
  if (!value) return "not there";
  const std::string text = value->dump();
  return text.size() <= kShownValue ? text : text.substr(0, kShownValue) + "...";
}

// "/recipes/adapter/steps: 6, then 8" for every value that differs.
void differences(const std::string& pointer, const Json* a, const Json* b, std::vector<std::string>& out) {
  if (a && b && *a == *b) return;
  if (a && b && a->is_object() && b->is_object()) {
    std::set<std::string> keys;
    for (const Json* side : {a, b})
      for (const auto& [key, value] : side->members()) keys.insert(key);
    for (const std::string& key : keys) differences(pointer + "/" + key, a->find(key), b->find(key), out);
    return;
  }
  out.push_back(fmt::format("{}: {}, then {}", pointer, shown(a), shown(b)));
}

Json suite_of(const Json& manifest) {
  Json suite = without_paths(manifest.at("resolved_suite"));
  suite.erase("runtime");  // changes no result
  return suite;
}

using Named = std::map<std::string, std::string>;

Named weights_of(const Json& manifest) {
  Named out;
  for (const Json& w : manifest.at("weights").elements()) out[w.get("name", "")] = w.get("sha256", "");
  return out;
}

Named judges_of(const Json& manifest) {
  Named out;
  for (const Json& j : manifest.at("judges").elements()) out[j.get("name", "")] = j.get("identity", "");
  return out;
}

// By title: the digest of what was made, or its key where nothing was or what was made is in the ledger.
Named stages_of(const Json& manifest, std::string_view kind) {
  Named out;
  for (const Json& s : manifest.at("stages").elements())
    if (s.get("kind", "") == kind)
      out[s.at("title").as_string()] =
          kind == "answer" ? s.get("key", "") : s.get("digest", s.get("key", ""));
  return out;
}

void compare(const std::string& what, const Named& a, const Named& b, std::vector<MadeOtherwise>& out) {
  std::set<std::string> names;
  for (const Named* side : {&a, &b})
    for (const auto& [name, digest] : *side) names.insert(name);
  const auto of = [](const Named& side, const std::string& name) {
    const auto found = side.find(name);
    return found == side.end() ? std::string("not there") : found->second.substr(0, 12);
  };
  std::size_t n = 0;
  for (const std::string& name : names) {
    const auto x = a.find(name), y = b.find(name);
    if (x != a.end() && y != b.end() && x->second == y->second) continue;
    if (++n <= kMostStages)
      out.push_back({what, fmt::format("{}: {}, then {}", name, of(a, name), of(b, name))});
  }
  if (n > kMostStages) out.push_back({what, fmt::format("and {} more", n - kMostStages)});
}

std::string code_of(const Json& manifest) {
  const Json& git = manifest.at("git");
  const std::string commit = git.get("commit", "");
  return fmt::format("{}{}", commit.empty() ? "unknown" : commit.substr(0, 12),
                     git.get("diff", "").empty() ? "" : " with changes of its own");
}

}  // namespace

std::vector<MadeOtherwise> made_otherwise(const Json& a, const Json& b) {
  std::vector<MadeOtherwise> out;
  std::vector<std::string> pointers;
  const Json first = suite_of(a), second = suite_of(b);
  differences("", &first, &second, pointers);
  if (a.get("limit", 0) != b.get("limit", 0))
    pointers.push_back(fmt::format("--limit: {}, then {}", a.get("limit", 0), b.get("limit", 0)));
  for (std::size_t i = 0; i < pointers.size() && i < kMostPointers; ++i)
    out.push_back({"suite", pointers[i]});
  if (pointers.size() > kMostPointers)
    out.push_back({"suite", fmt::format("and {} more", pointers.size() - kMostPointers)});
  compare("weights", weights_of(a), weights_of(b), out);
  compare("data", stages_of(a, "corpus"), stages_of(b, "corpus"), out);
  compare("judge", judges_of(a), judges_of(b), out);
  compare("training", stages_of(a, "train"), stages_of(b, "train"), out);
  compare("answers", stages_of(a, "answer"), stages_of(b, "answer"), out);
  const Json &here = a.at("git"), &there = b.at("git");
  if (here.get("commit", "") != there.get("commit", "") || here.get("diff", "") != there.get("diff", ""))
    out.push_back({"code", fmt::format("{}, then {}", code_of(a), code_of(b))});
  const auto built = [](const Json& m) { return m.at("build").dump(); };
  if (built(a) != built(b)) out.push_back({"code", fmt::format("{}, then {}", built(a), built(b))});
  const auto machine = [](const Json& m) {
    return m.at("host").get("processor", m.at("host").get("system", ""));
  };
  if (machine(a) != machine(b))
    out.push_back({"machine", fmt::format("{}, then {}", machine(a), machine(b))});
  return out;
}

}  // namespace undertone
