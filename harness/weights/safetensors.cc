// safetensors: u64 length of the header, the header (JSON: name -> {dtype, shape, data_offsets}), then the
// data.
#include <fmt/format.h>
#include <algorithm>
#include <cstring>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/json.h"
#include "harness/weights/byte_reader.h"
#include "harness/weights/data_ranges.h"

namespace undertone {
namespace {

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

RangedTensor read_entry(const std::string& name, const Json& entry, std::span<const std::byte> data,
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
  RangedTensor r;
  r.view.name = name;
  r.view.dtype = dtype_from(dtype->as_string(), path, name);
  for (const Json& d : shape->elements()) {
    if (!d.is_integer() || d.as_int() < 0) fail(path, name, "a dimension is not an integer, or negative");
    r.view.shape.push_back(d.as_int());
  }
  const std::optional<std::uint64_t> bytes = data_bytes(r.view.dtype, r.view.shape);
  if (!bytes) fail(path, name, "the shape is too large to exist");
  r.begin = offset_from(offsets->elements()[0], path, name);
  r.end = offset_from(offsets->elements()[1], path, name);
  if (r.begin > r.end)
    fail(path, name, fmt::format("its data end at {} before they begin at {}", r.end, r.begin));
  if (r.end > data.size())
    fail(path, name,
         fmt::format("the file is truncated: its data end at byte {}, but only {} bytes of data are there",
                     r.end, data.size()));
  if (r.end - r.begin != *bytes)
    fail(path, name, fmt::format("its shape needs {} bytes but its range holds {}", *bytes, r.end - r.begin));
  r.view.bytes = data.subspan(r.begin, *bytes);
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
         fmt::format("the file is truncated: its header claims {} bytes but only {} follow", header_bytes,
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
  std::vector<RangedTensor> ranged;
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
  out.tensors = tensors_that_fill(std::move(ranged), data.size(), 1, path);
  return out;
}

std::string safetensors_bytes(std::vector<TensorView> tensors,
                              const std::map<std::string, std::string>& metadata) {
  // Wide types first keeps every tensor aligned to its type without holes, which the format forbids.
  std::sort(tensors.begin(), tensors.end(), [](const TensorView& a, const TensorView& b) {
    const auto wa = block_bytes(a.dtype), wb = block_bytes(b.dtype);
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
    if (is_quantised(t.dtype))
      throw Error(ErrorKind::internal, fmt::format("the tensor '{}' has type {}, which safetensors lacks",
                                                   t.name, to_string(t.dtype)));
    if (t.bytes.size() != data_bytes(t.dtype, t.shape))
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
