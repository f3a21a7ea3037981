// micro_decoder: what suites/peers/decoder_peers.py asks of our side beyond undertone-model's own jobs: token
// ids, the batches and the start of a training, one decoder pass over given shapes, and the machine's rate of
// matrix products. A command is a line of JSON on standard input, and so is its answer on standard output.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <iostream>
#include <thread>

#include "harness/core/error.h"
#include "harness/model/chat_encoder.h"
#include "harness/model/item_encoder.h"
#include "harness/model/pretrained.h"
#include "harness/model/speech_lm.h"
#include "harness/train/sampler.h"
#include "suites/micro/measure.h"

namespace undertone::micro {
namespace {

std::vector<std::int64_t> integers(const Json& list) {
  std::vector<std::int64_t> out;
  for (const Json& v : list.elements()) out.push_back(v.as_int());
  return out;
}

Json listed(const std::vector<std::int64_t>& values) {
  Json out = Json::array();
  for (const std::int64_t v : values) out.push_back(v);
  return out;
}

// Numbers that any language makes alike; the script has the same line.
at::Tensor wave(std::int64_t rows, std::int64_t columns, double pitch, double scale) {
  return (scale * at::sin(pitch * at::arange(rows * columns, at::kDouble) + 0.3))
      .to(at::kFloat)
      .view({rows, columns});
}

class Ours {
 public:
  Ours(const std::string& weights, int threads)
      : threads_(threads), model_(load_pretrained(weights)), tokenizer_(make_tokenizer(model_.tokenizer)) {
    at::set_num_threads(threads);
  }

  Json answer(const Json& command) {
    const std::string what = command.at("do").as_string();
    if (what == "about") return about();
    if (what == "peak") return peak();
    if (what == "encode") return encode(command);
    if (what == "prefill") return prefill(command);
    if (what == "batches") return batches(command);
    if (what == "pass") return pass(command);
    throw Error(ErrorKind::data, "no command is called '" + what + "'");
  }

 private:
  Json about() const {
    Json ends = Json::array();
    for (const std::int32_t id : model_.end_tokens) ends.push_back(std::int64_t{id});
    return Json::object({{"libtorch", TORCH_VERSION},
                         {"threads", threads_},
                         {"precision", to_string(model_.precision.precision)},
                         {"chat_template", model_.chat_template},
                         {"end_tokens", ends}});
  }

  // The best of some products of 2048 x 2048: what the rest is a share of.
  Json peak() const {
    const c10::InferenceMode inference;
    const at::Tensor a = wave(2048, 2048, 0.7, 1), b = wave(2048, 2048, 1.3, 1);
    double best = 1e30;
    for (int i = 0; i < 6; ++i) best = std::min(best, seconds_of([&] { at::mm(a, b); }));
    return Json::object({{"flops", 2.0 * 2048 * 2048 * 2048 / best}});
  }

  Json encode(const Json& command) const {
    const ChatEncoder chat(tokenizer_, model_.tokenizer, model_.chat_template);
    Json out = Json::array();
    for (const Json& prompt : command.at("prompts").elements()) {
      const std::vector<Message> messages{{"user", prompt.as_string()}};
      out.push_back(listed(chat.prompt(messages)));
    }
    return Json::object({{"ids", out}});
  }

  // One prompt into a key-value cache, and the logits behind it.
  Json prefill(const Json& command) const {
    const c10::InferenceMode inference;
    const std::vector<std::int64_t> ids = integers(command.at("ids"));
    const auto n = static_cast<std::int64_t>(ids.size());
    at::Tensor logits;
    const double seconds = seconds_of([&] {
      KeyValueCache cache;
      logits = decoder_logits(
          model_.decoder,
          decoder_prefill(model_.decoder, embed_tokens(model_.decoder, at::tensor(ids)), {n}, n, 0, cache));
    });
    Json some = Json::array();
    for (std::int64_t i = 0; i < logits.size(1); i += 997) some.push_back(logits[0][i].item<double>());
    return Json::object(
        {{"seconds", seconds}, {"token", logits.argmax(1).item<std::int64_t>()}, {"logits", some}});
  }

  // What the "train" job of the same settings will draw and start from; the adapter's start is written to
  // `start` as safetensors.
  Json batches(const Json& command) const {
    const auto encoder =
        make_item_encoder(tokenizer_, model_.chat_template, model_.tokenizer.add_bos, model_.end_tokens);
    const std::vector<Item> items = read_items(command.at("items").as_string(), true);
    const Recipe recipe = recipe_from_json(command.at("recipe"));
    const std::string stream = command.at("stream").as_string();
    Json out = Json::object({{"opening", listed(encoder->opening())}}), encoded = Json::array();
    std::vector<SampledItem> sampled;
    for (const Item& item : items) {
      const EncodedItem one = encoder->encode(item);
      encoded.push_back(Json::object(
          {{"prefix", listed(one.prefix)}, {"prompt", listed(one.prompt)}, {"target", listed(one.target)}}));
      sampled.push_back({item.pool, item.type, false, static_cast<std::int64_t>(one.target.size())});
    }
    out["items"] = encoded;
    Sampler sampler(sampled, recipe, stream + "/batch");
    Json drawn = Json::array(), rates = Json::array();
    for (std::int64_t step = 0; step < recipe.steps; ++step) {
      Json batch = Json::array();
      for (const std::size_t i : sampler.next()) batch.push_back(static_cast<std::int64_t>(i));
      drawn.push_back(batch);
      rates.push_back(learning_rate_at(recipe, step));
    }
    out["batches"] = drawn;
    out["rates"] = rates;
    const SpeechLMConfig config =
        speech_lm_config_for(command.at("model"), 512, model_.decoder.config, model_.identity);
    SpeechLM start = speech_lm_with(model_.decoder, config, stream + "/start");
    save_speech_lm(command.at("start").as_string(), start, encoder->identity());
    out["output_scale"] = start.adapter.config.output_scale;
    return out;
  }

  // Forward and backward of equal sequences through the frozen decoder, cut in as many parts as threads, each
  // on one thread, as the trainer does: the gradient of the mean loss of the last `labels` tokens with
  // respect to the input rows.
  Json pass(const Json& command) const {
    const std::int64_t sequences = command.at("sequences").as_int(), time = command.at("time").as_int(),
                       labels = command.at("labels").as_int(), width = model_.decoder.config.width;
    const at::Tensor x = wave(sequences * time, width, 0.7, 0.1);
    const at::Tensor wanted =
        at::arange(sequences * labels, at::kLong) * 7919 % model_.decoder.config.vocabulary;
    const std::int64_t parts = threads_, share = sequences / parts;
    if (share * parts != sequences)
      throw Error(ErrorKind::data, "the number of sequences is not a multiple of the threads");
    std::vector<double> losses(static_cast<std::size_t>(parts)), sums(losses);
    at::set_num_threads(1);
    const double seconds = seconds_of([&] {
      std::vector<std::thread> threads;
      for (std::int64_t p = 0; p < parts; ++p)
        threads.emplace_back([&, p] {
          const at::Tensor rows = x.narrow(0, p * share * time, share * time).detach().requires_grad_(true);
          const at::Tensor at = (at::arange(share, at::kLong).unsqueeze(1) * time + time - labels +
                                 at::arange(labels, at::kLong).unsqueeze(0))
                                    .reshape({-1});
          const SequenceLayout layout =
              sequence_layout(std::vector<std::int64_t>(static_cast<std::size_t>(share), time));
          const at::Tensor logits =
              decoder_logits(model_.decoder, decoder_forward(model_.decoder, rows, layout, at));
          const at::Tensor loss =
              at::cross_entropy_loss(logits, wanted.narrow(0, p * share * labels, share * labels), {},
                                     at::Reduction::Sum) /
              static_cast<double>(sequences * labels);
          const at::Tensor gradient = torch::autograd::grad({loss}, {rows}).at(0);
          losses[static_cast<std::size_t>(p)] = loss.item<double>();
          sums[static_cast<std::size_t>(p)] = gradient.abs().sum(at::kDouble).item<double>();
        });
      for (std::thread& thread : threads) thread.join();
    });
    at::set_num_threads(threads_);
    double loss = 0, sum = 0;
    for (std::size_t p = 0; p < losses.size(); ++p) loss += losses[p], sum += sums[p];
    return Json::object({{"seconds", seconds}, {"loss", loss}, {"gradient", sum}});
  }

  int threads_;
  Pretrained model_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

int serve(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: micro_decoder WEIGHTS THREADS < commands\n");
    return 2;
  }
  try {
    Ours ours(argv[1], std::stoi(argv[2]));
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << ours.answer(parse_json(line, "command")).dump() << std::endl;
    }
  } catch (const Error& e) {
    fmt::print(stderr, "micro_decoder: {}\n", e.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace undertone::micro

int main(int argc, char** argv) { return undertone::micro::serve(argc, argv); }
