#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "harness/core/error.h"
#include "judges/embedding.h"
#include "judges/judge.h"
#include "judges/replay.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

// A stand-in encoder with known angles: "a" and "b" are orthogonal, "ab" lies between them.
class ToyEncoder final : public TextEncoder {
 public:
  std::vector<std::vector<float>> embed(std::span<const std::string> texts) override {
    ++calls;
    std::vector<std::vector<float>> out;
    for (const std::string& t : texts) {
      const float x = t.find('a') != std::string::npos, y = t.find('b') != std::string::npos;
      const float n = std::sqrt(x * x + y * y);
      out.push_back({x / n, y / n});
    }
    return out;
  }
  std::string identity() const override { return "toy"; }
  int calls = 0;
};

std::unique_ptr<Judge> make(const std::string& kind, const char* fields, JudgeContext& context) {
  return builtin_judges().at(kind).make(parse_json(fields, "suite.json"), context);
}

double value(const Verdict& v) { return std::get<Scored>(v).value; }

Question asked(const std::string& reference) {
  Question q;
  q.id = "q";
  q.text = "question?";
  q.reference = reference;
  return q;
}

TEST(JudgeRegistry, ListsEveryJudgeAndMakesNoneToValidate) {
  const JudgeRegistry judges = builtin_judges();
  EXPECT_EQ(judges.known(), "rubric, embedding, local, endpoint, replay, exact, trivial");
  for (const auto& entry : judges.entries()) {
    FieldReader describe;
    entry.fields(describe);
    EXPECT_TRUE(describe.schema().is_object()) << entry.name;
  }
  EXPECT_THROW(judges.at("gpt"), Error);
}

TEST(JudgeRegistry, WrongFieldsAreProblems) {
  const JudgeRegistry judges = builtin_judges();
  const auto problems = [&](const std::string& kind, const char* text) {
    std::vector<Problem> found;
    const Json json = parse_json(text, "s.json");
    FieldReader reader(json, "/judges/x", found);
    judges.at(kind).fields(reader);
    reader.finish();
    return found.size();
  };
  EXPECT_EQ(problems("replay", R"({"path":"x.jsonl","scale":"binary"})"), 0u);
  EXPECT_EQ(problems("replay", R"({"scale":"stars"})"), 2u);
  EXPECT_EQ(problems("embedding", R"({"floor":0.99})"), 1u);
  EXPECT_EQ(problems("rubric", R"({"values":{"object":["the house"]}})"), 0u);
  EXPECT_EQ(problems("rubric", R"({"values":{"object":"the house"}})"), 1u);
  EXPECT_EQ(problems("exact", R"({"flor":1})"), 1u);
}

TEST(JudgeIdentity, ChangesWithEverySettingAndWithNothingElse) {
  JudgeContext context;
  ToyEncoder encoder;
  context.text_encoder = [&]() -> TextEncoder& { return encoder; };
  EXPECT_EQ(make("rubric", "{}", context)->identity(), make("rubric", "{}", context)->identity());
  EXPECT_NE(make("rubric", "{}", context)->identity(),
            make("rubric", R"({"values":{"object":["x"]}})", context)->identity());
  EXPECT_NE(make("embedding", "{}", context)->identity(),
            make("embedding", R"({"floor":0.1})", context)->identity());
  EXPECT_NE(make("trivial", "{}", context)->identity(),
            make("trivial", R"({"value":4})", context)->identity());
  EXPECT_EQ(encoder.calls, 0);
}

TEST(EmbeddingJudge, MapsTheCosineLinearlyFromTheFloor) {
  EXPECT_DOUBLE_EQ(embedding_score(1, 0.2), 5);
  EXPECT_DOUBLE_EQ(embedding_score(0.2, 0.2), 0);
  EXPECT_DOUBLE_EQ(embedding_score(-0.5, 0.2), 0);
  EXPECT_DOUBLE_EQ(embedding_score(0.6, 0.2), 2.5);
  EXPECT_THROW(embedding_score(std::nan(""), 0), Error);

  JudgeContext context;
  ToyEncoder encoder;
  context.text_encoder = [&]() -> TextEncoder& { return encoder; };
  const auto judge = make("embedding", "{}", context);
  const Question q = asked("a"), none = asked("");
  const std::vector<JudgeItem> items{
      {&q, nullptr, "a"}, {&q, nullptr, "b"}, {&q, nullptr, "ab"}, {&q, nullptr, " "}, {&none, nullptr, "a"}};
  const auto verdicts = judge->judge(items);
  EXPECT_NEAR(value(verdicts[0]), 5, 1e-6);
  EXPECT_NEAR(value(verdicts[1]), 0, 1e-6);
  EXPECT_NEAR(value(verdicts[2]), 5 * std::sqrt(0.5), 1e-6);
  EXPECT_EQ(value(verdicts[3]), 0);
  EXPECT_TRUE(std::holds_alternative<NotJudged>(verdicts[4]));
}

TEST(EmbeddingJudge, SaysWhatIsMissing) {
  JudgeContext context;
  const auto judge = make("embedding", "{}", context);
  EXPECT_THROW(judge->identity(), Error);
}

TEST(Floors, ExactAndTrivial) {
  JudgeContext context;
  const Question q = asked("The speaker is sad."), none = asked("");
  const std::vector<JudgeItem> items{
      {&q, nullptr, "the speaker is SAD"}, {&q, nullptr, "the speaker is not sad"}, {&none, nullptr, "x"}};
  const auto exact = make("exact", "{}", context)->judge(items);
  EXPECT_EQ(value(exact[0]), 1);
  EXPECT_EQ(value(exact[1]), 0);
  EXPECT_TRUE(std::holds_alternative<NotJudged>(exact[2]));
  for (const Verdict& v : make("trivial", R"({"value":2})", context)->judge(items)) EXPECT_EQ(value(v), 2);
}

std::string jsonl(const test::TemporaryFolder& folder, const std::string& text) {
  const std::string path = folder / "verdicts.jsonl";
  std::ofstream(path) << text;
  return path;
}

std::unique_ptr<Judge> replay(const std::string& path, const std::string& scale) {
  Json fields = Json::object();
  fields["path"] = path;
  fields["scale"] = scale;
  return make_replay_judge(fields);
}

TEST(ReplayJudge, FailuresStayFailures) {
  const test::TemporaryFolder folder;
  const std::string path = jsonl(
      folder,
      R"({"question":"Who?","model_prediction":"me","judge_response":"Rating: 3","rate_score":3.0,"success":1}
{"question":"Who?","model_prediction":"you","judge_response":"I cannot say","rate_score":0.0,"success":0}
{"question":"q7","answer":"x","verdict":)" +
          to_json(Verdict(TransportError{503, 4, "busy"})).dump() +
          R"(}
{"question":"q8","answer":"x","verdict":)" +
          to_json(Verdict(Scored{2, "fine", {}})).dump() +
          R"(}
{"question":"q8","answer":"x","verdict":)" +
          to_json(Verdict(Scored{4, "fine", {}})).dump() + "}\n");
  const auto judge = replay(path, "discrete_0_5");
  Question who = asked("r"), q7 = asked("r"), q8 = asked("r");
  who.text = "Who?";
  q7.id = "q7";
  q8.id = "q8";
  const std::vector<JudgeItem> items{{&who, nullptr, "me"},
                                     {&who, nullptr, "you"},
                                     {&q7, nullptr, "x"},
                                     {&q8, nullptr, "x"},
                                     {&q8, nullptr, "y"}};
  const auto v = judge->judge(items);
  EXPECT_EQ(value(v[0]), 3);
  ASSERT_TRUE(std::holds_alternative<ParseFailure>(v[1]));  // recorded there with the score 0, which is none
  EXPECT_EQ(std::get<ParseFailure>(v[1]).raw, "I cannot say");
  ASSERT_TRUE(std::holds_alternative<TransportError>(v[2]));
  EXPECT_EQ(std::get<TransportError>(v[2]).status, 503);
  EXPECT_EQ(value(v[3]), 2);
  EXPECT_NE(std::get<Scored>(v[3]).rationale.find("first of 2 recorded verdicts that differ"),
            std::string::npos);
  EXPECT_TRUE(std::holds_alternative<NotJudged>(v[4]));
}

TEST(ReplayJudge, AScoreOffTheStatedScaleIsRefusedWithItsLine) {
  const test::TemporaryFolder folder;
  const std::string path =
      jsonl(folder, R"({"question":"q","model_prediction":"a","judge_response":"r","rate_score":1,"success":1}
{"question":"q","model_prediction":"b","judge_response":"r","rate_score":3,"success":1}
)");
  try {
    replay(path, "binary");
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_NE(e.place().find("verdicts.jsonl:2"), std::string::npos) << e.place();
    EXPECT_EQ(e.what_happened(), "a recorded score of 3 is not on the scale 0/1");
  }
}

}  // namespace
}  // namespace undertone
