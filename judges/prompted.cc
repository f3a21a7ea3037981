#include "judges/prompted.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "judges/words.h"

namespace undertone {

void rubric_choice_fields(FieldReader& r, RubricChoice& choice) {
  r.field("rubric", choice.rubric,
          "a shipped rubric: " + fmt::format("{}", fmt::join(shipped_rubrics(), ", ")));
  r.field("rubric_path", choice.rubric_path, "a rubric file of one's own, in place of a shipped one");
}

void check_rubric_choice(FieldReader& r, RubricChoice& choice) {
  if (r.describing() || !r.raw()) return;
  if (r.present("rubric") && r.present("rubric_path"))
    return r.problem("rubric", "name the rubric by one of \"rubric\" and \"rubric_path\"");
  const char* key = r.present("rubric_path") ? "rubric_path" : "rubric";
  take_path(r, "rubric_path", choice.rubric_path);
  std::vector<Problem> of_rubric;
  chosen_rubric(choice, of_rubric);
  for (const Problem& p : of_rubric)
    r.problem(key, p.place.file.empty() ? p.what : p.str(), p.nearest, p.missing);
}

PromptRubric chosen_rubric(const RubricChoice& choice, std::vector<Problem>& problems) {
  return choice.rubric_path.empty() ? shipped_rubric(choice.rubric, problems)
                                    : load_prompt_rubric(choice.rubric_path, problems);
}

PromptRubric chosen_rubric(const RubricChoice& choice) {
  std::vector<Problem> problems;
  PromptRubric rubric = chosen_rubric(choice, problems);
  throw_problems(problems);
  return rubric;
}

void judge_draws_fields(FieldReader& r, JudgeDraws& draws) {
  r.field("items", draws.items, "questions a dataset that are judged, drawn by the seed; 0: all", 0,
          100000000);
  r.field("conditions", draws.conditions,
          "conditions at test whose answers are judged, e.g. absent; without any: all");
  r.field("seed", draws.seed, "of samples, nonces and draws", 0, std::int64_t{1} << 53);
}

std::optional<ItemSample> drawn_sample(std::string_view kind, const JudgeDraws& draws) {
  if (draws.items == 0 && draws.conditions.empty()) return std::nullopt;
  return ItemSample{draws.items, fmt::format("judge/{}/items/seed={}", kind, draws.seed), draws.conditions};
}

Prompted prompt_of(std::string_view kind, const PromptRubric& rubric, std::int64_t seed,
                   const JudgeItem& item) {
  const Question& q = *item.question;
  Prompted out;
  out.rubric = render_rubric(rubric, fmt::format("judge/{}/nonce/seed={}", kind, seed),
                             fmt::format("{}\x1f{}", q.id, item.answer),
                             {{"question", q.text},
                              {"reference", q.reference},
                              {"answer", item.answer},
                              {"context", speech_context(item.clip)}});
  out.extra["nonce"] = out.rubric.nonce;
  if (!out.rubric.cuts.empty()) {
    Json cuts = Json::object();
    for (const Cut& c : out.rubric.cuts)
      cuts[c.slot] = Json::object({{"bytes", Json(static_cast<std::int64_t>(c.bytes))},
                                   {"kept", Json(static_cast<std::int64_t>(c.kept))}});
    out.extra["cut"] = std::move(cuts);
  }
  return out;
}

std::optional<Verdict> settled_without_asking(const PromptRubric& rubric, const JudgeItem& item) {
  if (rubric.uses("reference") && judge_words(item.question->reference).empty())
    return NotJudged{"the question has no reference"};
  if (judge_words(item.answer).empty()) return Scored{rubric.scale.low(), "empty answer", {}};
  return std::nullopt;
}

Scale scale_of_means(const Scale& ratings) {
  return {ratings.kind == Scale::Kind::binary ? Scale::Kind::percent : Scale::Kind::continuous_0_5};
}

double on_scale_of_means(const Scale& ratings, double mean) {
  return ratings.kind == Scale::Kind::binary ? 100 * mean : mean;
}

Json distribution_json(std::span<const int> ratings, std::span<const double> shares) {
  Json out = Json::object();
  for (std::size_t i = 0; i < ratings.size(); ++i) out[fmt::format("{}", ratings[i])] = shares[i];
  return out;
}

Verdict with_extra(Verdict verdict, Json extra) {
  const auto add = [&](auto& v) {
    if constexpr (requires { v.extra; }) {
      if (v.extra.is_object())
        for (const auto& [key, value] : v.extra.members()) extra[key] = value;
      v.extra = std::move(extra);
    }
  };
  std::visit(add, verdict);
  return verdict;
}

}  // namespace undertone
