#include "harness/text/label_fallback.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "harness/core/error.h"

namespace undertone {
namespace {

// Texts as points on a circle: an angle in degrees decides the cosine.
class CircleEncoder final : public TextEncoder {
 public:
  explicit CircleEncoder(std::map<std::string, double> degrees) : degrees_(std::move(degrees)) {}
  std::vector<std::vector<float>> embed(std::span<const std::string> texts) override {
    std::vector<std::vector<float>> out;
    for (const std::string& t : texts) {
      embedded.push_back(t);
      const double angle = (degrees_.contains(t) ? degrees_.at(t) : 180) * M_PI / 180;
      out.push_back({static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))});
    }
    return out;
  }
  std::string identity() const override { return "circle"; }
  std::vector<std::string> embedded;

 private:
  std::map<std::string, double> degrees_;
};

const std::map<std::string, double> kPlaces = {{"The sentiment is negative.", 0},
                                               {"The sentiment is neutral.", 90},
                                               {"The sentiment is positive.", 40},
                                               {"a sunny day for them", 30},
                                               {"halfway", 20},
                                               {"far away", 175},
                                               {"The talk is not positive", 40},
                                               {"both positive and negative", 40}};

TEST(LabelFallback, GuessesOnlyWhereTheLexiconFindsNothing) {
  CircleEncoder encoder(kPlaces);
  const std::vector<std::string> texts = {
      "a sunny day for them",       "positive", "The talk is not positive", "halfway", "far away",
      "both positive and negative", "",         "a sunny day for them"};
  const auto mapped = map_labels("sentiment", texts, encoder, {0.5, 0.05});
  ASSERT_EQ(mapped.size(), texts.size());
  EXPECT_EQ(mapped[0].label, "positive");
  EXPECT_EQ(mapped[0].rule, "embedding: positive (cosine 0.985, margin 0.119)");
  EXPECT_EQ(mapped[1].rule, "word: positive");
  EXPECT_EQ(mapped[2].rule, "negated: positive");  // a denied label is not guessed at
  EXPECT_FALSE(mapped[3].label.has_value()) << "as near to one label as to another";
  EXPECT_EQ(mapped[3].rule, "none");
  EXPECT_FALSE(mapped[4].label.has_value()) << "near to none";
  EXPECT_EQ(mapped[5].rule, "several: positive, negative");
  EXPECT_EQ(mapped[6].rule, "none");
  EXPECT_EQ(mapped[7].label, "positive");
  EXPECT_EQ(std::count(encoder.embedded.begin(), encoder.embedded.end(), "a sunny day for them"), 1);
  EXPECT_EQ(std::count(encoder.embedded.begin(), encoder.embedded.end(), "positive"), 0);
}

TEST(LabelFallback, ThresholdsLetThroughWhatIsRightMoreOftenThanNot) {
  const std::vector<LabelSimilarity> near = {{"happy", "sad", 0.9, 0.2},
                                             {"sad", "happy", 0.8, 0.3},
                                             {"happy", "sad", 0.7, 0.01},
                                             {"angry", "sad", 0.3, 0.4},
                                             {"", "", 0, 0}};
  const std::vector<std::string> gold = {"happy", "sad", "sad", "", ""};
  const FallbackThresholds t = calibrated_thresholds(near, gold);
  EXPECT_DOUBLE_EQ(t.cosine, 0.8);
  EXPECT_DOUBLE_EQ(t.margin, 0.2);
  // Where every guess is wrong none is made.
  const std::vector<std::string> none(near.size(), "");
  EXPECT_GT(calibrated_thresholds(near, none).cosine, 1);
}

TEST(LabelFallback, RefusesWhatItCannotDo) {
  CircleEncoder encoder(kPlaces);
  const std::vector<std::string> one = {"halfway"};
  EXPECT_THROW(label_similarities("age", one, encoder), Error);
  EXPECT_THROW(calibrated_thresholds({}, one), Error);
}

}  // namespace
}  // namespace undertone
