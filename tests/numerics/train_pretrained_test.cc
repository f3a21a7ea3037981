// An adapter in front of a pretrained, frozen decoder: it learns, it alone, and comes back to the byte after
// a stop; its checkpoint names the decoder instead of holding it.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include <filesystem>
#include <set>
#include <unordered_set>

#include "harness/answer/answerer.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/model/pretrained.h"
#include "harness/train/trainer.h"
#include "tests/support/test_data.h"
#include "tests/support/toy_pretrained.h"
#include "tests/support/toy_speech.h"

namespace undertone {
namespace {

struct PretrainedTraining : ::testing::Test {
  test::TemporaryFolder folder;
  test::ToySpeech toy = test::toy_speech(20);
  PretrainedDecoder decoder;
  SpeechLMConfig config;

  void SetUp() override {
    at::set_num_threads(1);
    test::write_toy_pretrained(folder / "decoder");
    PretrainedOptions options;
    options.precision = "float32";
    options.chat_template = "smollm2";
    const Pretrained loaded = load_pretrained(folder / "decoder", options);
    toy.encoder = make_item_encoder(make_tokenizer(loaded.tokenizer), loaded.chat_template,
                                    loaded.tokenizer.add_bos, loaded.end_tokens);
    decoder = {loaded.decoder, loaded.identity};
    const Json model = parse_json(
        R"({"adapter": {"stack": 3, "hidden": [16], "norm_in": true, "norm_out": true, "output_scale": "embedding"}})",
        "suite.json");
    config = speech_lm_config_for(model, 8, decoder.decoder.config, decoder.identity);
    // Text-only items have nothing that an adapter could learn from.
    std::erase_if(toy.items, [](const Item& item) { return item.clip.empty(); });
  }

  SpeechLM start() const { return speech_lm_with(decoder.decoder, config, "start"); }

  TrainingTask task(int steps) const {
    TrainingTask t;
    t.recipe.steps = steps;
    t.recipe.batch_items = 6;
    t.recipe.learning_rate = 1e-2;
    t.recipe.checkpoint_every = 3;
    t.stream = "pretrained";
    t.items = &toy.items;
    t.encoder = toy.encoder.get();
    t.features = toy.features();
    return t;
  }

  TrainingBatch batch(std::size_t from, std::size_t count) const {
    std::vector<EncodedItem> items;
    for (std::size_t i = from; i < from + count; ++i) items.push_back(toy.encoder->encode(toy.items[i]));
    std::vector<const EncodedItem*> pointers;
    for (const EncodedItem& item : items) pointers.push_back(&item);
    return make_training_batch(pointers, opening_of(decoder.decoder, toy.encoder->opening()), toy.features(),
                               config.adapter, static_cast<std::int64_t>(count));
  }
};

TEST_F(PretrainedTraining, LearnsTheAdapterAndMovesNothingElse) {
  // Two items, whose loss must fall: random weights can be steered only so far.
  toy.items.resize(2);
  TrainingTask few = task(120);
  few.recipe.batch_items = 2;
  SpeechLM model = start();
  std::map<std::string, at::Tensor> before;
  model.decoder.for_each_parameter([&](const std::string& name, at::Tensor& v) { before[name] = v.clone(); });
  const double first = speech_lm_loss(model, batch(0, 2)).item<double>();
  const TrainingReport report = train(model, few);
  const double last = speech_lm_loss(model, batch(0, 2)).item<double>();
  EXPECT_LT(last, first - 0.25);
  std::int64_t adapter = 0;
  model.adapter.for_each_parameter([&](const std::string&, at::Tensor& v) { adapter += v.numel(); });
  EXPECT_EQ(report.trained_parameters, adapter);
  model.decoder.for_each_parameter([&](const std::string& name, at::Tensor& v) {
    EXPECT_TRUE(at::equal(v, before.at(name))) << name;
    EXPECT_FALSE(v.requires_grad()) << name;
    EXPECT_FALSE(v.grad().defined()) << name;
  });
}

TEST_F(PretrainedTraining, NoGradientOfAFrozenWeightIsComputed) {
  SpeechLM model = start();
  std::set<const void*> trained;
  model.adapter.for_each_parameter([&](const std::string&, at::Tensor& v) {
    v.requires_grad_(true);
    trained.insert(v.unsafeGetTensorImpl());
  });
  const at::Tensor loss = speech_lm_loss(model, batch(0, 6));
  // Every leaf that the graph would hand a gradient to.
  std::set<const void*> leaves;
  std::unordered_set<torch::autograd::Node*> seen;
  std::vector<torch::autograd::Node*> todo{loss.grad_fn().get()};
  while (!todo.empty()) {
    torch::autograd::Node* node = todo.back();
    todo.pop_back();
    if (node == nullptr || !seen.insert(node).second) continue;
    if (auto* leaf = dynamic_cast<torch::autograd::AccumulateGrad*>(node))
      leaves.insert(leaf->variable.unsafeGetTensorImpl());
    for (const auto& edge : node->next_edges()) todo.push_back(edge.function.get());
  }
  EXPECT_EQ(leaves, trained);
}

TEST_F(PretrainedTraining, TheSharedOpeningChangesNoNumber) {
  ASSERT_GT(toy.encoder->opening().size(), 5u);
  SpeechLM model = start();
  std::vector<at::Tensor> weights;
  model.adapter.for_each_parameter(
      [&](const std::string&, at::Tensor& v) { weights.push_back(v.requires_grad_(true)); });
  at::Tensor alone = at::zeros({});
  for (std::size_t i = 0; i < 7; ++i) {
    // The opening as a part of the item's own prefix: nothing is shared.
    EncodedItem item = toy.encoder->encode(toy.items[i]);
    item.prefix.insert(item.prefix.begin(), toy.encoder->opening().begin(), toy.encoder->opening().end());
    const EncodedItem* one[] = {&item};
    alone = alone + speech_lm_loss(model, make_training_batch(one, {}, toy.features(), config.adapter, 7));
  }
  const TrainingBatch together = batch(0, 7);
  const at::Tensor loss = speech_lm_loss(model, together);
  EXPECT_NEAR(loss.item<double>(), alone.item<double>(), 1e-5);
  const auto gradients = torch::autograd::grad({loss}, weights),
             expected = torch::autograd::grad({alone}, weights);
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_LT((gradients[i] - expected[i]).abs().max().item<double>(),
              1e-4 * expected[i].abs().max().item<double>() + 1e-8)
        << i;
  EXPECT_EQ(together.layout.shared, static_cast<std::int64_t>(toy.encoder->opening().size()));
}

TEST_F(PretrainedTraining, StoppedAndResumedItEndsWithTheSameBytes) {
  SpeechLM whole = start();
  const TrainingReport report = train(whole, task(11));
  save_speech_lm(folder / "whole.safetensors", whole, toy.encoder->identity());

  TrainingTask stopped = task(11);
  stopped.state_folder = folder / "state";
  stopped.state_identity = "this training";
  stopped.progress = [](std::int64_t step, std::int64_t, double) {
    if (step == 8) throw std::runtime_error("stopped");
  };
  SpeechLM lost = start();
  EXPECT_THROW(train(lost, stopped), std::runtime_error);
  stopped.progress = nullptr;
  SpeechLM resumed = start();
  const TrainingReport again = train(resumed, stopped);
  EXPECT_EQ(again.steps_now, 5) << "resumes at step 6";
  EXPECT_EQ(again.log, report.log);
  save_speech_lm(folder / "resumed.safetensors", resumed, toy.encoder->identity());
  EXPECT_EQ(read_file(folder / "resumed.safetensors"), read_file(folder / "whole.safetensors"));
}

TEST_F(PretrainedTraining, ACheckpointNamesItsDecoderAndHoldsTheAdapterAlone) {
  SpeechLM model = start();
  const std::string path = folder / "a.safetensors";
  save_speech_lm(path, model, toy.encoder->identity());
  EXPECT_EQ(open_safetensors(path).tensors().size(), 4u) << "two layers, weight and bias each";
  SpeechLM back = load_speech_lm(path, toy.encoder->identity(), &decoder);
  save_speech_lm(folder / "b.safetensors", back, toy.encoder->identity());
  EXPECT_EQ(read_file(path), read_file(folder / "b.safetensors"));
  EXPECT_EQ(back.adapter.config.output_scale, model.adapter.config.output_scale);
  EXPECT_NEAR(back.adapter.config.output_scale, 1 / std::sqrt(32.0), 0.01);

  const auto refused = [&](const PretrainedDecoder* with) {
    try {
      load_speech_lm(path, toy.encoder->identity(), with);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::weights);
      EXPECT_EQ(e.place(), path);
      return e.what_happened();
    }
    return std::string();
  };
  EXPECT_NE(refused(nullptr).find("pretrained decoder"), std::string::npos);
  const PretrainedDecoder other{decoder.decoder, "another"};
  EXPECT_NE(refused(&other).find("another"), std::string::npos);
}

TEST_F(PretrainedTraining, OtherPartsAreRefused) {
  SpeechLM model = start();
  for (const char* trains : {"all", "decoder"}) {
    TrainingTask t = task(1);
    t.recipe.trains = trains;
    try {
      train(model, t);
      FAIL() << trains;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::suite);
      EXPECT_NE(e.what_happened().find("frozen"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace undertone
