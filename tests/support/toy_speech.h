// A tiny speech task for tests of training and answering: the "audio" of a clip is a few noisy frames around
// a pattern that stands for a colour; text-only items name the colour as prefix.
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "harness/core/random.h"
#include "harness/model/item_encoder.h"
#include "harness/model/speech_lm.h"

namespace undertone::test {

struct ToySpeech {
  std::vector<Item> items;
  std::map<std::string, at::Tensor> clips;  // float16 [frames, 8]
  std::shared_ptr<const ItemEncoder> encoder;
  SpeechLMConfig config;

  FeatureSource features() const {
    return [this](const std::string& clip) { return clips.at(clip); };
  }
};

inline ToySpeech toy_speech(int clips = 60) {
  const std::vector<std::string> colours{"red", "green", "blue", "white"};
  ToySpeech toy;
  std::vector<std::string> texts;
  for (int i = 0; i < clips; ++i) {
    const std::string colour = colours[static_cast<std::size_t>(i) % colours.size()];
    const std::string id = "clip" + std::to_string(i);
    Stream stream("toy/" + id);
    const std::int64_t frames = 5 + static_cast<std::int64_t>(stream.below(9));
    at::Tensor audio = at::empty({frames, 8}, at::kFloat);
    for (std::int64_t f = 0; f < frames; ++f)
      for (std::int64_t j = 0; j < 8; ++j)
        audio.data_ptr<float>()[f * 8 + j] =
            static_cast<float>((j % 4 == i % 4 ? 2.0 : 0.0) + 0.3 * stream.normal());
    toy.clips[id] = audio.to(at::kHalf);
    toy.items.push_back({"a" + std::to_string(i), id, "",
                         "Question: which colour? Answer:", "the colour is " + colour, "pqa", "C"});
    toy.items.push_back(
        {"s" + std::to_string(i), id, "", "Question: in short? Answer:", colour, "pqa_star", "DE"});
    toy.items.push_back({"t" + std::to_string(i), "",
                         "Speech: " + colour + std::string(static_cast<std::size_t>(i % 3), '!'),
                         "Question: which colour? Answer:", "the colour is " + colour, "pqa", "C"});
  }
  for (const Item& item : toy.items) {
    texts.push_back(item.prefix);
    texts.push_back(item.prompt);
    texts.push_back(*item.target);
  }
  toy.encoder = make_item_encoder(WordVocabulary::build(texts));
  toy.config.adapter = {.kind = "mlp", .stack = 3, .hidden = {16, 16}, .feature_width = 8, .width = 32};
  toy.config.decoder = {static_cast<int>(toy.encoder->size()), 2, 32, 4, 2, 8, 64, 10000, 1e-5, true};
  return toy;
}

}  // namespace undertone::test
