#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "datasets/audiobench.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string sample_path() {
  return source_path("tests/golden/datasets/audiobench/some-model/small_set_tiny_judge_score.json");
}

Error error_of(const std::string& text, const std::string& path = "m/s_j_judge_score.json") {
  try {
    parse_audiobench_log(text, path);
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::internal, "");
}

TEST(DatasetsAudiobench, ReadsWhatALogHoldsAndNoMore) {
  const RecordedLog log = read_audiobench_log(sample_path());
  EXPECT_EQ(log.model, "some-model");
  EXPECT_EQ(log.set, "small_set");
  EXPECT_EQ(log.judge, "tiny");
  EXPECT_EQ(log.judge_score, 32.0);
  EXPECT_EQ(log.success_rate, 0.9);
  ASSERT_EQ(log.rows.size(), 6u);
  EXPECT_EQ(log.rows[0].question, "How does the speaker feel?");
  EXPECT_EQ(log.rows[0].reference, "Sad.");
  EXPECT_EQ(log.rows[0].answer, "She sounds sad.");
  EXPECT_EQ(log.rows[0].extra.at("task").as_string(), "emotion");
  EXPECT_EQ(std::get<Scored>(log.rows[0].verdict).value, 4);
  EXPECT_EQ(std::get<Scored>(log.rows[1].verdict).value, 0);  // a real 0
  // Recorded as 0 although the judge wrote 3: neither number is its verdict.
  EXPECT_THAT(std::get<ParseFailure>(log.rows[3].verdict).raw, HasSubstr("Rating: 3"));
  EXPECT_EQ(std::get<ParseFailure>(log.rows[4].verdict).raw, "I like it.");
  EXPECT_EQ(std::get<ParseFailure>(log.rows[5].verdict).raw, "Rating: 1");
  EXPECT_THAT(log.warnings, ElementsAre(HasSubstr("row 4: the judge's reply has no legible rating"),
                                        HasSubstr("row 5: the judge's reply rates 1, but 2 was recorded")));
  ASSERT_TRUE(log.scale);
  EXPECT_EQ(log.scale->kind, Scale::Kind::discrete_0_5);
  EXPECT_THAT(log.scale_reason, HasSubstr("4 is above 1"));
}

// What our own export says beyond AudioBench's form.
TEST(DatasetsAudiobench, AFailureMaySayWhatKindItWas) {
  const auto log = [](const std::string& row, const std::string& scale = "binary") {
    return R"({"j_judge": {"judge_score": null, "success_rate": 0}, "scale": ")" + scale +
           R"(", "details": [{"question": "", "reference": "", "model_prediction": "", "judge_response": "no", )" +
           row + "}]}";
  };
  const std::string path = "m/s_j_judge_score.json";
  const RecordedLog read = parse_audiobench_log(
      log(R"("rate_score": null, "success": 0, "verdict": {"kind": "refusal", "raw": "no"})"), path);
  EXPECT_EQ(std::get<Refused>(read.rows[0].verdict).raw, "no");
  EXPECT_FALSE(read.rows[0].recorded);
  EXPECT_EQ(read.scale->kind, Scale::Kind::binary) << "as the log says";
  const RecordedLog untold = parse_audiobench_log(log(R"("rate_score": 0, "success": 0)"), path);
  EXPECT_TRUE(std::holds_alternative<ParseFailure>(untold.rows[0].verdict));
  EXPECT_EQ(untold.rows[0].recorded, 0);
  EXPECT_THAT(error_of(log(R"("rate_score": null, "success": 1)")).what_happened(), HasSubstr("number"));
  EXPECT_THAT(error_of(log(R"("rate_score": 0, "success": 0, "verdict": {"kind": "scored", "value": 1})"))
                  .what_happened(),
              HasSubstr("has a score"));
  EXPECT_THAT(error_of(log(R"("rate_score": 0, "success": 0)", "0-7")).what_happened(), HasSubstr("'0-7'"));
}

TEST(DatasetsAudiobench, FindsTheRatingInAReply) {
  EXPECT_EQ(legible_rating("Explanation: fine.\n\nRating: 4"), 4);
  EXPECT_EQ(legible_rating("**Rating:** [[3.5]]"), 3.5);
  EXPECT_EQ(legible_rating("rating (2)"), 2);
  EXPECT_EQ(legible_rating("Rating: 4."), 4);
  EXPECT_EQ(legible_rating("I gave a rating of four. Rating: 0\nDone"), 0);
  EXPECT_EQ(legible_rating("Rating: 1 at first, then Rating: 2"), 2);
  EXPECT_FALSE(legible_rating("Rating: good"));
  EXPECT_FALSE(legible_rating("Rating: -1"));
  EXPECT_FALSE(legible_rating("Rating"));
  EXPECT_FALSE(legible_rating("I rate it 4"));
  EXPECT_FALSE(legible_rating(""));
}

std::vector<double> ones_of(int ones, int n) {
  std::vector<double> v(static_cast<std::size_t>(n), 0.0);
  std::fill_n(v.begin(), ones, 1.0);
  return v;
}

TEST(DatasetsAudiobenchScale, ARatingAboveOneDecides) {
  const std::vector<double> five = {0, 5, 5}, half = {0, 2.5}, percent = {0, 80};
  EXPECT_EQ(infer_scale(five, std::nullopt).scale->kind, Scale::Kind::discrete_0_5);
  EXPECT_EQ(infer_scale(half, 50).scale->kind, Scale::Kind::continuous_0_5);
  EXPECT_EQ(infer_scale(percent, 40).scale->kind, Scale::Kind::percent);
}

TEST(DatasetsAudiobenchScale, ZerosAndOnesAreDecidedByTheScoreOfTheWholeSet) {
  EXPECT_EQ(infer_scale(ones_of(14, 20), 70).scale->kind, Scale::Kind::binary);
  // The same rows from a set that scores 14: the mean of 0.7 on 0-5.
  EXPECT_EQ(infer_scale(ones_of(14, 20), 14).scale->kind, Scale::Kind::discrete_0_5);
  EXPECT_EQ(infer_scale(ones_of(3, 20), 15.737).scale->kind, Scale::Kind::binary);
}

// The largest likelihood on 0-5 against a search over all distributions {p0, p1, p of 5} on a grid.
TEST(DatasetsAudiobenchScale, TheRatioIsThatOfTheBestGradedDistribution) {
  for (const auto& [ones, score] :
       std::vector<std::pair<int, double>>{{3, 15.737}, {14, 14}, {10, 30}, {1, 4}, {20, 99}}) {
    const double p = score / 100, m = score / 20;
    double best = -INFINITY;
    for (int i = 0; i <= 100000; ++i) {
      const double p1 = i / 100000.0, p5 = (m - p1) / 5, p0 = 1 - p1 - p5;
      if (p5 < 0 || p0 < 0) continue;
      best = std::max(best, (ones ? ones * std::log(p1) : 0) + (20 - ones ? (20 - ones) * std::log(p0) : 0));
    }
    const double ratio = std::exp(ones * std::log(p) + (20 - ones) * std::log(1 - p) - best);
    const auto got = infer_scale(ones_of(ones, 20), score);
    const auto at = got.reason.find("0/1 is ");
    ASSERT_NE(at, std::string::npos);
    EXPECT_NEAR(std::stod(got.reason.substr(at + 7)) / ratio, 1, 0.01) << got.reason;
  }
}

TEST(DatasetsAudiobenchScale, SaysWhyItIsUnknown) {
  const auto unknown = [](const InferredScale& s, const std::string& why) {
    EXPECT_FALSE(s.scale);
    EXPECT_THAT(s.reason, HasSubstr(why));
  };
  unknown(infer_scale({}, 50), "no row has a legible rating");
  unknown(infer_scale(ones_of(1, 3), std::nullopt), "not given");
  unknown(infer_scale(ones_of(1, 3), 20), "does not decide");  // too few rows
  unknown(infer_scale(ones_of(0, 20), 0), "does not decide");  // everything is 0 on both
  unknown(infer_scale(std::vector<double>{0.5, 1}, 50), "fractions");
  unknown(infer_scale(std::vector<double>{0, 300}, 50), "no known scale");
  unknown(infer_scale(ones_of(2, 4), 130), "outside 0..100");
}

TEST(DatasetsAudiobench, RefusesWhatIsNoLogWithThePlace) {
  EXPECT_THAT(error_of("[]").what_happened(), HasSubstr("is an object"));
  EXPECT_THAT(error_of(R"({"details": []})").what_happened(), HasSubstr("JUDGE_judge"));
  EXPECT_THAT(error_of(R"({"j_judge": {}})").what_happened(), HasSubstr("details"));
  EXPECT_THAT(error_of(R"({"a_judge": {}, "b_judge": {}, "details": []})").what_happened(),
              HasSubstr("two judges"));
  const Error other = error_of(R"({"x_judge": {}, "details": []})");
  EXPECT_THAT(other.what_happened(), HasSubstr("'x'"));
  EXPECT_EQ(other.place(), "m/s_j_judge_score.json");
  const Error row = error_of("{\"j_judge\": {}, \"details\": [\n{\"question\": \"q\"}]}");
  EXPECT_EQ(row.kind(), ErrorKind::data);
  EXPECT_THAT(row.what_happened(), HasSubstr("row 0"));
  EXPECT_THAT(row.what_happened(), HasSubstr("reference"));
  EXPECT_THAT(row.place(), HasSubstr("m/s_j_judge_score.json:2"));
}

TEST(DatasetsAudiobench, LogsOfOneSetBecomeOneCorpus) {
  const RecordedLog a = read_audiobench_log(sample_path());
  RecordedLog b = a, c = a;
  b.model = "other-model";
  b.rows[0].reference = "Cheerful.";  // this model was asked something else at this place
  c.judge = "second";
  c.rows[1].answer = "Glad.";  // a second generation of the same model
  const RecordedSet set = recorded_set(std::vector{a, b, c});
  EXPECT_EQ(set.corpus.questions.size(), 7u);
  std::set<std::string> ids;
  for (const Question& q : set.corpus.questions) {
    EXPECT_EQ(q.clip, "");
    EXPECT_THAT(q.id, ::testing::StartsWith("small_set-000"));
    EXPECT_NE(q.provenance, Provenance::human);
    ids.insert(q.id);
  }
  EXPECT_EQ(ids.size(), 7u);
  ASSERT_EQ(set.systems.size(), 2u);
  EXPECT_EQ(set.systems[0].model, "other-model");
  EXPECT_EQ(set.systems[0].answers.size(), 6u);
  EXPECT_EQ(set.systems[1].answers.size(), 7u);  // the second generation under seed 1
  EXPECT_THAT(set.corpus.warnings, ::testing::Contains(HasSubstr("kept as seed 1")));
  int errors = 0, seed_one = 0;
  for (const RecordedAnswer& r : set.systems[1].answers) {
    if (r.answer.status == AnswerStatus::model_error) {
      EXPECT_EQ(r.answer.detail, "empty answer");
      ++errors;
    }
    if (r.seed == 1) {
      EXPECT_EQ(r.answer.text, "Glad.");
      ++seed_one;
    }
  }
  EXPECT_EQ(errors, 1);
  EXPECT_EQ(seed_one, 1);
  ASSERT_EQ(set.judges.size(), 2u);
  EXPECT_EQ(set.judges[0].verdicts.size(), 6u);
  EXPECT_EQ(set.judges[1].verdicts.size(), 12u);
  RecordedLog foreign = a;
  foreign.set = "elsewhere";
  EXPECT_THROW(recorded_set(std::vector{a, foreign}), Error);
}

TEST(DatasetsAudiobench, VerdictsOnTwoScalesAreNeverPutTogether) {
  const RecordedLog a = read_audiobench_log(sample_path());
  RecordedLog b = a;
  b.model = "other-model";
  b.scale = Scale{Scale::Kind::binary};
  EXPECT_EQ(recorded_set(std::vector{a, b}).judges.size(), 2u);
}

TEST(DatasetsAudiobench, TheDatasetWritesAnswersThatReadBack) {
  const TemporaryFolder folder;
  Json fields = Json::object();
  fields["folder"] = Json(source_path("tests/golden/datasets/audiobench"));
  fields["set"] = Json("small_set");
  const Dataset d = audiobench_dataset().make(fields, {});
  EXPECT_EQ(d.key(), d.key());
  d.make(folder.path());
  Corpus corpus;
  for (const Json& line : read_jsonl_file(folder / "questions.jsonl"))
    corpus.questions.push_back(question_from_json(line));
  EXPECT_EQ(corpus.questions.size(), 6u);
  const auto answers = read_answers(folder / "answers/some-model.jsonl", corpus);
  EXPECT_EQ(answers.size(), 6u);
  EXPECT_EQ(answers[0].answer.text, "She sounds sad.");
  const auto verdicts = read_jsonl_file(folder / "verdicts/tiny.discrete_0_5.jsonl");
  ASSERT_EQ(verdicts.size(), 6u);
  EXPECT_TRUE(std::holds_alternative<ParseFailure>(verdict_from_json(verdicts[3].at("verdict"))));
  const auto known = d.verdicts();  // the same, without making the corpus
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0].name(), "tiny.discrete_0_5");
  EXPECT_EQ(known[0].text, read_file(folder / "verdicts/tiny.discrete_0_5.jsonl"));
  fields["set"] = Json("absent");
  EXPECT_THROW(audiobench_dataset().make(fields, {}).make(folder / "x"), Error);
}

TEST(DatasetsAudiobenchReal, AllLogs) {
  const auto data = real_data();
  UNDERTONE_NEED(data, skip_reason());
  std::size_t rows = 0, failed = 0;
  std::map<std::string, std::vector<RecordedLog>> sets;
  std::map<std::string, std::string> scale;  // file -> name
  const auto paths = find_audiobench_logs(*data + "/audiobench_logs", "");
  EXPECT_EQ(paths.size(), 85u);
  for (const std::string& path : paths) {
    RecordedLog log = read_audiobench_log(path);
    EXPECT_EQ(log.rows.size(), 20u) << path;
    EXPECT_THAT(log.warnings, IsEmpty());
    EXPECT_TRUE(log.scale) << path << ": " << log.scale_reason;
    rows += log.rows.size();
    // The reader's verdicts against the file's own columns.
    const Json raw = read_json_file(path);
    for (const RecordedRow& row : log.rows) {
      const Json& r = raw.at("details").elements()[static_cast<std::size_t>(row.index)];
      const bool success = r.at("success").as_int() == 1;
      EXPECT_EQ(std::holds_alternative<Scored>(row.verdict), success) << path << " row " << row.index;
      if (success) {
        EXPECT_EQ(std::get<Scored>(row.verdict).value, r.at("rate_score").as_double());
        EXPECT_TRUE(log.scale->admits(r.at("rate_score").as_double()));
      } else {
        ++failed;
        EXPECT_EQ(std::get<ParseFailure>(row.verdict).raw, r.at("judge_response").as_string());
      }
    }
    scale[log.model + "/" + log.set + "/" + log.judge] = log.scale ? log.scale->name() : "unknown";
    sets[log.set].push_back(std::move(log));
  }
  EXPECT_EQ(rows, 1700u);
  EXPECT_EQ(failed, 11u);
  EXPECT_EQ(sets.size(), 22u);
  // The same set and judge, on different scales.
  for (const auto& [name, kind] : scale) {
    const bool binary = name.find("iemocap_emotion") != std::string::npos ||
                        name.find("imda_ar_dialogue") != std::string::npos ||
                        name.find("imda_gr_sentence") != std::string::npos ||
                        name.find("mmau_mini") != std::string::npos ||
                        (name.find("iemocap_gender") != std::string::npos &&
                         (name.ends_with("/gpt4o") || name.starts_with("cascade_whisper_large_v2_gemma2")));
    EXPECT_EQ(kind, binary ? "0/1" : "0-5") << name;
  }
  const RecordedSet pqa = recorded_set(sets.at("ytb_pqa_batch1"));
  EXPECT_EQ(pqa.systems.size(), 8u);
  EXPECT_EQ(pqa.corpus.questions.size(), 20u);  // eight systems on the same questions
  for (const auto& system : pqa.systems) EXPECT_EQ(system.answers.size(), 20u) << system.model;
  ASSERT_EQ(pqa.judges.size(), 1u);
  EXPECT_EQ(pqa.judges[0].verdicts.size(), 160u);
  EXPECT_EQ(recorded_set(sets.at("iemocap_gender_test")).judges.size(), 3u);  // gpt4o 0/1, llama3 0/1 and 0-5
}

}  // namespace
}  // namespace undertone::test
