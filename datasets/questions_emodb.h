// Questions about the Berlin Database of Emotional Speech (or any corpus whose clips carry the slot
// "sentence").
#pragma once

#include "datasets/questions.h"

namespace undertone {

// Enters the slot "sentence" and, as transcript, the English gloss, where a clip's id or audio file is named
// NNxNNXx as in EmoDB ("03a01Wa": speaker 03, sentence a01); other clips stay as they are. The transcript is
// English because the questions and the decoder are; the German words are no part of any item.
void enter_emodb_sentence(Clip& clip);

// DE, DG and the closed-set C, CE, CG, by split: clips of the split "test" are asked in unseen wordings too.
FilteredQuestions emodb_questions(
    const std::vector<Clip>& clips,
    const std::map<std::string, std::map<std::string, int>>& per_clip,  // split -> pool -> count
    const std::string& stream_name);
std::map<std::string, std::map<std::string, int>> emodb_question_counts();  // the defaults

}  // namespace undertone
