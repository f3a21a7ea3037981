// What load_pretrained refuses, with file and mend.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/model/pretrained.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

namespace fs = std::filesystem;

std::string golden(const std::string& name) { return test::source_path("tests/golden/pretrained/" + name); }

void expect_refused(const std::string& path, const std::string& part, const PretrainedOptions& options = {}) {
  try {
    load_pretrained(path, options);
    FAIL() << "accepted: " << part;
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::weights) << e.what();
    EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    EXPECT_FALSE(e.mend().empty()) << e.what();
  }
}

// A copy of a GGUF in which one text is another of the same length.
std::string with(const test::TemporaryFolder& folder, const std::string& name, const std::string& from,
                 const std::string& to) {
  std::string bytes = read_file(golden(name));
  const std::size_t at = bytes.find(from);
  EXPECT_NE(at, std::string::npos);
  EXPECT_EQ(from.size(), to.size());
  bytes.replace(at, from.size(), to);
  write_file_atomically(folder / "changed.gguf", bytes);
  return folder / "changed.gguf";
}

std::string copied(const test::TemporaryFolder& folder, const std::string& name) {
  const std::string to = folder / name;
  fs::copy(golden(name), to);
  return to;
}

void edit_config(const std::string& folder, const std::string& key, Json value) {
  Json config = read_json_file(folder + "/config.json");
  config[key] = std::move(value);
  write_file_atomically(folder + "/config.json", config.dump());
}

TEST(PretrainedErrors, AnArchitectureThatIsNotKnown) {
  const test::TemporaryFolder folder;
  // The first "llama" in the file is the value of general.architecture.
  expect_refused(with(folder, "small-llama.gguf", "llama", "mamba"), "architecture 'mamba'");
  const std::string checkpoint = copied(folder, "small-llama");
  edit_config(checkpoint, "model_type", "mistral");
  expect_refused(checkpoint, "architecture 'mistral'");
}

TEST(PretrainedErrors, ATokenizerOfAnotherSize) {
  const test::TemporaryFolder folder;
  const std::string checkpoint = copied(folder, "small-llama");
  edit_config(checkpoint, "vocab_size", 273);
  expect_refused(checkpoint, "the tokenizer has 272 tokens, the embedding 273 rows");
}

TEST(PretrainedErrors, SettingsThatContradictTheTensors) {
  const test::TemporaryFolder folder;
  const std::string checkpoint = copied(folder, "small-gemma3");
  edit_config(checkpoint, "intermediate_size", 23);
  expect_refused(checkpoint, "mlp.gate_proj");
  edit_config(checkpoint, "intermediate_size", 24);
  edit_config(checkpoint, "final_logit_softcapping", 30.0);
  expect_refused(checkpoint, "soft caps");
}

TEST(PretrainedErrors, LayerKindsThatDoNotRepeat) {
  const test::TemporaryFolder folder;
  const std::string checkpoint = copied(folder, "small-gemma3");
  Json kinds = Json::array();
  for (const char* kind : {"full", "sliding", "sliding", "full", "sliding", "sliding"})
    kinds.push_back(std::string(kind) + "_attention");
  edit_config(checkpoint, "layer_types", kinds);
  expect_refused(checkpoint, "one period");
}

TEST(PretrainedErrors, TensorsThatAreMissingOrHaveNoPart) {
  const test::TemporaryFolder folder;
  // Names of the same length, so that the file stays well-formed.
  expect_refused(with(folder, "small-llama.gguf", "blk.1.ffn_down.weight", "blk.1.ffn_dawn.weight"),
                 "ffn_down");
  const std::string checkpoint = copied(folder, "small-gemma3");
  edit_config(checkpoint, "num_hidden_layers", 5);
  Json kinds = Json::array();
  for (int i = 0; i < 5; ++i) kinds.push_back("sliding_attention");
  edit_config(checkpoint, "layer_types", kinds);
  expect_refused(checkpoint, "model.layers.5.");
}

TEST(PretrainedErrors, ATemplateThatIsNotKnown) {
  expect_refused(golden("small-llama.gguf"), "nonesuch", {"float32", "nonesuch", ""});
}

TEST(PretrainedErrors, FoldersThatHoldNoModel) {
  const test::TemporaryFolder folder;
  expect_refused(folder / "absent", "no weights");
  expect_refused(folder.path(), "config.json");
  const std::string checkpoint = copied(folder, "small-llama");
  fs::remove(checkpoint + "/tokenizer.json");
  expect_refused(checkpoint, "tokenizer");
  fs::copy(golden("small-llama/tokenizer.json"), checkpoint + "/tokenizer.json");
  fs::remove(checkpoint + "/model-00002-of-00002.safetensors");
  expect_refused(checkpoint, "model-00002-of-00002.safetensors");
}

TEST(PretrainedErrors, OneGgufInAFolderIsFound) {
  const test::TemporaryFolder folder;
  fs::copy(golden("small-llama.gguf"), folder / "model.gguf");
  const Pretrained model = load_pretrained(folder.path());
  EXPECT_EQ(model.identity,
            load_pretrained(golden("small-llama.gguf")).identity);  // of contents, not of names
  EXPECT_NE(model.identity, load_pretrained(golden("small-gemma3.gguf")).identity);
  fs::copy(golden("small-llama.gguf"), folder / "other.gguf");
  expect_refused(folder.path(), "config.json");
}

}  // namespace
}  // namespace undertone
