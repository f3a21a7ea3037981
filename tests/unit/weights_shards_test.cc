// Hugging Face's layout of a model in several safetensors files.
#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/weights/tensor_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;

const std::string kIndex = "model.safetensors.index.json";

class Shards : public ::testing::Test {
 protected:
  // One F32 tensor of one element per name.
  void write_shard(const std::string& file, const std::vector<std::string>& names) {
    std::vector<TensorView> tensors;
    for (const auto& n : names) tensors.push_back({n, DType::f32, {1}, std::as_bytes(std::span(&value_, 1))});
    write_safetensors(folder_ / file, tensors, {{"format", "pt"}});
  }
  void write_index(const std::string& map) {
    write_file_atomically(folder_ / kIndex, R"({"metadata": {"total_size": 12}, "weight_map": )" + map + "}");
  }
  void expect_refused(const std::string& what, const std::string& place = kIndex) {
    test::expect_error([&] { open_tensor_file(folder_.path()); }, ErrorKind::weights, what, place);
  }
  const float value_ = 2.5f;
  test::TemporaryFolder folder_;
};

TEST_F(Shards, AreOneFile) {
  write_shard("1.safetensors", {"c", "a"});
  write_shard("2.safetensors", {"b"});
  write_index(R"({"a": "1.safetensors", "b": "2.safetensors", "c": "1.safetensors"})");
  for (const std::string& path : {folder_.path(), folder_ / kIndex}) {
    const TensorFile file = open_tensor_file(path);
    EXPECT_EQ(file.format(), "safetensors");
    EXPECT_EQ(file.metadata().at("format"), "pt");
    ASSERT_EQ(file.tensors().size(), 3u);
    // Copies keep every shard mapped.
    const TensorFile copy = file;
    for (const char* name : {"a", "b", "c"}) EXPECT_EQ(to_f32(copy.at(name)), std::vector<float>{2.5f});
  }
}

TEST_F(Shards, OneFileIsPreferredToAnIndex) {
  write_shard("model.safetensors", {"whole"});
  write_index(R"({"a": "1.safetensors"})");
  EXPECT_NE(open_tensor_file(folder_.path()).find("whole"), nullptr);
}

TEST_F(Shards, DisagreementsAreErrors) {
  write_shard("1.safetensors", {"a"});
  write_shard("2.safetensors", {"b"});
  write_index(R"({"a": "1.safetensors", "b": "2.safetensors", "c": "3.safetensors"})");
  expect_refused("the shard '3.safetensors' with 1 tensors, 'c' among them, is missing");
  write_index(R"({"a": "1.safetensors", "b": "2.safetensors", "c": "2.safetensors"})");
  expect_refused("tensor 'c' is missing, though the index places it here", "2.safetensors");
  write_index(R"({"a": "2.safetensors", "b": "2.safetensors", "c": "1.safetensors"})");
  expect_refused("tensor 'a' stands here, the index places it in '2.safetensors'", "1.safetensors");
  write_index(R"({"b": "2.safetensors", "c": "1.safetensors"})");
  expect_refused("tensor 'a' stands here but not in the index", "1.safetensors");
  write_shard("2.safetensors", {"a", "b"});
  write_index(R"({"a": "1.safetensors", "b": "2.safetensors"})");
  expect_refused("tensor 'a' stands here, the index places it in '1.safetensors'", "2.safetensors");
}

TEST_F(Shards, ABrokenIndexIsAnError) {
  write_shard("1.safetensors", {"a"});
  write_index(R"({"a": "1.safetensors", "a": "2.safetensors"})");
  expect_refused("twice");
  write_index("{}");
  expect_refused("names no tensor");
  write_index("[]");
  expect_refused("no object 'weight_map'");
  write_index(R"({"a": 1})");
  expect_refused("tensor 'a': its file is not text");
  for (const char* name : {"", "..", "../1.safetensors", "/1.safetensors"}) {
    write_index(std::string(R"({"a": ")") + name + "\"}");
    expect_refused("is not a name in the index's folder");
  }
  write_file_atomically(folder_ / kIndex, "{\"weight_map\": ");
  expect_refused("broken index");
}

TEST_F(Shards, ABrokenShardIsNamed) {
  write_shard("1.safetensors", {"a"});
  write_index(R"({"a": "1.safetensors"})");
  const std::string whole = read_file(folder_ / "1.safetensors");
  write_file_atomically(folder_ / "1.safetensors", whole.substr(0, whole.size() - 1));
  expect_refused("the file is truncated", "1.safetensors");
}

}  // namespace
}  // namespace undertone
