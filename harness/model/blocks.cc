#include "harness/model/blocks.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace undertone {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using Tensors = torch::autograd::variable_list;

// One pass over memory each way, where the composition of tensor operations takes five.
struct RmsNorm : Function<RmsNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x_in, const at::Tensor& weight,
                            double eps) {
    const at::Tensor x = x_in.contiguous(), w = weight.contiguous();
    at::Tensor out = at::empty_like(x), scale = at::empty({x.size(0)}, x.options());
    const std::int64_t rows = x.size(0), width = x.size(1);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "rms_norm", [&] {
      const scalar_t *in = x.const_data_ptr<scalar_t>(), *gain = w.const_data_ptr<scalar_t>();
      scalar_t *to = out.data_ptr<scalar_t>(), *scales = scale.data_ptr<scalar_t>();
      for (std::int64_t r = 0; r < rows; ++r, in += width, to += width) {
        scalar_t sums[8] = {};  // eight running sums: vector code in a fixed order
        std::int64_t i = 0;
        for (; i + 8 <= width; i += 8)
          for (int j = 0; j < 8; ++j) sums[j] += in[i + j] * in[i + j];
        for (; i < width; ++i) sums[0] += in[i] * in[i];
        scalar_t sum = 0;
        for (const scalar_t s : sums) sum += s;
        const scalar_t k =
            scalar_t(1) / std::sqrt(sum / static_cast<scalar_t>(width) + static_cast<scalar_t>(eps));
        scales[r] = k;
        for (i = 0; i < width; ++i) to[i] = in[i] * k * gain[i];
      }
    });
    context->save_for_backward({x, w, scale});
    context->saved_data["weight_grad"] = weight.requires_grad();
    return out;
  }

  static Tensors backward(AutogradContext* context, const Tensors& gradients) {
    const Tensors saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1], &scale = saved[2];
    const at::Tensor g = gradients[0].contiguous();
    const bool weight_grad = context->saved_data["weight_grad"].toBool();
    at::Tensor to_x = at::empty_like(x), to_w = weight_grad ? at::zeros_like(w) : at::Tensor();
    const std::int64_t rows = x.size(0), width = x.size(1);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "rms_norm_backward", [&] {
      const scalar_t *in = x.const_data_ptr<scalar_t>(), *gain = w.const_data_ptr<scalar_t>();
      const scalar_t *scales = scale.const_data_ptr<scalar_t>(), *up = g.const_data_ptr<scalar_t>();
      scalar_t *dx = to_x.data_ptr<scalar_t>(), *dw = weight_grad ? to_w.data_ptr<scalar_t>() : nullptr;
      for (std::int64_t r = 0; r < rows; ++r, in += width, up += width, dx += width) {
        const scalar_t k = scales[r];
        scalar_t sums[8] = {};
        std::int64_t i = 0;
        for (; i + 8 <= width; i += 8)
          for (int j = 0; j < 8; ++j) sums[j] += up[i + j] * gain[i + j] * in[i + j];
        for (; i < width; ++i) sums[0] += up[i] * gain[i] * in[i];
        scalar_t dot = 0;
        for (const scalar_t s : sums) dot += s;
        const scalar_t pull = dot * k * k * k / static_cast<scalar_t>(width);
        for (i = 0; i < width; ++i) dx[i] = up[i] * gain[i] * k - in[i] * pull;
        if (weight_grad)
          for (i = 0; i < width; ++i) dw[i] += up[i] * in[i] * k;
      }
    });
    return {to_x, to_w, at::Tensor()};
  }
};

struct SwiGlu : Function<SwiGlu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_up) {
    const std::int64_t width = gate_up.size(1) / 2;
    context->save_for_backward({gate_up});
    return at::silu(gate_up.narrow(1, 0, width)).mul_(gate_up.narrow(1, width, width));
  }
  static Tensors backward(AutogradContext* context, const Tensors& gradients) {
    const at::Tensor gate_up = context->get_saved_variables()[0];
    const std::int64_t width = gate_up.size(1) / 2;
    const at::Tensor gate = gate_up.narrow(1, 0, width), up = gate_up.narrow(1, width, width);
    at::Tensor out = at::empty(gate_up.sizes(), gate_up.options());
    at::Tensor to_gate = out.narrow(1, 0, width), to_up = out.narrow(1, width, width);
    at::mul_out(to_up, at::silu(gate), gradients[0]);
    at::silu_backward_out(to_gate, at::mul(gradients[0], up), gate);
    return {out};
  }
};

struct GeGlu : Function<GeGlu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_up) {
    const std::int64_t width = gate_up.size(1) / 2;
    context->save_for_backward({gate_up});
    return at::gelu(gate_up.narrow(1, 0, width), "tanh").mul_(gate_up.narrow(1, width, width));
  }
  static Tensors backward(AutogradContext* context, const Tensors& gradients) {
    const at::Tensor gate_up = context->get_saved_variables()[0];
    const std::int64_t width = gate_up.size(1) / 2;
    const at::Tensor gate = gate_up.narrow(1, 0, width), up = gate_up.narrow(1, width, width);
    at::Tensor out = at::empty(gate_up.sizes(), gate_up.options());
    out.narrow(1, 0, width).copy_(at::gelu_backward(at::mul(gradients[0], up), gate, "tanh"));
    at::Tensor to_up = out.narrow(1, width, width);
    at::mul_out(to_up, at::gelu(gate, "tanh"), gradients[0]);
    return {out};
  }
};

// Copies rows of `row` elements, rotating the first `rotated` heads by the angle (sign +1) or back (sign -1).
template <class T>
void rotate_into(const T* in, T* out, const T* cosine, const T* sine, T sign, std::int64_t rows,
                 std::int64_t heads, std::int64_t rotated, std::int64_t width) {
  const std::int64_t half = width / 2;
  for (std::int64_t r = 0; r < rows; ++r, cosine += half, sine += half) {
    for (std::int64_t h = 0; h < rotated; ++h, in += width, out += width)
      for (std::int64_t i = 0; i < half; ++i) {
        const T a = in[i], b = in[i + half], c = cosine[i], s = sine[i] * sign;
        out[i] = a * c - b * s;
        out[i + half] = b * c + a * s;
      }
    const std::int64_t rest = (heads - rotated) * width;
    std::copy(in, in + rest, out);
    in += rest;
    out += rest;
  }
}

at::Tensor rotated_copy(const at::Tensor& x_in, const at::Tensor& cosine, const at::Tensor& sine,
                        std::int64_t rotated, int sign) {
  const at::Tensor x = x_in.contiguous();
  at::Tensor out = at::empty_like(x);
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "rotate", [&] {
    rotate_into(x.const_data_ptr<scalar_t>(), out.data_ptr<scalar_t>(), cosine.const_data_ptr<scalar_t>(),
                sine.const_data_ptr<scalar_t>(), static_cast<scalar_t>(sign), x.size(0), x.size(1), rotated,
                x.size(2));
  });
  return out;
}

struct Rotate : Function<Rotate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cosine,
                            const at::Tensor& sine, std::int64_t rotated) {
    context->save_for_backward({cosine, sine});
    context->saved_data["rotated"] = rotated;
    return rotated_copy(x, cosine, sine, rotated, 1);
  }
  static Tensors backward(AutogradContext* context, const Tensors& gradients) {
    const Tensors saved = context->get_saved_variables();
    return {rotated_copy(gradients[0], saved[0], saved[1], context->saved_data["rotated"].toInt(), -1),
            at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

at::Tensor scatter_rows(const at::Tensor& x, const at::Tensor& to, std::int64_t rows) {
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape[0] = rows;
  return at::zeros(shape, x.options()).index_copy_(0, to, x);
}

struct PadRows : Function<PadRows> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& to,
                            std::int64_t rows) {
    context->save_for_backward({to});
    return scatter_rows(x, to, rows);
  }
  static Tensors backward(AutogradContext* context, const Tensors& gradients) {
    return {gradients[0].index_select(0, context->get_saved_variables()[0]), at::Tensor(), at::Tensor()};
  }
};

struct SelectRows : Function<SelectRows> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& from) {
    context->save_for_backward({from});
    context->saved_data["rows"] = x.size(0);
    return x.index_select(0, from);
  }
  static Tensors backward(AutogradContext* context, const Tensors& gradients) {
    return {
        scatter_rows(gradients[0], context->get_saved_variables()[0], context->saved_data["rows"].toInt()),
        at::Tensor()};
  }
};

struct PermuteRows : Function<PermuteRows> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& order) {
    context->save_for_backward({order});
    return x.index_select(0, order);
  }
  static Tensors backward(AutogradContext* context, const Tensors& gradients) {
    const at::Tensor order = context->get_saved_variables()[0];
    return {at::empty_like(gradients[0]).index_copy_(0, order, gradients[0]), at::Tensor()};
  }
};

// [time, shared + time]: 0 where a query (row) sees a key, else -infinity; queries stand behind `shared`
// keys. A window of 0 is none.
at::Tensor causal_mask(std::int64_t time, std::int64_t shared, std::int64_t window, const at::Tensor& like) {
  const at::Tensor key = at::arange(shared + time, at::TensorOptions(at::kLong).device(like.device()));
  const at::Tensor back = key.narrow(0, shared, time).unsqueeze(1) - key.unsqueeze(0);
  at::Tensor hidden = back.lt(0);
  if (window > 0) hidden = at::logical_or(hidden, back.ge(window));
  return at::zeros({time, shared + time}, like.options())
      .masked_fill_(hidden, -std::numeric_limits<double>::infinity());
}

bool one_length(const SequenceLayout& layout) { return layout.rows == layout.longest * layout.sequences(); }

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  if (x.is_cpu()) return RmsNorm::apply(x, weight, eps);
  return x * (x.pow(2).mean(-1, true) + eps).rsqrt() * weight;
}

at::Tensor swiglu(const at::Tensor& gate_up) { return SwiGlu::apply(gate_up); }

at::Tensor geglu(const at::Tensor& gate_up) { return GeGlu::apply(gate_up); }

at::Tensor norm_heads(const at::Tensor& qkv, const at::Tensor& query_norm, const at::Tensor& key_norm,
                      std::int64_t heads, std::int64_t kv_heads, double eps) {
  const std::int64_t rows = qkv.size(0), width = qkv.size(2);
  const auto norm = [&](std::int64_t from, std::int64_t count, const at::Tensor& gain) {
    return rms_norm(qkv.narrow(1, from, count).reshape({rows * count, width}), gain, eps)
        .view({rows, count, width});
  };
  return at::cat({norm(0, heads, query_norm), norm(heads, kv_heads, key_norm),
                  qkv.narrow(1, heads + kv_heads, kv_heads)},
                 1);
}

SequenceLayout sequence_layout(std::vector<std::int64_t> lengths, std::int64_t shared) {
  SequenceLayout out;
  out.shared = shared;
  out.rows = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  for (const std::int64_t n : lengths) out.longest = std::max(out.longest, n);
  out.positions = at::empty({out.rows}, at::kLong);
  out.padded = at::empty({out.rows}, at::kLong);
  std::int64_t *position = out.positions.data_ptr<std::int64_t>(),
               *padded = out.padded.data_ptr<std::int64_t>();
  for (std::size_t s = 0; s < lengths.size(); ++s)
    for (std::int64_t t = 0; t < lengths[s]; ++t) {
      *position++ = shared + t;
      *padded++ = static_cast<std::int64_t>(s) * out.longest + t;
    }
  out.lengths = std::move(lengths);
  return out;
}

RotaryTables rotary_tables(const at::Tensor& positions, std::int64_t head_width, double base,
                           const at::Tensor& like) {
  // Angles in double: a float of base^x is off by 1e-4 rad at position 1000.
  const at::Tensor exponent = at::arange(0, head_width, 2, at::kDouble) / static_cast<double>(head_width);
  const at::Tensor angles =
      positions.cpu().to(at::kDouble).unsqueeze(1) * at::pow(base, -exponent).unsqueeze(0);
  return {at::cos(angles).to(like.options()), at::sin(angles).to(like.options())};
}

at::Tensor rotate(const at::Tensor& x, const RotaryTables& tables, std::int64_t rotated) {
  if (x.is_cpu()) return Rotate::apply(x, tables.cosine, tables.sine, rotated);
  const std::int64_t half = x.size(2) / 2;
  const at::Tensor c = tables.cosine.unsqueeze(1), s = tables.sine.unsqueeze(1);
  const at::Tensor a = x.narrow(1, 0, rotated).narrow(2, 0, half),
                   b = x.narrow(1, 0, rotated).narrow(2, half, half);
  const at::Tensor turned = at::cat({a * c - b * s, b * c + a * s}, 2);
  return at::cat({turned, x.narrow(1, rotated, x.size(1) - rotated)}, 1);
}

at::Tensor pad_rows(const at::Tensor& x, const SequenceLayout& layout) {
  if (one_length(layout)) return x;
  return PadRows::apply(x, layout.padded, layout.longest * layout.sequences());
}

at::Tensor unpad_rows(const at::Tensor& x, const SequenceLayout& layout) {
  if (one_length(layout)) return x;
  return SelectRows::apply(x, layout.padded);
}

at::Tensor permute_rows(const at::Tensor& x, const at::Tensor& order) { return PermuteRows::apply(x, order); }

at::Tensor select_rows(const at::Tensor& x, const at::Tensor& rows) { return SelectRows::apply(x, rows); }

at::Tensor causal_attention(const at::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                            std::int64_t kv_heads, double scale, std::int64_t window,
                            const at::Tensor& front_keys, const at::Tensor& front_values) {
  const std::int64_t width = qkv.size(2), batch = layout.sequences(), time = layout.longest,
                     shared = layout.shared;
  // Padding stands on the right: no real query looks that far, and no one reads the queries that stand there.
  const at::Tensor padded = pad_rows(qkv, layout).reshape({batch, time, heads + 2 * kv_heads, width});
  const std::vector<at::Tensor> parts = padded.split_with_sizes({heads, kv_heads, kv_heads}, 2);
  at::Tensor query = parts[0].transpose(1, 2), key = parts[1].transpose(1, 2),
             value = parts[2].transpose(1, 2);
  if (shared > 0) {
    const auto behind = [&](const at::Tensor& front, const at::Tensor& own) {
      return at::cat({front.unsqueeze(0).expand({batch, kv_heads, shared, width}), own}, 2);
    };
    key = behind(front_keys, key);
    value = behind(front_values, value);
  }
  std::optional<at::Tensor> mask;
  if (shared > 0 || (window > 0 && time > window)) mask = causal_mask(time, shared, window, qkv);
  const std::optional<double> factor = scale > 0 ? std::optional<double>(scale) : std::nullopt;
  const at::Tensor out = at::scaled_dot_product_attention(query, key, value, mask, 0.0, !mask.has_value(),
                                                          factor, kv_heads != heads);
  return unpad_rows(out.transpose(1, 2).reshape({batch * time, heads * width}), layout);
}

}  // namespace undertone
