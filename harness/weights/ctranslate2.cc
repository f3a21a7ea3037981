// CTranslate2's binary model, little-endian: u32 version; text spec; u32 revision; u32 count; per variable:
// text name, u8 rank, u32 dimensions, u8 type, u32 bytes, data; u32 aliases: two texts each. A text is u16
// length including its final NUL, then the bytes.
#include <fmt/format.h>
#include <algorithm>
#include <cstring>

#include "harness/core/error.h"
#include "harness/weights/tensor_file.h"

namespace undertone {
namespace {

constexpr std::uint32_t kVersion = 6;
constexpr std::uint8_t kMostDimensions = 8;

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  template <class T>
  T number(std::string_view what) {
    T v;
    std::memcpy(&v, take(sizeof v, what).data(), sizeof v);
    return v;
  }
  std::string text(std::string_view what) {
    const auto size = number<std::uint16_t>(what);
    const auto raw = take(size, what);
    if (size == 0 || raw.back() != std::byte{0}) fail(fmt::format("{} does not end with a NUL", what));
    std::string out(reinterpret_cast<const char*>(raw.data()), size - 1u);
    if (out.find('\0') != std::string::npos) fail(fmt::format("{} holds a NUL", what));
    return out;
  }
  std::span<const std::byte> take(std::uint64_t n, std::string_view what) {
    if (n > bytes_.size() - at_) fail(fmt::format("the file ends within {} (truncated?)", what));
    const auto out = bytes_.subspan(at_, n);
    at_ += n;
    return out;
  }
  std::size_t left() const { return bytes_.size() - at_; }
  void set_tensor(std::string name) { tensor_ = std::move(name); }
  [[noreturn]] void fail(const std::string& what,
                         const char* mend = "the file is damaged: fetch it again, or convert it anew") const {
    throw Error(ErrorKind::weights, tensor_.empty() ? what : fmt::format("tensor '{}': {}", tensor_, what),
                path_, mend);
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::string tensor_;
};

DType read_type(Reader& in) {
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

TensorView read_variable(Reader& in, std::uint32_t index) {
  in.set_tensor(fmt::format("#{}", index));
  TensorView t;
  t.name = in.text("its name");
  in.set_tensor(t.name);
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
  if (bytes != elements * size_of(t.dtype))
    in.fail(fmt::format("its shape needs {} bytes but {} are declared", elements * size_of(t.dtype), bytes));
  t.bytes = in.take(bytes, "its data");
  return t;
}

}  // namespace

ParsedTensors parse_ctranslate2(std::span<const std::byte> file, const std::string& path) {
  Reader in(file, path);
  const auto version = in.number<std::uint32_t>("the version");
  if (version != kVersion)
    in.fail(fmt::format("the binary version is {}, only {} can be read", version, kVersion),
            "name a CTranslate2 model.bin of version 6 (convert it anew with a current CTranslate2), or use "
            "safetensors");
  ParsedTensors out;
  out.format = "ctranslate2";
  out.architecture = in.text("the spec's name");
  out.revision = in.number<std::uint32_t>("the spec's revision");
  const auto count = in.number<std::uint32_t>("the number of variables");
  for (std::uint32_t i = 0; i < count; ++i) out.tensors.push_back(read_variable(in, i));
  in.set_tensor("");

  const auto by_name = [](const TensorView& a, const TensorView& b) { return a.name < b.name; };
  std::sort(out.tensors.begin(), out.tensors.end(), by_name);
  const auto aliases = in.number<std::uint32_t>("the number of aliases");
  std::vector<TensorView> added;
  for (std::uint32_t i = 0; i < aliases; ++i) {
    std::string alias = in.text("the name of an alias");
    const std::string target = in.text("the target of an alias");
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
