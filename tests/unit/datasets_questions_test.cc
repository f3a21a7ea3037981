#include "datasets/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "datasets/questions_render.h"
#include "harness/core/error.h"
#include "harness/text/label_mapping.h"

namespace undertone {
namespace {

struct Said {
  std::string who, event, object, time, emotion, speaker, gender;
  double arousal = 0.8;
};

Clip make_clip(const std::string& id, const std::vector<Said>& said) {
  Clip clip;
  clip.id = id;
  clip.split = "train";
  clip.extra = Json::object();
  double now = 0;
  for (const Said& s : said) {
    Segment segment;
    segment.start_seconds = now;
    segment.end_seconds = now + 2;
    segment.speaker = s.speaker;
    segment.gender = s.gender;
    segment.transcript = s.who + " " + s.event + " the " + s.object + " " + s.time;
    segment.slots = {{"who", s.who}, {"event", s.event}, {"object", s.object}, {"time", s.time}};
    segment.emotion.emplace();
    segment.emotion->category = s.emotion;
    segment.emotion->arousal = s.arousal;
    segment.emotion->valence = 0.5;
    segment.emotion->start_seconds = now;
    segment.emotion->end_seconds = now + 2;
    now += 2.5;
    clip.segments.push_back(std::move(segment));
  }
  return clip;
}

Clip one() { return make_clip("one", {{"Anna", "sold", "house", "yesterday", "sad", "f5", "female", 0.2}}); }
Clip changing() {
  return make_clip("changing", {{"Anna", "sold", "house", "yesterday", "sad", "f5", "female", 0.2},
                                {"the driver", "lost", "ring", "at noon", "angry", "f5", "female"}});
}
Clip dialogue() {
  return make_clip("dialogue", {{"Anna", "sold", "house", "yesterday", "sad", "f5", "female", 0.2},
                                {"the driver", "lost", "ring", "at noon", "angry", "m8", "male"},
                                {"Peter", "found", "lamp", "in April", "happy", "f5", "female"}});
}

Question ask(const std::string& form, std::size_t wording, const Clip& clip, QuestionPlace place = {}) {
  auto question = render_question(question_form(form), wording, clip, place);
  if (!question) throw std::runtime_error("the form does not apply: " + form);
  return *question;
}

TEST(QuestionForms, HaveUniqueIdsManyWordingsAndOnesThatOnlyTestSees) {
  std::set<std::string> ids, texts;
  int wordings = 0, unseen = 0;
  for (const QuestionForm& form : question_forms()) {
    EXPECT_TRUE(ids.insert(std::string(form.id)).second) << form.id;
    EXPECT_GE(form.wordings.size(), form.sentence.empty() ? 10u : 9u) << form.id;
    int mine = 0;
    for (std::size_t i = 0; i < form.wordings.size(); ++i) {
      // The same words under two forms of one pool would be one question with two answers; about fixed
      // sentences that is wanted.
      EXPECT_TRUE(texts.insert(std::string(form.pool) + form.family + std::string(form.wordings[i])).second ||
                  form.id == "c_did" || !form.family.empty())
          << form.wordings[i];
      mine += is_unseen_wording(form, i);
    }
    EXPECT_GE(mine, 1) << form.id;
    wordings += static_cast<int>(form.wordings.size());
    unseen += mine;
  }
  EXPECT_NEAR(unseen / static_cast<double>(wordings), 0.3, 0.02);
}

// What a question about a fixed sentence says must not give away which of the sentences it is about.
TEST(QuestionForms, FixedSentencesAreNotToldByTheirQuestions) {
  std::map<std::string, std::set<std::string>> sentences, references;  // by wording
  std::map<std::string, std::set<bool>> unseen;
  for (const QuestionForm& form : question_forms())
    if (!form.sentence.empty())
      for (std::size_t i = 0; i < form.wordings.size(); ++i) {
        sentences[form.wordings[i]].insert(form.sentence);
        references[form.wordings[i]].insert(form.reference);
        unseen[form.wordings[i]].insert(is_unseen_wording(form, i));
      }
  EXPECT_GE(sentences.size(), 5u * 9u);
  for (const auto& [wording, of] : sentences) {
    EXPECT_GE(of.size(), 2u) << wording;
    EXPECT_EQ(references.at(wording).size(), of.size()) << wording;
    EXPECT_EQ(unseen.at(wording).size(), 1u) << wording << ": seen of one sentence and unseen of another";
  }
}

TEST(RenderQuestion, ContentAndConjunctive) {
  const Question who = ask("c_who", 0, one(), {0});
  EXPECT_EQ(who.text, "Who sold the house?");
  EXPECT_EQ(who.reference, "Anna sold the house.");
  EXPECT_EQ(who.gold, (std::map<std::string, std::string>{{"who", "Anna"}}));
  EXPECT_EQ(who.id, "one-c_who-0");
  EXPECT_EQ(who.reasoning, "");
  const Question both = ask("ce_did", 1, one(), {0});
  EXPECT_EQ(both.text, "What did Anna do, and how does she feel?");
  EXPECT_EQ(both.reference, "Anna sold the house and the speaker sounds sad.");
  EXPECT_EQ(both.reasoning, "conjunctive");
  const Question energy = ask("ce_energy", 0, one(), {0});
  EXPECT_EQ(energy.reference, "The speaker sounds sad with low energy about the house.");
  EXPECT_EQ(energy.gold.at("arousal"), "low");
}

TEST(RenderQuestion, BindingOverTwoUtterances) {
  const Question about = ask("ce_about", 0, changing(), {1});
  EXPECT_EQ(about.text, "How does the speaker feel about the ring?");
  EXPECT_EQ(about.gold.at("emotion"), "angry");
  EXPECT_EQ(about.reasoning, "binding");
  const Question changed = ask("ce_changed", 0, changing(), {0});
  EXPECT_EQ(changed.text, "What changed after the speaker talked about the house?");
  EXPECT_EQ(changed.reference, "The speaker becomes angry.");
  EXPECT_EQ(changed.gold, (std::map<std::string, std::string>{{"emotion", "angry"}}));
  const Question before = ask("ce_before", 0, changing(), {1});
  EXPECT_EQ(before.gold.at("emotion"), "sad");
  const Question said = ask("ce_said", 0, changing(), {1});
  EXPECT_EQ(said.text, "What is said in the angry voice?");
  EXPECT_EQ(said.reference, "The driver lost the ring.");
  EXPECT_EQ(said.gold.count("emotion"), 0u);
}

TEST(RenderQuestion, SpeakersAndGenders) {
  EXPECT_EQ(ask("ds_count", 0, one()).reference, "One person speaks.");
  EXPECT_EQ(ask("ds_count", 0, dialogue()).reference, "Two people speak.");
  EXPECT_EQ(ask("ds_count", 0, dialogue()).gold.at("speakers"), "2");
  EXPECT_EQ(ask("cs_pair", 0, dialogue(), {0, 1}).reference, "Two people talk about the house and the ring.");
  EXPECT_EQ(ask("cs_pair", 0, dialogue(), {0, 2}).reference,
            "One person talks about the house and the lamp.");
  EXPECT_EQ(ask("cs_pair", 0, dialogue(), {0, 2}).reasoning, "binding");
  EXPECT_EQ(ask("cg_about", 0, dialogue(), {1}).reference, "A man talks about the ring.");
  EXPECT_EQ(ask("cg_said", 0, dialogue(), {1}).text, "What does the man say?");
  EXPECT_EQ(ask("dg_last", 0, dialogue()).reference, "A woman speaks last.");
}

TEST(RenderQuestion, FormsStayAwayFromClipsThatDoNotAnswerThem) {
  auto applies = [](const std::string& form, const Clip& clip) {
    return !places_for(question_form(form), clip).empty();
  };
  EXPECT_FALSE(applies("de_all", changing()));
  EXPECT_TRUE(applies("de_last", changing()));
  EXPECT_FALSE(applies("de_last", one()));
  EXPECT_FALSE(applies("ce_changed", dialogue()));  // whose feeling?
  EXPECT_FALSE(applies("cg_about", changing()));
  EXPECT_FALSE(applies("cg_did", dialogue()));
  EXPECT_EQ(places_for(question_form("cg_said"), dialogue()).size(), 1u);  // the woman says two things
  Clip middling = one();
  middling.segments[0].emotion->arousal = 0.5;
  EXPECT_FALSE(applies("ce_energy", middling));
  middling.segments[0].emotion->arousal.reset();  // no dimensional annotation, no question that needs it
  EXPECT_FALSE(applies("ce_energy", middling));
  EXPECT_FALSE(applies("star_energy", middling));
  EXPECT_FALSE(applies("ce_strength", middling));
  Clip unknown = one();
  unknown.segments[0].gender.clear();
  EXPECT_FALSE(applies("dg_all", unknown));
  EXPECT_FALSE(render_question(question_form("ce_about"), 1, unknown, {0}));  // "she": of unknown gender
}

TEST(NamedSlot, RefusesWhatTheQuestionGivesAway) {
  Question q = ask("ce_about", 0, changing(), {1});
  EXPECT_EQ(named_slot(q), std::nullopt);
  q.text = "Why is the speaker so furious about the ring?";  // a synonym of angry
  EXPECT_EQ(named_slot(q), "emotion");
  q.text = "Does the speaker not sound angry about the ring?";
  EXPECT_EQ(named_slot(q), "emotion");
  Question gender = ask("dg_all", 0, one());
  gender.text = "What is her gender?";
  EXPECT_EQ(named_slot(gender), "gender");
  Question who = ask("c_who", 0, changing(), {1});
  who.text = "What did the DRIVER do with the ring?";
  EXPECT_EQ(named_slot(who), "who");
  Question count = ask("ds_count", 0, dialogue());
  count.text = "Are there two people?";
  EXPECT_EQ(named_slot(count), "speakers");
}

TEST(PostFilter, DropsWithARecordOfWhatAndWhy) {
  std::vector<Question> questions = {ask("c_who", 0, one(), {0}),       ask("c_who", 9, one(), {0}),
                                     ask("ce_why", 0, changing(), {0}), ask("ce_why", 2, changing(), {1}),
                                     ask("ce_why", 0, one(), {0}),      ask("ce_about", 0, one(), {0})};
  questions.back().text = "Why is she so sad about the house?";
  const FilteredQuestions filtered = filter_questions(questions);
  ASSERT_EQ(filtered.kept.size(), 3u);  // the first why-question of each clip stays
  EXPECT_EQ(filtered.kept[1].id, "changing-ce_why-0");
  ASSERT_EQ(filtered.dropped.size(), 3u);
  EXPECT_EQ(filtered.dropped[0].rule, "assumes a visible transcript");
  EXPECT_EQ(filtered.dropped[0].text, "In the transcript, who sold the house?");
  EXPECT_EQ(filtered.dropped[1].rule, "repeated why-feel");
  EXPECT_EQ(filtered.dropped[1].id, "changing-ce_why-1");
  EXPECT_EQ(filtered.dropped[2].rule, "names a scored slot: emotion");
}

TEST(TemplateGenerator, KeepsToItsCountsPoolsAndWordings) {
  const std::vector<Clip> clips = {one(), changing(), dialogue()};
  const auto train = make_template_generator(template_options_for("train", {{"pqa", 3}, {"cpqa", 2}}));
  std::map<std::string, int> counts;
  for (const Question& q : generate_questions(clips, *train, "test").kept) {
    ++counts[q.clip + " " + q.pool];
    EXPECT_FALSE(q.unseen_wording);
    EXPECT_TRUE(q.pool == "pqa" || q.type != QuestionType::C);
  }
  EXPECT_EQ(counts["one pqa"], 3);
  EXPECT_EQ(counts["one cpqa"], 2);
  EXPECT_EQ(counts["changing cpqa"], 3);
  EXPECT_EQ(counts["dialogue cpqa"], 4);
  EXPECT_EQ(counts.size(), 6u);
  const auto test = make_template_generator(template_options_for("test", {{"pqa", 2}, {"cpqa", 8}}));
  int unseen = 0, content = 0;
  for (const Question& q : generate_questions(clips, *test, "test").kept) {
    unseen += q.unseen_wording;
    content += q.type == QuestionType::C;
    EXPECT_EQ(q.pool == "pqa",
              q.type == QuestionType::DE || q.type == QuestionType::DG || q.type == QuestionType::DS);
  }
  EXPECT_GT(unseen, 5);
  EXPECT_GT(content, 2);
  EXPECT_NE(train->identity(), test->identity());
}

TEST(PermuteEmotions, MovesAnnotationsAndNothingElse) {
  std::vector<Clip> clips;
  const std::vector<std::string> emotions = {"happy", "sad", "angry", "afraid", "surprised", "neutral"};
  for (int i = 0; i < 60; ++i) {
    Clip clip = i % 2 ? changing() : one();
    clip.id += std::to_string(i);
    clip.segments[0].emotion->category = emotions[static_cast<std::size_t>(i / 2) % 5];
    if (i % 2) clip.segments[1].emotion->category = "neutral";
    clip.segments[0].emotion->start_seconds += 0.01 * i;
    clips.push_back(clip);
  }
  Stream stream("placebo");
  const auto permuted = permute_emotions(clips, stream);
  std::multiset<std::string> before, after;
  int moved = 0;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    before.insert(clips[i].segments[0].emotion->category);
    after.insert(permuted[i].segments[0].emotion->category);
    moved += clips[i].segments[0].emotion->category != permuted[i].segments[0].emotion->category;
    EXPECT_EQ(emotions_vary(clips[i]), emotions_vary(permuted[i]));
    Clip restored = permuted[i];
    EXPECT_EQ(restored.segments[0].emotion->start_seconds, clips[i].segments[0].emotion->start_seconds);
    for (std::size_t s = 0; s < restored.segments.size(); ++s)
      restored.segments[s].emotion = clips[i].segments[s].emotion;
    EXPECT_EQ(to_json(restored).dump(), to_json(clips[i]).dump());
  }
  EXPECT_EQ(before, after);
  EXPECT_GT(moved, 30);
}

TEST(TextOnly, AnswersFollowTheMetadata) {
  const std::vector<Clip> clips = {
      one(), changing(), dialogue(),
      make_clip("more", {{"Maria", "burned", "boat", "before dinner", "neutral", "a", "male"},
                         {"my cousin", "bought", "phone", "last night", "afraid", "a", "male"}})};
  Stream stream("text-only");
  const auto items = make_text_only_questions(clips, {400, 0.5, 0.5}, stream);
  ASSERT_EQ(items.size(), 400u);
  int several = 0, binding = 0;
  for (const auto& item : items) {
    several += item.metadata.size() > 1;
    binding += item.question.reasoning == "binding";
    EXPECT_FALSE(item.question.unseen_wording);
    if (const auto emotion = item.question.gold.find("emotion"); emotion != item.question.gold.end()) {
      EXPECT_TRUE(std::any_of(item.metadata.begin(), item.metadata.end(), [&](const MetadataSpan& span) {
        return span.category == emotion->second;
      })) << item.question.text;
    }
    for (const auto& [attribute, value] : item.question.gold)
      if (attribute == "object") {
        EXPECT_NE(item.transcript.find(value), std::string::npos);
      }
    if (const auto speakers = item.question.gold.find("speakers");
        speakers != item.question.gold.end() && item.question.wording.find("cs_pair") == std::string::npos) {
      std::set<std::string> genders;
      for (const MetadataSpan& span : item.metadata) genders.insert(span.gender);
      EXPECT_EQ(std::to_string(genders.size()), speakers->second);
    }
  }
  EXPECT_NEAR(several, 200, 40);
  EXPECT_GT(binding, 90);
  EXPECT_THROW(make_text_only_questions({}, {1, 0.5, 0.5}, stream), Error);
}

}  // namespace
}  // namespace undertone
