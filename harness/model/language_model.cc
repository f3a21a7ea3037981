#include "harness/model/language_model.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/model/chat_encoder.h"
#include "harness/model/token_choice.h"
#include "harness/weights/versions.h"

namespace undertone {
namespace {

constexpr std::int64_t kScoreBucket = 8;     // tokens of a continuation, rounded up
constexpr std::size_t kShortestOpening = 8;  // tokens; shorter ones cost less than reading them apart

using Ids = std::vector<std::int64_t>;

std::int64_t round_up(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

std::string trimmed(const std::string& text) {
  const char* white = " \t\r\n";
  const std::size_t from = text.find_first_not_of(white);
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(white) - from + 1);
}

// ln of the softmax's denominator, in double and in a fixed order.
double log_normaliser(const float* logits, std::int64_t n) {
  const double top = *std::max_element(logits, logits + n);
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::exp(logits[i] - top);
  return top + std::log(sum);
}

at::Tensor id_tensor(const Ids& ids) {
  at::Tensor out = at::empty({static_cast<std::int64_t>(ids.size())}, at::kLong);
  std::copy(ids.begin(), ids.end(), out.data_ptr<std::int64_t>());
  return out;
}

class LanguageModel : public TextModel {
 public:
  LanguageModel(Pretrained model, const LanguageModelOptions& options)
      : model_(std::move(model)),
        options_(options),
        tokenizer_(make_tokenizer(model_.tokenizer)),
        chat_(tokenizer_, model_.tokenizer, model_.chat_template) {
    if (options_.batch < 1 || options_.bucket < 1 || options_.context < 2 || options_.threads < 0)
      throw Error(ErrorKind::suite,
                  "batch and bucket are at least 1, context at least 2, threads at least 0");
    if (tokenizer_->size() != model_.decoder.config.vocabulary)
      throw Error(ErrorKind::weights,
                  fmt::format("the tokenizer has {} tokens, the embedding {} rows", tokenizer_->size(),
                              model_.decoder.config.vocabulary),
                  model_.tokenizer.file, "use the tokenizer that belongs to these weights");
    for (const std::string& stop : options_.stop)
      if (stop.empty()) throw Error(ErrorKind::suite, "a stop text is empty", "", "leave it out");
    if (options_.threads > 0) at::set_num_threads(options_.threads);
    if (options_.stop.empty() && model_.chat_template == "plain") options_.stop = {"\n"};
    const int trained = model_.decoder.config.context;
    context_ = trained > 0 ? std::min(options_.context, trained) : options_.context;
    Json parts = Json::object();
    parts["version"] = fmt::format("language model/{}", kLanguageModelVersion);
    parts["model"] = model_.identity;
    parts["batch"] = options_.batch;
    parts["bucket"] = options_.bucket;
    parts["context"] = context_;
    parts["threads"] = at::get_num_threads();
    parts["stop"] = Json::array();
    for (const std::string& stop : options_.stop) parts["stop"].push_back(stop);
    identity_ = sha256_hex(parts.canonical());
  }

  std::vector<Answer> generate(std::span<const std::vector<Message>> prompts,
                               const GenerateOptions& options) override {
    const c10::InferenceMode inference;
    std::vector<Answer> out(prompts.size());
    std::vector<Ids> ids;
    std::map<std::int64_t, std::vector<std::size_t>> buckets;  // by prompt slots
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      ids.push_back(chat_.prompt(prompts[i]));
      const auto length = static_cast<std::int64_t>(ids[i].size());
      if (length == 0 || length >= context_) {
        out[i].status = AnswerStatus::model_error;
        out[i].finish_reason = "prompt";
        out[i].detail = length == 0 ? "the prompt has no tokens"
                                    : fmt::format(
                                          "the prompt has {} tokens, which leaves no room for a reply in a "
                                          "context of {}",
                                          length, context_);
        continue;
      }
      buckets[round_up(length, options_.bucket)].push_back(i);
    }
    for (const auto& [slots, members] : buckets)
      for (std::size_t from = 0; from < members.size(); from += static_cast<std::size_t>(options_.batch)) {
        const std::size_t count = std::min(members.size() - from, static_cast<std::size_t>(options_.batch));
        std::vector<ReplyRow> rows(count);
        for (std::size_t r = 0; r < count; ++r) {
          rows[r].item = members[from + r];
          const Ids& prompt = ids[rows[r].item];
          rows[r].room = std::min<std::int64_t>(options.max_new_tokens,
                                                context_ - static_cast<std::int64_t>(prompt.size()));
          if (options.temperature > 0) rows[r].stream.emplace(options.stream + "/" + digest_of(prompt));
        }
        answer(rows, prompts, ids, slots, options);
        for (const ReplyRow& row : rows) out[row.item] = finished(row);
      }
    return out;
  }

  std::vector<double> score(const std::vector<Message>& prompt,
                            std::span<const std::string> continuations) override {
    const c10::InferenceMode inference;
    const Ids ids = chat_.prompt(prompt);
    const auto length = static_cast<std::int64_t>(ids.size());
    std::vector<Ids> tokens;
    std::map<Ids, std::vector<std::size_t>> behind;  // by what is read of them: all but the last token
    std::int64_t most = 0;  // slots behind the prompt; none where no continuation has a second token
    for (std::size_t i = 0; i < continuations.size(); ++i) {
      tokens.emplace_back();
      for (const std::int32_t id : tokenizer_->encode(continuations[i])) tokens[i].push_back(id);
      const auto count = static_cast<std::int64_t>(tokens[i].size());
      if (length == 0 || length + count > context_)
        throw Error(ErrorKind::model,
                    fmt::format("prompt and continuation have {} + {} tokens, the context {}", length, count,
                                context_),
                    "", "shorten the prompt, or raise the context where the model allows it");
      if (count > 1) behind[Ids(tokens[i].begin(), tokens[i].end() - 1)].push_back(i);
      most = std::max(most, round_up(count - 1, kScoreBucket));
    }
    std::vector<double> out(continuations.size(), 0.0);
    if (continuations.empty()) return out;
    KeyValueCache prompt_cache;
    const at::Tensor hidden =
        prefill(ids, opening_of(prompt, ids).get(), round_up(length, options_.bucket), most, prompt_cache);
    const at::Tensor first = decoder_logits(model_.decoder, hidden).contiguous();
    const std::int64_t n = first.size(1);
    const double normaliser = log_normaliser(first.const_data_ptr<float>(), n);
    for (std::size_t i = 0; i < tokens.size(); ++i)
      if (!tokens[i].empty()) out[i] = first.const_data_ptr<float>()[tokens[i][0]] - normaliser;
    for (const auto& [read, members] : behind) score_behind(prompt_cache, read, members, tokens, out);
    return out;
  }

  std::string identity() const override { return identity_; }

 private:
  static std::string digest_of(const Ids& ids) {
    return sha256_hex(
        std::string_view(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(ids[0])));
  }

  // What prompts of one asker begin with (Message::shared), as it was read.
  struct Opening {
    std::string text;
    Ids ids;
    DecoderPrefix read;
  };

  // That of a prompt with these ids; null where it has none that is worth it. Which ids are read apart
  // follows from the opening's text alone, and the last opening is kept: what else is asked changes no bit of
  // a prompt's numbers.
  std::shared_ptr<const Opening> opening_of(const std::vector<Message>& prompt, const Ids& ids) {
    const std::string text = ChatEncoder::opening_text(prompt);
    if (text.empty()) return nullptr;
    if (!opening_ || opening_->text != text) {
      auto fresh = std::make_shared<Opening>();
      fresh->text = text;
      fresh->ids = chat_.opening(prompt);
      if (fresh->ids.size() >= kShortestOpening && static_cast<int>(fresh->ids.size()) < context_)
        fresh->read = decoder_prefix(model_.decoder, embed_tokens(model_.decoder, id_tensor(fresh->ids)));
      opening_ = std::move(fresh);
    }
    const Ids& front = opening_->ids;
    const bool fits = opening_->read.rows > 0 && ids.size() > front.size() &&
                      std::equal(front.begin(), front.end(), ids.begin());
    return fits ? opening_ : nullptr;
  }

  // One prompt, alone: its numbers depend on itself, its opening, `slots` and `new_slots`. Returns [1,
  // width].
  at::Tensor prefill(const Ids& ids, const Opening* opening, std::int64_t slots, std::int64_t new_slots,
                     KeyValueCache& cache) const {
    const auto length = static_cast<std::int64_t>(ids.size());
    const std::int64_t front = opening != nullptr ? opening->read.rows : 0, own = length - front;
    const at::Tensor x = embed_tokens(model_.decoder, id_tensor(Ids(ids.begin() + front, ids.end())));
    at::Tensor hidden;
    if (opening != nullptr) {
      cache = cache_behind(opening->read, slots + new_slots - front);
      hidden = decoder_extend(model_.decoder, x, own, cache, at::full({1}, own - 1, at::kLong));
      cache.lengths = {length};
      cache.generated = 0;
    } else {
      hidden = decoder_prefill(model_.decoder, x, {length}, length, slots - length + new_slots, cache);
    }
    cache.prompt_slots = slots;  // what stands behind the prompt up to there is empty and not seen
    return hidden;
  }

  void answer(std::vector<ReplyRow>& rows, std::span<const std::vector<Message>> prompts,
              const std::vector<Ids>& ids, std::int64_t slots, const GenerateOptions& options) {
    const std::int64_t batch = options_.batch;
    KeyValueCache cache;
    std::vector<at::Tensor> last;
    {
      std::vector<KeyValueCache> alone(rows.size());
      std::vector<const KeyValueCache*> pointers;
      for (std::size_t r = 0; r < rows.size(); ++r) {
        const std::size_t i = rows[r].item;
        last.push_back(
            prefill(ids[i], opening_of(prompts[i], ids[i]).get(), slots, options.max_new_tokens, alone[r]));
        pointers.push_back(&alone[r]);
      }
      cache = join_caches(pointers, batch);
    }
    last.resize(static_cast<std::size_t>(batch), last.front());
    at::Tensor hidden = at::cat(last), next = at::empty({batch}, at::kLong);
    const TokenChoice choice(model_.decoder.config.vocabulary);
    const ReplyRules rules{.temperature = options.temperature,
                           .filler = model_.end_tokens.empty() ? 0 : model_.end_tokens.front(),
                           .ends =
                               [this](std::int32_t id) {
                                 return std::find(model_.end_tokens.begin(), model_.end_tokens.end(), id) !=
                                        model_.end_tokens.end();
                               },
                           .stops =
                               [this](const ReplyRow& row) {
                                 return !options_.stop.empty() &&
                                        stop_in(tokenizer_->decode(row.tokens)) != std::string::npos;
                               }};
    while (take_tokens(decoder_logits(model_.decoder, hidden), rows, choice, rules, next))
      hidden = decoder_step(model_.decoder, embed_tokens(model_.decoder, next), cache);
  }

  // Where the first stop text begins.
  std::size_t stop_in(const std::string& text) const {
    std::size_t first = std::string::npos;
    for (const std::string& stop : options_.stop) first = std::min(first, text.find(stop));
    return first;
  }

  Answer finished(const ReplyRow& row) const {
    Answer answer = answer_of(row, "logits");
    const std::string text = tokenizer_->decode(row.tokens);
    answer.text = trimmed(text.substr(0, stop_in(text)));
    return answer;
  }

  // Adds what the tokens behind the first one of each of `members` score, which all read the tokens `read`
  // behind the prompt. Alone, so that what else is scored changes no bit; ratings of a judge mostly differ in
  // their last token only and need one such reading.
  void score_behind(const KeyValueCache& prompt, const Ids& read, const std::vector<std::size_t>& members,
                    const std::vector<Ids>& tokens, std::vector<double>& out) const {
    const auto length = static_cast<std::int64_t>(read.size()), count = round_up(length, kScoreBucket);
    // A view as large as this reading needs. It writes behind the prompt, where the next one will overwrite
    // it.
    KeyValueCache cache = prompt;
    cache.slots = prompt.prompt_slots + count;
    cache.mask = prompt.mask.narrow(3, 0, cache.slots).clone();
    for (std::size_t layer = 0; layer < cache.keys.size(); ++layer) {
      cache.keys[layer] = prompt.keys[layer].narrow(2, 0, cache.slots);
      cache.values[layer] = prompt.values[layer].narrow(2, 0, cache.slots);
    }
    Ids padded = read;
    padded.resize(static_cast<std::size_t>(count), 0);
    const at::Tensor hidden =
        decoder_extend(model_.decoder, embed_tokens(model_.decoder, id_tensor(padded)), count, cache);
    const at::Tensor logits = decoder_logits(model_.decoder, hidden.narrow(0, 0, length)).contiguous();
    const std::int64_t n = logits.size(1);
    const float* from = logits.const_data_ptr<float>();
    for (std::size_t t = 0; t < read.size(); ++t, from += n) {
      const double normaliser = log_normaliser(from, n);
      for (const std::size_t i : members) out[i] += from[tokens[i][t + 1]] - normaliser;
    }
  }

  Pretrained model_;
  LanguageModelOptions options_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  ChatEncoder chat_;
  int context_ = 0;
  std::string identity_;
  std::shared_ptr<const Opening> opening_;  // the last one that was read
};

}  // namespace

std::unique_ptr<TextModel> make_language_model(Pretrained model, const LanguageModelOptions& options) {
  return std::make_unique<LanguageModel>(std::move(model), options);
}

std::unique_ptr<TextModel> open_language_model(const std::string& path, const LanguageModelOptions& options) {
  return make_language_model(load_pretrained(path, options.pretrained), options);
}

}  // namespace undertone
