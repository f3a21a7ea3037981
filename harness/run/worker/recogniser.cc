// Stage "recogniser": predicted metadata for every clip; training clips get theirs from the fold that did not
// hear them.
#include "harness/annotate/recogniser.h"

#include <filesystem>

#include "harness/annotate/evaluation.h"
#include "harness/core/files.h"
#include "harness/run/worker/jobs.h"

namespace undertone::worker {
namespace {

// One line a clip, in the order of clips.jsonl: {clip, fold (absent: the full fit), segments:
// [EmotionAnnotation + gender, gender_confidence]}.
std::string prediction_lines(std::span<const Clip> clips, std::span<const RecogniserItem> items,
                             const CrossFitted& fitted) {
  std::map<std::string, std::vector<std::size_t>> by_clip;
  for (std::size_t i = 0; i < items.size(); ++i) by_clip[items[i].clip].push_back(i);
  std::string out;
  for (const Clip& clip : clips) {
    Json line = Json::object();
    line["clip"] = clip.id;
    Json segments = Json::array();
    for (std::size_t i : by_clip[clip.id]) {
      const SegmentPrediction& p = fitted.predictions[i];
      if (fitted.fold[i] >= 0) line["fold"] = fitted.fold[i];
      EmotionAnnotation e;
      e.category = p.category;
      e.valence = p.dimensions[0];
      e.arousal = p.dimensions[1];
      e.dominance = p.dimensions[2];
      e.start_seconds = items[i].start_seconds;
      e.end_seconds = items[i].end_seconds;
      e.confidence = p.confidence;
      e.source = AnnotationSource::predicted;
      Json segment = to_json(e);
      if (!p.gender.empty()) {
        segment["gender"] = p.gender;
        segment["gender_confidence"] = p.gender_confidence;
      }
      segments.push_back(std::move(segment));
    }
    line["segments"] = std::move(segments);
    out += line.dump() + "\n";
  }
  return out;
}

}  // namespace

void run_recogniser(const Job& job, EventSink& sink) {
  const RecogniserOptions options = recogniser_options(job.settings);
  std::vector<Clip> clips;
  for (const Json& line : read_jsonl_file(job.input("clips"))) clips.push_back(clip_from_json(line));
  const FeatureStore features(job.input("features"));
  const std::vector<RecogniserItem> items = recogniser_items(clips, features);
  const std::string stream = job.stream + "/seed=" + std::to_string(options.seed);
  const CrossFitted fitted =
      cross_fit(items, options, stream, [&](int done, int total) { sink.progress(done, total, "folds"); });

  const std::filesystem::path folder(job.output);
  fitted.full.save((folder / "model.safetensors").string());
  write_file_atomically((folder / "predictions.jsonl").string(), prediction_lines(clips, items, fitted));
  write_file_atomically((folder / "report.json").string(),
                        recogniser_report(items, fitted, options, stream).dump(1) + "\n");

  Json about = Json::object();
  about["segments"] = static_cast<std::int64_t>(items.size());
  about["folds"] = fitted.folds;
  about["parameters"] = fitted.full.parameters();
  about["threads"] = job.threads;
  sink.done(std::move(about));
}

}  // namespace undertone::worker
