#include "harness/model/parameters.h"

#include <ATen/ops/empty.h>

#include "harness/core/random.h"

namespace undertone {

at::Tensor random_normal(at::IntArrayRef shape, double deviation, std::string_view stream,
                         std::string_view name) {
  at::Tensor out = at::empty(shape, at::kFloat);
  Stream random(std::string(stream) + "/" + std::string(name));
  float* values = out.data_ptr<float>();
  for (std::int64_t i = 0; i < out.numel(); ++i) values[i] = static_cast<float>(deviation * random.normal());
  return out;
}

}  // namespace undertone
