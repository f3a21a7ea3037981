// GGUF version 3 (llama.cpp's file of quantised weights): metadata and tensors, strictly checked,
// memory-mapped. Torch-free and fuzzed. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/weights/tensor_file.h"

namespace undertone {

// Integers of every width are widened, floats too; arrays hold one of three kinds.
using GgufValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string,
                               std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>>;

struct GgufMetadata {
  std::string path;  // for messages
  std::map<std::string, GgufValue, std::less<>> values;

  const GgufValue* find(std::string_view key) const;
  // Throw Error{weights} naming file, key and what stands there instead.
  std::int64_t integer(std::string_view key) const;
  double number(std::string_view key) const;
  const std::string& text(std::string_view key) const;
  const std::vector<std::string>& texts(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;  // of floats or integers
  std::int64_t integer_or(std::string_view key, std::int64_t otherwise) const;
  double number_or(std::string_view key, double otherwise) const;
};

struct GgufFile {
  GgufMetadata metadata;
  // Shapes row-major as in safetensors (GGUF's dimensions reversed); quantised types keep their blocks in
  // `bytes` and are read by to_f32().
  TensorFile tensors;
};

GgufFile open_gguf(const std::string& path);
// Throws Error{weights} with path, tensor or key, and mend, for every violation of the format. Views point
// into `file`.
ParsedTensors parse_gguf(std::span<const std::byte> file, const std::string& path, GgufMetadata& metadata);

}  // namespace undertone
