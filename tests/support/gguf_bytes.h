// GGUF files in memory, field by field, so that a test can write one that is wrong in one place.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace undertone::test {

template <class T>
std::string raw_number(T v) {
  std::string out(sizeof v, '\0');
  std::memcpy(out.data(), &v, sizeof v);
  return out;
}
inline std::string gguf_text(const std::string& s) { return raw_number<std::uint64_t>(s.size()) + s; }

// Value types and tensor types by GGUF's numbers.
enum GgufType : std::uint32_t {
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kText,
  kArray,
  kU64,
  kI64,
  kF64
};
constexpr std::uint32_t kTensorF32 = 0, kTensorQ4_0 = 2, kTensorQ8_0 = 8;

struct GgufEntry {
  std::string key, value;  // value: u32 type and what follows it
};
inline GgufEntry gguf_value(const std::string& key, std::uint32_t type, const std::string& bytes) {
  return {key, raw_number(type) + bytes};
}
inline GgufEntry gguf_array(const std::string& key, std::uint32_t type, std::uint64_t count,
                            const std::string& bytes) {
  return {key, raw_number<std::uint32_t>(kArray) + raw_number(type) + raw_number(count) + bytes};
}

struct GgufTensor {
  std::string name;
  std::vector<std::uint64_t> dimensions;  // fastest first, as in the file
  std::uint32_t type = kTensorF32;
  std::uint64_t offset = 0;
};

struct GgufBytes {
  std::vector<GgufEntry> values{gguf_value("general.architecture", kText, gguf_text("llama"))};
  std::vector<GgufTensor> tensors;
  std::string data;
  std::uint32_t version = 3;
  std::int64_t more_tensors = 0, more_values = 0;  // declared beyond those that are there
  std::size_t alignment = 32;

  std::string header() const {
    std::string out =
        "GGUF" + raw_number(version) +
        raw_number(static_cast<std::uint64_t>(tensors.size()) + static_cast<std::uint64_t>(more_tensors)) +
        raw_number(static_cast<std::uint64_t>(values.size()) + static_cast<std::uint64_t>(more_values));
    for (const auto& v : values) out += gguf_text(v.key) + v.value;
    for (const auto& t : tensors) {
      out += gguf_text(t.name) + raw_number(static_cast<std::uint32_t>(t.dimensions.size()));
      for (const std::uint64_t d : t.dimensions) out += raw_number(d);
      out += raw_number(t.type) + raw_number(t.offset);
    }
    return out;
  }
  std::string bytes() const {
    std::string out = header();
    out.resize((out.size() + alignment - 1) / alignment * alignment);
    return out + data;
  }
};

}  // namespace undertone::test
