// Decoding with the key-value cache: the prompt at once, then tokens one by one or several together.
#include <ATen/ATen.h>

#include <limits>

#include "harness/core/error.h"
#include "harness/model/decoder.h"
#include "harness/model/decoder_parts.h"

namespace undertone {
namespace {

constexpr double kUnseen = -std::numeric_limits<double>::infinity();

// [batch, 1, count, slots]: what `count` new tokens of every row see. `cache.generated` counts them already.
at::Tensor seen_by(const KeyValueCache& cache, std::int64_t count) {
  if (count == 1) return cache.mask;
  at::Tensor mask = cache.mask.expand({cache.batch, 1, count, cache.slots}).clone();
  const std::int64_t end = cache.prompt_slots + cache.generated;
  for (std::int64_t t = 0; t + 1 < count; ++t)
    mask.select(2, t).narrow(2, end - count + t + 1, count - t - 1).fill_(kUnseen);
  return mask;
}

// The same for local layers: what lies `window` or more positions back is not seen either.
at::Tensor seen_by_local(const KeyValueCache& cache, const at::Tensor& mask, const at::Tensor& positions,
                         std::int64_t count, std::int64_t window) {
  at::Tensor place = at::arange(cache.slots, at::kLong).repeat({cache.batch, 1});  // position in each slot
  for (std::int64_t b = 0; b < cache.batch; ++b)
    place[b]
        .narrow(0, cache.prompt_slots, cache.slots - cache.prompt_slots)
        .sub_(cache.prompt_slots - cache.lengths[static_cast<std::size_t>(b)]);
  const at::Tensor first = positions.view({cache.batch, 1, count, 1}) - (window - 1);
  return mask.masked_fill(place.view({cache.batch, 1, 1, cache.slots}).lt(first).to(mask.device()), kUnseen);
}

}  // namespace

at::Tensor decoder_prefill(const Decoder& decoder, const at::Tensor& input, std::vector<std::int64_t> lengths,
                           std::int64_t prompt_slots, std::int64_t new_slots, KeyValueCache& cache) {
  const DecoderConfig& config = decoder.config;
  const std::int64_t batch = static_cast<std::int64_t>(lengths.size());
  cache = KeyValueCache{};
  cache.batch = batch;
  cache.prompt_slots = prompt_slots;
  cache.slots = prompt_slots + new_slots;
  cache.lengths = std::move(lengths);
  cache.mask = at::full({batch, 1, 1, cache.slots}, kUnseen, input.options());
  at::Tensor last = at::empty({batch}, at::kLong);
  for (std::int64_t b = 0; b < batch; ++b) {
    cache.mask[b].narrow(2, 0, cache.lengths[static_cast<std::size_t>(b)]).zero_();
    last.data_ptr<std::int64_t>()[b] = b * prompt_slots + cache.lengths[static_cast<std::size_t>(b)] - 1;
  }
  last = last.to(input.device());
  // Every row is computed to the full width of the bucket: the shape never depends on the neighbours.
  const SequenceLayout layout =
      sequence_layout(std::vector<std::int64_t>(static_cast<std::size_t>(batch), prompt_slots));
  const Rotations tables = rotations(config, layout.positions, input);
  at::Tensor x = input;
  for (std::size_t i = 0; i < decoder.layers.size(); ++i) {
    const DecoderLayer& layer = decoder.layers[i];
    const at::Tensor qkv = project(config, layer, x, tables.of(config, i));
    const at::Tensor split = qkv.view({batch, prompt_slots, qkv.size(1), config.head_width}).transpose(1, 2);
    for (const bool is_key : {true, false}) {
      at::Tensor store = at::zeros({batch, config.kv_heads, cache.slots, config.head_width}, input.options());
      store.narrow(2, 0, prompt_slots)
          .copy_(split.narrow(1, config.heads + (is_key ? 0 : config.kv_heads), config.kv_heads));
      (is_key ? cache.keys : cache.values).push_back(store);
    }
    x = after_attention(config, layer, x, attend(config, i, qkv, layout),
                        i + 1 == decoder.layers.size() ? last : at::Tensor());
  }
  return rms_norm(x, decoder.final_norm, config.norm_eps);
}

at::Tensor decoder_step(const Decoder& decoder, const at::Tensor& input, KeyValueCache& cache) {
  return decoder_extend(decoder, input, 1, cache);
}

at::Tensor decoder_extend(const Decoder& decoder, const at::Tensor& input, std::int64_t count,
                          KeyValueCache& cache, const at::Tensor& rows) {
  const DecoderConfig& config = decoder.config;
  const std::int64_t slot = cache.prompt_slots + cache.generated, batch = cache.batch;
  if (slot + count > cache.slots) throw Error(ErrorKind::internal, "the key-value cache is full");
  at::Tensor positions = at::empty({batch * count}, at::kLong);
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t t = 0; t < count; ++t)
      positions.data_ptr<std::int64_t>()[b * count + t] =
          cache.lengths[static_cast<std::size_t>(b)] + cache.generated + t;
  cache.mask.narrow(3, slot, count).zero_();
  cache.generated += count;
  const at::Tensor mask = seen_by(cache, count);
  at::Tensor local_mask;
  if (config.window > 0) local_mask = seen_by_local(cache, mask, positions, count, config.window);
  const Rotations tables = rotations(config, positions, input);
  const std::optional<double> scale =
      config.query_scale > 0 ? std::optional<double>(config.query_scale) : std::nullopt;
  at::Tensor x = input;
  for (std::size_t i = 0; i < decoder.layers.size(); ++i) {
    const DecoderLayer& layer = decoder.layers[i];
    const at::Tensor qkv = project(config, layer, x, tables.of(config, i));
    // [batch, heads + 2 kv_heads, count, head_width]
    const at::Tensor split = qkv.view({batch, count, qkv.size(1), config.head_width}).transpose(1, 2);
    cache.keys[i].narrow(2, slot, count).copy_(split.narrow(1, config.heads, config.kv_heads));
    cache.values[i]
        .narrow(2, slot, count)
        .copy_(split.narrow(1, config.heads + config.kv_heads, config.kv_heads));
    // Grouped heads read the stored keys and values where they lie.
    const at::Tensor attended =
        at::scaled_dot_product_attention(split.narrow(1, 0, config.heads), cache.keys[i], cache.values[i],
                                         config.local(static_cast<int>(i)) ? local_mask : mask, 0.0, false,
                                         scale, config.kv_heads != config.heads);
    x = after_attention(config, layer, x,
                        attended.transpose(1, 2).reshape({batch * count, config.heads * config.head_width}),
                        i + 1 == decoder.layers.size() ? rows : at::Tensor());
  }
  return rms_norm(x, decoder.final_norm, config.norm_eps);
}

KeyValueCache cache_behind(const DecoderPrefix& prefix, std::int64_t new_slots) {
  KeyValueCache cache;
  cache.batch = 1;
  cache.prompt_slots = prefix.rows;
  cache.slots = prefix.rows + new_slots;
  cache.lengths = {prefix.rows};
  cache.mask = at::full({1, 1, 1, cache.slots}, kUnseen, prefix.keys.at(0).options());
  cache.mask.narrow(3, 0, prefix.rows).zero_();
  const auto stored = [&](const at::Tensor& rows) {  // [kv_heads, rows, head_width]
    at::Tensor out = at::zeros({1, rows.size(0), cache.slots, rows.size(2)}, rows.options());
    out[0].narrow(1, 0, prefix.rows).copy_(rows);
    return out;
  };
  for (const at::Tensor& keys : prefix.keys) cache.keys.push_back(stored(keys));
  for (const at::Tensor& values : prefix.values) cache.values.push_back(stored(values));
  return cache;
}

KeyValueCache join_caches(const std::vector<const KeyValueCache*>& caches, std::int64_t batch) {
  KeyValueCache out;
  const KeyValueCache& first = *caches.at(0);
  out.batch = batch;
  out.prompt_slots = first.prompt_slots;
  out.slots = first.slots;
  std::vector<const KeyValueCache*> rows = caches;
  rows.resize(static_cast<std::size_t>(batch), &first);
  std::vector<at::Tensor> masks;
  for (const KeyValueCache* row : rows) {
    if (row->batch != 1 || row->slots != out.slots || row->prompt_slots != out.prompt_slots ||
        row->generated != 0)
      throw Error(ErrorKind::internal, "caches of unlike shape are joined");
    out.lengths.push_back(row->lengths[0]);
    masks.push_back(row->mask);
  }
  out.mask = at::cat(masks);
  for (std::size_t layer = 0; layer < first.keys.size(); ++layer) {
    std::vector<at::Tensor> keys, values;
    for (const KeyValueCache* row : rows) {
      keys.push_back(row->keys[layer]);
      values.push_back(row->values[layer]);
    }
    out.keys.push_back(at::cat(keys));
    out.values.push_back(at::cat(values));
  }
  return out;
}

}  // namespace undertone
