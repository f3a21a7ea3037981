#include "harness/model/placement.h"

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <torch/cuda.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "harness/core/error.h"

namespace undertone {
namespace {

void make_deterministic() {
  static std::once_flag once;
  std::call_once(once, [] {
    // cuBLAS sums in a fixed order only with a workspace of a fixed size; it reads this when it is first
    // used.
    ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*replace=*/0);
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
    at::globalContext().setDeterministicCuDNN(true);
    at::globalContext().setBenchmarkCuDNN(false);
    at::globalContext().setAllowTF32CuBLAS(false);
    at::globalContext().setAllowTF32CuDNN(false);
  });
}

}  // namespace

std::string why_no_cuda() {
  if (torch::cuda::is_available()) return "";
  return "no CUDA device can be used: this machine has none, or libtorch is a build without CUDA (set "
         "UNDERTONE_LIBTORCH to one with it and build again)";
}

at::Device device_from(const std::string& device, const std::string& dtype) {
  if (dtype != "float32")
    throw Error(ErrorKind::suite, fmt::format("the dtype '{}' is not supported", dtype), "model.dtype",
                "write \"float32\"");
  if (device == "cpu") return at::kCPU;
  const bool numbered =
      device.rfind("cuda:", 0) == 0 && device.size() > 5 && device.size() < 9 &&
      std::all_of(device.begin() + 5, device.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (device != "cuda" && !numbered)
    throw Error(ErrorKind::suite, fmt::format("'{}' is no device", device), "model.device",
                "write \"cpu\", \"cuda\" or \"cuda:N\"");
  const int index = numbered ? std::stoi(device.substr(5)) : 0;
  if (const std::string why = why_no_cuda(); !why.empty())
    throw Error(ErrorKind::model, fmt::format("the suite asks for the device '{}', but {}", device, why),
                "model.device",
                "set model.device=cpu, or run on a machine with an NVIDIA GPU and a CUDA libtorch");
  const int count = static_cast<int>(torch::cuda::device_count());
  if (index >= count)
    throw Error(ErrorKind::model, fmt::format("there is no device '{}': this machine has {}", device, count),
                "model.device", fmt::format("write a number from 0 to {}", count - 1));
  make_deterministic();
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

TrainingBatch on_device(TrainingBatch batch, at::Device device) {
  for (at::Tensor* t : {&batch.stacked, &batch.ids, &batch.order, &batch.layout.padded, &batch.label_rows,
                        &batch.labels, &batch.label_weights})
    if (t->defined()) *t = t->to(device);
  return batch;
}

}  // namespace undertone
