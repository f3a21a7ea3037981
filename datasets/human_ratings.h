// Ratings of people, and of nobody else. Only made from a table's raters of kind human: a statistic that
// takes these cannot be given a script's, a judge's or a floor's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "datasets/human_record.h"
#include "datasets/import_ratings.h"

namespace undertone {

using ItemValues = std::vector<std::optional<double>>;  // of each item of a table

class HumanRatings {
 public:
  explicit HumanRatings(const RatingTable& table);
  std::size_t raters() const { return columns_.size(); }
  std::size_t column(std::size_t human) const { return columns_[human]; }  // in RatingTable::raters
  const ItemValues& of(std::size_t human) const { return values_[human]; }
  // Mean over the humans that rated an item; without the one in this column of the table, where wanted.
  ItemValues means(std::optional<std::size_t> without_column = {}) const;
  // [item * raters() + human], NaN where not rated: what coefficients of agreement read.
  std::vector<double> matrix() const;

 private:
  std::size_t items_ = 0;
  std::vector<std::size_t> columns_;
  std::vector<ItemValues> values_;
};

// First verdict of each item by any rater; nothing where it is no finite score.
ItemValues first_values(const RatingTable& table, std::size_t rater);

// What people said of a pair of answers: 1 the first variant's is better, -1 the second's, 0 a tie.
class HumanPreferences {
 public:
  struct Pair {
    std::string cluster;
    std::vector<std::string> first_rows, second_rows;  // ids of the run's rows
    std::optional<double> inclusion;
    std::vector<std::optional<double>> said;  // by human; nothing where that one did not rate it
    std::optional<double> mean() const;
  };
  // Of a record of the task `pairs`; sessions of scripts are not read.
  explicit HumanPreferences(const HumanRecord& record);
  const std::vector<Pair>& pairs() const { return pairs_; }  // those that at least one human rated
  const std::vector<std::string>& raters() const { return raters_; }

 private:
  std::vector<Pair> pairs_;
  std::vector<std::string> raters_;
};

}  // namespace undertone
