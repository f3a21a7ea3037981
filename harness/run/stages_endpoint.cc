// Answering by an external speech LLM behind a server. Replies are filed in the ledger by their content,
// under the endpoint's identity, as they come; the stage then files those of its own questions under its key.
// So what was bought once serves every run that asks the same, however many questions it asks.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "harness/core/error.h"
#include "harness/run/endpoint_system.h"
#include "harness/run/stages.h"
#include "harness/store/key.h"

namespace undertone {
namespace {

constexpr int kEndpointVersion = 1;
constexpr double kSeconds = 0.2;  // an answer, with the usual number in flight

std::vector<EndpointItem> items_of(const std::vector<TrainItem>& prompts, const Corpus& corpus,
                                   std::optional<std::int64_t> seed) {
  std::vector<EndpointItem> out;
  for (const TrainItem& p : prompts) {
    EndpointItem item{p.id, p.prefix.empty() ? p.prompt : p.prefix + '\n' + p.prompt, "", seed};
    if (!p.clip.empty()) {
      item.audio_path = recording_of(corpus, corpus.find_clip(p.clip));
      if (item.audio_path.empty())
        throw Error(ErrorKind::data, fmt::format("the clip '{}' of question '{}' has no audio", p.clip, p.id),
                    corpus.folder, "give it some, or set the system's presentation to \"transcript\"");
    }
    out.push_back(std::move(item));
  }
  return out;
}

// What the ledger holds of this endpoint.
struct Bought {
  std::map<std::string, AnswerRow> rows;  // by key
  std::string model;                      // as replies name it; "": they do not, or there are none
};
Bought bought(const Store& store, const EndpointSystem& system) {
  Bought out;
  for (AnswerRow& row : store.answers(system.identity())) {
    if (out.model.empty()) out.model = row.about.get("model", "");
    out.rows.emplace(row.key, std::move(row));
  }
  return out;
}

AnswerRow row_of(const std::string& key, const std::string& owner, const EndpointItem& item,
                 EndpointSystem::Answered made) {
  return {key,
          owner,
          item.id,
          static_cast<int>(item.seed.value_or(0)),
          std::move(made.answer),
          std::move(made.about)};
}

// For the manifest: who answered, by the server's own word, and what it took.
Json facts_of(const std::vector<AnswerRow>& rows) {
  std::set<std::string> models, servers;
  std::int64_t attempts = 0, prompt_tokens = 0, completion_tokens = 0;
  for (const AnswerRow& row : rows) {
    if (const std::string model = row.about.get("model", ""); !model.empty()) models.insert(model);
    if (const std::string server = row.about.get("server", ""); !server.empty()) servers.insert(server);
    attempts += row.about.get("attempts", 0);
    prompt_tokens += row.about.get("prompt_tokens", 0);
    completion_tokens += row.about.get("completion_tokens", 0);
  }
  Json out = Json::object();
  out["model_told"] = fmt::format("{}", fmt::join(models, ", "));
  out["server"] = fmt::format("{}", fmt::join(servers, ", "));
  out["attempts"] = attempts;
  out["prompt_tokens"] = prompt_tokens;
  out["completion_tokens"] = completion_tokens;
  return out;
}

// The rows of all items by their keys: what the ledger holds, and what the server is asked for now and said.
// A failure to get an answer is among them but is not bought: a stage that asks more asks again.
std::map<std::string, AnswerRow> answered(StageContext& c, EndpointSystem& system,
                                          const std::vector<EndpointItem>& items,
                                          const std::vector<std::string>& keys, const std::string& title) {
  Bought there = bought(c.store, system);
  std::vector<EndpointItem> todo;
  std::vector<std::string> key_of;  // of each to do
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!there.rows.contains(keys[i])) todo.push_back(items[i]), key_of.push_back(keys[i]);
  const auto row = [&](const EndpointSystem::Answered& made) {
    return row_of(key_of[made.item], system.identity(), todo[made.item], made);
  };
  c.progress.begin(title, static_cast<std::int64_t>(todo.size()));
  std::int64_t done = 0;
  const auto failed = system.ask(
      todo, there.model,
      [&](const std::vector<EndpointSystem::Answered>& made) {
        std::vector<AnswerRow> rows;
        for (const auto& m : made) {
          rows.push_back(row(m));
          if (m.answer.status == AnswerStatus::model_error)
            c.progress.failure(title, to_string(m.answer.status));
        }
        c.counters.answers += c.store.put_answers(rows);
        for (AnswerRow& r : rows) there.rows.emplace(r.key, r);
        done += static_cast<std::int64_t>(made.size());
        c.progress.advance(title, done);
      },
      [&c] { return c.interrupted.load(); });
  for (const auto& f : failed) {
    c.progress.failure(title, to_string(f.answer.status));
    there.rows.emplace(key_of[f.item], row(f));
  }
  return std::move(there.rows);
}

// Answers of one stage, filed under its key (`hash`).
void answer_items(StageContext& c, EndpointSystem& system, const std::vector<EndpointItem>& items,
                  const std::string& title, const std::string& hash, const Json& about) {
  const std::lock_guard one_stage(system.one_stage);
  std::vector<std::string> keys;
  for (const EndpointItem& item : items) keys.push_back(system.key_of(item));
  const std::map<std::string, AnswerRow> all = answered(c, system, items, keys, title);
  std::vector<AnswerRow> rows;
  for (const std::string& key : keys) {
    AnswerRow row = all.at(key);
    row.key = answer_key(hash, key);
    row.stage_key = hash;
    row.replicate = 0;  // the seed is the set's
    rows.push_back(std::move(row));
  }
  c.store.put_answers(rows);
  Json with_facts = about;
  with_facts["facts"] = facts_of(rows);
  if (const auto steps = system.probe_steps(); !steps.empty())
    with_facts["facts"]["probe"] = texts_json(steps);
  commit_answers(c, hash, with_facts, static_cast<std::int64_t>(items.size()));
}

}  // namespace

std::shared_ptr<EndpointSystem> Builder::endpoint_of(const SystemSpec& system) {
  auto made = std::make_shared<EndpointSystem>(endpoint_system_settings(system));
  auto& known = endpoints_[made->identity()];
  if (!known) known = std::move(made);
  // Two of one identity share what they buy, so they must mean one server.
  else if (const EndpointChoice& a = known->settings().server.endpoint, &b = made->settings().server.endpoint;
           a.url != b.url)
    throw Error(
        ErrorKind::suite,
        fmt::format("the system '{}' asks the model '{}' at another address than one before it, in the "
                    "same way",
                    system.name, system.model),
        p_.spec.file, "give each of them a \"service\", which tells them apart");
  return known;
}

void Builder::endpoint(const SystemSpec& system) {
  const std::size_t endpoints_before = endpoints_.size();
  const std::shared_ptr<EndpointSystem> asked = endpoint_of(system);
  std::int64_t probes = endpoints_.size() > endpoints_before ? 1 : 0;
  for (const auto& dataset : p_.evaluated)
    for (const int seed : seeds_of(system, p_.spec))
      for (const std::string& condition : system.test) {
        const MetadataCondition metadata = metadata_condition_from(condition);
        const Trained prompts_of =
            prompts(dataset, metadata, std::string(to_string(shown_by(system, metadata))), PromptForm::chat);
        StageKey key("answer-endpoint", kEndpointVersion);
        key.model("endpoint", asked->identity())
            .input("prompts", prompts_of.key)
            .setting("system", system.name)
            .seed(seed);
        Stage stage;
        stage.key = key.hash();
        stage.kind = "answer";
        stage.title = answer_title(system, dataset, seed, condition);
        stage.systems = {system.name};
        stage.inputs = {prompts_of.title};
        stage.run = [asked, prompts_of, seed, dataset, p = &p_, about = key.about(), hash = key.hash(),
                     title = stage.title](StageContext& c) {
          const auto corpus = p->corpora->get(needed(c.store, p->corpus_keys.at(dataset), "corpus").path);
          const auto items =
              items_of(read_items(needed(c.store, prompts_of.key, "prompts").path + "/items.jsonl"), *corpus,
                       seed ? std::optional<std::int64_t>(seed) : std::nullopt);
          answer_items(c, *asked, items, title, hash, about);
        };
        stage.estimate = [p = &p_, dataset, probes] {
          const std::int64_t n = p->expected_questions(dataset);
          return Estimated{kSeconds * static_cast<double>(n), 100 << 20, n + probes, n};
        };
        probes = 0;
        p_.answers.push_back({system.name, condition, dataset, seed, stage.title, stage.key});
        add(std::move(stage));
      }
}

}  // namespace undertone
