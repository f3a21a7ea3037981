// Rows of an evaluation, ordered and indexed once; every estimate is made from it. Internal to metrics/.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/evaluate.h"
#include "metrics/statistics/bootstrap.h"
#include "metrics/statistics/clustered.h"

namespace undertone::metrics {

struct Item {
  const EvaluationRow* row = nullptr;
  std::uint32_t seed = 0;      // index into Group::seeds
  std::uint32_t unit = 0;      // index into Table::units
  std::uint32_t clip = 0;      // within units: the clip, or the question where no clip is known
  std::uint32_t question = 0;  // index into Table::questions
  bool answered() const { return row->answer.status == AnswerStatus::answered; }
};

struct Group {  // a system under one test condition
  std::string system, condition;
  std::vector<int> seeds;
  std::vector<Item> items;  // by seed, then question id
};

// A judge's score, or one of its parts.
struct ScoreKind {
  std::string judge, part;
  Scale scale;
  // Where `limited`: the questions that count. Of a part, those for which some answer got it; of a judge that
  // reads a sample, the sample.
  std::set<std::uint32_t> questions;
  bool limited = false;
  std::vector<std::string> conditions = {};  // that the judge reads; empty: all
  bool counts(const Item& item) const;
  std::string path() const { return "judge:" + judge + (part.empty() ? "" : ":" + part); }
};

struct Slice {
  enum class Kind { all, types, type, binding, conjunctive, seen, unseen };
  Kind kind = Kind::all;
  QuestionType type = QuestionType::C;
  std::string name() const;
  bool has(const Question& q) const;
  // 0, or the question's type where types weigh alike.
  std::uint32_t stratum(const Question& q) const {
    return kind == Kind::types ? static_cast<std::uint32_t>(q.type) : 0;
  }
};

struct Table {
  const EvaluationSettings* settings = nullptr;
  std::vector<std::string> units;
  std::vector<const Question*> questions;  // by id
  std::vector<std::string> pools;
  std::vector<Group> groups;  // by system, condition
  std::vector<ScoreKind> scores;
  std::set<std::pair<std::string, std::string>> judged;  // (judge, pool) with at least one verdict
  std::string primary_judge;
  bool asks_for(std::string_view metric) const;  // see builtin.h
  const Group* find(const std::string& system, const std::string& condition) const;
  std::vector<Slice> slices(const std::string& pool) const;  // those that some question of the pool is in
};

// Throws Error{data} for a question that one system answered twice under one condition and seed.
Table make_table(const std::vector<EvaluationRow>& rows, const EvaluationSettings& settings);

std::string pool_of(const Question& question);  // "questions" where the question names none
std::optional<double> score_of(const Item& item, const ScoreKind& kind);

// Observations of one estimate, gathered item by item, with what was asked and what is missing.
class Sample {
 public:
  // `stratum`: 0, or the question's type for unweighted means over types.
  void asked(const Item& item, std::uint32_t stratum) { count(item, stratum).first += 1; }
  void scored(const Item& item, std::uint32_t stratum, double numerator, double denominator = 1);
  // Makes seed, stratum and cluster indices dense. Call once, after the last item.
  void finish(const Group& group);

  std::vector<statistics::Observation> observations;
  statistics::Design design;
  std::vector<std::uint32_t> units;  // per dense cluster, its index into Table::units; ascending
  std::int64_t asked_count = 0;
  bool without_clip = false, units_are_clips = true;
  std::string note;  // seeds without a score
  // Bounds of the mean with the missing items at the ends of the scale.
  std::optional<statistics::Bounds> bounds(double low, double high) const;

 private:
  struct Count {
    std::int64_t first = 0, second = 0;  // asked, scored
    double sum = 0;
  };
  Count& count(const Item& item, std::uint32_t stratum);
  std::vector<Count> counts_;  // by stratum
};

// Fills what every estimate carries: sample sizes, units, notes.
Estimate describe(const Table& table, const Sample& sample, std::string tag, const std::string& system,
                  const std::string& condition);
void add_reason(Estimate& e, const std::string& reason);
void set_interval(Estimate& e, const statistics::Interval& interval);

// The estimate of a mean (or ratio) with its main interval, and beside it, where they differ, the rows
// "TAG/these_seeds" and (when `conditional`) "TAG/these_units".
// No value lies outside [low, high], so the ends of an interval are cut there: its coverage stays the same.
struct Range {
  double low, high;
};
std::vector<Estimate> mean_estimates(const Table& table, const Sample& sample, const Estimate& described,
                                     Range range, bool conditional);

// The row "TAG/if_independent": the same value with the interval that it would have if every answer were an
// independent draw. It stands beside the real one so that a reader sees what that assumption would hide, and
// supports no claim. Nothing where there is no value or nothing shares a unit.
std::optional<Estimate> if_independent(const Table& table, const Sample& sample, const Estimate& described,
                                       Range range);

using Job = std::function<std::vector<Estimate>()>;
struct LabelTable;
struct Jobs {
  const Table* table;
  const LabelTable* labels;
  statistics::DrawCache* draws;
  std::vector<Job> list;
};
void add_score_jobs(Jobs& jobs);          // judge means, cluster effect
void add_text_jobs(Jobs& jobs);           // exact match, similarities, word and character error rates
void add_label_jobs(Jobs& jobs);          // mapped labels
void add_correlation_jobs(Jobs& jobs);    // judge against labels
void add_judge_quality_jobs(Jobs& jobs);  // more of that, where a suite asks for it
void add_contrast_jobs(Jobs& jobs);       // differences and gains; p-values are not adjusted yet

}  // namespace undertone::metrics
