// Text-only questions: utterances joined at random, with emotions and genders drawn anew.
#include <algorithm>

#include "datasets/questions.h"
#include "datasets/questions_render.h"
#include "datasets/wordings_sentences.h"
#include "harness/core/error.h"

namespace undertone {
namespace {

constexpr double kUsualSeconds = 2.5;  // of an utterance that has no times yet
constexpr double kGapSeconds = 0.35;

struct Material {
  std::vector<const Segment*> utterances;                                 // with slots
  std::map<std::string, std::vector<const EmotionAnnotation*>> emotions;  // by category
  std::vector<std::string> categories;
};

Material gather(const std::vector<Clip>& clips) {
  Material material;
  for (const Clip& clip : clips)
    for (const Segment& segment : clip.segments) {
      if (segment.slots.contains("object")) material.utterances.push_back(&segment);
      if (segment.emotion) material.emotions[segment.emotion->category].push_back(&*segment.emotion);
    }
  if (material.utterances.empty() || material.emotions.size() < 2)
    throw Error(
        ErrorKind::data, "text-only questions need utterances with slots and at least two emotions", "",
        "train on a corpus of the kind 'synthetic', or leave out the text-only items of the base recipe");
  for (const auto& [category, annotations] : material.emotions) material.categories.push_back(category);
  return material;
}

bool share_a_filler(const Segment& a, const Segment& b) {
  for (const auto& [slot, filler] : a.slots) {
    const auto found = b.slots.find(slot);
    if (found != b.slots.end() && found->second == filler) return true;
  }
  return false;
}

std::vector<const Segment*> draw_utterances(const Material& material, std::size_t count, Stream& stream) {
  std::vector<const Segment*> drawn;
  for (int attempt = 0; drawn.size() < count && attempt < 1000; ++attempt) {
    const Segment* next = material.utterances[stream.below(material.utterances.size())];
    if (std::none_of(drawn.begin(), drawn.end(), [&](const Segment* s) { return share_a_filler(*s, *next); }))
      drawn.push_back(next);
  }
  return drawn;
}

// Two speakers always differ in gender here: nothing else in the metadata tells how many they are.
Clip compose(const Material& material, std::size_t utterances, bool steady, const std::string& id,
             Stream& stream) {
  Clip clip;
  clip.id = id;
  clip.split = "train";
  clip.extra = Json::object();
  std::vector<std::string> categories = material.categories;
  stream.shuffle(categories);
  const bool together = utterances > 1 && stream.uniform() < 0.5;
  const bool woman_first = stream.uniform() < 0.5;
  const std::size_t change =
      together ? 1 + stream.below(utterances - 1) : 0;  // from here on the other may speak
  double now = 0;
  const auto drawn = draw_utterances(material, utterances, stream);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    Segment segment = *drawn[i];
    const bool second = together && (i == change || (i > change && stream.uniform() < 0.5));
    segment.gender = woman_first != second ? "female" : "male";
    segment.speaker = second ? "second" : "first";
    const double length = segment.end_seconds > segment.start_seconds
                              ? segment.end_seconds - segment.start_seconds
                              : kUsualSeconds;
    segment.words.clear();
    segment.start_seconds = now;
    segment.end_seconds = now + length;
    now = segment.end_seconds + kGapSeconds;
    const auto& annotations = material.emotions.at(categories[steady ? 0 : i % categories.size()]);
    segment.emotion = *annotations[stream.below(annotations.size())];
    segment.emotion->start_seconds = segment.start_seconds;
    segment.emotion->end_seconds = segment.end_seconds;
    clip.segments.push_back(std::move(segment));
  }
  clip.duration_seconds = now;
  return clip;
}

// A fixed sentence in English, said by one voice.
Clip compose_gloss(const Material& material, const std::string& id, Stream& stream) {
  const auto sentences = emodb_sentences();
  const FixedSentence& sentence = sentences[stream.below(sentences.size())];
  Clip clip;
  clip.id = id;
  clip.split = "train";
  clip.extra = Json::object();
  clip.duration_seconds = kUsualSeconds;
  Segment segment;
  segment.end_seconds = kUsualSeconds;
  segment.speaker = "first";
  segment.gender = stream.uniform() < 0.5 ? "female" : "male";
  segment.transcript = std::string(sentence.gloss);
  segment.slots["sentence"] = std::string(sentence.code);
  segment.emotion.emplace();  // categories only, as in corpora of acted speech
  segment.emotion->category = material.categories[stream.below(material.categories.size())];
  segment.emotion->end_seconds = kUsualSeconds;
  clip.segments.push_back(std::move(segment));
  return clip;
}

}  // namespace

std::vector<TextOnlyQuestion> make_text_only_questions(const std::vector<Clip>& clips,
                                                       const TextOnlyOptions& options, Stream& stream) {
  const Material material = gather(clips);
  TemplateOptions usual, binding;
  usual.per_clip = {{"pqa", 1}, {"pqa_star", 1}, {"cpqa", 1}};
  binding.per_clip = {{"cpqa", 1}};
  binding.binding_only = true;

  std::vector<TextOnlyQuestion> out;
  for (int attempt = 0; static_cast<int>(out.size()) < options.count; ++attempt) {
    if (attempt > 100 * options.count + 1000)
      throw Error(ErrorKind::data, "no text-only question can be asked of these clips");
    const bool gloss = stream.uniform() < options.gloss_share;
    const bool several = !gloss && stream.uniform() < options.multi_share;
    const bool bind = several && stream.uniform() < options.binding_share;
    constexpr double kLengths[] = {0.55, 0.3, 0.15};
    const std::size_t utterances = several ? 2 + stream.weighted(kLengths) : 1;
    const bool steady = several && !bind && stream.uniform() < 0.2;
    const std::string id = "text-" + std::to_string(out.size());
    const Clip clip =
        gloss ? compose_gloss(material, id, stream) : compose(material, utterances, steady, id, stream);
    FilteredQuestions asked = filter_questions(template_questions(bind ? binding : usual, clip, stream));
    if (asked.kept.empty()) continue;
    // Contextual forms are the ones that only these items can teach: the frozen decoder must be able to say
    // them.
    std::vector<const Question*> contextual, direct;
    for (const Question& question : asked.kept)
      (question.pool == "cpqa" ? contextual : direct).push_back(&question);
    const bool direct_now = contextual.empty() || (!direct.empty() && stream.uniform() < 0.4);
    const auto& from = direct_now ? direct : contextual;
    TextOnlyQuestion item{transcript_of(clip), gold_metadata(clip), *from[stream.below(from.size())]};
    item.question.id = id;
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace undertone
