#include "tests/simulation/ratings.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "metrics/statistics/distributions.h"

namespace undertone::simulation {
namespace {

using statistics::normal_cdf;
using statistics::normal_quantile;

constexpr double kScale = 1.2, kMiddle = 2.5, kShared = 0.7, kQuestion = 0.6, kRight = 0.65;
constexpr std::array<double, 5> kSteps = {0.5, 1.5, 2.5, 3.5, 4.5};
constexpr std::array<double, kClasses> kPrevalence = {0.4, 0.3, 0.2, 0.1};

// A standard normal that correlates with `other` by r.
double beside(double other, double r, Stream& random) {
  return r * other + std::sqrt(1 - r * r) * random.normal();
}

Rated rated(const Cell& c, double shift, const std::vector<double>& clip, const std::vector<double>& question,
            Stream& random) {
  Rated out;
  const double of_clip = std::sqrt(c.icc), within = std::sqrt(1 - c.icc),
               of_question = within * std::sqrt(kQuestion), residual = within * std::sqrt(1 - kQuestion);
  for (std::size_t s = 0; s < c.seeds; ++s) {
    out.seed_effects.push_back(c.seed_sd * random.normal());
    const double start = shift + out.seed_effects.back();
    out.these_seeds += expected_rating(start, 1) / static_cast<double>(c.seeds);
    for (std::size_t i = 0; i < c.items(); ++i)
      out.ratings.push_back(rating_of(start + of_clip * clip[i / c.questions] + of_question * question[i] +
                                      residual * random.normal()));
  }
  out.population = expected_rating(shift, std::sqrt(1 + c.seed_sd * c.seed_sd));
  return out;
}

}  // namespace

double rating_of(double latent) { return std::clamp(std::round(kMiddle + kScale * latent), 0.0, 5.0); }

double expected_rating(double mean, double deviation) {
  double sum = 0;
  for (const double step : kSteps) sum += normal_cdf((mean - (step - kMiddle) / kScale) / deviation);
  return sum;
}

TwoSystems two_systems(const Cell& c, double shift, Stream& random) {
  std::vector<double> clip, question, other_clip, other_question;
  for (std::size_t g = 0; g < c.clips; ++g) {
    clip.push_back(random.normal());
    other_clip.push_back(beside(clip.back(), kShared, random));
  }
  for (std::size_t i = 0; i < c.items(); ++i) {
    question.push_back(random.normal());
    other_question.push_back(beside(question.back(), kShared, random));
  }
  TwoSystems out;
  out.first = rated(c, 0, clip, question, random);
  out.second = rated(c, shift, other_clip, other_question, random);
  return out;
}

RatedTwice rated_twice(const Cell& c, double correlation, Stream& random) {
  RatedTwice out;
  const double of_clip = std::sqrt(c.icc), within = std::sqrt(1 - c.icc);
  for (std::size_t g = 0; g < c.clips; ++g) {
    const double x = random.normal(), y = beside(x, correlation, random);
    for (std::size_t q = 0; q < c.questions; ++q) {
      const double e = random.normal(), f = beside(e, correlation, random);
      out.x.push_back(rating_of(of_clip * x + within * e));
      out.y.push_back(rating_of(of_clip * y + within * f));
      out.clip.push_back(static_cast<std::uint32_t>(g));
    }
  }
  return out;
}

double population_spearman(double correlation) {
  constexpr int kPoints = 40000;
  constexpr double kReach = 8;
  std::array<std::array<double, 6>, 6> joint{};
  const double rest = std::sqrt(1 - correlation * correlation);
  for (int k = 0; k < kPoints; ++k) {  // midpoints
    const double x = -kReach + 2 * kReach * (k + 0.5) / kPoints;
    const double weight = std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0)) * 2 * kReach / kPoints;
    double below = 0;
    auto& row = joint[static_cast<std::size_t>(rating_of(x))];
    for (std::size_t y = 0; y < 6; ++y) {
      const double up_to = y < 5 ? normal_cdf(((kSteps[y] - kMiddle) / kScale - correlation * x) / rest) : 1;
      row[y] += weight * (up_to - below);
      below = up_to;
    }
  }
  std::array<double, 6> px{}, py{}, mx{}, my{};
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < 6; ++j) px[i] += joint[i][j], py[j] += joint[i][j];
  const auto midranks = [](const std::array<double, 6>& p, std::array<double, 6>& m) {
    double below = 0;
    for (std::size_t i = 0; i < 6; ++i) m[i] = below + p[i] / 2 - 0.5, below += p[i];
  };
  midranks(px, mx);
  midranks(py, my);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    xx += px[i] * mx[i] * mx[i];
    yy += py[i] * my[i] * my[i];
    for (std::size_t j = 0; j < 6; ++j) xy += joint[i][j] * mx[i] * my[j];
  }
  return xy / std::sqrt(xx * yy);
}

Labelled labelled(const Cell& c, Stream& random) {
  Labelled out;
  const double of_clip = std::sqrt(c.icc), within = std::sqrt(1 - c.icc), right = normal_quantile(kRight);
  for (std::size_t g = 0; g < c.clips; ++g) {
    const double a = random.normal(), b = random.normal();
    for (std::size_t q = 0; q < c.questions; ++q) {
      const double u = normal_cdf(of_clip * a + within * random.normal());
      std::int32_t gold = 0;
      for (double sum = kPrevalence[0]; gold + 1 < static_cast<std::int32_t>(kClasses) && u > sum;)
        sum += kPrevalence[static_cast<std::size_t>(++gold)];
      std::int32_t said = gold;
      if (of_clip * b + within * random.normal() > right)
        said = static_cast<std::int32_t>((static_cast<std::uint64_t>(gold) + 1 + random.below(kClasses - 1)) %
                                         kClasses);
      out.gold.push_back(gold);
      out.answered.push_back(said);
      out.clip.push_back(static_cast<std::uint32_t>(g));
    }
  }
  return out;
}

double population_macro_f1() {
  double sum = 0;
  for (const double p : kPrevalence) {
    const double said = p * kRight + (1 - p) * (1 - kRight) / (kClasses - 1);
    sum += 2 * p * kRight / (p + said) / kClasses;
  }
  return sum;
}

}  // namespace undertone::simulation
