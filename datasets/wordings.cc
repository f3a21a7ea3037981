#include "datasets/wordings.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "datasets/wordings_sentences.h"
#include "harness/core/error.h"
#include "harness/core/hash.h"

namespace undertone {
namespace {

constexpr double kUnseenShare = 0.3;

// Which wordings of each form are unseen. By rank of their hashes rather than by a threshold: every form then
// has wordings of both kinds.
std::map<std::string_view, std::vector<bool>> unseen_table() {
  std::map<std::string_view, std::vector<bool>> table;
  for (const QuestionForm& form : question_forms()) {
    std::vector<std::pair<std::string, std::size_t>> ranked;
    for (std::size_t i = 0; i < form.wordings.size(); ++i)
      ranked.emplace_back(sha256_hex((form.family.empty() ? form.id : form.family) + '/' + std::to_string(i)),
                          i);
    std::sort(ranked.begin(), ranked.end());
    std::vector<bool> unseen(ranked.size(), false);
    const auto count =
        static_cast<std::size_t>(std::lround(kUnseenShare * static_cast<double>(ranked.size())));
    for (std::size_t i = 0; i < count; ++i) unseen[ranked[i].second] = true;
    table[form.id] = std::move(unseen);
  }
  return table;
}

}  // namespace

const std::vector<QuestionForm>& question_forms() {
  static const std::vector<QuestionForm> forms = [] {
    std::vector<QuestionForm> all;
    for (auto* part : {content_forms, direct_forms, emotion_forms, speaker_forms, sentence_forms})
      for (QuestionForm& form : part()) all.push_back(std::move(form));
    return all;
  }();
  return forms;
}

const QuestionForm& question_form(std::string_view id) {
  for (const QuestionForm& form : question_forms())
    if (form.id == id) return form;
  throw Error(ErrorKind::data, "no form of question is called '" + std::string(id) + "'", "",
              "generate the questions again with this version");
}

std::string wording_id(const QuestionForm& form, std::size_t wording) {
  return std::string(form.id) + '/' + std::to_string(wording);
}

bool is_unseen_wording(const QuestionForm& form, std::size_t wording) {
  static const auto table = unseen_table();
  return table.at(form.id).at(wording);
}

}  // namespace undertone
