#include "harness/train/recipe.h"

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "harness/core/fields.h"
#include "harness/model/settings.h"

namespace undertone {

Recipe recipe_from_json(const Json& json) {
  Recipe r;
  read_settings(json, "/recipe", [&](FieldReader& reader) {
    reader.field("steps", r.steps, "optimiser steps", 0, 100000000)
        .field("batch_items", r.batch_items, "audio items a batch", 0, 65536)
        .field("text_items", r.text_items, "text-only items a batch", 0, 65536)
        .field("target_tokens", r.target_tokens, "target tokens a batch instead of batch_items", 0, 1 << 24)
        .field("learning_rate", r.learning_rate, "peak learning rate", 0, 1e30)
        .field("warmup_fraction", r.warmup_fraction, "part of the steps in which the rate rises", 0, 1)
        .field("weight_decay", r.weight_decay, "decoupled weight decay of matrices", 0, 10)
        .field("clip_norm", r.clip_norm, "largest norm of the gradient; 0: no limit", 0, 1e30)
        .field("checkpoint_every", r.checkpoint_every, "steps between resumable states", 1, 100000000)
        .choice("trains", r.trains, {"all", "adapter", "decoder"}, "the part that is trained")
        .field("mixture", r.mixture, "share per pool", 0, 1e9)
        .field("type_weights", r.type_weights, "weight per question type", 0, 1e9);
  });
  return r;
}

Json to_json(const Recipe& r) {
  Json out = Json::object(), mixture = Json::object(), types = Json::object();
  for (const auto& [name, share] : r.mixture) mixture[name] = share;
  for (const auto& [name, weight] : r.type_weights) types[name] = weight;
  out["steps"] = r.steps;
  out["batch_items"] = r.batch_items;
  out["text_items"] = r.text_items;
  out["target_tokens"] = r.target_tokens;
  out["learning_rate"] = r.learning_rate;
  out["warmup_fraction"] = r.warmup_fraction;
  out["weight_decay"] = r.weight_decay;
  out["clip_norm"] = r.clip_norm;
  out["checkpoint_every"] = r.checkpoint_every;
  out["trains"] = r.trains;
  out["mixture"] = mixture;
  out["type_weights"] = types;
  return out;
}

double learning_rate_at(const Recipe& r, std::int64_t step) {
  const double warm = std::max(1.0, std::round(r.warmup_fraction * r.steps));
  const double at = static_cast<double>(step);
  if (at < warm) return r.learning_rate * (at + 1) / warm;
  const double rest = std::max(1.0, r.steps - warm);
  return r.learning_rate * 0.5 * (1 + std::cos(std::acos(-1.0) * (at - warm) / rest));
}

}  // namespace undertone
