#include "harness/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <numeric>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/model/placement.h"
#include "harness/train/optimiser.h"
#include "harness/train/sampler.h"
#include "harness/train/state.h"

namespace undertone {
namespace {

bool is_trained(const std::string& name, const std::string& trains) {
  return trains == "all" || name.rfind(trains + ".", 0) == 0;
}

FlatParameters flatten(SpeechLM& model, const std::string& trains) {
  FlatParameters flat;
  std::int64_t size = 0;
  model.for_each_parameter([&](const std::string& name, at::Tensor& value) {
    if (!is_trained(name, trains)) return;
    flat.parts.push_back({name, size, value.sizes().vec(), value.dim() == 2 && name != "decoder.embedding"});
    size += value.numel();
  });
  const at::TensorOptions where = at::TensorOptions(at::kFloat).device(model.decoder.embedding.device());
  flat.values = at::empty({size}, where);
  flat.moment1 = at::zeros({size}, where);
  flat.moment2 = at::zeros({size}, where);
  std::size_t part = 0;
  model.for_each_parameter([&](const std::string& name, at::Tensor& value) {
    if (!is_trained(name, trains)) return;
    flat.view(flat.values, flat.parts[part++]).copy_(value);
  });
  return flat;
}

// A model for one part of the batch: it shares the memory of the parameters, but gathers gradients of its
// own.
struct Replica {
  SpeechLM model;
  std::vector<at::Tensor> trained;
  at::Tensor gradient;  // [n]
  double loss = 0;
};

Replica replica_of(const SpeechLM& model, const FlatParameters& flat, const std::string& trains) {
  Replica out{model, {}, at::zeros_like(flat.values), 0};
  std::size_t part = 0;
  out.model.for_each_parameter([&](const std::string& name, at::Tensor& value) {
    if (!is_trained(name, trains)) return;
    value = flat.view(flat.values, flat.parts[part++]).detach().requires_grad_(true);
    out.trained.push_back(value);
  });
  return out;
}

void compute_part(Replica& replica, const FlatParameters& flat, const std::vector<const EncodedItem*>& items,
                  const std::shared_ptr<const DecoderPrefix>& opening, const FeatureSource& features,
                  std::int64_t items_in_loss) {
  replica.loss = 0;
  if (items.empty()) {
    replica.gradient.zero_();
    return;
  }
  const TrainingBatch batch =
      on_device(make_training_batch(items, opening, features, replica.model.adapter.config, items_in_loss),
                replica.gradient.device());
  const at::Tensor loss = speech_lm_loss(replica.model, batch);
  replica.loss = loss.item<double>();
  if (!loss.requires_grad()) {  // nothing in this part leads to what is trained
    replica.gradient.zero_();
    return;
  }
  // A part without audio does not touch the adapter: its gradient there is zero.
  const auto gradients = torch::autograd::grad({loss}, replica.trained, {}, std::nullopt, false, true);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    at::Tensor to = flat.view(replica.gradient, flat.parts[i]);
    if (gradients[i].defined())
      to.copy_(gradients[i]);
    else
      to.zero_();
  }
}

// The costliest item first, each to the part that has the least to do: both threads end at about the same
// time.
std::vector<std::vector<const EncodedItem*>> cut(const std::vector<const EncodedItem*>& items,
                                                 const std::vector<std::int64_t>& costs) {
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return costs[a] > costs[b]; });
  std::vector<std::vector<const EncodedItem*>> parts(kBatchParts);
  std::vector<std::int64_t> loads(kBatchParts, 0);
  for (const std::size_t i : order) {
    const auto lightest =
        static_cast<std::size_t>(std::min_element(loads.begin(), loads.end()) - loads.begin());
    parts[lightest].push_back(items[i]);
    loads[lightest] += costs[i];
  }
  return parts;
}

// f(0), ..., f(count - 1), side by side where there are threads. The first failure is thrown on.
template <class F>
void side_by_side(int threads, std::size_t count, const F& f) {
  std::vector<std::exception_ptr> failures(count);
  const auto guarded = [&](std::size_t i) {
    try {
      f(i);
    } catch (...) {
      failures[i] = std::current_exception();
    }
  };
  // A thread lives for some hundred milliseconds, its start costs some microseconds: no pool is needed.
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < count; ++i)
    if (threads > 1) others.emplace_back([&, i] { guarded(i); });
  guarded(0);
  for (std::thread& thread : others) thread.join();
  if (threads <= 1)
    for (std::size_t i = 1; i < count; ++i) guarded(i);
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

[[noreturn]] void diverged(const TrainingTask& task, std::int64_t step, const char* what) {
  throw Error(ErrorKind::model, fmt::format("{} is not finite at step {}", what, step), task.stream,
              fmt::format("lower the recipe's learning_rate (now {}) or its clip_norm (now {})",
                          task.recipe.learning_rate, task.recipe.clip_norm));
}

}  // namespace

TrainingReport train(SpeechLM& model, const TrainingTask& task) {
  const auto started = std::chrono::steady_clock::now();
  const Recipe& recipe = task.recipe;
  if (!model.pretrained.empty() && recipe.trains != "adapter")
    throw Error(ErrorKind::suite,
                "a pretrained decoder is frozen, and the recipe trains \"" + recipe.trains + "\"",
                task.stream, "set the recipe's \"trains\" to \"adapter\"");
  const std::vector<EncodedItem> items = task.encoder->encode_all(*task.items);
  std::vector<SampledItem> sampled;
  std::vector<std::int64_t> costs;
  for (std::size_t i = 0; i < items.size(); ++i) {
    sampled.push_back({(*task.items)[i].pool, (*task.items)[i].type, items[i].clip.empty(),
                       static_cast<std::int64_t>(items[i].target.size())});
    // An audio row passes adapter and decoder: in a miniature they cost about the same; beside a pretrained
    // decoder an adapter's cost is small.
    std::int64_t cost = items[i].text_tokens();
    if (!items[i].clip.empty())
      cost += (model.pretrained.empty() ? 2 : 1) *
              stacked_rows(task.features(items[i].clip).size(0), model.adapter.config.stack);
    const std::int64_t context = model.decoder.config.context;
    const std::int64_t whole = cost + static_cast<std::int64_t>(task.encoder->opening().size());
    if (context > 0 && whole > context)
      throw Error(ErrorKind::data,
                  fmt::format("the item '{}' has {} tokens, more than the decoder's context of {}",
                              (*task.items)[i].id, whole, context),
                  task.stream, "leave the item out, or give the adapter a larger stack");
    costs.push_back(cost);
  }
  Sampler sampler(sampled, recipe, task.stream + "/batch");

  FlatParameters flat = flatten(model, recipe.trains);
  TrainingReport report;
  report.steps = recipe.steps;
  report.trained_parameters = flat.values.numel();
  model.for_each_parameter(
      [&](const std::string&, at::Tensor& value) { report.parameters += value.numel(); });
  std::int64_t step = 0;
  if (!task.state_folder.empty())
    if (auto restored = restore_training_state(task.state_folder, task.state_identity, flat)) {
      step = restored->steps_taken;
      report.log = std::move(restored->log);
    }
  for (std::int64_t replayed = 0; replayed < step; ++replayed)
    report.items += static_cast<std::int64_t>(sampler.next().size());

  const auto opening = opening_of(model.decoder, task.encoder->opening());
  if (opening != nullptr && recipe.trains != "adapter")
    throw Error(ErrorKind::internal, "the items share an opening, and the decoder that reads it is trained",
                task.stream);
  std::vector<Replica> replicas;
  for (int i = 0; i < kBatchParts; ++i) replicas.push_back(replica_of(model, flat, recipe.trains));
  std::vector<double> losses;
  for (; step < recipe.steps; ++step) {
    const std::vector<std::size_t> indices = sampler.next();
    std::vector<const EncodedItem*> chosen;
    std::vector<std::int64_t> chosen_costs;
    for (const std::size_t i : indices) {
      chosen.push_back(&items[i]);
      chosen_costs.push_back(costs[i]);
    }
    const auto parts = cut(chosen, chosen_costs);
    // torch's own threads would cost more than they bring at these sizes.
    side_by_side(task.threads, kBatchParts, [&](std::size_t p) {
      compute_part(replicas[p], flat, parts[p], opening, task.features,
                   static_cast<std::int64_t>(indices.size()));
    });

    double loss = 0;
    for (const Replica& replica : replicas) loss += replica.loss;
    at::Tensor& gradient = replicas[0].gradient;
    for (std::size_t p = 1; p < replicas.size(); ++p) gradient.add_(replicas[p].gradient);
    const double norm = norm_of(gradient);
    if (!std::isfinite(loss)) diverged(task, step, "the loss");
    if (!std::isfinite(norm)) diverged(task, step, "the gradient");
    const double rate = learning_rate_at(recipe, step);
    AdamWOptions options;
    options.weight_decay = recipe.weight_decay;
    const AdamWStep update{rate, step + 1,
                           recipe.clip_norm > 0 && norm > recipe.clip_norm ? recipe.clip_norm / norm : 1.0};
    const std::int64_t half = flat.values.numel() / kBatchParts;
    side_by_side(task.threads, kBatchParts, [&](std::size_t p) {
      const std::int64_t from = static_cast<std::int64_t>(p) * half;
      adamw(flat, gradient, options, update, from, p + 1 == kBatchParts ? flat.values.numel() : from + half);
    });

    report.items += static_cast<std::int64_t>(indices.size());
    ++report.steps_now;
    Json line = Json::object();
    line["step"] = step;
    line["loss"] = loss;
    line["learning_rate"] = rate;
    line["gradient_norm"] = norm;
    line["items"] = indices.size();
    line["target_tokens"] = sampler.target_tokens();
    report.log.push_back(line.dump());
    if (!task.state_folder.empty() && (step + 1) % recipe.checkpoint_every == 0 && step + 1 < recipe.steps)
      save_training_state(task.state_folder, task.state_identity, step + 1, flat, report.log);
    if (task.progress) task.progress(step + 1, recipe.steps, loss);
    crash_point("train:step");
  }
  std::size_t part = 0;
  model.for_each_parameter([&](const std::string& name, at::Tensor& value) {
    if (is_trained(name, recipe.trains)) value = flat.view(flat.values, flat.parts[part++]).clone();
  });
  report.target_tokens = sampler.target_tokens();
  const std::size_t tail = std::max<std::size_t>(1, report.log.size() / 10);
  for (std::size_t i = report.log.size() - std::min(tail, report.log.size()); i < report.log.size(); ++i)
    report.final_loss += parse_json(report.log[i], "log").at("loss").as_double() / static_cast<double>(tail);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

}  // namespace undertone
