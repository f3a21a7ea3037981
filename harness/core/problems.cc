// How a problem is worded, and what the writer may have meant.
#include <algorithm>
#include <filesystem>

#include "harness/core/ascii.h"
#include "harness/core/fields.h"

namespace undertone {
namespace {

// Optimal string alignment distance, ignoring case: insertions, deletions, substitutions and swaps of
// neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string Problem::str() const {
  std::string out = place.str();
  if (!out.empty()) out += ": ";
  out += (pointer.empty() ? "/" : pointer) + ": " + what;
  if (!nearest.empty()) out += " (did you mean '" + nearest + "'?)";
  return out;
}

std::string path_named_by(const Json& value) {
  namespace fs = std::filesystem;
  const std::string& path = value.as_string();
  const std::string& file = value.place().file;
  if (fs::path(path).is_absolute() || file.empty() || file.starts_with("override ")) return path;
  return (fs::path(file).parent_path() / path).lexically_normal().string();
}

void take_path(const FieldReader& r, std::string_view key, std::string& path) {
  const Json* value = r.raw() ? r.raw()->find(key) : nullptr;
  if (value && value->is_string()) path = path_named_by(*value);
}

std::string pointer_join(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out += '/';
  for (char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

std::string nearest_of(std::string_view word, const std::vector<std::string>& known) {
  // Long words are not compared: they are no slip of the hand, and the distance is quadratic.
  if (word.empty() || word.size() > 100) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& k : known) {
    if (k.empty() || k.size() > 100) continue;
    const std::size_t d = distance(word, k);
    if (d < best_distance && d < k.size()) {
      best_distance = d;
      best = k;
    }
  }
  if (!best.empty()) return best;
  // "seed_count" for "seed", "resample" for "resamples_per_draw": one begins with the other.
  for (const std::string& k : known)
    if (word.size() >= 3 && k.size() >= 3 && (k.starts_with(word) || word.starts_with(k))) return k;
  for (const std::string& k : known)  // "sample" for "resamples"
    if (word.size() >= 4 && k.find(word) != std::string::npos) return k;
  return {};
}

}  // namespace undertone
