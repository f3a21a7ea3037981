#include <ATen/Parallel.h>
#include <torch/headeronly/version.h>

#include <malloc.h>
#include <climits>
#include <filesystem>

#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/model/placement.h"
#include "harness/run/worker/speech_lm_inputs.h"
#include "harness/train/trainer.h"

namespace undertone::worker {
namespace {

// A step frees and asks for the same hundreds of megabytes: given back to the system each time, they would be
// zeroed by it again, some percent of a step.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest that glibc takes
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_ARENA_MAX, 1);  // arenas of threads are given back in any case
#endif
}

}  // namespace

// Settings: {"model": {...}, "recipe": {...}, "state": folder kept between attempts (optional),
// "feature_width" (only where there are no features)}.
void run_train(const Job& job, EventSink& sink) {
  keep_freed_memory();
  // The trainer's threads are its own, one a part of the batch; torch's would come on top.
  at::set_num_threads(1);
  const at::Device device = device_from(job.device, job.dtype);
  const SpeechInputs in = read_speech_inputs(job, true);
  const SpeechLMConfig config = asked_config(job, in);
  const PretrainedDecoder* pretrained = in.pretrained ? &*in.pretrained : nullptr;
  SpeechLM model;
  if (job.has_input("init")) {
    model = load_speech_lm(job.input("init"), in.encoder->identity(), pretrained);
    require_same_config(model.config(), config, job.input("init"));
  } else if (pretrained != nullptr) {
    model = speech_lm_with(pretrained->decoder, config, job.stream + "/start");
  } else {
    model = random_speech_lm(config, job.stream + "/start");
  }
  place(model, device);

  TrainingTask task;
  task.recipe = recipe_from_json(job.settings.at("recipe"));
  task.stream = job.stream;
  task.items = &in.items;
  task.encoder = in.encoder.get();
  task.features = in.features;
  task.threads = job.threads;
  task.state_folder = job.settings.get("state", "");
  Json identity = Json::object();
  identity["model"] = to_json(config);
  identity["recipe"] = to_json(task.recipe);
  identity["stream"] = job.stream;
  identity["items"] = sha256_file(job.input("items"));
  identity["vocabulary"] = in.encoder->identity();
  identity["init"] = job.has_input("init") ? sha256_file(job.input("init")) : "";
  identity["features"] = job.has_input("features") ? sha256_file(job.input("features") + "/index.jsonl") : "";
  identity["libtorch"] = TORCH_VERSION;
  if (!device.is_cpu()) identity["device"] = c10::DeviceTypeName(device.type(), true);
  task.state_identity = sha256_hex(identity.canonical());
  task.progress = [&](std::int64_t step, std::int64_t steps, double loss) {
    char note[32];
    std::snprintf(note, sizeof note, "loss %.3f", loss);
    sink.progress(step, steps, note);
  };
  const TrainingReport report = train(model, task);

  place(model, at::kCPU);
  std::filesystem::create_directories(job.output);
  std::string log;
  for (const std::string& line : report.log) log += line + "\n";
  write_file_atomically(job.output + "/log.jsonl", log);
  save_speech_lm(job.output + "/checkpoint.safetensors", model, in.encoder->identity());

  Json about = Json::object();
  about["steps"] = report.steps;
  about["steps_now"] = report.steps_now;
  about["items"] = report.items;
  about["target_tokens"] = report.target_tokens;
  about["parameters"] = report.parameters;
  about["trained_parameters"] = report.trained_parameters;
  about["final_loss"] = report.final_loss;
  about["seconds"] = report.seconds;
  about["device"] = device.str();
  about["threads"] = job.threads;
  if (pretrained != nullptr) about["decoder"] = in.decoder_facts;
  sink.done(std::move(about));
}

}  // namespace undertone::worker
