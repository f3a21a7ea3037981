#include "datasets/wordings_sentences.h"

#include <algorithm>
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

// What of a sentence can be asked: the slot scored with its words, and the answer as a clause.
struct Fact {
  std::string_view sentence, attribute, value, clause;
};
constexpr std::array kFacts = {
    Fact{"a01", "object", "cloth", "the cloth is on the fridge"},
    Fact{"a01", "place", "fridge", "the cloth is on the fridge"},
    Fact{"a02", "time", "Wednesday", "it will be handed in on Wednesday"},
    Fact{"a02", "event", "handed in", "it will be handed in on Wednesday"},
    Fact{"a04", "time", "tonight", "it could be told tonight"},
    Fact{"a04", "event", "told", "it could be told tonight"},
    Fact{"a05", "object", "paper", "the black paper is beside the wood"},
    Fact{"a05", "place", "wood", "the black paper is beside the wood"},
    Fact{"a07", "time", "seven hours", "it will be time in seven hours"},
    Fact{"b01", "object", "bags", "the bags are under the table"},
    Fact{"b01", "place", "table", "the bags are under the table"},
    Fact{"b02", "event", "carried up", "it was carried up"},
    Fact{"b02", "place", "down", "now they go down again"},
    Fact{"b03", "who", "Agnes", "Agnes was visited at weekends"},
    Fact{"b03", "time", "weekends", "Agnes was visited at weekends"},
    Fact{"b09", "who", "Karl", "the speaker will have a drink with Karl"},
    Fact{"b09", "event", "drink", "the speaker will have a drink with Karl"},
    Fact{"b10", "place", "always", "it will be where we always put it"},
};

// Ways to ask for a slot (without the question mark, so that a second half can follow). They are the same for
// every sentence and name nothing of it: with ten sentences, "what is on the fridge" would have one answer,
// and whoever has read the training questions could give it without listening.
struct Stems {
  std::string_view attribute;
  std::array<std::string_view, 3> stems;
};
constexpr std::array kStems = {
    Stems{"object", {"what thing is named", "which thing is named", "what thing does the speaker name"}},
    Stems{"place", {"what place is named", "which place is named", "what place does the speaker name"}},
    Stems{"time", {"what time is named", "which time is named", "what time does the speaker name"}},
    Stems{"event", {"what is said to happen", "what happens there", "what does the speaker say will happen"}},
    Stems{"who", {"which person is named", "what person is named", "which person does the speaker name"}},
};

const Stems& stems_of(std::string_view attribute) {
  return *std::find_if(kStems.begin(), kStems.end(),
                       [&](const Stems& stems) { return stems.attribute == attribute; });
}

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
      form.family = "emodb_" + std::string(fact.attribute) + '_' + std::string(frame.suffix);
      for (std::string_view stem : stems_of(fact.attribute).stems)
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
