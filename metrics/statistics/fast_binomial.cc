#include "metrics/statistics/fast_binomial.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "harness/core/error.h"
#include "metrics/statistics/fast_philox.h"

namespace undertone::statistics {
namespace {

void need(bool holds, const char* what, const char* where) {
  if (!holds) throw Error(ErrorKind::internal, what, where);
}

double unit(std::uint64_t word) { return static_cast<double>(word >> 11) * 0x1.0p-53; }

// Natural logarithm of a positive normal number to about 1e-15. The C library's may differ in the last bit
// between machines (it picks a form by instruction set), and with it a draw.
double plain_log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xFFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
  if (m > 1.4142135623730951) m *= 0.5, ++exponent;
  const double s = (m - 1) / (m + 1), z = s * s;  // log m = 2 atanh s
  double sum = 1.0 / 21;
  for (int k = 19; k >= 1; k -= 2) sum = sum * z + 1.0 / k;
  return exponent * 0.69314718055994530942 + 2 * s * sum;
}

// log k! less Stirling's formula at k + 1 (Hoermann's f_c), within 4e-11.
double stirling_remainder(double k) {
  static constexpr double kFirst[] = {0.08106146679532726, 0.04134069595540929, 0.02767792568499834,
                                      0.02079067210376509, 0.01664469118982119, 0.01387612882307075,
                                      0.01189670994589177, 0.01041126526197209, 0.009255462182712733,
                                      0.008330563433362871};
  if (k < 10) return kFirst[static_cast<int>(k)];
  const double over = 1 / (k + 1), squared = over * over;
  return (1.0 / 12 - (1.0 / 360 - squared / 1260) * squared) * over;
}

const std::array<double, 128>& reciprocals() {
  static const auto table = [] {
    std::array<double, 128> out{};
    for (std::size_t k = 1; k < out.size(); ++k) out[k] = 1 / static_cast<double>(k);
    return out;
  }();
  return table;
}

constexpr double kInversionBelow = 10;  // expected successes
constexpr std::uint64_t kMostTrials = std::uint64_t{1} << 52;

}  // namespace

void WordBuffer::start(const PhiloxKey& key, std::uint64_t substream) {
  key_ = key;
  substream_ = substream;
  block_ = 0;
  at_ = words_.size();
}

void WordBuffer::refill() {
  std::array<std::uint32_t, 2 * std::tuple_size_v<decltype(words_)>> halves;
  philox_words(key_, substream_, block_, halves);
  block_ += halves.size() / 4;
  for (std::size_t i = 0; i < words_.size(); ++i)
    words_[i] = halves[2 * i] | (static_cast<std::uint64_t>(halves[2 * i + 1]) << 32);
  at_ = 0;
}

BinomialChance::BinomialChance(double chance) {
  need(chance >= 0 && chance <= 1, "a chance is not in [0, 1]", "BinomialChance");
  flipped_ = chance > 0.5;
  p_ = flipped_ ? 1 - chance : chance;
  odds_ = p_ / (1 - p_);
  double base = 1 - p_;
  for (auto& place : powers_) {
    place[0] = 1;
    for (std::size_t digit = 1; digit < place.size(); ++digit) place[digit] = place[digit - 1] * base;
    base *= place.back();
  }
}

template <class Words>
std::uint64_t BinomialChance::invert(std::uint64_t trials, Words& words) const {
  double none = 1;
  for (std::size_t place = 0; trials >> (4 * place) && place < powers_.size(); ++place)
    none *= powers_[place][(trials >> (4 * place)) & 15];
  const double more = odds_ * (static_cast<double>(trials) + 1);
  const auto& reciprocal = reciprocals();
  for (;;) {
    double left = unit(words.next_u64()), mass = none;
    std::uint64_t k = 0;
    while (left >= mass && k < trials && k + 1 < reciprocal.size()) {
      left -= mass;
      ++k;
      mass *= more * reciprocal[k] - odds_;
    }
    if (left < mass) return k;  // else rounding left something over beyond the last
  }
}

// Hoermann's BTRD, with his names in comments where they help to compare.
template <class Words>
std::uint64_t BinomialChance::reject(std::uint64_t trials, Words& words) const {
  const auto n = static_cast<double>(trials);
  const double variance = n * p_ * (1 - p_), deviation = std::sqrt(variance);
  const double b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * p_, centre = n * p_ + 0.5;
  const double box = 0.92 - 4.2 / b;  // v_r
  const auto success = [&](double u, double edge) { return std::floor((2 * a / edge + b) * u + centre); };
  for (;;) {
    double v = unit(words.next_u64()), u;
    if (v <= 0.86 * box) {  // inside the box that lies below the density: taken as it is
      u = v / box - 0.43;
      return static_cast<std::uint64_t>(success(u, 0.5 - std::fabs(u)));
    }
    if (v >= box) {
      u = unit(words.next_u64()) - 0.5;
    } else {
      u = v / box - 0.93;
      u = (u < 0 ? -0.5 : 0.5) - u;
      v = unit(words.next_u64()) * box;
    }
    const double edge = 0.5 - std::fabs(u);
    if (!(edge > 0)) continue;
    const double k = success(u, edge);
    if (!(k >= 0 && k <= n)) continue;
    const double mode = std::floor((n + 1) * p_), far = std::fabs(k - mode);
    v = v * (2.83 + 5.1 / b) * deviation / (a / (edge * edge) + b);
    if (far <= 15) {  // the ratio of the two probabilities, factor by factor
      double above = 1, below = 1;
      for (double i = std::min(k, mode) + 1; i <= std::max(k, mode); i += 1)
        above *= (n + 1 - i) * odds_, below *= i;
      if (k > mode ? v * below <= above : v * above <= below) return static_cast<std::uint64_t>(k);
      continue;
    }
    if (!(v > 0)) return static_cast<std::uint64_t>(k);
    v = plain_log(v);
    const double slack = far / variance * (((far / 3 + 0.625) * far + 1.0 / 6) / variance + 0.5);
    const double normal = -far * far / (2 * variance);
    if (v < normal - slack) return static_cast<std::uint64_t>(k);
    if (v > normal + slack) continue;
    const double bound = (mode + 0.5) * plain_log((mode + 1) / (odds_ * (n - mode + 1))) +
                         (n + 1) * plain_log((n - mode + 1) / (n - k + 1)) +
                         (k + 0.5) * plain_log(odds_ * (n - k + 1) / (k + 1)) + stirling_remainder(mode) +
                         stirling_remainder(n - mode) - stirling_remainder(k) - stirling_remainder(n - k);
    if (v <= bound) return static_cast<std::uint64_t>(k);
  }
}

template <class Words>
std::uint64_t BinomialChance::any_draw(std::uint64_t trials, Words& words) const {
  if (trials == 0 || p_ == 0) return flipped_ ? trials : 0;
  const std::uint64_t rare =
      static_cast<double>(trials) * p_ < kInversionBelow ? invert(trials, words) : reject(trials, words);
  return flipped_ ? trials - rare : rare;
}

std::uint64_t BinomialChance::draw(std::uint64_t trials, WordBuffer& words) const {
  return any_draw(trials, words);
}
std::uint64_t BinomialChance::draw(std::uint64_t trials, Stream& words) const {
  need(trials <= kMostTrials, "more than 2^52 trials", "BinomialChance");
  return any_draw(trials, words);
}

Multinomial::Multinomial(std::span<const std::uint64_t> weights) : cells_(weights.size()) {
  std::uint64_t left = 0;
  for (const std::uint64_t w : weights) {
    need(w <= kMostTrials && left + w <= kMostTrials, "weights add to more than 2^52", "Multinomial");
    left += w;
  }
  need(left > 0, "weights add to nothing", "Multinomial");
  for (std::size_t c = 0; c < weights.size(); ++c)
    if (weights[c] > 0) order_.push_back(static_cast<std::uint32_t>(c));
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return weights[a] > weights[b]; });
  for (std::size_t i = 0; i + 1 < order_.size(); ++i) {
    chances_.emplace_back(static_cast<double>(weights[order_[i]]) / static_cast<double>(left));
    left -= weights[order_[i]];
  }
}

void Multinomial::draw(const PhiloxKey& key, std::uint64_t first, std::uint64_t last, std::uint64_t trials,
                       const std::function<void(std::uint64_t, std::span<const std::uint64_t>)>& take) const {
  need(trials <= kMostTrials, "more than 2^52 trials", "Multinomial");
  // Cell by cell over a group of replicates: a replicate's cells wait for one another, those of others do
  // not.
  constexpr std::size_t kGroup = 16;
  std::vector<WordBuffer> words(kGroup);
  std::vector<std::uint64_t> counts(kGroup * cells_), left(kGroup);
  for (std::uint64_t r = first; r < last; r += kGroup) {
    const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(kGroup, last - r));
    std::fill(counts.begin(), counts.end(), std::uint64_t{0});
    for (std::size_t k = 0; k < here; ++k) words[k].start(key, r + k), left[k] = trials;
    for (std::size_t i = 0; i < chances_.size(); ++i)
      for (std::size_t k = 0; k < here; ++k) {
        const std::uint64_t drawn = chances_[i].any_draw(left[k], words[k]);
        counts[k * cells_ + order_[i]] = drawn;
        left[k] -= drawn;
      }
    for (std::size_t k = 0; k < here; ++k) {
      counts[k * cells_ + order_.back()] = left[k];
      take(r + k, std::span<const std::uint64_t>(counts).subspan(k * cells_, cells_));
    }
  }
}

std::vector<std::uint64_t> Multinomial::draw_by_definition(Stream stream, std::uint64_t trials) const {
  std::vector<std::uint64_t> counts(cells_);
  for (std::size_t i = 0; i < chances_.size(); ++i) {
    counts[order_[i]] = chances_[i].draw(trials, stream);
    trials -= counts[order_[i]];
  }
  counts[order_.back()] = trials;
  return counts;
}

}  // namespace undertone::statistics
