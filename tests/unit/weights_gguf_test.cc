#include "harness/weights/gguf.h"

#include <cmath>
#include <functional>
#include <limits>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/expect_error.h"
#include "tests/support/gguf_bytes.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using namespace test;
using ::testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& s) { return std::as_bytes(std::span(s)); }

void expect_gguf_error(const std::function<void()>& act, const std::string& what) {
  expect_error(act, ErrorKind::weights, what, "m.gguf");
}
void fails(const std::string& file, const std::string& what) {
  GgufMetadata m;
  expect_gguf_error([&] { parse_gguf(bytes_of(file), "m.gguf", m); }, what);
}
void value_fails(const GgufEntry& entry, const std::string& what) {
  GgufBytes g;
  g.values.push_back(entry);
  fails(g.bytes(), what);
}

// Two tensors: a (2 x 3, F32) and b (32, Q8_0: 34 bytes, padded to 64 at the end).
GgufBytes two() {
  GgufBytes g;
  g.tensors = {{"a", {3, 2}, kTensorF32, 0}, {"b", {32}, kTensorQ8_0, 32}};
  for (const float v : {1.f, 2.f, 3.f, 4.f, 5.f, 6.f}) g.data += raw_number(v);
  g.data += std::string(8, '\0');
  g.data += raw_number<std::uint16_t>(0x3800) + '\x02' + '\xfe' + std::string(30, '\0');  // scale 0.5
  g.data += std::string(30, '\0');
  return g;
}

TEST(Gguf, ReadsTensorsRowMajor) {
  const std::string file = two().bytes();
  GgufMetadata m;
  const ParsedTensors p = parse_gguf(bytes_of(file), "m.gguf", m);
  EXPECT_EQ(p.format, "gguf");
  EXPECT_EQ(p.architecture, "llama");
  ASSERT_EQ(p.tensors.size(), 2u);
  EXPECT_EQ(p.tensors[0].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(to_f32(p.tensors[0]), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(p.tensors[1].dtype, DType::q8_0);
  EXPECT_EQ(p.tensors[1].bytes.size(), 34u);
  const std::vector<float> b = to_f32(p.tensors[1]);
  ASSERT_EQ(b.size(), 32u);
  EXPECT_EQ(b[0], 1.f);
  EXPECT_EQ(b[1], -1.f);
}

TEST(Gguf, OpensByPathAndByFolder) {
  TemporaryFolder folder;
  write_file_atomically(folder / "m.gguf", two().bytes());
  const GgufFile file = open_gguf(folder / "m.gguf");
  EXPECT_EQ(file.metadata.text("general.architecture"), "llama");
  EXPECT_EQ(file.metadata.path, folder / "m.gguf");
  EXPECT_EQ(file.tensors.at("a").elements(), 6);
  EXPECT_EQ(open_tensor_file(folder / "m.gguf").format(), "gguf");
  EXPECT_EQ(open_tensor_file(folder.path()).format(), "gguf");
  write_file_atomically(folder / "other.gguf", two().bytes());
  try {
    open_tensor_file(folder.path());
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what_happened(), HasSubstr("more than one .gguf"));
  }
}

TEST(Gguf, WidensValues) {
  GgufBytes g;
  g.values.push_back(gguf_value("u8", kU8, raw_number<std::uint8_t>(255)));
  g.values.push_back(gguf_value("i8", kI8, raw_number<std::int8_t>(-128)));
  g.values.push_back(gguf_value("i64", kI64, raw_number<std::int64_t>(INT64_MIN)));
  g.values.push_back(gguf_value("u64", kU64, raw_number<std::uint64_t>(UINT64_MAX)));
  g.values.push_back(gguf_value("f32", kF32, raw_number(0.25f)));
  g.values.push_back(gguf_value("nan", kF32, raw_number(std::numeric_limits<float>::quiet_NaN())));
  g.values.push_back(gguf_value("yes", kBool, "\1"));
  g.values.push_back(gguf_array("ints", kI16, 2, raw_number<std::int16_t>(-3) + raw_number<std::int16_t>(4)));
  g.values.push_back(gguf_array("floats", kF32, 1, raw_number(1.5f)));
  g.values.push_back(gguf_array("texts", kText, 2, gguf_text("a") + gguf_text(std::string("\0\xff", 2))));
  g.values.push_back(gguf_array("none", kText, 0, ""));
  const std::string file = g.bytes();
  GgufMetadata m;
  parse_gguf(bytes_of(file), "m.gguf", m);
  EXPECT_EQ(m.integer("u8"), 255);
  EXPECT_EQ(m.integer("i8"), -128);
  EXPECT_EQ(m.integer("i64"), INT64_MIN);
  EXPECT_EQ(m.number("f32"), 0.25);
  EXPECT_EQ(m.number("u8"), 255);
  EXPECT_EQ(std::get<bool>(*m.find("yes")), true);
  EXPECT_EQ(m.numbers("ints"), (std::vector<double>{-3, 4}));
  EXPECT_EQ(m.numbers("floats"), std::vector<double>{1.5});
  EXPECT_EQ(m.texts("texts")[1], std::string("\0\xff", 2));
  EXPECT_TRUE(m.texts("none").empty());
  EXPECT_EQ(m.integer_or("absent", 7), 7);
  EXPECT_EQ(m.number_or("absent", 0.5), 0.5);
  EXPECT_EQ(m.find("absent"), nullptr);

  expect_gguf_error([&] { m.integer("absent"); }, "metadata 'absent': expected an integer, found nothing");
  expect_gguf_error([&] { m.integer("u64"); }, "found the integer 18446744073709551615");
  expect_gguf_error([&] { m.integer("f32"); }, "found the number 0.25");
  expect_gguf_error([&] { m.integer_or("yes", 1); }, "found true");
  expect_gguf_error([&] { m.number("nan"); }, "expected a finite number");
  expect_gguf_error([&] { m.text("ints"); }, "expected a text, found an array of 2 integers");
  expect_gguf_error([&] { m.texts("floats"); }, "found an array of 1 numbers");
  expect_gguf_error([&] { m.numbers("texts"); }, "found an array of 2 texts");
}

TEST(Gguf, RefusesOtherFilesAndVersions) {
  fails("GGUX" + std::string(100, '\0'), "does not begin with 'GGUF'");
  GgufBytes g;
  g.version = 2;
  fails(g.bytes(), "the version is 2, only 3");
  g.version = 3u << 24;
  fails(g.bytes(), "big-endian");
}

// Counts and lengths near the limits of their types: an error at once, never an allocation of that size.
TEST(Gguf, RefusesAbsurdCounts) {
  for (const std::int64_t n : {std::int64_t{1} << 20, std::int64_t{1} << 62, std::int64_t{-1}}) {
    GgufBytes g = two();
    g.more_tensors = n - 2;
    fails(g.bytes(), "tensors are declared");
    g = two();
    g.more_values = n - 1;
    fails(g.bytes(), "metadata values are declared");
    const auto count = static_cast<std::uint64_t>(n);
    value_fails(gguf_array("k", kU8, count, "abc"), "metadata 'k'");
    value_fails(gguf_array("k", kF64, count, "abc"), "values are declared");
    value_fails(gguf_array("k", kBool, count, "abc"), "metadata 'k'");
    value_fails(gguf_array("k", kText, count, "abc"), "texts are declared");
    value_fails(gguf_value("k", kText, raw_number(count) + "abc"), "metadata 'k'");
  }
}

TEST(Gguf, RefusesWrongValues) {
  value_fails(gguf_value("k", 13, ""), "value type 13 is not known");
  value_fails(gguf_array("k", 99, 1, "x"), "value type 99 is not known");
  value_fails(gguf_array("k", kArray, 1, ""), "arrays of arrays");
  value_fails(gguf_value("k", kBool, "\2"), "a boolean is 2");
  value_fails(gguf_array("k", kBool, 1, "\3"), "a boolean is 3");
  value_fails(gguf_array("k", kU64, 1, raw_number(UINT64_MAX)), "too large to use");
  value_fails(gguf_value("", kU8, "x"), "its key is empty");
  value_fails(gguf_value(std::string("a\0b", 3), kU8, "x"), "holds a NUL");
  value_fails(gguf_value(std::string(70000, 'k'), kU8, "x"), "its key has 70000 bytes");
  value_fails(gguf_value("general.architecture", kU8, "x"), "the key stands twice");
  for (const std::uint32_t alignment : {0u, 3u, 48u, 1u << 31})
    value_fails(gguf_value("general.alignment", kU32, raw_number(alignment)), "not a power of two");
  value_fails(gguf_value("general.alignment", kText, gguf_text("32")), "expected an integer, found a text");
  GgufBytes g;
  g.values.clear();
  fails(g.bytes(), "metadata 'general.architecture': expected a text, found nothing");
}

TEST(Gguf, TheAlignmentIsTheFilesOwn) {
  GgufBytes g = two();
  g.values.push_back(gguf_value("general.alignment", kU32, raw_number<std::uint32_t>(8)));
  g.alignment = 8;
  g.tensors[1].offset = 24;
  g.data = g.data.substr(0, 24) + g.data.substr(32, 34);  // the end need not be padded
  const std::string file = g.bytes();
  GgufMetadata m;
  EXPECT_EQ(to_f32(parse_gguf(bytes_of(file), "m.gguf", m).tensors[1])[0], 1.f);
}

TEST(Gguf, RefusesWrongTensors) {
  const auto changed = [](const std::function<void(GgufBytes&)>& change, const std::string& what) {
    GgufBytes g = two();
    change(g);
    fails(g.bytes(), what);
  };
  changed([](auto& g) { g.tensors[1].name = g.tensors[0].name; }, "the name 'a' stands twice");
  changed([](auto& g) { g.tensors[1].name.clear(); }, "tensor #1: its name is empty");
  changed([](auto& g) { g.tensors[1].name = std::string(65, 'n'); }, "its name has 65 bytes");
  changed([](auto& g) { g.tensors[1].type = 13; }, "tensor 'b': the type Q5_K cannot be read");
  changed([](auto& g) { g.tensors[1].type = 4; }, "tensor 'b': the type number 4 is not known");
  changed([](auto& g) { g.tensors[1].type = 4000000000u; }, "the type number 4000000000");
  changed([](auto& g) { g.tensors[1].offset = 33; }, "its offset 33 is not a multiple of the alignment 32");
  changed([](auto& g) { g.tensors[1].offset = 0; }, "overlap");
  changed([](auto& g) { g.tensors[0].offset = 32; },
          "tensor 'a': 32 bytes before its data belong to no tensor");
  changed([](auto& g) { g.tensors[1].offset = 64; }, "the file is truncated: its data end at byte");
  changed([](auto& g) { g.tensors[1].offset = UINT64_MAX - 31; }, "too large to exist");
  changed([](auto& g) { g.tensors[1].offset = std::uint64_t{1} << 62; },
          "the file is truncated: its data end at byte");
  changed([](auto& g) { g.tensors[1].offset = 64, g.data.insert(32, 32, '\0'); },
          "tensor 'b': 40 bytes before its data belong to no tensor");
  changed([](auto& g) { g.data += std::string(32, '\0'); }, "at the end belong to no tensor");
  changed([](auto& g) { g.tensors[1].dimensions = {31}; },
          "its rows of 31 elements are not whole blocks of 32");
  changed([](auto& g) { g.tensors[1].dimensions = {16, 2}; }, "not whole blocks");
  changed([](auto& g) { g.tensors[1].dimensions = {}; }, "not whole blocks");
  changed([](auto& g) { g.tensors[1].dimensions = {64}; }, "the file is truncated: its data end at byte");
  changed([](auto& g) { g.tensors[0].dimensions = {1, 1, 1, 1, 1}; }, "it has 5 dimensions");
  changed([](auto& g) { g.tensors[0].dimensions = {UINT64_MAX}; }, "too large to exist");
  changed([](auto& g) { g.tensors[0].dimensions = {1u << 31, 1u << 31, 4}; }, "too large to exist");
  changed([](auto& g) { g.tensors[1].dimensions = {std::uint64_t{1} << 62}; }, "too large to exist");
}

TEST(Quantised, SafetensorsCannotHoldIt) {
  const std::string file = two().bytes();
  GgufMetadata m;
  const ParsedTensors p = parse_gguf(bytes_of(file), "m.gguf", m);
  try {
    safetensors_bytes(p.tensors, {});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::internal);
    EXPECT_THAT(e.what_happened(), HasSubstr("'b' has type Q8_0"));
  }
}

TEST(Quantised, SizesAreThoseOfWholeBlocks) {
  const auto bytes = [](DType d, std::vector<std::int64_t> shape) { return data_bytes(d, shape); };
  EXPECT_EQ(bytes(DType::q4_k, {3, 512}), 3u * 2 * 144);
  EXPECT_EQ(bytes(DType::q6_k, {256}), 210u);
  EXPECT_EQ(bytes(DType::f64, {}), 8u);
  EXPECT_EQ(bytes(DType::q4_0, {5, 0}), 0u);
  EXPECT_EQ(bytes(DType::q6_k, {32, 32}), std::nullopt);
  EXPECT_EQ(bytes(DType::u8, {INT64_MAX, 2}), std::nullopt);
}

}  // namespace
}  // namespace undertone
