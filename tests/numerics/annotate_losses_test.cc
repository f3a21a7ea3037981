// Gradients of the recogniser's losses, and the concordance loss against the metric of the same name.
#include <gtest/gtest.h>

#include "harness/annotate/losses.h"
#include "tests/support/gradients.h"

namespace undertone::test {
namespace {

at::Tensor known_of(std::initializer_list<double> values, std::int64_t columns) {
  return at::tensor(std::vector<double>(values), at::kDouble).view({-1, columns});
}

TEST(RecogniserLosses, CrossEntropyGradients) {
  const at::Tensor target = at::tensor(std::vector<std::int64_t>{0, 3, 1, 1, 2});
  const at::Tensor weight = at::tensor(std::vector<double>{1, 0.25, 0, 2, 0.5}, at::kDouble);
  both_ways("weighted cross-entropy", {random_double({5, 4}, "logits")},
            [&](const auto& x) { return weighted_cross_entropy(x[0], target, weight); });
}

TEST(RecogniserLosses, ConcordanceGradients) {
  const at::Tensor gold = random_double({6, 3}, "gold");
  // The last dimension is annotated once only: it has no correlation, and no gradient.
  const at::Tensor known = known_of({1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0}, 3);
  both_ways("concordance loss", {random_double({6, 3}, "predicted")},
            [&](const auto& x) { return concordance_loss(x[0], gold, known); });
}

// 1 - 2 cov / (var + var + (difference of means)^2), by hand: (1, 2, 4) against (2, 2, 5).
TEST(RecogniserLosses, ConcordanceByHand) {
  const at::Tensor predicted = known_of({1, 2, 4}, 1), gold = known_of({2, 2, 5}, 1),
                   all = at::ones_like(gold);
  const double covariance = 5.0 / 3, spread = 14.0 / 9 + 2 + 4.0 / 9;
  EXPECT_NEAR(concordance_loss(predicted, gold, all).item<double>(), 1 - 2 * covariance / spread, 1e-6);
  EXPECT_NEAR(concordance_loss(gold, gold, all).item<double>(), 0, 1e-6);
  EXPECT_EQ(concordance_loss(predicted, gold, at::zeros_like(gold)).item<double>(), 0);
}

TEST(RecogniserLosses, ItemsWithoutWeightCountForNothing) {
  const at::Tensor target = at::tensor(std::vector<std::int64_t>{0, 1});
  const at::Tensor logits = known_of({0, 0, 5, -5}, 2);
  const at::Tensor first = at::tensor(std::vector<double>{3, 0}, at::kDouble);
  EXPECT_NEAR(weighted_cross_entropy(logits, target, first).item<double>(), std::log(2.0), 1e-12);
  EXPECT_EQ(weighted_cross_entropy(logits, target, at::zeros_like(first)).item<double>(), 0);
}

}  // namespace
}  // namespace undertone::test
