// Where a model computes and in what type: "cpu", "cuda" or "cuda:N"; "float32". The blocks choose their form
// by the device of what they are given, so moving a model's parameters and its batches is all there is to it.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <string>

#include "harness/model/speech_lm.h"

namespace undertone {

// Throws Error{suite} for another spelling, and Error{model} with the mend when this machine, or the libtorch
// that is linked, has no such device: a run never falls back to another one. The first CUDA device of a
// process sets torch to deterministic algorithms in full float32 (no TF32): the same device gives the same
// bytes.
at::Device device_from(const std::string& device, const std::string& dtype);

// "" where CUDA can be used, else why it cannot: what tests and benchmarks say when they skip.
std::string why_no_cuda();

// Moves every parameter of a Decoder, Adapter, SpeechLM or WhisperEncoder.
template <class Model>
void place(Model& model, at::Device device) {
  model.for_each_parameter([&](const std::string&, at::Tensor& value) { value = value.to(device); });
}

// The same batch with its tensors on `device`. Positions stay where they are: their angles are computed in
// double on the CPU.
TrainingBatch on_device(TrainingBatch batch, at::Device device);

}  // namespace undertone
