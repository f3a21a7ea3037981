// What must hold of every question that the demo's corpus and EmoDB would be asked.
#include "datasets/questions.h"

#include <gtest/gtest.h>

#include <set>

#include "datasets/items.h"
#include "datasets/questions_emodb.h"
#include "datasets/questions_render.h"
#include "datasets/synthetic.h"
#include "datasets/wordings_sentences.h"
#include "harness/core/random.h"
#include "harness/text/label_mapping.h"
#include "harness/text/word_vocabulary.h"

namespace undertone {
namespace {

// The default corpus with times of 2.4 seconds an utterance: nothing is spoken here.
Corpus planned_corpus() {
  Corpus corpus;
  const SyntheticSettings settings;
  for (const char* split : {"train", "dev", "test"})
    for (PlannedClip& planned : plan_clips(settings, split)) {
      double now = 0;
      for (Segment& segment : planned.clip.segments) {
        segment.start_seconds = segment.emotion->start_seconds = now;
        segment.end_seconds = segment.emotion->end_seconds = now + 2.4;
        now += 2.4 + planned.gap_seconds;
      }
      planned.clip.duration_seconds = now;
      corpus.clips.push_back(std::move(planned.clip));
    }
  corpus.questions = synthetic_questions(corpus.clips, settings).questions;
  return corpus;
}

const Corpus& corpus() {
  static const Corpus made = planned_corpus();
  return made;
}
const Clip& clip_of(const Question& question) {
  static const auto by_id = [] {
    std::map<std::string, const Clip*> all;
    for (const Clip& clip : corpus().clips) all[clip.id] = &clip;
    return all;
  }();
  return *by_id.at(question.clip);
}

TEST(EveryQuestion, NamesNoSlotThatItScores) {
  EXPECT_GT(corpus().questions.size(), 10000u);
  std::set<std::string> ids;
  for (const Question& question : corpus().questions) {
    EXPECT_EQ(named_slot(question), std::nullopt) << question.text;
    EXPECT_TRUE(ids.insert(question.id).second) << question.id;
    // By hand, apart from named_slot(): neither the label nor the filler stands in the question.
    for (const auto& [attribute, value] : question.gold)
      EXPECT_EQ((" " + question.text + " ").find(' ' + value + ' '), std::string::npos) << question.text;
  }
}

TEST(EveryQuestion, IsAnsweredByItsReferenceAndGold) {
  for (const Question& question : corpus().questions) {
    if (question.type == QuestionType::ASR) {
      EXPECT_TRUE(question.gold.empty());
      continue;
    }
    ASSERT_FALSE(question.gold.empty()) << question.id;
    const auto words = word_tokens(question.reference);
    EXPECT_LT(words.size(), 15u) << question.reference;  // 14 words and the full stop
    std::string reference = " ";
    for (const std::string& word : words) reference += word + ' ';
    for (const auto& [attribute, value] : question.gold) {
      if (!labels_of(attribute).empty()) {
        EXPECT_EQ(map_label(attribute, question.reference).label, value) << question.reference;
      } else {
        std::string filler = " ";
        for (const std::string& word : word_tokens(value)) filler += word + ' ';
        EXPECT_NE(reference.find(filler), std::string::npos) << attribute << ": " << question.reference;
      }
    }
  }
}

// The gold label is that of the clip, found without the code that made the question.
TEST(EveryQuestion, GoldIsTrueOfTheClip) {
  int binding = 0;
  for (const Question& question : corpus().questions) {
    const Clip& clip = clip_of(question);
    const auto at = static_cast<std::size_t>(std::max<std::int64_t>(0, question.extra.get("utterance", 0)));
    for (const char* slot : {"who", "event", "object", "time"})
      if (question.gold.contains(slot)) {
        EXPECT_EQ(question.gold.at(slot), clip.segments.at(at).slots.at(slot)) << question.id;
      }
    const std::string form = question.wording.substr(0, question.wording.find('/'));
    if (question.gold.contains("emotion")) {
      std::size_t i = at;
      if (form == "ce_changed") i = at + 1;
      if (form == "ce_before") i = at - 1;
      if (form == "de_last" || form == "star_last") i = clip.segments.size() - 1;
      EXPECT_EQ(question.gold.at("emotion"), clip.segments.at(i).emotion->category) << question.id;
    }
    if (question.gold.contains("gender")) {
      const std::size_t i = form == "dg_last" ? clip.segments.size() - 1 : at;
      EXPECT_EQ(question.gold.at("gender"), clip.segments.at(i).gender) << question.id;
    }
    std::set<std::string> emotions, genders, speakers;
    for (const Segment& segment : clip.segments) {
      emotions.insert(segment.emotion->category);
      genders.insert(segment.gender);
      speakers.insert(segment.speaker);
    }
    if (question.gold.contains("speakers") && form != "cs_pair") {
      EXPECT_EQ(question.gold.at("speakers"), std::to_string(speakers.size())) << question.id;
    }
    if (question.type == QuestionType::CE) {
      EXPECT_EQ(question.reasoning, emotions.size() > 1 ? "binding" : "conjunctive") << question.id;
    }
    if (question.type == QuestionType::CG) {
      EXPECT_EQ(question.reasoning, genders.size() > 1 ? "binding" : "conjunctive") << question.id;
    }
    binding += clip.split == "test" && question.reasoning == "binding";
  }
  EXPECT_GT(binding, 100);
}

TEST(EveryQuestion, KeepsUnseenWordingsForTest) {
  std::set<std::string> trained, unseen;
  for (const Question& question : corpus().questions) {
    const std::string& split = clip_of(question).split;
    if (question.unseen_wording) {
      EXPECT_EQ(split, "test") << question.id;
      unseen.insert(question.wording);
    } else if (split != "test") {
      trained.insert(question.wording);
    }
    EXPECT_EQ(question.provenance, Provenance::template_);
  }
  for (const std::string& wording : unseen) EXPECT_FALSE(trained.contains(wording)) << wording;
  EXPECT_GT(unseen.size(), 50u);
}

TEST(EveryQuestion, IsTheSameForTheSameSeed) {
  const Corpus again = planned_corpus();
  ASSERT_EQ(again.questions.size(), corpus().questions.size());
  for (std::size_t i = 0; i < again.questions.size(); ++i)
    ASSERT_EQ(to_json(again.questions[i]).dump(), to_json(corpus().questions[i]).dump());
}

TEST(DroppedQuestions, AreOnRecordForBothRulesOfThePaper) {
  const SyntheticQuestions made = synthetic_questions(corpus().clips, SyntheticSettings{});
  std::map<std::string, int> rules;
  for (const Json& dropped : made.dropped.elements()) ++rules[dropped.at("rule").as_string()];
  EXPECT_GT(rules["assumes a visible transcript"], 20);
  EXPECT_GT(rules["repeated why-feel"], 3);
  EXPECT_EQ(rules.size(), 2u);  // no template names a slot that it scores
}

// The placebo differs from CPQA in emotions and in nothing else.
TEST(Placebo, ChangesOnlyEmotions) {
  std::vector<Clip> clips;
  std::vector<Question> questions;
  for (const Clip& clip : corpus().clips)
    if (clip.split == "train") clips.push_back(clip);
  for (const Question& question : corpus().questions)
    if (clip_of(question).split == "train") questions.push_back(question);
  Stream stream("placebo");
  const auto placebo = placebo_questions(questions, clips, stream);
  ASSERT_EQ(placebo.size(), questions.size());
  int about_emotion = 0, agree = 0;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    Question a = questions[i], b = placebo[i];
    if (a.pool != "cpqa" || (a.type != QuestionType::CE)) {
      EXPECT_EQ(to_json(a).dump(), to_json(b).dump());
      continue;
    }
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.wording, b.wording);
    EXPECT_EQ(a.reasoning, b.reasoning);
    EXPECT_EQ(named_slot(b), std::nullopt);
    if (a.gold.contains("emotion")) {
      ++about_emotion;
      agree += a.gold.at("emotion") == b.gold.at("emotion");
    }
    for (auto* q : {&a, &b}) q->gold.erase("emotion"), q->gold.erase("arousal");
    EXPECT_EQ(a.gold, b.gold) << a.id;
  }
  EXPECT_GT(about_emotion, 2000);
  EXPECT_NEAR(agree / static_cast<double>(about_emotion), 1 / 6.0, 0.04);  // chance
}

struct Built {
  std::vector<TrainItem> items;
  WordVocabulary vocabulary;
};
Built built() {
  std::vector<TrainItem> items;
  Stream stream("items");
  for (auto condition : {MetadataCondition::absent, MetadataCondition::gold}) {
    auto part = training_items(corpus(), {"asr", "pqa", "pqa_star", "cpqa"}, {condition}, false, stream);
    items.insert(items.end(), part.begin(), part.end());
  }
  auto text = text_only_items(corpus(), {6000}, stream);
  items.insert(items.end(), text.begin(), text.end());
  const auto texts = vocabulary_texts(items);
  const auto stamps = half_second_stamps(30);
  return {std::move(items), WordVocabulary::build(texts, stamps)};
}

TEST(Vocabulary, SaysEveryReferenceAndKnowsTheTestQuestions) {
  const Built made = built();
  EXPECT_LT(made.vocabulary.size(), 500u);
  std::set<std::string> unknown;
  std::int64_t words = 0, strange = 0;
  for (const Question& question : corpus().questions) {
    for (std::int32_t id : made.vocabulary.encode(question.reference))
      EXPECT_NE(id, WordVocabulary::unk) << question.reference;
    if (clip_of(question).split != "test") continue;
    for (const std::string& word : word_tokens(question.text)) {
      ++words;
      if (!made.vocabulary.knows(word)) ++strange, unknown.insert(word);
    }
  }
  EXPECT_LT(strange / static_cast<double>(words), 0.01);
  std::string list;
  for (const std::string& word : unknown) list += word + ' ';
  RecordProperty("vocabulary", static_cast<int>(made.vocabulary.size()));
  RecordProperty("unknown", list);
}

TEST(Items, CarryWhatTheirConditionAndPresentationSay) {
  std::vector<const Question*> questions;
  for (const Question& question : corpus().questions)
    if (clip_of(question).split == "test") questions.push_back(&question);
  auto items = [&](MetadataCondition condition, Presentation presentation) {
    return evaluation_items(corpus(), questions, {condition, presentation});
  };
  for (auto presentation : {Presentation::audio, Presentation::question, Presentation::transcript,
                            Presentation::labels, Presentation::labels_transcript}) {
    EXPECT_EQ(presentation_from(to_string(presentation)), presentation);
    const bool labels =
        presentation == Presentation::labels || presentation == Presentation::labels_transcript;
    const bool transcript =
        presentation == Presentation::transcript || presentation == Presentation::labels_transcript;
    for (const TrainItem& item : items(MetadataCondition::absent, presentation)) {
      EXPECT_EQ(item.clip.empty(), presentation != Presentation::audio);
      EXPECT_EQ(item.prefix.empty(), !transcript);
      EXPECT_EQ(item.prompt.find("Emotions: ") == 0, labels) << item.prompt;
      EXPECT_TRUE(item.target.empty());
      EXPECT_EQ(train_item_from_json(to_json(item)), item);
    }
  }
  for (const TrainItem& item : items(MetadataCondition::gold, Presentation::audio))
    EXPECT_EQ(item.prompt.find("Emotions: [0.0-2.5 "), 0u) << item.prompt;
  EXPECT_THROW(items(MetadataCondition::predicted, Presentation::audio), Error);
}

TEST(EmoDB, AsksOfFixedSentences) {
  std::vector<Clip> clips;
  const std::vector<std::pair<std::string, std::string>> emotions = {
      {"W", "angry"}, {"F", "happy"}, {"N", "neutral"}, {"T", "sad"}};
  for (const FixedSentence& sentence : emodb_sentences())
    for (const auto& [letter, emotion] : emotions)
      for (const char* speaker : {"03", "08"}) {
        Clip clip;
        clip.id = std::string(speaker) + std::string(sentence.code) + letter + "a";
        clip.split = std::string(speaker) == "03" ? "train" : "test";
        clip.segments.resize(1);
        clip.segments[0].speaker = speaker;
        clip.segments[0].gender = clip.split == "train" ? "male" : "female";
        clip.segments[0].emotion.emplace();
        clip.segments[0].emotion->category = emotion;
        enter_emodb_sentence(clip);
        ASSERT_EQ(sentence_of(clip), std::string(sentence.code));
        clips.push_back(std::move(clip));
      }
  const FilteredQuestions made = emodb_questions(clips, emodb_question_counts(), "emodb");
  EXPECT_TRUE(made.dropped.empty()) << made.dropped.front().text;
  std::map<QuestionType, int> types;
  const Built base = built();
  for (const Question& question : made.kept) {
    ++types[question.type];
    EXPECT_EQ(question.closed_set,
              question.gold.size() >
                  static_cast<std::size_t>(question.gold.count("emotion") + question.gold.count("gender") +
                                           question.gold.count("speakers")))
        << question.id;
    EXPECT_FALSE(question.gold.contains("arousal")) << "EmoDB has no dimensional annotation";
    EXPECT_LT(word_tokens(question.reference).size(), 16u) << question.reference;
    for (const std::string& text : {question.reference, question.text})
      for (std::int32_t id : base.vocabulary.encode(text)) EXPECT_NE(id, WordVocabulary::unk) << text;
    if (question.gold.contains("emotion")) {
      EXPECT_EQ(map_label("emotion", question.reference).label, question.gold.at("emotion"));
    }
    if (question.gold.contains("gender")) {
      EXPECT_EQ(map_label("gender", question.reference).label, question.gold.at("gender"))
          << question.reference;
    }
  }
  for (auto type : {QuestionType::C, QuestionType::CE, QuestionType::CG, QuestionType::DE, QuestionType::DG})
    EXPECT_GT(types[type], 10) << to_string(type);
}

}  // namespace
}  // namespace undertone
