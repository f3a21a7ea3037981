#include "harness/annotate/recogniser.h"

#include <ATen/core/grad_mode.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/std_mean.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <set>

#include "harness/annotate/losses.h"
#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/model/tensors.h"

namespace undertone {
namespace {

constexpr std::int64_t kFewestSteps = 300;

at::Tensor normal_tensor(at::IntArrayRef shape, double deviation, Stream& stream) {
  at::Tensor t = at::empty(shape, at::kFloat);
  auto* at = t.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < t.numel(); ++i) at[i] = static_cast<float>(deviation * stream.normal());
  return t;
}

// What there is to learn, as tensors; a weight of zero says "not annotated".
struct Targets {
  at::Tensor category, category_weight;    // [n] int64 and float
  at::Tensor dimensions, dimension_known;  // [n, 3]
  at::Tensor gender, gender_weight;        // [n]
};

template <class T, std::size_t N>
std::int64_t index_in(const std::array<T, N>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) - names.begin();
}

Targets targets_of(std::span<const RecogniserItem> items, std::span<const std::size_t> chosen,
                   const std::vector<std::string>& categories) {
  const auto n = static_cast<std::int64_t>(chosen.size());
  Targets t{at::zeros({n}, at::kLong),     at::zeros({n}, at::kFloat), at::zeros({n, 3}, at::kFloat),
            at::zeros({n, 3}, at::kFloat), at::zeros({n}, at::kLong),  at::zeros({n}, at::kFloat)};
  std::vector<double> count(categories.size(), 0);
  const auto category_of = [&](const RecogniserItem& item) {
    return static_cast<std::size_t>(std::find(categories.begin(), categories.end(), item.category) -
                                    categories.begin());
  };
  double annotated = 0, present = 0;
  for (std::size_t i : chosen)
    if (const std::size_t c = category_of(items[i]); c < count.size()) {
      present += count[c] == 0;
      count[c] += 1;
      annotated += 1;
    }
  if (annotated == 0)
    throw Error(ErrorKind::data, "no training segment has an emotion category that the recogniser knows",
                "recogniser", "annotate the training clips, or correct the recogniser's list of categories");
  for (std::int64_t k = 0; k < n; ++k) {
    const RecogniserItem& item = items[chosen[static_cast<std::size_t>(k)]];
    if (const std::size_t c = category_of(item); c < count.size()) {
      t.category.mutable_data_ptr<std::int64_t>()[k] = static_cast<std::int64_t>(c);
      t.category_weight.mutable_data_ptr<float>()[k] = static_cast<float>(annotated / (present * count[c]));
    }
    for (std::int64_t d = 0; d < 3; ++d)
      if (const auto& v = item.dimensions[static_cast<std::size_t>(d)]) {
        t.dimensions.mutable_data_ptr<float>()[3 * k + d] = static_cast<float>(*v);
        t.dimension_known.mutable_data_ptr<float>()[3 * k + d] = 1;
      }
    if (const auto g = index_in(kGenders, item.gender); g < 2) {
      t.gender.mutable_data_ptr<std::int64_t>()[k] = g;
      t.gender_weight.mutable_data_ptr<float>()[k] = 1;
    }
  }
  return t;
}

// AdamW (Loshchilov & Hutter 2019) with the usual moments; biases are not decayed.
class AdamW {
 public:
  explicit AdamW(std::vector<at::Tensor> parameters) : parameters_(std::move(parameters)) {
    for (const at::Tensor& p : parameters_) {
      first_.push_back(at::zeros_like(p));
      second_.push_back(at::zeros_like(p));
    }
  }
  void step(double rate, double decay) {
    at::NoGradGuard no_grad;
    ++steps_;
    const double c1 = 1 - std::pow(0.9, steps_), c2 = 1 - std::pow(0.999, steps_);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      at::Tensor& p = parameters_[i];
      const at::Tensor g = p.grad();
      if (p.dim() > 1) p.mul_(1 - rate * decay);
      first_[i].mul_(0.9).add_(g, 0.1);
      second_[i].mul_(0.999).addcmul_(g, g, 0.001);
      p.addcdiv_(first_[i], second_[i].div(c2).sqrt_().add_(1e-8), -rate / c1);
      p.mutable_grad().zero_();
    }
  }

 private:
  std::vector<at::Tensor> parameters_, first_, second_;
  int steps_ = 0;
};

}  // namespace

at::Tensor Recogniser::inputs(std::span<const RecogniserItem> items,
                              std::span<const std::size_t> chosen) const {
  const std::int64_t n = static_cast<std::int64_t>(chosen.size()),
                     width = chosen.empty() ? 0 : static_cast<std::int64_t>(items[chosen[0]].pooled.size());
  at::Tensor x = at::empty({n, width}, at::kFloat);
  auto* at = x.mutable_data_ptr<float>();
  for (std::size_t i : chosen) at = std::copy(items[i].pooled.begin(), items[i].pooled.end(), at);
  return mean_.defined() ? x.sub_(mean_).mul_(scale_) : x;
}

Recogniser::Heads Recogniser::forward(const at::Tensor& x, const at::Tensor& keep) const {
  at::Tensor h = x;
  std::size_t next = 0;
  if (parameters_.size() == 4) {
    h = at::gelu(at::linear(x, parameters_[0], parameters_[1]));
    next = 2;
  }
  if (keep.defined()) h = h.mul(keep);
  const at::Tensor out = at::linear(h, parameters_[next], parameters_[next + 1]);
  const auto k = static_cast<std::int64_t>(categories_.size());
  return {out.narrow(1, 0, k), at::sigmoid(out.narrow(1, k, 3)), out.narrow(1, k + 3, 2)};
}

Recogniser Recogniser::fit(std::span<const RecogniserItem> items, std::span<const std::size_t> chosen,
                           const RecogniserOptions& options, const std::string& stream) {
  Recogniser r;
  r.categories_ = options.categories;
  if (r.categories_.empty()) {
    std::set<std::string> seen;
    for (std::size_t i : chosen)
      if (!items[i].category.empty()) seen.insert(items[i].category);
    r.categories_.assign(seen.begin(), seen.end());
  }
  const Targets all = targets_of(items, chosen, r.categories_);
  r.has_dimensions_ = all.dimension_known.sum().item<float>() > 0;
  r.has_gender_ = all.gender_weight.sum().item<float>() > 0;
  at::Tensor x = r.inputs(items, chosen);
  const auto [deviation, mean] =
      at::std_mean(x, /*dim=*/at::OptionalIntArrayRef({0}), /*correction=*/at::Scalar(0));
  r.mean_ = mean;
  r.scale_ = deviation.clamp_min(1e-4).reciprocal();
  x = x.sub_(r.mean_).mul_(r.scale_);

  Stream random(stream);
  const std::int64_t n = x.size(0), width = x.size(1),
                     outputs = static_cast<std::int64_t>(r.categories_.size()) + 5;
  std::int64_t last = width;
  if (options.hidden > 0) {
    last = options.hidden;
    r.parameters_ = {normal_tensor({last, width}, std::sqrt(2.0 / static_cast<double>(width)), random),
                     at::zeros({last}, at::kFloat)};
  }
  r.parameters_.push_back(at::zeros({outputs, last}, at::kFloat));  // heads start undecided
  r.parameters_.push_back(at::zeros({outputs}, at::kFloat));
  for (at::Tensor& p : r.parameters_) p.set_requires_grad(true);

  at::AutoGradMode grad(true);
  AdamW optimiser(r.parameters_);
  at::Generator dropout = at::make_generator<at::CPUGeneratorImpl>(random.next_u64());
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  const std::int64_t batch = std::min<std::int64_t>(options.batch_items, n), per_epoch = n / batch,
                     epochs =
                         std::max<std::int64_t>(options.epochs, (kFewestSteps + per_epoch - 1) / per_epoch),
                     steps = per_epoch * epochs;
  std::int64_t step = 0;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    random.shuffle(order);
    for (std::int64_t b = 0; b < per_epoch; ++b, ++step) {
      const at::Tensor rows = at::from_blob(order.data() + b * batch, {batch}, at::kLong);
      at::Tensor keep;
      if (options.dropout > 0)
        keep = at::empty({batch, last}, at::kFloat)
                   .bernoulli_(1 - options.dropout, dropout)
                   .div_(1 - options.dropout);
      const Heads h = r.forward(x.index_select(0, rows), keep);
      at::Tensor loss = weighted_cross_entropy(h.category, all.category.index_select(0, rows),
                                               all.category_weight.index_select(0, rows));
      if (r.has_dimensions_)
        loss = loss.add(concordance_loss(h.dimensions, all.dimensions.index_select(0, rows),
                                         all.dimension_known.index_select(0, rows)));
      if (r.has_gender_)
        loss = loss.add(weighted_cross_entropy(h.gender, all.gender.index_select(0, rows),
                                               all.gender_weight.index_select(0, rows)),
                        0.5);
      if (!std::isfinite(loss.item<float>()))
        throw Error(ErrorKind::model,
                    fmt::format("the recogniser's loss is not finite at step {} of {}", step + 1, steps),
                    stream, "lower recogniser.learning_rate");
      loss.backward();
      optimiser.step(
          0.5 * options.learning_rate *
              (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps))),
          options.weight_decay);
    }
  }
  for (at::Tensor& p : r.parameters_) p = p.detach();
  return r;
}

std::vector<SegmentPrediction> Recogniser::predict(std::span<const RecogniserItem> items,
                                                   std::span<const std::size_t> chosen) const {
  std::vector<SegmentPrediction> out;
  if (chosen.empty()) return out;
  at::NoGradGuard no_grad;
  const Heads h = forward(inputs(items, chosen), {});
  const at::Tensor category = at::softmax(h.category, 1).contiguous(), dimensions = h.dimensions.contiguous(),
                   gender = at::softmax(h.gender, 1).contiguous();
  const std::size_t k = categories_.size();
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    SegmentPrediction p;
    const float* c = category.const_data_ptr<float>() + i * k;
    const float* best = std::max_element(c, c + k);
    p.category = categories_[static_cast<std::size_t>(best - c)];
    p.confidence = *best;
    if (has_dimensions_)
      for (std::size_t d = 0; d < 3; ++d) p.dimensions[d] = dimensions.const_data_ptr<float>()[3 * i + d];
    if (has_gender_) {
      const float* g = gender.const_data_ptr<float>() + 2 * i;
      p.gender = kGenders[g[1] > g[0] ? 1 : 0];
      p.gender_confidence = std::max(g[0], g[1]);
    }
    out.push_back(std::move(p));
  }
  return out;
}

std::int64_t Recogniser::parameters() const {
  std::int64_t n = 0;
  for (const at::Tensor& p : parameters_) n += p.numel();
  return n;
}

void Recogniser::save(const std::string& path) const {
  std::vector<TensorView> views{view_of("input.mean", mean_), view_of("input.scale", scale_)};
  const bool deep = parameters_.size() == 4;
  if (deep) {
    views.push_back(view_of("hidden.weight", parameters_[0]));
    views.push_back(view_of("hidden.bias", parameters_[1]));
  }
  views.push_back(view_of("heads.weight", parameters_[deep ? 2 : 0]));
  views.push_back(view_of("heads.bias", parameters_[deep ? 3 : 1]));
  Json categories = Json::array();
  for (const auto& c : categories_) categories.push_back(c);
  write_safetensors(path, std::move(views),
                    {{"kind", "undertone.recogniser/1"},
                     {"categories", categories.dump()},
                     {"dimensions", has_dimensions_ ? "true" : "false"},
                     {"gender", has_gender_ ? "true" : "false"}});
}

}  // namespace undertone
