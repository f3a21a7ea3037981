#include "datasets/synthetic.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "datasets/questions.h"
#include "datasets/synthetic_speak.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"

namespace undertone {
namespace {

constexpr const char* kVersion = "synthetic 2";  // bump when the same fields would make another corpus
constexpr const char* kSplits[] = {"train", "dev", "test"};

SyntheticSettings settings_from(const Json& fields) {
  SyntheticSettings settings;
  std::vector<Problem> problems;
  FieldReader reader(fields, "", problems);
  read_synthetic_settings(reader, settings);
  reader.finish();
  if (!problems.empty()) throw Error(ErrorKind::suite, problems.front().what, problems.front().str());
  return settings;
}

std::vector<PlannedClip> plan_all(const SyntheticSettings& settings) {
  std::vector<PlannedClip> all;
  for (const char* split : kSplits)
    for (PlannedClip& planned : plan_clips(settings, split)) all.push_back(std::move(planned));
  return all;
}

std::string jsonl(const Json& array) {
  std::string lines;
  for (const Json& value : array.elements()) lines += value.dump() + '\n';
  return lines;
}

Json about(const SyntheticSettings& settings, const SyntheticQuestions& asked, const std::string& plan,
           const TextModel* writer) {
  Json generator = Json::object();
  generator["kind"] = writer ? "language model, else templates" : "templates";
  generator["provenance"] = writer ? "llm" : "template";
  if (writer) generator["model"] = writer->identity();
  Json reasons = Json::object();
  for (const Json& dropped : asked.dropped.elements()) {
    const std::string rule = dropped.at("rule").as_string();
    reasons[rule] = reasons.get(rule, 0) + 1;
  }
  generator["dropped"] = std::move(reasons);
  Json json = Json::object();
  json["name"] = "synthetic expressive speech";
  json["licence"] = "Apache-2.0";
  json["source"] = "spoken by espeak-ng from sentence templates; no human voice";
  json["settings"] = to_json(settings);
  json["questions"] = std::move(generator);
  json["digests"] = Json::object();
  json["digests"]["plan"] = sha256_hex(plan);
  return json;
}

// The generators of a split: templates, and a language model for the CPQA where the settings say so.
std::vector<std::unique_ptr<QuestionGenerator>> generators_of(const std::string& split,
                                                              const SyntheticSettings& settings,
                                                              TextModel* writer) {
  TemplateOptions templates = template_options_for(split, settings.questions.at(split));
  std::vector<std::unique_ptr<QuestionGenerator>> out;
  const auto& splits = settings.generation.splits;
  if (writer && std::find(splits.begin(), splits.end(), split) != splits.end()) {
    LlmWriterOptions options = settings.generation.writer;
    options.per_clip = templates.per_clip["cpqa"];
    options.content_in_cpqa = templates.content_in_cpqa;
    templates.per_clip["cpqa"] = 0;
    out.push_back(make_llm_writer(*writer, std::move(options)));
  }
  out.insert(out.begin(), make_template_generator(std::move(templates)));
  return out;
}

TextModel* writer_of(const SyntheticSettings& settings, const DatasetContext& context) {
  if (!settings.generation.llm) return nullptr;
  if (!context.text_model)
    throw Error(ErrorKind::model, "a language model is to write questions, but there is none here",
                "generation.writer", "set generation.writer to \"template\"");
  return &context.text_model(settings.generation.writer.model);
}

void make_corpus(const SyntheticSettings& settings, const DatasetContext& context,
                 const std::string& folder) {
  const std::vector<PlannedClip> planned = plan_all(settings);
  std::string plan;
  for (const PlannedClip& clip : planned) plan += to_json(clip).dump() + '\n';
  std::filesystem::create_directories(folder + "/audio");
  write_file_atomically(folder + "/plan.jsonl", plan);

  const auto total = static_cast<std::int64_t>(planned.size());
  std::map<std::string, Json> spoken;
  for (Json& line : run_synthesiser(context.synth_program, folder + "/plan.jsonl", folder, context.workers,
                                    [&](std::int64_t done) {
                                      if (context.progress) context.progress(done, total);
                                    })) {
    std::string id = line.at("clip").as_string();
    spoken.insert_or_assign(std::move(id), std::move(line));
  }
  Corpus corpus;
  corpus.folder = folder;
  for (const PlannedClip& clip : planned) {
    const auto found = spoken.find(clip.clip.id);
    if (found == spoken.end())
      throw Error(ErrorKind::data, "undertone-synth told nothing about the clip " + clip.clip.id,
                  folder + "/plan.jsonl", "build undertone and undertone-synth from the same sources");
    corpus.clips.push_back(with_times(clip, found->second));
  }
  TextModel* writer = writer_of(settings, context);
  SyntheticQuestions asked = synthetic_questions(corpus.clips, settings, writer);
  write_file_atomically(folder + "/dropped.jsonl", jsonl(asked.dropped));
  corpus.about = about(settings, asked, plan, writer);
  corpus.questions = std::move(asked.questions);
  write_corpus(corpus, folder);
}

}  // namespace

SyntheticQuestions synthetic_questions(const std::vector<Clip>& clips, const SyntheticSettings& settings,
                                       TextModel* writer) {
  SyntheticQuestions out;
  out.dropped = Json::array();
  for (const char* split : kSplits) {
    std::vector<Clip> mine;
    for (const Clip& clip : clips)
      if (clip.split == split) mine.push_back(clip);
    for (const auto& generator : generators_of(split, settings, writer)) {
      FilteredQuestions made = generate_questions(
          mine, *generator, "synthetic/seed=" + std::to_string(settings.seed) + "/questions");
      for (Question& question : made.kept) out.questions.push_back(std::move(question));
      for (const DroppedQuestion& dropped : made.dropped) out.dropped.push_back(to_json(dropped));
    }
  }
  return out;
}

DatasetRegistry::Entry synthetic_dataset() {
  DatasetRegistry::Entry entry;
  entry.name = "synthetic";
  entry.summary = "expressive synthetic speech (espeak-ng) with contextual paralinguistic questions";
  entry.fields = [](FieldReader& reader) {
    SyntheticSettings settings;
    read_synthetic_settings(reader, settings);
  };
  entry.make = [](const Json& fields, const DatasetContext& context) {
    const SyntheticSettings settings = settings_from(fields);
    Dataset dataset;
    dataset.asks_model = settings.generation.llm;
    dataset.key = [settings, context] {
      std::string all = std::string(kVersion) + '\n' + to_json(settings).canonical();
      TextModel* writer = writer_of(settings, context);
      for (const char* split : kSplits)
        for (const auto& generator : generators_of(split, settings, writer))
          all += '\n' + generator->identity();
      return sha256_hex(all);
    };
    dataset.make = [settings, context](const std::string& folder) { make_corpus(settings, context, folder); };
    return dataset;
  };
  return entry;
}

}  // namespace undertone
