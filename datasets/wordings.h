// The forms of questions that templates ask, each with many wordings: data only. A form says what a question
// is about (its scope in the clip), how it may be worded, what the reference says, and which attributes of
// the reference are scored.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/nouns.h"

namespace undertone {

// What of a clip a form is about, and the clips on which it may be asked.
enum class Scope {
  // ---- the clip as a whole
  only_utterance,   // clips with one utterance
  first_utterance,  // clips with several
  last_utterance,
  whole_clip,           // any clip whose speakers are known
  steady_emotion,       // one emotion throughout
  steady_clear_energy,  // the same, with an annotated arousal that is clearly high or low
  first_emotion,        // the emotion changes: that of the first utterance
  last_emotion,
  one_speaker,   // one speaker of known gender
  first_gender,  // a man and a woman speak: the gender of whoever speaks first
  last_gender,
  fixed_sentence,  // the clip says this form's sentence (wordings_sentences.h)
  // ---- one utterance
  utterance,              // what is said; needs the slots
  utterance_emotion,      // with its emotion
  utterance_energy,       // with its arousal where that is clearly high or low
  utterance_strength,     // with how far valence or arousal lie from the middle
  utterance_of_emotion,   // found by its emotion, which no other utterance of the clip has
  next_emotion,           // one speaker whose emotion changes from this utterance to the next
  previous_emotion,       // one speaker whose emotion differed in the utterance before this
  utterance_one_speaker,  // content with the gender of the clip's only speaker
  utterance_gender,       // a man and a woman speak: the gender of whoever says this
  utterance_of_gender,    // found by the gender of its speaker, who says nothing else
  utterance_count,        // content with the number of people who speak in the clip
  // ---- two utterances
  two_utterances,  // how many people say these two; needs clips with two utterances or more
};

// Placeholders in braces: {who} {Who} {event} {object} {time} of the utterance, {other} the object of the
// second, {emotion}, {energy}, {strength} of it, {next} the emotion after, {before} the emotion before,
// {woman} "woman" or "man", {she} the pronoun of the clip's only speaker, {one person speaks}, {one person
// talks}, {transcript}.
struct QuestionForm {
  std::string id;
  QuestionType type = QuestionType::C;
  std::string pool;  // "asr", "pqa", "pqa_star" or "cpqa"
  Scope scope = Scope::whole_clip;
  std::string reference;                         // under 14 words when filled
  std::vector<std::string> gold;                 // attributes that the reference states and that are scored
  std::vector<std::string> wordings;             // the id of the i-th is "FORM/i"; only ever append
  std::string sentence = {};                     // fixed_sentence: the code of the sentence
  std::map<std::string, std::string> said = {};  // fixed_sentence: what it says, by attribute
  // Forms that ask in the same words, of other sentences: a wording is unseen in all of them or in none.
  // Empty: the id.
  std::string family = {};
};

const std::vector<QuestionForm>& question_forms();
const QuestionForm& question_form(std::string_view id);  // throws Error{data} when unknown

// 30 % of a form's wordings, those whose ids (with the family's name) hash lowest, appear only at test.
bool is_unseen_wording(const QuestionForm& form, std::size_t wording);
std::string wording_id(const QuestionForm& form, std::size_t wording);

std::vector<QuestionForm> content_forms();  // ASR, C
std::vector<QuestionForm> direct_forms();   // DE, DG, DS of pools "pqa" and "pqa_star"
std::vector<QuestionForm> emotion_forms();  // CE
std::vector<QuestionForm> speaker_forms();  // CG, CS

}  // namespace undertone
