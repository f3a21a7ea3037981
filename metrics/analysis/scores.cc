#include "metrics/analysis/scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "harness/core/ascii.h"
#include "harness/core/error.h"

namespace undertone::analysis {
namespace {

// A column's texts renumbered by their order, so that the order of the file's rows decides nothing. Numbers
// sort as numbers.
struct Labels {
  std::vector<std::string> names;
  std::vector<std::uint32_t> of_row;
};

Labels labels_of(const TextTable& table, std::size_t index, Role role) {
  const TextColumn& c = table.columns[index];
  for (std::size_t r = 0; r < c.row.size(); ++r)
    if (c.row[r] == 0)
      throw Error(ErrorKind::data, fmt::format("the {} (column '{}') is empty", to_string(role), c.name),
                  table.place(r),
                  fmt::format("fill it in, or leave the column out with --{} none", to_string(role)));
  std::vector<std::uint32_t> order(c.texts.size() - 1);  // without the first, which stands for an empty cell
  std::iota(order.begin(), order.end(), 1u);
  std::vector<double> number(c.texts.size(), std::numeric_limits<double>::infinity());  // texts after numbers
  for (std::size_t i = 0; i < number.size(); ++i)
    if (const auto v = number_of(c.texts[i]); v && std::isfinite(*v)) number[i] = *v;
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return number[a] != number[b] ? number[a] < number[b] : c.texts[a] < c.texts[b];
  });
  std::vector<std::uint32_t> rank(c.texts.size(), 0);
  Labels out;
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = static_cast<std::uint32_t>(i);
    out.names.push_back(c.texts[order[i]]);
  }
  out.of_row.reserve(c.row.size());
  for (const std::uint32_t t : c.row) out.of_row.push_back(rank[t]);
  return out;
}

Labels one_label(std::size_t rows, std::string name) {
  return {{std::move(name)}, std::vector<std::uint32_t>(rows, 0)};
}

// Pairs (outer, inner) that occur, numbered in order: a clip within its speaker. `outer_of`: of each pair.
Labels within(const Labels& outer, const Labels& inner, std::vector<std::uint32_t>& outer_of) {
  std::vector<std::uint64_t> key(inner.of_row.size());
  for (std::size_t r = 0; r < key.size(); ++r)
    key[r] = std::uint64_t{outer.of_row[r]} << 32 | inner.of_row[r];
  std::vector<std::uint64_t> known = key;
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  Labels out;
  for (const std::uint64_t k : known) {
    out.names.push_back(outer.names[k >> 32] + " / " + inner.names[k & 0xffffffffu]);
    outer_of.push_back(static_cast<std::uint32_t>(k >> 32));
  }
  for (const std::uint64_t k : key)
    out.of_row.push_back(
        static_cast<std::uint32_t>(std::lower_bound(known.begin(), known.end(), k) - known.begin()));
  return out;
}

// A column of numbers, each distinct text read once.
std::vector<std::optional<double>> numbers_of(const TextTable& table, std::size_t index,
                                              std::string_view what) {
  const TextColumn& c = table.columns[index];
  std::vector<std::optional<double>> of_text(c.texts.size());
  for (std::size_t i = 1; i < c.texts.size(); ++i) {
    if (is_missing(c.texts[i])) continue;
    const auto v = number_of(c.texts[i]);
    if (!v || !std::isfinite(*v))
      throw Error(ErrorKind::data,
                  fmt::format("{} '{}' (column '{}') is {}", what, c.texts[i].substr(0, 40), c.name,
                              v ? "not finite" : "no number"),
                  fmt::format("{}:{}", table.file, c.first_line[i]),
                  "leave the cell empty where there is none");
    of_text[i] = v;
  }
  std::vector<std::optional<double>> out;
  out.reserve(c.row.size());
  for (const std::uint32_t t : c.row) out.push_back(of_text[t]);
  return out;
}

std::optional<Scale> guessed_scale(const std::vector<ScoreRow>& rows) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const ScoreRow& r : rows)
    if (r.score) low = std::min(low, *r.score), high = std::max(high, *r.score);
  for (const Scale s : {Scale{0, 1, true}, Scale{0, 5, true}, Scale{0, 10, true}, Scale{0, 100, true}})
    if (low >= s.low && high <= s.high) return s;
  return std::nullopt;
}

double words_in(std::string_view text) {
  double n = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    n += !space && !inside;
    inside = !space;
  }
  return n;
}

void add_covariates(Scores& out, const TextTable& table, const Columns& columns) {
  if (const auto answer = columns.find(Role::answer)) {
    const TextColumn& c = table.columns[*answer];
    std::vector<double> of_text;
    for (const std::string& t : c.texts) of_text.push_back(words_in(t));
    Scores::Covariate words{"words in '" + c.name + "'", {}};
    for (const std::uint32_t t : c.row)
      words.value.push_back(t == 0 ? std::nullopt : std::optional(of_text[t]));
    out.covariates.push_back(std::move(words));
  }
  for (const std::size_t i : columns.covariates) {
    if (out.covariates.size() >= 32) {
      out.notes.push_back("More than 32 covariates: the others are left out.");
      break;
    }
    out.covariates.push_back({table.columns[i].name, numbers_of(table, i, "the covariate")});
  }
}

// Rows that nothing tells apart: an error, or runs in the order of the file.
void tell_apart(Scores& out, const TextTable& table, const ScoreOptions& options) {
  const auto same = [](const ScoreRow& a, const ScoreRow& b) {
    return a.judge == b.judge && a.system == b.system && a.item == b.item && a.seed == b.seed;
  };
  if (!options.repeats) {
    for (std::size_t i = 1; i < out.rows.size(); ++i)
      if (same(out.rows[i - 1], out.rows[i]))
        throw Error(
            ErrorKind::data,
            fmt::format("the system '{}' has item '{}'{} twice; before at line {}",
                        out.systems[out.rows[i].system], out.items[out.rows[i].item],
                        out.has_seeds ? fmt::format(" under seed '{}'", out.seeds[out.rows[i].seed]) : "",
                        table.line[out.rows[i - 1].row]),
            table.place(out.rows[i].row),
            "name the column that tells the rows apart (--seed, --judge, --clip), or say --repeats "
            "if they are runs of one system");
    return;
  }
  if (out.has_seeds)
    throw Error(ErrorKind::usage, "--repeats numbers runs that no column names, but there is one", table.file,
                "leave --repeats out, or say --seed none");
  std::uint32_t run = 0, most = 0;
  for (std::size_t i = 1; i < out.rows.size(); ++i) {
    ScoreRow before_it = out.rows[i - 1];
    before_it.seed = 0;
    run = same(before_it, out.rows[i]) ? run + 1 : 0;
    out.rows[i].seed = run;
    most = std::max(most, run);
  }
  out.seeds.clear();
  for (std::uint32_t s = 0; s <= most; ++s) out.seeds.push_back(std::to_string(s + 1));
  out.has_seeds = most > 0;
  out.notes.push_back("Repeated rows were numbered as runs in the order of the file (--repeats).");
}

// Where a judge is named as the human, its rows become ratings of the other judges' rows.
void take_human_judge(Scores& out, const std::string& name) {
  const auto at = std::find_if(out.judges.begin(), out.judges.end(),
                               [&](const std::string& j) { return lower(j) == lower(name); });
  if (at == out.judges.end() || out.judges.size() < 2) return;
  const auto human = static_cast<std::uint32_t>(at - out.judges.begin());
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, double> rating;
  std::vector<ScoreRow> kept;
  for (const ScoreRow& r : out.rows)
    if (r.judge != human)
      kept.push_back(r);
    else if (r.score)
      rating[{r.system, r.item, r.seed}] = *r.score;
  for (ScoreRow& r : kept) {
    if (r.judge > human) --r.judge;
    if (const auto found = rating.find({r.system, r.item, r.seed}); found != rating.end())
      r.human = found->second;
  }
  out.rows = std::move(kept);
  out.notes.push_back(fmt::format("The rows of judge '{}' are taken as human ratings.", *at));
  out.judges.erase(at);
  out.has_human = true;
}

void check_weights(const Scores& s) {
  for (std::size_t j = 0; j < s.judges.size(); ++j)
    for (std::size_t k = 0; k < s.systems.size(); ++k) {
      const auto rows = s.of(j, k);
      double sum = 0;
      for (const ScoreRow& r : rows) sum += r.weight;
      if (!rows.empty() && !(sum > 0))
        throw Error(ErrorKind::data, fmt::format("the weights of system '{}' sum to zero", s.systems[k]),
                    s.file,
                    "give at least one of its items a weight above zero, or leave the weights out with "
                    "--weight none");
    }
}

}  // namespace

std::span<const ScoreRow> Scores::of(std::size_t judge, std::size_t system) const {
  const std::size_t at = judge * systems.size() + system;
  return std::span(rows).subspan(starts[at], starts[at + 1] - starts[at]);
}

Scores read_scores(const TextTable& table, const Columns& columns, const ScoreOptions& options) {
  Scores out;
  out.file = table.file;
  const std::size_t n = table.rows();
  if (n > std::numeric_limits<std::int32_t>::max())
    throw Error(ErrorKind::data, "the file has more than 2^31 - 1 rows", table.file, "analyse it in parts");
  const auto labelled = [&](Role role, const char* otherwise) {
    const auto at = columns.find(role);
    return at ? labels_of(table, *at, role) : one_label(n, otherwise);
  };
  const Labels systems = labelled(Role::system, "all"), seeds = labelled(Role::seed, "1"),
               judges = labelled(Role::judge, table.columns[*columns.find(Role::score)].name.c_str());
  out.has_seeds = seeds.names.size() > 1;
  out.has_speakers = columns.find(Role::speaker).has_value();
  out.has_clips = columns.find(Role::clip).has_value();

  Labels items;
  std::vector<std::uint32_t> clip_speaker;
  const bool has_items = columns.find(Role::item).has_value();
  if (!has_items && !out.has_clips) {
    out.items_are_rows = true;
    for (std::size_t r = 0; r < n; ++r) {
      items.names.push_back(fmt::format("line {}", table.line[r]));
      items.of_row.push_back(static_cast<std::uint32_t>(r));
    }
    out.notes.push_back(
        "No column tells items apart: every row counts as an item of its own, and nothing is paired.");
  }
  const Labels speakers = labelled(Role::speaker, "");
  Labels clips = labelled(Role::clip, "");
  if (out.has_speakers && out.has_clips) {
    clips = within(speakers, clips, clip_speaker);
  } else if (out.has_clips) {
    clip_speaker.assign(clips.names.size(), 0);
  }
  // An item is its name within its clip, the clip its name within its speaker.
  const Labels* outer = out.has_clips ? &clips : out.has_speakers ? &speakers : nullptr;
  if (has_items)
    items = labels_of(table, *columns.find(Role::item), Role::item);
  else if (out.has_clips)
    items = one_label(n, "the clip");
  std::vector<std::uint32_t> item_outer;
  if (outer) items = within(*outer, items, item_outer);

  const std::string highest = out.has_speakers ? "speaker" : out.has_clips ? "clip" : "item";
  out.unit = options.unit.empty() ? highest : options.unit;
  if ((out.unit == "speaker" && !out.has_speakers) || (out.unit == "clip" && !out.has_clips))
    throw Error(ErrorKind::usage, fmt::format("--unit {}, but no column holds {}s", out.unit, out.unit),
                table.file, fmt::format("name the column with --{} COLUMN", out.unit));
  const std::size_t I = items.names.size();
  out.clips = out.has_clips ? clips.names.size() : I;
  out.item_clip.resize(I);
  out.item_unit.resize(I);
  for (std::size_t i = 0; i < I; ++i) {
    const auto self = static_cast<std::uint32_t>(i);
    out.item_clip[i] = out.has_clips ? item_outer[i] : self;
    const std::uint32_t speaker = !out.has_speakers ? 0
                                  : out.has_clips   ? clip_speaker[item_outer[i]]
                                                    : item_outer[i];
    out.item_unit[i] = out.unit == "speaker" ? speaker : out.unit == "clip" ? out.item_clip[i] : self;
  }
  out.units = out.unit == "speaker" ? speakers.names.size() : out.unit == "clip" ? out.clips : I;

  const auto score = numbers_of(table, *columns.find(Role::score), "the score");
  const auto optional_numbers = [&](Role role) {
    const auto at = columns.find(role);
    return at ? numbers_of(table, *at, fmt::format("the {}", to_string(role)))
              : std::vector<std::optional<double>>{};
  };
  const auto human = optional_numbers(Role::human), weight = optional_numbers(Role::weight),
             inclusion = optional_numbers(Role::inclusion);
  out.weighted = !weight.empty();
  out.rows.resize(n);
  bool any_score = false;
  for (std::size_t r = 0; r < n; ++r) {
    ScoreRow& s = out.rows[r];
    s.judge = judges.of_row[r];
    s.system = systems.of_row[r];
    s.item = items.of_row[r];
    s.seed = seeds.of_row[r];
    s.row = static_cast<std::uint32_t>(r);
    s.score = score[r];
    any_score |= s.score.has_value();
    if (options.scale && s.score && (*s.score < options.scale->low || *s.score > options.scale->high))
      throw Error(ErrorKind::data,
                  fmt::format("the score {} lies outside the scale {} to {}", *s.score, options.scale->low,
                              options.scale->high),
                  table.place(r), "mend the score, or give the right ends with --scale LOW,HIGH");
    if (!human.empty() && human[r]) s.human = human[r], out.has_human = true;
    if (!weight.empty()) {
      if (!weight[r] || *weight[r] < 0)
        throw Error(ErrorKind::data, "the weight is empty or below zero", table.place(r),
                    "give every row a weight of 0 or more");
      s.weight = *weight[r];
    }
    if (!inclusion.empty() && s.human) {
      if (!inclusion[r] || !(*inclusion[r] > 0 && *inclusion[r] <= 1))
        throw Error(ErrorKind::data,
                    "the row has a human rating and no inclusion probability above 0 and at most 1",
                    table.place(r),
                    "give the chance with which it was drawn, or --inclusion none if all had the same");
      s.inclusion = *inclusion[r];
    }
  }
  if (!any_score)
    throw Error(ErrorKind::data, "no row has a score", table.file,
                "fill the score column, or name another with --score COLUMN");
  out.systems = systems.names;
  out.items = std::move(items.names);
  out.seeds = seeds.names;
  out.judges = judges.names;
  const auto in_order = [](const ScoreRow& a, const ScoreRow& b) {
    return std::tie(a.judge, a.system, a.item, a.seed, a.row) <
           std::tie(b.judge, b.system, b.item, b.seed, b.row);
  };
  if (!std::is_sorted(out.rows.begin(), out.rows.end(), in_order))
    std::sort(out.rows.begin(), out.rows.end(), in_order);
  tell_apart(out, table, options);
  if (!columns.find(Role::human)) take_human_judge(out, options.human_judge);
  out.starts.assign(out.judges.size() * out.systems.size() + 1, 0);
  for (const ScoreRow& r : out.rows) ++out.starts[std::size_t{r.judge} * out.systems.size() + r.system + 1];
  std::partial_sum(out.starts.begin(), out.starts.end(), out.starts.begin());
  if (out.weighted) check_weights(out);
  out.scale = options.scale ? options.scale : guessed_scale(out.rows);
  if (out.scale && out.scale->guessed)
    out.notes.push_back(
        fmt::format("The scale is taken as {} to {} from the scores that occur (--scale says it).",
                    out.scale->low, out.scale->high));
  add_covariates(out, table, columns);
  return out;
}

}  // namespace undertone::analysis
