// Which form of request a server takes, found by the probe.
#include "harness/net/chat_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/stub_server.h"

namespace undertone {
namespace {
using test::completion;
using test::StubReply;
using test::StubRequest;
using test::StubServer;
using ::testing::HasSubstr;

Json schema() {
  return parse_json(R"({"type":"object","properties":{"rating":{"type":"integer"}}})", "schema");
}

struct Asked {
  ChatForm form;
  std::optional<HttpError> error;
  std::vector<StubRequest> requests;
};

Asked probed(const StubServer::Handler& handler, std::optional<ResponseFormat> format = std::nullopt) {
  const StubServer server(handler);
  ChatSettings settings;
  settings.model = "judge-model";
  settings.schema = schema();
  settings.format = format;
  HttpSettings http;
  http.first_wait_seconds = 0.01;
  http.most_attempts = 2;
  Budget budget;
  ChatClient client(find_endpoint({.url = server.url()}, [](const std::string&) { return std::nullopt; }),
                    settings, http, budget);
  Asked out;
  out.error =
      client.probe({{{{"user", "form?"}}}, [](const std::string& t) { return t == R"({"rating":1})"; }});
  out.form = client.form();
  out.requests = server.requests();
  return out;
}

ChatSettings for_model(const std::string& model) {
  ChatSettings settings;
  settings.model = model;
  return settings;
}
Json body_of(const StubRequest& r) { return parse_json(r.body, "request"); }
std::string format_of(const StubRequest& r) {
  const Json body = body_of(r);
  const Json* format = body.find("response_format");
  return format ? format->at("type").as_string() : "plain";
}
StubReply honoured() { return {.body = completion(R"({"rating":1})")}; }
StubReply refused(const std::string& message) {
  return {.status = 400,
          .body = Json::object({{"error", Json::object({{"message", Json(message)}})}}).dump()};
}

TEST(ChatProbe, TakesJsonSchemaWhereItIsHonoured) {
  const Asked a = probed([](const StubRequest&) { return honoured(); });
  EXPECT_FALSE(a.error);
  EXPECT_EQ(a.form.format, ResponseFormat::json_schema);
  EXPECT_EQ(a.form.model, "judge-model");
  EXPECT_EQ(a.form.fingerprint, "fp");
  ASSERT_EQ(a.requests.size(), 1u);
  const Json body = body_of(a.requests[0]);
  EXPECT_EQ(body.at("model").as_string(), "judge-model");
  EXPECT_EQ(body.at("max_tokens").as_int(), 64);
  EXPECT_EQ(body.at("temperature").as_double(), 0);
  EXPECT_EQ(body.at("messages").elements().at(0).at("content").as_string(), "form?");
  EXPECT_EQ(body.at("response_format").at("json_schema").at("schema"), schema());
  EXPECT_EQ(a.requests[0].target, "/v1/chat/completions");
}

TEST(ChatProbe, StepsDownWhenAFormIsRefusedOrNotHonoured) {
  const Asked object = probed([](const StubRequest& r) {
    return format_of(r) == "json_schema" ? refused("response_format json_schema is not supported")
                                         : honoured();
  });
  EXPECT_EQ(object.form.format, ResponseFormat::json_object);
  const Asked ignored =
      probed([](const StubRequest&) { return StubReply{.body = completion("Sure! Rating: 1")}; });
  EXPECT_FALSE(ignored.error);
  EXPECT_EQ(ignored.form.format, ResponseFormat::plain);
  EXPECT_EQ(ignored.requests.size(), 3u);
  EXPECT_EQ(ignored.form.steps.size(), 3u);
  EXPECT_THAT(ignored.form.steps[0], HasSubstr("json_schema"));
}

TEST(ChatProbe, AFormThatWasDemandedIsNotChanged) {
  const Asked plain = probed([](const StubRequest&) { return honoured(); }, ResponseFormat::plain);
  ASSERT_EQ(plain.requests.size(), 1u);
  EXPECT_EQ(format_of(plain.requests[0]), "plain");
  const Asked no =
      probed([](const StubRequest&) { return refused("no json_object here"); }, ResponseFormat::json_object);
  ASSERT_TRUE(no.error);
  EXPECT_EQ(no.error->status, 400);
}

TEST(ChatProbe, LearnsTheTokenFieldAndLeavesOutTheTemperature) {
  const Asked a = probed([](const StubRequest& r) {
    const Json body = body_of(r);
    if (body.find("max_tokens"))
      return refused(
          "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.");
    if (body.find("temperature")) return refused("'temperature' does not support 0 with this model.");
    return honoured();
  });
  EXPECT_FALSE(a.error);
  EXPECT_EQ(a.form.tokens_field, "max_completion_tokens");
  EXPECT_FALSE(a.form.temperature);
  EXPECT_EQ(a.form.format, ResponseFormat::json_schema) << "the form was not at fault";
  EXPECT_EQ(body_of(a.requests.back()).at("max_completion_tokens").as_int(), 64);
}

TEST(ChatProbe, AKeyThatIsNotAcceptedAndAnotherModelAreTold) {
  const Asked key = probed([](const StubRequest&) { return StubReply{.status = 401, .body = "{}"}; });
  ASSERT_TRUE(key.error);
  EXPECT_EQ(key.error->status, 401);
  EXPECT_EQ(key.requests.size(), 1u);
  const Asked other = probed(
      [](const StubRequest&) { return StubReply{.body = completion(R"({"rating":1})", "cheap-model")}; });
  ASSERT_TRUE(other.error);
  EXPECT_EQ(other.error->kind, TransportKind::model_mismatch);
}

TEST(ChatRequest, AudioIsAPartBeforeTheLastMessagesText) {
  const Json body = parse_json(
      chat_request_body(for_model("m"), {}, {{{"system", "Be brief."}, {"user", "How is she?"}}, "RIFF"}),
      "request");
  EXPECT_EQ(body.at("messages").canonical(),
            parse_json(R"([{"role":"system","content":"Be brief."},{"role":"user","content":[)"
                       R"({"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}},)"
                       R"({"type":"text","text":"How is she?"}]}])",
                       "expected")
                .canonical());
  EXPECT_FALSE(body.find("seed"));
}

TEST(ChatProbe, ASeedThatIsNotTakenIsLeftOut) {
  const StubServer server([](const StubRequest& r) {
    return body_of(r).find("seed") ? refused("Unrecognized request argument: seed") : honoured();
  });
  Budget budget;
  ChatClient client(find_endpoint({.url = server.url()}, [](const std::string&) { return std::nullopt; }),
                    for_model("judge-model"), {}, budget);
  EXPECT_FALSE(client.probe({{{{"user", "form?"}}, "", 7}, {}}));
  EXPECT_FALSE(client.form().seed);
  ASSERT_EQ(server.requests().size(), 2u);
  EXPECT_EQ(body_of(server.requests()[0]).at("seed").as_int(), 7);
}

TEST(ChatClient, TheModelMayNotChangeWithinARunAndTokensCount) {
  const StubServer server([](const StubRequest& r) {
    return StubReply{.body = completion(R"({"rating":1})",
                                        r.number < 3 ? "judge-model-2024-01-01" : "judge-model-2024-02-02")};
  });
  ChatSettings settings;
  settings.model = "judge-model";
  settings.schema = schema();
  settings.input_price = 10;
  settings.output_price = 100;
  HttpSettings http;
  http.first_concurrency = http.most_concurrency = 1;
  Budget budget;
  ChatClient client(find_endpoint({.url = server.url()}, [](const std::string&) { return std::nullopt; }),
                    settings, http, budget);
  ASSERT_FALSE(client.probe({{{{"user", "form?"}}}, {}}));
  std::vector<bool> good;
  client.run(
      4,
      [](std::size_t) {
        return ChatPrompt{{{"user", "x"}}};
      },
      [&](std::vector<ChatDone>& done) {
        for (const ChatDone& d : done) {
          good.push_back(std::holds_alternative<ChatReply>(d.outcome));
          if (!good.back()) {
            EXPECT_EQ(std::get<HttpError>(d.outcome).kind, TransportKind::model_mismatch);
          }
        }
      });
  EXPECT_THAT(good, ::testing::ElementsAre(true, true, false, false));
  EXPECT_EQ(budget.requests(), 5);
  EXPECT_EQ(budget.tokens(), 5 * 110);
  EXPECT_NEAR(budget.money(), 5 * (100 * 10 + 10 * 100) / 1e6, 1e-12);
}

}  // namespace
}  // namespace undertone
