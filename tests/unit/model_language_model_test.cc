// Generation and scores of a small random checkpoint: fixed shapes, typed answers, and the log-probabilities
// of the very tokens.
#include "harness/model/language_model.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "harness/model/chat_encoder.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

using Prompts = std::vector<std::vector<Message>>;

Pretrained small(const std::string& chat = "smollm2") {
  return load_pretrained(test::source_path("tests/golden/pretrained/small-llama.gguf"),
                         {"float32", chat, ""});
}
LanguageModelOptions options(int batch = 3) {
  LanguageModelOptions out;
  out.batch = batch;
  out.bucket = 8;
  out.context = 64;
  out.threads = 1;
  return out;
}
// Short enough for a context of 64 tokens of one byte or two.
Prompts prompts() {
  return {{{"system", "a"}, {"user", "one"}},          {{"system", ""}, {"user", "is two?"}},
          {{"system", "b"}, {"user", "three"}},        {{"system", "c"}, {"user", "4"}},
          {{"system", ""}, {"user", "the hello and"}}, {{"system", "a"}, {"user", "six"}}};
}

void expect_equal(const Answer& a, const Answer& b) { EXPECT_EQ(to_json(a).dump(), to_json(b).dump()); }

TEST(LanguageModel, NeighboursOrderAndSplitChangeNoByte) {
  const auto model = make_language_model(small(), options());
  for (const double temperature : {0.0, 1.0}) {
    const GenerateOptions how{12, temperature, "test/replicate=0"};
    const Prompts all = prompts();
    const std::vector<Answer> together = model->generate(all, how);
    Prompts reversed(all.rbegin(), all.rend());
    const std::vector<Answer> backwards = model->generate(reversed, how);
    for (std::size_t i = 0; i < all.size(); ++i) {
      expect_equal(together[i], backwards[all.size() - 1 - i]);
      expect_equal(together[i], model->generate(Prompts{all[i]}, how)[0]);
    }
  }
}

TEST(LanguageModel, SamplingFollowsTheStreamAndTheTemperature) {
  const auto model = make_language_model(small(), options());
  const auto texts = [&](const GenerateOptions& how) {
    std::string out;
    for (const Answer& a : model->generate(prompts(), how)) out += a.text + "\n";
    return out;
  };
  EXPECT_EQ(texts({12, 1, "x"}), texts({12, 1, "x"}));
  EXPECT_NE(texts({12, 1, "x"}), texts({12, 1, "y"}));
  EXPECT_EQ(texts({12, 1e-6, "x"}), texts({12, 0, ""}));
}

// Argmax tokens by computing every prefix anew.
std::vector<std::int64_t> by_hand(const Pretrained& model, std::vector<std::int64_t> ids, int count) {
  const c10::InferenceMode inference;
  std::vector<std::int64_t> out;
  for (int i = 0; i < count; ++i) {
    const auto n = static_cast<std::int64_t>(ids.size());
    const at::Tensor hidden = decoder_forward(
        model.decoder, embed_tokens(model.decoder, at::tensor(ids, at::kLong)), sequence_layout({n}));
    ids.push_back(decoder_logits(model.decoder, hidden.narrow(0, n - 1, 1)).argmax(1).item<std::int64_t>());
    out.push_back(ids.back());
  }
  return out;
}

TEST(LanguageModel, GreedyAnswersAreTheArgmaxTokens) {
  const Pretrained raw = small();
  const auto tokenizer = make_tokenizer(raw.tokenizer);
  const ChatEncoder chat(make_tokenizer(raw.tokenizer), raw.tokenizer, "smollm2");
  const auto model = make_language_model(raw, options());
  const Prompts all = prompts();
  const std::vector<Answer> answers = model->generate(all, {10, 0, ""});
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<std::int32_t> expected;
    for (const std::int64_t id : by_hand(raw, chat.prompt(all[i]), 10)) {
      if (std::find(raw.end_tokens.begin(), raw.end_tokens.end(), id) != raw.end_tokens.end()) break;
      expected.push_back(static_cast<std::int32_t>(id));
    }
    EXPECT_EQ(answers[i].tokens, static_cast<int>(expected.size())) << i;
    EXPECT_NE(tokenizer->decode(expected).find(answers[i].text), std::string::npos) << i;
    EXPECT_EQ(answers[i].status, expected.size() < 10 ? AnswerStatus::answered : AnswerStatus::truncated);
    EXPECT_EQ(answers[i].finish_reason, expected.size() < 10 ? "stop" : "length");
  }
}

double score_by_hand(const Pretrained& model, std::vector<std::int64_t> ids,
                     const std::vector<std::int32_t>& tail) {
  const c10::InferenceMode inference;
  const auto before = static_cast<std::int64_t>(ids.size());
  ids.insert(ids.end(), tail.begin(), tail.end());
  const auto n = static_cast<std::int64_t>(ids.size());
  const at::Tensor hidden = decoder_forward(
      model.decoder, embed_tokens(model.decoder, at::tensor(ids, at::kLong)), sequence_layout({n}));
  const at::Tensor nats = at::log_softmax(decoder_logits(model.decoder, hidden).to(at::kDouble), 1);
  double sum = 0;
  for (std::int64_t i = before; i < n; ++i)
    sum += nats[i - 1][ids[static_cast<std::size_t>(i)]].item<double>();
  return sum;
}

TEST(LanguageModel, ScoresAreSumsOfTheTokensLogProbabilities) {
  const Pretrained raw = small();
  const auto tokenizer = make_tokenizer(raw.tokenizer);
  const ChatEncoder chat(make_tokenizer(raw.tokenizer), raw.tokenizer, "smollm2");
  const auto model = make_language_model(raw, options());
  const std::vector<Message> prompt = prompts()[1];
  const std::vector<std::string> continuations{"0",  "5",       "", "hello", "and then the", "3 of five, hmm",
                                               "no", "the hell"};
  const std::vector<double> got = model->score(prompt, continuations);
  ASSERT_EQ(got.size(), continuations.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], score_by_hand(raw, chat.prompt(prompt), tokenizer->encode(continuations[i])), 1e-4)
        << continuations[i];
    // Neighbours change no bit.
    const std::vector<std::string> alone{continuations[i]};
    EXPECT_EQ(model->score(prompt, alone)[0], got[i]) << continuations[i];
  }
  EXPECT_EQ(got[2], 0);
  EXPECT_LT(got[0], 0);
}

// Prompts that begin alike and say so. What stands behind the opening may begin with a space, a line break or
// nothing: then it joins what the opening ends with.
const std::string kOpening = "the two is: ";
std::vector<Message> behind(const std::string& text, bool marked = true) {
  return {{"user", kOpening + text, marked ? kOpening.size() : 0}};
}
const std::vector<std::string> kBehind{"is", "the hello", " two", "\nno", "", "3 of five"};

TEST(LanguageModel, AnOpeningIsWhatEveryPromptBehindItBeginsWith) {
  const Pretrained raw = small("plain");
  const ChatEncoder chat(make_tokenizer(raw.tokenizer), raw.tokenizer, "plain");
  const std::vector<std::int64_t> opening = chat.opening(behind("is"));
  EXPECT_GE(opening.size(), 8u);
  for (const char* text : {"is", "the hello", "3 of five"}) {
    const std::vector<std::int64_t> whole = chat.prompt(behind(text));
    ASSERT_GT(whole.size(), opening.size());
    EXPECT_TRUE(std::equal(opening.begin(), opening.end(), whole.begin())) << text;
    EXPECT_EQ(chat.opening(behind(text)), opening) << "it follows from the opening alone";
  }
  EXPECT_TRUE(chat.opening(behind("is", false)).empty());
  // A system message is a part of it, whole; another one makes another opening.
  std::vector<Message> led{{"system", "be brief"}, {"user", kOpening + "is", 4}};
  EXPECT_NE(ChatEncoder::opening_text(led), ChatEncoder::opening_text(behind("is")));
  const std::string text = ChatEncoder::opening_text(led);
  led[1].content = kOpening + "two";
  EXPECT_EQ(ChatEncoder::opening_text(led), text);
  led[0].content = "be long";
  EXPECT_NE(ChatEncoder::opening_text(led), text);
}

// Llama, and Gemma whose local layers see four positions, with and without what was read before.
TEST(LanguageModel, AnOpeningReadOnceGivesTheNumbersOfThePromptAsAWhole) {
  for (const std::string file : {"small-llama.gguf", "small-gemma3.gguf"}) {
    const auto fresh = [&] {
      return make_language_model(
          load_pretrained(test::source_path("tests/golden/pretrained/" + file), {"float32", "plain", ""}),
          options());
    };
    const auto model = fresh();
    const std::vector<std::string> continuations{"0", "and then", "hello", "no"};
    std::vector<std::vector<double>> got;
    for (const std::string& text : kBehind) {
      got.push_back(model->score(behind(text), continuations));
      const std::vector<double> whole = model->score(behind(text, false), continuations);
      for (std::size_t i = 0; i < whole.size(); ++i)
        EXPECT_NEAR(got.back()[i], whole[i], 1e-4) << file << text;
    }
    // In another order, alone, and after an opening of somebody else: no bit changes.
    const std::vector<Message> other{{"user", "of the two: x", 11}};
    for (std::size_t i = kBehind.size(); i-- > 0;) {
      model->score(other, continuations);
      EXPECT_EQ(model->score(behind(kBehind[i]), continuations), got[i]) << file << kBehind[i];
      EXPECT_EQ(fresh()->score(behind(kBehind[i]), continuations), got[i]) << file << kBehind[i];
    }
    Prompts marked, plain;
    for (const std::string& text : kBehind) {
      marked.push_back(behind(text));
      plain.push_back(behind(text, false));
      marked.push_back(other);
      plain.push_back({{"user", other[0].content}});
    }
    const auto a = model->generate(marked, {6, 0, ""}), b = model->generate(plain, {6, 0, ""});
    for (std::size_t i = 0; i < a.size(); ++i) {
      expect_equal(a[i], b[i]);
      expect_equal(a[i], fresh()->generate(Prompts{marked[i]}, {6, 0, ""})[0]);
    }
  }
}

TEST(LanguageModel, APromptLongerThanTheContextIsATypedAnswer) {
  const auto model = make_language_model(small(), options());
  const std::string text(80, 'x');
  const Prompts all{{{"user", text}}, prompts()[0]};
  const std::vector<Answer> answers = model->generate(all, {4, 0, ""});
  EXPECT_EQ(answers[0].status, AnswerStatus::model_error);
  EXPECT_NE(answers[0].detail.find("context of 64"), std::string::npos) << answers[0].detail;
  EXPECT_EQ(answers[0].text, "");
  EXPECT_NE(answers[1].status, AnswerStatus::model_error);
  const std::vector<std::string> continuations{"0"};
  try {
    model->score({{"user", text}}, continuations);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::model);
    EXPECT_FALSE(e.mend().empty());
  }
}

TEST(LanguageModel, TheContextCutsAnAnswer) {
  const Pretrained raw = small();
  const ChatEncoder chat(make_tokenizer(raw.tokenizer), raw.tokenizer, "smollm2");
  LanguageModelOptions narrow = options();
  narrow.context = static_cast<int>(chat.prompt(prompts()[0]).size()) + 3;
  const auto model = make_language_model(raw, narrow);
  const Answer answer = model->generate(Prompts{prompts()[0]}, {20, 1, "s"})[0];
  EXPECT_EQ(answer.status, AnswerStatus::truncated);
  EXPECT_EQ(answer.finish_reason, "length");
  EXPECT_EQ(answer.tokens, 3);
}

TEST(LanguageModel, AnEmptyAnswerIsAnAnswer) {
  Pretrained model = small("plain");
  {
    const c10::InferenceMode inference;  // logits of zero: the lowest id, <|endoftext|>, ends the reply
    model.decoder.final_norm = at::zeros_like(model.decoder.final_norm);
  }
  const Answer answer =
      make_language_model(model, options())->generate(Prompts{{{"user", "x"}}}, {5, 0, ""})[0];
  EXPECT_EQ(answer.status, AnswerStatus::answered);
  EXPECT_EQ(answer.finish_reason, "stop");
  EXPECT_EQ(answer.text, "");
  EXPECT_EQ(answer.tokens, 0);
}

TEST(LanguageModel, LogitsThatAreNotFiniteAreATypedAnswer) {
  Pretrained model = small("plain");
  const c10::InferenceMode inference;
  model.decoder.final_norm = at::full_like(model.decoder.final_norm, std::numeric_limits<float>::quiet_NaN());
  const Answer answer =
      make_language_model(model, options())->generate(Prompts{{{"user", "x"}}}, {5, 0, ""})[0];
  EXPECT_EQ(answer.status, AnswerStatus::model_error);
  EXPECT_EQ(answer.detail, "logits are not finite after 0 tokens");
}

TEST(LanguageModel, AStopTextEndsAReplyAndIsLeftOut) {
  const auto free = make_language_model(small(), options());
  const Prompts one{prompts()[4]};
  const std::string text = free->generate(one, {12, 1, "stop"})[0].text;
  std::size_t at = 2;  // a letter that stands alone: the random model also says parts of longer ones
  while (at < text.size() && (text[at] <= ' ' || text[at] > '~')) ++at;
  ASSERT_LT(at, text.size()) << text;
  LanguageModelOptions stopping = options();
  stopping.stop = {text.substr(at, 1)};
  const Answer answer = make_language_model(small(), stopping)->generate(one, {12, 1, "stop"})[0];
  EXPECT_EQ(answer.status, AnswerStatus::answered);
  EXPECT_EQ(answer.finish_reason, "stop");
  EXPECT_LE(answer.text.size(), text.find(stopping.stop[0]));
  EXPECT_EQ(answer.text.find(stopping.stop[0]), std::string::npos);
}

TEST(LanguageModel, IdentityNamesWhatDecidesReplies) {
  const auto identity = [](const LanguageModelOptions& o, const std::string& chat = "smollm2") {
    return make_language_model(small(chat), o)->identity();
  };
  const std::string usual = identity(options());
  EXPECT_EQ(usual, identity(options()));
  EXPECT_NE(usual, identity(options(4)));
  EXPECT_NE(usual, identity(options(), "plain"));
  LanguageModelOptions other = options();
  other.context = 32;
  EXPECT_NE(usual, identity(other));
  LanguageModelOptions wrong = options();
  wrong.batch = 0;
  EXPECT_THROW(identity(wrong), Error);
  wrong = options();
  wrong.stop = {""};
  EXPECT_THROW(identity(wrong), Error);
}

}  // namespace
}  // namespace undertone
