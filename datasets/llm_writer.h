// Questions that a language model writes: the implicit method's way to contextual paralinguistic QA. The
// model is told what a recogniser or annotator knows of the clip, and answers in JSON; what it writes is
// checked against the clip, and whatever is refused is counted by its reason.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datasets/questions.h"
#include "harness/core/fields.h"
#include "harness/core/text_model.h"

namespace undertone {

struct LlmWriterOptions {
  TextModelChoice model;
  int max_new_tokens = 384;
  double temperature = 0;
  int per_clip = 3;              // CPQA to keep for each clip, and one more for each further utterance
  bool content_in_cpqa = false;  // whether content questions (type C) belong to the set, as at test
};

// A dataset's "generation": who writes its CPQA.
struct GenerationSettings {
  bool llm = false;
  LlmWriterOptions writer;
  std::vector<std::string> splits = {"train"};  // that the model writes for; the others stay template QA
};
void generation_fields(FieldReader& reader, GenerationSettings& settings);
Json to_json(const GenerationSettings& settings);  // without paths: the model's identity stands for it

// The prompt for a clip: its words with times; of each utterance the span, gender, emotion, and valence,
// arousal and dominance where they are annotated; what to write, and in what JSON.
std::vector<Message> question_prompt(const Clip& clip, int count, bool content);

// Reads {"questions": [{"type", "question", "answer"}]}, bare or as the only fenced block of the reply. Kept:
// types CE, CG, CS (and C), whose answer names the one label of its attribute that the clip's annotation has,
// or (C) a word of the transcript that the question does not say. Gold labels are read off the answer, never
// invented. Everything else is dropped under one of: "no answer: STATUS", "no JSON", "not the form asked
// for", "unknown type", "empty or overlong", "no question mark", "answer names no label", "answer names
// several labels", "answer contradicts the annotation", "answer not in the transcript", "duplicate".
WrittenQuestions read_written(const Clip& clip, const Answer& reply, const LlmWriterOptions& options,
                              const std::string& model_identity);

// The model is asked for all clips at once, in batches of its own. Provenance is llm; `extra` holds the
// writer's digest. `model` must outlive it.
std::unique_ptr<QuestionGenerator> make_llm_writer(TextModel& model, LlmWriterOptions options);

}  // namespace undertone
