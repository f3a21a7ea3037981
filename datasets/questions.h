// Questions about clips: the interface of generators, the offline template generator, and what is made with
// it (question pools of a corpus, the placebo, text-only items).
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "datasets/postfilter.h"
#include "harness/core/nouns.h"
#include "harness/core/random.h"
#include "harness/text/prompt.h"

namespace undertone {

// What a writer wrote of a clip, before the post-filter, and what it refused itself.
struct WrittenQuestions {
  std::vector<Question> candidates;
  std::vector<DroppedQuestion> dropped;
};

// Writes question-answer pairs about a clip from its word-level transcript, emotion categories and, where
// annotated, valence, arousal and dominance. Templates do it offline ("template QA"); a language model is the
// other kind (llm_writer.h).
class QuestionGenerator {
 public:
  virtual ~QuestionGenerator() = default;
  // Ids are unique within the clip and begin with its id. May give none. Draws for a clip come from the
  // stream "STREAM_NAME/CLIP", whichever clips it is written with.
  virtual std::vector<WrittenQuestions> write(std::span<const Clip> clips,
                                              const std::string& stream_name) const = 0;
  // How many questions of a pool are kept for this clip after the post-filter.
  virtual int keep(const Clip& clip, const std::string& pool) const = 0;
  virtual std::string identity()
      const = 0;  // of everything that decides its questions: part of the stage key
};

enum class WordingSet {
  seen,
  unseen,
  both
};  // both: half of the questions, chosen at random, ask in unseen wordings

struct TemplateOptions {
  // Questions to keep for each clip, by pool; CPQA gets one more for each further utterance of a clip.
  std::map<std::string, int> per_clip = {{"asr", 1}, {"pqa", 3}, {"pqa_star", 2}, {"cpqa", 3}};
  WordingSet wordings = WordingSet::seen;
  // Content questions belong to base training ("pqa") but at test to the contextual set, as in the paper's
  // CPQA set.
  bool content_in_cpqa = false;
  bool binding_only = false;  // of CPQA: only questions whose reasoning is "binding"
};
// Template questions of one clip, unfiltered; draws from the stream given.
std::vector<Question> template_questions(const TemplateOptions& options, const Clip& clip, Stream& stream);
TemplateOptions template_options_for(const std::string& split, const std::map<std::string, int>& per_clip);
std::unique_ptr<QuestionGenerator> make_template_generator(TemplateOptions options);

// Runs the generator over clips, filters, and keeps as many as it says. `dropped` holds what the writer
// refused, then what the filter did, clip by clip.
FilteredQuestions generate_questions(const std::vector<Clip>& clips, const QuestionGenerator& generator,
                                     const std::string& stream_name);
Json count_by_rule(const std::vector<DroppedQuestion>& dropped);  // {rule: how many}

// ---- placebo: the same questions, but the emotions belong to other clips

// Emotion annotations (category, valence, arousal, dominance) move as whole sequences between clips with
// equally many segments and alike in whether the emotion changes; times, words and speakers stay. Clips
// without annotation stay.
std::vector<Clip> permute_emotions(const std::vector<Clip>& clips, Stream& stream);
// The CPQA questions among `questions`, asked again (form, wording, place) of clips with permuted emotions;
// all other questions as they are. `clips` are those of the split that is permuted. Throws Error{data} for
// CPQA that no template wrote: there is no form to ask again.
std::vector<Question> placebo_questions(const std::vector<Question>& questions,
                                        const std::vector<Clip>& clips, Stream& stream);

// ---- text-only questions for the base stage

// A question answered from words and time-stamped metadata. Emotions and genders are drawn anew, so that the
// answer must be read from the metadata; the words are utterances of `clips` joined at random.
struct TextOnlyQuestion {
  std::string transcript;
  std::vector<MetadataSpan> metadata;
  Question question;
};
struct TextOnlyOptions {
  int count = 0;
  double multi_share = 0.5;    // of several utterances
  double binding_share = 0.5;  // of those: questions whose reasoning is "binding"
  // Of all: about the fixed sentences of EmoDB in English (wordings_sentences.h), so that a decoder that is
  // frozen after the base stage can say what a later suite asks of them. No audio and no label of that corpus
  // is used.
  double gloss_share = 0.08;
};
// Needs clips with slots and emotions; wordings are seen ones. Throws Error{data} when no clip has them.
std::vector<TextOnlyQuestion> make_text_only_questions(const std::vector<Clip>& clips,
                                                       const TextOnlyOptions& options, Stream& stream);

}  // namespace undertone
