#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/error.h"
#include "judges/embedding.h"
#include "judges/judge.h"
#include "tests/support/judged.h"

namespace undertone {
namespace {
using test::asked;
using test::value;

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

TEST(JudgeRegistry, ListsEveryJudgeAndMakesNoneToValidate) {
  const JudgeRegistry judges = builtin_judges();
  EXPECT_EQ(judges.known(), "rubric, embedding, local, endpoint, replay, human, exact, jury, trivial");
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
  EXPECT_EQ(problems("replay", R"({"path":"x.jsonl"})"), 1u) << "the scale is never inferred";
  EXPECT_EQ(problems("replay", R"({"dataset":"d","recorded":"j"})"), 0u) << "the file's name has it";
  EXPECT_EQ(problems("replay", R"({"dataset":"d"})"), 1u);
  EXPECT_EQ(problems("replay", R"({"dataset":"d","recorded":"j","path":"x.jsonl","scale":"binary"})"), 1u);
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

}  // namespace
}  // namespace undertone
