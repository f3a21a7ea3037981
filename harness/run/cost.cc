#include "harness/run/cost.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/json.h"
#include "harness/run/worker_process.h"

namespace undertone {
namespace {

// Of the rate of one large product that the stages reach, everything between the products included: measured
// on a miniature's and on a pretrained decoder's training, which lie close together.
constexpr double kEfficiency = 0.65;
constexpr double kFramesPerSecond = 50;  // of the encoder's features
constexpr double kBytesPerSecond = 8e9;  // of memory, a thread: what reading weights for one token costs
constexpr double kMetadataTokens = 12;   // of the time-stamped labels of a clip of one to two utterances
constexpr double kWorkerStart = 1.0;     // seconds: process, files, checkpoint
constexpr std::int64_t kWorkerBytes = 350ll << 20;  // libtorch itself

std::string processor() {
  try {
    const std::string info = read_file("/proc/cpuinfo");
    if (const auto at = info.find("model name"); at != std::string::npos) {
      const auto colon = info.find(": ", at);
      return info.substr(colon + 2, info.find('\n', at) - colon - 2);
    }
  } catch (const Error&) {
    // Not every system tells.
  }
  return "unknown";
}

// Processes that wanted to run, on average over the last minute; 0 where the system does not tell.
double running_now() {
  double load[1] = {0};
  return ::getloadavg(load, 1) == 1 ? load[0] : 0;
}

// Rows of the decoder that one item takes.
struct Rows {
  double audio = 0, text = 0;
  double all() const { return audio + text; }
};

Rows rows_of(const Workload& work, const ModelSizes& model, Heard heard, bool metadata) {
  Rows rows;
  const double words = model.tokens_per_word;
  if (heard == Heard::audio) rows.audio = work.seconds * kFramesPerSecond / model.adapter.stack + 0.5;
  rows.text = model.frame_tokens + work.prompt_words * words + 3;
  if (heard == Heard::transcript) rows.text += work.transcript_words * words + 2;
  if (metadata) rows.text += kMetadataTokens * words;
  return rows;
}

double attention_flops(const DecoderSizes& d, double length) {  // a row, forward
  return 2 * 2 * d.layers * d.heads * d.head_width * length;
}

std::int64_t in_bytes(double floats) { return static_cast<std::int64_t>(4 * floats); }

}  // namespace

MachineRate machine_rate(const std::string& model_program, int threads, const std::string& cache_file) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const std::string name = fmt::format("{}, {} threads", processor(), threads);
  Json known = Json::object();
  try {
    known = read_json_file(cache_file);
    if (const Json* rate = known.find(name)) return {rate->as_double(), "measured before"};
  } catch (const Error&) {
    known = Json::object();  // none yet, or broken: measured anew
  }
  const bool busy_before = running_now() > 0.3 * std::thread::hardware_concurrency();
  try {
    WorkerProcess worker(model_program);
    WorkerJob job;
    job.stage = "calibrate";
    job.threads = threads;
    const double flops = worker.run(job, [](const Json&) {}).at("flops_per_thread").as_double();
    if (busy_before) return {flops, "measured on a busy machine"};
    known[name] = flops;
    try {
      write_file_atomically(cache_file, known.dump(1) + "\n");
    } catch (const Error&) {
      // A plan needs no place to write to.
    }
    return {flops, "measured"};
  } catch (const Error& e) {
    return {30e9, "assumed: " + e.what_happened()};
  }
}

AdapterSizes adapter_sizes(const Json& adapter, double feature_width, double decoder_width) {
  AdapterSizes out;
  out.stack = static_cast<double>(adapter.get("stack", 5));
  std::vector<double> hidden;
  const bool gated = adapter.get("kind", "mlp") == "gated";
  if (const Json* h = adapter.find("hidden"); h && h->is_array())
    for (const Json& v : h->elements()) hidden.push_back(v.as_double());
  else
    hidden.assign(gated ? 1 : 2, h ? h->as_double() : 512);
  double from = out.stack * feature_width;
  for (const double h : hidden) {
    out.parameters += from * h;
    from = h;
  }
  if (gated) out.parameters += 2 * from * from;
  out.parameters += from * decoder_width;
  return out;
}

Estimated corpus_cost(const Workload& work, double flops, int workers) {
  // The synthesiser takes 9 ms for a second of speech where a thread multiplies at 86 GFLOP/s.
  return {1 + work.speech_seconds() * 0.009 * 86e9 / flops / workers, 200ll << 20, 0,
          static_cast<std::int64_t>(work.clips)};
}

Estimated features_cost(const Workload& work, const ModelSizes& model, double flops, int workers) {
  // Clips are padded to the next half second.
  const double frames = (work.seconds + 0.25) * kFramesPerSecond;
  const double one =
      frames * (2 * model.encoder_parameters + 4 * model.encoder_layers * model.feature_width * frames);
  Estimated out;
  out.seconds = kWorkerStart + work.clips * one / (kEfficiency * flops) / workers;
  out.bytes = kWorkerBytes + in_bytes(model.encoder_parameters + frames * model.feature_width * 40);
  out.items = static_cast<std::int64_t>(work.clips);
  return out;
}

Estimated recogniser_cost(const Workload& work, const Json& settings, const ModelSizes& model, double flops) {
  const double folds = static_cast<double>(settings.get("folds", 5)) + 1,
               epochs = static_cast<double>(settings.get("epochs", 12)),
               hidden = static_cast<double>(settings.get("hidden", 128));
  const double pooling = work.clips * work.seconds * kFramesPerSecond * model.feature_width * 6;
  const double passes = folds * epochs * work.clips * 6 * 2 * model.feature_width * std::max(hidden, 8.0);
  return {kWorkerStart + (pooling + passes) / (0.25 * flops),
          kWorkerBytes + in_bytes(work.clips * 6 * model.feature_width), 0,
          static_cast<std::int64_t>(work.clips)};
}

Estimated train_cost(const Workload& work, const RecipeSpec& recipe, const ModelSizes& model, bool metadata,
                     double flops) {
  const DecoderSizes& d = model.decoder;
  const double target = work.target_words * model.tokens_per_word + 1;
  const double audio_items = recipe.target_tokens > 0 ? recipe.target_tokens / target : recipe.batch_items;
  const Rows heard = rows_of(work, model, Heard::audio, metadata),
             read = rows_of(work, model, Heard::transcript, true);
  const bool decoder = recipe.trains != "adapter", adapter = recipe.trains != "decoder";
  const double rows =
      audio_items * (heard.all() + target - 1) + recipe.text_items * (read.all() + target - 1);
  const double labels = (audio_items + recipe.text_items) * target;
  // Forward, backward to the input, and to the weights where they are trained.
  const double blocks =
      rows * (2 * d.block_parameters() + attention_flops(d, heard.all())) * (decoder ? 3 : 2);
  const double logits = labels * 2 * d.vocabulary * d.width * (decoder ? 3 : 2);
  const double adapting = audio_items * heard.audio * 2 * model.adapter.parameters * (adapter ? 3 : 1);
  const double trained = (decoder ? d.parameters() : 0) + (adapter ? model.adapter.parameters : 0);
  const double threads = std::min(recipe.threads, 2);  // the parts that a batch is cut into
  Estimated out;
  out.seconds =
      kWorkerStart + (model.pretrained ? 2 : 0) +
      recipe.steps * ((blocks + logits + adapting) / (kEfficiency * flops) + trained * 4e-9) / threads;
  // What a block keeps of a row for the way back, and the logits with their gradient.
  const double kept = d.layers * (4 * d.width + 2 * (d.heads + 2 * d.kv_heads) * d.head_width + 3 * d.ff);
  out.bytes =
      kWorkerBytes + in_bytes(d.parameters() + 6 * trained + rows * kept + 3 * labels * d.vocabulary +
                              audio_items * heard.audio * 4 * model.adapter.stack * model.feature_width);
  out.items = recipe.steps;
  return out;
}

Estimated answer_cost(const Workload& work, double items, Heard heard, bool metadata, double max_new_tokens,
                      double batch, const ModelSizes& model, double flops) {
  const DecoderSizes& d = model.decoder;
  const double rows = rows_of(work, model, heard, metadata).all() + 4;  // rounded up to a bucket
  // A batch goes on until its longest answer ends.
  const double steps = std::min(max_new_tokens, 2 * work.target_words * model.tokens_per_word + 2);
  const double a_token = 2 * d.block_parameters() + 2 * d.vocabulary * d.width;
  const double prefill = rows * (2 * d.block_parameters() + attention_flops(d, rows));
  // The last batch of each bucket of lengths is filled up with rows that nobody reads.
  const double computed = items + batch * 4;
  const double reading = computed / batch * steps * 4 * d.parameters() / kBytesPerSecond;
  Estimated out;
  out.seconds = kWorkerStart + computed * (prefill + steps * a_token) / (kEfficiency * flops) + reading;
  out.bytes = kWorkerBytes +
              in_bytes(d.parameters() + batch * (rows + steps) * d.layers * 2 * d.kv_heads * d.head_width +
                       batch * rows * (4 * d.width + 3 * d.ff) + 3 * batch * d.vocabulary);
  out.items = static_cast<std::int64_t>(items);
  return out;
}

Estimated local_judge_cost(double verdicts, double opening_tokens, double own_tokens, double reply_tokens,
                           const DecoderSizes& d, int threads, double flops) {
  const double rate = kEfficiency * flops * threads, bandwidth = kBytesPerSecond * threads;
  const double weights = 4 * d.parameters();
  const auto reading = [&](double tokens, double seen) {
    return tokens * (2 * d.block_parameters() + attention_flops(d, seen)) / rate;
  };
  const double opening = reading(opening_tokens, opening_tokens / 2),
               prefill = reading(own_tokens, opening_tokens + own_tokens / 2);
  // Ratings: a few tokens behind the prompt, which cost reading the weights once. Replies: tokens one by one,
  // in batches of eight.
  constexpr double kBatch = 8;
  const double behind = reply_tokens > 0
                            ? reply_tokens * (weights / bandwidth / kBatch + 2 * d.parameters() / rate)
                            : weights / bandwidth;
  Estimated out;
  // 2 s: the weights are read and unpacked.
  out.seconds = kWorkerStart + 2 + opening + verdicts * (prefill + behind);
  const double longest = std::max(opening_tokens, own_tokens),
               rows = opening_tokens + own_tokens + (reply_tokens > 0 ? reply_tokens : kBatch);
  out.bytes =
      kWorkerBytes + in_bytes(1.5 * d.parameters() +
                              (reply_tokens > 0 ? kBatch : 1) *
                                  (rows * 2 * d.layers * d.kv_heads * d.head_width + 2 * d.vocabulary) +
                              longest * (4 * d.width + 3 * d.ff));
  out.items = static_cast<std::int64_t>(verdicts);
  return out;
}

}  // namespace undertone
