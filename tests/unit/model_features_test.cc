#include "harness/model/features.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/weights/tensor_file.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;

TEST(FeatureWindows, PadToBucketsAndKeepWhatIsReal) {
  const auto one = feature_windows(35000);  // 2.1875 s
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].padded, 40000);  // 2.5 s
  EXPECT_EQ(one[0].keep, 110);      // ceil(50 x 2.1875)
  EXPECT_EQ(feature_windows(8000)[0].padded, 8000);
  EXPECT_EQ(feature_windows(8001)[0].padded, 16000);
  EXPECT_EQ(feature_windows(1)[0].padded, 8000);
  EXPECT_EQ(feature_windows(1)[0].keep, 1);
  EXPECT_EQ(feature_windows(0)[0].keep, 1);  // an empty clip is one frame of silence, not nothing
}

TEST(FeatureWindows, LongClipsAreCutAtThirtySeconds) {
  const auto w = feature_windows(16000 * 65 + 7);
  ASSERT_EQ(w.size(), 3u);
  std::int64_t samples = 0, frames = 0;
  for (const auto& part : w) {
    EXPECT_EQ(part.first, samples);
    samples += part.samples;
    frames += part.keep;
    EXPECT_LE(part.padded, 480000);
    EXPECT_EQ(part.padded % 8000, 0);
  }
  EXPECT_EQ(samples, 16000 * 65 + 7);
  EXPECT_EQ(frames, feature_frames(16000 * 65 + 7));
  EXPECT_EQ(w[2].padded, 5 * 16000 + 8000);
  EXPECT_EQ(feature_windows(480000).size(), 1u);
}

std::vector<float> ramp(std::size_t n, float from) {
  std::vector<float> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = from + 0.37f * static_cast<float>(i);
  return v;
}

TEST(Features, AreTheSameWhoeverWroteTheShards) {
  test::TemporaryFolder a, b;
  const auto shard = [](const std::string& folder, int number) {
    FeatureShard s(folder, number);
    for (int c = 0; c < 2; ++c)
      s.add("clip" + std::to_string(2 * number + c),
            ramp(static_cast<std::size_t>(4 * (3 + c + number)), static_cast<float>(number)), 4);
    s.finish();
  };
  for (int n : {0, 1, 2}) shard(a.path(), n);
  EXPECT_TRUE(finish_feature_index(a.path(), 3));
  shard(b.path(), 2);
  EXPECT_FALSE(finish_feature_index(b.path(), 3));
  for (int n : {1, 0}) shard(b.path(), n);
  EXPECT_TRUE(finish_feature_index(b.path(), 3));
  for (const auto& entry : std::filesystem::directory_iterator(a.path()))
    EXPECT_EQ(read_file(entry.path().string()), read_file(b / entry.path().filename().string()))
        << entry.path();

  const FeatureStore store(a.path());
  EXPECT_EQ(store.width(), 4);
  EXPECT_EQ(store.entries().size(), 6u);
  const FeatureEntry* e = store.find("clip3");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->frames, 5);
  const std::vector<float> wanted = ramp(20, 1), got = store.rows("clip3");
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], half_to_float(float_to_half(wanted[i])));
  EXPECT_EQ(store.rows("clip3", 2, 1), std::vector<float>(got.begin() + 8, got.begin() + 12));
  EXPECT_EQ(store.rows("clip3", 4, 100).size(), 4u);
  EXPECT_FALSE(store.find("nobody"));
  EXPECT_THROW(store.rows("nobody"), Error);
}

TEST(Features, AResumedJobKnowsWhichShardsAreWhole) {
  test::TemporaryFolder folder;
  const std::vector<std::string> clips{"a", "b"}, others{"a", "c"}, fewer{"a"};
  EXPECT_FALSE(feature_shard_exists(folder.path(), 0, clips));
  FeatureShard s(folder.path(), 0);
  s.add("a", ramp(8, 0), 4);
  s.add("b", ramp(4, 0), 4);
  s.finish();
  EXPECT_TRUE(feature_shard_exists(folder.path(), 0, clips));
  EXPECT_FALSE(feature_shard_exists(folder.path(), 0, others));
  EXPECT_FALSE(feature_shard_exists(folder.path(), 0, fewer));
  const std::string rows = read_file(folder / "shard-00000.f16");
  write_file_atomically(folder / "shard-00000.f16", std::string_view(rows).substr(0, 10));
  EXPECT_FALSE(feature_shard_exists(folder.path(), 0, clips));
}

TEST(Features, ContradictionsAreErrorsWithTheirPlace) {
  test::TemporaryFolder folder;
  write_file_atomically(folder / "shard-00000.f16", std::string(16, '\0'));
  const auto fails = [&](const std::string& index, const std::string& what) {
    write_file_atomically(folder / "index.jsonl", index);
    try {
      FeatureStore store(folder.path());
      FAIL() << "no error, expected: " << what;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::store);
      EXPECT_THAT(e.what_happened(), HasSubstr(what));
      EXPECT_THAT(e.place(), HasSubstr(folder.path()));
      EXPECT_FALSE(e.mend().empty());
    }
  };
  const auto line = [](const std::string& clip, int offset, int frames, int width) {
    return "{\"clip\":\"" + clip + "\",\"shard\":\"shard-00000.f16\",\"offset\":" + std::to_string(offset) +
           ",\"frames\":" + std::to_string(frames) + ",\"width\":" + std::to_string(width) + "}\n";
  };
  fails(line("a", 0, 3, 4), "end behind the end");
  fails(line("a", -2, 1, 4), "make no sense");
  fails(line("a", 0, 1, 4) + line("a", 8, 1, 4), "stands twice");
  fails(line("a", 0, 1, 4) + line("b", 8, 2, 2), "its width is 2");
  fails("{\"clip\":\"a\",\"shard\":\"none.f16\",\"offset\":0,\"frames\":1,\"width\":1}\n",
        "cannot open the features");
  fails("{\"clip\":\"a\",\"shard\":\"../x.f16\",\"offset\":0,\"frames\":1,\"width\":1}\n", "is a path");
  write_file_atomically(folder / "index.jsonl", line("a", 0, 2, 4));
  EXPECT_EQ(FeatureStore(folder.path()).rows("a").size(), 8u);
}

}  // namespace
}  // namespace undertone
