#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cmath>

#include "harness/core/error.h"
#include "judges/jury.h"
#include "tests/support/judged.h"

namespace undertone {
namespace {
using test::value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Says what it is told, in turn.
class Scripted final : public Judge {
 public:
  Scripted(std::vector<Verdict> says, Scale::Kind scale, std::string name)
      : says_(std::move(says)), scale_{scale}, name_(std::move(name)) {}
  std::string identity() const override { return name_; }
  Scale scale() const override { return scale_; }
  bool is_metric_judge() const override { return name_ == "metric"; }
  std::vector<std::string> resources() const override { return {"weights:" + name_}; }
  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    return {says_.begin(), says_.begin() + static_cast<std::ptrdiff_t>(items.size())};
  }

 private:
  std::vector<Verdict> says_;
  Scale scale_;
  std::string name_;
};

Verdict rating(double v) { return Scored{v, "", {}}; }

std::unique_ptr<Judge> jury(std::vector<std::vector<Verdict>> said, JurySettings settings,
                            Scale::Kind scale = Scale::Kind::discrete_0_5) {
  std::vector<std::pair<std::string, std::unique_ptr<Judge>>> members;
  for (std::size_t i = 0; i < said.size(); ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    members.emplace_back(name, std::make_unique<Scripted>(said[i], scale, name));
  }
  return make_jury(std::move(members), settings);
}

std::vector<Verdict> verdicts(Judge& judge, std::size_t n) { return judge.judge(std::vector<JudgeItem>(n)); }

TEST(JudgesJury, MeanMedianAndMajority) {
  const std::vector<std::vector<Verdict>> said = {
      {rating(5), rating(0)}, {rating(5), rating(1)}, {rating(2), rating(5)}};
  const auto mean = jury(said, {JuryRule::mean, 0}), median = jury(said, {JuryRule::median, 0}),
             majority = jury(said, {JuryRule::majority, 0});
  EXPECT_EQ(value(verdicts(*mean, 2)[0]), 4);
  EXPECT_EQ(value(verdicts(*mean, 2)[1]), 2);
  EXPECT_EQ(value(verdicts(*median, 2)[0]), 5);
  EXPECT_EQ(value(verdicts(*median, 2)[1]), 1);
  EXPECT_EQ(value(verdicts(*majority, 2)[0]), 5);
  const auto none = std::get<ParseFailure>(verdicts(*majority, 2)[1]);
  EXPECT_THAT(none.extra.get("why", ""), HasSubstr("no rating has a majority"));
  EXPECT_THAT(none.raw, HasSubstr("c: 5"));
  EXPECT_EQ(mean->scale().kind, Scale::Kind::continuous_0_5);
  EXPECT_EQ(majority->scale().kind, Scale::Kind::discrete_0_5);
}

TEST(JudgesJury, TheMedianOfAnEvenNumberIsTheMiddle) {
  const auto two = jury({{rating(2)}, {rating(5)}}, {JuryRule::median, 0});
  EXPECT_EQ(value(verdicts(*two, 1)[0]), 3.5);
  const auto tie = jury({{rating(2)}, {rating(5)}}, {JuryRule::majority, 0});
  EXPECT_TRUE(std::holds_alternative<ParseFailure>(verdicts(*tie, 1)[0]));
}

TEST(JudgesJury, DisagreementIsAMeasure) {
  const auto j = jury({{rating(1)}, {rating(2)}, {rating(4.5)}}, {JuryRule::mean, 0});
  const Scored s = std::get<Scored>(verdicts(*j, 1)[0]);
  // Sample standard deviation of 1, 2, 4.5: variance (2.25 + .25 + 4) / 2.
  EXPECT_DOUBLE_EQ(s.parts.at("disagreement"), std::sqrt(3.25));
  EXPECT_EQ(s.parts.at("b"), 2);
}

TEST(JudgesJury, AMemberThatFailsIsNoRating) {
  const std::vector<std::vector<Verdict>> said = {{rating(4)}, {ParseFailure{"?"}}, {rating(2)}};
  const auto all = jury(said, {JuryRule::mean, 0});
  const Verdict failed = verdicts(*all, 1)[0];
  ASSERT_TRUE(std::holds_alternative<ParseFailure>(failed));
  EXPECT_THAT(std::get<ParseFailure>(failed).extra.get("why", ""), HasSubstr("2 of 3 members"));
  EXPECT_EQ(std::get<ParseFailure>(failed).extra.at("members").get("b", ""), "parse_failure");
  const auto two = jury(said, {JuryRule::mean, 2});
  EXPECT_EQ(value(verdicts(*two, 1)[0]), 3);
  EXPECT_NE(all->identity(), two->identity());
}

// A member whose server is down: judge() has a verdict for each item, judge_each() hands over what may be
// kept and throws.
class ServerDown final : public Judge {
 public:
  std::string identity() const override { return "down"; }
  Scale scale() const override { return {Scale::Kind::discrete_0_5}; }
  bool is_metric_judge() const override { return false; }
  std::vector<std::string> resources() const override { return {}; }
  bool hands_over_each() const override { return true; }
  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    return std::vector<Verdict>(items.size(), TransportError{});
  }
  void judge_each(std::span<const JudgeItem>, const JudgedSink& sink) override {
    sink(std::vector<Judged>{{0, Scored{1, "", {}}, Json::object()}});
    throw Error(ErrorKind::io, "nobody answers");
  }
};

TEST(JudgesJury, WhatKeepsAMemberFromJudgingIsNoVerdict) {
  for (const int quorum : {0, 1}) {
    std::vector<std::pair<std::string, std::unique_ptr<Judge>>> members;
    members.emplace_back(
        "a", std::make_unique<Scripted>(std::vector{rating(4), rating(4)}, Scale::Kind::discrete_0_5, "a"));
    members.emplace_back("b", std::make_unique<ServerDown>());
    const auto j = make_jury(std::move(members), {JuryRule::mean, quorum});
    bool handed_over = false;
    try {
      j->judge_each(std::vector<JudgeItem>(2), [&](std::span<const Judged>) { handed_over = true; });
      FAIL() << "quorum " << quorum;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::io);
    }
    EXPECT_FALSE(handed_over) << "quorum " << quorum;
  }
}

// In any order, item by item: each finds its place.
class Backwards final : public Judge {
 public:
  std::string identity() const override { return "backwards"; }
  Scale scale() const override { return {Scale::Kind::discrete_0_5}; }
  bool is_metric_judge() const override { return false; }
  std::vector<std::string> resources() const override { return {}; }
  bool hands_over_each() const override { return true; }
  std::vector<Verdict> judge(std::span<const JudgeItem>) override {
    throw Error(ErrorKind::internal, "asked");
  }
  void judge_each(std::span<const JudgeItem> items, const JudgedSink& sink) override {
    for (std::size_t i = items.size(); i-- > 0;)
      sink(std::vector<Judged>{{i, Scored{static_cast<double>(i), "", {}}, Json::object()}});
  }
};

TEST(JudgesJury, VerdictsOfAMemberFindTheirItems) {
  std::vector<std::pair<std::string, std::unique_ptr<Judge>>> members;
  members.emplace_back("a", std::make_unique<Backwards>());
  members.emplace_back("b", std::make_unique<Scripted>(std::vector{rating(0), rating(1), rating(4)},
                                                       Scale::Kind::discrete_0_5, "b"));
  const auto j = make_jury(std::move(members), {});
  const auto said = verdicts(*j, 3);
  EXPECT_EQ(value(said[0]), 0);
  EXPECT_EQ(value(said[1]), 1);
  EXPECT_EQ(value(said[2]), 3);
}

TEST(JudgesJury, BinaryMembersMakeAShare) {
  const auto mean = jury({{rating(1)}, {rating(1)}, {rating(0)}}, {JuryRule::mean, 0}, Scale::Kind::binary);
  EXPECT_EQ(mean->scale().kind, Scale::Kind::percent);
  EXPECT_DOUBLE_EQ(value(verdicts(*mean, 1)[0]), 200.0 / 3);
  const auto majority =
      jury({{rating(1)}, {rating(1)}, {rating(0)}}, {JuryRule::majority, 0}, Scale::Kind::binary);
  EXPECT_EQ(value(verdicts(*majority, 1)[0]), 1);
}

TEST(JudgesJury, SharesWhatItsMembersShareAndIsWhatTheyAre) {
  std::vector<std::pair<std::string, std::unique_ptr<Judge>>> members;
  members.emplace_back("m",
                       std::make_unique<Scripted>(std::vector<Verdict>{}, Scale::Kind::binary, "metric"));
  members.emplace_back("l", std::make_unique<Scripted>(std::vector<Verdict>{}, Scale::Kind::binary, "llm"));
  const auto j = make_jury(std::move(members), {});
  EXPECT_THAT(j->resources(), ElementsAre("weights:llm", "weights:metric"));
  EXPECT_FALSE(j->is_metric_judge());
}

TEST(JudgesJury, RefusesWhatIsNoJury) {
  EXPECT_THROW(jury({{rating(1)}}, {}), Error);
  EXPECT_THROW(jury({{rating(1)}, {rating(1)}}, {JuryRule::mean, 3}), Error);
  std::vector<std::pair<std::string, std::unique_ptr<Judge>>> members;
  members.emplace_back("a", std::make_unique<Scripted>(std::vector<Verdict>{}, Scale::Kind::binary, "a"));
  members.emplace_back("b", std::make_unique<Scripted>(std::vector<Verdict>{}, Scale::Kind::percent, "b"));
  try {
    make_jury(std::move(members), {});
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what_happened(), HasSubstr("'a' judges on 0/1 but 'b' on 0-100"));
  }
}

std::vector<Problem> problems_of(const char* text) {
  std::vector<Problem> found;
  const Json json = parse_json(text, "s.json");
  FieldReader reader(json, "/judges/j", found);
  builtin_judges().at("jury").fields(reader);
  reader.finish();
  return found;
}

TEST(JudgesJury, IsMadeFromASuite) {
  EXPECT_TRUE(
      problems_of(R"({"members": {"r": {"kind": "rubric"}, "o": {"kind": "trivial", "rule": "overlap"}}})")
          .empty());
  const auto bad = problems_of(
      R"({"members": {"r": {"kind": "rubrik"}, "j": {"kind": "jury"}, "t": {"kind": "trivial", "valu": 3}}, "rule": "max"})");
  ASSERT_EQ(bad.size(), 4u);
  JudgeContext context;
  const auto j = builtin_judges().at("jury").make(
      parse_json(R"({"members": {"three": {"kind": "trivial"}, "five": {"kind": "trivial", "value": 5}}})",
                 "s"),
      context);
  Question q;
  EXPECT_EQ(value(j->judge(std::vector<JudgeItem>{{&q, nullptr, "x"}})[0]), 4);
}

std::unique_ptr<Judge> trivial(const char* fields) {
  JudgeContext context;
  return builtin_judges().at("trivial").make(parse_json(fields, "s"), context);
}

TEST(JudgesFloors, LengthOverlapAndLots) {
  Question q;
  q.id = "q1";
  q.reference = "She sounds sad";
  const auto of = [&](Judge& j, const char* answer) {
    return value(j.judge(std::vector<JudgeItem>{{&q, nullptr, answer}})[0]);
  };
  const auto longest = trivial(R"({"rule": "longest"})");
  EXPECT_EQ(of(*longest, ""), 0);
  EXPECT_LT(of(*longest, "one two"), of(*longest, "one two three"));
  const auto overlap = trivial(R"({"rule": "overlap"})");
  EXPECT_EQ(of(*overlap, "she SOUNDS sad."), 5);
  EXPECT_DOUBLE_EQ(of(*overlap, "sad sad"), 5 * 2 * 1.0 / 5);  // one of two words, of three
  EXPECT_EQ(of(*overlap, "happy"), 0);
  const auto lots = trivial(R"({"rule": "random"})"), others = trivial(R"({"rule": "random", "seed": 1})");
  EXPECT_EQ(of(*lots, "x"), of(*lots, "x"));
  EXPECT_NE(of(*lots, "x"), of(*lots, "y"));
  EXPECT_NE(of(*lots, "x"), of(*others, "x"));
  EXPECT_NE(lots->identity(), others->identity());
  q.reference = "";
  EXPECT_TRUE(
      std::holds_alternative<NotJudged>(overlap->judge(std::vector<JudgeItem>{{&q, nullptr, "x"}})[0]));
}

// Verdicts bought before there were other rules stay valid.
TEST(JudgesFloors, TheIdentityOfAlwaysIsWhatItWas) {
  EXPECT_EQ(trivial("{}")->identity(), trivial(R"({"rule": "always", "value": 3})")->identity());
  EXPECT_NE(trivial("{}")->identity(), trivial(R"({"rule": "longest"})")->identity());
}

}  // namespace
}  // namespace undertone
