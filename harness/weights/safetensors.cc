// safetensors: u64 length of the header, the header (JSON: name -> {dtype, shape, data_offsets}), then the
// data.
#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/json.h"
#include "harness/weights/tensor_file.h"

namespace undertone {
namespace {

static_assert(std::endian::native == std::endian::little,
              "both file formats are little-endian and read in place");
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;  // the limit of the reference implementation
constexpr const char* kAgain = "the file is damaged: fetch it again, or export it anew";

[[noreturn]] void fail(const std::string& path, const std::string& tensor, const std::string& what) {
  throw Error(ErrorKind::weights, tensor.empty() ? what : fmt::format("tensor '{}': {}", tensor, what), path,
              kAgain);
}

DType dtype_from(const std::string& name, const std::string& path, const std::string& tensor) {
  for (int i = 0; i <= static_cast<int>(DType::boolean); ++i)
    if (to_string(static_cast<DType>(i)) == name) return static_cast<DType>(i);
  throw Error(ErrorKind::weights, fmt::format("tensor '{}': the type '{}' is not known", tensor, name), path,
              "convert the weights to F32, F16 or BF16");
}

std::uint64_t offset_from(const Json& v, const std::string& path, const std::string& tensor) {
  if (!v.is_integer() || v.as_int() < 0)
    fail(path, tensor, "data_offsets must be two integers that are not negative");
  return static_cast<std::uint64_t>(v.as_int());
}

struct Ranged {
  TensorView view;
  std::uint64_t begin = 0, end = 0;
};

Ranged read_entry(const std::string& name, const Json& entry, std::span<const std::byte> data,
                  const std::string& path) {
  if (!entry.is_object()) fail(path, name, "the header's entry is not an object");
  for (const auto& [key, value] : entry.members())
    if (key != "dtype" && key != "shape" && key != "data_offsets")
      fail(path, name, fmt::format("the header's entry has the unknown key '{}'", key));
  const Json *dtype = entry.find("dtype"), *shape = entry.find("shape"),
             *offsets = entry.find("data_offsets");
  if (!dtype || !dtype->is_string() || !shape || !shape->is_array() || !offsets || !offsets->is_array() ||
      offsets->size() != 2)
    fail(path, name, "the header's entry needs dtype, shape and data_offsets [begin, end]");
  Ranged r;
  r.view.name = name;
  r.view.dtype = dtype_from(dtype->as_string(), path, name);
  std::uint64_t bytes = size_of(r.view.dtype);
  for (const Json& d : shape->elements()) {
    if (!d.is_integer() || d.as_int() < 0) fail(path, name, "a dimension is not an integer, or negative");
    const auto size = static_cast<std::uint64_t>(d.as_int());
    if (size != 0 && bytes > std::numeric_limits<std::int64_t>::max() / size)
      fail(path, name, "the shape is too large to exist");
    bytes *= size;
    r.view.shape.push_back(d.as_int());
  }
  r.begin = offset_from(offsets->elements()[0], path, name);
  r.end = offset_from(offsets->elements()[1], path, name);
  if (r.begin > r.end || r.end > data.size())
    fail(path, name,
         fmt::format("its data [{}, {}) lie outside the file's {} bytes of data (truncated?)", r.begin, r.end,
                     data.size()));
  if (r.end - r.begin != bytes)
    fail(path, name, fmt::format("its shape needs {} bytes but its range holds {}", bytes, r.end - r.begin));
  r.view.bytes = data.subspan(r.begin, bytes);
  return r;
}

}  // namespace

ParsedTensors parse_safetensors(std::span<const std::byte> file, const std::string& path) {
  std::uint64_t header_bytes = 0;
  if (file.size() < sizeof header_bytes)
    fail(path, "", fmt::format("{} bytes are too few for a safetensors file", file.size()));
  std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
  if (header_bytes > kMostHeaderBytes)
    fail(path, "",
         fmt::format("the header claims {} bytes; no safetensors file has more than {}", header_bytes,
                     kMostHeaderBytes));
  if (header_bytes > file.size() - sizeof header_bytes)
    fail(path, "",
         fmt::format("the header claims {} bytes but only {} follow (truncated?)", header_bytes,
                     file.size() - sizeof header_bytes));
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + sizeof header_bytes, header_bytes);
  if (!text.starts_with('{'))
    fail(path, "", "the header does not begin with '{': this is not a safetensors file");
  const std::span<const std::byte> data = file.subspan(sizeof header_bytes + header_bytes);

  Json header;
  try {
    header = parse_json(text, path);
  } catch (const Error& e) {  // also a duplicate name
    throw Error(ErrorKind::weights, "broken header: " + e.what_happened(), e.place(), kAgain);
  }
  ParsedTensors out;
  out.format = "safetensors";
  std::vector<Ranged> ranged;
  for (const auto& [name, entry] : header.members()) {
    if (name != "__metadata__") {
      ranged.push_back(read_entry(name, entry, data, path));
      continue;
    }
    if (!entry.is_object()) fail(path, name, "is not an object");
    for (const auto& [key, value] : entry.members()) {
      if (!value.is_string()) fail(path, name, fmt::format("the value of '{}' is not text", key));
      out.metadata[key] = value.as_string();
    }
  }
  std::sort(ranged.begin(), ranged.end(), [](const Ranged& a, const Ranged& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::uint64_t at = 0;
  for (const Ranged& r : ranged) {
    if (r.begin < at)
      fail(path, r.view.name,
           fmt::format("its data overlap another tensor's (begin {}, taken up to {})", r.begin, at));
    if (r.begin > at)
      fail(path, r.view.name, fmt::format("{} bytes before its data belong to no tensor", r.begin - at));
    at = r.end;
  }
  if (at != data.size())
    fail(path, "", fmt::format("{} bytes at the end belong to no tensor", data.size() - at));
  for (Ranged& r : ranged) out.tensors.push_back(std::move(r.view));
  std::sort(out.tensors.begin(), out.tensors.end(),
            [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
  return out;
}

std::string safetensors_bytes(std::vector<TensorView> tensors,
                              const std::map<std::string, std::string>& metadata) {
  // Wide types first keeps every tensor aligned to its type without holes, which the format forbids.
  std::sort(tensors.begin(), tensors.end(), [](const TensorView& a, const TensorView& b) {
    const auto wa = size_of(a.dtype), wb = size_of(b.dtype);
    return wa != wb ? wa > wb : a.name < b.name;
  });
  Json header = Json::object();
  if (!metadata.empty()) {
    Json m = Json::object();
    for (const auto& [key, value] : metadata) m[key] = value;
    header["__metadata__"] = std::move(m);
  }
  std::uint64_t at = 0;
  for (const TensorView& t : tensors) {
    if (header.find(t.name))
      throw Error(ErrorKind::internal, fmt::format("the tensor '{}' would be written twice", t.name));
    if (t.bytes.size() != static_cast<std::size_t>(t.elements()) * size_of(t.dtype))
      throw Error(ErrorKind::internal, fmt::format("the bytes of '{}' do not fit its shape", t.name));
    Json shape = Json::array(), offsets = Json::array();
    for (std::int64_t d : t.shape) shape.push_back(d);
    offsets.push_back(static_cast<std::int64_t>(at));
    at += t.bytes.size();
    offsets.push_back(static_cast<std::int64_t>(at));
    Json entry = Json::object();
    entry["dtype"] = Json(to_string(t.dtype));
    entry["shape"] = std::move(shape);
    entry["data_offsets"] = std::move(offsets);
    header[t.name] = std::move(entry);
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t header_bytes = text.size();
  std::string out(sizeof header_bytes, '\0');
  std::memcpy(out.data(), &header_bytes, sizeof header_bytes);
  out.reserve(out.size() + text.size() + at);
  out += text;
  for (const TensorView& t : tensors)
    out.append(reinterpret_cast<const char*>(t.bytes.data()), t.bytes.size());
  return out;
}

void write_safetensors(const std::string& path, std::vector<TensorView> tensors,
                       const std::map<std::string, std::string>& metadata) {
  write_file_atomically(path, safetensors_bytes(std::move(tensors), metadata));
}

}  // namespace undertone
