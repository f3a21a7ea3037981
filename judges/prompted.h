// What all judges that are language models share, wherever the model runs: the rubric's settings, the prompt
// of an item, what is settled without asking, and the mean of several ratings.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "judges/judge.h"
#include "judges/prompt_rubric.h"

namespace undertone {

struct RubricChoice {
  std::string rubric = "audiobench_style";  // shipped, by name; "" with rubric_path
  std::string rubric_path;                  // or a file of one's own
};
void rubric_choice_fields(FieldReader& reader, RubricChoice& choice);
// Call after all fields are declared: adds the rubric's own problems and contradictions.
void check_rubric_choice(FieldReader& reader, RubricChoice& choice);
PromptRubric chosen_rubric(const RubricChoice& choice, std::vector<Problem>& problems);
PromptRubric chosen_rubric(const RubricChoice& choice);  // throws Error{suite} with the first problem

// A judge's settings as `declare` reads them; throws Error{suite} with the first problem.
template <class Settings>
Settings judge_settings(const Json& fields, void (*declare)(FieldReader&, Settings&)) {
  Settings settings;
  std::vector<Problem> problems;
  FieldReader reader(fields, "/judges", problems);
  declare(reader, settings);
  throw_problems(problems);
  return settings;
}

// "items" (questions a dataset that are judged; 0: all), "conditions" (at test, whose answers are judged;
// empty: all) and "seed" (of nonces, samples and draws).
struct JudgeDraws {
  std::int64_t items = 0;
  std::vector<std::string> conditions;
  std::int64_t seed = 1;
};
void judge_draws_fields(FieldReader& reader, JudgeDraws& draws);
// `kind` is the judge's, and names the random stream.
std::optional<ItemSample> drawn_sample(std::string_view kind, const JudgeDraws& draws);

// A prompt, and what is kept of its making: the nonce, and what was cut.
struct Prompted {
  RenderedRubric rubric;
  Json extra = Json::object();
};
Prompted prompt_of(std::string_view kind, const PromptRubric& rubric, std::int64_t seed,
                   const JudgeItem& item);

// NotJudged where the rubric reads a reference and there is none; the lowest rating for an answer without
// words; nothing where the judge is to be asked.
std::optional<Verdict> settled_without_asking(const PromptRubric& rubric, const JudgeItem& item);

// The scale of means of a rubric's ratings: 0-5 give 0-5 continuous, 0/1 give 0-100 (percent of ones).
Scale scale_of_means(const Scale& ratings);
double on_scale_of_means(const Scale& ratings, double mean);
// {"0": share, ...}, by rating, for the `extra` of verdicts.
Json distribution_json(std::span<const int> ratings, std::span<const double> shares);

// Adds to the `extra` of a verdict that has one.
Verdict with_extra(Verdict verdict, Json extra);

}  // namespace undertone
