// Real pretrained weights against transformers on the same dequantised numbers (make_pretrained_reference.py
// real). UNDERTONE_PRETRAINED_REFERENCES may name a folder of references with every row and column (--full).
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "harness/core/json.h"
#include "harness/model/chat_encoder.h"
#include "harness/model/language_model.h"
#include "tests/golden/pretrained_support.h"

namespace undertone {
namespace {

struct Real {
  Pretrained model;
  TensorFile numbers;
  Json texts;
};

std::vector<std::int64_t> ids_of(const Json& json) {
  std::vector<std::int64_t> out;
  for (const Json& id : json.elements()) out.push_back(id.as_int());
  return out;
}

class RealPretrained : public ::testing::TestWithParam<std::string> {
 protected:
  // Read once for all tests of a model; null when it is not here.
  static std::shared_ptr<const Real> real(const std::string& name) {
    static std::string known;
    static std::shared_ptr<const Real> model;
    if (known == name) return model;
    known = name;
    model.reset();
    const auto folder = test::weights(name);
    const char* other = std::getenv("UNDERTONE_PRETRAINED_REFERENCES");
    const std::string texts = test::source_path("tests/golden/pretrained/" + name + ".json");
    const std::string reference =
        (other != nullptr ? std::string(other) : test::source_path("tests/golden/pretrained")) + "/" + name;
    if (!folder || !std::filesystem::exists(reference + ".safetensors")) return nullptr;
    model = std::make_shared<Real>(Real{load_pretrained(*folder, {"float32", "", ""}),
                                        open_safetensors(reference + ".safetensors"), read_json_file(texts)});
    return model;
  }
  void SetUp() override {
    at::set_num_threads(1);
    real_ = real(GetParam());
    if (real_ != nullptr) return;
    const std::string why =
        "the weights of " + GetParam() +
        " are not in the cache (run './undertone setup'; Gemma's licence must be accepted first), "
        "or there is no reference of them";
    if (std::getenv("UNDERTONE_REQUIRE_INSTALLED") && GetParam().find("gemma") == std::string::npos)
      FAIL() << why;
    GTEST_SKIP() << why;
  }
  std::shared_ptr<const Real> real_;
};

TEST_P(RealPretrained, EveryLayerAndTheLogitsAgree) {
  const c10::InferenceMode inference;
  const Decoder& decoder = real_->model.decoder;
  const std::vector<std::int64_t> ids = test::integers(real_->numbers, "ids");
  const at::Tensor rows = at::tensor(test::integers(real_->numbers, "rows"), at::kLong),
                   columns = at::tensor(test::integers(real_->numbers, "columns"), at::kLong);
  std::vector<at::Tensor> states;
  const at::Tensor hidden =
      decoder_forward(decoder, test::embedded(decoder, ids),
                      sequence_layout({static_cast<std::int64_t>(ids.size())}), {}, &states);
  states.push_back(hidden);
  const at::Tensor expected = tensor_from(real_->numbers.at("states")),
                   largest = tensor_from(real_->numbers.at("largest"));
  ASSERT_EQ(static_cast<std::int64_t>(states.size()), expected.size(0));
  double worst = 0;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto layer = static_cast<std::int64_t>(i);
    const double error = test::relative(states[i].index_select(0, rows).index_select(1, columns),
                                        expected[layer], largest[layer].item<double>());
    EXPECT_LT(error, 1e-3) << "layer " << i;
    worst = std::max(worst, error);
  }
  RecordProperty("largest_relative_error_of_a_layer", std::to_string(worst));
  const at::Tensor logits =
      decoder_logits(decoder, hidden.index_select(0, rows))
          .index_select(1, at::tensor(test::integers(real_->numbers, "logit_columns"), at::kLong));
  const double error = test::relative(logits, tensor_from(real_->numbers.at("logits")),
                                      tensor_from(real_->numbers.at("largest_logit")).item<double>());
  EXPECT_LT(error, 1e-3);
  RecordProperty("largest_relative_error_of_logits", std::to_string(error));
  std::printf("[ numbers  ] %s: layers %.2e, logits %.2e\n", GetParam().c_str(), worst, error);
}

TEST_P(RealPretrained, SixtyFourGreedyTokensAgreeOnTwentyPrompts) {
  const c10::InferenceMode inference;
  std::vector<std::vector<std::int64_t>> prompts;
  const auto& cases = real_->texts.at("prompts").elements();
  ASSERT_EQ(cases.size(), 20u);
  for (const Json& one : cases) prompts.push_back(ids_of(one.at("ids")));
  const auto got = test::greedy(real_->model.decoder, prompts, 64);
  for (std::size_t i = 0; i < cases.size(); ++i)
    EXPECT_EQ(got[i], ids_of(cases[i].at("greedy"))) << cases[i].at("question").as_string();
}

TEST_P(RealPretrained, PerplexityAgrees) {
  const c10::InferenceMode inference;
  const Decoder& decoder = real_->model.decoder;
  const std::vector<std::int64_t> ids = ids_of(real_->texts.at("text_ids"));
  const auto n = static_cast<std::int64_t>(ids.size());
  const at::Tensor hidden = decoder_forward(decoder, test::embedded(decoder, ids), sequence_layout({n}));
  const at::Tensor logits = decoder_logits(decoder, hidden.narrow(0, 0, n - 1)).to(at::kDouble);
  const at::Tensor labels = at::tensor(std::vector<std::int64_t>(ids.begin() + 1, ids.end()), at::kLong);
  const double got = std::exp(at::cross_entropy_loss(logits, labels).item<double>()),
               expected = real_->texts.at("perplexity").as_double();
  EXPECT_NEAR(got / expected, 1, 1e-3);
  std::printf("[ numbers  ] %s: perplexity %.6f, reference %.6f\n", GetParam().c_str(), got, expected);
}

TEST_P(RealPretrained, LossAndAdapterGradientAgree) {
  std::vector<std::int64_t> ids = test::integers(real_->numbers, "ids");
  ids.resize(24);
  const auto got = test::adapter_gradient(real_->model.decoder, ids, 0.05);
  const double loss = tensor_from(real_->numbers.at("loss")).item<double>();
  EXPECT_NEAR(got.loss.item<double>() / loss, 1, 1e-3);
  const double error = test::relative(got.gradient, tensor_from(real_->numbers.at("adapter_gradient")));
  EXPECT_LT(error, 1e-3);
  std::printf("[ numbers  ] %s: adapter gradient %.2e\n", GetParam().c_str(), error);
}

TEST_P(RealPretrained, TokensOfTextAndPromptsAgree) {
  const ChatEncoder chat(make_tokenizer(real_->model.tokenizer), real_->model.tokenizer,
                         real_->model.chat_template);
  for (const Json& one : real_->texts.at("prompts").elements()) {
    const std::vector<Message> messages{{"user", one.at("question").as_string()}};
    EXPECT_EQ(chat.prompt(messages), ids_of(one.at("ids"))) << one.at("question").as_string();
  }
  const std::vector<ChatPiece> text{{real_->texts.at("text").as_string(), false}};
  EXPECT_EQ(chat.encode(text), ids_of(real_->texts.at("text_ids")));
}

TEST_P(RealPretrained, AnswersAreTheReferencesUpToTheEndToken) {
  LanguageModelOptions options;
  options.stop = {"\x01 never said"};
  const auto model = make_language_model(real_->model, options);
  const auto tokenizer = make_tokenizer(real_->model.tokenizer);
  std::vector<std::vector<Message>> prompts;
  std::vector<std::vector<std::int32_t>> expected;
  const auto& cases = real_->texts.at("prompts").elements();
  for (std::size_t i = 0; i < 4; ++i) {
    prompts.push_back({{"user", cases[i].at("question").as_string()}});
    expected.emplace_back();
    for (const std::int64_t id : ids_of(cases[i].at("greedy"))) {
      const auto& ends = real_->model.end_tokens;
      if (std::find(ends.begin(), ends.end(), id) != ends.end()) break;
      expected[i].push_back(static_cast<std::int32_t>(id));
    }
  }
  const std::vector<Answer> answers = model->generate(prompts, {64, 0, ""});
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].tokens, static_cast<int>(expected[i].size()));
    EXPECT_EQ(answers[i].status, expected[i].size() < 64 ? AnswerStatus::answered : AnswerStatus::truncated);
    EXPECT_NE(tokenizer->decode(expected[i]).find(answers[i].text), std::string::npos);
    EXPECT_FALSE(answers[i].text.empty());
    std::printf("[ answer   ] %s -> %s\n", prompts[i][0].content.c_str(), answers[i].text.c_str());
  }
}

INSTANTIATE_TEST_SUITE_P(Models, RealPretrained, ::testing::Values("smollm2-135m-instruct", "gemma-3-270m"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace undertone
