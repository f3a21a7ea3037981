// What the compliance checks read of a run: report.json, manifest.json, and the store where it is there.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "datasets/corpus.h"
#include "harness/core/error.h"
#include "harness/run/check.h"
#include "harness/store/store.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

using Facts = ComplianceFacts;

const Json& member(const Json& json, std::string_view key) {
  static const Json nothing = Json::object();
  const Json* found = json.find(key);
  return found && found->is_object() ? *found : nothing;
}

// Every "model" of a judge's fields: a jury's members have one each.
void models_in(const Json& fields, std::vector<std::string>& out) {
  if (fields.is_array())
    for (const Json& one : fields.elements()) models_in(one, out);
  if (!fields.is_object()) return;
  for (const auto& [key, value] : fields.members()) {
    if (key == "model" && value.is_string()) out.push_back(value.as_string());
    models_in(value, out);
  }
}

std::string decoder_of(const Json& suite) {
  const Json& decoder = member(member(suite, "model"), "decoder");
  if (decoder.find("weights")) return decoder.get("weights", "");
  if (decoder.find("path")) return decoder.get("path", "");
  return decoder.find("random") ? "a random start" : "";
}

// The rest of a title behind "KIND NAME", where it names one of the systems: "train S30 seed 2 speech".
struct Titled {
  std::string system, rest;
};
std::optional<Titled> titled(const std::string& title, const std::string& kind, const Facts& f) {
  std::optional<Titled> best;  // of "S3" and "S3 x" the longer
  for (const auto& s : f.systems) {
    const std::string start = kind + " " + s.name;
    if (title.starts_with(start) && (title.size() == start.size() || title[start.size()] == ' ') &&
        (!best || s.name.size() > best->system.size()))
      best = Titled{s.name, title.substr(std::min(title.size(), start.size() + 1))};
  }
  return best;
}

// Takes "seed N" off the front of the rest of a title; 0 where there is none.
int take_seed(std::string& rest) {
  if (!rest.starts_with("seed ")) return 0;
  const auto end = rest.find(' ', 5);
  const std::string number = rest.substr(5, end == std::string::npos ? end : end - 5);
  rest = end == std::string::npos ? "" : rest.substr(end + 1);
  return number.find_first_not_of("0123456789") == std::string::npos && number.size() < 9 && !number.empty()
             ? std::stoi(number)
             : 0;
}

void read_corpora(const Json& manifest, const Store& store, Facts& f) {
  for (auto& d : f.datasets)
    for (const Json& stage : manifest.at("stages").elements()) {
      if (stage.get("title", "") != "corpus " + d.name) continue;
      const auto artefact = store.find(stage.get("key", ""));
      if (!artefact) continue;
      const Corpus corpus = read_corpus(artefact->path);
      d.read = true;
      d.licence = corpus.about.get("licence", "");
      for (const Clip& c : corpus.clips) {
        Facts::ClipFact clip{c.id, c.split, {}};
        for (const Segment& s : c.segments)
          if (!s.speaker.empty() &&
              std::find(clip.speakers.begin(), clip.speakers.end(), s.speaker) == clip.speakers.end())
            clip.speakers.push_back(s.speaker);
        if (clip.speakers.empty() && !c.unit.empty() && c.unit != c.id) clip.speakers.push_back(c.unit);
        d.clips.push_back(std::move(clip));
      }
      for (const Question& q : corpus.questions) {
        const Clip* clip = corpus.find_clip(q.clip);
        d.questions.push_back({q.id, clip ? clip->split : "", q.wording, q.unseen_wording});
      }
    }
}

void read_prompts(const Json& manifest, const Store& store, const Json& systems, Facts& f) {
  const std::string only = f.datasets.size() == 1 ? f.datasets.front().name : "";
  for (const Json& stage : manifest.at("stages").elements()) {
    const std::string kind = stage.get("kind", ""), title = stage.get("title", "");
    if (kind != "items" && kind != "prompts") continue;
    const auto artefact = store.find(stage.get("key", ""));
    if (!artefact || !fs::exists(artefact->path + "/items.jsonl")) continue;
    Facts::Prompts p;
    p.name = title;
    if (kind == "items") {
      auto of = titled(title, "items", f);
      if (!of) continue;  // the base's: one, and shared
      const Json& spec = member(systems, of->system);
      if (spec.get("kind", "") != "variant") continue;
      take_seed(of->rest);
      p.training = true;
      p.presentation = "audio";
      p.metadata = spec.get("train_metadata", "absent");
      p.permuted = spec.get("permute_emotions", false);
      p.dataset = of->rest.empty() ? only : of->rest;
    } else {
      std::string rest = title.substr(title.find("prompts ") + std::string("prompts ").size());
      p.chat_apart = title.starts_with("chat ");
      const auto space = rest.find(' ');
      p.presentation = rest.substr(0, space);
      rest = space == std::string::npos ? "" : rest.substr(space + 1);
      p.metadata = "absent";
      if (const auto at = rest.find("metadata"); at != std::string::npos && at > 1) {
        p.metadata = rest.substr(0, at - 1);
        rest = rest.size() > at + 9 ? rest.substr(at + 9) : "";
      }
      p.dataset = rest.empty() ? only : rest;
    }
    p.items = read_items(artefact->path + "/items.jsonl");
    f.prompts.push_back(std::move(p));
  }
}

void read_answers(const Json& manifest, const Store& store, Facts& f) {
  for (const Json& stage : manifest.at("stages").elements()) {
    if (stage.get("kind", "") != "answer") continue;
    const auto of = titled(stage.get("title", ""), "answer", f);
    const auto rows = store.answers(stage.get("key", ""));
    if (!of || rows.empty()) continue;
    Facts::Answers a;
    a.name = stage.get("title", "").substr(std::string("answer ").size());
    for (const auto& d : f.datasets)
      if (a.name.ends_with(" " + d.name)) a.dataset = d.name;
    for (const AnswerRow& row : rows) a.questions.insert(row.question);
    f.answers.push_back(std::move(a));
  }
}

}  // namespace

ComplianceFacts compliance_facts(const std::string& folder, const std::string& store_folder) {
  const Json report = read_json_file(folder + "/report.json"),
             manifest = read_json_file(folder + "/manifest.json");
  if (report.get("identity", "") != manifest.get("identity", "-"))
    throw Error(ErrorKind::data, "report.json and manifest.json are of different runs", folder,
                "put those of one run into one folder, or run the suite again");
  Facts f;
  f.suite = report.get("suite", "");
  f.identity = report.get("identity", "");
  const Json& suite = member(manifest, "resolved_suite");
  const Json& systems = member(suite, "systems");
  for (const Json& s : report.at("systems").elements()) {
    Facts::System one;
    one.name = s.at("name").as_string();
    one.kind = s.get("kind", "");
    const Json& spec = member(systems, one.name);
    one.presentation = spec.get("presentation", "question");
    one.permute_emotions = spec.get("permute_emotions", false);
    one.model = one.kind == "recorded" || one.kind == "endpoint" ? spec.get("model", "") : decoder_of(suite);
    if (const Json* pools = s.find("pools"))
      for (const Json& p : pools->elements()) one.pools.push_back(p.as_string());
    // As declared: what ran has each seed once.
    const Json* seeds = spec.find("seeds") ? spec.find("seeds") : suite.find("seeds");
    if (one.kind == "variant" && seeds && seeds->is_array())
      for (const Json& seed : seeds->elements()) one.seeds.push_back(static_cast<int>(seed.as_int()));
    f.systems.push_back(std::move(one));
  }
  for (const auto& [name, fields] : member(suite, "datasets").members()) {
    Facts::Dataset d;
    d.name = name;
    d.kind = fields.get("kind", "");
    for (const Json& stage : manifest.at("stages").elements())
      if (stage.get("title", "") == "corpus " + name) d.digest = stage.get("digest", "");
    f.datasets.push_back(std::move(d));
  }
  for (const Json& stage : manifest.at("stages").elements()) {
    if (stage.get("kind", "") != "train") continue;
    auto of = titled(stage.get("title", ""), "train", f);
    if (!of) continue;
    Facts::Training t;
    t.system = of->system;
    t.seed = take_seed(of->rest);
    t.dataset = of->rest;
    t.digest = stage.get("digest", "");
    const Json& facts = member(stage, "facts");
    t.steps = facts.get("steps", 0);
    t.target_tokens = facts.get("target_tokens", 0);
    f.trainings.push_back(std::move(t));
  }
  const Json& judges = member(suite, "judges");
  for (const Json& j : manifest.at("judges").elements()) {
    Facts::JudgeFact one{j.get("name", ""), j.get("kind", ""), j.get("identity", ""), {}};
    models_in(member(judges, one.name), one.models);
    f.judges.push_back(std::move(one));
  }
  for (const Json& w : manifest.at("weights").elements())
    f.weights.push_back({w.get("name", ""), w.get("sha256", ""), w.get("licence", "")});
  for (const Json& json : report.at("estimates").elements()) {
    const std::string tag = json.at("tag").as_string();
    if (!tag.ends_with("/mean") || tag.find("/all/judge:") == std::string::npos ||
        json.get("kind", "") != "value")
      continue;
    const Estimate e = estimate_from_json(json);
    if (e.judge.find(':') == std::string::npos)
      f.coverage.push_back(
          {e.system, e.test_condition, e.judge, e.tag, e.asked, e.scored, e.seeds, e.circular});
  }
  if (!fs::exists(store_folder + "/ledger.sqlite")) {
    f.unread = fmt::format("there is no store at {}", store_folder);
    return f;
  }
  const Store store = Store::open(store_folder, Store::Mode::read);
  read_corpora(manifest, store, f);
  read_prompts(manifest, store, systems, f);
  read_answers(manifest, store, f);
  return f;
}

}  // namespace undertone
