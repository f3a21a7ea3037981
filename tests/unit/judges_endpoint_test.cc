// The judge `endpoint` against a server on the loopback: each way to fail ends as the kind that
// judges/README.md names.
#include "judges/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "harness/core/base64.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/speech/audio.h"
#include "tests/support/stub_server.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using test::completion;
using test::is_probe;
using test::kProbe;
using test::StubReply;
using test::StubRequest;
using test::StubServer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kKey = "sk-planted-0123456789abcdef";

// A server that honours JSON in the probe, then replies as the test says.
StubServer::Handler after_probe(StubServer::Handler handler) {
  return [handler](const StubRequest& r) {
    return is_probe(r) ? StubReply{.body = completion(R"({"rating":1})")} : handler(r);
  };
}

std::unique_ptr<Judge> make(const std::string& url, const std::string& more = "") {
  JudgeContext context;
  const std::string fields =
      R"({"model":"judge-model","attempts":2,"deadline_seconds":3,"attempt_seconds":0.5,"url":")" + url +
      "\"" + more + "}";
  return make_endpoint_judge(parse_json(fields, "suite.json"), context,
                             [](const std::string& name) -> std::optional<std::string> {
                               if (name == "OPENAI_API_KEY") return kKey;
                               return std::nullopt;
                             });
}

class Items {
 public:
  explicit Items(std::size_t n) {
    questions_.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      questions_[i].id = "q" + std::to_string(i);
      questions_[i].text = "How does she feel?";
      questions_[i].reference = "She is sad.";
      items_.push_back({&questions_[i], nullptr, "sad " + std::to_string(i)});
    }
  }
  std::span<const JudgeItem> all() const { return items_; }

 private:
  std::vector<Question> questions_;
  std::vector<JudgeItem> items_;
};

Verdict judged(StubServer::Handler handler, const std::string& more = "") {
  const StubServer server(after_probe(std::move(handler)));
  return make(server.url(), more)->judge(Items(1).all()).at(0);
}
Verdict judged_reply(const std::string& body) {
  return judged([body](const StubRequest&) { return StubReply{.body = body}; });
}
std::string detail(const Verdict& v) {
  const auto* error = std::get_if<TransportError>(&v);
  return error ? error->detail : "no transport error but " + to_json(v).dump();
}

TEST(EndpointJudge, ReadsTheRatingAndPromptsByTheRubric) {
  const StubServer server(
      after_probe([](const StubRequest&) { return StubReply{.body = completion(R"({"rating":4})")}; }));
  const auto judge = make(server.url());
  const Verdict v = judge->judge(Items(1).all()).at(0);
  EXPECT_EQ(std::get<Scored>(v).value, 4);
  EXPECT_TRUE(std::get<Scored>(v).extra.find("nonce"));
  const std::string prompt = server.requests().back().body;
  EXPECT_THAT(prompt, HasSubstr("She is sad."));
  EXPECT_THAT(prompt, HasSubstr("sad 0"));
  EXPECT_THAT(prompt, HasSubstr("json_schema"));
  EXPECT_EQ(judge->scale().kind, Scale::Kind::discrete_0_5);
}

TEST(EndpointJudge, TransportErrorsHaveTheirSubKinds) {
  EXPECT_THAT(detail(judged([](const StubRequest&) { return StubReply{.status = 500, .body = "x"}; })),
              StartsWith("HTTP status: status 500"));
  EXPECT_THAT(detail(judged([](const StubRequest&) { return StubReply{.status = 503, .body = "x"}; })),
              StartsWith("HTTP status: status 503"));
  const Verdict late = judged([](const StubRequest&) { return StubReply{.body = "x", .delay_seconds = 30}; });
  EXPECT_THAT(detail(late), StartsWith("timeout: "));
  EXPECT_EQ(std::get<TransportError>(late).attempts, 2);
  EXPECT_THAT(
      detail(judged([](const StubRequest&) { return StubReply{.body = "0123456789", .cut_after = 5}; })),
      StartsWith("truncated body: "));
  EXPECT_THAT(detail(judged([](const StubRequest&) { return StubReply{.body = std::string(9 << 20, ' ')}; })),
              StartsWith("too large: "));
  EXPECT_THAT(detail(judged([](const StubRequest&) { return StubReply{.raw = "no HTTP\r\n"}; })),
              StartsWith("protocol: "));
  EXPECT_THAT(detail(judged_reply(completion(R"({"rating":4})", "cheap-model"))),
              StartsWith("model mismatch: "));
  EXPECT_THAT(detail(make(test::closed_address())->judge(Items(1).all()).at(0)), StartsWith("refused: "));
  const StubServer tls([](const StubRequest&) { return StubReply{.body = "x"}; }, StubServer::Kind::tls);
  EXPECT_THAT(detail(make(tls.url())->judge(Items(1).all()).at(0)), StartsWith("TLS: "));
}

TEST(EndpointJudge, RefusalAndTruncationAreTyped) {
  EXPECT_TRUE(std::holds_alternative<Refused>(
      judged_reply(completion(R"({"rating":4})", "judge-model", "content_filter"))));
  EXPECT_TRUE(std::holds_alternative<TruncatedReply>(
      judged_reply(completion(R"({"rating":4})", "judge-model", "length"))));
  EXPECT_TRUE(std::holds_alternative<Refused>(judged_reply(completion("I'm sorry, I cannot rate that."))));
}

TEST(EndpointJudge, EverythingElseIsAParseFailureWithItsText) {
  for (const std::string& body :
       {std::string("<html>"), std::string("{}"), std::string(R"({"model":"judge-model","choices":[]})"),
        completion(R"({"score":4})"), completion(R"({"rating":"4"})"), completion(R"({"rating":4.5})"),
        completion(R"({"rating":6})"), completion(R"({"rating":-1})"), completion(R"({"rating":NaN})"),
        completion(R"({"rating":4,"rating":5})"), completion(R"({"rating":4,"Rating":5})"),
        completion(R"({"rating":4} {"rating":5})"), completion("Rating: 4"), completion(R"([4])"),
        completion("{\"rating\":\xEF\xBC\x94}"),   // a full-width digit
        completion("\xE2\x80\xAE{\"rating\":4}"),  // right-to-left override before it
        completion("<think>{\"rating\":4}"), completion(R"({"rating":null})"),
        std::string(R"({"model":"judge-model","choices":[{"message":{"content":"\ud800"}}]})")}) {
    const Verdict v = judged_reply(body);
    ASSERT_TRUE(std::holds_alternative<ParseFailure>(v)) << body << " gave " << to_json(v).dump();
    EXPECT_NE(std::get<ParseFailure>(v).raw, "") << body;
    EXPECT_NE(std::get<ParseFailure>(v).extra.get("why", ""), "") << body;
  }
  const Verdict bad = judged_reply("\xff\xfe{}");
  EXPECT_NO_THROW(to_json(bad).dump()) << "broken UTF-8 must not break the ledger";
  EXPECT_EQ(std::get<Scored>(judged_reply(completion("<think>5? no</think>\n{\"rating\":3}"))).value, 3);
}

TEST(EndpointJudge, APlainServerIsReadByTheGrammarOfLocal) {
  const StubServer server([](const StubRequest&) { return StubReply{.body = completion("Rating: 2")}; });
  EXPECT_EQ(std::get<Scored>(make(server.url())->judge(Items(1).all()).at(0)).value, 2);
  EXPECT_THAT(server.requests().back().body, Not(HasSubstr("response_format")));
}

TEST(EndpointJudge, IdentityIsTheModelAndHowItIsAskedButNotWhere) {
  const auto id = [](const std::string& url, const std::string& more = "") {
    return make(url, more)->identity();
  };
  const std::string usual = id("http://a");
  EXPECT_EQ(usual, id("http://b:9/v1"));
  EXPECT_EQ(usual, id("http://a", R"(,"items":50,"concurrency":4,"budget":{"requests":5})"));
  for (const char* other :
       {R"(,"hears":true)", R"(,"service":"int4")", R"(,"rubric":"correct")", R"(,"temperature":0.5)",
        R"(,"seed":2)", R"(,"max_tokens":8)", R"(,"response_format":"plain")"})
    EXPECT_NE(usual, id("http://a", other)) << other;
}

StubReply weighted(const std::string& rating, double three, double four) {
  return {.body = completion({{"{\"rating\":"}, {rating, {{"3", three}, {"4", four}, {"x", 0.1}}}, {"}"}})};
}

TEST(EndpointJudge, TheExpectationIsTheMeanByTheProbabilitiesOfTheRatingsToken) {
  const StubServer server([](const StubRequest& r) {
    return is_probe(r) ? StubReply{.body = completion({{"{\"rating\":"}, {"1", {{"1", 1.0}}}, {"}"}})}
                       : weighted("4", 0.3, 0.6);
  });
  const auto judge = make(server.url(), R"(,"value":"expectation","top_logprobs":5)");
  EXPECT_EQ(judge->scale().kind, Scale::Kind::continuous_0_5);
  EXPECT_NE(judge->identity(), make(server.url())->identity());
  EXPECT_NE(judge->identity(), make(server.url(), R"(,"value":"expectation")")->identity());
  const Scored scored = std::get<Scored>(judge->judge(Items(1).all()).at(0));
  EXPECT_NEAR(scored.value, (0.3 * 3 + 0.6 * 4) / 0.9, 1e-9);
  EXPECT_NEAR(scored.extra.at("covered").as_double(), 0.9, 1e-9);
  EXPECT_NEAR(scored.extra.at("distribution").at("4").as_double(), 2.0 / 3, 1e-9);
  EXPECT_EQ(scored.extra.at("distribution").at("5").as_double(), 0);
  EXPECT_TRUE(scored.extra.find("nonce"));
  EXPECT_EQ(scored.rationale, R"({"rating":4})");
  for (const StubRequest& r : server.requests()) {
    const Json body = parse_json(r.body, "request");
    EXPECT_TRUE(body.at("logprobs").as_bool());
    EXPECT_EQ(body.at("top_logprobs").as_int(), 5);
  }
  EXPECT_EQ(make(server.url(), R"(,"value":"expectation","rubric":"correct")")->scale().kind,
            Scale::Kind::percent);
}

// Never the said rating in place of the mean.
TEST(EndpointJudge, AServerWithoutLogProbabilitiesIsRefusedAtTheProbe) {
  const auto ended = [](const StubServer& server) -> std::string {
    int kept = 0;
    try {
      make(server.url(), R"(,"value":"expectation")")
          ->judge_each(Items(5).all(),
                       [&](std::span<const Judged> made) { kept += static_cast<int>(made.size()); });
    } catch (const Error& e) {
      EXPECT_EQ(kept, 0);
      return e.what_happened() + " " + e.mend();
    }
    return "nothing was wrong";
  };
  const StubServer none([](const StubRequest&) { return StubReply{.body = completion(R"({"rating":1})")}; });
  EXPECT_THAT(ended(none), StartsWith("unsupported: the reply has no log-probabilities"));
  EXPECT_THAT(ended(none), HasSubstr("\"value\": \"reply\""));
  const StubServer refusing([](const StubRequest& r) {
    return r.body.find("logprobs") == std::string::npos
               ? StubReply{.body = completion(R"({"rating":1})")}
               : StubReply{.status = 400, .body = R"({"error":{"message":"logprobs are not supported"}})"};
  });
  EXPECT_THAT(ended(refusing), HasSubstr("logprobs are not supported"));
}

TEST(EndpointJudge, AReplyWhoseTokensDoNotComeIsAParseFailure) {
  const StubServer server([](const StubRequest& r) {
    return is_probe(r) ? StubReply{.body = completion({{"{\"rating\":"}, {"1", {{"1", 1.0}}}, {"}"}})}
                       : StubReply{.body = completion(R"({"rating":4})")};
  });
  const Verdict v = make(server.url(), R"(,"value":"expectation")")->judge(Items(1).all()).at(0);
  ASSERT_TRUE(std::holds_alternative<ParseFailure>(v)) << to_json(v).dump();
  EXPECT_EQ(std::get<ParseFailure>(v).raw, R"({"rating":4})");
  EXPECT_THAT(std::get<ParseFailure>(v).extra.get("why", ""), HasSubstr("log-probabilities"));
}

// Models that take no request without audio are probed with some.
TEST(EndpointJudge, HearsTheClipBeforeThePrompt) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "clip.wav";
  write_wav(path, std::vector<float>(800, 0.25f));
  const auto parts = [](const StubRequest& r) {
    return parse_json(r.body, "request").at("messages").elements().back().at("content");
  };
  for (const char* how : {R"(,"hears":true)", R"(,"rubric":"heard")"}) {
    const StubServer server(
        after_probe([](const StubRequest&) { return StubReply{.body = completion(R"({"rating":4})")}; }));
    const auto judge = make(server.url(), how);
    EXPECT_TRUE(judge->hears());
    EXPECT_NE(judge->identity(), make(server.url())->identity());
    const Items two(2);
    std::vector<JudgeItem> items(two.all().begin(), two.all().end());
    items[0].audio_path = path;
    const auto verdicts = judge->judge(items);
    EXPECT_EQ(std::get<Scored>(verdicts[0]).value, 4);
    EXPECT_THAT(std::get<NotJudged>(verdicts[1]).reason, HasSubstr("no audio"));
    ASSERT_EQ(server.requests().size(), 2u);
    const Json probe = parts(server.requests()[0]), asked = parts(server.requests()[1]);
    EXPECT_EQ(probe.elements().front().at("type").as_string(), "input_audio");
    EXPECT_EQ(asked.elements().front().at("input_audio").at("data").as_string(), base64(read_file(path)));
    EXPECT_THAT(asked.elements().back().at("text").as_string(), HasSubstr("sad 0"));
  }
  EXPECT_FALSE(make("http://a")->hears());
}

TEST(EndpointJudge, HandsOverEachReplyAndThrowsWhenTheBudgetIsUsedUp) {
  const StubServer server(
      after_probe([](const StubRequest&) { return StubReply{.body = completion(R"({"rating":4})")}; }));
  const Items items(50);
  const auto judge = make(server.url(), R"(,"budget":{"requests":11})");
  ASSERT_TRUE(judge->hands_over_each());
  std::map<std::size_t, Judged> kept;
  try {
    judge->judge_each(items.all(), [&](std::span<const Judged> made) {
      for (const Judged& j : made) EXPECT_TRUE(kept.emplace(j.item, j).second);
    });
    FAIL() << "the budget did not stop it";
  } catch (const Error& e) {
    EXPECT_THAT(e.what_happened(), HasSubstr("budget"));
    EXPECT_THAT(e.what_happened(), HasSubstr("40 of 50"));
    EXPECT_THAT(e.mend(), HasSubstr("not bought again"));
  }
  EXPECT_EQ(kept.size(), 10u) << "one request was the probe";
  for (const auto& [item, j] : kept) {
    EXPECT_EQ(std::get<Scored>(j.verdict).value, 4);
    EXPECT_EQ(j.about.get("model", ""), "judge-model");
    EXPECT_EQ(j.about.get("response_format", ""), "json_schema");
    EXPECT_EQ(j.about.get("prompt_tokens", 0), 100);
  }
}

TEST(EndpointJudge, AServerThatIsDownCostsNothingAndIsReportedWithinSeconds) {
  const auto began = std::chrono::steady_clock::now();
  int kept = 0;
  try {
    make(test::closed_address())->judge_each(Items(1000).all(), [&](std::span<const Judged> made) {
      kept += static_cast<int>(made.size());
    });
    FAIL() << "nobody listens there";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::io);
    EXPECT_THAT(e.what_happened(), StartsWith("refused: "));
    EXPECT_THAT(e.place(), HasSubstr("http://127.0.0.1:"));
    EXPECT_THAT(e.mend(), HasSubstr("start the server"));
  }
  EXPECT_EQ(kept, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST(EndpointJudge, APlantedKeyIsInNoErrorAndNoVerdict) {
  const auto echo = [](const StubRequest& r) { return "your key is " + r.headers.at("authorization"); };
  const StubServer refusing([&](const StubRequest& r) { return StubReply{.status = 401, .body = echo(r)}; });
  try {
    make(refusing.url())->judge_each(Items(1).all(), [](std::span<const Judged>) {});
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_THAT(std::string(e.what()) + e.place() + e.mend(), HasSubstr("[key]"));
    EXPECT_THAT(std::string(e.what()) + e.place() + e.mend(), Not(HasSubstr("sk-planted")));
  }
  for (const int status : {200, 500}) {
    const Verdict v = judged([&](const StubRequest& r) {
      return StubReply{.status = status, .body = status == 200 ? completion(echo(r)) : echo(r)};
    });
    EXPECT_THAT(to_json(v).dump(), HasSubstr("[key]")) << status;
    EXPECT_THAT(to_json(v).dump(), Not(HasSubstr("sk-planted"))) << status;
  }
}

TEST(EndpointJudge, NothingIsAskedAboutAnEmptyAnswer) {
  const Question q = [] {
    Question made;
    made.id = "q";
    made.reference = "sad";
    return made;
  }();
  const JudgeItem item{&q, nullptr, " ..."};
  EXPECT_EQ(std::get<Scored>(make(test::closed_address())->judge({&item, 1}).at(0)).value, 0);
}

TEST(EndpointJudgeFields, ContradictionsAreProblems) {
  const auto problems = [](const char* text) {
    std::vector<Problem> found;
    const Json json = parse_json(text, "s.json");
    FieldReader reader(json, "/judges/x", found);
    builtin_judges().at("endpoint").fields(reader);
    reader.finish();
    return found.size();
  };
  EXPECT_EQ(problems(R"({"model":"m"})"), 0u);
  EXPECT_EQ(problems(R"({})"), 1u);
  EXPECT_EQ(problems(R"({"model":"m","key_env":"A","key_file":"b"})"), 1u);
  EXPECT_EQ(problems(R"({"model":"m","response_format":"xml"})"), 1u);
  EXPECT_EQ(problems(R"({"model":"m","value":"argmax"})"), 1u);
  EXPECT_EQ(problems(R"({"model":"m","top_logprobs":5})"), 1u);
  EXPECT_EQ(problems(R"({"model":"m","value":"expectation","top_logprobs":5})"), 0u);
  EXPECT_EQ(problems(R"({"model":"m","budget":{"money":1}})"), 1u);
  EXPECT_EQ(problems(R"({"model":"m","budget":{"money":1,"input_price":2}})"), 0u);
  EXPECT_EQ(problems(R"({"model":"m","rubric":"corect"})"), 1u);
  EXPECT_EQ(problems(R"({"model":"m","api_key":"sk-x"})"), 1u) << "a key does not belong into a suite";
}

}  // namespace
}  // namespace undertone
