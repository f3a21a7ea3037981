// Files of weights that end early or have a byte changed: an Error{weights} that names the file, or a file
// that still obeys the format; never a crash, and never more memory than a few times the file.
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/random.h"
#include "harness/weights/gguf.h"
#include "tests/support/gguf_bytes.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;

std::string types_file() { return read_file(test::source_path("tests/golden/weights/types.gguf")); }

// Whether it parses; what parses must be wholly readable.
bool parses(std::string_view bytes) {
  try {
    GgufMetadata m;
    const ParsedTensors p = parse_gguf(std::as_bytes(std::span(bytes)), "m.gguf", m);
    for (const TensorView& t : p.tensors) {
      EXPECT_EQ(data_bytes(t.dtype, t.shape), t.bytes.size());
      EXPECT_GE(t.bytes.data(), static_cast<const void*>(bytes.data()));
      EXPECT_LE(t.bytes.data() + t.bytes.size(), static_cast<const void*>(bytes.data() + bytes.size()));
      if (t.dtype <= DType::bf16 || is_quantised(t.dtype)) to_f32(t);
    }
    return true;
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::weights);
    EXPECT_EQ(e.place(), "m.gguf");
    EXPECT_FALSE(e.mend().empty());
    return false;
  }
}

TEST(TruncatedGguf, EveryLengthIsAnErrorUntilOnlyPaddingIsMissing) {
  const std::string whole = types_file();
  ASSERT_TRUE(parses(whole));
  GgufMetadata m;
  std::size_t end = 0;  // of the last tensor's data
  for (const TensorView& t : parse_gguf(std::as_bytes(std::span(whole)), "m.gguf", m).tensors)
    end =
        std::max(end, static_cast<std::size_t>(reinterpret_cast<const char*>(t.bytes.data()) - whole.data()) +
                          t.bytes.size());
  // Exact-sized copies, so that a read past the end is seen by a sanitizer.
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const std::vector<char> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(parses({part.data(), part.size()}), n >= end) << n;
  }
}

TEST(TruncatedGguf, OfARealFileIsNamed) {
  const auto folder = test::weights("smollm2-135m-instruct");
  UNDERTONE_NEED(folder,
                 "the weights of smollm2-135m-instruct are not in the cache: run './undertone setup'");
  const std::string whole = read_file(*folder + "/model.gguf");
  const auto bytes = std::as_bytes(std::span(whole));
  GgufMetadata m;
  const ParsedTensors p = parse_gguf(bytes, "m.gguf", m);
  const auto header = static_cast<std::size_t>(p.tensors[0].bytes.data() - bytes.data());
  std::vector<std::size_t> lengths{
      0, 3, 4, 7, 8, 15, 16, 23, 24, header / 2, header - 1, header, whole.size() / 2};
  for (std::size_t i = 0; i < p.tensors.size(); i += 16)  // the start and the last byte of some tensors
    for (const std::size_t at : {std::size_t{0}, p.tensors[i].bytes.size() - 1})
      lengths.push_back(static_cast<std::size_t>(p.tensors[i].bytes.data() - bytes.data()) + at);
  for (const std::size_t n : lengths) {
    try {
      parse_gguf(bytes.first(n), "m.gguf", m);
      FAIL() << n;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::weights) << n;
      EXPECT_THAT(e.what_happened(), HasSubstr("the file is truncated")) << n;
    }
  }
}

TEST(DamagedGguf, OneChangedByteOfTheHeaderNeverHurts) {
  const std::string whole = types_file();
  GgufMetadata m;
  const ParsedTensors p = parse_gguf(std::as_bytes(std::span(whole)), "m.gguf", m);
  std::size_t header = whole.size();
  for (const TensorView& t : p.tensors)
    header = std::min(header,
                      static_cast<std::size_t>(reinterpret_cast<const char*>(t.bytes.data()) - whole.data()));
  Stream random("tests/faults/gguf");
  int refused = 0;
  for (std::size_t at = 0; at < header; ++at)
    for (const int flip : {0x01, 0x80, 0xff, static_cast<int>(random.below(255)) + 1}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      refused += parses(damaged) ? 0 : 1;
    }
  // Names and values of metadata may change unseen; most of the rest must not.
  EXPECT_GT(refused, static_cast<int>(header));
}

}  // namespace
}  // namespace undertone
