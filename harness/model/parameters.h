// Named parameters of a model: what training updates, checkpoints store and digests cover.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <string_view>

namespace undertone {

// Called for every parameter in a fixed order. `value` may be replaced (loading, training replicas).
using ParameterVisitor = std::function<void(const std::string& name, at::Tensor& value)>;

// Normal numbers of standard deviation `deviation` from the stream `stream`/`name`: a parameter's start
// depends on its name and shape only, not on what else the model holds.
at::Tensor random_normal(at::IntArrayRef shape, double deviation, std::string_view stream,
                         std::string_view name);

}  // namespace undertone
