#include "datasets/human_ratings.h"

#include <cmath>
#include <limits>

#include "harness/core/error.h"

namespace undertone {

ItemValues first_values(const RatingTable& table, std::size_t rater) {
  ItemValues out(table.items.size());
  for (std::size_t i = 0; i < table.items.size(); ++i) {
    const auto& cell = table.at(i, rater);
    if (cell.empty()) continue;
    if (const auto* scored = std::get_if<Scored>(&cell.front()); scored && std::isfinite(scored->value))
      out[i] = scored->value;
  }
  return out;
}

HumanRatings::HumanRatings(const RatingTable& table) : items_(table.items.size()) {
  for (std::size_t r = 0; r < table.raters.size(); ++r) {
    if (table.raters[r].kind != RaterKind::human) continue;
    columns_.push_back(r);
    values_.push_back(first_values(table, r));
  }
}

ItemValues HumanRatings::means(std::optional<std::size_t> without_column) const {
  ItemValues out(items_);
  std::vector<double> sums(items_), counts(items_);
  for (std::size_t h = 0; h < columns_.size(); ++h) {
    if (without_column && columns_[h] == *without_column) continue;
    for (std::size_t i = 0; i < items_; ++i)
      if (values_[h][i]) sums[i] += *values_[h][i], ++counts[i];
  }
  for (std::size_t i = 0; i < items_; ++i)
    if (counts[i] > 0) out[i] = sums[i] / counts[i];
  return out;
}

std::vector<double> HumanRatings::matrix() const {
  std::vector<double> out;
  for (std::size_t i = 0; i < items_; ++i)
    for (const ItemValues& v : values_)
      out.push_back(v[i].value_or(std::numeric_limits<double>::quiet_NaN()));
  return out;
}

std::optional<double> HumanPreferences::Pair::mean() const {
  double sum = 0, n = 0;
  for (const auto& one : said)
    if (one) sum += *one, ++n;
  return n > 0 ? std::optional<double>(sum / n) : std::nullopt;
}

HumanPreferences::HumanPreferences(const HumanRecord& record) {
  if (record.key.task != HumanTask::pairs)
    throw Error(ErrorKind::internal, "no pairs were rated", record.key.id);
  std::vector<const HumanSession*> people;
  for (const HumanSession& s : record.sessions) {
    if (s.kind != RaterKind::human) continue;
    people.push_back(&s);
    raters_.push_back(s.rater);
  }
  for (const HumanKeyItem& item : record.key.items) {
    Pair pair{item.cluster,
              item.rows.at(item.first_is_b ? 1 : 0),
              item.rows.at(item.first_is_b ? 0 : 1),
              item.inclusion,
              {}};
    for (const HumanSession* s : people) {
      std::optional<double>& said = pair.said.emplace_back();
      const auto given = s->given.find(item.id);
      if (given == s->given.end()) continue;
      const int label = given->second.at("preference");  // a, tie, b
      said = item.first_is_b ? label - 1 : 1 - label;
    }
    if (pair.mean()) pairs_.push_back(std::move(pair));
  }
}

}  // namespace undertone
