// Files of weights: safetensors (one file or sharded), GGUF and CTranslate2, memory-mapped, strictly checked
// before any tensor is handed out. Torch-free: the parsers work on bytes and are fuzzed (tests/fuzz).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace undertone {

// Those from q8_0 on are ggml's quantised types: a row is a sequence of blocks, each some elements in some
// bytes.
enum class DType { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean, q8_0, q4_0, q4_1, q5_0, q4_k, q6_k };
std::string_view to_string(DType);   // as safetensors and ggml name it: "F32", "BF16", "BOOL", "Q4_K", ...
std::int64_t block_elements(DType);  // 1 for types that are not quantised
std::size_t block_bytes(DType);      // so: the size of one element where block_elements() is 1
inline bool is_quantised(DType d) { return block_elements(d) > 1; }
// Bytes that a tensor takes; none when its rows (the last dimension) are not whole blocks, or it is too large
// to exist.
std::optional<std::uint64_t> data_bytes(DType, std::span<const std::int64_t> shape);

// One tensor, row-major. The bytes belong to the TensorFile (or to whoever made the view) and may be
// misaligned for their type: copy them (to_f32, std::memcpy), never cast the pointer.
struct TensorView {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;  // empty: a scalar
  std::span<const std::byte> bytes;
  std::int64_t elements() const;
};

// What a file's bytes declare.
struct ParsedTensors {
  std::string format;         // "safetensors", "gguf" or "ctranslate2"
  std::string architecture;   // CTranslate2: name of the spec, "WhisperSpec"; GGUF: "llama"; else ""
  std::int64_t revision = 0;  // CTranslate2: of the spec
  std::map<std::string, std::string> metadata;  // safetensors: __metadata__
  std::vector<TensorView>
      tensors;  // sorted by name; aliases of CTranslate2 stand here as tensors of their own
};

// Parse a whole file that lies in memory; `path` is for messages. Every violation of the format (truncated,
// trailing bytes, overlapping or unused ranges, duplicate names, sizes that contradict shapes, unknown
// versions and types) throws Error{weights} with path, tensor and mend. Formats:
// https://github.com/huggingface/safetensors (README), CTranslate2's model_spec.py, binary version 6.
ParsedTensors parse_safetensors(std::span<const std::byte> file, const std::string& path);
ParsedTensors parse_ctranslate2(std::span<const std::byte> file, const std::string& path);

// An open file; views stay valid as long as it (or a copy) lives.
class TensorFile {
 public:
  TensorFile(std::string path, std::shared_ptr<const void> mapping, ParsedTensors parsed);
  const std::string& path() const { return path_; }
  const std::string& format() const { return parsed_.format; }
  const std::string& architecture() const { return parsed_.architecture; }
  const std::map<std::string, std::string>& metadata() const { return parsed_.metadata; }
  const std::vector<TensorView>& tensors() const { return parsed_.tensors; }
  const TensorView* find(std::string_view name) const;  // null when absent; O(log n)
  // Throws Error{weights} naming file, tensor and the nearest name that is there.
  const TensorView& at(std::string_view name) const;
  // Also demands this shape; -1 admits any size.
  const TensorView& at(std::string_view name, std::span<const std::int64_t> shape) const;

 private:
  std::string path_;
  std::shared_ptr<const void> mapping_;
  ParsedTensors parsed_;
};

TensorFile open_safetensors(const std::string& path);
// A model in the Hugging Face layout: PREFIX.safetensors.index.json maps each tensor to one of the shards
// beside it. All shards are mapped and checked; a shard or tensor that is missing, stands in another shard
// than the index says, stands twice, or stands in a shard and not in the index, throws Error{weights}.
TensorFile open_sharded_safetensors(const std::string& index_path);
TensorFile open_ctranslate2(const std::string& path);
// By file name: *.safetensors, *.safetensors.index.json, *.gguf (its metadata: open_gguf), or a CTranslate2
// *.bin. A folder means model.safetensors, else model.safetensors.index.json, else model.bin, else the only
// *.gguf that it holds.
TensorFile open_tensor_file(const std::string& path_or_folder);

// Writes atomically; the bytes depend on names, types, shapes, data and metadata only, not on the order
// given. Throws Error{internal} for duplicate names or bytes that do not fit the shape, Error{io} as
// write_file_atomically. The format has no quantised types.
void write_safetensors(const std::string& path, std::vector<TensorView> tensors,
                       const std::map<std::string, std::string>& metadata = {});
std::string safetensors_bytes(std::vector<TensorView> tensors,
                              const std::map<std::string, std::string>& metadata);

// ---- Numbers
// ------------------------------------------------------------------------------------------------------

float half_to_float(std::uint16_t bits);   // IEEE binary16, exact
std::uint16_t float_to_half(float value);  // nearest, ties to even; overflow to infinity, NaN kept quiet
float bfloat16_to_float(std::uint16_t bits);

// Floating-point and quantised tensors as f32; out.size() must be elements(). Integers throw Error{weights}.
void to_f32(const TensorView& tensor, std::span<float> out);
std::vector<float> to_f32(const TensorView& tensor);
// The value of an integer tensor with one element (CTranslate2 keeps settings so).
std::int64_t to_integer(const TensorView& tensor);

}  // namespace undertone
