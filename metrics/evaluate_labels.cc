// Classification of answers mapped to labels, per attribute.
#include <fmt/format.h>

#include <set>

#include "metrics/answer_labels.h"
#include "metrics/classification.h"
#include "metrics/statistics/fast_sums.h"

namespace undertone::metrics {
namespace {

// Which items of a group are in a pool's slice and have the attribute, with their labels.
struct Chosen {
  const Item* item;
  ItemLabel label;
  bool counted = false;
};

std::vector<Chosen> choose(const Group& group, const std::vector<std::vector<ItemLabel>>& labels,
                           const std::string& pool, const Slice& slice, std::uint32_t attribute) {
  std::vector<Chosen> out;
  for (std::size_t i = 0; i < group.items.size(); ++i) {
    const Question& q = *group.items[i].row->question;
    if (pool_of(q) != pool || !slice.has(q)) continue;
    for (const ItemLabel& l : labels[i])
      if (l.attribute == attribute) out.push_back({&group.items[i], l, false});
  }
  return out;
}

// A score of a table of labels, as a tag's last part names it.
struct LabelScore {
  const char* tag;
  Value ClassificationScores::*of;
  const char* asked_by;
  // Given over mapped items whatever is asked for, and then computed per draw without the others; with
  // unmapped answers as wrong only when asked for.
  std::optional<double> AveragedScores::*averaged = nullptr;
};
constexpr LabelScore kScores[] = {
    {"uar", &ClassificationScores::unweighted_average_recall, "unweighted_average_recall",
     &AveragedScores::unweighted_average_recall},
    {"f1_macro", &ClassificationScores::f1_macro, "f1", &AveragedScores::macro_f1},
    {"f1_weighted", &ClassificationScores::f1_weighted, "f1", &AveragedScores::weighted_f1},
    {"f1_micro", &ClassificationScores::f1_micro, "f1_micro"},
    {"precision_macro", &ClassificationScores::precision_macro, "precision"},
    {"precision_weighted", &ClassificationScores::precision_weighted, "precision"},
    {"precision_micro", &ClassificationScores::precision_micro, "precision"},
    {"matthews", &ClassificationScores::matthews, "matthews"},
    {"kappa", &ClassificationScores::kappa, "cohen_kappa"},
};

// Scores of labels, recomputed per draw from sparse per-unit margins; averaged over seeds.
class MarginBootstrap {
 public:
  MarginBootstrap(const std::vector<Chosen>& chosen, const Sample& sample, std::size_t classes,
                  std::vector<LabelScore> scores)
      : classes_(classes),
        seeds_(sample.design.seeds),
        scores_(std::move(scores)),
        averaged_only_(std::all_of(scores_.begin(), scores_.end(),
                                   [](const LabelScore& s) { return s.averaged != nullptr; })),
        drawn_(scores_.size()),
        entries_(sample.design.clusters),
        sums_(seeds_ * 3 * classes) {
    // sample.observations stand in the order of those items of `chosen` that it counts.
    std::size_t next = 0;
    for (const Chosen& c : chosen) {
      if (!c.counted) continue;
      const auto& o = sample.observations[next++];
      auto& list = entries_[o.cluster];
      const std::size_t base = o.seed * 3 * classes_;
      const auto gold = static_cast<std::size_t>(c.label.gold);
      add(list, base + gold);
      if (c.label.answered < 0) continue;
      const auto answered = static_cast<std::size_t>(c.label.answered);
      add(list, base + classes_ + answered);
      if (gold == answered) add(list, base + 2 * classes_ + gold);
    }
  }

  // One per score; nothing where it is undefined under some seed.
  std::vector<Value> values(std::span<const std::uint16_t> counts) {
    add_up(counts);
    return scores_of(sums_);
  }

  // Calls take(scores) for every draw, in order. Margins of few classes are added up for all draws at once.
  template <class Take>
  void each_draw(const statistics::Draws& draws, Take&& take) {
    const std::size_t columns = sums_.size();
    if (columns > kDenseColumns) {
      std::vector<std::uint16_t> buffer;
      for (int r = 0; r < draws.resamples(); ++r) {
        add_up(draws.counts(r, buffer));
        take(drawn_scores(sums_));
      }
      return;
    }
    std::vector<double> margins(entries_.size() * columns);
    for (std::size_t g = 0; g < entries_.size(); ++g)
      for (const Entry& e : entries_[g]) margins[g * columns + e.at] += e.n;
    const std::vector<double> sums =
        statistics::drawn_sums(draws, statistics::ClusterMatrix(margins, columns));
    for (std::size_t first = 0; first < sums.size(); first += columns)
      take(drawn_scores(std::span(sums).subspan(first, columns)));
  }

 private:
  static constexpr std::size_t kDenseColumns = 200;
  struct Entry {
    std::uint32_t at;
    double n;
  };
  void add_up(std::span<const std::uint16_t> counts) {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    for (std::size_t g = 0; g < entries_.size(); ++g) {
      if (counts[g] == 0) continue;
      for (const Entry& e : entries_[g]) sums_[e.at] += counts[g] * e.n;
    }
  }
  // Means over seeds, into out[score], of what `one` picks from the scores of a seed's margins.
  template <class Scores, class One, class Out>
  void over_seeds(std::span<const double> sums, Scores&& scores, One&& one, std::vector<Out>& out) const {
    std::fill(out.begin(), out.end(), Out(0.0));
    for (std::size_t s = 0; s < seeds_; ++s) {
      const std::span<const double> all = sums.subspan(s * 3 * classes_, 3 * classes_);
      const auto now = scores(all.first(classes_), all.subspan(classes_, classes_), all.last(classes_));
      for (std::size_t i = 0; i < scores_.size(); ++i) {
        if (!out[i]) continue;
        const Out& v = one(now, scores_[i]);
        out[i] = v ? Out(*out[i] + *v / static_cast<double>(seeds_)) : v;
      }
    }
  }
  std::vector<Value> scores_of(std::span<const double> sums) const {
    std::vector<Value> out(scores_.size(), Value(0));
    const auto all = [](auto... m) { return classification_scores(m...); };
    over_seeds(
        sums, all, [](const auto& now, const LabelScore& s) -> const Value& { return now.*s.of; }, out);
    return out;
  }
  const std::vector<std::optional<double>>& drawn_scores(std::span<const double> sums) {
    if (averaged_only_) {
      const auto averaged = [](auto... m) { return averaged_scores(m...); };
      over_seeds(
          sums, averaged,
          [](const auto& now, const LabelScore& s) -> const std::optional<double>& {
            return now.*s.averaged;
          },
          drawn_);
    } else {
      const std::vector<Value> now = scores_of(sums);
      std::copy(now.begin(), now.end(), drawn_.begin());
    }
    return drawn_;
  }
  static void add(std::vector<Entry>& list, std::size_t at) {
    for (Entry& e : list)
      if (e.at == at) {
        e.n += 1;
        return;
      }
    list.push_back({static_cast<std::uint32_t>(at), 1});
  }
  std::size_t classes_, seeds_;
  std::vector<LabelScore> scores_;
  bool averaged_only_;
  std::vector<std::optional<double>> drawn_;
  std::vector<std::vector<Entry>> entries_;
  std::vector<double> sums_;
};

struct Context {
  const Table& table;
  const LabelSet& set;
  const Group& group;
  std::string path;  // "cpqa/all/emotion/"
};

// The mean of a 0/1 value over the answered (or only the mapped) items.
enum class Share { correct_of_mapped, correct_of_answered, mapped_of_answered };
std::vector<Estimate> share(const Context& c, const std::vector<Chosen>& chosen, Share what,
                            const char* name) {
  Sample sample;
  for (const Chosen& one : chosen) {
    sample.asked(*one.item, 0);
    const bool mapped = one.label.answered >= 0, right = mapped && one.label.answered == one.label.gold;
    if (one.label.answered == not_answered || (what == Share::correct_of_mapped && !mapped)) continue;
    sample.scored(*one.item, 0, (what == Share::mapped_of_answered ? mapped : right) ? 1 : 0);
  }
  sample.finish(c.group);
  Estimate e = describe(c.table, sample, c.path + name, c.group.system, c.group.condition);
  e.unit = "1";
  if (const auto b = sample.bounds(0, 1)) e.worst = b->worst, e.best = b->best;
  if (!e.n)
    add_reason(e, what == Share::correct_of_mapped ? "no answer could be mapped to a label" : "no answers");
  return mean_estimates(c.table, sample, e, {0, 1}, false);
}

std::vector<Estimate> scored(const Context& c, std::vector<Chosen> chosen, Unmapped unmapped,
                             statistics::DrawCache& draws) {
  const bool wrong = unmapped == Unmapped::wrong;
  std::vector<LabelScore> wanted;
  for (const LabelScore& score : kScores)
    if ((score.averaged && !wrong) || c.table.asks_for(score.asked_by)) wanted.push_back(score);
  if (wanted.empty()) return {};
  Sample sample;
  for (Chosen& one : chosen) {
    sample.asked(*one.item, 0);
    one.counted = one.label.answered >= 0 || (wrong && one.label.answered != not_answered);
    if (one.counted) sample.scored(*one.item, 0, one.label.answered == one.label.gold ? 1 : 0);
  }
  sample.finish(c.group);
  // Where every gold label is the same, recall of it is accuracy and an F1 is high for whoever always says
  // it: neither tells classes apart.
  std::set<std::int32_t> gold;
  for (const Chosen& one : chosen)
    if (one.counted) gold.insert(static_cast<std::int32_t>(one.label.gold));
  const bool one_class = gold.size() == 1;
  const auto method = statistics::bootstrap_method_from(c.table.settings->method);
  std::vector<std::vector<std::optional<double>>> replicates(wanted.size()), left_out(wanted.size());
  std::vector<Value> value(wanted.size());
  const std::size_t units = sample.units.size();
  if (units > 0) {
    MarginBootstrap bootstrap(chosen, sample, c.set.labels.size(), wanted);
    value = bootstrap.values(std::vector<std::uint16_t>(units, 1));
    if (units > 1 && !one_class) {
      const statistics::Draws& d = draws.of(units);
      bootstrap.each_draw(d, [&](const std::vector<std::optional<double>>& now) {
        for (std::size_t i = 0; i < wanted.size(); ++i) replicates[i].push_back(now[i]);
      });
      std::vector<std::uint16_t> without(units, 1);
      for (std::size_t u = 0; u < units && method == statistics::BootstrapMethod::bca; ++u) {
        without[u] = 0;
        const auto now = bootstrap.values(without);
        for (std::size_t i = 0; i < wanted.size(); ++i) left_out[i].push_back(now[i]);
        without[u] = 1;
      }
    }
  }
  std::vector<Estimate> out;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string tag = c.path + wanted[i].tag + (wrong ? "_unmapped_wrong" : "");
    Estimate e = describe(c.table, sample, tag, c.group.system, c.group.condition);
    e.unit = "1";
    if (!one_class) e.value = value[i];
    if (units == 0)
      add_reason(e, wrong ? "no answers" : "no answer could be mapped to a label");
    else if (one_class)
      add_reason(e, "one class only");
    else if (!value[i])
      add_reason(e, value[i].reason());
    else if (units == 1)
      add_reason(e, "one unit: nothing to resample");
    else
      set_interval(e, statistics::bootstrap_interval(method, replicates[i], e.value, left_out[i],
                                                     c.table.settings->level));
    if (e.seeds > 1) e.method += " (these seeds)";
    out.push_back(e);
  }
  return out;
}

}  // namespace

void add_label_jobs(Jobs& jobs) {
  using Kind = Slice::Kind;
  const Table& table = *jobs.table;
  const LabelTable& labels = *jobs.labels;
  for (std::size_t g = 0; g < table.groups.size(); ++g)
    for (const std::string& pool : table.pools)
      for (const Slice& slice : table.slices(pool)) {
        if (slice.kind == Kind::types || slice.kind == Kind::seen || slice.kind == Kind::unseen) continue;
        jobs.list.push_back([&table, &labels, g, pool, slice, draws = jobs.draws] {
          std::vector<Estimate> out;
          auto add = [&](std::vector<Estimate> more) { out.insert(out.end(), more.begin(), more.end()); };
          for (std::uint32_t a = 0; a < labels.sets.size(); ++a) {
            const auto chosen = choose(table.groups[g], labels.of[g], pool, slice, a);
            if (chosen.empty()) continue;
            const Context c{table, labels.sets[a], table.groups[g],
                            fmt::format("{}/{}/{}/", pool, slice.name(), labels.sets[a].name())};
            add(share(c, chosen, Share::correct_of_mapped, "accuracy"));
            add(share(c, chosen, Share::correct_of_answered, "accuracy_unmapped_wrong"));
            add(share(c, chosen, Share::mapped_of_answered, "coverage"));
            if (slice.kind != Kind::all && slice.kind != Kind::type) continue;
            add(scored(c, chosen, Unmapped::left_out, *draws));
            add(scored(c, chosen, Unmapped::wrong, *draws));
          }
          return out;
        });
      }
}

}  // namespace undertone::metrics
