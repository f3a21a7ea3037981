#include "harness/weights/tensor_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "harness/core/error.h"

namespace undertone {
namespace {

constexpr std::array<std::pair<std::string_view, std::size_t>, 10> kTypes{{{"F64", 8},
                                                                           {"F32", 4},
                                                                           {"F16", 2},
                                                                           {"BF16", 2},
                                                                           {"I64", 8},
                                                                           {"I32", 4},
                                                                           {"I16", 2},
                                                                           {"I8", 1},
                                                                           {"U8", 1},
                                                                           {"BOOL", 1}}};

struct Mapped {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};

Mapped map_file(const std::string& path) {
  const auto fail = [&](std::string_view doing) {
    throw Error(ErrorKind::weights, fmt::format("{}: {}", doing, std::strerror(errno)), path,
                "check the path, or run 'undertone setup' to fetch the pinned weights");
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("cannot open the weights");
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    throw Error(ErrorKind::weights, "not a regular file", path,
                "name the file of weights, or the folder that holds it");
  }
  const std::size_t size = static_cast<std::size_t>(info.st_size);
  if (size == 0) {
    ::close(fd);
    throw Error(ErrorKind::weights, "the file of weights is empty", path, "fetch it again");
  }
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  const int err = errno;
  ::close(fd);
  if (at == MAP_FAILED) {
    errno = err;
    fail("cannot map the weights into memory");
  }
  std::shared_ptr<const void> owner(at, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  return {std::move(owner), {static_cast<const std::byte*>(at), size}};
}

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

std::size_t size_of(DType d) { return kTypes[static_cast<std::size_t>(d)].second; }
std::string_view to_string(DType d) { return kTypes[static_cast<std::size_t>(d)].first; }

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
  Mapped m = map_file(path);
  return TensorFile(path, std::move(m.owner), parse_safetensors(m.bytes, path));
}

TensorFile open_ctranslate2(const std::string& path) {
  Mapped m = map_file(path);
  return TensorFile(path, std::move(m.owner), parse_ctranslate2(m.bytes, path));
}

TensorFile open_tensor_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ec;
  if (fs::is_directory(path, ec)) {
    for (const char* name : {"model.safetensors", "model.bin"})
      if (fs::exists(fs::path(path) / name, ec)) return open_tensor_file((fs::path(path) / name).string());
    throw Error(ErrorKind::weights, "the folder holds neither model.safetensors nor model.bin", path,
                "name the file of weights");
  }
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".safetensors") return open_safetensors(path);
  if (extension == ".bin") return open_ctranslate2(path);
  throw Error(ErrorKind::weights, fmt::format("weights of the kind '{}' are not known", extension), path,
              "use a .safetensors file or a CTranslate2 model.bin");
}

}  // namespace undertone
