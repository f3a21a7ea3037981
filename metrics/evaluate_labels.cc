// Classification of answers mapped to labels, per attribute.
#include <fmt/format.h>

#include <array>

#include "metrics/answer_labels.h"
#include "metrics/classification.h"

namespace undertone::metrics {
namespace {

// Which items of a group are in a pool's slice and have the attribute, with their labels.
struct Chosen {
  const Item* item;
  ItemLabel label;
};

std::vector<Chosen> choose(const Group& group, const std::vector<std::vector<ItemLabel>>& labels,
                           const std::string& pool, const Slice& slice, std::uint32_t attribute) {
  std::vector<Chosen> out;
  for (std::size_t i = 0; i < group.items.size(); ++i) {
    const Question& q = *group.items[i].row->question;
    if (pool_of(q) != pool || !slice.has(q)) continue;
    for (const ItemLabel& l : labels[i])
      if (l.attribute == attribute) out.push_back({&group.items[i], l});
  }
  return out;
}

// Unweighted average recall and F1, recomputed per draw from sparse per-unit margins; averaged over seeds.
class MarginBootstrap {
 public:
  MarginBootstrap(const std::vector<Chosen>& chosen, const Sample& sample, std::size_t classes)
      : classes_(classes),
        seeds_(sample.design.seeds),
        entries_(sample.design.clusters),
        sums_(seeds_ * 3 * classes) {
    // sample.observations stand in the order of the mapped items of `chosen`.
    std::size_t next = 0;
    for (const Chosen& c : chosen) {
      if (c.label.answered < 0) continue;
      const auto& o = sample.observations[next++];
      auto& list = entries_[o.cluster];
      const std::size_t base = o.seed * 3 * classes_;
      const auto gold = static_cast<std::size_t>(c.label.gold),
                 answered = static_cast<std::size_t>(c.label.answered);
      add(list, base + gold);
      add(list, base + classes_ + answered);
      if (gold == answered) add(list, base + 2 * classes_ + gold);
    }
  }

  std::array<std::optional<double>, 3> scores(std::span<const std::uint16_t> counts) {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    for (std::size_t g = 0; g < entries_.size(); ++g) {
      if (counts[g] == 0) continue;
      for (const Entry& e : entries_[g]) sums_[e.at] += counts[g] * e.n;
    }
    std::array<std::optional<double>, 3> out{0.0, 0.0, 0.0};
    for (std::size_t s = 0; s < seeds_; ++s) {
      const std::span<const double> all(sums_.data() + s * 3 * classes_, 3 * classes_);
      const AveragedScores a =
          averaged_scores(all.first(classes_), all.subspan(classes_, classes_), all.last(classes_));
      const std::array parts{a.unweighted_average_recall, a.macro_f1, a.weighted_f1};
      for (std::size_t i = 0; i < 3; ++i) {
        if (out[i] && parts[i])
          out[i] = *out[i] + *parts[i] / static_cast<double>(seeds_);
        else
          out[i] = std::nullopt;
      }
    }
    return out;
  }

 private:
  struct Entry {
    std::uint32_t at;
    double n;
  };
  static void add(std::vector<Entry>& list, std::size_t at) {
    for (Entry& e : list)
      if (e.at == at) {
        e.n += 1;
        return;
      }
    list.push_back({static_cast<std::uint32_t>(at), 1});
  }
  std::size_t classes_, seeds_;
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

std::vector<Estimate> averaged(const Context& c, const std::vector<Chosen>& chosen,
                               statistics::DrawCache& draws) {
  Sample sample;
  for (const Chosen& one : chosen) {
    sample.asked(*one.item, 0);
    if (one.label.answered >= 0) sample.scored(*one.item, 0, one.label.answered == one.label.gold ? 1 : 0);
  }
  sample.finish(c.group);
  constexpr std::array names = {"uar", "f1_macro", "f1_weighted"};
  std::array<std::vector<std::optional<double>>, 3> replicates;
  std::array<std::optional<double>, 3> value;
  const std::size_t units = sample.units.size();
  if (units > 0) {
    MarginBootstrap bootstrap(chosen, sample, c.set.labels.size());
    value = bootstrap.scores(std::vector<std::uint16_t>(units, 1));
    if (units > 1) {
      const statistics::Draws& d = draws.of(units);
      std::vector<std::uint16_t> buffer;
      for (int r = 0; r < d.resamples(); ++r) {
        const auto s = bootstrap.scores(d.counts(r, buffer));
        for (std::size_t i = 0; i < 3; ++i) replicates[i].push_back(s[i]);
      }
    }
  }
  std::vector<Estimate> out;
  for (std::size_t i = 0; i < 3; ++i) {
    Estimate e = describe(c.table, sample, c.path + names[i], c.group.system, c.group.condition);
    e.unit = "1";
    e.value = value[i];
    if (units == 0)
      add_reason(e, "no answer could be mapped to a label");
    else if (units == 1)
      add_reason(e, "one unit: nothing to resample");
    else
      set_interval(e, statistics::percentile_interval(replicates[i], c.table.settings->level));
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
                            fmt::format("{}/{}/{}/", pool, slice.name(), labels.sets[a].attribute)};
            add(share(c, chosen, Share::correct_of_mapped, "accuracy"));
            add(share(c, chosen, Share::correct_of_answered, "accuracy_unmapped_wrong"));
            add(share(c, chosen, Share::mapped_of_answered, "coverage"));
            if (slice.kind == Kind::all || slice.kind == Kind::type) add(averaged(c, chosen, *draws));
          }
          return out;
        });
      }
}

}  // namespace undertone::metrics
