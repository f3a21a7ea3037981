// Cosines against transformers' BertModel with mean pooling; tests/golden/make_minilm_reference.py made the
// reference.
#include "harness/model/minilm.h"

#include <cmath>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/json.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;

constexpr const char* kNoWeights =
    "the weights of all-minilm-l6-v2 are not in the cache: run './undertone setup'";

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

TEST(MiniLm, CosinesAgreeWithTheReference) {
  const auto folder = test::weights("all-minilm-l6-v2");
  UNDERTONE_NEED(folder, kNoWeights);
  const auto encoder = make_minilm(*folder);
  const Json reference = read_json_file(test::source_path("tests/golden/minilm/reference.json"));
  std::vector<std::string> texts;
  for (const Json& item : reference.at("items").elements()) texts.push_back(item.at("text").as_string());
  const auto vectors = encoder->embed(texts);
  double worst = 0, worst_entry = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_NEAR(dot(vectors[i], vectors[i]), 1, 1e-5);
    const Json& item = reference.at("items").elements()[i];
    for (std::size_t k = 0; k < texts.size(); ++k)
      worst = std::max(worst,
                       std::abs(dot(vectors[i], vectors[k]) - item.at("cosines").elements()[k].as_double()));
    for (std::size_t k = 0; k < 4; ++k)
      worst_entry =
          std::max(worst_entry, std::abs(vectors[i][k] - item.at("head").elements()[k].as_double()));
  }
  EXPECT_LE(worst, 1e-5);  // the promise is 1e-4
  EXPECT_LE(worst_entry, 1e-5);
  RecordProperty("worst_cosine_difference", std::to_string(worst));
}

TEST(MiniLm, NeighboursChangeNoByte) {
  const auto folder = test::weights("all-minilm-l6-v2");
  UNDERTONE_NEED(folder, kNoWeights);
  const auto encoder = make_minilm(*folder);
  const std::vector<std::string> one{"sad"},
      many{"a longer text about something else", "sad", "happy", "sad"};
  const auto alone = encoder->embed(one), among = encoder->embed(many);
  EXPECT_EQ(alone[0], among[1]);
  EXPECT_EQ(alone[0], among[3]);
  EXPECT_EQ(encoder->identity(), make_minilm(*folder)->identity());
  EXPECT_NE(encoder->identity(), make_minilm(*folder, 128)->identity());
}

TEST(MiniLm, NamesWhatIsWrongWithAFolder) {
  const auto folder = test::weights("all-minilm-l6-v2");
  UNDERTONE_NEED(folder, kNoWeights);
  test::TemporaryFolder temporary;
  namespace fs = std::filesystem;
  for (const char* name : {"config.json", "vocab.txt"})
    fs::copy_file(fs::path(*folder) / name, fs::path(temporary.path()) / name);
  const auto fails = [&](const std::string& what) {
    try {
      make_minilm(temporary.path());
      FAIL() << "no error, expected: " << what;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::weights);
      EXPECT_THAT(e.what_happened(), HasSubstr(what));
      EXPECT_THAT(e.place(), HasSubstr(temporary.path()));
      EXPECT_FALSE(e.mend().empty());
    }
  };
  fails("cannot open");
  const std::string whole = read_file(*folder + "/model.safetensors");
  write_file_atomically(temporary / "model.safetensors", std::string_view(whole).substr(0, whole.size() / 2));
  fails("the file is truncated");
  write_file_atomically(temporary / "model.safetensors", whole);
  std::string config = read_file(temporary / "config.json");
  config.replace(config.find("1536"), 4, "2048");
  write_file_atomically(temporary / "config.json", config);
  fails("'encoder.layer.0.intermediate.dense.weight' has shape [1536, 384], expected [2048, 384]");
  config.replace(config.find("\"bert\""), 6, "\"gpt2\"");
  write_file_atomically(temporary / "config.json", config);
  fails("not 'bert'");
}

}  // namespace
}  // namespace undertone
