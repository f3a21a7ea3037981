// The one list of judges.
#include "judges/embedding.h"
#include "judges/endpoint.h"
#include "judges/floors.h"
#include "judges/human.h"
#include "judges/judge.h"
#include "judges/jury.h"
#include "judges/local.h"
#include "judges/replay.h"
#include "judges/rubric.h"

namespace undertone {
namespace {

void rubric_fields(FieldReader& r) {
  // Kept as it stands, then checked by hand: an object of lists of strings has no reader of its own.
  Json values = Json::object();
  r.any("values", values,
        "further values per slot ({\"object\": [\"the house\", ...]}): naming one instead of the gold is a "
        "contradiction");
  if (r.describing() || !r.present("values")) return;
  if (!values.is_object()) return r.problem("values", "must be an object of lists of texts");
  for (const auto& [slot, list] : values.members()) {
    bool texts = list.is_array();
    if (texts)
      for (const Json& value : list.elements()) texts = texts && value.is_string();
    if (!texts) r.problem("values", "the member \"" + slot + "\" must be a list of texts");
  }
}

void embedding_fields(FieldReader& r) {
  double floor = 0;
  r.field("floor", floor, "cosine that scores 0; from there to 1 the score rises linearly to 5", -1, 0.95);
}

void trivial_fields(FieldReader& r) {
  std::string rule = "always";
  double value = 3;
  std::int64_t seed = 0;
  r.choice("rule", rule, {"always", "longest", "overlap", "random"},
           "one score for all, the answer's length, words shared with the reference, or lots");
  r.field("value", value, "the score that every answer gets", 0, 5);
  r.field("seed", seed, "of the lots", 0, 1'000'000'000);
}

}  // namespace

JudgeRegistry builtin_judges() {
  JudgeRegistry judges("judge");
  judges.add({"rubric", "metric-judge: gold slots stated, contradicted or passed over, 0-5", rubric_fields,
              [](const Json& fields, JudgeContext&) { return make_rubric_judge(fields); }});
  judges.add({"embedding", "metric-judge: cosine of sentence embeddings of answer and reference, 0-5",
              embedding_fields, [](const Json& fields, JudgeContext& context) {
                return make_embedding_judge(fields, context);
              }});
  judges.add({"local", "LLM judge: a language model in this program reads by a rubric file",
              [](FieldReader& r) {
                LocalJudgeSettings settings;
                local_judge_fields(r, settings);
              },
              [](const Json& fields, JudgeContext& context) { return make_local_judge(fields, context); }});
  judges.add(
      {"endpoint", "LLM judge: a model behind an OpenAI-compatible server reads by a rubric file",
       [](FieldReader& r) {
         EndpointJudgeSettings settings;
         endpoint_judge_fields(r, settings);
       },
       [](const Json& fields, JudgeContext& context) { return make_endpoint_judge(fields, context); }});
  judges.add({"replay", "verdicts recorded in a file, with their failures", replay_judge_fields,
              [](const Json& fields, JudgeContext& context) { return make_replay_judge(fields, context); }});
  judges.add({"human", "people: the mean of their ratings, as imported from rating pages", human_judge_fields,
              [](const Json& fields, JudgeContext&) { return make_human_judge(fields); }});
  judges.add({"exact", "floor: 1 where answer and reference are the same words, else 0", [](FieldReader&) {},
              [](const Json&, JudgeContext&) { return make_exact_judge(); }});
  judges.add({"jury", "several judges as one: mean, median or majority, and their disagreement",
              [](FieldReader& r) { jury_fields(r, builtin_judges); },
              [](const Json& fields, JudgeContext& context) {
                return make_jury_judge(fields, context, builtin_judges);
              }});
  judges.add({"trivial", "floor: the same score for every answer, its length, shared words, or lots",
              trivial_fields, [](const Json& fields, JudgeContext&) { return make_trivial_judge(fields); }});
  return judges;
}

}  // namespace undertone
