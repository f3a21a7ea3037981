#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include "suites/fields.h"

namespace undertone {
namespace {

template <class T>
bool has(const std::vector<T>& v, const T& x) {
  return std::find(v.begin(), v.end(), x) != v.end();
}

template <class T>
std::vector<std::string> names_of(const std::vector<T>& things) {
  std::vector<std::string> out;
  for (const T& t : things) out.push_back(t.name);
  return out;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ", ") + n;
  return out.empty() ? "none" : out;
}

class Checker {
 public:
  Checker(SuiteSpec& suite, std::vector<Problem>& problems, bool whole)
      : suite_(suite), problems_(problems), whole_(whole), systems_(names_of(suite.systems)) {}

  void run() {
    name();
    seeds(suite_.seeds, {"seeds"});
    if (suite_.seeds.empty()) add({"seeds"}, "there must be at least one seed");
    if (suite_.systems.empty() && present({"systems"}))
      add({"systems"}, "a suite without systems compares nothing");
    for (SystemSpec& s : suite_.systems) system(s);
    for (const auto& [recipe_name, recipe] : suite_.recipes) check_recipe(recipe_name, recipe);
    decoder();
    evaluation();
    judges();
    std::set<std::string> claim_names;
    for (std::size_t i = 0; i < suite_.claims.size(); ++i) {
      claim(suite_.claims[i], std::to_string(i));
      if (!claim_names.insert(suite_.claims[i].name).second)
        add({"claims", std::to_string(i), "name"},
            fmt::format("two claims are named \"{}\"", suite_.claims[i].name));
    }
    for (const KindSpec& judge : suite_.judges) conditions_of(judge);
    twice(suite_.metrics, {"metrics"}, "metric");
  }

 private:
  using Path = std::vector<std::string>;

  // At the deepest value on the path that exists; not where reading, or an earlier check, has complained
  // already.
  void add(const Path& path, std::string what, std::string nearest = {}) {
    const Json* at = &suite_.resolved;
    std::string pointer;
    bool there = true;
    for (const std::string& key : path) {
      pointer = pointer_join(pointer, key);
      const Json* next = nullptr;
      if (there && at->is_object()) next = at->find(key);
      if (there && at->is_array()) {
        std::size_t index = at->size();
        std::from_chars(key.data(), key.data() + key.size(), index);
        if (index < at->size()) next = &at->elements()[index];
      }
      there = next != nullptr;
      if (there) at = next;
    }
    for (const Problem& p : problems_)
      if (p.pointer == pointer || p.pointer.starts_with(pointer + "/")) return;
    problems_.push_back({at->place(), pointer, std::move(what), std::move(nearest)});
  }

  // The same of something that the suite does not have, which is only known of a whole one.
  void lacks(const Path& path, std::string what, std::string nearest = {}) {
    if (whole_) add(path, std::move(what), std::move(nearest));
  }

  bool present(const Path& path) const {
    const Json* at = &suite_.resolved;
    for (const std::string& key : path) {
      at = at->is_object() ? at->find(key) : nullptr;
      if (!at) return false;
    }
    return true;
  }

  void name() {
    const std::string& n = suite_.name;
    const bool plain = std::all_of(n.begin(), n.end(), [](unsigned char c) {
      return std::isalnum(c) || c == '.' || c == '-' || c == '_';
    });
    if (present({"name"}) && (n.empty() || n.size() > 100 || n.front() == '.' || !plain))
      add({"name"},
          "a name is made of letters, digits, '.', '-' and '_' and does not begin with '.': it names a "
          "folder");
    for (const std::string& s : systems_)
      if (s.empty() || s.find_first_of("/@#\n\t") != std::string::npos)
        add({"systems", s},
            "a system's name must not be empty, nor hold '/', '@', '#' or a line break: it stands in tags");
    for (const KindSpec& j : suite_.judges)
      if (j.name.empty() || j.name.find_first_of("/:\n\t") != std::string::npos)
        add({"judges", j.name},
            "a judge's name must not be empty, nor hold '/', ':' or a line break: it stands in tags");
  }

  void seeds(const std::vector<int>& v, const Path& path) {
    std::set<int> seen;
    for (int s : v)
      if (!seen.insert(s).second)
        return add(path, fmt::format("the seed {} stands twice: it would count as two draws", s));
  }

  void twice(const std::vector<std::string>& v, const Path& path, std::string_view what) {
    std::set<std::string> seen;
    for (const std::string& s : v)
      if (!seen.insert(s).second) return add(path, fmt::format("the {} \"{}\" stands twice", what, s));
  }

  void needs(const Path& path, const SystemSpec& s, std::string_view why) {
    if (!present(path)) {
      std::string key;
      for (const std::string& p : path) key += (key.empty() ? "" : ".") + p;
      lacks({"systems", s.name}, fmt::format("{} needs \"{}\", which the suite lacks", why, key));
    }
  }

  void only_for(const SystemSpec& s, std::string_view key, const std::vector<std::string>& kinds) {
    if (!s.kind.empty() && !has(kinds, s.kind) && present({"systems", s.name, std::string(key)}))
      add({"systems", s.name, std::string(key)},
          fmt::format("a system of kind \"{}\" has no \"{}\"; only: {}", s.kind, key, listed(kinds)));
  }

  void system(SystemSpec& s) {
    const Path at{"systems", s.name};
    const auto under = [&](std::string key) { return Path{"systems", s.name, std::move(key)}; };
    seeds(s.seeds, under("seeds"));
    if (present(under("seeds")) && s.seeds.empty())
      add(under("seeds"), "there must be at least one seed; leave the key out to use the suite's");
    twice(s.test, under("test"), "condition");
    if (s.test.empty()) add(under("test"), "there must be at least one condition at test");
    twice(s.pools, under("pools"), "pool");
    only_for(s, "pools", {"variant", "text"});
    only_for(s, "presentation", {"text", "endpoint"});
    only_for(s, "train_metadata", {"variant"});
    only_for(s, "permute_emotions", {"variant"});
    only_for(s, "seeds", {"variant", "text", "endpoint"});
    only_for(s, "path", {"recorded"});
    if (s.kind == "variant") variant(s);
    if (s.kind == "text") {
      if (!suite_.model.pretrained_decoder()) {
        needs({"recipes", "text"}, s, "a system of kind \"text\"");
        needs({"recipes", "base"}, s, "a system of kind \"text\"");
        if (s.pools.empty())
          lacks({"systems", s.name}, "a system of kind \"text\" needs \"pools\" to train on");
      }
      needs({"model", "decoder"}, s, "a system of kind \"text\"");
      if (s.presentation == "audio")
        add(under("presentation"), "a system of kind \"text\" hears nothing: give it words, or none");
    }
    only_for(s, "model", {"recorded", "endpoint"});
    if (s.kind == "endpoint") endpoint(s);
    if (s.kind == "recorded" && s.path.empty() == s.model.empty() && (whole_ || !s.path.empty()))
      add(at,
          "a system of kind \"recorded\" needs one of \"path\", the JSONL file of its answers, and "
          "\"model\", whose answers the dataset brings");
    if (s.kind == "majority" && s.test.size() > 1)
      add(under("test"), "a system of kind \"majority\" is the same under every condition: give one");
  }

  void endpoint(const SystemSpec& s) {
    const auto under = [&](std::string key) { return Path{"systems", s.name, std::move(key)}; };
    if (s.model.empty()) lacks({"systems", s.name}, "an endpoint needs \"model\", the name to ask for");
    if (s.presentation.starts_with("labels"))
      add(under("presentation"),
          "an endpoint gets metadata by its conditions at test; what it is given of the clip is one of: "
          "audio, "
          "transcript, question");
    for (const std::string& condition : s.test)
      if (condition == "predicted") {
        needs({"recogniser"}, s, "predicted metadata at test");
        needs({"model", "encoder"}, s, "predicted metadata at test");
      }
    const Json* temperature = s.fields.is_object() ? s.fields.find("temperature") : nullptr;
    const bool draws = temperature && temperature->is_number() && temperature->as_double() > 0;
    if (!s.seeds.empty() && !draws)
      add(under("seeds"), "without a \"temperature\" over 0 every seed asks the same: leave the seeds out");
    if (has(s.seeds, 0))
      add(under("seeds"), "a server's seed begins at 1: 0 stands for a system without seeds");
  }

  void variant(const SystemSpec& s) {
    for (const char* part : {"encoder", "adapter", "decoder"}) needs({"model", part}, s, "a variant");
    for (const char* recipe : {"base", "adapter"}) needs({"recipes", recipe}, s, "a variant");
    if (s.pools.empty()) lacks({"systems", s.name}, "a variant needs \"pools\" to train on");
    if (s.permute_emotions && !has<std::string>(s.pools, "cpqa"))
      add({"systems", s.name, "permute_emotions"},
          "there is no cpqa among the pools, so there is nothing to permute");
    if (s.train_metadata == "predicted") needs({"recogniser"}, s, "predicted metadata in training");
    if (has<std::string>(s.test, "predicted")) needs({"recogniser"}, s, "predicted metadata at test");
    const auto adapter = suite_.recipes.find("adapter");
    if (adapter == suite_.recipes.end() || adapter->second.mixture.empty()) return;
    for (const std::string& pool : s.pools)
      if (!adapter->second.mixture.contains(pool))
        lacks({"systems", s.name, "pools"},
              fmt::format("the pool \"{}\" has no share in recipes.adapter.mixture", pool));
  }

  // Only some names may be keys of a map of numbers.
  void known(const std::map<std::string, double>& map, const std::vector<std::string>& names,
             const Path& path, std::string_view what) {
    for (const auto& [name, number] : map) {
      if (has(names, name)) continue;
      Path at = path;
      at.push_back(name);
      add(at, fmt::format("unknown {} \"{}\"; known: {}", what, name, listed(names)),
          nearest_of(name, names));
    }
  }

  void check_recipe(const std::string& recipe, const RecipeSpec& r) {
    const auto under = [&](std::string key) { return Path{"recipes", recipe, std::move(key)}; };
    for (const auto& [pool, share] : r.mixture)
      if (!(share > 0))
        add({"recipes", recipe, "mixture", pool}, "a share must be over 0; leave the pool out to exclude it");
    known(r.mixture, training_pools(), {"recipes", recipe, "mixture"}, "pool");
    known(r.type_weights, question_types(), {"recipes", recipe, "type_weights"}, "question type");
    if (r.batch_items == 0 && r.text_items == 0 && r.target_tokens == 0)
      add(under("batch_items"),
          "batch_items, text_items and target_tokens are all 0: batches would be empty");
    if (present(under("target_tokens")) && r.target_tokens > 0 && present(under("batch_items")))
      add(under("batch_items"),
          "batch_items and target_tokens contradict each other: a batch is filled by one of them");
    if (!(r.learning_rate > 0)) add(under("learning_rate"), "a learning rate of 0 trains nothing");
    if (recipe == "adapter" && r.trains != "adapter")
      add(under("trains"), fmt::format("the adapter stage trains the adapter, not \"{}\"", r.trains));
    dataset(r.dataset, under("dataset"));
  }

  // A pretrained decoder is frozen: there must be nothing in the suite that would move it, or that could not.
  void decoder() {
    if (!suite_.model.pretrained_decoder()) {
      const Json* scale =
          suite_.model.adapter.is_object() ? suite_.model.adapter.find("output_scale") : nullptr;
      if (scale && scale->is_string())
        add({"model", "adapter", "output_scale"},
            "\"embedding\" needs a pretrained decoder: the embeddings of a random one move while it trains");
      return;
    }
    for (const auto& [name, recipe] : suite_.recipes) {
      if (name == "text")
        add({"recipes", name},
            "a pretrained decoder stays frozen, and text systems ask it as it is: set this recipe to null");
      else if (recipe.trains != "adapter")
        add({"recipes", name, "trains"},
            fmt::format("a pretrained decoder stays frozen: this recipe must train the adapter, not \"{}\"",
                        recipe.trains));
      else if (recipe.text_items > 0)
        add({"recipes", name, "text_items"},
            "text-only items teach an adapter nothing, and a pretrained decoder stays frozen: set this to 0");
    }
    for (const SystemSpec& s : suite_.systems)
      if (s.kind == "text") {
        if (present({"systems", s.name, "pools"}) && !s.pools.empty())
          add({"systems", s.name, "pools"},
              "with a pretrained decoder a system of kind \"text\" trains on nothing: it is asked as it is");
        if (present({"systems", s.name, "seeds"}))
          add({"systems", s.name, "seeds"},
              "with a pretrained decoder a system of kind \"text\" has no seeds");
      }
  }

  void dataset(const std::string& name, const Path& path) {
    const std::vector<std::string> known = names_of(suite_.datasets);
    if (!name.empty() && !has(known, name))
      lacks(path, fmt::format("the suite declares no dataset \"{}\"; declared: {}", name, listed(known)),
            nearest_of(name, known));
  }

  void evaluation() {
    const Path path{"evaluation", "dataset"};
    std::string name = suite_.evaluation.get("dataset", "");
    if (name.empty() && suite_.datasets.size() == 1) {
      name = suite_.datasets.front().name;
      suite_.evaluation["dataset"] = Json(name);
    }
    dataset(name, path);
    std::vector<std::string> several;
    for (const Json& d : suite_.evaluation.at("datasets").elements()) {
      several.push_back(d.as_string());
      dataset(several.back(), {"evaluation", "datasets"});
    }
    twice(several, {"evaluation", "datasets"}, "dataset");
    if (!several.empty()) {
      if (present(path)) add(path, "\"dataset\" and \"datasets\" contradict each other: keep one");
      return;
    }
    const bool asks = std::any_of(suite_.systems.begin(), suite_.systems.end(),
                                  [](const SystemSpec& s) { return s.kind != "recorded"; });
    if (name.empty() && asks && !suite_.systems.empty())
      lacks(path, suite_.datasets.empty() ? "the suite declares no dataset to ask about"
                                          : "several datasets are declared: say which is asked about");
  }

  // A judge may read answers under some conditions only: some system must be tested under each, and claims
  // need those that they compare.
  void conditions_of(const KindSpec& judge) {
    const Json* list = judge.fields.is_object() ? judge.fields.find("conditions") : nullptr;
    if (!list || !list->is_array()) return;
    std::vector<std::string> read, tested;
    for (const Json& c : list->elements())
      if (c.is_string()) read.push_back(c.as_string());
    for (const SystemSpec& s : suite_.systems)
      for (const std::string& c : s.test)
        if (!has(tested, c)) tested.push_back(c);
    const Path path{"judges", judge.name, "conditions"};
    twice(read, path, "condition");
    for (const std::string& c : read)
      if (!has(tested, c))
        lacks(path, fmt::format("no system is tested under \"{}\"; only: {}", c, listed(tested)),
              nearest_of(c, tested));
    if (read.empty() || judge.name != suite_.primary_judge) return;
    for (const ContrastSpec& c : suite_.claims)
      for (const std::string& condition : {c.system_condition, c.baseline_condition})
        if (!condition.empty() && !has(read, condition))
          add(path,
              fmt::format(
                  "the claim \"{}\" is about answers under \"{}\", which the primary judge would not read",
                  c.name, condition));
  }

  void judges() {
    const std::vector<std::string> known = names_of(suite_.judges);
    for (const KindSpec& judge : suite_.judges)  // some judges read what comes with a dataset
      if (const Json* of = judge.fields.is_object() ? judge.fields.find("dataset") : nullptr;
          of && of->is_string())
        dataset(of->as_string(), {"judges", judge.name, "dataset"});
    if (suite_.primary_judge.empty() && known.size() == 1) suite_.primary_judge = known.front();
    if (suite_.primary_judge.empty()) {
      if (known.size() > 1)
        lacks({"primary_judge"},
              fmt::format("several judges are declared: say which is the primary one ({})", listed(known)));
    } else if (!has(known, suite_.primary_judge)) {
      lacks({"primary_judge"},
            fmt::format("the suite declares no judge \"{}\"; declared: {}", suite_.primary_judge,
                        listed(known)),
            nearest_of(suite_.primary_judge, known));
    }
    if (!suite_.claims.empty() && known.empty())
      lacks({"claims"}, "claims are about the primary judge's scores, but the suite declares no judge");
  }

  // The condition that a claim means, when its system is known.
  void side(const std::string& index, const std::string& system, std::string& condition,
            const std::string& key) {
    const auto s = std::find_if(suite_.systems.begin(), suite_.systems.end(),
                                [&](const SystemSpec& x) { return x.name == system; });
    if (s == suite_.systems.end()) {
      if (!system.empty())
        lacks({"claims", index, key},
              fmt::format("the suite declares no system \"{}\"; declared: {}", system, listed(systems_)),
              nearest_of(system, systems_));
      return;
    }
    const Path at{"claims", index, key + "_condition"};
    if (condition.empty() && s->test.size() == 1) condition = s->test.front();
    if (condition.empty())
      add(at,
          fmt::format("\"{}\" is tested under several conditions: say which ({})", system, listed(s->test)));
    else if (!has(s->test, condition))
      add(at, fmt::format("\"{}\" is not tested under \"{}\"; only: {}", system, condition, listed(s->test)),
          nearest_of(condition, s->test));
  }

  void claim(ContrastSpec& c, const std::string& index) {
    side(index, c.system, c.system_condition, "system");
    side(index, c.baseline, c.baseline_condition, "baseline");
    if (!c.system.empty() && c.system == c.baseline && c.system_condition == c.baseline_condition)
      add({"claims", index, "baseline"}, "the claim compares a system with itself");
  }

  SuiteSpec& suite_;
  std::vector<Problem>& problems_;
  const bool whole_;
  std::vector<std::string> systems_;
};

}  // namespace

void check_suite(SuiteSpec& suite, std::vector<Problem>& problems, bool whole) {
  Checker(suite, problems, whole).run();
}

}  // namespace undertone
