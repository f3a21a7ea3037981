// Planted runs beside the shipped paper: each verdict, and what it says.
#include "harness/run/reproduce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/support/planted_paper_run.h"

namespace undertone {
namespace {

using test::cell_of;
using test::claim_of;
using testing::AllOf;
using testing::HasSubstr;

PaperComparison beside(const RunFacts& run, const std::string& paper = "2508.07273") {
  return compare_with_paper(test::shipped_paper(paper), run);
}

TEST(Reproduce, ARunWithThePapersValuesReproducesThem) {
  const PaperComparison found = beside(test::paper_sized_run());
  for (const char* name : {"S10 all", "S20 all", "S30 all", "S32 all"})
    EXPECT_EQ(cell_of(found, name).judged.verdict, paper::Verdict::consistent)
        << name << ": 480 clips leave the paper's own error too large for equivalence: "
        << cell_of(found, name).judged.why;
  // Were the paper's clips many, equivalence would be shown.
  PaperSpec many = test::shipped_paper();
  for (PaperSet& s : many.sets) s.clips = 1'000'000;
  EXPECT_EQ(cell_of(compare_with_paper(many, test::paper_sized_run()), "S30 all").judged.verdict,
            paper::Verdict::reproduced);
  // And the very clips have no error of their own.
  PaperSpec same = test::shipped_paper();
  for (PaperSet& s : same.sets) s.digests = {"0123"};
  EXPECT_EQ(cell_of(compare_with_paper(same, test::paper_sized_run()), "S30 all").judged.verdict,
            paper::Verdict::reproduced);

  const PaperClaimFound& gain = claim_of(compare_with_paper(many, test::paper_sized_run()), "implicit gain");
  EXPECT_EQ(gain.scope, "value");
  EXPECT_EQ(gain.verdict, paper::Verdict::reproduced) << gain.why;
  ASSERT_FALSE(gain.evidence.empty());
  EXPECT_NEAR(*gain.evidence.front().value, 38.41, 0.01);
  EXPECT_EQ(claim_of(found, "order of systems").verdict, paper::Verdict::cannot_tell)
      << "the run lacks the contrast at the same condition: " << claim_of(found, "order of systems").why;
}

TEST(Reproduce, OtherValuesAreNotReproduced) {
  const PaperComparison found = beside(test::paper_sized_run({.s10 = 50, .s20 = 51, .s30 = 52, .s32 = 53}));
  EXPECT_EQ(cell_of(found, "S10 all").judged.verdict, paper::Verdict::not_reproduced);
  EXPECT_NEAR(*cell_of(found, "S10 all").difference, 9, 1e-9);
  EXPECT_EQ(claim_of(found, "implicit gain").verdict, paper::Verdict::not_reproduced);
  EXPECT_TRUE(found.gate_fails());
}

TEST(Reproduce, AWideRunCannotTellAndSaysWhatItNeeds) {
  const PaperComparison found = beside(test::paper_sized_run({.half_width = 6}));
  EXPECT_EQ(cell_of(found, "S30 all").judged.verdict, paper::Verdict::cannot_tell);
  EXPECT_THAT(cell_of(found, "S30 all").judged.needs, HasSubstr("the paper's own sampling error"));
  PaperSpec many = test::shipped_paper();
  for (PaperSet& s : many.sets) s.clips = 10'000'000;
  const PaperCellFound c =
      cell_of(compare_with_paper(many, test::paper_sized_run({.half_width = 6})), "S30 all");
  EXPECT_EQ(c.judged.verdict, paper::Verdict::cannot_tell);
  EXPECT_THAT(c.judged.needs,
              AllOf(HasSubstr("needs "), HasSubstr("speakers (2400 now)"), HasSubstr("clips")));
  EXPECT_FALSE(found.gate_fails());
}

TEST(Reproduce, WhatDiffersIsNamed) {
  const auto why = [](const std::function<void(RunFacts&)>& change) {
    RunFacts run = test::paper_sized_run();
    change(run);
    const PaperCellFound c = cell_of(beside(run), "S30 all");
    EXPECT_EQ(c.judged.verdict, paper::Verdict::not_comparable);
    return c.judged.why;
  };
  EXPECT_THAT(why([](RunFacts& r) { r.judges[0].model = "llama-3-70b"; }),
              HasSubstr("other judge (gpt (llama-3-70b), not gpt-4o)"));
  EXPECT_THAT(why([](RunFacts& r) { r.judges[0].scale = "0-5"; }), HasSubstr("other scale (0-5, not 0-100)"));
  EXPECT_THAT(why([](RunFacts& r) { r.set_of.clear(); }),
              HasSubstr("other clips (cpqa: manifest, not human-annotated"));
  EXPECT_THAT(why([](RunFacts& r) { r.limit = 10; }), HasSubstr("only the first 10 questions"));
  EXPECT_THAT(why([](RunFacts& r) { r.encoder = "whisper-base"; }),
              HasSubstr("other model (whisper-base and gemma-2-9b-it"));
  EXPECT_THAT(why([](RunFacts& r) { r.systems[2].pools = {"cpqa"}; }),
              HasSubstr("'S30' trains on cpqa here"));
  EXPECT_THAT(
      why([](RunFacts& r) { std::erase_if(r.systems, [](const auto& s) { return s.name == "S30"; }); }),
      HasSubstr("no system 'S30' here"));
  // Asserting the other set of the paper does not make it this one.
  EXPECT_THAT(why([](RunFacts& r) { r.set_of = {{"cpqa", "generated"}}; }), HasSubstr("other clips"));
}

TEST(Reproduce, InSmallOnlyOrderAndDirectionAreTested) {
  const PaperComparison found = beside(test::small_run());
  for (const PaperCellFound& c : found.cells)
    EXPECT_EQ(c.judged.verdict, paper::Verdict::not_comparable) << c.name;
  EXPECT_THAT(
      cell_of(found, "S10 all").judged.why,
      AllOf(HasSubstr("other judge (embedding and rubric, not gpt-4o)"),
            HasSubstr("0-5 continuous, not 0-100"), HasSubstr("template QA"), HasSubstr("whisper-base")));
  EXPECT_TRUE(cell_of(found, "S10 all").value) << "ours is shown all the same";
  for (const char* name : {"implicit gain", "combined gain", "PQA* alone", "explicit on implicit",
                           "direct emotion falls", "share correct rises"}) {
    const PaperClaimFound& c = claim_of(found, name);
    EXPECT_EQ(c.verdict, paper::Verdict::reproduced) << name << ": " << c.why;
    EXPECT_EQ(c.scope, "order and direction");
    EXPECT_FALSE(c.evidence.empty());
    EXPECT_LE(*c.p_adjusted, 0.05);
  }
  // S30 against S20 is no contrast of that run: it is taken from two means, and said to be.
  const PaperClaimFound& on_top = claim_of(found, "CPQA on PQA*");
  EXPECT_FALSE(on_top.evidence.front().paired);
  const PaperClaimFound& sets = claim_of(found, "metadata gains more on generated");
  EXPECT_EQ(sets.verdict, paper::Verdict::not_comparable);
  EXPECT_THAT(sets.why, HasSubstr("speech: template QA"));
  EXPECT_THAT(found.comparability, HasSubstr("None of its values"));
}

TEST(Reproduce, AGainThatThePlaceboHasTooIsNotTheClaim) {
  // The gain is clear, but permuted emotions give all of it.
  const PaperClaimFound gone = claim_of(beside(test::small_run(0.34, 0.0, -0.6, 0.03)), "implicit gain");
  EXPECT_EQ(gone.evidence.front().judged.verdict, paper::Verdict::reproduced);
  EXPECT_EQ(gone.verdict, paper::Verdict::not_reproduced);
  EXPECT_THAT(gone.why,
              AllOf(HasSubstr("placebo"), HasSubstr("S30 − placebo, absent"), HasSubstr("no difference")));
  // Without a placebo in the run it cannot be told.
  RunFacts without = test::small_run();
  std::erase_if(without.systems, [](const auto& s) { return s.name == "placebo"; });
  std::erase_if(without.estimates,
                [](const Estimate& e) { return e.system == "placebo" || e.baseline == "placebo"; });
  const PaperClaimFound unknown = claim_of(beside(without), "implicit gain");
  EXPECT_EQ(unknown.verdict, paper::Verdict::cannot_tell);
  EXPECT_THAT(unknown.why, HasSubstr("no system 'placebo'"));
}

TEST(Reproduce, TheOppositeDirectionFailsTheGate) {
  const PaperComparison found = beside(test::small_run(0.34, 0.3, +0.6));
  EXPECT_EQ(claim_of(found, "direct emotion falls").verdict, paper::Verdict::not_reproduced);
  EXPECT_TRUE(found.gate_fails());
  EXPECT_FALSE(beside(test::small_run()).gate_fails());
}

// The primary judge shares a lexicon with the label mapping: the claim is tested by one that does not, or by
// none.
TEST(Reproduce, CircularJudgesSupportNoClaim) {
  const PaperComparison found = beside(test::small_run());
  EXPECT_THAT(claim_of(found, "share correct rises").evidence.front().what,
              HasSubstr("rank correlation of judge 'embedding'"));
  RunFacts circular = test::small_run();
  for (Estimate& e : circular.estimates)
    if (e.tag.find("~accuracy") != std::string::npos) e.circular = true;
  for (const char* name : {"share correct rises", "same order by accuracy"}) {
    const PaperClaimFound c = claim_of(beside(circular), name);
    EXPECT_EQ(c.verdict, paper::Verdict::cannot_tell);
    EXPECT_THAT(c.needs, HasSubstr("shares no lexicon"));
  }
}

TEST(Reproduce, SiblingsThatARunCannotAnswerAreNotComparable) {
  for (const char* id : {"2505.13338", "2509.16589"}) {
    const PaperComparison found = beside(test::small_run(), id);
    ASSERT_FALSE(found.claims.empty());
    for (const PaperClaimFound& c : found.claims) {
      EXPECT_EQ(c.verdict, paper::Verdict::not_comparable) << c.name;
      EXPECT_FALSE(c.why.empty());
    }
  }
}

TEST(Reproduce, EveryVerdictHasItsEvidenceInJson) {
  const Json json = parse_json(paper_json(beside(test::small_run())), "reproduce.json");
  EXPECT_EQ(json.at("schema").as_string(), "undertone.reproduce");
  ASSERT_EQ(json.at("cells").size(), 12u);
  ASSERT_EQ(json.at("claims").size(), 10u);
  for (const char* list : {"cells", "claims"})
    for (const Json& one : json.at(list).elements()) {
      EXPECT_FALSE(one.at("verdict").as_string().empty());
      EXPECT_FALSE(one.at("why").as_string().empty()) << one.dump();
      EXPECT_TRUE(one.find("evidence"));
    }
}

}  // namespace
}  // namespace undertone
