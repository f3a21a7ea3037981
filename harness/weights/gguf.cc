// GGUF 3, little-endian: "GGUF", u32 version, u64 tensors, u64 metadata; per value: text key, u32 type,
// value; per tensor: text name, u32 rank, u64 dimensions (fastest first), u32 type, u64 offset into the data;
// padding to the alignment; data, each tensor's padded to it. A text is u64 length, then the bytes.
#include "harness/weights/gguf.h"

#include <fmt/format.h>
#include <algorithm>
#include <optional>
#include <type_traits>

#include "harness/weights/byte_reader.h"
#include "harness/weights/data_ranges.h"
#include "harness/weights/mapped_file.h"

namespace undertone {
namespace {

constexpr std::uint32_t kVersion = 3;
constexpr std::uint64_t kDefaultAlignment = 32;
// Limits of ggml's own reader.
constexpr std::uint64_t kMostKeyBytes = 65535, kMostNameBytes = 64;
constexpr std::uint32_t kMostDimensions = 4;
// The least that one value and one tensor take in the header: what a count claims is checked against what is
// left.
constexpr std::uint64_t kLeastValueBytes = 8 + 1 + 4 + 1, kLeastTensorBytes = 8 + 1 + 4 + 4 + 8;

enum class ValueType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };
constexpr auto kLastValueType = static_cast<std::uint32_t>(ValueType::f64);

std::string read_text(ByteReader& in, std::string_view what) {
  const auto size = in.number<std::uint64_t>(what);
  const auto raw = in.take(size, what);
  return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

std::string read_name(ByteReader& in, std::string_view what, std::uint64_t most) {
  std::string name = read_text(in, what);
  if (name.empty()) in.fail(fmt::format("{} is empty", what));
  if (name.size() > most) in.fail(fmt::format("{} has {} bytes, at most {} may be", what, name.size(), most));
  if (name.find('\0') != std::string::npos) in.fail(fmt::format("{} holds a NUL", what));
  return name;
}

ValueType read_value_type(ByteReader& in, std::string_view what) {
  const auto id = in.number<std::uint32_t>(what);
  if (id > kLastValueType) in.fail(fmt::format("the value type {} is not known", id));
  return static_cast<ValueType>(id);
}

bool read_boolean(ByteReader& in) {
  const auto v = in.number<std::uint8_t>("its value");
  if (v > 1) in.fail(fmt::format("a boolean is {}, not 0 or 1", v));
  return v == 1;
}

void demand_room(ByteReader& in, std::uint64_t count, std::uint64_t least_bytes, std::string_view what) {
  if (count > in.left() / least_bytes)
    in.fail(fmt::format("the file is truncated or damaged: {} {} are declared but {} bytes follow", count,
                        what, in.left()));
}

template <class T>
GgufValue read_numbers(ByteReader& in, std::uint64_t count) {
  demand_room(in, count, sizeof(T), "values");
  std::vector<std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>> out;
  out.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const T v = in.number<T>("its values");
    if constexpr (std::is_same_v<T, std::uint64_t>)
      if (v > std::uint64_t{INT64_MAX}) in.fail(fmt::format("the value {} is too large to use", v));
    out.push_back(static_cast<typename decltype(out)::value_type>(v));
  }
  return out;
}

GgufValue read_array(ByteReader& in) {
  const ValueType type = read_value_type(in, "the type of its values");
  const auto count = in.number<std::uint64_t>("the number of its values");
  switch (type) {
    case ValueType::u8:
      return read_numbers<std::uint8_t>(in, count);
    case ValueType::i8:
      return read_numbers<std::int8_t>(in, count);
    case ValueType::u16:
      return read_numbers<std::uint16_t>(in, count);
    case ValueType::i16:
      return read_numbers<std::int16_t>(in, count);
    case ValueType::u32:
      return read_numbers<std::uint32_t>(in, count);
    case ValueType::i32:
      return read_numbers<std::int32_t>(in, count);
    case ValueType::u64:
      return read_numbers<std::uint64_t>(in, count);
    case ValueType::i64:
      return read_numbers<std::int64_t>(in, count);
    case ValueType::f32:
      return read_numbers<float>(in, count);
    case ValueType::f64:
      return read_numbers<double>(in, count);
    case ValueType::boolean: {
      demand_room(in, count, 1, "values");
      std::vector<std::int64_t> out;
      out.reserve(count);
      for (std::uint64_t i = 0; i < count; ++i) out.push_back(read_boolean(in));
      return out;
    }
    case ValueType::text: {
      demand_room(in, count, sizeof(std::uint64_t), "texts");
      std::vector<std::string> out;
      out.reserve(count);
      for (std::uint64_t i = 0; i < count; ++i) out.push_back(read_text(in, "its texts"));
      return out;
    }
    case ValueType::array:
      break;
  }
  in.fail("arrays of arrays cannot be read", "convert the model anew with a current converter");
}

GgufValue read_value(ByteReader& in) {
  switch (read_value_type(in, "its type")) {
    case ValueType::u8:
      return std::uint64_t{in.number<std::uint8_t>("its value")};
    case ValueType::i8:
      return std::int64_t{in.number<std::int8_t>("its value")};
    case ValueType::u16:
      return std::uint64_t{in.number<std::uint16_t>("its value")};
    case ValueType::i16:
      return std::int64_t{in.number<std::int16_t>("its value")};
    case ValueType::u32:
      return std::uint64_t{in.number<std::uint32_t>("its value")};
    case ValueType::i32:
      return std::int64_t{in.number<std::int32_t>("its value")};
    case ValueType::u64:
      return in.number<std::uint64_t>("its value");
    case ValueType::i64:
      return in.number<std::int64_t>("its value");
    case ValueType::f32:
      return double{in.number<float>("its value")};
    case ValueType::f64:
      return in.number<double>("its value");
    case ValueType::boolean:
      return read_boolean(in);
    case ValueType::text:
      return read_text(in, "its value");
    case ValueType::array:
      break;
  }
  return read_array(in);
}

// ggml's numbers of types. Those that are known but not read get their name into the message.
DType read_tensor_type(ByteReader& in) {
  static const std::map<std::uint32_t, DType> readable{
      {0, DType::f32},  {1, DType::f16},   {2, DType::q4_0},  {3, DType::q4_1}, {6, DType::q5_0},
      {8, DType::q8_0}, {12, DType::q4_k}, {14, DType::q6_k}, {24, DType::i8},  {25, DType::i16},
      {26, DType::i32}, {27, DType::i64},  {28, DType::f64},  {30, DType::bf16}};
  static const std::map<std::uint32_t, std::string_view> others{
      {7, "Q5_1"},     {9, "Q8_1"},    {10, "Q2_K"},    {11, "Q3_K"},  {13, "Q5_K"},   {15, "Q8_K"},
      {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"}, {21, "IQ3_S"},
      {22, "IQ2_S"},   {23, "IQ4_XS"}, {29, "IQ1_M"},   {34, "TQ1_0"}, {35, "TQ2_0"},  {39, "MXFP4"}};
  const auto id = in.number<std::uint32_t>("its type");
  if (const auto it = readable.find(id); it != readable.end()) return it->second;
  const auto it = others.find(id);
  in.fail(it == others.end() ? fmt::format("the type number {} is not known", id)
                             : fmt::format("the type {} cannot be read", it->second),
          "quantise the model to F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q4_K or Q6_K");
}

RangedTensor read_tensor(ByteReader& in, std::uint64_t index, std::uint64_t alignment) {
  in.set_place(fmt::format("tensor #{}", index));
  RangedTensor t;
  t.view.name = read_name(in, "its name", kMostNameBytes);
  in.set_place(fmt::format("tensor '{}'", t.view.name));
  const auto rank = in.number<std::uint32_t>("its rank");
  if (rank > kMostDimensions)
    in.fail(fmt::format("it has {} dimensions, at most {} may be", rank, kMostDimensions));
  for (std::uint32_t i = 0; i < rank; ++i) {
    const auto d = in.number<std::uint64_t>("its shape");
    if (d > std::uint64_t{INT64_MAX}) in.fail("the shape is too large to exist");
    t.view.shape.push_back(static_cast<std::int64_t>(d));
  }
  std::reverse(t.view.shape.begin(), t.view.shape.end());
  t.view.dtype = read_tensor_type(in);
  const std::int64_t row = t.view.shape.empty() ? 1 : t.view.shape.back();
  if (row % block_elements(t.view.dtype) != 0)
    in.fail(fmt::format("its rows of {} elements are not whole blocks of {} of type {}", row,
                        block_elements(t.view.dtype), to_string(t.view.dtype)));
  const std::optional<std::uint64_t> bytes = data_bytes(t.view.dtype, t.view.shape);
  if (!bytes) in.fail("the shape is too large to exist");
  t.begin = in.number<std::uint64_t>("its offset");
  if (t.begin % alignment != 0)
    in.fail(fmt::format("its offset {} is not a multiple of the alignment {}", t.begin, alignment));
  if (t.begin > UINT64_MAX - *bytes) in.fail(fmt::format("its offset {} is too large to exist", t.begin));
  t.end = t.begin + *bytes;
  return t;
}

std::uint64_t alignment_of(ByteReader& in, const GgufMetadata& metadata) {
  if (!metadata.find("general.alignment")) return kDefaultAlignment;
  const std::int64_t v = metadata.integer("general.alignment");
  // ggml demands a power of two; the bound keeps sums of positions from wrapping.
  if (v < 1 || v > 1 << 30 || (v & (v - 1)) != 0)
    in.fail(fmt::format("the alignment is {}, not a power of two up to 2^30", v));
  return static_cast<std::uint64_t>(v);
}

void check_start(ByteReader& in) {
  const auto magic = in.take(4, "the magic bytes");
  if (std::memcmp(magic.data(), "GGUF", 4) != 0)
    in.fail("the file does not begin with 'GGUF'", "name a GGUF file, or use safetensors");
  const auto version = in.number<std::uint32_t>("the version");
  if (version == kVersion) return;
  if (version == kVersion << 24)
    in.fail("the file is big-endian", "convert the model anew for little-endian machines");
  in.fail(fmt::format("the version is {}, only {} can be read", version, kVersion),
          "convert the model anew with a current converter");
}

}  // namespace

ParsedTensors parse_gguf(std::span<const std::byte> file, const std::string& path, GgufMetadata& metadata) {
  metadata.path = path;
  metadata.values.clear();
  ByteReader in(file, path);
  check_start(in);
  const auto tensors = in.number<std::uint64_t>("the number of tensors");
  const auto values = in.number<std::uint64_t>("the number of metadata values");
  demand_room(in, values, kLeastValueBytes, "metadata values");
  for (std::uint64_t i = 0; i < values; ++i) {
    in.set_place(fmt::format("metadata value #{}", i));
    std::string key = read_name(in, "its key", kMostKeyBytes);
    in.set_place(fmt::format("metadata '{}'", key));
    if (metadata.values.count(key)) in.fail("the key stands twice");
    GgufValue value = read_value(in);
    metadata.values.emplace(std::move(key), std::move(value));
  }
  in.set_place("");
  ParsedTensors out;
  out.format = "gguf";
  out.architecture = metadata.text("general.architecture");
  const std::uint64_t alignment = alignment_of(in, metadata);

  demand_room(in, tensors, kLeastTensorBytes, "tensors");
  std::vector<RangedTensor> ranged;
  ranged.reserve(tensors);
  for (std::uint64_t i = 0; i < tensors; ++i) ranged.push_back(read_tensor(in, i, alignment));
  in.set_place("");

  // A file without tensors (a vocabulary alone) may end before the padding.
  const std::uint64_t padding = (alignment - in.at() % alignment) % alignment;
  if (tensors > 0 || in.left() >= padding) in.take(padding, "the padding before the data");
  const std::span<const std::byte> data = file.subspan(in.at());
  for (RangedTensor& t : ranged) {
    if (t.end > data.size()) {
      in.set_place(fmt::format("tensor '{}'", t.view.name));
      in.fail(
          fmt::format("the file is truncated: its data end at byte {}, but only {} bytes of data are there",
                      t.end, data.size()));
    }
    t.view.bytes = data.subspan(t.begin, t.end - t.begin);
  }
  out.tensors = tensors_that_fill(std::move(ranged), data.size(), alignment, path);
  for (std::size_t i = 1; i < out.tensors.size(); ++i)
    if (out.tensors[i].name == out.tensors[i - 1].name)
      in.fail(fmt::format("the name '{}' stands twice", out.tensors[i].name));
  return out;
}

GgufFile open_gguf(const std::string& path) {
  MappedFile m = map_file(path);
  GgufMetadata metadata;
  ParsedTensors parsed = parse_gguf(m.bytes, path, metadata);
  return {std::move(metadata), TensorFile(path, std::move(m.owner), std::move(parsed))};
}

}  // namespace undertone
