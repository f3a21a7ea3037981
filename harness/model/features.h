// Encoder features on disk: computed once per clip, stored as float16 shards with an index. Torch-free.
//
// A folder holds shard-00000.f16, shard-00001.f16, ... (rows of float16, clip after clip) and index.jsonl
// with one line a clip: {clip, shard, offset (bytes), frames, width}. Which clip stands in which shard
// depends on the order of the clips alone, so the folder is the same to the byte whether one worker wrote it
// or several shared the shards.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace undertone {

struct FeatureEntry {
  std::string clip;
  std::string shard;        // file name within the folder
  std::int64_t offset = 0;  // bytes from the start of the shard
  std::int64_t frames = 0;  // 50 a second
  std::int64_t width = 0;
};

// Frames that a clip keeps: ceil(50 x duration), at least 1. 16 kHz samples; one frame is 320 of them.
inline constexpr int kFeatureFramesPerSecond = 50;
inline constexpr int kSamplesPerFeatureFrame = 320;
std::int64_t feature_frames(std::int64_t samples);

// How a clip is cut for the encoder: windows of at most 30 s, each padded with zeros to the next whole
// bucket, so that few shapes occur; of each window's frames the first `keep` are stored.
struct FeatureWindow {
  std::int64_t first = 0;    // sample
  std::int64_t samples = 0;  // of the clip
  std::int64_t padded = 0;   // samples that the encoder sees
  std::int64_t keep = 0;     // frames
};
std::vector<FeatureWindow> feature_windows(std::int64_t samples, double bucket_seconds = 0.5);

// Gathers one shard in memory; finish() writes the rows, then shard-NNNNN.jsonl (its part of the index), both
// atomically: that the second file is there says that the shard is whole.
class FeatureShard {
 public:
  FeatureShard(std::string folder, int number);
  void add(const std::string& clip, std::span<const float> rows,
           std::int64_t width);  // rows: [frames, width]
  void finish();

 private:
  std::string folder_;
  int number_;
  std::vector<std::uint16_t> values_;
  std::vector<FeatureEntry> entries_;
};

// True when the shard is there, whole, and holds just these clips in this order (a resumed job skips it).
bool feature_shard_exists(const std::string& folder, int number, std::span<const std::string> clips);
// Joins the parts of the index into index.jsonl once all `shards` are there; false while some are missing.
// Workers that share the shards each call it last: whoever finishes last writes it, and two at once write the
// same bytes.
bool finish_feature_index(const std::string& folder, int shards);

// Reads a finished folder through memory maps. Throws Error{store} when the index and the shards contradict
// each other.
class FeatureStore {
 public:
  explicit FeatureStore(const std::string& folder);
  std::int64_t width() const { return width_; }  // 0 when there are no clips
  const std::vector<FeatureEntry>& entries() const { return entries_; }
  const FeatureEntry* find(std::string_view clip) const;  // null when absent
  // The clip's rows [frames, width] as float16 bits; valid while the store lives. Throws Error{store} for an
  // unknown clip.
  std::span<const std::uint16_t> half_rows(std::string_view clip) const;
  // The same as float32; `first` and `count` select frames (clamped to what is there).
  std::vector<float> rows(std::string_view clip, std::int64_t first = 0,
                          std::int64_t count = INT64_MAX) const;

 private:
  const FeatureEntry& at(std::string_view clip) const;
  std::string folder_;
  std::int64_t width_ = 0;
  std::vector<FeatureEntry> entries_;
  std::unordered_map<std::string, std::size_t> by_clip_;
  std::unordered_map<std::string, std::shared_ptr<const void>> shards_;
};

}  // namespace undertone
