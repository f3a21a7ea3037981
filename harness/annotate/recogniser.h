// The emotion recogniser that makes predicted metadata: mean and spread of the frozen encoder's features over
// a segment, one hidden layer, and heads for the emotion category, valence/arousal/dominance and the
// speaker's gender. Trained here.
//
// Where segments begin and end is taken from the transcript (the paper's pipeline gets them from a recogniser
// with aligned words): what is predicted is what was felt and who speaks, not when.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "harness/core/json.h"
#include "harness/core/nouns.h"
#include "harness/model/features.h"

namespace undertone {

struct RecogniserOptions {
  int folds = 5;
  int epochs = 12;   // more where the data are so few that these make under 300 steps
  int hidden = 128;  // 0: linear heads on the pooled features
  int batch_items = 64;
  double learning_rate = 2e-3;  // AdamW, cosine down to zero
  double weight_decay = 1e-2;
  double dropout = 0.3;
  std::int64_t seed = 1;
  std::vector<std::string> categories;  // empty: those of the training segments, sorted
};
RecogniserOptions recogniser_options(const Json& settings);  // names as above; absent ones keep their default

inline constexpr std::array<const char*, 3> kDimensions{"valence", "arousal", "dominance"};
inline constexpr std::array<const char*, 2> kGenders{"female", "male"};

// One segment, ready to learn from. Absent gold is not learnt from (and not scored).
struct RecogniserItem {
  std::string clip;
  std::size_t segment = 0;  // within the clip
  std::string split;        // "train", "dev", "test"
  std::string unit;         // what statistics resample
  std::string speaker;
  double start_seconds = 0, end_seconds = 0;
  std::string category;  // "" where not annotated
  std::array<std::optional<double>, 3> dimensions;
  std::string gender;
  std::vector<float> pooled;  // [2 x width]: means, then standard deviations
};

// Items of all segments in the order of (clip id, segment), whatever order the clips have. A clip without
// features throws Error{store}.
std::vector<RecogniserItem> recogniser_items(std::span<const Clip> clips, const FeatureStore& features);
// Mean and standard deviation over the frames from floor(50 x start) to ceil(50 x end), at least one frame.
std::vector<float> pool_segment(const FeatureStore& features, const std::string& clip, double start_seconds,
                                double end_seconds);

struct SegmentPrediction {
  std::string category;
  double confidence = 0;                            // of the category, [0, 1]
  std::array<std::optional<double>, 3> dimensions;  // absent when no training segment was annotated
  std::string gender;                               // "" when no training segment's is known
  double gender_confidence = 0;
};

class Recogniser {
 public:
  // Fits on the items whose indices are given (in this order; shuffling is by the stream). Loss:
  // cross-entropy weighted to equal categories, 1 - concordance (Lin 1989) per dimension where annotated,
  // cross-entropy of the gender. Throws Error{data} when no item has a category, Error{model} when the loss
  // is not finite.
  static Recogniser fit(std::span<const RecogniserItem> items, std::span<const std::size_t> chosen,
                        const RecogniserOptions& options, const std::string& stream);
  std::vector<SegmentPrediction> predict(std::span<const RecogniserItem> items,
                                         std::span<const std::size_t> chosen) const;
  const std::vector<std::string>& categories() const { return categories_; }
  std::int64_t parameters() const;
  void save(const std::string& path) const;  // safetensors; categories and kind of heads in the metadata

 private:
  struct Heads {
    at::Tensor category, dimensions, gender;  // logits [n, categories], [n, 3], [n, 2]
  };
  at::Tensor inputs(std::span<const RecogniserItem> items,
                    std::span<const std::size_t> chosen) const;  // standardised
  Heads forward(const at::Tensor& x,
                const at::Tensor& keep) const;  // keep: dropout mask with its scale, or undefined

  std::vector<std::string> categories_;
  bool has_dimensions_ = false, has_gender_ = false;
  at::Tensor mean_, scale_;  // [2 x width]
  std::vector<at::Tensor>
      parameters_;  // hidden weight and bias (unless linear), then weight and bias of the heads, joined
};

// ---- Cross-fitting
// ------------------------------------------------------------------------------------------------

// Fold of every training item (others: -1), so that no speaker and no unit is in two folds: speakers who
// share a clip stay together. At most options.folds; fewer when there are fewer such groups. Throws
// Error{data} for fewer than two.
std::vector<int> assign_folds(std::span<const RecogniserItem> items, int folds, const std::string& stream);

struct CrossFitted {
  std::vector<SegmentPrediction> predictions;  // per item: out of fold for train, from `full` for the others
  std::vector<int> fold;                       // -1: predicted by `full`
  int folds = 0;
  Recogniser full;  // fitted on all training items
};
// `progress` is told how many of folds + 1 fits are done.
CrossFitted cross_fit(std::span<const RecogniserItem> items, const RecogniserOptions& options,
                      const std::string& stream,
                      const std::function<void(int done, int total)>& progress = {});

}  // namespace undertone
