// Two runs compared: changes planted in answers, judge and parser are found and attributed to their stage,
// also after what the first run was made of is gone.
#include "harness/run/compare.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/core/files.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/stub_server.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Compare : public ::testing::Test {
 protected:
  void SetUp() override {
    here_.root = UNDERTONE_SOURCE_DIR;
    here_.programs = "/nonexistent";
    write(R"("rubric": {"kind": "rubric"})");
    answer(4);
  }
  // The suite, with these judges; answers stay.
  void write(const std::string& judges) {
    const std::string answers = folder_ / "answers.jsonl";
    const std::string kept = std::filesystem::exists(answers) ? read_file(answers) : "";
    write_recorded_suite(folder_.path(), R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
                         judges);
    write_many_questions(folder_.path());
    if (!kept.empty()) write_text(answers, kept);
  }
  void answer(int wrong) { write_many_answers(folder_.path(), wrong); }
  void run(const std::string& name) {
    RunOptions options;
    options.out = folder_ / name;
    options.store = store();
    options.quiet = true;
    ASSERT_EQ(run_suite(here_, load_suites(here_, folder_ / "suite.json", {}).front(), options),
              ExitCode::done);
  }
  std::string store() const { return folder_ / "store"; }
  RunSide side(const std::string& name) { return open_side(folder_ / name, here_, store()); }
  RunsCompared compared(const RunSide& first, const RunSide& second) {
    const Store open = Store::open(store(), Store::Mode::read);
    return compare_runs(first, second, here_, &open, {});
  }
  static const MeasureChange& of(const RunsCompared& r, const std::string& name) {
    for (const MeasureChange& c : r.comparison.measures)
      if (c.measure.name == name) return c;
    throw std::runtime_error("no measure " + name);
  }
  static double share(const AttributedChange& a, const std::string& stage) {
    for (const StageShare& s : a.attribution.shares)
      if (s.stage == stage) return s.change;
    return 0;
  }
  Installation here_;
  TemporaryFolder folder_;
};

constexpr const char* kMean = "pqa/all/judge:rubric/mean";

TEST_F(Compare, ARunAndItselfDoNotDiffer) {
  run("a");
  const RunsCompared r = compared(side("a"), side("a"));
  EXPECT_EQ(of(r, kMean).change, Change::no_change);
  EXPECT_EQ(of(r, "pqa/all/judge:rubric/scored").change, Change::no_change);
  EXPECT_THAT(r.made_otherwise, IsEmpty());
  EXPECT_THAT(r.attributed, IsEmpty());
  EXPECT_THAT(r.moved, IsEmpty());
  EXPECT_THAT(comparison_text(r), HasSubstr("Both are one run"));
}

TEST_F(Compare, PlantedAnswersAreFoundThoughTheFileThatHeldTheOldOnesIsGone) {
  run("a");
  answer(2);  // half are wrong now
  run("b");
  const RunsCompared r = compared(side("a"), side("b"));
  const MeasureChange& c = of(r, kMean);
  EXPECT_EQ(c.change, Change::worse);
  EXPECT_EQ(c.pairs, kManyQuestions);
  EXPECT_GT(*c.first_mean, *c.second_mean);
  EXPECT_DOUBLE_EQ(*of(r, "pqa/all/emotion/accuracy_unmapped_wrong").difference, -0.25);
  ASSERT_THAT(r.attributed, SizeIs(1));
  EXPECT_THAT(r.attributed[0].attribution.shares, SizeIs(1));
  EXPECT_NEAR(share(r.attributed[0], "answers"), *c.difference, 1e-9);
  EXPECT_THAT(r.made_otherwise, ElementsAre(Field(&MadeOtherwise::what, "answers")));
  ASSERT_THAT(r.moved, SizeIs(10));
  EXPECT_GT(*r.moved[0].first, *r.moved[0].second);
  EXPECT_NE(r.moved[0].first_answer, r.moved[0].second_answer);
  EXPECT_EQ(r.moved[0].reference, r.moved[0].first_answer);
  // The way back is an improvement.
  EXPECT_EQ(of(compared(side("b"), side("a")), kMean).change, Change::better);
  const Json json = parse_json(comparison_json(r).dump(), "json");
  EXPECT_EQ(json.at("attributed").elements()[0].at("shares").elements()[0].at("stage").as_string(),
            "answers");
}

TEST_F(Compare, APlantedJudgeIsAttributedToTheJudge) {
  run("a");
  write(R"("rubric": {"kind": "trivial", "rule": "always", "value": 2})");
  run("b");
  const RunsCompared r = compared(side("a"), side("b"));
  // By one judge, nothing changed; the reported means did.
  const MeasureChange& c = of(r, kMean);
  EXPECT_EQ(c.change, Change::no_change);
  EXPECT_EQ(c.equal, kManyQuestions);
  EXPECT_THAT(c.measure.notes, Contains(HasSubstr("the judge differs")));
  ASSERT_THAT(r.attributed, SizeIs(1));
  EXPECT_THAT(r.attributed[0].attribution.shares, SizeIs(1));
  EXPECT_NEAR(share(r.attributed[0], "judge"), *r.attributed[0].second - *r.attributed[0].first, 1e-9);
  EXPECT_LT(share(r.attributed[0], "judge"), -1);
  EXPECT_THAT(r.made_otherwise, Contains(Field(&MadeOtherwise::what, "judge")));
}

TEST_F(Compare, AnswersAndJudgeAreToldApart) {
  run("a");
  answer(2);
  write(R"("rubric": {"kind": "trivial", "rule": "overlap"})");
  run("b");
  const RunsCompared r = compared(side("a"), side("b"));
  ASSERT_THAT(r.attributed, SizeIs(1));
  const AttributedChange& a = r.attributed[0];
  EXPECT_EQ(a.attribution.orders_there, 2);
  EXPECT_NEAR(share(a, "answers") + share(a, "judge"), *a.second - *a.first, 1e-9);
  EXPECT_LT(share(a, "answers"), -0.5);
  EXPECT_EQ(of(r, kMean).change, Change::worse) << "both runs' answers by the second run's judge";
}

TEST_F(Compare, OtherQuestionsAreItems) {
  run("a");
  std::string questions;
  for (int i = 0; i < kManyQuestions; ++i)
    questions += question_line(question_id(i), emotion_of(i < 10 ? i + 2 : i));
  write_text(folder_ / "corpus/questions.jsonl", questions);
  run("b");
  const RunsCompared r = compared(side("a"), side("b"));
  const MeasureChange& c = of(r, kMean);
  EXPECT_EQ(c.pairs, kManyQuestions - 10);
  EXPECT_EQ(c.change, Change::no_change);
  EXPECT_THAT(c.measure.notes, Contains(HasSubstr("10 not what they were")));
  ASSERT_THAT(r.attributed, SizeIs(1));
  EXPECT_NEAR(share(r.attributed[0], "items"), *r.attributed[0].second - *r.attributed[0].first, 1e-9);
}

// ---- judges that reply

// Right or wrong, as a judge would say: the prompt holds reference and answer, which are one word each.
std::string rating_of(const StubRequest& request) {
  int named = 0;
  for (const char* emotion : kEmotions) named += request.body.find(emotion) != std::string::npos;
  return named == 1 ? "4" : "1";
}

class CompareReplies : public Compare {
 protected:
  std::string judge(const std::string& more = "") const {
    return R"("rubric": {"kind": "endpoint", "model": "judge-model", "url": ")" + server_.url() + "\"" +
           more + "}";
  }
  StubServer server_{[](const StubRequest& r) {
    return StubReply{.body = completion(R"({"rating":)" + rating_of(r) + "}")};
  }};
};

TEST_F(CompareReplies, APlantedParserIsAttributedToTheParser) {
  write(judge());
  run("a");
  RunSide first = side("a"), second = side("a");
  // As a parser left them that took every 4 for no rating, and had another version.
  std::map<std::string, Verdict> read;
  for (TapeVerdict& v : first.tape.verdicts) {
    v.identity = "an older program's";
    if (auto* scored = std::get_if<Scored>(&v.outcome); scored && scored->value == 4)
      v.outcome = ParseFailure{scored->rationale, scored->extra};
    read[v.question] = v.outcome;
  }
  for (EvaluationRow& row : first.tape.inputs->rows) row.verdicts["rubric"] = read.at(row.question->id);
  first.report = Json();
  const RunsCompared r = compared(first, second);
  ASSERT_THAT(r.attributed, SizeIs(1));
  ASSERT_THAT(r.attributed[0].attribution.shares, SizeIs(1)) << r.attributed[0].attribution.reason;
  EXPECT_EQ(r.attributed[0].attribution.shares[0].stage, "parser");
  EXPECT_NEAR(share(r.attributed[0], "parser"), *r.attributed[0].second - *r.attributed[0].first, 1e-9);
  EXPECT_GT(share(r.attributed[0], "parser"), 0.1);
  EXPECT_EQ(of(r, kMean).change, Change::no_change) << "read by one parser, nothing moved";
  // With other answers besides: the new parser reads the old replies, not the other way round.
  answer(2);
  run("b");
  const RunsCompared both = compared(first, side("b"));
  ASSERT_THAT(both.attributed, SizeIs(1));
  const AttributedChange& b = both.attributed[0];
  EXPECT_EQ(b.attribution.orders_there, 1) << b.attribution.reason;
  EXPECT_NEAR(share(b, "parser"), share(r.attributed[0], "parser"), 1e-9);
  EXPECT_LT(share(b, "answers"), -0.1);
  EXPECT_NEAR(share(b, "parser") + share(b, "answers"), *b.second - *b.first, 1e-9);
}

TEST_F(CompareReplies, AJudgeThatMovedUnderItsNameIsDrift) {
  write(judge());
  run("a");
  RunSide first = side("a"), second = side("a");
  for (TapeVerdict& v : second.tape.verdicts)
    if (auto* scored = std::get_if<Scored>(&v.outcome)) scored->value -= 1;
  for (EvaluationRow& row : second.tape.inputs->rows)
    if (auto* scored = std::get_if<Scored>(&row.verdicts.at("rubric"))) scored->value -= 1;
  const RunsCompared r = compared(first, second);
  EXPECT_EQ(of(r, kMean).change, Change::judge_drift);
  EXPECT_EQ(of(r, "pqa/all/emotion/accuracy_unmapped_wrong").change, Change::no_change);
  ASSERT_THAT(r.attributed, SizeIs(1));
  EXPECT_NEAR(share(r.attributed[0], "judge"), -1, 1e-9);
}

TEST_F(CompareReplies, AJudgeThatNeverReadTheOtherAnswersCannotBeToldFromThem) {
  write(judge());
  run("a");
  answer(2);
  write(judge(R"(, "service": "another")"));
  run("b");
  const RunsCompared r = compared(side("a"), side("b"));
  ASSERT_THAT(r.attributed, SizeIs(1));
  EXPECT_EQ(r.attributed[0].attribution.shares[0].stage, "answers + judge");
  EXPECT_THAT(r.attributed[0].attribution.reason, HasSubstr("cannot be attributed further: no verdict of"));
  const MeasureChange& c = of(r, kMean);
  EXPECT_EQ(c.change, Change::not_comparable);
  EXPECT_THAT(c.reason, HasSubstr("the judge differs"));
  // Once the first run's answers are judged by the second one's judge, they are told apart, on one of two
  // ways.
  const AddedJudge successor{
      "successor",
      Json::object(
          {{"kind", "endpoint"}, {"model", "judge-model"}, {"service", "another"}, {"url", server_.url()}})};
  answer(4);  // as they were, so that the first run can be opened for judging
  ASSERT_EQ(rejudge(folder_ / "a", here_, store(), successor, 1, folder_ / "again", true), ExitCode::done);
  const RunsCompared now = compared(side("a"), side("b"));
  EXPECT_EQ(of(now, kMean).change, Change::worse);
  ASSERT_THAT(now.attributed, SizeIs(1));
  EXPECT_EQ(now.attributed[0].attribution.orders_there, 1);
  EXPECT_NEAR(share(now.attributed[0], "answers"), *now.attributed[0].second - *now.attributed[0].first,
              1e-9);
}

// ---- sides

TEST_F(Compare, ASideIsAFolderATagAPrefixOrATape) {
  run("a");
  const RunSide by_folder = side("a");
  {
    Store open = Store::open(store(), Store::Mode::write);
    open.tag(by_folder.name.identity, "mine");
  }
  write_text(folder_ / "elsewhere/t.jsonl", write_tape(by_folder.tape));
  for (const std::string& name :
       {std::string("mine"), by_folder.name.identity.substr(0, 10), folder_ / "elsewhere/t.jsonl"}) {
    const RunSide other = open_side(name, here_, store());
    EXPECT_EQ(other.name.identity, by_folder.name.identity) << name;
    EXPECT_EQ(write_tape(other.tape), write_tape(by_folder.tape)) << name;
    EXPECT_EQ(of(compared(by_folder, other), kMean).change, Change::no_change);
  }
  EXPECT_TRUE(open_side(folder_ / "elsewhere/t.jsonl", here_, store()).manifest.is_null());
  EXPECT_THROW(open_side("nothing", here_, store()), Error);
  // Without the store, the tape in the run's folder will do.
  write_text(folder_ / "a/tape.jsonl", write_tape(by_folder.tape));
  EXPECT_EQ(open_side(folder_ / "a", here_, "/nonexistent").name.identity, by_folder.name.identity);
}

}  // namespace
}  // namespace undertone::test
