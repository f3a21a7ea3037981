#include "harness/weights/tensor_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>

#include "harness/core/error.h"
#include "harness/weights/gguf.h"
#include "harness/weights/mapped_file.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

struct Layout {
  std::string_view name;
  std::int64_t elements;  // of a block
  std::size_t bytes;
};

// In the order of DType. Names as safetensors and ggml write them.
constexpr std::array<Layout, 16> kLayouts{{{"F64", 1, 8},
                                           {"F32", 1, 4},
                                           {"F16", 1, 2},
                                           {"BF16", 1, 2},
                                           {"I64", 1, 8},
                                           {"I32", 1, 4},
                                           {"I16", 1, 2},
                                           {"I8", 1, 1},
                                           {"U8", 1, 1},
                                           {"BOOL", 1, 1},
                                           {"Q8_0", 32, 34},
                                           {"Q4_0", 32, 18},
                                           {"Q4_1", 32, 20},
                                           {"Q5_0", 32, 22},
                                           {"Q4_K", 256, 144},
                                           {"Q6_K", 256, 210}}};

const Layout& layout(DType d) { return kLayouts[static_cast<std::size_t>(d)]; }

// Letters that two names share in order, as a share of the longer: enough to guess what was meant.
std::string nearest_name(std::string_view name, const std::vector<TensorView>& tensors) {
  std::string best;
  std::size_t best_common = 0;
  for (const TensorView& t : tensors) {
    std::size_t head = 0, tail = 0;
    const std::size_t most = std::min(name.size(), t.name.size());
    while (head < most && name[head] == t.name[head]) ++head;
    while (tail < most - head && name[name.size() - 1 - tail] == t.name[t.name.size() - 1 - tail]) ++tail;
    if (head + tail > best_common) {
      best_common = head + tail;
      best = t.name;
    }
  }
  return best_common * 2 >= name.size() ? best : "";
}

}  // namespace

std::string_view to_string(DType d) { return layout(d).name; }
std::int64_t block_elements(DType d) { return layout(d).elements; }
std::size_t block_bytes(DType d) { return layout(d).bytes; }

std::optional<std::uint64_t> data_bytes(DType d, std::span<const std::int64_t> shape) {
  const Layout& l = layout(d);
  // A block is larger than its elements are many at most eightfold: below this bound no product wraps.
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 8;
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    if (size < 0 || (size != 0 && elements > most / size)) return std::nullopt;
    elements *= size;
  }
  if ((shape.empty() ? 1 : shape.back()) % l.elements != 0) return std::nullopt;
  return static_cast<std::uint64_t>(elements / l.elements) * l.bytes;
}

std::int64_t TensorView::elements() const {
  std::int64_t n = 1;
  for (std::int64_t d : shape) n *= d;
  return n;
}

TensorFile::TensorFile(std::string path, std::shared_ptr<const void> mapping, ParsedTensors parsed)
    : path_(std::move(path)), mapping_(std::move(mapping)), parsed_(std::move(parsed)) {}

const TensorView* TensorFile::find(std::string_view name) const {
  const auto& all = parsed_.tensors;
  const auto it = std::lower_bound(all.begin(), all.end(), name,
                                   [](const TensorView& t, std::string_view n) { return t.name < n; });
  return it != all.end() && it->name == name ? &*it : nullptr;
}

const TensorView& TensorFile::at(std::string_view name) const {
  if (const TensorView* t = find(name)) return *t;
  const std::string nearest = nearest_name(name, parsed_.tensors);
  throw Error(ErrorKind::weights,
              fmt::format("the tensor '{}' is missing{}", name,
                          nearest.empty() ? "" : fmt::format(" (the nearest name is '{}')", nearest)),
              path_, "the file is of another architecture or incomplete: name weights that fit the model");
}

const TensorView& TensorFile::at(std::string_view name, std::span<const std::int64_t> shape) const {
  const TensorView& t = at(name);
  bool fits = t.shape.size() == shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i) fits = shape[i] < 0 || shape[i] == t.shape[i];
  if (!fits)
    throw Error(ErrorKind::weights,
                fmt::format("the tensor '{}' has shape [{}], expected [{}]", name, fmt::join(t.shape, ", "),
                            fmt::join(shape, ", ")),
                path_, "the file is of another architecture or size: name weights that fit the model");
  return t;
}

TensorFile open_safetensors(const std::string& path) {
  MappedFile m = map_file(path);
  return TensorFile(path, std::move(m.owner), parse_safetensors(m.bytes, path));
}

TensorFile open_ctranslate2(const std::string& path) {
  MappedFile m = map_file(path);
  return TensorFile(path, std::move(m.owner), parse_ctranslate2(m.bytes, path));
}

namespace {

// The one GGUF file of a folder, or "". Two of them leave open which is meant.
std::string only_gguf(const std::string& folder) {
  std::string found;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    if (entry.path().extension() != ".gguf") continue;
    if (!found.empty())
      throw Error(ErrorKind::weights, "the folder holds more than one .gguf file", folder,
                  "name the file of weights");
    found = entry.path().string();
  }
  return found;
}

}  // namespace

TensorFile open_tensor_file(const std::string& path) {
  std::error_code ec;
  if (fs::is_directory(path, ec)) {
    for (const char* name : {"model.safetensors", "model.safetensors.index.json", "model.bin"})
      if (fs::exists(fs::path(path) / name, ec)) return open_tensor_file((fs::path(path) / name).string());
    if (const std::string gguf = only_gguf(path); !gguf.empty()) return open_tensor_file(gguf);
    throw Error(ErrorKind::weights,
                "the folder holds none of model.safetensors, model.safetensors.index.json, model.bin and a "
                ".gguf file",
                path, "name the file of weights");
  }
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".safetensors") return open_safetensors(path);
  if (path.ends_with(".safetensors.index.json")) return open_sharded_safetensors(path);
  if (extension == ".gguf") return open_gguf(path).tensors;
  if (extension == ".bin") return open_ctranslate2(path);
  throw Error(
      ErrorKind::weights, fmt::format("weights of the kind '{}' are not known", extension), path,
      "use a .safetensors file (or its .safetensors.index.json), a .gguf file or a CTranslate2 model.bin");
}

}  // namespace undertone
