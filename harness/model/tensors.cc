#include "harness/model/tensors.h"

#include <ATen/ops/empty.h>

#include "harness/core/error.h"

namespace undertone {

at::Tensor tensor_from(const TensorView& view) {
  at::Tensor out = at::empty(view.shape, at::kFloat);
  to_f32(view, std::span<float>(out.data_ptr<float>(), static_cast<std::size_t>(out.numel())));
  return out;
}

TensorView view_of(const std::string& name, const at::Tensor& tensor) {
  TensorView view;
  view.name = name;
  switch (tensor.scalar_type()) {
    case at::kFloat:
      view.dtype = DType::f32;
      break;
    case at::kDouble:
      view.dtype = DType::f64;
      break;
    case at::kLong:
      view.dtype = DType::i64;
      break;
    default:
      throw Error(ErrorKind::internal, "no safetensors type for the tensor " + name);
  }
  if (!tensor.is_contiguous() || !tensor.is_cpu())
    throw Error(ErrorKind::internal, "the tensor " + name + " is not contiguous on the CPU");
  view.shape = tensor.sizes().vec();
  view.bytes = {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
  return view;
}

}  // namespace undertone
