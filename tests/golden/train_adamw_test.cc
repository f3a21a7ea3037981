// AdamW against a trajectory of torch.optim.AdamW (make_adamw.py).
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "harness/core/json.h"
#include "harness/train/optimiser.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

at::Tensor floats(const Json& array) {
  std::vector<float> out;
  for (const Json& v : array.elements()) out.push_back(static_cast<float>(v.as_double()));
  return at::tensor(out);
}

TEST(AdamW, FollowsTorch) {
  const Json golden = read_json_file(test::source_path("tests/golden/adamw.json"));
  FlatParameters p;
  p.parts.push_back({"all", 0, {7}, true});
  p.values = floats(golden.at("start"));
  p.moment1 = at::zeros({7});
  p.moment2 = at::zeros({7});
  AdamWOptions options;
  options.weight_decay = 0.1;
  std::int64_t step = 0;
  for (const Json& s : golden.at("steps").elements()) {
    // Half of the gradient, scaled by two: clipping must come before the moments.
    adamw(p, floats(s.at("gradient")) * 0.5, options, {s.at("rate").as_double(), ++step, 2.0}, 0, 3);
    adamw(p, floats(s.at("gradient")) * 0.5, options, {s.at("rate").as_double(), step, 2.0}, 3, 7);
    EXPECT_LT((p.values - floats(s.at("after"))).abs().max().item<float>(), 2e-6f) << "step " << step;
  }
}

TEST(AdamW, SparesNormsAndBiasesFromDecay) {
  FlatParameters p;
  p.parts = {{"matrix", 0, {2, 1}, true}, {"norm", 2, {2}, false}};
  p.values = at::ones({4});
  p.moment1 = at::zeros({4});
  p.moment2 = at::zeros({4});
  AdamWOptions options;
  options.weight_decay = 0.5;
  adamw(p, at::zeros({4}), options, {0.1, 1, 1.0}, 0, 4);
  EXPECT_FLOAT_EQ(p.values[0].item<float>(), 0.95f);
  EXPECT_FLOAT_EQ(p.values[2].item<float>(), 1.0f);
}

TEST(AdamW, NormIsEuclidean) { EXPECT_DOUBLE_EQ(norm_of(at::full({100}, 2.0f)), 20.0); }

}  // namespace
}  // namespace undertone
