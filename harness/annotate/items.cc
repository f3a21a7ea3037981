#include <algorithm>
#include <cmath>

#include "harness/annotate/recogniser.h"
#include "harness/weights/tensor_file.h"

namespace undertone {

RecogniserOptions recogniser_options(const Json& settings) {
  RecogniserOptions o;
  o.folds = static_cast<int>(settings.get("folds", o.folds));
  o.epochs = static_cast<int>(settings.get("epochs", o.epochs));
  o.hidden = static_cast<int>(settings.get("hidden", o.hidden));
  o.batch_items = static_cast<int>(settings.get("batch_items", o.batch_items));
  o.learning_rate = settings.get("learning_rate", o.learning_rate);
  o.weight_decay = settings.get("weight_decay", o.weight_decay);
  o.dropout = settings.get("dropout", o.dropout);
  o.seed = settings.get("seed", o.seed);
  if (const Json* categories = settings.find("categories"))
    for (const Json& c : categories->elements()) o.categories.push_back(c.as_string());
  return o;
}

std::vector<float> pool_segment(const FeatureStore& features, const std::string& clip, double start_seconds,
                                double end_seconds) {
  const auto half = features.half_rows(clip);
  const auto width = static_cast<std::size_t>(features.width());
  const auto frames = static_cast<std::int64_t>(half.size() / width);
  const auto first = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(std::floor(start_seconds * kFeatureFramesPerSecond)), 0, frames - 1);
  const auto last = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(std::ceil(end_seconds * kFeatureFramesPerSecond)), first + 1, frames);
  std::vector<double> sum(width, 0), squares(width, 0);
  for (std::int64_t t = first; t < last; ++t)
    for (std::size_t c = 0; c < width; ++c) {
      const double v = half_to_float(half[static_cast<std::size_t>(t) * width + c]);
      sum[c] += v;
      squares[c] += v * v;
    }
  const auto n = static_cast<double>(last - first);
  std::vector<float> out(2 * width);
  for (std::size_t c = 0; c < width; ++c) {
    const double mean = sum[c] / n;
    out[c] = static_cast<float>(mean);
    out[width + c] = static_cast<float>(std::sqrt(std::max(0.0, squares[c] / n - mean * mean)));
  }
  return out;
}

std::vector<RecogniserItem> recogniser_items(std::span<const Clip> clips, const FeatureStore& features) {
  std::vector<const Clip*> sorted;
  for (const Clip& c : clips) sorted.push_back(&c);
  std::sort(sorted.begin(), sorted.end(), [](const Clip* a, const Clip* b) { return a->id < b->id; });
  std::vector<RecogniserItem> out;
  for (const Clip* clip : sorted)
    for (std::size_t i = 0; i < clip->segments.size(); ++i) {
      const Segment& s = clip->segments[i];
      RecogniserItem item;
      item.clip = clip->id;
      item.segment = i;
      item.split = clip->split == "dev" || clip->split == "test" ? clip->split : "train";
      item.unit = clip->unit;
      item.speaker = s.speaker;
      item.start_seconds = s.start_seconds;
      item.end_seconds = s.end_seconds;
      item.gender = s.gender;
      if (s.emotion) {
        item.category = s.emotion->category;
        item.dimensions = {s.emotion->valence, s.emotion->arousal, s.emotion->dominance};
      }
      item.pooled = pool_segment(features, clip->id, s.start_seconds, s.end_seconds);
      out.push_back(std::move(item));
    }
  return out;
}

}  // namespace undertone
