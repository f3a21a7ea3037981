// What an analysis says, against closed forms and what must hold.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "metrics/analysis/analyze.h"
#include "metrics/statistics/distributions.h"

namespace undertone::analysis {
namespace {

using ::testing::HasSubstr;

Scores scores_of(const std::string& text, const ScoreOptions& options = {}) {
  const TextTable t = parse_table(text, "s.csv", TableFormat::csv);
  return read_scores(t, understand(t, {}), options);
}
AnalysisSettings quick(int threads = 1) {
  AnalysisSettings s;
  s.resamples = 2000;
  s.threads = threads;
  return s;
}

struct Made {
  int systems = 3, clips = 40, items = 3, seeds = 3;
  double step = 0.1, seed_sd = 0;  // between systems; of each system's seeds
  double human_share = 0, favour = 0;
};
// Long form with a clip effect, an item effect and noise; the human rating is the truth, the judge's score is
// off by 0.3 and, where it favours length, by so many points per ten words.
std::string made(const Made& m, const std::string& name = "test/analysis") {
  Stream random(name);
  std::string out = "system,clip,item,seed,score,human,words\n";
  std::vector<double> seed(static_cast<std::size_t>(m.systems * m.seeds));
  for (double& s : seed) s = m.seed_sd * random.normal();
  for (int c = 0; c < m.clips; ++c) {
    const double clip = 0.5 * random.normal();
    for (int i = 0; i < m.items; ++i) {
      const double item = 0.3 * random.normal();
      for (int k = 0; k < m.systems; ++k)
        for (int s = 0; s < m.seeds; ++s) {
          const double truth = 2.5 + m.step * k + clip + item +
                               seed[static_cast<std::size_t>(k * m.seeds + s)] + 0.3 * random.normal();
          const double words = std::floor(30 + 10 * random.normal());
          const double score = truth + 0.3 + m.favour * (words - 30) / 10 + 0.2 * random.normal();
          const bool rated = random.uniform() < m.human_share;
          out += "m" + std::to_string(k) + ",c" + std::to_string(c) + ",q" + std::to_string(i) + "," +
                 std::to_string(s + 1) + "," + std::to_string(score) + "," +
                 (rated ? std::to_string(truth) : "") + "," + std::to_string(words) + "\n";
        }
    }
  }
  return out;
}

std::string everything(const Analysis& a) {
  std::string out;
  for (const auto& j : a.judges) {
    for (const auto& e : j.estimates) out += to_json(e).dump() + "\n";
    for (const auto& r : j.ranks.rows)
      for (const double p : r.share) out += Json(p).dump() + " ";
    for (const auto& n : j.noise)
      for (const auto& c : n.components) out += Json(c.raw).dump() + " ";
    for (const auto& f : j.favours)
      if (f.slope) out += Json(*f.slope).dump() + " ";
  }
  return out;
}

TEST(Analyze, MeanAndDifferenceByHand) {
  // Two clips with two items each: the clustered t of four numbers.
  const Scores s = scores_of(
      "system,clip,item,score\nA,c1,1,1\nA,c1,2,2\nA,c2,1,4\nA,c2,2,5\nB,c1,1,2\nB,c1,2,2\nB,c2,1,5\nB,c2,2,"
      "7\n");
  AnalysisSettings half = quick();
  half.level = 0.5;  // one degree of freedom: a wide interval would be cut at the scale's ends
  const Analysis a = analyze(s, half);
  const auto& j = a.judges.at(0);
  const Estimate* mean = j.find("mean", "A");
  ASSERT_TRUE(mean && mean->low);
  EXPECT_EQ(*mean->value, 3);
  // Influences -1.5 / 4 * 2 a clip: variance 2/1 * 2 * 0.75^2 = 2.25, one degree of freedom.
  EXPECT_NEAR(*mean->high, 3 + 1 * 1.5, 1e-9);  // the upper quartile of that t is 1
  EXPECT_NEAR(*mean->low, 3 - 1 * 1.5, 1e-9);
  const Estimate* d = j.find("difference", "B", "A");
  ASSERT_TRUE(d);
  EXPECT_EQ(*d->value, 1);
  EXPECT_EQ(d->n, 4);
  EXPECT_EQ(*d->p_value, 0.5);  // clips contribute 0.25 and 0.75: two of four patterns reach their sum
  EXPECT_EQ(j.ranks.rows.size(), 2u);
  EXPECT_NEAR(*j.find("icc", "A")->value, (9 - 0.5) / (9 + 0.5), 1e-12);  // mean squares between and within
}

TEST(Analyze, ThreadsAndRowsInAnyOrderChangeNoByte) {
  const std::string text = made({4, 30, 2, 3, 0.1, 0.1, 0.2, 0.1});
  const std::string one = everything(analyze(scores_of(text), quick(1)));
  EXPECT_EQ(one, everything(analyze(scores_of(text), quick(2))));
  EXPECT_EQ(one, everything(analyze(scores_of(text), quick(5))));
  std::vector<std::string> lines;
  std::size_t at = text.find('\n') + 1;
  for (std::size_t end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    lines.push_back(text.substr(at, end - at));
  Stream random("test/analysis/order");
  random.shuffle(lines);
  std::string shuffled = text.substr(0, text.find('\n') + 1);
  for (const auto& l : lines) shuffled += l + "\n";
  EXPECT_EQ(one, everything(analyze(scores_of(shuffled), quick(1))));
}

TEST(Analyze, SimultaneousIntervalsLieBetweenOneAndBonferroni) {
  const Analysis a = analyze(scores_of(made({5, 60, 2, 1, 0.1, 0, 0, 0})), quick());
  int seen = 0;
  for (const Estimate& e : a.judges[0].estimates) {
    if (e.tag != "difference/simultaneous") continue;
    const Estimate* own = a.judges[0].find("difference", e.system, e.baseline);
    const double wide = *e.high - *e.value, narrow = *own->high - *own->value;
    const double one = statistics::t_quantile(0.975, 59), ten = statistics::t_quantile(1 - 0.025 / 10, 59);
    EXPECT_GT(wide / narrow, 1.1);
    EXPECT_LT(wide / narrow, ten / one * 1.02);
    EXPECT_GE(*e.p_value, *own->p_value);
    ++seen;
  }
  EXPECT_EQ(seen, 10);
}

// Familywise: with equal systems, all ten simultaneous intervals hold zero in 95 of 100 files.
TEST(Analyze, SimultaneousIntervalsHoldTogether) {
  int missed = 0, rejected = 0;
  const int runs = 400;
  for (int r = 0; r < runs; ++r) {
    AnalysisSettings settings = quick();
    settings.resamples = 500;
    settings.stream = "run " + std::to_string(r);
    const Analysis a = analyze(
        scores_of(made({5, 25, 2, 1, 0, 0, 0, 0}, "test/analysis/family/" + std::to_string(r))), settings);
    bool miss = false, reject = false;
    for (const Estimate& e : a.judges[0].estimates)
      if (e.tag == "difference/simultaneous") miss |= *e.low > 0 || *e.high < 0, reject |= *e.p_value <= 0.05;
    missed += miss;
    rejected += reject;
  }
  // 0.05 and four standard errors of 400 runs, 0.044.
  EXPECT_LT(missed / static_cast<double>(runs), 0.094);
  EXPECT_GT(missed, 0);
  EXPECT_LT(rejected / static_cast<double>(runs), 0.094);
}

TEST(Analyze, RanksAreSharesOfDraws) {
  const Analysis a = analyze(scores_of(made({3, 50, 2, 1, 0.4, 0, 0, 0})), quick());
  const auto& r = a.judges[0].ranks;
  ASSERT_EQ(r.rows.size(), 3u);
  for (std::size_t rank = 0; rank < 3; ++rank) {
    double sum = 0;
    for (const auto& row : r.rows) sum += row.share[rank];
    EXPECT_NEAR(sum, 1, 1e-12);
  }
  EXPECT_GT(r.rows[2].share[0], 0.99);  // four tenths of a point are seen
  EXPECT_EQ(r.rows[2].best, 1);
  EXPECT_EQ(r.rows[2].worst, 1);
  EXPECT_EQ(r.rows[0].worst, 3);
  AnalysisSettings lower = quick();
  lower.lower_is_better = true;
  EXPECT_GT(analyze(scores_of(made({3, 50, 2, 2, 0.4, 0, 0, 0})), lower).judges[0].ranks.rows[0].share[0],
            0.99);
  // Equal systems share their ranks.
  const Analysis ties = analyze(scores_of("system,item,score\nA,1,1\nA,2,3\nB,1,1\nB,2,3\n"), quick());
  EXPECT_DOUBLE_EQ(ties.judges[0].ranks.rows[0].share[0], 0.5);
}

TEST(Analyze, SeedNoiseIsFoundAndWidensIntervals) {
  const Analysis a = analyze(scores_of(made({2, 60, 3, 5, 0.1, 0.4, 0, 0})), quick());
  const auto& j = a.judges[0];
  const Estimate *fresh = j.find("mean", "m0"), *held = j.find("mean/these_seeds", "m0");
  ASSERT_TRUE(fresh && held);
  EXPECT_GT(*fresh->high - *fresh->low, 1.5 * (*held->high - *held->low));
  for (const auto& n : j.noise) {
    ASSERT_EQ(n.reason, "");
    EXPECT_GT(*n.seed_share, 0.5);
    EXPECT_NEAR(std::sqrt(n.components.at(0).value), 0.5, 0.2);  // clip
    EXPECT_EQ(n.components.at(2).name, "seed");
    EXPECT_NEAR(std::sqrt(n.components.at(3).value), std::sqrt(0.13), 0.05);  // 0.3 and the judge's 0.2
  }
  const Analysis one = analyze(scores_of(made({2, 20, 3, 1, 0.1, 0, 0, 0})), quick());
  EXPECT_THAT(one.judges[0].noise[0].reason, HasSubstr("one seed"));
}

TEST(Analyze, HumanRatingsCorrectTheJudge) {
  const Analysis a = analyze(scores_of(made({2, 150, 3, 1, 0.2, 0, 0.3, 0})), quick());
  const auto& j = a.judges[0];
  const Estimate *off = j.find("minus_human", "m0", "human"), *corrected = j.find("human_scale/mean", "m0"),
                 *alone = j.find("human_only/mean", "m0"), *judge = j.find("mean", "m0");
  ASSERT_TRUE(off && corrected && alone && judge);
  EXPECT_LT(*off->low, 0.3);
  EXPECT_GT(*off->high, 0.3);
  EXPECT_GT(*off->low, 0.2);
  EXPECT_NEAR(*judge->value - *corrected->value, 0.3, 0.08);
  EXPECT_LT(*corrected->high - *corrected->low, *alone->high - *alone->low);
  const Estimate* r = j.find("human/pearson", "");
  ASSERT_TRUE(r && r->low);
  // Truth varies by 0.5, 0.3, 0.3 (and a step of 0.2 between two systems), the judge by 0.2 more.
  EXPECT_NEAR(*r->value, std::sqrt(0.44 / 0.48), 0.03);
  EXPECT_LT(*r->low, *r->value);
  EXPECT_GT(*r->high, *r->value);
  EXPECT_THAT(j.find("human/pearson/by_system", "")->reason, HasSubstr("means little"));
}

TEST(Analyze, FavouredLengthIsFound) {
  const auto slope = [](const Made& m) {
    return analyze(scores_of(made(m)), quick()).judges[0].favours.at(0);
  };
  const Favour with = slope({2, 100, 3, 1, 0.1, 0, 0.5, 0.25});
  ASSERT_TRUE(with.slope);
  EXPECT_EQ(with.covariate, "words");
  EXPECT_NEAR(*with.slope, 0.25, 0.06);  // a standard deviation is ten words
  EXPECT_LT(*with.p_adjusted, 1e-6);
  const Favour without = slope({2, 100, 3, 2, 0.1, 0, 0, 0.25});  // no human: among answers to an item
  EXPECT_NEAR(*without.slope, 0.25, 0.08);
  EXPECT_THAT(without.method, HasSubstr("same item"));
  const Favour none = slope({2, 100, 3, 1, 0.1, 0, 0.5, 0});
  EXPECT_LT(*none.low, 0);
  EXPECT_GT(*none.high, 0);
}

TEST(Analyze, MissingScoresAreCountedAndBounded) {
  const Scores s = scores_of("system,item,score\nA,1,1\nA,2,\nA,3,5\nA,4,3\nB,1,2\nB,2,2\nB,3,\nB,4,4\n",
                             {Scale{0, 5, false}, "", false});
  const JudgeAnalysis j = analyze(s, quick()).judges[0];
  const Estimate* a = j.find("mean", "A");
  EXPECT_EQ(a->scored, 3);
  EXPECT_EQ(a->asked, 4);
  EXPECT_DOUBLE_EQ(*a->worst, 9.0 / 4);
  EXPECT_DOUBLE_EQ(*a->best, 14.0 / 4);
  const Estimate* d = j.find("difference", "B", "A");
  EXPECT_EQ(d->scored, 2);
  EXPECT_EQ(d->asked, 4);
  EXPECT_DOUBLE_EQ(*d->value, 1);  // (2 - 1 + 4 - 3) / 2
  EXPECT_DOUBLE_EQ(*d->worst, (1 + (2 - 5) + (0 - 5) + 1) / 4.0);
  EXPECT_DOUBLE_EQ(*d->best, (1 + (2 - 0) + (5 - 5) + 1) / 4.0);
}

TEST(Analyze, WeightsCount) {
  const JudgeAnalysis j =
      analyze(scores_of("system,item,score,weight\nA,1,1,3\nA,2,5,1\nB,1,2,3\nB,2,2,1\n"), quick()).judges[0];
  EXPECT_DOUBLE_EQ(*j.find("mean", "A")->value, 2);
  EXPECT_DOUBLE_EQ(*j.find("difference", "B", "A")->value, 0);
}

TEST(Analyze, DegenerateInputGivesReasons) {
  // All ties.
  auto a = analyze(scores_of("system,item,score\nA,1,3\nA,2,3\nB,1,3\nB,2,3\n"), quick());
  EXPECT_THAT(a.judges[0].find("mean", "A")->reason, HasSubstr("no variation"));
  EXPECT_FALSE(a.judges[0].find("difference", "B", "A")->low);
  EXPECT_FALSE(a.judges[0].find("difference", "B", "A")->p_value);
  // One cluster.
  a = analyze(scores_of("system,clip,item,score\nA,c,1,3\nA,c,2,4\nB,c,1,3\nB,c,2,1\n"), quick());
  EXPECT_THAT(a.judges[0].find("mean", "A")->reason, HasSubstr("one unit"));
  EXPECT_THAT(a.judges[0].ranks.reason, HasSubstr("one unit"));
  // A constant human.
  a = analyze(scores_of("system,item,score,human\nA,1,3,4\nA,2,4,4\nA,3,1,4\n"), quick());
  EXPECT_THAT(a.judges[0].find("human/pearson", "")->reason, HasSubstr("does not vary"));
  // Nothing shared, and nothing to pair by.
  a = analyze(scores_of("system,item,score\nA,1,3\nA,2,4\nB,3,3\nB,4,1\n"), quick());
  EXPECT_THAT(a.judges[0].find("difference", "B", "A")->reason, HasSubstr("share no item"));
  a = analyze(scores_of("system,score\nA,3\nA,4\nB,3\nB,1\n"), quick());
  EXPECT_EQ(a.judges[0].find("difference", "B", "A"), nullptr);
  EXPECT_TRUE(a.judges[0].find("mean", "B")->value);
  EXPECT_THROW(analyze(scores_of("system,item,score\nA,1,3\n"),
                       [] {
                         AnalysisSettings s;
                         s.baseline = "C";
                         return s;
                       }()),
               Error);
}

TEST(Analyze, SeveralJudges) {
  std::string text = "system,item,judge,score\n";
  Stream random("test/analysis/judges");
  for (int i = 0; i < 30; ++i)
    for (const char* system : {"A", "B"}) {
      const double truth = std::floor(5 * random.uniform());
      for (const char* judge : {"x", "y"})
        text += std::string(system) + "," + std::to_string(i) + "," + judge + "," +
                std::to_string(truth + (random.uniform() < 0.2)) + "\n";
    }
  const Analysis a = analyze(scores_of(text), quick());
  ASSERT_EQ(a.judges.size(), 2u);
  EXPECT_EQ(a.judges[1].judge, "y");
  ASSERT_EQ(a.agreement.size(), 2u);
  EXPECT_GT(*a.agreement[0].value, 0.8);
  EXPECT_GT(*a.agreement[1].value, 0.8);
  EXPECT_EQ(a.agreement[0].n, 60);
}

TEST(Supports, SaysWhatIsMissing) {
  const auto find = [](const std::vector<Support>& all, const std::string& what) {
    for (const auto& s : all)
      if (s.what.find(what) != std::string::npos) return s;
    return Support{};
  };
  const auto poor = supports(scores_of("item,score\n1,3\n2,4\n"));
  EXPECT_FALSE(find(poor, "paired").supported);
  EXPECT_THAT(find(poor, "paired").why, HasSubstr("--system"));
  EXPECT_FALSE(find(poor, "seed").supported);
  EXPECT_THAT(find(poor, "clusters").why, HasSubstr("--clip"));
  EXPECT_THAT(find(poor, "human").why, HasSubstr("--human"));
  const auto rich = supports(scores_of(made({2, 30, 2, 3, 0.1, 0, 0.5, 0})));
  for (const auto& s : rich)
    if (s.what != "agreement between judges") {
      EXPECT_TRUE(s.supported) << s.what << ": " << s.why;
    }
}

Support about(const Scores& scores, const std::string& what) {
  for (const auto& s : supports(scores))
    if (s.what.find(what) != std::string::npos) return s;
  return Support{};
}

// What it promises of differences is what the analysis gives.
TEST(Supports, DifferencesAreNotPromisedWhereThereAreNone) {
  std::string many = "system,item,score\n", rows = "system,score\n";
  for (int k = 0; k < 41; ++k)
    for (int i = 0; i < 3; ++i) {
      many += fmt::format("s{},{},{}\n", k, i, (k + i) % 5);
      if (k < 3) rows += fmt::format("s{},{}\n", k, (k + i) % 5);
    }
  for (const Scores& scores : {scores_of(many), scores_of(rows)}) {
    const Analysis a = analyze(scores, quick());
    EXPECT_EQ(a.judges[0].difference_tag(), "difference");
    EXPECT_FALSE(about(scores, "paired").supported);
    EXPECT_THAT(about(scores, "simultaneous").why, HasSubstr("of differences there are none"));
  }
  EXPECT_THAT(about(scores_of(many), "paired").why, HasSubstr("--baseline"));
}

// The analysis holds covariates against ratings judge by judge, so what is promised is counted judge by
// judge.
TEST(Supports, RatingsAreCountedOfEachJudge) {
  std::string text = "judge,system,item,score,human,words\n";
  for (const char* judge : {"x", "y"})
    for (int i = 0; i < 6; ++i) text += fmt::format("{},a,{},{},{},{}\n", judge, i, i % 4, i % 3, 10 + i * i);
  const Scores scores = scores_of(text);  // twelve rated rows, six of each judge
  EXPECT_THAT(about(scores, "favours").why, HasSubstr("among answers to the same item"));
  EXPECT_EQ(analyze(scores, quick()).judges[0].favours[0].method.find("equal human rating"),
            std::string::npos);
}

}  // namespace
}  // namespace undertone::analysis
