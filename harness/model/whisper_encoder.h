// The encoder of Whisper (Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision"),
// frozen: two convolutions, sinusoidal positions, pre-norm Transformer layers, a final layer norm. float32,
// inference only.
#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "harness/model/parameters.h"
#include "harness/weights/tensor_file.h"

namespace undertone {

struct WhisperEncoderConfig {  // read from the shapes of the tensors
  int mels = 0;
  int width = 0;
  int heads = 0;  // stated in CTranslate2 files; else width / 64, which holds for every size of Whisper
  int layers = 0;
  int inner = 0;      // width of the feed-forward part
  int positions = 0;  // longest output: 1500 frames, 30 s
};

class WhisperEncoder {
 public:
  // From a CTranslate2 model.bin (WhisperSpec) or from safetensors with the names of Hugging Face's
  // implementation
  // ("model.encoder.layers.0...", with or without "model."). Throws Error{weights} naming tensor and shape
  // when the file is of another architecture.
  explicit WhisperEncoder(const TensorFile& file);
  const WhisperEncoderConfig& config() const { return config_; }
  // Random weights of a stated size, for kernel benchmarks and tests that need no real ones.
  static WhisperEncoder random(const WhisperEncoderConfig& config, const std::string& stream);
  std::int64_t parameters() const;
  void for_each_parameter(const ParameterVisitor& visit);  // "encoder.conv1.weight", ...: place() moves them

  // On the device of the parameters. Log-mel [mels, T] or [batch, mels, T] -> [ceil(T / 2), width] or [batch,
  // ceil(T / 2), width]. T is up to 2 x positions; shorter input uses the first positions only (nothing is
  // padded here). Throws Error{internal} for other shapes. Decides nothing about gradients: it always runs in
  // inference mode.
  at::Tensor encode(const at::Tensor& mel) const;
  // The same, with what each part gave: [0] behind convolutions and positions, [i] behind layer i, last:
  // behind the final norm. For tests and probes.
  std::vector<at::Tensor> encode_layers(const at::Tensor& mel) const;

 private:
  struct Norm {
    at::Tensor weight, bias;
  };
  struct Linear {
    at::Tensor weight, bias;
  };
  struct Layer {
    Norm attention_norm, inner_norm;
    Linear qkv, output, up, down;  // qkv: [3 x width, width], query, key and value stacked
  };
  WhisperEncoder() = default;
  void load_ctranslate2(const TensorFile& file);
  void load_hugging_face(const TensorFile& file);
  void derive_config(const TensorFile& file);
  at::Tensor front(const at::Tensor& mel) const;
  at::Tensor apply(const Layer& layer, const at::Tensor& x) const;

  WhisperEncoderConfig config_;
  Linear conv1_, conv2_;
  at::Tensor positions_;  // [positions, width]
  std::vector<Layer> layers_;
  Norm final_norm_;
};

}  // namespace undertone
