#include "harness/answer/answerer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <unordered_map>

#include "harness/core/error.h"
#include "harness/model/placement.h"
#include "harness/model/settings.h"
#include "harness/model/token_choice.h"

namespace undertone {
namespace {

std::int64_t round_up(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

// The audio embeddings of a clip, computed once and alone, in a shape that depends on the clip only.
class AudioEmbeddings {
 public:
  AudioEmbeddings(const SpeechLM& model, const FeatureSource& features, int bucket)
      : model_(model), features_(features), bucket_(bucket) {}
  std::int64_t rows(const std::string& clip) {
    return stacked_rows(features_(clip).size(0), model_.adapter.config.stack);
  }
  const at::Tensor& of(const std::string& clip) {
    const auto found = known_.find(clip);
    if (found != known_.end()) return found->second;
    std::vector<std::int64_t> counts;
    const at::Tensor stacked = stack_frames({features_(clip)}, model_.adapter.config.stack,
                                            model_.adapter.config.feature_width, counts);
    at::Tensor padded = at::zeros({round_up(counts[0], bucket_), stacked.size(1)},
                                  stacked.options().device(model_.decoder.embedding.device()));
    padded.narrow(0, 0, counts[0]).copy_(stacked);
    return known_[clip] = adapter_forward(model_.adapter, padded).narrow(0, 0, counts[0]).contiguous();
  }
  void forget() { known_.clear(); }

 private:
  const SpeechLM& model_;
  const FeatureSource& features_;
  int bucket_;
  std::unordered_map<std::string, at::Tensor> known_;
};

// The tokens of an item's answer: the end wins a tie.
TokenChoice token_choice(const ItemEncoder& encoder, std::int64_t vocabulary) {
  std::vector<char> said;
  for (std::int64_t i = 0; i < vocabulary; ++i) said.push_back(i < encoder.size() && encoder.can_be_said(i));
  return {std::move(said), encoder.end()};
}

class Answerer {
 public:
  Answerer(const SpeechLM& model, std::span<const Item> items, const ItemEncoder& encoder,
           const FeatureSource& features, const AnswerOptions& options)
      : model_(model),
        items_(items),
        encoder_(encoder),
        choice_(token_choice(encoder, model.decoder.config.vocabulary)),
        options_(options),
        // Shorter openings cost less than reading them apart; a window would have to know of the padding.
        shares_opening_(encoder.opening().size() >= 8 && model.decoder.config.window == 0),
        audio_(model, features, options.bucket) {
    for (const Item& item : items) encoded_.push_back(encoder.encode(item));
  }

  AnsweringReport run(const std::function<void(std::size_t, const Answer&)>& give) {
    const auto started = std::chrono::steady_clock::now();
    std::map<std::int64_t, std::vector<std::size_t>> buckets;  // by prompt slots
    const std::int64_t context = model_.decoder.config.context;
    const std::int64_t shared = shares_opening_ ? static_cast<std::int64_t>(encoder_.opening().size()) : 0;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (context > 0 && shared + length(i) + options_.max_new_tokens > context)
        give(i, too_long(shared + length(i)));
      else
        buckets[round_up(length(i), options_.bucket)].push_back(i);
    }
    for (const auto& [slots, members] : buckets) {
      const std::size_t batch = static_cast<std::size_t>(options_.batch);
      for (std::size_t from = 0; from < members.size(); from += batch)
        answer(std::span(members).subspan(from, std::min(batch, members.size() - from)), slots, give);
      audio_.forget();  // the questions of a clip mostly share a bucket
    }
    report_.items = static_cast<std::int64_t>(items_.size());
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return report_;
  }

 private:
  // Of what the item's own row reads: the opening too, unless it is shared.
  std::int64_t length(std::size_t i) {
    const EncodedItem& item = encoded_[i];
    const auto text =
        (shares_opening_ ? 0 : encoder_.opening().size()) + item.prefix.size() + item.prompt.size();
    return static_cast<std::int64_t>(text) + (item.clip.empty() ? 0 : audio_.rows(item.clip));
  }

  Answer too_long(std::int64_t prompt) const {
    Answer answer;
    answer.status = AnswerStatus::model_error;
    answer.finish_reason = "error";
    answer.detail = "a prompt of " + std::to_string(prompt) + " tokens and an answer of up to " +
                    std::to_string(options_.max_new_tokens) + " are longer than the decoder's context of " +
                    std::to_string(model_.decoder.config.context);
    return answer;
  }

  void answer(std::span<const std::size_t> members, std::int64_t slots,
              const std::function<void(std::size_t, const Answer&)>& give) {
    const std::int64_t batch = options_.batch, width = model_.decoder.config.width;
    const at::Tensor& table = model_.decoder.embedding;
    at::Tensor x = at::zeros({batch * slots, width}, table.options());
    std::vector<std::int64_t> lengths(static_cast<std::size_t>(batch), 1);
    std::vector<ReplyRow> rows(members.size());
    const at::Tensor opening = embed(encoder_.opening());
    for (std::size_t r = 0; r < members.size(); ++r) {
      const EncodedItem& item = encoded_[members[r]];
      rows[r].item = members[r];
      rows[r].room = options_.max_new_tokens;
      if (options_.temperature > 0) rows[r].stream.emplace(options_.stream + "/" + items_[members[r]].id);
      std::int64_t at_row = static_cast<std::int64_t>(r) * slots;
      const auto place_rows = [&](const at::Tensor& rows_of) {
        x.narrow(0, at_row, rows_of.size(0)).copy_(rows_of);
        at_row += rows_of.size(0);
      };
      if (!shares_opening_) place_rows(opening);
      place_rows(embed(item.prefix));
      if (!item.clip.empty()) place_rows(audio_.of(item.clip));
      place_rows(embed(item.prompt));
      lengths[r] = length(members[r]);
    }
    KeyValueCache cache;
    at::Tensor hidden = shares_opening_ ? read_behind_opening(x, opening, lengths, slots, cache)
                                        : decoder_prefill(model_.decoder, x, std::move(lengths), slots,
                                                          options_.max_new_tokens, cache);
    ++report_.batches;
    at::Tensor next = at::empty({batch}, at::kLong);  // on the CPU, where tokens are chosen
    const ReplyRules rules{.temperature = options_.temperature,
                           .filler = encoder_.end(),
                           .ends = [this](std::int32_t id) { return encoder_.ends(id); }};
    while (take_tokens(decoder_logits(model_.decoder, hidden).cpu(), rows, choice_, rules, next)) {
      hidden = decoder_step(model_.decoder, embed_tokens(model_.decoder, next.to(table.device())), cache);
      ++report_.steps;
    }
    for (const ReplyRow& row : rows) give(row.item, finished(row));
  }

  // The prompts behind an opening that is read once, in a batch of one, whose keys and values every row
  // starts from.
  at::Tensor read_behind_opening(const at::Tensor& x, const at::Tensor& opening,
                                 const std::vector<std::int64_t>& lengths, std::int64_t slots,
                                 KeyValueCache& cache) {
    const std::int64_t batch = options_.batch, front = opening.size(0);
    KeyValueCache once;
    decoder_prefill(model_.decoder, opening, {front}, front, slots + options_.max_new_tokens, once);
    cache = join_caches({&once}, batch);
    const at::Tensor hidden = decoder_extend(model_.decoder, x, slots, cache);
    at::Tensor last = at::empty({batch}, at::kLong);
    for (std::int64_t r = 0; r < batch; ++r) {
      const std::int64_t own = lengths[static_cast<std::size_t>(r)];
      last.data_ptr<std::int64_t>()[r] = r * slots + own - 1;
      // What pads the row is not seen, and its next token stands behind its own last one.
      cache.mask[r].narrow(2, front + own, slots - own).fill_(-std::numeric_limits<double>::infinity());
      cache.lengths[static_cast<std::size_t>(r)] = front + own - slots;
    }
    return hidden.index_select(0, last.to(hidden.device()));
  }

  at::Tensor embed(const std::vector<std::int64_t>& ids) const {
    return embed_tokens(model_.decoder, at::tensor(ids, at::kLong).to(model_.decoder.embedding.device()));
  }

  Answer finished(const ReplyRow& row) {
    Answer answer = answer_of(row, "error");
    answer.text = encoder_.decode(row.tokens);
    report_.generated_tokens += answer.tokens;
    return answer;
  }

  const SpeechLM& model_;
  std::span<const Item> items_;
  const ItemEncoder& encoder_;
  TokenChoice choice_;
  AnswerOptions options_;
  bool shares_opening_;
  AudioEmbeddings audio_;
  std::vector<EncodedItem> encoded_;
  AnsweringReport report_;
};

}  // namespace

AnswerOptions answer_options_from_json(const Json& json, const std::string& stream) {
  AnswerOptions options;
  options.stream = stream;
  read_settings(json, "/answer", [&](FieldReader& reader) {
    reader.field("max_new_tokens", options.max_new_tokens, "longest answer, the end token counts", 1, 4096)
        .field("batch", options.batch, "rows of a batch", 2, 4096)
        .field("bucket", options.bucket, "prompt lengths are rounded up to a multiple of this", 1, 4096)
        .field("temperature", options.temperature, "0: greedy", 0, 100);
  });
  return options;
}

AnsweringReport answer_items(const SpeechLM& model, std::span<const Item> items, const ItemEncoder& encoder,
                             const FeatureSource& features, const AnswerOptions& options,
                             const std::function<void(std::size_t, const Answer&)>& give) {
  const c10::InferenceMode mode;
  // With more threads torch cuts a matrix-vector product by the number of rows: a row's bytes would depend on
  // its place.
  at::set_num_threads(1);
  return Answerer(model, items, encoder, features, options).run(give);
}

void score_items(const SpeechLM& model, std::span<const Item> items, const ItemEncoder& encoder,
                 const FeatureSource& features, const std::function<void(std::size_t, double)>& give) {
  const c10::InferenceMode mode;
  at::set_num_threads(1);
  const auto opening = opening_of(model.decoder, encoder.opening());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const EncodedItem encoded = encoder.encode(items[i]);
    if (encoded.target.empty())
      throw Error(ErrorKind::data, "the item '" + items[i].id + "' has no target to score");
    const EncodedItem* one[] = {&encoded};
    const TrainingBatch batch =
        on_device(make_training_batch(one, opening, features, model.adapter.config, 1),
                  model.decoder.embedding.device());
    const double tokens = static_cast<double>(encoded.target.size());
    give(i, -speech_lm_loss(model, batch).item<double>() * tokens);
  }
}

}  // namespace undertone
