#include "datasets/items.h"

#include <algorithm>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace {

constexpr Presentation kPresentations[] = {Presentation::audio, Presentation::question,
                                           Presentation::transcript, Presentation::labels,
                                           Presentation::labels_transcript};

std::vector<MetadataSpan> metadata_of(const Clip& clip, MetadataCondition condition,
                                      const Annotations* annotations) {
  switch (condition) {
    case MetadataCondition::absent:
      return {};
    case MetadataCondition::gold:
      return gold_metadata(clip);
    default:
      break;
  }
  const auto found = annotations ? annotations->find(clip.id) : Annotations::const_iterator{};
  if (!annotations || found == annotations->end())
    throw Error(ErrorKind::data, "the clip has no " + std::string(to_string(condition)) + " metadata",
                clip.id, "run the recogniser over every clip of the corpus first");
  return found->second;
}

bool shows_labels(Presentation presentation) {
  return presentation == Presentation::labels || presentation == Presentation::labels_transcript;
}
bool shows_transcript(Presentation presentation) {
  return presentation == Presentation::transcript || presentation == Presentation::labels_transcript;
}

TrainItem make_item(const Question& question, const Clip& clip, const ItemOptions& options) {
  MetadataCondition condition = options.condition;
  if (options.presentation != Presentation::audio) {
    if (!shows_labels(options.presentation))
      condition = MetadataCondition::absent;
    else if (condition == MetadataCondition::absent)
      condition = MetadataCondition::gold;
  }
  if (question.type == QuestionType::ASR) condition = MetadataCondition::absent;
  TrainItem item;
  item.id = question.id;
  if (options.presentation == Presentation::audio) item.clip = clip.id;
  if (shows_transcript(options.presentation)) item.prefix = render_transcript_prefix(transcript_of(clip));
  item.prompt = render_prompt(
      question.text, render_metadata(metadata_of(clip, condition, options.annotations)), options.form);
  item.pool = question.pool;
  item.type = std::string(to_string(question.type));
  return item;
}

const Clip& clip_of(const Corpus& corpus, const Question& question) {
  const Clip* clip = corpus.find_clip(question.clip);
  if (!clip)
    throw Error(ErrorKind::data, "the question is about an unknown clip '" + question.clip + "'",
                question.id);
  return *clip;
}

}  // namespace

std::string_view to_string(Presentation presentation) {
  switch (presentation) {
    case Presentation::audio:
      return "audio";
    case Presentation::question:
      return "question";
    case Presentation::transcript:
      return "transcript";
    case Presentation::labels:
      return "labels";
    case Presentation::labels_transcript:
      return "labels_transcript";
  }
  throw Error(ErrorKind::internal, "a presentation without a name");
}

Presentation presentation_from(std::string_view name) {
  for (Presentation presentation : kPresentations)
    if (to_string(presentation) == name) return presentation;
  throw Error(ErrorKind::suite, "unknown presentation '" + std::string(name) + "'", "",
              "use one of: audio, question, transcript, labels, labels_transcript");
}

Json to_json(const TrainItem& item) {
  Json json = Json::object();
  json["id"] = item.id;
  if (!item.clip.empty()) json["clip"] = item.clip;
  json["prefix"] = item.prefix;
  json["prompt"] = item.prompt;
  if (!item.target.empty()) json["target"] = item.target;
  json["pool"] = item.pool;
  json["type"] = item.type;
  return json;
}

TrainItem train_item_from_json(const Json& json) {
  TrainItem item;
  item.id = json.at("id").as_string();
  item.clip = json.get("clip", "");
  item.prefix = json.get("prefix", "");
  item.prompt = json.at("prompt").as_string();
  item.target = json.get("target", "");
  item.pool = json.get("pool", "");
  item.type = json.get("type", "");
  return item;
}

void write_items(const std::vector<TrainItem>& items, const std::string& path) {
  std::string lines;
  for (const TrainItem& item : items) lines += to_json(item).dump() + '\n';
  write_file_atomically(path, lines);
}

std::vector<TrainItem> read_items(const std::string& path) {
  std::vector<TrainItem> items;
  for (const Json& line : read_jsonl_file(path)) items.push_back(train_item_from_json(line));
  return items;
}

Annotations read_annotations(const std::string& path) {
  Annotations annotations;
  for (const Json& line : read_jsonl_file(path)) {
    std::vector<MetadataSpan> spans;
    for (const Json& segment : line.at("segments").elements())
      spans.push_back({segment.get("start_seconds", 0.0), segment.get("end_seconds", 0.0),
                       segment.get("gender", ""), segment.at("category").as_string()});
    const std::string& clip = line.at("clip").as_string();
    if (!annotations.emplace(clip, std::move(spans)).second)
      throw Error(ErrorKind::data, "the clip '" + clip + "' is annotated twice", line.place().str(),
                  "keep one line for each clip");
  }
  return annotations;
}

std::vector<TrainItem> training_items(const Corpus& corpus, const std::vector<std::string>& pools,
                                      const ItemOptions& options, bool permute_emotions, Stream& stream) {
  std::vector<Clip> clips;
  for (const Clip& clip : corpus.clips)
    if (clip.split == "train") clips.push_back(clip);
  std::vector<Question> questions;
  for (const Question& question : corpus.questions)
    if (std::find(pools.begin(), pools.end(), question.pool) != pools.end() &&
        clip_of(corpus, question).split == "train")
      questions.push_back(question);
  if (permute_emotions) questions = placebo_questions(questions, clips, stream);
  std::vector<TrainItem> items;
  for (const Question& question : questions) {
    items.push_back(make_item(question, clip_of(corpus, question), options));
    items.back().target = question.reference;
  }
  return items;
}

std::vector<TrainItem> text_only_items(const Corpus& corpus, const TextOnlyOptions& options, Stream& stream) {
  std::vector<Clip> clips;
  for (const Clip& clip : corpus.clips)
    if (clip.split == "train") clips.push_back(clip);
  std::vector<TrainItem> items;
  for (const TextOnlyQuestion& made : make_text_only_questions(clips, options, stream)) {
    TrainItem item;
    item.id = made.question.id;
    item.prefix = render_transcript_prefix(made.transcript);
    item.prompt = render_prompt(made.question.text, render_metadata(made.metadata));
    item.target = made.question.reference;
    item.pool = "text";
    item.type = std::string(to_string(made.question.type));
    items.push_back(std::move(item));
  }
  return items;
}

std::vector<TrainItem> evaluation_items(const Corpus& corpus, const std::vector<const Question*>& questions,
                                        const ItemOptions& options) {
  std::vector<TrainItem> items;
  for (const Question* question : questions)
    items.push_back(make_item(*question, clip_of(corpus, *question), options));
  return items;
}

std::vector<std::string> vocabulary_texts(const std::vector<TrainItem>& items) {
  std::vector<std::string> texts;
  for (const TrainItem& item : items)
    for (const std::string* text : {&item.prefix, &item.prompt, &item.target})
      if (!text->empty()) texts.push_back(*text);
  return texts;
}

}  // namespace undertone
