#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/model/speech_lm.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_data.h"
#include "tests/support/toy_speech.h"

namespace undertone {
namespace {
using test::error_of;

TEST(Checkpoint, ComesBackToTheByteWithItsConfiguration) {
  const test::TemporaryFolder folder;
  const auto toy = test::toy_speech(4);
  SpeechLM model = random_speech_lm(toy.config, "a");
  save_speech_lm(folder / "a.safetensors", model, "digest");
  SpeechLM back = load_speech_lm(folder / "a.safetensors", "digest");
  EXPECT_EQ(to_json(back.config()), to_json(model.config()));
  save_speech_lm(folder / "b.safetensors", back, "digest");
  EXPECT_EQ(read_file(folder / "a.safetensors"), read_file(folder / "b.safetensors"));
}

TEST(Checkpoint, WhatDoesNotFitIsNamed) {
  const test::TemporaryFolder folder;
  const auto toy = test::toy_speech(4);
  SpeechLM model = random_speech_lm(toy.config, "a");
  const std::string path = folder / "a.safetensors";
  save_speech_lm(path, model, "digest");

  const Error vocabulary = error_of([&] { load_speech_lm(path, "another"); });
  EXPECT_EQ(vocabulary.kind(), ErrorKind::weights);
  EXPECT_NE(vocabulary.what_happened().find("vocabulary"), std::string::npos);
  EXPECT_EQ(vocabulary.place(), path);
  EXPECT_FALSE(vocabulary.mend().empty());

  SpeechLMConfig asked = toy.config;
  asked.decoder.layers = 5;
  const Error config = error_of([&] { require_same_config(model.config(), asked, path); });
  EXPECT_EQ(config.kind(), ErrorKind::weights);
  EXPECT_NE(config.what_happened().find("decoder.layers = 2, asked for is 5"), std::string::npos)
      << config.what();
  asked = toy.config;
  asked.adapter.hidden = {16, 17};
  EXPECT_NE(error_of([&] { require_same_config(model.config(), asked, path); })
                .what_happened()
                .find("adapter.hidden"),
            std::string::npos);
  EXPECT_NO_THROW(require_same_config(model.config(), toy.config, path));

  const std::string bytes = read_file(path);
  write_file_atomically(path, std::string_view(bytes).substr(0, bytes.size() - 7));
  EXPECT_EQ(error_of([&] { load_speech_lm(path, "digest"); }).kind(), ErrorKind::weights);
}

TEST(Start, DependsOnStreamNameAndShapeOnly) {
  auto toy = test::toy_speech(4);
  SpeechLM a = random_speech_lm(toy.config, "a"), b = random_speech_lm(toy.config, "b");
  toy.config.decoder.layers = 1;
  SpeechLM smaller = random_speech_lm(toy.config, "a");
  EXPECT_FALSE(at::equal(a.decoder.embedding, b.decoder.embedding));
  EXPECT_TRUE(at::equal(a.decoder.layers[0].qkv, smaller.decoder.layers[0].qkv));
  EXPECT_NEAR(a.decoder.embedding.std().item<double>(), 1 / std::sqrt(32.0), 0.02);
}

TEST(Frames, AreStackedAndPaddedWithZeros) {
  std::vector<std::int64_t> counts;
  const at::Tensor a = at::ones({7, 2}).to(at::kHalf), b = at::full({3, 2}, 2.0f);
  const at::Tensor rows = stack_frames({a, b}, 3, 2, counts);
  EXPECT_EQ(counts, (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(rows.sizes().vec(), (std::vector<std::int64_t>{4, 6}));
  EXPECT_TRUE(at::equal(rows[2], at::tensor({1.f, 1.f, 0.f, 0.f, 0.f, 0.f})));
  EXPECT_TRUE(at::equal(rows[3], at::full({6}, 2.0f)));
  EXPECT_EQ(error_of([&] { stack_frames({a}, 3, 4, counts); }).kind(), ErrorKind::data);
}

TEST(Settings, OfModelAreCheckedTogether) {
  const auto config = [](const std::string& json) {
    return speech_lm_config_from_json(parse_json(json, "suite.json"), 512, 30);
  };
  const SpeechLMConfig good = config(
      R"({"encoder": {}, "adapter": {"hidden": [64, 32]}, "decoder": {"random": {"width": 96, "heads": 4}}})");
  EXPECT_EQ(good.adapter.hidden, (std::vector<int>{64, 32}));
  EXPECT_EQ(good.adapter.width, 96);
  EXPECT_EQ(good.decoder.head_width, 24);
  EXPECT_EQ(good.decoder.ff, 256);
  const Error both = error_of([&] { config(R"({"decoder": {"random": {"widht": 96, "layers": 0}}})"); });
  EXPECT_EQ(both.kind(), ErrorKind::suite);
  EXPECT_NE(both.what_happened().find("width"), std::string::npos);
  EXPECT_NE(both.what_happened().find("layers"), std::string::npos);
  EXPECT_EQ(error_of([&] { config(R"({"decoder": {"random": {"width": 97, "heads": 4}}})"); }).kind(),
            ErrorKind::suite);
  EXPECT_EQ(error_of([&] { config(R"({"decoder": {}})"); }).kind(), ErrorKind::suite);
  EXPECT_EQ(error_of([&] {
              config(R"({"adapter": {"hidden": [1, 2, 3, 4, 5]}, "decoder": {"random": {}}})");
            }).kind(),
            ErrorKind::suite);
}

TEST(Items, BrokenLinesAreNamed) {
  const test::TemporaryFolder folder;
  const auto read = [&](const std::string& text, bool need_target = true) {
    write_file_atomically(folder / "items.jsonl", text);
    return read_items(folder / "items.jsonl", need_target);
  };
  const std::string good =
      R"({"id": "a", "clip": "c", "prompt": "p", "target": "t", "pool": "pqa", "type": "C"})";
  EXPECT_EQ(read(good + "\n").size(), 1u);
  EXPECT_NE(error_of([&] { read(good + "\n" + good + "\n"); }).place().find(":2"), std::string::npos);
  EXPECT_EQ(error_of([&] { read(R"({"id": "a", "prompt": "p"})"); }).kind(), ErrorKind::data);
  EXPECT_NO_THROW(read(R"({"id": "a", "prompt": "p"})", false));
  EXPECT_EQ(error_of([&] { read(""); }).kind(), ErrorKind::data);
}

}  // namespace
}  // namespace undertone
