#include "metrics/statistics/variance_components.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "harness/core/error.h"

namespace undertone::statistics {
namespace {

// Levels renumbered from 0, with their sizes.
struct Levels {
  std::vector<std::uint32_t> of;
  std::vector<double> size;
};

Levels dense(const std::vector<std::uint32_t>& level) {
  std::map<std::uint32_t, std::uint32_t> index;
  Levels out;
  for (std::uint32_t l : level) {
    const auto [at, fresh] = index.emplace(l, static_cast<std::uint32_t>(index.size()));
    if (fresh) out.size.push_back(0);
    out.of.push_back(at->second);
    ++out.size[at->second];
  }
  return out;
}

double squares(const std::vector<double>& v) {
  return std::inner_product(v.begin(), v.end(), v.begin(), 0.0);
}

// tr(M V_a M V_b), M the centring matrix and V = Z Z' the scores' shared levels: from the table of joint
// counts.
double joint_trace(const Levels& a, const Levels& b) {
  std::vector<std::uint64_t> pairs(a.of.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = std::uint64_t{a.of[i]} << 32 | b.of[i];
  std::sort(pairs.begin(), pairs.end());
  const auto n = static_cast<double>(pairs.size());
  double counts = 0, across = 0;
  for (std::size_t i = 0, j = 0; i < pairs.size(); i = j) {
    while (j < pairs.size() && pairs[j] == pairs[i]) ++j;
    const auto c = static_cast<double>(j - i);
    counts += c * c;
    across += c * a.size[pairs[i] >> 32] * b.size[pairs[i] & 0xffffffffu];
  }
  return counts - 2 * across / n + squares(a.size) * squares(b.size) / (n * n);
}

// Gaussian elimination with row exchange on a scaled symmetric matrix; false where it is singular.
bool solve(std::vector<std::vector<double>>& m, std::vector<double>& right) {
  const std::size_t K = right.size();
  for (std::size_t c = 0; c < K; ++c) {
    std::size_t best = c;
    for (std::size_t r = c + 1; r < K; ++r)
      if (std::fabs(m[r][c]) > std::fabs(m[best][c])) best = r;
    if (!(std::fabs(m[best][c]) > 1e-10)) return false;
    std::swap(m[c], m[best]);
    std::swap(right[c], right[best]);
    for (std::size_t r = c + 1; r < K; ++r) {
      const double factor = m[r][c] / m[c][c];
      for (std::size_t k = c; k < K; ++k) m[r][k] -= factor * m[c][k];
      right[r] -= factor * right[c];
    }
  }
  for (std::size_t c = K; c-- > 0;) {
    for (std::size_t k = c + 1; k < K; ++k) right[c] -= m[c][k] * right[k];
    right[c] /= m[c][c];
  }
  return true;
}

}  // namespace

Factor within(std::string name, const Factor& outer, const Factor& inner) {
  if (outer.level.size() != inner.level.size())
    throw Error(ErrorKind::internal, "within needs two factors of the same scores");
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> index;
  Factor out{std::move(name), {}};
  for (std::size_t i = 0; i < outer.level.size(); ++i)
    out.level.push_back(
        index.emplace(std::pair{outer.level[i], inner.level[i]}, static_cast<std::uint32_t>(index.size()))
            .first->second);
  return out;
}

const VarianceComponent* VarianceComponents::find(const std::string& name) const {
  for (const auto& c : components)
    if (c.name == name) return &c;
  return nullptr;
}

VarianceComponents variance_components(std::span<const double> scores, std::span<const Factor> factors) {
  VarianceComponents out;
  const std::size_t n = scores.size();
  if (n < 2) {
    out.reason = "fewer than two items";
    return out;
  }
  double mean = 0;
  for (double v : scores) {
    if (!std::isfinite(v)) {
      out.reason = "a value is not finite";
      return out;
    }
    mean += v / static_cast<double>(n);
  }
  std::vector<Levels> levels;
  for (const Factor& f : factors) {
    if (f.level.size() != n)
      throw Error(ErrorKind::internal, "factor '" + f.name + "' needs a level per score");
    levels.push_back(dense(f.level));
    const std::size_t many = levels.back().size.size();
    if (many < 2 || many == n) {
      out.reason = "'" + f.name + "' has " + (many < 2 ? "one level" : "one score per level") +
                   ": its variance cannot be told from the " + (many < 2 ? "mean" : "residual");
      return out;
    }
  }
  Factor each{"residual", std::vector<std::uint32_t>(n)};
  std::iota(each.level.begin(), each.level.end(), 0u);
  levels.push_back(dense(each.level));

  const std::size_t K = levels.size();
  std::vector<std::vector<double>> expectation(K, std::vector<double>(K));
  std::vector<double> observed(K);
  for (std::size_t k = 0; k < K; ++k) {
    std::vector<double> total(levels[k].size.size(), 0.0);
    for (std::size_t i = 0; i < n; ++i) total[levels[k].of[i]] += scores[i] - mean;
    observed[k] = squares(total);
    for (std::size_t j = 0; j <= k; ++j)
      expectation[k][j] = expectation[j][k] = joint_trace(levels[k], levels[j]);
  }
  // Rows and columns to a unit diagonal, so that one tolerance fits all.
  std::vector<double> scale(K);
  for (std::size_t k = 0; k < K; ++k) scale[k] = 1 / std::sqrt(expectation[k][k]);
  for (std::size_t k = 0; k < K; ++k) {
    observed[k] *= scale[k];
    for (std::size_t j = 0; j < K; ++j) expectation[k][j] *= scale[k] * scale[j];
  }
  if (!solve(expectation, observed)) {
    out.reason = "two factors split the scores in the same way: they cannot be told apart";
    return out;
  }
  for (std::size_t k = 0; k < K; ++k) {
    const double raw = observed[k] * scale[k];
    out.components.push_back({k < factors.size() ? factors[k].name : "residual", raw, std::max(0.0, raw)});
  }
  return out;
}

}  // namespace undertone::statistics
