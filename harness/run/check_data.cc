// Checks of seeds, of what train and test share, and of prompts.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/run/check_parts.h"

namespace undertone::checks {
namespace {

std::string listed(const std::set<std::string>& names) {
  constexpr std::size_t most = 3;
  std::string out;
  std::size_t n = 0;
  for (const std::string& name : names) {
    if (n++ == most) return out + fmt::format(" and {} more", names.size() - most);
    out += (out.empty() ? "'" : ", '") + name + "'";
  }
  return out;
}

}  // namespace

void seeds_distinct(const ComplianceRule&, const Facts& f, Result& r) {
  for (const auto& s : f.systems) {
    std::set<int> once(s.seeds.begin(), s.seeds.end());
    if (once.size() != s.seeds.size())
      r.breach(fmt::format("'{}' has {} seeds, of which {} differ", s.name, s.seeds.size(), once.size()));
  }
  std::map<std::pair<std::string, std::string>, std::map<std::string, int>>
      digests;  // (system, dataset) -> digest -> seed
  std::set<int> all;
  for (const auto& t : f.trainings) {
    all.insert(t.seed);
    if (t.digest.empty()) continue;
    const auto [at, fresh] = digests[{t.system, t.dataset}].emplace(t.digest, t.seed);
    if (!fresh && at->second != t.seed)
      r.breach(fmt::format("'{}' has the same weights for seeds {} and {}", t.system, at->second, t.seed));
  }
  r.seen(fmt::format("{} trainings, {} seeds", f.trainings.size(), all.size()));
}

// Whether there is anything to look at in each dataset; a dataset that never had a train split is apart from
// it.
static bool readable(const Facts& f, Result& r) {
  if (f.datasets.empty()) r.unknown("the run names no dataset");
  bool any = false;
  for (const auto& d : f.datasets) {
    any |= d.read;
    if (!d.read) r.unknown(fmt::format("the corpus '{}' is not in the store{}", d.name, because(f)));
  }
  return any;
}

template <class Names>
static void apart(const Facts& f, Result& r, const char* what, const Names& names_of) {
  if (!readable(f, r)) return;
  for (const auto& d : f.datasets) {
    if (!d.read) continue;
    std::map<std::string, std::set<std::string>> by_split;
    for (const auto& c : d.clips)
      for (const std::string& name : names_of(c)) by_split[c.split].insert(name);
    std::set<std::string> both;
    for (const std::string& name : by_split["train"])
      if (by_split["test"].contains(name)) both.insert(name);
    if (!both.empty())
      r.breach(
          fmt::format("{}: {} {}s are in both train and test: {}", d.name, both.size(), what, listed(both)));
    else
      r.seen(fmt::format("{}: {} {}s in train, {} in test, none in both", d.name, by_split["train"].size(),
                         what, by_split["test"].size()));
  }
}
void clips_apart(const ComplianceRule&, const Facts& f, Result& r) {
  apart(f, r, "clip", [](const Facts::ClipFact& c) { return std::vector<std::string>{c.id}; });
}
void speakers_apart(const ComplianceRule&, const Facts& f, Result& r) {
  for (const auto& d : f.datasets)
    for (const auto& c : d.clips)
      if (c.speakers.empty() && (c.split == "train" || c.split == "test")) {
        r.unknown(fmt::format("{}: nobody says who speaks in '{}'", d.name, c.id));
        break;
      }
  apart(f, r, "speaker", [](const Facts::ClipFact& c) { return c.speakers; });
}
void wordings_apart(const ComplianceRule&, const Facts& f, Result& r) {
  if (!readable(f, r)) return;
  for (const auto& d : f.datasets) {
    if (!d.read) continue;
    std::set<std::string> trained, unseen, both;
    for (const auto& q : d.questions) {
      if (q.split == "train") trained.insert(q.wording);
      if (q.split == "test" && q.unseen) unseen.insert(q.wording);
    }
    for (const std::string& w : unseen)
      if (trained.contains(w)) both.insert(w);
    if (!both.empty())
      r.breach(fmt::format("{}: {} wordings are marked unseen but trained on: {}", d.name, both.size(),
                           listed(both)));
    else
      r.seen(fmt::format("{}: {} unseen wordings at test, none of {} in train", d.name, unseen.size(),
                         trained.size()));
  }
}

// Whether `with` is `without` and one insertion.
static bool inserted(const std::string& without, const std::string& with) {
  if (with.size() < without.size()) return false;
  const auto front = std::mismatch(without.begin(), without.end(), with.begin()).first - without.begin();
  const auto back = std::mismatch(without.rbegin(), without.rend(), with.rbegin()).first - without.rbegin();
  return front + back >= static_cast<std::ptrdiff_t>(without.size());
}

// Two lists of the same questions; `same`: the metadata does not differ either. "" or the first difference.
static std::string differing(const std::vector<const TrainItem*>& a, const std::vector<const TrainItem*>& b,
                             bool same, bool targets) {
  if (a.size() != b.size()) return fmt::format("{} and {} items", a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i]->id != b[i]->id || a[i]->clip != b[i]->clip)
      return fmt::format("items '{}' and '{}' stand in one place", a[i]->id, b[i]->id);
    if (targets && a[i]->target != b[i]->target) return fmt::format("the targets of '{}' differ", a[i]->id);
    if (a[i]->prefix != b[i]->prefix)
      return fmt::format("what stands for the audio of '{}' differs", a[i]->id);
    const std::string &p = a[i]->prompt, &q = b[i]->prompt;
    if (p != q && (same || (!inserted(p, q) && !inserted(q, p))))
      return fmt::format("the prompts of '{}' differ by more than metadata", a[i]->id);
  }
  return "";
}

void prompts_equal(const ComplianceRule&, const Facts& f, Result& r) {
  std::vector<const Facts::Prompts*> audio;
  for (const auto& p : f.prompts)
    if (p.presentation == "audio") audio.push_back(&p);
  const bool asked =
      std::any_of(f.systems.begin(), f.systems.end(), [](const auto& s) { return s.kind == "variant"; });
  if (audio.empty()) {
    if (asked)
      r.unknown("the prompts are not in the store" + because(f));
    else
      r.seen("no system is prompted with audio here");
    return;
  }
  // Of two with metadata each, neither is the other with an insertion: both are compared with one without.
  const auto pools = [](const Facts::Prompts& p) {
    std::map<std::string, std::vector<const TrainItem*>> out;
    for (const TrainItem& i : p.items) out[i.pool].push_back(&i);
    return out;
  };
  std::size_t compared = 0;
  for (std::size_t i = 0; i < audio.size(); ++i) {
    const auto a = pools(*audio[i]);
    for (std::size_t j = i + 1; j < audio.size(); ++j) {
      const Facts::Prompts &x = *audio[i], &y = *audio[j];
      const bool same = x.metadata == y.metadata;
      if (x.training != y.training || x.dataset != y.dataset || x.chat_apart != y.chat_apart ||
          (!same && x.metadata != "absent" && y.metadata != "absent"))
        continue;
      const auto b = pools(y);
      for (const auto& [pool, items] : a) {
        const auto other = b.find(pool);
        // The placebo's contextual questions are other questions: that is what it changes.
        if (other == b.end() || (pool == "cpqa" && x.permuted != y.permuted) ||
            (pool == "cpqa" && x.permuted && y.permuted))
          continue;
        ++compared;
        const std::string what = differing(items, other->second, same, x.training);
        if (!what.empty()) r.breach(fmt::format("{} and {}, pool {}: {}", x.name, y.name, pool, what));
      }
    }
  }
  r.seen(fmt::format("{} lists of prompts, {} pairs of pools compared", audio.size(), compared));
}

}  // namespace undertone::checks
