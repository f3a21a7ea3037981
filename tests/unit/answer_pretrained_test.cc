// Answers of a pretrained decoder: the cache, the opening that is read once, and padding change no token of
// what a plain pass over the whole sequence gives; neighbours change no byte.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "harness/answer/answerer.h"
#include "harness/model/pretrained.h"
#include "tests/support/test_data.h"
#include "tests/support/toy_pretrained.h"
#include "tests/support/toy_speech.h"

namespace undertone {
namespace {

struct PretrainedAnswers : ::testing::Test {
  test::TemporaryFolder folder;
  test::ToySpeech toy = test::toy_speech(8);
  SpeechLM model;
  AnswerOptions options;

  void SetUp() override {
    at::set_num_threads(1);
    test::write_toy_pretrained(folder.path());
    PretrainedOptions with;
    with.precision = "float32";
    with.chat_template = "smollm2";
    const Pretrained loaded = load_pretrained(folder.path(), with);
    toy.encoder = make_item_encoder(make_tokenizer(loaded.tokenizer), loaded.chat_template,
                                    loaded.tokenizer.add_bos, loaded.end_tokens);
    const Json settings =
        parse_json(R"({"adapter": {"stack": 3, "hidden": [16], "norm_out": true}})", "suite.json");
    model = speech_lm_with(
        loaded.decoder, speech_lm_config_for(settings, 8, loaded.decoder.config, loaded.identity), "start");
    options.max_new_tokens = 12;
    options.batch = 5;
  }

  std::map<std::string, Answer> ask(const std::vector<Item>& items) const {
    std::map<std::string, Answer> out;
    answer_items(model, items, *toy.encoder, toy.features(), options,
                 [&](std::size_t i, const Answer& answer) { out[items[i].id] = answer; });
    return out;
  }

  // Greedy decoding by the book: every token from a pass over everything before it.
  std::string by_the_book(const Item& item) const {
    const c10::InferenceMode mode;
    const EncodedItem encoded = toy.encoder->encode(item);
    std::vector<std::int64_t> front = toy.encoder->opening();
    front.insert(front.end(), encoded.prefix.begin(), encoded.prefix.end());
    std::vector<std::int64_t> behind = encoded.prompt;
    std::vector<std::int32_t> said;
    const auto embed = [&](const std::vector<std::int64_t>& ids) {
      return embed_tokens(model.decoder, at::tensor(ids, at::kLong));
    };
    for (int step = 0; step < options.max_new_tokens; ++step) {
      std::vector<at::Tensor> parts{embed(front)};
      if (!item.clip.empty()) {
        std::vector<std::int64_t> counts;
        parts.push_back(
            adapter_forward(model.adapter, stack_frames({toy.clips.at(item.clip)}, 3, 8, counts)));
      }
      parts.push_back(embed(behind));
      const at::Tensor x = at::cat(parts);
      const at::Tensor hidden = decoder_forward(model.decoder, x, sequence_layout({x.size(0)}));
      const at::Tensor logits = decoder_logits(model.decoder, hidden.narrow(0, x.size(0) - 1, 1))[0];
      const std::int64_t token = logits.argmax().item<std::int64_t>();
      if (toy.encoder->ends(token)) break;
      said.push_back(static_cast<std::int32_t>(token));
      behind.push_back(token);
    }
    return toy.encoder->decode(said);
  }
};

TEST_F(PretrainedAnswers, AreThoseOfAPlainPassOverTheWholeSequence) {
  ASSERT_GE(toy.encoder->opening().size(), 8u) << "so that it is shared";
  const auto answers = ask(toy.items);
  std::set<std::string> texts;
  for (const Item& item : toy.items) {
    EXPECT_EQ(answers.at(item.id).text, by_the_book(item)) << item.id;
    texts.insert(answers.at(item.id).text);
  }
  EXPECT_GT(texts.size(), 3u) << "the answers must differ for this test to mean something";
}

TEST_F(PretrainedAnswers, NeighboursAndOrderChangeNothing) {
  const auto all = ask(toy.items);
  std::vector<Item> shuffled = toy.items;
  Stream("order").shuffle(shuffled);
  for (const auto& [id, answer] : ask(shuffled)) EXPECT_EQ(answer.text, all.at(id).text) << id;
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_EQ(ask({toy.items[i]}).at(toy.items[i].id).text, all.at(toy.items[i].id).text);
}

TEST_F(PretrainedAnswers, APromptThatLeavesNoRoomIsATypedAnswer) {
  Item item = toy.items[2];
  item.id = "long";
  item.prompt = std::string(500, 'x');
  const auto answers = ask({toy.items[0], item});
  EXPECT_EQ(answers.at("long").status, AnswerStatus::model_error);
  EXPECT_NE(answers.at("long").detail.find("context of 512"), std::string::npos) << answers.at("long").detail;
  EXPECT_NE(answers.at(toy.items[0].id).status, AnswerStatus::model_error);
}

}  // namespace
}  // namespace undertone
