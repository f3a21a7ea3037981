// evaluate() on small evaluations whose numbers can be worked out by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "harness/core/error.h"
#include "metrics/evaluate.h"

namespace undertone {
namespace {

struct Made {
  std::deque<Clip> clips;
  std::deque<Question> questions;
  std::vector<EvaluationRow> rows;
  EvaluationSettings settings;

  Made() {
    settings.judges = {{"rubric", {Scale::Kind::continuous_0_5}, true, {"lexicon:emotion"}}};
    settings.primary_judge = "rubric";
    settings.resamples = 200;
  }
  const Question& ask(const std::string& id, const std::string& unit, QuestionType type = QuestionType::CE,
                      std::map<std::string, std::string> gold = {}) {
    Clip& c = clips.emplace_back();
    c.id = "clip-" + id;
    c.unit = unit;
    Question& q = questions.emplace_back();
    q.id = id;
    q.clip = c.id;
    q.type = type;
    q.pool = "cpqa";
    q.reference = "happy";
    q.gold = std::move(gold);
    return q;
  }
  EvaluationRow& answer(const std::string& system, int seed, const Question& q, Verdict verdict,
                        const std::string& text = "happy") {
    EvaluationRow r;
    r.system = system;
    r.condition = "absent";
    r.seed = seed;
    r.question = &q;
    for (const Clip& c : clips)
      if (c.id == q.clip) r.clip = &c;
    r.unit = r.clip->unit;
    r.answer.status = AnswerStatus::answered;
    r.answer.text = text;
    r.verdicts["rubric"] = std::move(verdict);
    return rows.emplace_back(std::move(r));
  }
  std::vector<Estimate> run() const { return evaluate(rows, settings); }
};

const Estimate& find(const std::vector<Estimate>& all, const std::string& tag,
                     const std::string& system = "S") {
  for (const Estimate& e : all)
    if (e.tag == tag && e.system == system) return e;
  throw Error(ErrorKind::internal, "no estimate " + tag + " of " + system);
}
bool has(const std::vector<Estimate>& all, const std::string& tag) {
  return std::any_of(all.begin(), all.end(), [&](const Estimate& e) { return e.tag == tag; });
}

TEST(Evaluate, QuestionsAndTypesAreWeighedApart) {
  Made m;
  m.answer("S", 1, m.ask("a", "u1", QuestionType::CE), Scored{5, "", {}});
  m.answer("S", 1, m.ask("b", "u1", QuestionType::CE), Scored{4, "", {}});
  m.answer("S", 1, m.ask("c", "u2", QuestionType::CE), Scored{3, "", {}});
  m.answer("S", 1, m.ask("d", "u2", QuestionType::CS), Scored{0, "", {}});
  const auto all = m.run();
  EXPECT_DOUBLE_EQ(find(all, "cpqa/all/judge:rubric/mean").value.value(), 3);
  EXPECT_DOUBLE_EQ(find(all, "cpqa/types/judge:rubric/mean").value.value(), 2);
  EXPECT_DOUBLE_EQ(find(all, "cpqa/CE/judge:rubric/mean").value.value(), 4);
  const Estimate& one = find(all, "cpqa/CS/judge:rubric/mean");
  EXPECT_DOUBLE_EQ(one.value.value(), 0);
  EXPECT_FALSE(one.low.has_value());
  EXPECT_NE(one.reason.find("one unit"), std::string::npos);
  const Estimate& mean = find(all, "cpqa/all/judge:rubric/mean");
  // Unit sums less mean x count: 9 - 6 = 3 and 3 - 6 = -3; variance 2/1 (9 + 9) / 16; t(1) at 0.975
  // is 12.706.
  EXPECT_DOUBLE_EQ(mean.low.value(), 0);  // cut at the scale's end
  EXPECT_EQ(mean.unit, "0-5");
  EXPECT_EQ(mean.unit_resampled, "speaker");
  EXPECT_EQ(mean.units, 2);
  EXPECT_EQ(mean.method, "clustered t");
  EXPECT_NE(mean.reason.find("conditional on these 2 speakers"), std::string::npos);
  EXPECT_TRUE(has(all, "cpqa/all/judge:rubric/mean/these_units"));
  EXPECT_FALSE(has(all, "cpqa/all/judge:rubric/mean/these_seeds"));
  EXPECT_FALSE(has(all, "cpqa/seen/judge:rubric/mean"));  // nothing is unseen here
}

TEST(Evaluate, NothingButAScoreOfAnAnswerCounts) {
  Made m;
  m.answer("S", 1, m.ask("a", "u1"), Scored{4, "", {}});
  m.answer("S", 1, m.ask("b", "u2"), ParseFailure{"five"});
  m.answer("S", 1, m.ask("c", "u3"), Refused{"no"});
  m.answer("S", 1, m.ask("d", "u4"), TransportError{500, 3, ""});
  m.answer("S", 1, m.ask("e", "u5"), Scored{5, "", {}}).answer.status = AnswerStatus::truncated;
  m.answer("S", 1, m.ask("f", "u6"), Scored{2, "", {}});
  const Estimate e = find(m.run(), "cpqa/all/judge:rubric/mean");
  EXPECT_DOUBLE_EQ(e.value.value(), 3);
  EXPECT_EQ(e.asked, 6);
  EXPECT_EQ(e.scored, 2);
  EXPECT_EQ(e.units, 2);
  EXPECT_DOUBLE_EQ(e.worst.value(), 1);
  EXPECT_DOUBLE_EQ(e.best.value(), (6 + 4 * 5) / 6.0);
}

TEST(Evaluate, AllFailedIsNullWithAReason) {
  Made m;
  for (const char* id : {"a", "b"}) m.answer("S", 1, m.ask(id, id), ParseFailure{"?"});
  const Estimate e = find(m.run(), "cpqa/all/judge:rubric/mean");
  EXPECT_FALSE(e.value.has_value());
  EXPECT_EQ(e.asked, 2);
  EXPECT_EQ(e.scored, 0);
  EXPECT_NE(e.reason.find("no scored items"), std::string::npos);
  EXPECT_DOUBLE_EQ(e.worst.value(), 0);
  EXPECT_DOUBLE_EQ(e.best.value(), 5);
}

TEST(Evaluate, SeedsAreCrossedNotPooled) {
  Made m;
  for (int q = 0; q < 6; ++q) {
    const Question& question = m.ask("q" + std::to_string(q), "u" + std::to_string(q));
    for (int seed : {1, 2, 3}) m.answer("S", seed, question, Scored{1.0 + 0.1 * q + seed, "", {}});
  }
  const auto all = m.run();
  const Estimate& e = find(all, "cpqa/all/judge:rubric/mean");
  EXPECT_EQ(e.seeds, 3);
  EXPECT_EQ(e.n, 18);
  EXPECT_EQ(e.method, "crossed seeds t (new seeds)");
  const Estimate& these = find(all, "cpqa/all/judge:rubric/mean/these_seeds");
  EXPECT_DOUBLE_EQ(*e.value, *these.value);
  EXPECT_LT(*these.high - *these.low, 0.5);
  EXPECT_GT(*e.high - *e.low, 3);  // seeds spread by one point each, with two degrees of freedom
}

TEST(Evaluate, LabelsCountUnmappedAndFailures) {
  Made m;
  m.answer("S", 1, m.ask("a", "u1", QuestionType::CE, {{"emotion", "happy"}}), Scored{5, "", {}}, "joyful");
  m.answer("S", 1, m.ask("b", "u2", QuestionType::CE, {{"emotion", "anger"}}), Scored{5, "", {}}, "furious");
  m.answer("S", 1, m.ask("c", "u3", QuestionType::CE, {{"emotion", "sad"}}), Scored{0, "", {}}, "not sad");
  m.answer("S", 1, m.ask("d", "u4", QuestionType::CE, {{"emotion", "sad"}}), Scored{0, "", {}}, "happy");
  m.answer("S", 1, m.ask("e", "u5", QuestionType::CE, {{"emotion", "sad"}}), Scored{0, "", {}}, "sad")
      .answer.status = AnswerStatus::refusal;
  const auto all = m.run();
  const Estimate& accuracy = find(all, "cpqa/all/emotion/accuracy");
  EXPECT_DOUBLE_EQ(accuracy.value.value(), 2.0 / 3);
  EXPECT_EQ(accuracy.n, 3);
  EXPECT_EQ(accuracy.asked, 5);
  EXPECT_DOUBLE_EQ(find(all, "cpqa/all/emotion/accuracy_unmapped_wrong").value.value(), 0.5);
  EXPECT_DOUBLE_EQ(find(all, "cpqa/all/emotion/coverage").value.value(), 0.75);
  EXPECT_DOUBLE_EQ(find(all, "cpqa/all/emotion/uar").value.value(), 2.0 / 3);  // happy 1, angry 1, sad 0
  // F1: happy 2/3, angry 1, sad 0; each class has one gold item.
  EXPECT_DOUBLE_EQ(find(all, "cpqa/all/emotion/f1_macro").value.value(), (2.0 / 3 + 1) / 3);
  EXPECT_DOUBLE_EQ(find(all, "cpqa/all/emotion/f1_weighted").value.value(), (2.0 / 3 + 1) / 3);
  const Estimate& correlation = find(all, "cpqa/all/judge:rubric~accuracy/pearson");
  EXPECT_EQ(correlation.n, 4);
  EXPECT_NEAR(correlation.value.value(), 1, 1e-12);
  EXPECT_TRUE(correlation.circular);
}

// Whoever always says the one label that occurs would have a recall and an F1 of 1.
TEST(Evaluate, OneGoldClassTellsNoClassesApart) {
  Made m;
  for (const char* id : {"a", "b", "c"})
    m.answer("S", 1, m.ask(id, id, QuestionType::CE, {{"emotion", "happy"}}), Scored{5, "", {}}, "happy");
  const auto all = m.run();
  EXPECT_DOUBLE_EQ(find(all, "cpqa/all/emotion/accuracy").value.value(), 1);
  for (const char* metric : {"uar", "f1_macro", "f1_weighted"}) {
    const Estimate& e = find(all, std::string("cpqa/all/emotion/") + metric);
    EXPECT_FALSE(e.value.has_value()) << metric;
    EXPECT_FALSE(e.low.has_value()) << metric;
    EXPECT_NE(e.reason.find("one class only"), std::string::npos) << metric << ": " << e.reason;
  }
}

TEST(Evaluate, ContrastsArePairedAndAdjusted) {
  Made m;
  for (int q = 0; q < 8; ++q) {
    const Question& question = m.ask("q" + std::to_string(q), "u" + std::to_string(q));
    const double base = 1 + 0.4 * q;
    m.answer("B", 1, question, Scored{base, "", {}});
    if (q == 7)
      m.answer("S", 1, question, ParseFailure{"?"});  // drops the pair
    else
      m.answer("S", 1, question, Scored{base + (q % 2 ? 0.5 : 1.0), "", {}});
  }
  m.settings.contrasts = {{"gain", "S", "B", "absent", "absent", true},
                          {"gone", "S", "X", "absent", "absent", true}};
  const auto all = m.run();
  const Estimate& d = find(all, "cpqa/all/judge:rubric/difference");
  EXPECT_EQ(d.baseline, "B");
  EXPECT_EQ(d.kind, "difference");
  EXPECT_EQ(d.scored, 7);
  EXPECT_EQ(d.asked, 8);
  EXPECT_NEAR(d.value.value(), (4 * 1.0 + 3 * 0.5) / 7, 1e-12);
  EXPECT_FALSE(d.exploratory);
  EXPECT_NEAR(d.p_value.value(), 2.0 / 128,
              1e-12);  // all of one sign: two of 2^7 patterns; Holm over one test
  const Estimate& g = find(all, "cpqa/all/judge:rubric/relative_gain");
  EXPECT_EQ(g.unit, "%");
  const double baseline_mean = (7 + 0.4 * 21) / 7;
  EXPECT_NEAR(g.value.value(), 100 * *d.value / baseline_mean, 1e-10);
  EXPECT_LT(*g.low, *g.value);
  EXPECT_GT(*g.high, *g.value);
  EXPECT_TRUE(find(all, "cpqa/types/judge:rubric/difference").exploratory);
  bool said = false;  // a declared contrast never vanishes
  for (const Estimate& e : all)
    said = said || (e.baseline == "X" && !e.value && e.reason.find("no answers of 'X'") != std::string::npos);
  EXPECT_TRUE(said);
}

TEST(Evaluate, AJudgeOfTheAnswerersFamilySupportsNoClaim) {
  Made m;
  for (int q = 0; q < 8; ++q) {
    const Question& question = m.ask(std::to_string(q), std::to_string(q));
    for (const char* system : {"S", "B", "C"}) m.answer(system, 1, question, Scored{1 + 0.4 * q, "", {}});
  }
  m.settings.judges[0].resources = {"weights:abc"};
  m.settings.system_resources = {{"S", {"weights:abc"}}, {"B", {"weights:other"}}};
  m.settings.contrasts = {{"own", "B", "S", "absent", "absent", true},
                          {"clean", "B", "C", "absent", "absent", true}};
  const auto all = m.run();
  const Estimate& own = find(all, "cpqa/all/judge:rubric/mean", "S");
  EXPECT_TRUE(own.circular);
  EXPECT_NE(own.reason.find("self-family"), std::string::npos) << own.reason;
  EXPECT_TRUE(own.value) << "the number is shown";
  EXPECT_FALSE(find(all, "cpqa/all/judge:rubric/mean", "B").circular);
  EXPECT_FALSE(find(all, "cpqa/all/exact_match", "S").circular) << "no judge, no family";
  for (const Estimate& e : all)
    if (e.tag == "cpqa/all/judge:rubric/difference") {
      EXPECT_EQ(e.circular, e.baseline == "S");
      EXPECT_EQ(e.exploratory, e.baseline == "S") << "a claim needs another judge";
    }
}

TEST(Evaluate, WhatASamplingJudgeWasNotToReadIsNotMissing) {
  Made m;
  for (int q = 0; q < 6; ++q) {
    const Question& question = m.ask(std::to_string(q), std::to_string(q));
    for (const char* system : {"S", "B"})
      m.answer(system, 1, question, q < 4 ? Verdict(Scored{3, "", {}}) : Verdict(NotJudged{"not sampled"}));
  }
  m.settings.judges[0].sample = {"0", "1", "2", "3"};
  m.settings.contrasts = {{"d", "S", "B", "absent", "absent", true}};
  const auto all = m.run();
  const Estimate& mean = find(all, "cpqa/all/judge:rubric/mean");
  EXPECT_EQ(mean.asked, 4);
  EXPECT_EQ(mean.scored, 4);
  EXPECT_EQ(mean.worst, mean.best);
  EXPECT_EQ(find(all, "cpqa/all/judge:rubric/difference").asked, 4);
  EXPECT_EQ(find(all, "cpqa/all/exact_match").asked, 6);
}

TEST(Evaluate, ConditionsThatAJudgeDoesNotReadHaveNoRowOfIt) {
  Made m;
  for (int q = 0; q < 4; ++q) {
    const Question& question = m.ask(std::to_string(q), std::to_string(q));
    m.answer("S", 1, question, Scored{3, "", {}});
    m.answer("S", 1, question, NotJudged{"not read"}).condition = "gold";
  }
  m.settings.contrasts = {{"d", "S", "S", "gold", "absent", false}};
  const auto rows = [](const std::vector<Estimate>& all, const std::string& condition) {
    return std::count_if(all.begin(), all.end(), [&](const Estimate& e) {
      return e.judge == "rubric" && e.test_condition == condition;
    });
  };
  EXPECT_GT(rows(m.run(), "gold"), 0);
  m.settings.judges[0].conditions = {"absent"};
  const auto all = m.run();
  EXPECT_EQ(rows(all, "gold"), 0) << "nothing was asked of it there, so nothing is missing";
  EXPECT_EQ(find(all, "cpqa/all/judge:rubric/mean").scored, 4);
  EXPECT_EQ(
      std::count_if(all.begin(), all.end(),
                    [](const Estimate& e) { return e.tag == "cpqa/all/exact_match" && !e.system.empty(); }),
      2)
      << "metrics are of all answers";
}

TEST(Evaluate, BaselineOfZeroHasNoPercentage) {
  Made m;
  for (int q = 0; q < 4; ++q) {
    const Question& question = m.ask("q" + std::to_string(q), "u" + std::to_string(q));
    m.answer("B", 1, question, Scored{0, "", {}});
    m.answer("S", 1, question, Scored{1.0 + q, "", {}});
  }
  m.settings.contrasts = {{"gain", "S", "B", "absent", "absent", true}};
  const Estimate g = find(m.run(), "cpqa/all/judge:rubric/relative_gain");
  EXPECT_FALSE(g.value.has_value());
  EXPECT_NE(g.reason.find("not above zero"), std::string::npos);
}

TEST(Evaluate, WithoutClipsQuestionsAreTheUnits) {
  Made m;
  for (int q = 0; q < 3; ++q) {
    EvaluationRow& r = m.answer("S", 0, m.ask("q" + std::to_string(q), "u"), Scored{1.0 + q, "", {}});
    r.clip = nullptr;
    r.unit.clear();
  }
  const Estimate e = find(m.run(), "cpqa/all/judge:rubric/mean");
  EXPECT_EQ(e.unit_resampled, "question");
  EXPECT_EQ(e.units, 3);
  EXPECT_NE(e.reason.find("no clip is known"), std::string::npos);
}

TEST(Evaluate, WordErrorRateWeighsByWords) {
  Made m;
  const char* references[] = {"anna sold the house", "peter lost it"};
  const char* answers[] = {"Anna sold a house.", "Peter lost it"};
  for (int i = 0; i < 2; ++i) {
    m.ask("q" + std::to_string(i), "u" + std::to_string(i), QuestionType::ASR);
    m.questions.back().pool = "asr";
    m.questions.back().reference = references[i];
    m.answer("S", 1, m.questions.back(), NotJudged{"transcripts are not judged"}, answers[i]);
  }
  const auto all = m.run();
  EXPECT_DOUBLE_EQ(find(all, "asr/all/wer").value.value(), 1.0 / 7);
  EXPECT_FALSE(has(all, "asr/all/judge:rubric/mean"));  // transcripts are not judged
  EXPECT_FALSE(has(all, "asr/all/exact_match"));
}

TEST(Evaluate, RefusesWhatItCannotMean) {
  Made m;
  const Question& q = m.ask("a", "u1");
  m.answer("S", 1, q, Scored{5, "", {}});
  m.answer("S", 1, q, Scored{4, "", {}});
  EXPECT_THROW(m.run(), Error);
  EXPECT_TRUE(evaluate({}, m.settings).empty());
  m.settings.resamples = 3;
  EXPECT_THROW(evaluate({}, m.settings), Error);
}

}  // namespace
}  // namespace undertone
