#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "judges/audit/audiobench_audit.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using audit::AudiobenchAudit;
using audit::audit_audiobench;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Row {
  std::string question, answer, reply;
  double score = 0;
  int success = 1;
};
struct Published {
  double score = 0, success = 1;
};

RecordedLog log_of(const std::string& name, const std::vector<Row>& rows, Published p) {
  const std::string judge = name.ends_with("_b_judge_score.json") ? "b" : "a";
  Json whole = Json::object();
  whole[judge + "_judge"] = Json::object({{"judge_score", Json(p.score)}, {"success_rate", Json(p.success)}});
  Json details = Json::array();
  for (const Row& r : rows)
    details.push_back(Json::object({{"question", Json(r.question)},
                                    {"reference", Json("ref of " + r.question)},
                                    {"model_prediction", Json(r.answer)},
                                    {"judge_response", Json(r.reply)},
                                    {"rate_score", Json(r.score)},
                                    {"success", Json(r.success)}}));
  whole["details"] = details;
  return parse_audiobench_log(whole.dump(), "/logs/" + name);
}

const audit::FileAudit& only(const AudiobenchAudit& a) { return a.files.front(); }

TEST(AuditAudiobench, AFailureIsReadAgainAndTheMeanFollows) {
  // Ten items in the whole set, of which four are kept: 5 + 3 + 0 + [failed, legible 2] + unknown rest.
  // Published: mean 2.1 over ten with two failures as zeros.
  const auto log = log_of("m/s_a_judge_score.json",
                          {{"q1", "x", "Fine.\nRating: 5", 5},
                           {"q2", "x", "Rating: 3", 3},
                           {"q3", "x", "Rating: 0", 0},
                           {"q4", "x", "Rating: 2\nBecause it is vague.", 0, 0}},
                          {42, 0.8});
  const AudiobenchAudit a = audit_audiobench(std::vector{log}, "/logs");
  ASSERT_EQ(a.failures.size(), 1u);
  EXPECT_EQ(a.failures[0].file, "m/s_a_judge_score.json");
  EXPECT_EQ(a.failures[0].index, 3);
  EXPECT_EQ(a.failures[0].recorded, 0);
  EXPECT_FALSE(a.failures[0].success);
  EXPECT_EQ(a.failures[0].legible, 2);
  const auto& kept = only(a).kept;
  EXPECT_EQ(kept.zeros, 2);
  EXPECT_EQ(kept.zeros_failed, 1);
  EXPECT_EQ(kept.mean_recorded, 2);
  EXPECT_DOUBLE_EQ(kept.mean_scored.value(), 8.0 / 3);
  EXPECT_EQ(kept.mean_reread, 2.5);
  EXPECT_EQ(kept.worst, 2.5);
  const auto& p = only(a).published;
  EXPECT_EQ(p.mean->numerator, 21);
  EXPECT_EQ(p.mean->denominator, 10);
  EXPECT_EQ(p.items, 10);
  EXPECT_EQ(p.failed, 2);
  // Left out, 21/10 is a mean of 20 verdicts that parsed, of 25; as zeros, of ten: not decided.
  EXPECT_EQ(p.items_if_zero, 10);
  EXPECT_EQ(p.items_if_left_out, 25);
  EXPECT_EQ(p.zeros, "undecided");
  EXPECT_FALSE(p.worst);
}

TEST(AuditAudiobench, TheMeanWithoutFailureZeros) {
  // 100 items, 97 parsed, mean 1.24 (31/25) with zeros; one of the three failures is kept and rates 2.
  const auto log = log_of("m/s_a_judge_score.json",
                          {{"q1", "x", "Rating: 3", 3}, {"q2", "x", "Rating: 2\nvague", 0, 0}}, {24.8, 0.97});
  const AudiobenchAudit a = audit_audiobench(std::vector{log}, "/logs");
  const auto& p = only(a).published;
  EXPECT_EQ(p.zeros, "counted as 0");
  EXPECT_EQ(p.items, 100);
  EXPECT_EQ(p.failed, 3);
  EXPECT_DOUBLE_EQ(p.without_failures.value(), 24.8 / 0.97);
  EXPECT_EQ(p.worst, 24.8);
  EXPECT_DOUBLE_EQ(p.best.value(), 27.8);
  EXPECT_DOUBLE_EQ(p.worst_with_legible.value(), 24.8 + 100 * 2.0 / 5 / 100);  // (124 + 2) / 100 x 20
  EXPECT_DOUBLE_EQ(p.best_with_legible.value(), 20 * (124 + 2 + 2 * 5) / 100.0);
}

TEST(AuditAudiobench, AnIllegibleFailureStaysBetweenBounds) {
  const auto log =
      log_of("m/s_a_judge_score.json",
             {{"q1", "x", "Rating: 4", 4}, {"q2", "x", "I like it.", 0, 0}, {"q3", "x", "Rating: 4", 4}},
             {40, 0.97});
  const AudiobenchAudit a = audit_audiobench(std::vector{log}, "/logs");
  ASSERT_EQ(a.failures.size(), 1u);
  EXPECT_FALSE(a.failures[0].legible);
  EXPECT_THAT(a.failures[0].why, HasSubstr("no rating"));
  EXPECT_DOUBLE_EQ(only(a).kept.worst.value(), 8.0 / 3);
  EXPECT_DOUBLE_EQ(only(a).kept.best.value(), 13.0 / 3);
}

TEST(AuditAudiobench, AScoreThatSaysSomethingElseThanItsReplyIsAFailureToo) {
  const auto log =
      log_of("m/s_a_judge_score.json", {{"q1", "x", "Rating: 4", 4}, {"q2", "x", "Rating: 1", 3}}, {60, 1});
  const AudiobenchAudit a = audit_audiobench(std::vector{log}, "/logs");
  ASSERT_EQ(a.failures.size(), 1u);
  EXPECT_TRUE(a.failures[0].success);
  EXPECT_EQ(a.failures[0].recorded, 3);
  EXPECT_EQ(a.failures[0].legible, 1);
  EXPECT_THAT(a.warnings, ::testing::Contains(::testing::StartsWith("m/s_a_judge_score.json: row 1")));
}

std::vector<Row> binary_rows(int ones) {
  std::vector<Row> rows;
  for (int i = 0; i < 20; ++i)
    rows.push_back({fmt::format("q{}", i), "x", i < ones ? "Rating: 1" : "Rating: 0", i < ones ? 1.0 : 0.0});
  return rows;
}

TEST(AuditAudiobench, NoOrderAcrossScales) {
  const std::vector<RecordedLog> logs = {
      log_of("graded/s_a_judge_score.json", {{"q1", "x", "Rating: 4", 4}, {"q2", "x", "Rating: 5", 5}},
             {90, 1}),
      log_of("graded2/s_a_judge_score.json", {{"q1", "x", "Rating: 2", 2}, {"q2", "x", "Rating: 2", 2}},
             {40, 1}),
      log_of("binary/s_a_judge_score.json", binary_rows(14), {70, 1})};
  const AudiobenchAudit a = audit_audiobench(logs, "/logs");
  ASSERT_EQ(a.rankings.size(), 1u);
  const auto& r = a.rankings[0];
  EXPECT_TRUE(r.refused);
  EXPECT_THAT(r.reason, HasSubstr("1 of 3 files are on scale 0/1"));
  ASSERT_EQ(r.by_scale.at("0-5").size(), 2u);
  EXPECT_EQ(r.by_scale.at("0-5")[0].model, "graded");
  EXPECT_TRUE(r.by_scale.at("0-5")[0].certain);
  EXPECT_THAT(audit::to_text(a), HasSubstr("s by a: refused"));
}

TEST(AuditAudiobench, FailuresCanTurnAnOrder) {
  // 41 with 2 % failures as zeros reaches 43; 42 without failures lies inside.
  const std::vector<Row> rows = {{"q1", "x", "Rating: 2", 2}};
  const std::vector<RecordedLog> logs = {log_of("clean/s_a_judge_score.json", rows, {42.02, 1}),
                                         log_of("failing/s_a_judge_score.json", rows, {41.34, 0.9706})};
  const AudiobenchAudit a = audit_audiobench(logs, "/logs");
  ASSERT_FALSE(a.rankings[0].refused);
  EXPECT_FALSE(a.rankings[0].by_scale.at("0-5")[0].certain);
}

TEST(AuditAudiobench, ComparesVerdictsOnIdenticalAnswersOnly) {
  const std::vector<RecordedLog> logs = {
      log_of("m1/s_a_judge_score.json",
             {{"q1", "same", "Rating: 2", 2}, {"q2", "x", "Rating: 4", 4}, {"q3", "y", "Rating: 5", 5}},
             {60, 1}),
      log_of("m2/s_a_judge_score.json",
             {{"q1", "same", "Rating: 4", 4}, {"q2", "x", "Rating: 4", 4}, {"q3", "other", "Rating: 1", 1}},
             {60, 1}),
      log_of("m3/s_a_judge_score.json", {{"q1", "same", "Rating: 3\nSo.", 0, 0}, {"q2", "z", "Rating: 5", 5}},
             {60, 1}),
      log_of("m1/s_b_judge_score.json",
             {{"q1", "same", "Rating: 3", 3}, {"q2", "changed", "Rating: 4", 4}, {"q3", "y", "Rating: 5", 5}},
             {60, 1})};
  const AudiobenchAudit a = audit_audiobench(logs, "/logs");
  const auto& self = a.self.front();
  EXPECT_EQ(self.judge, "a");
  EXPECT_EQ(self.triples, 2);  // q1/same thrice, q2/x twice
  EXPECT_EQ(self.pairs, 4);
  EXPECT_EQ(self.differ, 3);  // 2-4, 2-3, 4-3
  EXPECT_EQ(self.largest, 2);
  EXPECT_EQ(self.mean_difference, 1);
  const auto& pair = a.judges.front();
  EXPECT_EQ(pair.set, "");
  EXPECT_EQ(pair.items, 2);  // m1's q1 and q3; q2 holds another answer
  EXPECT_EQ(pair.equal, 1);
  EXPECT_EQ(pair.mean_difference, -0.5);
  EXPECT_EQ(a.other_answers, 1);
}

TEST(AuditAudiobench, TheJsonHoldsFailuresAndNoReplies) {
  const auto log = log_of("m/s_a_judge_score.json",
                          {{"q1", "x", "Rating: 4", 4}, {"q2", "x", "Rating: 2\nPRIVATE", 0, 0}}, {40, 0.5});
  const Json json = audit::to_json(audit_audiobench(std::vector{log}, "/logs"));
  const auto& failures = json.at("failures").elements();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].at("file").as_string(), "m/s_a_judge_score.json");
  EXPECT_EQ(failures[0].at("index").as_int(), 1);
  EXPECT_EQ(failures[0].at("recorded").as_double(), 0);
  EXPECT_EQ(failures[0].at("legible").as_double(), 2);
  EXPECT_THAT(json.dump(), ::testing::Not(HasSubstr("PRIVATE")));
  EXPECT_EQ(parse_json(json.dump(1), "audit"), json);
}

// Figures counted apart from this code, by a Python script over the same files.
TEST(AuditAudiobenchReal, FindsEveryFailureAndItsRating) {
  const auto data = real_data();
  UNDERTONE_NEED(data, skip_reason());
  const AudiobenchAudit a = audit::audit_audiobench_folder(*data + "/audiobench_logs");
  EXPECT_EQ(a.files.size(), 85u);
  EXPECT_EQ(a.rows, 1700);
  std::set<std::tuple<std::string, int, double>> found;
  for (const auto& f : a.failures) {
    EXPECT_EQ(f.recorded, 0);
    EXPECT_FALSE(f.success);
    found.emplace(f.file, f.index, f.legible.value_or(-1));
  }
  const std::string end = "_llama3_70b_judge_score.json";
  const std::set<std::tuple<std::string, int, double>> expected = {
      {"MERaLiON-AudioLLM-Whisper-SEA-LION/alpaca_audio_test" + end, 0, 3},
      {"Qwen-Audio-Chat/imda_part4_30s_ds_human_test" + end, 5, 2},
      {"Qwen-Audio-Chat/imda_part4_30s_ds_test" + end, 7, 4},
      {"Qwen-Audio-Chat/ytb_sqa_batch1" + end, 19, 3},
      {"Qwen2-Audio-7B-Instruct/imda_part4_30s_ds_human_test" + end, 6, 2},
      {"SALMONN_7B/imda_part3_30s_ds_human_test" + end, 17, 2},
      {"SALMONN_7B/imda_part5_30s_ds_test" + end, 17, 2},
      {"WavLLM_fairseq/imda_part5_30s_sqa_human_test" + end, 6, 3},
      {"WavLLM_fairseq/ytb_sds_batch1" + end, 12, 3},
      {"cascade_whisper_large_v3_llama_3_8b_instruct/openhermes_audio_test" + end, 9, 4},
      {"cascade_whisper_large_v3_llama_3_8b_instruct/openhermes_audio_test" + end, 11, 2}};
  EXPECT_EQ(found, expected);
  EXPECT_THAT(a.warnings, IsEmpty());
}

TEST(AuditAudiobenchReal, TheFiguresBehindThePublishedScores) {
  const auto data = real_data();
  UNDERTONE_NEED(data, skip_reason());
  const AudiobenchAudit a = audit::audit_audiobench_folder(*data + "/audiobench_logs");
  for (const auto& f : a.files) {
    EXPECT_TRUE(f.published.mean) << f.file;
    EXPECT_TRUE(f.published.success) << f.file;
    EXPECT_NE(f.published.zeros, "left out") << f.file;
    if (f.set == "ytb_pqa_batch1" && f.published.success->denominator > 1) {
      EXPECT_EQ(f.published.items, 1092) << f.file;
      EXPECT_EQ(f.published.zeros, "counted as 0") << f.file;
    }
    if (f.set == "mmau_mini") {
      EXPECT_EQ(f.published.tasks.size(), 3u);
    }
  }
  using Counts = std::pair<std::int64_t, std::int64_t>;
  const auto self = [&](const std::string& judge, const std::string& scale) {
    for (const auto& s : a.self)
      if (s.judge == judge && s.scale == scale) return Counts(s.differ, s.pairs);
    return Counts(-1, -1);
  };
  EXPECT_EQ(self("llama3_70b", "0-5"), Counts(11, 36));
  EXPECT_EQ(self("llama3_70b", "0/1"), Counts(0, 24));
  EXPECT_EQ(self("gpt4o", "0-5"), Counts(0, 2));
  EXPECT_EQ(self("gpt4o", "0/1"), Counts(0, 14));
  for (const auto& r : a.rankings) {
    EXPECT_EQ(r.refused, r.set == "iemocap_gender_test" && r.judge == "llama3_70b")
        << r.set << " " << r.judge;
    // Denominators that no one number of items explains: 251 and 150, 1004 and 60, 2257 or 2251 and 2057.
    const bool unlike = r.set == "clotho_aqa_test" || (r.set.starts_with("iemocap") && r.judge == "gpt4o");
    EXPECT_EQ(r.items_note.empty(), !unlike) << r.set << " " << r.judge << " " << r.items_note;
  }
  std::int64_t items = a.other_scales;
  for (const auto& p : a.judges)
    if (p.set.empty()) items += p.items;
  EXPECT_EQ(items, 343);
  EXPECT_EQ(a.other_scales, 3);
  EXPECT_EQ(a.other_answers, 217);
}

}  // namespace
}  // namespace undertone::test
