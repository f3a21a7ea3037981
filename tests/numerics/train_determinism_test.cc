// Training learns, gives the same bytes for a seed whatever the threads, and leaves frozen parts alone.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/error.h"
#include "harness/train/trainer.h"
#include "tests/support/toy_speech.h"

namespace undertone {
namespace {

std::map<std::string, at::Tensor> parameters_of(SpeechLM& model) {
  std::map<std::string, at::Tensor> out;
  model.for_each_parameter([&](const std::string& name, at::Tensor& value) { out[name] = value.clone(); });
  return out;
}

struct Trained {
  std::map<std::string, at::Tensor> before, after;
  TrainingReport report;
};

Trained run(const test::ToySpeech& toy, const Recipe& recipe, const std::string& stream, int threads = 1) {
  at::set_num_threads(1);
  SpeechLM model = random_speech_lm(toy.config, "start");
  Trained out;
  out.before = parameters_of(model);
  TrainingTask task;
  task.recipe = recipe;
  task.stream = stream;
  task.items = &toy.items;
  task.encoder = toy.encoder.get();
  task.features = toy.features();
  task.threads = threads;
  out.report = train(model, task);
  model.for_each_parameter([&](const std::string& name, at::Tensor& value) {
    EXPECT_FALSE(value.requires_grad()) << name;
    EXPECT_FALSE(value.grad().defined()) << name;
  });
  out.after = parameters_of(model);
  return out;
}

Recipe quick() {
  Recipe r;
  r.steps = 12;
  r.batch_items = 8;
  r.text_items = 3;
  r.trains = "all";
  return r;
}

TEST(Training, SameSeedSameBytesForAnyNumberOfThreads) {
  const auto toy = test::toy_speech();
  const Trained one = run(toy, quick(), "seed=1"), again = run(toy, quick(), "seed=1"),
                two = run(toy, quick(), "seed=1", 2), other = run(toy, quick(), "seed=2");
  bool differs = false;
  for (const auto& [name, value] : one.after) {
    EXPECT_TRUE(at::equal(value, again.after.at(name))) << name;
    EXPECT_TRUE(at::equal(value, two.after.at(name))) << name;
    differs |= !at::equal(value, other.after.at(name));
  }
  EXPECT_EQ(one.report.log, two.report.log);
  EXPECT_TRUE(differs);
}

TEST(Training, OnlyTheTrainedPartMoves) {
  const auto toy = test::toy_speech();
  for (const char* trains : {"adapter", "decoder", "all"}) {
    Recipe r = quick();
    r.trains = trains;
    const Trained t = run(toy, r, "parts");
    std::int64_t moved = 0;
    for (const auto& [name, value] : t.after) {
      const bool trained = std::string(trains) == "all" || name.rfind(trains, 0) == 0;
      EXPECT_EQ(!at::equal(value, t.before.at(name)), trained) << name << " while training " << trains;
      if (trained) moved += value.numel();
    }
    EXPECT_EQ(t.report.trained_parameters, moved);
  }
}

TEST(Training, LearnsTheToyTask) {
  const auto toy = test::toy_speech();
  Recipe r = quick();
  r.steps = 150;
  r.learning_rate = 5e-3;
  const Trained t = run(toy, r, "learn");
  const double first = parse_json(t.report.log.front(), "log").at("loss").as_double();
  EXPECT_GT(first, 2.0);
  EXPECT_LT(t.report.final_loss, 0.3);
}

TEST(Training, ALossThatIsNotFiniteEndsWithAMend) {
  auto toy = test::toy_speech();
  toy.clips.at("clip0").fill_(INFINITY);
  Recipe r = quick();
  r.batch_items = 60;
  try {
    run(toy, r, "demo/train/S10/seed=1");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::model);
    EXPECT_NE(e.what_happened().find("not finite at step "), std::string::npos) << e.what_happened();
    EXPECT_EQ(e.place(), "demo/train/S10/seed=1");
    EXPECT_NE(e.mend().find("learning_rate"), std::string::npos);
  }
}

}  // namespace
}  // namespace undertone
