// Items as the model worker reads them (harness/run/PROTOCOL.md): everything is rendered here, nothing there.
// Training items of a variant, text-only items of the base stage, evaluation items of systems and controls.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "datasets/corpus.h"
#include "datasets/questions.h"
#include "harness/text/prompt.h"

namespace undertone {

struct TrainItem {
  std::string id;      // of the question
  std::string clip;    // "": text only
  std::string prefix;  // text in the place of the audio, may be ""
  std::string prompt;
  std::string target;  // the reference; "" and not written when answering
  std::string pool;    // of the question; "text" for text-only items of the base stage
  std::string type;    // of the question: "CE", ...
  bool operator==(const TrainItem&) const = default;
};
Json to_json(const TrainItem& item);
TrainItem train_item_from_json(const Json& json);
void write_items(const std::vector<TrainItem>& items, const std::string& path);  // JSONL, atomic
std::vector<TrainItem> read_items(const std::string& path);

// Predicted or degraded metadata, by clip.
using Annotations = std::map<std::string, std::vector<MetadataSpan>>;
// From the recogniser's predictions.jsonl: {"clip", "segments": [EmotionAnnotation with "gender"]}.
Annotations read_annotations(const std::string& path);

// What of the clip a system is given beside the question: "audio", or for the text controls "question"
// (nothing), "transcript", "labels" (time-stamped metadata), "labels_transcript".
enum class Presentation { audio, question, transcript, labels, labels_transcript };
std::string_view to_string(Presentation presentation);
Presentation presentation_from(std::string_view name);  // throws Error{suite} listing the names

struct ItemOptions {
  // Of the prompt. Text controls with labels render gold when this is absent; those without labels never
  // render any.
  MetadataCondition condition = MetadataCondition::absent;
  Presentation presentation = Presentation::audio;
  const Annotations* annotations = nullptr;  // for predicted and degraded
  PromptForm form = PromptForm::completion;
};

// Items of the corpus's training questions of these pools, in the order of the corpus. ASR items carry no
// metadata. With `permute_emotions` (the placebo) the CPQA questions are those of placebo_questions(), drawn
// from `stream`. Throws Error{data} when a clip has no annotation under a condition that needs one.
std::vector<TrainItem> training_items(const Corpus& corpus, const std::vector<std::string>& pools,
                                      const ItemOptions& options, bool permute_emotions, Stream& stream);
// Text-only items of the base stage, from the corpus's training clips.
std::vector<TrainItem> text_only_items(const Corpus& corpus, const TextOnlyOptions& options, Stream& stream);
// Items without target for these questions of the corpus.
std::vector<TrainItem> evaluation_items(const Corpus& corpus, const std::vector<const Question*>& questions,
                                        const ItemOptions& options);

// Texts a word vocabulary must cover: every prefix, prompt and target of the items.
std::vector<std::string> vocabulary_texts(const std::vector<TrainItem>& items);

}  // namespace undertone
