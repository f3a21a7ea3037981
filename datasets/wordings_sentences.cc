#include "datasets/wordings_sentences.h"

#include <array>

#include "datasets/synthetic_sentences.h"

namespace undertone {
namespace {

constexpr std::array kSentences = {
    FixedSentence{"a01", "The cloth is lying on the fridge"},
    FixedSentence{"a02", "She will hand it in on Wednesday"},
    FixedSentence{"a04", "Tonight I could tell him"},
    FixedSentence{"a05", "The black paper is up there beside the wood"},
    FixedSentence{"a07", "In seven hours it will be time"},
    FixedSentence{"b01", "What are those bags under the table"},
    FixedSentence{"b02", "They just carried it up and now they go down again"},
    FixedSentence{"b03", "At weekends I always went home and visited Agnes"},
    FixedSentence{"b09", "I will take this away and then have a drink with Karl"},
    FixedSentence{"b10", "It will be in the place where we always put it"},
};

// What of a sentence can be asked: the slot scored with its words, the answer as a clause, and three ways to
// ask (without the question mark, so that a second half can follow).
struct Fact {
  std::string_view sentence, attribute, value, clause;
  std::array<std::string_view, 3> stems;
};
constexpr std::array kFacts = {
    Fact{"a01",
         "object",
         "cloth",
         "the cloth is on the fridge",
         {"what is on the fridge", "what is lying on the fridge", "which thing is on the fridge"}},
    Fact{"a01",
         "place",
         "fridge",
         "the cloth is on the fridge",
         {"where is the cloth", "where is the cloth lying", "on what is the cloth lying"}},
    Fact{"a02",
         "time",
         "Wednesday",
         "it will be handed in on Wednesday",
         {"when will it be handed in", "at what time will it be handed in",
          "when is it said to be handed in"}},
    Fact{"a02",
         "event",
         "handed in",
         "it will be handed in on Wednesday",
         {"what will be done on Wednesday", "what will happen on Wednesday",
          "what will happen to it on Wednesday"}},
    Fact{"a04",
         "time",
         "tonight",
         "it could be told tonight",
         {"when could the speaker tell it", "when could it be told", "at what time could it be told"}},
    Fact{"a04",
         "event",
         "told",
         "it could be told tonight",
         {"what could be done tonight", "what could happen tonight", "what could the speaker do tonight"}},
    Fact{"a05",
         "object",
         "paper",
         "the black paper is beside the wood",
         {"what is up there beside the wood", "what is beside the wood", "which thing is beside the wood"}},
    Fact{"a05",
         "place",
         "wood",
         "the black paper is beside the wood",
         {"where is the black paper", "beside what is the black paper", "where up there is the black paper"}},
    Fact{"a07",
         "time",
         "seven hours",
         "it will be time in seven hours",
         {"when will it be time", "at what time will it be time", "when is it said to be time"}},
    Fact{"b01",
         "object",
         "bags",
         "the bags are under the table",
         {"what is under the table", "which things are under the table",
          "what things are there under the table"}},
    Fact{"b01",
         "place",
         "table",
         "the bags are under the table",
         {"where are the bags", "under what are the bags", "in which place are the bags"}},
    Fact{"b02",
         "event",
         "carried up",
         "it was carried up",
         {"what was just done", "what have they just done", "what happened before they go down"}},
    Fact{"b02",
         "place",
         "down",
         "now they go down again",
         {"where do they go now", "to which place do they go now", "where do they go again"}},
    Fact{"b03",
         "who",
         "Agnes",
         "Agnes was visited at weekends",
         {"who was visited", "who was visited at weekends", "which person was always visited at weekends"}},
    Fact{"b03",
         "time",
         "weekends",
         "Agnes was visited at weekends",
         {"when was Agnes visited", "at what time was Agnes visited", "when did the speaker always go home"}},
    Fact{"b09",
         "who",
         "Karl",
         "the speaker will have a drink with Karl",
         {"with whom will the speaker have a drink", "who will have a drink with the speaker",
          "which person will have a drink with the speaker"}},
    Fact{"b09",
         "event",
         "drink",
         "the speaker will have a drink with Karl",
         {"what will the speaker do with Karl", "what will be done with Karl", "what will happen with Karl"}},
    Fact{"b10",
         "place",
         "always",
         "it will be where we always put it",
         {"where will it be", "in which place will it be", "what is the place where it will be"}},
};

struct Frame {
  QuestionType type;
  std::string_view suffix;                      // of the form's id
  std::string_view reference;                   // after the clause
  std::string_view attribute;                   // scored beside the fact's
  std::vector<std::string_view> before, after;  // around the stem; as many of each
};

std::vector<Frame> frames() {
  return {{QuestionType::C, "c", "", "", {"", "tell me, ", "do you know, "}, {"?", "?", "?"}},
          {QuestionType::CE,
           "ce",
           " and the speaker sounds {emotion}",
           "emotion",
           {"", "", "", "tell me, "},
           {", and how does the speaker feel?", ", and in what mood is it said?",
            ", and what emotion do you hear?", ", and how does the voice sound?"}},
          {QuestionType::CG,
           "cg",
           " and the speaker is a {woman}",
           "gender",
           {"", "", "tell me, "},
           {", and what is the gender of the speaker?", ", and which gender does the voice have?",
            ", and which gender is the speaker?"}}};
}

}  // namespace

std::span<const FixedSentence> emodb_sentences() { return kSentences; }

std::optional<std::string> sentence_of(const Clip& clip) {
  if (clip.segments.size() != 1) return std::nullopt;
  const auto& slots = clip.segments.front().slots;
  const auto found = slots.find("sentence");
  return found == slots.end() ? std::nullopt : std::optional(found->second);
}

std::vector<QuestionForm> sentence_forms() {
  std::vector<QuestionForm> forms;
  for (const Fact& fact : kFacts)
    for (const Frame& frame : frames()) {
      QuestionForm form;
      form.id = "emodb_" + std::string(fact.sentence) + '_' + std::string(fact.attribute) + '_' +
                std::string(frame.suffix);
      form.type = frame.type;
      form.pool = frame.type == QuestionType::C ? "pqa" : "cpqa";
      form.scope = Scope::fixed_sentence;
      form.reference = capitalised(std::string(fact.clause)) + std::string(frame.reference) + '.';
      form.gold = {std::string(fact.attribute)};
      if (!frame.attribute.empty()) form.gold.emplace_back(frame.attribute);
      for (std::string_view stem : fact.stems)
        for (std::size_t i = 0; i < frame.before.size(); ++i)
          form.wordings.push_back(std::string(frame.before[i]) + std::string(stem) +
                                  std::string(frame.after[i]));
      form.sentence = std::string(fact.sentence);
      form.said = {{std::string(fact.attribute), std::string(fact.value)}};
      forms.push_back(std::move(form));
    }
  return forms;
}

}  // namespace undertone
