#include "harness/model/adapter.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "harness/core/error.h"
#include "harness/core/fields.h"
#include "harness/model/settings.h"

namespace undertone {

AdapterConfig adapter_config_from_json(const Json& json, int feature_width, int width) {
  AdapterConfig config;
  config.feature_width = feature_width;
  config.width = width;
  Json hidden(512), scale(1.0);
  read_settings(json, "/model/adapter", [&](FieldReader& reader) {
    reader.choice("kind", config.kind, {"mlp", "gated"}, "shape of the adapter")
        .field("stack", config.stack, "encoder frames to one embedding", 1, 64)
        .any("hidden", hidden, "hidden sizes: one number or a list")
        .field("norm_in", config.norm_in, "layer norm over the stacked frames")
        .field("norm_out", config.norm_out, "layer norm over the output")
        .any("output_scale", scale, "multiplies the output: a number, or \"embedding\"");
  });
  config.scale_to_embedding = scale.is_string() && scale.as_string() == "embedding";
  if (!config.scale_to_embedding) {
    if (!scale.is_number() || scale.as_double() < 1e-6 || scale.as_double() > 1e6)
      throw Error(ErrorKind::suite, "output_scale is no number from 1e-6 to 1e6",
                  "/model/adapter/output_scale",
                  "give a number, or \"embedding\": the spread of the decoder's embeddings");
    config.output_scale = scale.as_double();
  }
  const bool gated = config.kind == "gated";
  const std::size_t layers = gated ? 1 : 2;
  config.hidden.clear();
  if (hidden.is_integer()) {
    config.hidden.assign(layers, static_cast<int>(hidden.as_int()));
  } else {
    for (const Json& h : hidden.elements()) config.hidden.push_back(static_cast<int>(h.as_int()));
  }
  for (const int h : config.hidden)
    if (h < 1 || h > 65536 || config.hidden.size() > (gated ? 1 : 4))
      throw Error(ErrorKind::suite, "hidden sizes do not fit the kind", "/model/adapter/hidden",
                  fmt::format("give one number of 1..65536, or a list of {} for kind '{}'",
                              gated ? "one" : "up to 4", config.kind));
  if (config.hidden.empty())
    throw Error(ErrorKind::suite, "there are no hidden sizes", "/model/adapter/hidden",
                "give one number, or a list of them");
  return config;
}

Json to_json(const AdapterConfig& config) {
  Json out = Json::object(), hidden = Json::array();
  for (const int h : config.hidden) hidden.push_back(h);
  out["kind"] = config.kind;
  out["stack"] = config.stack;
  out["hidden"] = hidden;
  out["norm_in"] = config.norm_in;
  out["norm_out"] = config.norm_out;
  if (config.scale_to_embedding)
    out["output_scale"] = "embedding";
  else
    out["output_scale"] = config.output_scale;
  return out;
}

void Adapter::for_each_parameter(const ParameterVisitor& visit) {
  for (std::size_t i = 0; i < weights.size(); ++i) {
    visit(fmt::format("adapter.{}.weight", i), weights[i]);
    visit(fmt::format("adapter.{}.bias", i), biases[i]);
  }
}

Adapter random_adapter(const AdapterConfig& config, const std::string& stream) {
  const std::int64_t in = std::int64_t{config.stack} * config.feature_width, out = config.width;
  std::vector<std::pair<std::int64_t, std::int64_t>> shapes;  // in, out
  if (config.kind == "gated") {
    const std::int64_t h = config.hidden.at(0);
    shapes = {{in, h}, {h, h}, {h, h}, {h, out}};
  } else {
    std::int64_t from = in;
    for (const int h : config.hidden) {
      shapes.push_back({from, h});
      from = h;
    }
    shapes.push_back({from, out});
  }
  Adapter adapter{config, {}, {}};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const auto [from, to] = shapes[i];
    adapter.weights.push_back(random_normal({to, from}, 1 / std::sqrt(static_cast<double>(from)), stream,
                                            fmt::format("adapter.{}.weight", i)));
    adapter.biases.push_back(at::zeros({to}, at::kFloat));
  }
  return adapter;
}

std::int64_t stacked_rows(std::int64_t frames, int stack) { return (frames + stack - 1) / stack; }

at::Tensor stack_frames(const std::vector<at::Tensor>& features, int stack, int feature_width,
                        std::vector<std::int64_t>& counts) {
  counts.clear();
  std::int64_t rows = 0;
  for (const at::Tensor& f : features) {
    if (f.dim() != 2 || f.size(1) != feature_width || f.size(0) < 1)
      throw Error(ErrorKind::data,
                  fmt::format("features with {} dimensions, {} elements, where [frames, {}] is expected",
                              f.dim(), f.numel(), feature_width));
    counts.push_back(stacked_rows(f.size(0), stack));
    rows += counts.back();
  }
  at::Tensor out = at::zeros({rows * stack, feature_width}, at::kFloat);
  std::int64_t at_row = 0;
  for (std::size_t i = 0; i < features.size(); ++i) {
    out.narrow(0, at_row, features[i].size(0)).copy_(features[i]);  // converts float16
    at_row += counts[i] * stack;
  }
  return out.view({rows, std::int64_t{stack} * feature_width});
}

at::Tensor adapter_forward(const Adapter& adapter, const at::Tensor& stacked) {
  const AdapterConfig& config = adapter.config;
  const auto linear = [&](const at::Tensor& x, std::size_t i) {
    return at::linear(x, adapter.weights[i], adapter.biases[i]);
  };
  at::Tensor x = stacked;
  if (config.norm_in) x = at::layer_norm(x, {x.size(1)});
  if (config.kind == "gated") {
    x = at::silu(linear(x, 0));
    x = linear(at::silu(linear(x, 1)) * linear(x, 2), 3);
  } else {
    const std::size_t last = adapter.weights.size() - 1;
    for (std::size_t i = 0; i < last; ++i) x = at::silu(linear(x, i));
    x = linear(x, last);
  }
  if (config.norm_out) x = at::layer_norm(x, {x.size(1)});
  return config.output_scale == 1 ? x : x * config.output_scale;
}

}  // namespace undertone
