#include "harness/model/features.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/json.h"
#include "harness/weights/tensor_file.h"

namespace undertone {
namespace {
namespace fs = std::filesystem;

constexpr const char* kAgain =
    "the artefact is damaged: remove it ('undertone store verify' names it) and run again";

std::string path_of(const std::string& folder, int number, std::string_view extension) {
  return (fs::path(folder) / fmt::format("shard-{:05}.{}", number, extension)).string();
}

FeatureEntry entry_from(const Json& line) {
  FeatureEntry e;
  e.clip = line.at("clip").as_string();
  e.shard = line.at("shard").as_string();
  e.offset = line.at("offset").as_int();
  e.frames = line.at("frames").as_int();
  e.width = line.at("width").as_int();
  return e;
}

struct Mapping {
  std::shared_ptr<const void> data;
  std::uint64_t bytes = 0;
};

Mapping map_shard(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    throw Error(ErrorKind::store, fmt::format("cannot open the features: {}", std::strerror(errno)), path,
                kAgain);
  struct stat info {};
  const bool known = ::fstat(fd, &info) == 0;
  const auto bytes = known ? static_cast<std::size_t>(info.st_size) : 0;
  void* at = bytes ? ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, fd, 0) : nullptr;
  ::close(fd);
  if (at == MAP_FAILED)
    throw Error(ErrorKind::store, "cannot map the features into memory", path,
                "free some memory and run again");
  if (!at) return {};
  return {std::shared_ptr<const void>(at, [bytes](const void* p) { ::munmap(const_cast<void*>(p), bytes); }),
          bytes};
}

}  // namespace

std::int64_t feature_frames(std::int64_t samples) {
  return std::max<std::int64_t>(1, (samples + kSamplesPerFeatureFrame - 1) / kSamplesPerFeatureFrame);
}

std::vector<FeatureWindow> feature_windows(std::int64_t samples, double bucket_seconds) {
  constexpr std::int64_t kWindow = 30ll * kFeatureFramesPerSecond * kSamplesPerFeatureFrame;
  // Whole frames, so that a bucket's mel frames halve exactly.
  const std::int64_t bucket =
      std::clamp<std::int64_t>(std::llround(bucket_seconds * kFeatureFramesPerSecond), 1, 1500) *
      kSamplesPerFeatureFrame;
  std::vector<FeatureWindow> out;
  for (std::int64_t first = 0; first == 0 || first < samples; first += kWindow) {
    FeatureWindow w;
    w.first = first;
    w.samples = std::min(kWindow, samples - first);
    w.padded = std::min(kWindow, std::max<std::int64_t>(1, (w.samples + bucket - 1) / bucket) * bucket);
    w.keep = feature_frames(w.samples);
    out.push_back(w);
  }
  return out;
}

FeatureShard::FeatureShard(std::string folder, int number) : folder_(std::move(folder)), number_(number) {}

void FeatureShard::add(const std::string& clip, std::span<const float> rows, std::int64_t width) {
  FeatureEntry e;
  e.clip = clip;
  e.shard = fs::path(path_of(folder_, number_, "f16")).filename().string();
  e.offset = static_cast<std::int64_t>(values_.size() * sizeof(std::uint16_t));
  e.width = width;
  e.frames = static_cast<std::int64_t>(rows.size()) / width;
  values_.reserve(values_.size() + rows.size());
  for (float v : rows) values_.push_back(float_to_half(v));
  entries_.push_back(std::move(e));
}

void FeatureShard::finish() {
  write_file_atomically(path_of(folder_, number_, "f16"), {reinterpret_cast<const char*>(values_.data()),
                                                           values_.size() * sizeof(std::uint16_t)});
  std::string lines;
  for (const FeatureEntry& e : entries_) {
    Json line = Json::object();
    line["clip"] = e.clip;
    line["shard"] = e.shard;
    line["offset"] = e.offset;
    line["frames"] = e.frames;
    line["width"] = e.width;
    lines += line.dump() + "\n";
  }
  write_file_atomically(path_of(folder_, number_, "jsonl"), lines);
}

bool feature_shard_exists(const std::string& folder, int number, std::span<const std::string> clips) {
  const std::string index = path_of(folder, number, "jsonl");
  std::error_code ec;
  if (!fs::exists(index, ec)) return false;
  const std::vector<Json> lines = read_jsonl_file(index);
  if (lines.size() != clips.size()) return false;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const FeatureEntry e = entry_from(lines[i]);
    if (e.clip != clips[i]) return false;
    bytes += static_cast<std::uint64_t>(e.frames * e.width) * sizeof(std::uint16_t);
  }
  return fs::file_size(path_of(folder, number, "f16"), ec) == bytes;
}

bool finish_feature_index(const std::string& folder, int shards) {
  std::string index;
  std::error_code ec;
  for (int i = 0; i < shards; ++i) {
    if (!fs::exists(path_of(folder, i, "jsonl"), ec)) return false;
    index += read_file(path_of(folder, i, "jsonl"));
  }
  write_file_atomically((fs::path(folder) / "index.jsonl").string(), index);
  return true;
}

FeatureStore::FeatureStore(const std::string& folder) : folder_(folder) {
  const std::string index = (fs::path(folder) / "index.jsonl").string();
  std::unordered_map<std::string, std::uint64_t> sizes;
  for (const Json& line : read_jsonl_file(index)) {
    FeatureEntry e = entry_from(line);
    const auto broken = [&](const std::string& what) {
      throw Error(ErrorKind::store, fmt::format("clip '{}': {}", e.clip, what), line.place().str(), kAgain);
    };
    if (!shards_.count(e.shard)) {
      const fs::path name(e.shard);
      if (name.has_parent_path()) broken("the shard's name is a path");
      Mapping m = map_shard((fs::path(folder) / name).string());
      shards_[e.shard] = std::move(m.data);
      sizes[e.shard] = m.bytes;
    }
    constexpr std::int64_t kMost = std::int64_t{1} << 40;  // keeps the products below from wrapping
    if (e.offset < 0 || e.frames < 1 || e.width < 1 || e.offset % 2 != 0 || e.offset > kMost ||
        e.frames > kMost / e.width)
      broken("offset, frames or width make no sense");
    if (static_cast<std::uint64_t>(e.offset + e.frames * e.width * 2) > sizes[e.shard])
      broken(fmt::format("its rows end behind the end of {}", e.shard));
    if (width_ != 0 && e.width != width_)
      broken(fmt::format("its width is {}, others' is {}", e.width, width_));
    width_ = e.width;
    if (!by_clip_.emplace(e.clip, entries_.size()).second) broken("stands twice in the index");
    entries_.push_back(std::move(e));
  }
}

const FeatureEntry* FeatureStore::find(std::string_view clip) const {
  const auto it = by_clip_.find(std::string(clip));
  return it == by_clip_.end() ? nullptr : &entries_[it->second];
}

const FeatureEntry& FeatureStore::at(std::string_view clip) const {
  if (const FeatureEntry* e = find(clip)) return *e;
  throw Error(ErrorKind::store, fmt::format("there are no features of the clip '{}'", clip), folder_,
              "compute the features of the corpus that the items speak of");
}

std::span<const std::uint16_t> FeatureStore::half_rows(std::string_view clip) const {
  const FeatureEntry& e = at(clip);
  const auto* base = static_cast<const std::byte*>(shards_.at(e.shard).get()) +
                     e.offset;  // even offset in a page-aligned map
  return {reinterpret_cast<const std::uint16_t*>(base), static_cast<std::size_t>(e.frames * e.width)};
}

std::vector<float> FeatureStore::rows(std::string_view clip, std::int64_t first, std::int64_t count) const {
  const FeatureEntry& e = at(clip);
  first = std::clamp<std::int64_t>(first, 0, e.frames);
  count = std::clamp<std::int64_t>(count, 0, e.frames - first);
  const auto half = half_rows(clip).subspan(static_cast<std::size_t>(first * e.width),
                                            static_cast<std::size_t>(count * e.width));
  std::vector<float> out(half.size());
  std::transform(half.begin(), half.end(), out.begin(), half_to_float);
  return out;
}

}  // namespace undertone
