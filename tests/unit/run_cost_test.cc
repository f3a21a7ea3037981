// Estimates of time and memory: computed from sizes, held to what runs took.
#include <gtest/gtest.h>

#include "harness/core/files.h"
#include "harness/run/cost.h"
#include "harness/run/pipeline.h"
#include "harness/run/run.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

// One thread of the machine on which the demo was timed, two of them at work.
constexpr double kFlops = 86e9;

SuiteSpec suite(const std::string& name, const std::vector<std::string>& overrides = {}) {
  const SuiteResult result =
      read_suite(test::source_path("suites/" + name + ".json"), overrides, suite_kinds());
  for (const Problem& p : result.problems) ADD_FAILURE() << p.str();
  return result.suites.front();
}

ModelSizes whisper_base_and(const SuiteSpec& spec, const DecoderSizes& decoder) {
  ModelSizes sizes;
  sizes.encoder_parameters = 20.2e6;
  sizes.decoder = decoder;
  sizes.adapter = adapter_sizes(spec.model.adapter, 512, decoder.width);
  return sizes;
}

DecoderSizes smollm2() {
  DecoderSizes s;
  s.layers = 30;
  s.width = 576;
  s.heads = 9;
  s.kv_heads = 3;
  s.head_width = 64;
  s.ff = 1536;
  s.vocabulary = 49152;
  return s;
}

void within_a_factor_of_two(double estimate, double measured, const char* what) {
  EXPECT_GT(estimate, measured / 2) << what;
  EXPECT_LT(estimate, measured * 2) << what;
}

TEST(Cost, OfTheDemoIsWithinAFactorOfTwoOfWhatItTook) {
  const SuiteSpec demo = suite("demo", {R"(datasets.speech.clips={"train": 2400, "dev": 120, "test": 160})",
                                        "recipes.base.steps=700", "recipes.adapter.steps=150"});
  const Workload work = workload_of(demo, "speech");
  EXPECT_EQ(work.clips, 2680);
  const ModelSizes model = whisper_base_and(demo, random_decoder_sizes(demo.model.decoder.at("random"), 800));
  within_a_factor_of_two(corpus_cost(work, kFlops, 2).seconds, 39, "corpus");
  within_a_factor_of_two(features_cost(work, model, kFlops, 2).seconds, 2680 / 15.0, "features");
  within_a_factor_of_two(train_cost(work, demo.recipes.at("base"), model, false, kFlops).seconds, 210,
                         "base");
  within_a_factor_of_two(train_cost(work, demo.recipes.at("adapter"), model, false, kFlops).seconds, 33,
                         "adapter");
  within_a_factor_of_two(answer_cost(work, work.asked, Heard::audio, false, 24, 32, model, kFlops).seconds, 4,
                         "answers");
}

TEST(Cost, OfAPretrainedDecodersStepFollowsItsSize) {
  const SuiteSpec demo = suite("demo");
  const Workload work = workload_of(demo, "speech");
  const DecoderSizes sizes = smollm2();
  EXPECT_NEAR(sizes.block_parameters(), 106.2e6, 0.1e6);
  EXPECT_NEAR(sizes.parameters(), 134.5e6, 0.1e6);
  ModelSizes model = whisper_base_and(demo, sizes);
  model.pretrained = true;
  model.tokens_per_word = 1.3;
  RecipeSpec recipe;
  recipe.steps = 100;
  recipe.batch_items = 24;
  recipe.threads = 2;
  // A step of 24 items took 4 s in a trial on two threads.
  within_a_factor_of_two(train_cost(work, recipe, model, false, kFlops).seconds / 100, 4, "a step");
  const double one = train_cost(work, recipe, model, false, kFlops).seconds;
  recipe.steps = 200;
  EXPECT_NEAR(train_cost(work, recipe, model, false, kFlops).seconds / one, 2, 0.05);
  recipe.trains = "all";
  EXPECT_GT(train_cost(work, recipe, model, false, kFlops).seconds, 2.5 * one)
      << "gradients of weights cost too";
  EXPECT_GT(train_cost(work, recipe, model, false, kFlops).bytes,
            static_cast<std::int64_t>(4 * 6 * sizes.parameters()))
      << "values, gradients and moments";
}

TEST(Cost, OfALocalJudgeFollowsItsPromptAndItsReply) {
  const DecoderSizes sizes = smollm2();
  const auto each = [&](double prompt, double reply, int threads, double opening = 0) {
    return (local_judge_cost(200, opening, prompt, reply, sizes, threads, kFlops).seconds -
            local_judge_cost(100, opening, prompt, reply, sizes, threads, kFlops).seconds) /
           100;
  };
  // Ratings behind prompts of 330 tokens took 1.15 s of processor time each; an opening is read once.
  within_a_factor_of_two(each(330, 0, 1), 1.15, "a rating");
  EXPECT_LT(each(100, 0, 1, 230), 0.4 * each(330, 0, 1));
  EXPECT_GT(local_judge_cost(1, 230, 100, 0, sizes, 1, kFlops).seconds,
            local_judge_cost(1, 0, 100, 0, sizes, 1, kFlops).seconds + 0.3);
  EXPECT_NEAR(each(330, 0, 2), each(330, 0, 1) / 2, 1e-9);
  EXPECT_GT(each(660, 0, 1), 1.9 * each(330, 0, 1) - 0.1);
  EXPECT_GT(each(330, 64, 1), each(330, 0, 1));
  const Estimated all = local_judge_cost(100, 0, 330, 0, sizes, 1, kFlops);
  EXPECT_EQ(all.items, 100);
  EXPECT_GT(all.bytes, static_cast<std::int64_t>(4 * sizes.parameters()));
}

TEST(Workloads, FoldersAreToldByTheirAudio) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "a.wav", std::string(64000, '\0'));
  write_file_atomically(folder / "b.wav", std::string(128000, '\0'));
  const SuiteSpec emodb = suite("emodb", {"datasets.emodb.root=" + folder.path()});
  const Workload work = workload_of(emodb, "emodb");
  EXPECT_EQ(work.clips, 2);
  EXPECT_DOUBLE_EQ(work.seconds, 3);
}

TEST(Rate, IsKeptAndAssumedWhereItCannotBeMeasured) {
  const test::TemporaryFolder folder;
  const MachineRate none = machine_rate(folder / "no program", 2, folder / "machine.json");
  EXPECT_EQ(none.flops, 30e9);
  EXPECT_EQ(none.how.rfind("assumed: ", 0), 0u) << none.how;
}

}  // namespace
}  // namespace undertone
