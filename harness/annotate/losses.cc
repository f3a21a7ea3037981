#include "harness/annotate/losses.h"

#include <ATen/ops/log_softmax.h>

namespace undertone {

at::Tensor weighted_cross_entropy(const at::Tensor& logits, const at::Tensor& target,
                                  const at::Tensor& weight) {
  const at::Tensor nll = at::log_softmax(logits, 1).gather(1, target.unsqueeze(1)).squeeze(1).neg();
  return nll.mul(weight).sum().div(weight.sum().clamp_min(1e-6));
}

at::Tensor concordance_loss(const at::Tensor& predicted, const at::Tensor& gold, const at::Tensor& known) {
  const at::Tensor n = known.sum(0).clamp_min(1);
  const at::Tensor mp = predicted.mul(known).sum(0).div(n), mg = gold.mul(known).sum(0).div(n);
  const at::Tensor dp = predicted.sub(mp).mul(known), dg = gold.sub(mg).mul(known);
  const at::Tensor covariance = dp.mul(dg).sum(0).div(n);
  const at::Tensor spread = dp.square().sum(0).div(n).add(dg.square().sum(0).div(n)).add(mp.sub(mg).square());
  const at::Tensor usable = known.sum(0).ge(2).to(predicted.scalar_type());
  const at::Tensor loss = covariance.mul(2).div(spread.add(1e-6)).neg().add(1).mul(usable);
  return loss.sum().div(usable.sum().clamp_min(1));
}

}  // namespace undertone
