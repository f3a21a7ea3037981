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
      const Clip* clip = corpus.find_clip(p.clip);
      if (!clip || clip->audio.empty())
        throw Error(ErrorKind::data, fmt::format("the clip '{}' of question '{}' has no audio", p.clip, p.id),
                    corpus.folder, "give it some, or set the system's presentation to \"transcript\"");
      item.audio_path = corpus.folder + "/" + clip->audio;
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
        stage.title = fmt::format("answer {}{} {}{}", system.name, seed ? fmt::format(" seed {}", seed) : "",
                                  condition, p_.evaluated.size() > 1 ? " " + dataset : "");
        stage.systems = {system.name};
        stage.inputs = {prompts_of.title};
        stage.run = [asked, prompts_of, seed, dataset, p = &p_, about = key.about(), hash = key.hash(),
                     title = stage.title](StageContext& c) {
          const auto corpus = p->corpora->get(needed(c.store, p->corpus_keys.at(dataset), "corpus").path);
          const auto items =
              items_of(read_items(needed(c.store, prompts_of.key, "prompts").path + "/items.jsonl"), *corpus,
                       seed ? std::optional<std::int64_t>(seed) : std::nullopt);
          std::vector<std::string> keys;
          for (const EndpointItem& item : items) keys.push_back(asked->key_of(item));

          const std::lock_guard one_stage(asked->one_stage);
          Bought there = bought(c.store, *asked);
          std::vector<EndpointItem> todo;
          std::vector<std::size_t> place;  // of each in `items`
          for (std::size_t i = 0; i < items.size(); ++i)
            if (!there.rows.contains(keys[i])) todo.push_back(items[i]), place.push_back(i);
          c.progress.begin(title, static_cast<std::int64_t>(todo.size()));
          std::int64_t done = 0;
          const auto failed = asked->ask(
              todo, there.model,
              [&](const std::vector<EndpointSystem::Answered>& made) {
                std::vector<AnswerRow> rows;
                for (const auto& m : made) {
                  rows.push_back(row_of(keys[place[m.item]], asked->identity(), todo[m.item], m));
                  if (m.answer.status == AnswerStatus::model_error)
                    c.progress.failure(title, to_string(m.answer.status));
                }
                c.counters.answers += c.store.put_answers(rows);
                for (AnswerRow& row : rows) there.rows.emplace(row.key, row);
                done += static_cast<std::int64_t>(made.size());
                c.progress.advance(title, done);
              },
              [&c] { return c.interrupted.load(); });
          // A failure to get an answer is this stage's, not bought: a stage that asks more asks again.
          for (const auto& f : failed) {
            c.progress.failure(title, to_string(f.answer.status));
            there.rows.emplace(keys[place[f.item]],
                               row_of(keys[place[f.item]], asked->identity(), todo[f.item], f));
          }
          std::vector<AnswerRow> rows;
          for (std::size_t i = 0; i < items.size(); ++i) {
            AnswerRow row = there.rows.at(keys[i]);
            row.key = answer_key(hash, keys[i]);
            row.stage_key = hash;
            row.replicate = 0;  // the seed is the set's
            rows.push_back(std::move(row));
          }
          c.store.put_answers(rows);
          Json with_facts = about;
          with_facts["facts"] = facts_of(rows);
          if (const auto steps = asked->probe_steps(); !steps.empty()) {
            Json& probe = with_facts["facts"]["probe"] = Json::array();
            for (const std::string& step : steps) probe.push_back(step);
          }
          commit_answers(c, hash, with_facts, static_cast<std::int64_t>(items.size()));
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
