#include "harness/train/optimiser.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace undertone {

at::Tensor FlatParameters::view(const at::Tensor& flat, const Part& part) const {
  const std::int64_t n =
      std::accumulate(part.shape.begin(), part.shape.end(), std::int64_t{1}, std::multiplies<>());
  return flat.narrow(0, part.offset, n).view(part.shape);
}

void adamw_by_tensors(FlatParameters& parameters, const at::Tensor& gradient, const AdamWOptions& o,
                      const AdamWStep& s, std::int64_t from, std::int64_t to) {
  const double correction1 = 1 - std::pow(o.beta1, static_cast<double>(s.step));
  const double correction2 = 1 - std::pow(o.beta2, static_cast<double>(s.step));
  const at::Tensor x = gradient.narrow(0, from, to - from) * s.gradient_scale;
  at::Tensor m = parameters.moment1.narrow(0, from, to - from),
             v = parameters.moment2.narrow(0, from, to - from);
  m.mul_(o.beta1).add_(x, 1 - o.beta1);
  v.mul_(o.beta2).addcmul_(x, x, 1 - o.beta2);
  if (s.learning_rate * o.weight_decay != 0)
    for (const FlatParameters::Part& part : parameters.parts) {
      const std::int64_t end = part.offset + parameters.view(parameters.values, part).numel();
      const std::int64_t first = std::max(part.offset, from), last = std::min(end, to);
      if (part.decays && first < last)
        parameters.values.narrow(0, first, last - first).mul_(1 - s.learning_rate * o.weight_decay);
    }
  parameters.values.narrow(0, from, to - from)
      .addcdiv_(m, v.sqrt().mul_(1 / std::sqrt(correction2)).add_(o.eps), -s.learning_rate / correction1);
}

void adamw(FlatParameters& parameters, const at::Tensor& gradient, const AdamWOptions& o, const AdamWStep& s,
           std::int64_t from, std::int64_t to) {
  if (!parameters.values.is_cpu()) return adamw_by_tensors(parameters, gradient, o, s, from, to);
  float *value = parameters.values.data_ptr<float>(), *m = parameters.moment1.data_ptr<float>(),
        *v = parameters.moment2.data_ptr<float>();
  const float* g = gradient.const_data_ptr<float>();
  const double correction1 = 1 - std::pow(o.beta1, static_cast<double>(s.step));
  const double correction2 = 1 - std::pow(o.beta2, static_cast<double>(s.step));
  const float b1 = static_cast<float>(o.beta1), b2 = static_cast<float>(o.beta2);
  const float scale = static_cast<float>(s.gradient_scale), eps = static_cast<float>(o.eps);
  const float rate = static_cast<float>(s.learning_rate / correction1);
  const float root = static_cast<float>(1 / std::sqrt(correction2));
  for (const FlatParameters::Part& part : parameters.parts) {
    const float keep = part.decays ? static_cast<float>(1 - s.learning_rate * o.weight_decay) : 1.0f;
    const std::int64_t end = part.offset + parameters.view(parameters.values, part).numel();
    for (std::int64_t i = std::max(part.offset, from); i < std::min(end, to); ++i) {
      const float x = g[i] * scale;
      m[i] = b1 * m[i] + (1 - b1) * x;
      v[i] = b2 * v[i] + (1 - b2) * x * x;
      value[i] = value[i] * keep - rate * m[i] / (std::sqrt(v[i]) * root + eps);
    }
  }
}

double norm_of(const at::Tensor& vector) {
  if (!vector.is_cpu()) return at::norm(vector, 2, at::kDouble).item<double>();
  const float* x = vector.const_data_ptr<float>();
  const std::int64_t n = vector.numel();
  double sums[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int j = 0; j < 8; ++j) sums[j] += static_cast<double>(x[i + j]) * x[i + j];
  for (; i < n; ++i) sums[0] += static_cast<double>(x[i]) * x[i];
  double total = 0;
  for (const double s : sums) total += s;
  return std::sqrt(total);
}

}  // namespace undertone
