// Hugging Face's index of a sharded model: {"metadata": {...}, "weight_map": {tensor: file}}.
#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <iterator>

#include "harness/core/error.h"
#include "harness/core/json.h"
#include "harness/weights/mapped_file.h"
#include "harness/weights/tensor_file.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr const char* kMend = "fetch all files of the model again, index and shards from one place";

[[noreturn]] void fail(const std::string& path, const std::string& what, const char* mend = kMend) {
  throw Error(ErrorKind::weights, what, path, mend);
}

// Tensor -> file name. Only plain names: an index must not reach out of its folder.
std::map<std::string, std::string> read_weight_map(const std::string& path) {
  Json index;
  try {
    index = read_json_file(path);
  } catch (const Error& e) {  // also a tensor that stands twice
    fail(e.place().empty() ? path : e.place(), "broken index: " + e.what_happened());
  }
  const Json* weights = index.is_object() ? index.find("weight_map") : nullptr;
  if (!weights || !weights->is_object()) fail(path, "the index has no object 'weight_map'");
  std::map<std::string, std::string> out;
  for (const auto& [tensor, file] : weights->members()) {
    if (!file.is_string()) fail(path, fmt::format("tensor '{}': its file is not text", tensor));
    const std::string name = file.as_string();
    if (name.empty() || name.find('/') != std::string::npos || name == "." || name == "..")
      fail(path, fmt::format("tensor '{}': its file '{}' is not a name in the index's folder", tensor, name));
    out.emplace(tensor, name);
  }
  if (out.empty()) fail(path, "the index names no tensor");
  return out;
}

}  // namespace

TensorFile open_sharded_safetensors(const std::string& path) {
  const std::map<std::string, std::string> places = read_weight_map(path);
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto& [tensor, file] : places) shards[file].push_back(tensor);

  const auto owners = std::make_shared<std::vector<std::shared_ptr<const void>>>();
  ParsedTensors all;
  all.format = "safetensors";
  for (const auto& [file, expected] : shards) {
    const std::string shard = (fs::path(path).parent_path() / file).string();
    std::error_code ec;
    if (!fs::exists(shard, ec))
      fail(path, fmt::format("the shard '{}' with {} tensors, '{}' among them, is missing", file,
                             expected.size(), expected.front()));
    MappedFile m = map_file(shard);
    ParsedTensors parsed = parse_safetensors(m.bytes, shard);
    owners->push_back(std::move(m.owner));
    for (const TensorView& t : parsed.tensors) {
      const auto place = places.find(t.name);
      if (place == places.end())
        fail(shard, fmt::format("tensor '{}' stands here but not in the index", t.name));
      if (place->second != file)
        fail(shard,
             fmt::format("tensor '{}' stands here, the index places it in '{}'", t.name, place->second));
    }
    // Both are sorted, and nothing stands here that is not expected.
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (i == parsed.tensors.size() || parsed.tensors[i].name != expected[i])
        fail(shard, fmt::format("tensor '{}' is missing, though the index places it here", expected[i]));
    std::move(parsed.tensors.begin(), parsed.tensors.end(), std::back_inserter(all.tensors));
    // Shards of one model repeat their metadata ("format": "pt").
    all.metadata.merge(parsed.metadata);
  }
  std::sort(all.tensors.begin(), all.tensors.end(),
            [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
  return TensorFile(path, owners, std::move(all));
}

}  // namespace undertone
