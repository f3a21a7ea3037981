// AdamW (Loshchilov & Hutter 2019) over one flat vector that holds every trained parameter.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/parameters.h"

namespace undertone {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.95, eps = 1e-8;
  double weight_decay = 0;
};

// The trained parameters, moved into one float32 vector; each keeps its shape as a view into it.
struct FlatParameters {
  struct Part {
    std::string name;
    std::int64_t offset = 0;
    std::vector<std::int64_t> shape;
    bool decays = false;  // matrices do; norms, biases and the embedding do not
  };
  std::vector<Part> parts;
  at::Tensor values;            // [n]
  at::Tensor moment1, moment2;  // [n], zero at the start
  at::Tensor view(const at::Tensor& flat, const Part& part) const;
};

struct AdamWStep {
  double learning_rate = 0;
  std::int64_t step = 0;      // from 1: corrects the bias of the moments
  double gradient_scale = 1;  // clipping
};
// One pass over elements [from, to) of the vector; every element moves by itself. `gradient` [n].
void adamw(FlatParameters& parameters, const at::Tensor& gradient, const AdamWOptions& options,
           const AdamWStep& step, std::int64_t from, std::int64_t to);
// The same update as tensor operations: what adamw() does on a device whose memory no loop of ours can reach.
// Equal up to rounding.
void adamw_by_tensors(FlatParameters& parameters, const at::Tensor& gradient, const AdamWOptions& options,
                      const AdamWStep& step, std::int64_t from, std::int64_t to);

// Euclidean norm, summed in double in a fixed order.
double norm_of(const at::Tensor& vector);

}  // namespace undertone
