// CTranslate2's binary model, little-endian: u32 version; text spec; u32 revision; u32 count; per variable:
// text name, u8 rank, u32 dimensions, u8 type, u32 bytes, data; u32 aliases: two texts each. A text is u16
// length including its final NUL, then the bytes.
#include <fmt/format.h>
#include <algorithm>

#include "harness/weights/byte_reader.h"
#include "harness/weights/tensor_file.h"

namespace undertone {
namespace {

constexpr std::uint32_t kVersion = 6;
constexpr std::uint8_t kMostDimensions = 8;

std::string read_text(ByteReader& in, std::string_view what) {
  const auto size = in.number<std::uint16_t>(what);
  const auto raw = in.take(size, what);
  if (size == 0 || raw.back() != std::byte{0}) in.fail(fmt::format("{} does not end with a NUL", what));
  std::string out(reinterpret_cast<const char*>(raw.data()), size - 1u);
  if (out.find('\0') != std::string::npos) in.fail(fmt::format("{} holds a NUL", what));
  return out;
}

DType read_type(ByteReader& in) {
  switch (const auto id = in.number<std::uint8_t>("its type")) {
    case 0:
      return DType::f32;
    case 1:
      return DType::i8;
    case 2:
      return DType::i16;
    case 3:
      return DType::i32;
    case 4:
      return DType::f16;
    case 5:
      return DType::bf16;
    default:
      in.fail(fmt::format("the type number {} is not known", id));
  }
}

TensorView read_variable(ByteReader& in, std::uint32_t index) {
  in.set_place(fmt::format("tensor #{}", index));
  TensorView t;
  t.name = read_text(in, "its name");
  in.set_place(fmt::format("tensor '{}'", t.name));
  const auto rank = in.number<std::uint8_t>("its rank");
  if (rank > kMostDimensions) in.fail(fmt::format("{} dimensions are more than any weight has", rank));
  std::uint64_t elements = 1;
  for (int i = 0; i < rank; ++i) {
    const auto d = in.number<std::uint32_t>("its shape");
    // A variable's size is a u32, so this bound loses nothing and keeps the product from wrapping.
    if (d != 0 && elements > 0xffffffffu / d) in.fail("the shape is too large to exist");
    elements *= d;
    t.shape.push_back(d);
  }
  t.dtype = read_type(in);
  const auto bytes = in.number<std::uint32_t>("its size");
  if (const std::uint64_t needed = elements * block_bytes(t.dtype); bytes != needed)
    in.fail(fmt::format("its shape needs {} bytes but {} are declared", needed, bytes));
  t.bytes = in.take(bytes, "its data");
  return t;
}

}  // namespace

ParsedTensors parse_ctranslate2(std::span<const std::byte> file, const std::string& path) {
  ByteReader in(file, path);
  const auto version = in.number<std::uint32_t>("the version");
  if (version != kVersion)
    in.fail(fmt::format("the binary version is {}, only {} can be read", version, kVersion),
            "name a CTranslate2 model.bin of version 6 (convert it anew with a current CTranslate2), or use "
            "safetensors");
  ParsedTensors out;
  out.format = "ctranslate2";
  out.architecture = read_text(in, "the spec's name");
  out.revision = in.number<std::uint32_t>("the spec's revision");
  const auto count = in.number<std::uint32_t>("the number of variables");
  for (std::uint32_t i = 0; i < count; ++i) out.tensors.push_back(read_variable(in, i));
  in.set_place("");

  const auto by_name = [](const TensorView& a, const TensorView& b) { return a.name < b.name; };
  std::sort(out.tensors.begin(), out.tensors.end(), by_name);
  const auto aliases = in.number<std::uint32_t>("the number of aliases");
  std::vector<TensorView> added;
  for (std::uint32_t i = 0; i < aliases; ++i) {
    std::string alias = read_text(in, "the name of an alias");
    const std::string target = read_text(in, "the target of an alias");
    const auto it = std::lower_bound(out.tensors.begin(), out.tensors.end(), target,
                                     [](const TensorView& t, const std::string& n) { return t.name < n; });
    if (it == out.tensors.end() || it->name != target)
      in.fail(fmt::format("the alias '{}' points to '{}', which is not there", alias, target));
    added.push_back(*it);
    added.back().name = std::move(alias);
  }
  if (in.left() > 0) in.fail(fmt::format("{} bytes follow the end of the model", in.left()));
  out.tensors.insert(out.tensors.end(), added.begin(), added.end());
  std::sort(out.tensors.begin(), out.tensors.end(), by_name);
  for (std::size_t i = 1; i < out.tensors.size(); ++i)
    if (out.tensors[i].name == out.tensors[i - 1].name)
      in.fail(fmt::format("the name '{}' stands twice", out.tensors[i].name));
  return out;
}

}  // namespace undertone
