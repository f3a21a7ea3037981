#include "harness/weights/tensor_file.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& s) { return std::as_bytes(std::span(s)); }

std::string number(std::uint64_t v, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out += static_cast<char>(v >> (8 * i));
  return out;
}
std::string safetensors(const std::string& header, const std::string& data = "") {
  return number(header.size(), 8) + header + data;
}
std::string text(const std::string& s) { return number(s.size() + 1, 2) + s + '\0'; }

struct Variable {
  std::string name;
  std::vector<int> shape;
  int type = 0;
  std::string data;
};
std::string ctranslate2(const std::vector<Variable>& variables, const std::string& tail = number(0, 4),
                        int version = 6) {
  std::string out = number(static_cast<std::uint64_t>(version), 4) + text("WhisperSpec") + number(3, 4) +
                    number(variables.size(), 4);
  for (const auto& v : variables) {
    out += text(v.name) + number(v.shape.size(), 1);
    for (int d : v.shape) out += number(static_cast<std::uint64_t>(d), 4);
    out += number(static_cast<std::uint64_t>(v.type), 1) + number(v.data.size(), 4) + v.data;
  }
  return out + tail;
}

void expect_error(const std::function<void()>& act, const std::string& what) {
  try {
    act();
    FAIL() << "no error, expected: " << what;
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::weights);
    EXPECT_THAT(e.what_happened(), HasSubstr(what));
    EXPECT_THAT(e.place(), HasSubstr("w.bin"));
    EXPECT_FALSE(e.mend().empty());
  }
}
void safetensors_fails(const std::string& file, const std::string& what) {
  expect_error([&] { parse_safetensors(bytes_of(file), "w.bin"); }, what);
}
void ctranslate2_fails(const std::string& file, const std::string& what) {
  expect_error([&] { parse_ctranslate2(bytes_of(file), "w.bin"); }, what);
}

TEST(Safetensors, WritesAndReadsBack) {
  const std::vector<float> w{1, -2, 3.5f, 0, 1e-30f, 7};
  const std::vector<std::uint16_t> h{0x3c00};
  const auto raw = [](const auto& v) { return std::as_bytes(std::span(v)); };
  const std::vector<TensorView> tensors{
      {"scale", DType::f16, {}, raw(h)}, {"w", DType::f32, {2, 3}, raw(w)}, {"none", DType::f32, {0, 4}, {}}};
  test::TemporaryFolder folder;
  write_safetensors(folder / "m.safetensors", tensors, {{"step", "12"}});
  const TensorFile file = open_tensor_file(folder.path() + "/m.safetensors");
  EXPECT_EQ(file.metadata().at("step"), "12");
  ASSERT_EQ(file.tensors().size(), 3u);
  EXPECT_EQ(file.at("w").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(to_f32(file.at("w")), w);
  EXPECT_EQ(to_f32(file.at("scale")), std::vector<float>{1});
  EXPECT_EQ(file.at("none").elements(), 0);
  // The order given does not change the bytes.
  auto reversed = tensors;
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(safetensors_bytes(tensors, {}), safetensors_bytes(reversed, {}));
}

TEST(Safetensors, RefusesWhatIsNotOne) {
  safetensors_fails("abc", "too few");
  safetensors_fails(number(std::uint64_t{1} << 62, 8) + "{}", "claims");
  safetensors_fails(number(100, 8) + "{}", "the file is truncated");
  safetensors_fails(safetensors("[1]"), "does not begin with '{'");
  safetensors_fails(safetensors("{\"a\": }"), "broken header");
}

TEST(Safetensors, RefusesContradictions) {
  const auto one = [](const std::string& entry, const std::string& data = std::string(8, 'x')) {
    return safetensors("{\"t\":" + entry + "}", data);
  };
  safetensors_fails(one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
                    "needs 12 bytes but its range holds 8");
  safetensors_fails(one(R"({"dtype":"F32","shape":[4],"data_offsets":[0,16]})"),
                    "the file is truncated: its data end at byte 16, but only 8 bytes of data are there");
  safetensors_fails(one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "end at 0 before they begin");
  safetensors_fails(one(R"({"dtype":"Q4","shape":[2],"data_offsets":[0,8]})"), "the type 'Q4' is not known");
  safetensors_fails(one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), "negative");
  safetensors_fails(one(R"({"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,8]})"),
                    "too large to exist");
  safetensors_fails(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"),
                    "4 bytes at the end belong to no tensor");
  safetensors_fails(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), "4 bytes before its data");
  safetensors_fails(one(R"({"dtype":"F32","shape":[2]})"), "needs dtype, shape and data_offsets");
  safetensors_fails(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1})"),
                    "unknown key 'more'");
  const std::string a = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})",
                    b = R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]})";
  safetensors_fails(safetensors("{" + a + "," + b + "}", "xxxxxx"), "overlap");
  safetensors_fails(safetensors("{" + a + "," + a + "}", "xxxx"), "twice");
  safetensors_fails(safetensors(R"({"__metadata__":{"a":1}})"), "is not text");
}

TEST(Ctranslate2, ReadsVariablesAndAliases) {
  const std::string two = number(0x3c00, 2) + number(0xc000, 2);
  const std::string file = ctranslate2({{"a/weight", {2, 1}, 4, two}, {"a/heads", {}, 2, number(8, 2)}},
                                       number(1, 4) + text("b/weight") + text("a/weight"));
  const ParsedTensors p = parse_ctranslate2(bytes_of(file), "w.bin");
  EXPECT_EQ(p.architecture, "WhisperSpec");
  EXPECT_EQ(p.revision, 3);
  ASSERT_EQ(p.tensors.size(), 3u);
  EXPECT_EQ(p.tensors[0].name, "a/heads");
  EXPECT_EQ(to_integer(p.tensors[0]), 8);
  EXPECT_EQ(to_f32(p.tensors[2]), (std::vector<float>{1, -2}));
}

TEST(Ctranslate2, EveryTruncationIsAnError) {
  const std::string file = ctranslate2({{"a", {2}, 4, "abcd"}, {"b", {}, 1, "z"}});
  for (std::size_t n = 0; n < file.size(); ++n) ctranslate2_fails(file.substr(0, n), "the file is truncated");
}

TEST(Ctranslate2, RefusesContradictions) {
  ctranslate2_fails(ctranslate2({}, number(0, 4), 5), "binary version is 5");
  ctranslate2_fails(ctranslate2({{"a", {3}, 4, "abcd"}}), "needs 6 bytes but 4 are declared");
  ctranslate2_fails(ctranslate2({{"a", {1}, 9, "a"}}), "type number 9");
  ctranslate2_fails(ctranslate2({{"a", {65536, 65536, 4}, 0, ""}}), "too large");
  ctranslate2_fails(ctranslate2({{"a", {1}, 1, "a"}, {"a", {1}, 1, "b"}}), "stands twice");
  ctranslate2_fails(ctranslate2({{"a", {1}, 1, "a"}}, number(0, 4) + "x"), "1 bytes follow");
  ctranslate2_fails(ctranslate2({{"a", {1}, 1, "a"}}, number(1, 4) + text("b") + text("c")), "points to 'c'");
}

TEST(TensorFile, NamesWhatIsMissing) {
  test::TemporaryFolder folder;
  write_file_atomically(folder / "w.bin", ctranslate2({{"encoder/conv1/weight", {1}, 1, "a"}}));
  const TensorFile file = open_tensor_file(folder / "w.bin");
  expect_error([&] { file.at("encoder/conv2/weight"); }, "nearest name is 'encoder/conv1/weight'");
  const std::int64_t shape[] = {2, -1};
  expect_error([&] { file.at("encoder/conv1/weight", shape); }, "has shape [1], expected [2, -1]");
  expect_error([&] { open_tensor_file(folder / "none" + "/w.bin"); }, "cannot open");
  write_file_atomically(folder / "empty-w.bin", "");
  expect_error([&] { open_tensor_file(folder / "empty-w.bin"); }, "empty");
}

TEST(Numbers, EveryHalfGoesToFloatAndBack) {
  for (std::uint32_t h = 0; h < 0x10000; ++h) {
    const auto bits = static_cast<std::uint16_t>(h);
    const float f = half_to_float(bits);
    if (std::isnan(f)) {
      EXPECT_TRUE(std::isnan(half_to_float(float_to_half(f))));
      continue;
    }
    // Independent of the bit tricks: sign, exponent and fraction by their definition.
    const int exponent = (bits >> 10) & 31;
    const double fraction = bits & 1023;
    const double magnitude = exponent == 31  ? HUGE_VAL
                             : exponent == 0 ? std::ldexp(fraction, -24)
                                             : std::ldexp(1024 + fraction, exponent - 25);
    ASSERT_EQ(f, static_cast<float>(bits & 0x8000 ? -magnitude : magnitude)) << h;
    ASSERT_EQ(float_to_half(f), bits);
  }
}

TEST(Numbers, HalvesRoundToNearestTiesToEven) {
  for (std::uint32_t h = 0; h < 0x7bff; ++h) {  // every gap between neighbours
    const auto low = static_cast<std::uint16_t>(h), high = static_cast<std::uint16_t>(h + 1);
    const float middle = (half_to_float(low) + half_to_float(high)) / 2;
    ASSERT_EQ(float_to_half(middle), h % 2 ? high : low) << h;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 0.0f)), low);
    ASSERT_EQ(float_to_half(std::nextafter(middle, 1e9f)), high);
  }
  EXPECT_EQ(float_to_half(65519.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(-1e30f), 0xfc00);
  EXPECT_EQ(bfloat16_to_float(0x3f80), 1.0f);
}

TEST(RealWeights, WhisperBaseHasTheTensorsThatItsNotesName) {
  const auto folder = test::weights("whisper-base");
  UNDERTONE_NEED(folder, "the weights of whisper-base are not in the cache: run './undertone setup'");
  const TensorFile file = open_tensor_file(*folder);
  EXPECT_EQ(file.architecture(), "WhisperSpec");
  EXPECT_GE(file.tensors().size(), 213u);
  const std::int64_t stacked[] = {1536, 512};
  EXPECT_EQ(file.at("encoder/layer_0/self_attention/linear_0/weight", stacked).dtype, DType::f16);
  // A truncated copy is an error that names the tensor.
  const std::string whole = read_file(file.path());
  expect_error([&] { parse_ctranslate2(bytes_of(whole).first(whole.size() / 2), "w.bin"); },
               "the file is truncated");
}

}  // namespace
}  // namespace undertone
