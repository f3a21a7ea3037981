// The replica suite with a tiny pretrained decoder: adapters train in front of it, text controls ask it as it
// is, and its weights decide what has to be done again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/workplace.h"
#include "tests/support/toy_pretrained.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Replica : public ::testing::Test {
 protected:
  void SetUp() override {
    UNDERTONE_NEED(!no_smoke(), *no_smoke());
    write_toy_pretrained(place_ / "decoder");
  }

  std::vector<std::string> arguments(const std::string& verb) const {
    return {verb,
            "replica",
            "seeds=[1]",
            R"(datasets.speech.clips={"train": 48, "dev": 8, "test": 16})",
            "model.decoder.weights=null",
            "model.decoder.path=" + place_ / "decoder",
            "model.decoder.chat_template=smollm2",
            "model.adapter.hidden=[32]",
            "recogniser.folds=2",
            "recogniser.epochs=5",
            "recipes.base.steps=6",
            "recipes.base.batch_items=6",
            "recipes.base.checkpoint_every=4",
            "recipes.adapter.steps=3",
            "recipes.adapter.target_tokens=48",
            "systems.S20=null",
            "systems.placebo=null",
            "claims=[]",
            "judges.llm=null",
            "statistics.resamples=200",
            "evaluation.limit=12",
            "evaluation.max_new_tokens=8"};
  }

  Json stage(const std::string& title, const std::string& run = "replica") const {
    const Json manifest = place_.manifest(run);
    for (const Json& s : manifest.at("stages").elements())
      if (s.at("title").as_string() == title) return s;
    ADD_FAILURE() << "no stage '" << title << "'";
    return Json::object();
  }

  Workplace place_;
};

TEST_F(Replica, TrainsAdaptersInFrontOfAFrozenDecoder) {
  const Ended e = place_.run(arguments("run"));
  ASSERT_EQ(e.code, 0) << e.str();
  for (const auto& [system, state] : place_.system_states("replica")) EXPECT_EQ(state, "done") << system;
  const Json base = stage("train base");
  const Json& facts = base.at("facts");
  EXPECT_EQ(facts.at("decoder").at("chat_template").as_string(), "smollm2");
  EXPECT_FALSE(facts.at("decoder").at("identity").as_string().empty());
  EXPECT_GT(facts.get("parameters", 0), facts.get("trained_parameters", 0));
  const Json counters = place_.manifest("replica").at("counters");
  EXPECT_EQ(counters.get("train_steps", 0), 6 + 4 * 3)
      << "base, S10, S30, S32, base+metadata; no control trains";
  EXPECT_EQ(counters.get("answers", 0), 12 * (4 * 3 + 1 + 1 + 2 + 2 + 1)) << "evaluation.limit";

  const Ended again = place_.run(arguments("run"));
  ASSERT_EQ(again.code, 0) << again.str();
  EXPECT_THAT(again.out, HasSubstr("; 0 training steps, 0 answers, 0 verdicts;"));

  // Other weights of the same shape are another decoder: all that depends on them is done anew, and no more.
  write_toy_pretrained(place_ / "decoder", "other weights");
  auto elsewhere = arguments("run");
  elsewhere.push_back("--out=" + place_ / "runs/other");
  const Ended other = place_.run(elsewhere);
  ASSERT_EQ(other.code, 0) << other.str();
  EXPECT_EQ(place_.manifest("other").at("counters").get("train_steps", 0), 6 + 4 * 3);
  EXPECT_EQ(stage("features speech", "other").at("state").as_string(), "found");
}

TEST_F(Replica, SaysWhatIsMissingBeforeAnythingRuns) {
  fs::remove_all(place_ / "decoder");
  const Ended e = place_.run(arguments("run"));
  EXPECT_NE(e.code, 0);
  EXPECT_THAT(e.str(), HasSubstr("there are no weights at model.decoder.path"));
  EXPECT_FALSE(fs::exists(place_ / "runs/replica/report.json"));
}

TEST_F(Replica, RefusesToTrainAPretrainedDecoder) {
  auto asked = arguments("validate");
  asked.push_back("recipes.base.trains=all");
  asked.push_back("recipes.adapter.text_items=8");
  asked.push_back(R"(recipes.text={"steps": 5, "text_items": 8})");
  asked.push_back(R"(systems.question-only.pools=["pqa"])");
  const Ended e = place_.run(asked);
  EXPECT_NE(e.code, 0);
  EXPECT_THAT(e.out, HasSubstr("/recipes/base/trains: a pretrained decoder stays frozen"));
  EXPECT_THAT(e.out, HasSubstr("/recipes/adapter/text_items: text-only items teach an adapter nothing"));
  EXPECT_THAT(e.out, HasSubstr("/recipes/text: a pretrained decoder stays frozen"));
  EXPECT_THAT(e.out, HasSubstr("/systems/question-only/pools: with a pretrained decoder"));
}

}  // namespace
}  // namespace undertone::test
