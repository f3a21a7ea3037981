// What the emotion recogniser minimises: one scalar over a batch, differentiable by the first argument.
#pragma once

#include <ATen/core/Tensor.h>

namespace undertone {

// Mean negative log-likelihood of target[n] (int64) under logits[n, classes], each item with weight[n]; 0
// where all weights are 0.
at::Tensor weighted_cross_entropy(const at::Tensor& logits, const at::Tensor& target,
                                  const at::Tensor& weight);

// 1 - concordance correlation (Lin 1989), mean over dimensions. predicted, gold, known: [n, dimensions];
// known is 1 where annotated, else 0; a dimension with fewer than two annotated items is left out, and 0 is
// given where all are.
at::Tensor concordance_loss(const at::Tensor& predicted, const at::Tensor& gold, const at::Tensor& known);

}  // namespace undertone
