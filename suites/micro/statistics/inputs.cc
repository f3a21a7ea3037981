#include "suites/micro/statistics/inputs.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "harness/core/files.h"
#include "harness/core/random.h"

namespace undertone::micro {
namespace {

double rating(double v) { return std::clamp(std::round(v), 0.0, 5.0); }

// Two ratings of one hidden quality.
void ratings(Stream& random, double quality, std::vector<double>& x, std::vector<double>& y) {
  x.push_back(rating(quality + 0.8 * random.normal()));
  y.push_back(rating(quality + 1.1 * random.normal()));
}

void labels(Stream& random, std::vector<std::int32_t>& gold, std::vector<std::int32_t>& answered) {
  const auto any = [&] { return static_cast<std::int32_t>(random.below(kClasses)); };
  gold.push_back(any());
  answered.push_back(random.uniform() < 0.6 ? gold.back() : any());
}

Inputs make() {
  Inputs in;
  Stream clustered("micro/statistics/clustered");
  for (std::size_t c = 0; c < kClips; ++c) {
    const double level = clustered.normal();
    for (std::size_t q = 0; q < kQuestions; ++q) {
      in.clip.push_back(static_cast<std::uint32_t>(c));
      in.score.push_back(2.6 + 0.6 * level + clustered.normal());
      in.baseline.push_back(2.5 + 0.6 * level + clustered.normal());
      labels(clustered, in.gold, in.answered);
      ratings(clustered, 2.5 + 0.8 * level + 0.8 * clustered.normal(), in.rating_x, in.rating_y);
    }
  }
  Stream items("micro/statistics/items");
  for (int i = 0; i < 1000; ++i) {
    in.values.push_back(items.normal());
    ratings(items, 2.5 + 1.2 * items.normal(), in.item_x, in.item_y);
    in.smooth_x.push_back(items.normal());
    in.smooth_y.push_back(0.5 * in.smooth_x.back() + items.normal());
  }
  for (int i = 0; i < 2610; ++i) labels(items, in.item_gold, in.item_answered);
  Stream many("micro/statistics/many");
  for (std::size_t i = 0; i < kMany; ++i) {
    ratings(many, 2.5 + 1.2 * many.normal(), in.many_x, in.many_y);
    labels(many, in.many_gold, in.many_answered);
    in.many_smooth_x.push_back(many.normal());
    in.many_smooth_y.push_back(0.5 * in.many_smooth_x.back() + many.normal());
  }
  return in;
}

template <class T>
void write(const std::string& folder, const char* name, const std::vector<T>& values) {
  write_file_atomically(folder + "/" + name, std::string_view(reinterpret_cast<const char*>(values.data()),
                                                              values.size() * sizeof(T)));
}

}  // namespace

const Inputs& inputs() {
  static const Inputs made = make();
  return made;
}

void write_inputs(const std::string& folder) {
  const Inputs& in = inputs();
  write(folder, "clip.u32", in.clip);
  write(folder, "score.f64", in.score), write(folder, "baseline.f64", in.baseline);
  write(folder, "gold.i32", in.gold), write(folder, "answered.i32", in.answered);
  write(folder, "rating_x.f64", in.rating_x), write(folder, "rating_y.f64", in.rating_y);
  write(folder, "values.f64", in.values);
  write(folder, "item_x.f64", in.item_x), write(folder, "item_y.f64", in.item_y);
  write(folder, "many_x.f64", in.many_x), write(folder, "many_y.f64", in.many_y);
  write(folder, "item_gold.i32", in.item_gold), write(folder, "item_answered.i32", in.item_answered);
  write(folder, "smooth_x.f64", in.smooth_x), write(folder, "smooth_y.f64", in.smooth_y);
  write(folder, "many_gold.i32", in.many_gold), write(folder, "many_answered.i32", in.many_answered);
  write(folder, "many_smooth_x.f64", in.many_smooth_x), write(folder, "many_smooth_y.f64", in.many_smooth_y);
}

}  // namespace undertone::micro
