// Gradient checks: central differences in double against autograd, with a random cotangent.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/random.h"

namespace undertone::test {

inline at::Tensor random_double(at::IntArrayRef shape, const std::string& name, double deviation = 1) {
  at::Tensor out = at::empty(shape, at::kDouble);
  Stream stream("gradients/" + name);
  for (std::int64_t i = 0; i < out.numel(); ++i) out.data_ptr<double>()[i] = deviation * stream.normal();
  return out;
}

// The same numbers in memory that is not contiguous: every second element of a tensor twice as wide.
inline at::Tensor strided(const at::Tensor& x) {
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.push_back(2);
  at::Tensor wide = at::full(shape, 777.0, x.options());
  wide.select(-1, 1).copy_(x);
  return wide.select(-1, 1);
}

// Checks d<cotangent, f(inputs)> / d(every element of every input). Every tenth element where there are more
// than 400.
inline void check_gradients(const std::string& what, std::vector<at::Tensor> inputs,
                            const std::function<at::Tensor(const std::vector<at::Tensor>&)>& f,
                            double tolerance = 1e-6) {
  at::set_num_threads(1);  // at these sizes threads only cost
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& x : inputs) leaves.push_back(x.detach().requires_grad_(true));
  const at::Tensor out = f(leaves);
  at::Tensor cotangent = random_double(out.sizes(), what + "/cotangent");
  if (cotangent.dim() > 0) cotangent = strided(cotangent);
  const auto gradients = torch::autograd::grad({out}, leaves, {cotangent});
  const auto value = [&](const std::vector<at::Tensor>& at_inputs) {
    return (f(at_inputs).detach() * cotangent).sum().item<double>();
  };
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    std::vector<at::Tensor> moved;
    for (const at::Tensor& x : inputs) moved.push_back(x.detach());
    at::Tensor mine = inputs[k].detach().clone(at::MemoryFormat::Contiguous);
    const bool non_contiguous = !inputs[k].is_contiguous();
    const std::int64_t stride = mine.numel() > 400 ? 10 : 1;
    double* p = mine.data_ptr<double>();
    const at::Tensor expected = gradients[k].contiguous();
    for (std::int64_t i = 0; i < mine.numel(); i += stride) {
      const double kept = p[i], h = 1e-5 * std::max(1.0, std::abs(kept));
      p[i] = kept + h;
      moved[k] = non_contiguous ? strided(mine) : mine;
      const double up = value(moved);
      p[i] = kept - h;
      moved[k] = non_contiguous ? strided(mine) : mine;
      const double down = value(moved);
      p[i] = kept;
      const double numeric = (up - down) / (2 * h), analytic = expected.data_ptr<double>()[i];
      ASSERT_NEAR(analytic, numeric, tolerance * std::max(1.0, std::abs(numeric)))
          << what << ": input " << k << ", element " << i;
    }
  }
}

// On contiguous inputs and on views with gaps.
inline void both_ways(const std::string& what, const std::vector<at::Tensor>& inputs,
                      const std::function<at::Tensor(const std::vector<at::Tensor>&)>& f) {
  check_gradients(what, inputs, f);
  std::vector<at::Tensor> views;
  for (const at::Tensor& x : inputs) views.push_back(strided(x));
  check_gradients(what + " (non-contiguous)", views, f);
}

}  // namespace undertone::test
