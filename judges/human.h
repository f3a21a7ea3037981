// People as a judge: their ratings of a run's answers, as `undertone human import` writes them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "judges/judge.h"

namespace undertone {

// A rating that a person gave. Only read_people() makes one, and it makes none of another rater's: what is
// computed from these cannot hold a script's.
class PersonRating {
 public:
  const std::string& question() const { return question_; }  // Question::id
  const std::string& answer() const { return answer_; }
  const std::string& rater() const { return rater_; }
  double rating() const { return rating_; }

 private:
  friend std::vector<PersonRating> read_people(std::string_view text, const std::string& file, Scale scale);
  PersonRating() = default;
  std::string question_, answer_, rater_;
  double rating_ = 0;
};

// Lines {"question": ID, "answer": TEXT, "rater": NAME, "rater_kind": "human" | "script", "rating": NUMBER}.
// A script's lines are checked and left out. Throws Error{data} with file and line for a broken line, another
// kind of rater, a rating off the scale and a second one of a rater on one answer, and where no person rated.
std::vector<PersonRating> read_people(std::string_view text, const std::string& file, Scale scale);

// Fields: "path" (such lines) and "scale". A verdict is the mean of the persons' ratings, each of them one of
// its parts; an answer that none rated is NotJudged. On a discrete scale the mean need not be whole: the
// judge's scale is then continuous_0_5 (0/1: percent).
std::unique_ptr<Judge> make_human_judge(const Json& fields);
void human_judge_fields(FieldReader& reader);

}  // namespace undertone
