// Audio that cannot be used gets one clear error with the file, what is wrong and the mend.
#include <cstring>
#include <limits>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/speech/audio.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

using testing::HasSubstr;

void expect_refused(const std::string& path, const std::string& what) {
  try {
    load_speech(path);
    FAIL() << path << " should have been refused: " << what;
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::data);
    EXPECT_EQ(e.exit_code(), ExitCode::failed);
    EXPECT_EQ(e.place(), path);
    EXPECT_THAT(e.what_happened(), HasSubstr(what));
    EXPECT_FALSE(e.mend().empty());
  }
}

class BadAudio : public testing::Test {
 protected:
  // A good second of audio to spoil.
  std::string good() const {
    std::vector<float> x(16000);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 100) / 200.0f;
    return wav_bytes(x);
  }
  std::string put(const std::string& name, const std::string& bytes) {
    write_file_atomically(folder_ / name, bytes);
    return folder_ / name;
  }
  static void set_32(std::string& bytes, std::size_t at, std::uint32_t value) {
    std::memcpy(bytes.data() + at, &value, 4);
  }
  test::TemporaryFolder folder_;
};

TEST_F(BadAudio, GoodOneIsRead) { EXPECT_EQ(load_speech(put("good.wav", good())).size(), 16000u); }

TEST_F(BadAudio, Missing) { expect_refused(folder_ / "none.wav", "missing"); }
TEST_F(BadAudio, Folder) { expect_refused(folder_.path(), "not a file"); }
TEST_F(BadAudio, Empty) { expect_refused(put("empty.wav", ""), "empty (0 bytes)"); }
TEST_F(BadAudio, NotAudio) { expect_refused(put("text.wav", "this is a letter, not a sound"), "not audio"); }
TEST_F(BadAudio, HeaderOnly) { expect_refused(put("header.wav", wav_bytes({})), "no samples"); }

TEST_F(BadAudio, TruncatedAnywhere) {
  const std::string whole = good();
  expect_refused(put("half.wav", whole.substr(0, whole.size() / 2)), "cut short");
  expect_refused(put("last.wav", whole.substr(0, whole.size() - 1)), "cut short");
  expect_refused(put("no_data.wav", whole.substr(0, 40)), "cut short");
  expect_refused(put("no_format.wav", whole.substr(0, 30)), "cut short");
  expect_refused(put("riff.wav", whole.substr(0, 6)), "not audio");
}

TEST_F(BadAudio, HugeHeader) {
  std::string data = good(), format = good(), rate = good(), channels = good();
  set_32(data, 40, 0xfffffff0u);
  expect_refused(put("data.wav", data), "claims 4294967280 bytes and the file holds 32000");
  set_32(format, 16, 0x7fffffffu);
  expect_refused(put("format.wav", format), "claims");
  set_32(rate, 24, 0x7fffffffu);
  expect_refused(put("rate.wav", rate), "sample rate");
  channels[22] = channels[23] = '\xff';
  expect_refused(put("channels.wav", channels), "audio");
}

TEST_F(BadAudio, NotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::string bytes = good();
    bytes[20] = 3;  // IEEE float
    bytes[34] = 32;
    set_32(bytes, 28, 64000);
    bytes[32] = 4;
    for (std::size_t at = 44; at < bytes.size(); at += 4) set_32(bytes, at, 0);
    std::memcpy(bytes.data() + 44 + 4 * 17, &bad, 4);
    expect_refused(put("nan.wav", bytes), "sample 17 is not a finite number");
  }
}

TEST_F(BadAudio, TruncatedFlac) {
  const std::string whole = read_file(test::source_path("tests/golden/speech/spoken.flac"));
  ASSERT_GT(load_speech(put("whole.flac", whole)).size(), 16000u);
  EXPECT_THROW(load_speech(put("half.flac", whole.substr(0, whole.size() / 2))), Error);
}

}  // namespace
}  // namespace undertone
