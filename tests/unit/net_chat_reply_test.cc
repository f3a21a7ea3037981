#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/net/budget.h"
#include "harness/net/chat_reply.h"
#include "harness/net/http_parts.h"
#include "harness/net/retry_after.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;

ChatParsed parsed(const std::string& body, const std::string& expected = "") {
  return parse_chat_reply({200, body}, "judge-model", expected);
}

std::string with_choice(const std::string& choice) {
  return R"({"model":"judge-model","choices":[)" + choice + "]}";
}

TEST(ChatReply, EachEndHasItsType) {
  const auto one = [](const char* choice) { return parsed(with_choice(choice)).outcome; };
  EXPECT_EQ(std::get<ChatReply>(one(R"({"message":{"content":"Rating: 3"},"finish_reason":"stop"})")).text,
            "Rating: 3");
  EXPECT_EQ(std::get<ChatTruncated>(one(R"({"message":{"content":"Rat"},"finish_reason":"length"})")).text,
            "Rat");
  EXPECT_EQ(std::get<ChatTruncated>(one(R"({"message":{"content":null},"finish_reason":"length"})")).text,
            "");
  EXPECT_TRUE(std::holds_alternative<ChatRefusal>(
      one(R"({"message":{"content":"Rating: 3"},"finish_reason":"content_filter"})")));
  EXPECT_EQ(
      std::get<ChatRefusal>(one(R"({"message":{"content":null,"refusal":"no"},"finish_reason":"stop"})"))
          .text,
      "no");
}

TEST(ChatReply, WhatIsNoCompletionIsMalformedWithTheRawText) {
  for (const std::string& body :
       {std::string("<html>busy</html>"), std::string("{\"model\":"), std::string("[]"), std::string("3"),
        std::string("{}"), std::string(R"({"choices":[]})"), std::string(R"({"choices":{}})"),
        std::string(R"({"error":{"message":"x"}})"), with_choice("{}"), with_choice(R"({"message":"hello"})"),
        with_choice(R"({"message":{"content":3}})"), with_choice(R"({"message":{"content":""}})"),
        with_choice(R"({"message":{"content":["a"]}})"),
        with_choice(R"({"message":{"content":"a"}},{"message":{"content":"b"}})"),
        with_choice("{\"message\":{\"content\":\"\xff\xfe\"}}"),
        with_choice(R"({"message":{"content":"\ud800"}})")}) {
    const ChatOutcome outcome = parsed(body).outcome;
    ASSERT_TRUE(std::holds_alternative<ChatMalformed>(outcome)) << body;
    EXPECT_EQ(std::get<ChatMalformed>(outcome).raw, body);
    EXPECT_NE(std::get<ChatMalformed>(outcome).why, "") << body;
  }
  EXPECT_EQ(std::get<ChatMalformed>(parsed(std::string(100000, 'x')).outcome).raw.size(), 4096u);
}

TEST(ChatReply, AnotherModelIsATransportErrorWhateverItSays) {
  const std::string body = R"({"model":"other","choices":[{"message":{"content":"Rating: 3"}}]})";
  const ChatOutcome outcome = parsed(body).outcome;
  ASSERT_TRUE(std::holds_alternative<HttpError>(outcome));
  EXPECT_EQ(std::get<HttpError>(outcome).kind, TransportKind::model_mismatch);
  EXPECT_THAT(std::get<HttpError>(outcome).detail, HasSubstr("'judge-model', but the reply is from 'other'"));
  EXPECT_TRUE(std::holds_alternative<ChatReply>(parsed(body, "other").outcome)) << "the name was expected";
  EXPECT_TRUE(std::holds_alternative<HttpError>(
      parsed(with_choice(R"({"message":{"content":"x"}})"), "other").outcome));
}

TEST(SameModel, TakesADatedFormAndNoOtherModel) {
  EXPECT_TRUE(same_model("gpt-4o", "gpt-4o-2024-08-06"));
  EXPECT_TRUE(same_model("gpt-4", "gpt-4-0613"));
  EXPECT_TRUE(same_model("llama3", "llama3:latest"));
  EXPECT_TRUE(same_model("meta/Llama-3-70B", "Llama-3-70B"));
  EXPECT_TRUE(same_model("smollm2", "/models/smollm2.gguf"));
  EXPECT_FALSE(same_model("gpt-4o", "gpt-4o-mini"));
  EXPECT_FALSE(same_model("gpt-4", "gpt-4o"));
  EXPECT_FALSE(same_model("gpt-4", "gpt-4-32"));
  EXPECT_FALSE(same_model("llama3", "llama3:70b"));
  EXPECT_FALSE(same_model("gpt-4o-2024-08-06", "gpt-4o"));
}

TEST(ChatReply, FactsAreToldAndAzuresFilterIsARefusal) {
  const ChatParsed p = parsed(
      R"({"model":"judge-model","system_fingerprint":"f","usage":{"prompt_tokens":7,"completion_tokens":2},)"
      R"("choices":[{"message":{"content":"x"}}]})");
  EXPECT_EQ(p.facts.prompt_tokens, 7);
  EXPECT_EQ(p.facts.completion_tokens, 2);
  EXPECT_EQ(p.facts.fingerprint, "f");
  EXPECT_TRUE(p.facts.counted);
  EXPECT_FALSE(parsed(with_choice(R"({"message":{"content":"x"}})")).facts.counted);
  HttpError filtered{TransportKind::status, 400, "",
                     R"({"error":{"code":"content_filter","message":"filtered"}})", false};
  EXPECT_TRUE(std::holds_alternative<ChatRefusal>(outcome_of_error(filtered)));
  filtered.body = R"({"error":{"code":"bad","message":"no"}})";
  EXPECT_TRUE(std::holds_alternative<HttpError>(outcome_of_error(filtered)));
  EXPECT_EQ(server_message(filtered), "bad: no");
}

TEST(RetryAfter, SecondsAndDates) {
  const std::int64_t now = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110
  EXPECT_EQ(retry_after_seconds("120", now), 120);
  EXPECT_EQ(retry_after_seconds(" 0 \r\n", now), 0);
  EXPECT_EQ(retry_after_seconds("Sun, 06 Nov 1994 08:49:47 GMT", now), 10);
  EXPECT_EQ(retry_after_seconds("Sunday, 06-Nov-94 08:49:47 GMT", now), 10) << "the obsolete form";
  EXPECT_EQ(retry_after_seconds("Sun Nov  6 08:49:47 1994", now), 10) << "asctime";
  EXPECT_EQ(retry_after_seconds("Sun, 06 Nov 1994 08:00:00 GMT", now), 0) << "past";
  for (const char* none : {"", "soon", "-3", "1.5", "12x"})
    EXPECT_FALSE(retry_after_seconds(none, now)) << none;
}

TEST(Waits, GrowToTheirBoundAndAreTheSameByName) {
  HttpSettings s;
  s.first_wait_seconds = 1;
  s.most_wait_seconds = 5;
  for (int attempt = 1; attempt < 8; ++attempt) {
    const double most = std::min(5.0, static_cast<double>(1 << (attempt - 1)));
    const double wait = wait_seconds(s, 3, attempt);
    EXPECT_GE(wait, most / 2);
    EXPECT_LE(wait, most);
    EXPECT_EQ(wait, wait_seconds(s, 3, attempt));
    EXPECT_NE(wait, wait_seconds(s, 4, attempt))
        << "requests that failed together must not come back together";
  }
}

TEST(Concurrency, GrowsByOneARoundAndHalves) {
  Concurrency c(4, 10);
  EXPECT_EQ(c.limit(), 4);
  for (int i = 0; i < 5; ++i) c.success();
  EXPECT_EQ(c.limit(), 5);
  for (int i = 0; i < 1000; ++i) c.success();
  EXPECT_EQ(c.limit(), 10);
  c.overload();
  EXPECT_EQ(c.limit(), 5);
  for (int i = 0; i < 10; ++i) c.overload();
  EXPECT_EQ(c.limit(), 1);
}

TEST(BudgetLimits, EachStops) {
  Budget requests({.requests = 2});
  requests.request();
  EXPECT_EQ(requests.used_up(), "");
  requests.request();
  EXPECT_EQ(requests.used_up(), "2 requests");
  Budget tokens({.tokens = 100});
  tokens.reply(99, 0);
  EXPECT_EQ(tokens.used_up(), "");
  tokens.reply(1, 0);
  EXPECT_EQ(tokens.used_up(), "100 tokens");
  Budget money({.money = 0.5});
  money.reply(0, 0.5);
  EXPECT_THAT(money.used_up(), HasSubstr("money"));
  Budget none;
  none.request();
  none.reply(1 << 30, 1e9);
  EXPECT_EQ(none.used_up(), "");
}

TEST(ChatReply, LogProbabilitiesAreReadAsBytesAndDoNotSpoilAReply) {
  const auto read = [](const std::string& logprobs) {
    const std::string body =
        R"({"model":"m","choices":[{"message":{"content":"4"},"finish_reason":"stop","logprobs":)" +
        logprobs + "}]}";
    return std::get<ChatReply>(parse_chat_reply({200, body}, "m", "").outcome);
  };
  const ChatReply reply = read(R"({"content":[{"token":"?","bytes":[52],"logprob":-0.5,"top_logprobs":[)"
                               R"({"token":"4","bytes":null,"logprob":-0.5},{"token":"5","logprob":-1}]}]})");
  ASSERT_EQ(reply.tokens.size(), 1u);
  EXPECT_EQ(reply.tokens[0].text, "4");
  ASSERT_EQ(reply.tokens[0].choices.size(), 2u);
  EXPECT_EQ(reply.tokens[0].choices[1].text, "5");
  EXPECT_EQ(reply.tokens[0].choices[1].log_probability, -1);
  for (const char* none : {"null", "{}", R"({"content":null})", R"({"content":[{"token":"4"}]})", "[]"})
    EXPECT_TRUE(read(none).tokens.empty()) << none;
}

}  // namespace
}  // namespace undertone
