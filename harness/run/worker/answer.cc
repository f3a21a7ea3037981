#include "harness/answer/answerer.h"
#include "harness/model/placement.h"
#include "harness/run/worker/speech_lm_inputs.h"

namespace undertone::worker {
namespace {

AnswerOptions options_of(const Job& job) {
  Json own = job.settings;
  own.erase("feature_width");
  own.erase("model");
  return answer_options_from_json(own, job.stream);
}

SpeechLM load_for(const Job& job, const SpeechInputs& in, at::Device device) {
  const PretrainedDecoder* pretrained = in.pretrained ? &*in.pretrained : nullptr;
  // A pretrained decoder answers text as it is; audio needs an adapter.
  const bool alone = pretrained != nullptr && !job.has_input("checkpoint");
  SpeechLM model = alone ? SpeechLM{{}, pretrained->decoder, pretrained->identity}
                         : load_speech_lm(job.input("checkpoint"), in.encoder->identity(), pretrained);
  if (!alone && in.store && in.store->width() > 0 && model.adapter.config.feature_width != in.feature_width)
    throw Error(ErrorKind::weights,
                "the checkpoint's adapter reads features of width " +
                    std::to_string(model.adapter.config.feature_width) + ", these have " +
                    std::to_string(in.feature_width),
                job.input("checkpoint"), "use the encoder that the model was trained with");
  place(model, device);
  return model;
}

}  // namespace

// Settings: {"max_new_tokens", "batch", "bucket", "temperature"}.
void run_answer(const Job& job, EventSink& sink) {
  const AnswerOptions options = options_of(job);
  const at::Device device = device_from(job.device, job.dtype);
  const SpeechInputs in = read_speech_inputs(job, false);
  const SpeechLM model = load_for(job, in, device);
  std::int64_t given = 0;
  const auto total = static_cast<std::int64_t>(in.items.size());
  const AnsweringReport report = answer_items(model, in.items, *in.encoder, in.features, options,
                                              [&](std::size_t i, const Answer& answer) {
                                                sink.answer(in.items[i].id, answer);
                                                sink.progress(++given, total);
                                              });
  Json about = Json::object();
  about["items"] = report.items;
  about["batches"] = report.batches;
  about["generated_tokens"] = report.generated_tokens;
  about["seconds"] = report.seconds;
  about["device"] = device.str();
  about["threads"] = job.threads;
  if (in.pretrained) about["decoder"] = in.decoder_facts;
  sink.done(std::move(about));
}

// One "value" event an item: {values: [log-probability of its target in nats]}.
void run_score(const Job& job, EventSink& sink) {
  const at::Device device = device_from(job.device, job.dtype);
  const SpeechInputs in = read_speech_inputs(job, true);
  const SpeechLM model = load_for(job, in, device);
  std::int64_t given = 0;
  const auto total = static_cast<std::int64_t>(in.items.size());
  score_items(model, in.items, *in.encoder, in.features, [&](std::size_t i, double nats) {
    sink.values(in.items[i].id, {nats});
    sink.progress(++given, total);
  });
  Json about = Json::object();
  about["items"] = total;
  sink.done(std::move(about));
}

}  // namespace undertone::worker
