#include "datasets/synthetic_plan.h"
#include "datasets/synthetic_voices.h"

namespace undertone {
namespace {

constexpr std::string_view kSplits[] = {"train", "dev", "test"};
constexpr std::string_view kPools[] = {"asr", "pqa", "pqa_star", "cpqa"};

}  // namespace

void read_synthetic_settings(FieldReader& fields, SyntheticSettings& s) {
  fields.object(
      "clips",
      [&](FieldReader& f) {
        for (std::string_view split : kSplits)
          f.field(split, s.clips[std::string(split)], "clips of this split", 0, 1000000);
      },
      "How many clips each split has");
  fields.object(
      "multi_share",
      [&](FieldReader& f) {
        for (std::string_view split : kSplits)
          f.field(split, s.multi_share[std::string(split)], "share of this split", 0.0, 1.0);
      },
      "Share of clips with two to four utterances");
  fields.field("two_voice_share", s.two_voice_share,
               "Of the clips with several utterances: share with two voices", 0.0, 1.0);
  fields.field("steady_share", s.steady_share,
               "Of the clips with several utterances: share with one emotion throughout", 0.0, 1.0);
  fields.field("gap_seconds", s.gap_seconds, "Silence between utterances, in seconds", 0.0, 10.0);
  fields.field("held_out_pairs", s.held_out_pairs, "Event-object pairs, of 120, that only test clips say", 0,
               60);
  fields.field("held_out_triples", s.held_out_triples,
               "Share of the other who-event-object triples that only test clips say", 0.0, 0.5);
  fields.object(
      "accents",
      [&](FieldReader& f) {
        std::vector<std::string> known(english_accents().begin(), english_accents().end());
        for (std::string_view split : kSplits)
          f.choices(split, s.accents[std::string(split)], known,
                    "accents of this split, by espeak-ng's names");
      },
      "English accents in which each split's variants speak");
  fields.object(
      "pairs",
      [&](FieldReader& f) {
        for (std::string_view split : {"dev", "test"})
          f.field(split, s.pairs[std::string(split)], "fixed pairs of this split", 0, 40);
      },
      "Fixed pairs of voices that speak two-voice clips, per split (in training every variant has its "
      "partner)");
  fields.object(
      "questions",
      [&](FieldReader& f) {
        for (std::string_view split : kSplits)
          f.object(
              split,
              [&](FieldReader& pools) {
                for (std::string_view pool : kPools)
                  pools.field(pool, s.questions[std::string(split)][std::string(pool)],
                              "questions a clip, at most", 0, 100);
              },
              "questions of this split's clips");
      },
      "How many questions are kept for each clip, by pool");
  fields.object(
      "generation", [&](FieldReader& f) { generation_fields(f, s.generation); },
      "Who writes the contextual questions: templates, or a language model");
  fields.field("seed", s.seed, "Seed of the plan and of the questions", 0, std::int64_t{1} << 53);
}

Json to_json(const SyntheticSettings& s) {
  auto numbers = [](const auto& map) {
    Json out = Json::object();
    for (const auto& [name, value] : map) out[name] = Json(value);
    return out;
  };
  Json json = Json::object();
  json["clips"] = numbers(s.clips);
  json["multi_share"] = numbers(s.multi_share);
  json["two_voice_share"] = s.two_voice_share;
  json["steady_share"] = s.steady_share;
  json["gap_seconds"] = s.gap_seconds;
  json["held_out_pairs"] = s.held_out_pairs;
  json["held_out_triples"] = s.held_out_triples;
  Json accents = Json::object();
  for (const auto& [split, names] : s.accents) {
    Json list = Json::array();
    for (const std::string& name : names) list.push_back(name);
    accents[split] = std::move(list);
  }
  json["accents"] = std::move(accents);
  json["pairs"] = numbers(s.pairs);
  Json questions = Json::object();
  for (const auto& [split, pools] : s.questions) questions[split] = numbers(pools);
  json["questions"] = std::move(questions);
  if (s.generation.llm) json["generation"] = to_json(s.generation);
  json["seed"] = s.seed;
  return json;
}

}  // namespace undertone
