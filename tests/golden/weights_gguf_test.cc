// Dequantisation is bit for bit that of the gguf package: make_gguf_types.py and make_gguf_digests.py made
// the references.
#include <algorithm>
#include <cstring>
#include <filesystem>

#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "harness/weights/gguf.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

std::string golden(const std::string& name) { return test::source_path("tests/golden/weights/" + name); }

TEST(GgufReference, EveryTypeIsEqualBitForBit) {
  const GgufFile file = open_gguf(golden("types.gguf"));
  const TensorFile reference = open_tensor_file(golden("types.safetensors"));
  ASSERT_EQ(file.tensors.tensors().size(), reference.tensors().size());
  std::vector<DType> types;
  for (const TensorView& t : file.tensors.tensors()) {
    types.push_back(t.dtype);
    const std::vector<float> ours = to_f32(t), theirs = to_f32(reference.at(t.name, t.shape));
    ASSERT_EQ(ours.size(), theirs.size());
    EXPECT_EQ(std::memcmp(ours.data(), theirs.data(), ours.size() * sizeof(float)), 0) << t.name;
  }
  for (const DType d : {DType::q8_0, DType::q4_0, DType::q4_1, DType::q5_0, DType::q4_k, DType::q6_k,
                        DType::f32, DType::f16, DType::bf16, DType::f64})
    EXPECT_EQ(std::count(types.begin(), types.end(), d), 1) << to_string(d);
}

TEST(GgufReference, EveryKindOfValueIsRead) {
  const GgufMetadata m = open_gguf(golden("types.gguf")).metadata;
  EXPECT_EQ(m.integer("test.uint8"), 255);
  EXPECT_EQ(m.integer("test.int8"), -128);
  EXPECT_EQ(m.integer("test.uint16"), 65535);
  EXPECT_EQ(m.integer("test.int16"), -32768);
  EXPECT_EQ(m.integer("test.uint32"), 4294967295);
  EXPECT_EQ(m.integer("test.int32"), -2147483648);
  EXPECT_EQ(std::get<std::uint64_t>(*m.find("test.uint64")), UINT64_MAX);
  EXPECT_EQ(m.integer("test.int64"), INT64_MIN);
  EXPECT_EQ(m.number("test.float32"), static_cast<double>(0.1f));
  EXPECT_EQ(m.number("test.float64"), 0.1);
  EXPECT_TRUE(std::get<bool>(*m.find("test.bool")));
  EXPECT_EQ(m.text("test.string"),
            "gr\xc3\xbc\xc3\x9f"
            "e");
  EXPECT_EQ(m.numbers("test.integers"), (std::vector<double>{-1, 0, 7}));
  EXPECT_EQ(m.numbers("test.floats"), (std::vector<double>{0.5, -2.25}));
  EXPECT_EQ(m.numbers("test.bools"), (std::vector<double>{1, 0}));
  EXPECT_EQ(m.texts("test.strings"), (std::vector<std::string>{"", "a",
                                                               "\xc4\xa0"
                                                               "b"}));
}

void expect_digests(const std::string& folder, const std::string& reference) {
  const TensorFile file = open_tensor_file(folder);
  const Json json = read_json_file(golden(reference));
  ASSERT_EQ(sha256_file(file.path()), json.at("sha256").as_string())
      << "another file than the reference was made from";
  const auto& rows = json.at("tensors").elements();
  ASSERT_EQ(file.tensors().size(), rows.size());
  for (const Json& row : rows) {
    const auto& fields = row.elements();
    const TensorView& t = file.at(fields[0].as_string());
    EXPECT_EQ(to_string(t.dtype), fields[1].as_string()) << t.name;
    std::vector<std::int64_t> shape;
    for (const Json& d : fields[2].elements()) shape.push_back(d.as_int());
    EXPECT_EQ(t.shape, shape) << t.name;
    const std::vector<float> values = to_f32(t);
    EXPECT_EQ(sha256_hex({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}),
              fields[3].as_string())
        << t.name;
  }
}

TEST(GgufReference, EveryTensorOfSmolLm2) {
  const auto folder = test::weights("smollm2-135m-instruct");
  UNDERTONE_NEED(folder,
                 "the weights of smollm2-135m-instruct are not in the cache: run './undertone setup'");
  expect_digests(*folder, "smollm2-135m-instruct.json");
}

}  // namespace
}  // namespace undertone
