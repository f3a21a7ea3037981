#include "harness/text/label_mapping.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>

#include "harness/core/hash.h"
#include "harness/text/lexicon.h"
#include "harness/text/phrases.h"

namespace undertone {
namespace {

using phrases::Phrase;
using phrases::Token;
using phrases::tokens_of;
using phrases::words_of;
using PhraseTable = phrases::Table;

constexpr std::string_view rules_version =
    "label-mapping-2";                         // part of lexicon_digest(): bump when a rule changes
constexpr std::size_t negation_reach = 5;      // words between a negator and the word that it denies
constexpr std::size_t hedge_reach = 4;         // the same for a hedge and the word that it weakens
constexpr std::size_t short_answer_words = 4;  // a bare number is a count only in an answer this short

struct Grammar {
  PhraseTable negators, false_negators, clause_words, hedges, numbers;
  std::unordered_set<std::string> counted_nouns;
};

const Grammar& grammar() {
  static const Grammar g = [] {
    const lexicon::Grammar& read = lexicon::grammar();
    Grammar made;
    made.negators.add(read.negators);
    made.false_negators.add(read.false_negators);
    made.clause_words.add(read.clause_words);
    made.hedges.add(read.hedges);
    for (const auto& [label, words] : read.numbers) made.numbers.add(words, label);
    made.counted_nouns.insert(read.counted_nouns.begin(), read.counted_nouns.end());
    return made;
  }();
  return g;
}

const PhraseTable* table_of(std::string_view attribute) {
  static const std::map<std::string, PhraseTable, std::less<>> all = [] {
    std::map<std::string, PhraseTable, std::less<>> made;
    for (std::string_view name : lexicon::attributes())
      for (const lexicon::Row& row : lexicon::find(name)->rows)
        made[std::string(name)].add(row.words, row.label, row.weak);
    return made;
  }();
  const auto found = all.find(attribute);
  return found == all.end() ? nullptr : &found->second;
}

// A mention by token positions, before negation is known.
struct Found {
  std::size_t first, last;  // tokens, inclusive
  std::string label, words;
  bool weak;
};

std::vector<Found> find_phrases(const std::vector<Token>& tokens, const PhraseTable& table) {
  std::vector<Found> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (const Phrase* p = table.match(tokens, i)) {
      out.push_back({i, i + p->words.size() - 1, p->label, p->written, p->weak});
      i += p->words.size() - 1;
    }
  }
  return out;
}

// "two other speakers" -> 2; a bare number only in a short answer ("Two.").
std::vector<Found> find_speaker_counts(const std::vector<Token>& tokens) {
  const Grammar& g = grammar();
  std::vector<Found> out = find_phrases(tokens, *table_of("speakers"));
  auto taken = [&](std::size_t i) {
    return std::any_of(out.begin(), out.end(), [&](const Found& f) { return f.first <= i && i <= f.last; });
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Phrase* n = g.numbers.match(tokens, i);
    if (!n || taken(i)) continue;
    const std::size_t last_number = i + n->words.size() - 1;
    bool counted = false;
    for (std::size_t j = last_number + 1; j < tokens.size() && j <= last_number + 3; ++j) {
      if (tokens[j].after_break || g.clause_words.match(tokens, j) || g.numbers.match(tokens, j)) break;
      if (g.counted_nouns.contains(tokens[j].text)) {
        out.push_back({i, j, n->label, n->written + " " + tokens[j].text, false});
        counted = true;
        break;
      }
    }
    if (!counted && tokens.size() <= short_answer_words)
      out.push_back({i, last_number, n->label, n->written, true});
    i = last_number;
  }
  std::stable_sort(out.begin(), out.end(), [](const Found& a, const Found& b) { return a.first < b.first; });
  return out;
}

// Words since the last negator or hedge of the clause.
class Reach {
 public:
  void start() { since_ = 0; }
  void end() { since_ = kNone; }
  void step() {
    if (since_ != kNone) ++since_;
  }
  bool covers(std::size_t words) const { return since_ != kNone && since_ <= words; }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t since_ = kNone;
};

// The longest phrase of the tables at token i.
const Phrase* longest(std::initializer_list<const Phrase*> candidates) {
  const Phrase* best = nullptr;
  for (const Phrase* p : candidates)
    if (p && (!best || p->words.size() > best->words.size())) best = p;
  return best;
}

// Which mentions are denied or hedged: a negator (hedge) stands before, in the same clause, at most
// `negation_reach`
// (`hedge_reach`) words away, or the mention is joined by "or", "nor" or "and" to one that is.
std::vector<LabelMention> with_negation(const std::vector<Token>& tokens, const std::vector<Found>& found) {
  const Grammar& g = grammar();
  std::vector<LabelMention> out;
  std::size_t next = 0;
  Reach negator, hedge;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].after_break) negator.end(), hedge.end();
    if (next < found.size() && found[next].first == i) {
      const Found& f = found[next];
      bool negated = negator.covers(negation_reach), hedged = hedge.covers(hedge_reach);
      if (!out.empty() && i >= 1 && next > 0 && found[next - 1].last + 2 == i && !tokens[i].after_break) {
        const std::string& joint = tokens[i - 1].text;
        const bool joined = joint == "or" || joint == "nor" || joint == "and";
        negated = negated || (joined && out.back().negated);
        hedged = hedged || (joined && out.back().hedged);
      }
      out.push_back({f.label, f.words, tokens[f.first].begin, tokens[f.last].end, negated, f.weak, hedged});
      i = f.last;
      ++next;
      negator.end(), hedge.end();  // what follows is denied only through a conjunction
      continue;
    }
    const Phrase* p_hedge = g.hedges.match(tokens, i);
    const Phrase* p_false = g.false_negators.match(tokens, i);
    const Phrase* p_negator = g.negators.match(tokens, i);
    const Phrase* p_clause = g.clause_words.match(tokens, i);
    const Phrase* p = longest({p_false, p_hedge, p_negator, p_clause});  // of equally long ones the first
    if (!p) {
      if (tokens[i].text.ends_with("n't")) {
        negator.start();
      } else {
        negator.step(), hedge.step();
      }
      continue;
    }
    i += p->words.size() - 1;
    if (p == p_false) {
      negator.end();
    } else if (p == p_hedge) {
      hedge.start();
    } else if (p == p_negator) {
      negator.start();
    } else {
      negator.end(), hedge.end();
    }
  }
  return out;
}

// What an answer says, strongest first: a word said firmly, a hedged one, one that fits several labels, a
// weak one, a hedged weak one, a denied one. The first kind that occurs decides; several labels of it leave
// the answer unmapped.
enum class Rank { firm, hedged, ambiguous, weak, hedged_weak, negated };

Rank rank_of(const LabelMention& m) {
  if (m.negated) return Rank::negated;
  if (m.label.empty()) return Rank::ambiguous;
  if (m.weak) return m.hedged ? Rank::hedged_weak : Rank::weak;
  return m.hedged ? Rank::hedged : Rank::firm;
}

std::string joined(const std::vector<std::string>& labels) {
  std::string out;
  for (const std::string& l : labels) out += (out.empty() ? "" : ", ") + l;
  return out;
}

MappedLabel decide(const std::vector<LabelMention>& mentions) {
  MappedLabel out;
  out.rule = "none";
  const auto first = std::min_element(mentions.begin(), mentions.end(),
                                      [](const auto& a, const auto& b) { return rank_of(a) < rank_of(b); });
  if (first == mentions.end()) return out;
  const Rank rank = rank_of(*first);
  out.begin = first->begin, out.end = first->end;
  if (rank == Rank::ambiguous || rank == Rank::negated) {
    out.rule = (rank == Rank::ambiguous ? "ambiguous: " : "negated: ") + first->words;
    return out;
  }
  for (const LabelMention& m : mentions)
    if (rank_of(m) == rank && std::find(out.labels.begin(), out.labels.end(), m.label) == out.labels.end())
      out.labels.push_back(m.label);
  if (out.labels.size() > 1) {
    out.rule = "several: " + joined(out.labels);
    return out;
  }
  const bool one_word = first->words.find(' ') == std::string::npos;
  const char* kind = rank == Rank::hedged || rank == Rank::hedged_weak ? "hedged"
                     : rank == Rank::weak                              ? "weak"
                     : one_word                                        ? "word"
                                                                       : "phrase";
  out.label = out.labels.front();
  out.rule = kind + (": " + first->words);
  return out;
}

std::string without_article(std::string_view filler) {
  std::string out;
  std::vector<std::string> words = words_of(filler);
  const std::size_t skip =
      words.size() > 1 && (words.front() == "the" || words.front() == "a" || words.front() == "an") ? 1 : 0;
  for (std::size_t i = skip; i < words.size(); ++i) out += (out.empty() ? "" : " ") + words[i];
  return out;
}

}  // namespace

std::vector<LabelMention> label_mentions(std::string_view attribute, std::string_view text) {
  const PhraseTable* table = table_of(attribute);
  if (!table) return {};
  const std::vector<Token> tokens = tokens_of(text);
  return with_negation(tokens,
                       attribute == "speakers" ? find_speaker_counts(tokens) : find_phrases(tokens, *table));
}

MappedLabel map_label(std::string_view attribute, std::string_view text) {
  if (!table_of(attribute)) {
    MappedLabel out;
    out.rule = "no lexicon";
    return out;
  }
  return decide(label_mentions(attribute, text));
}

struct FillerTable::State {
  PhraseTable table;
};
FillerTable::FillerTable(std::span<const std::string> fillers) : state_(std::make_unique<State>()) {
  for (const std::string& f : fillers) state_->table.add({words_of(without_article(f)), f, f, false});
}
FillerTable::~FillerTable() = default;
FillerTable::FillerTable(FillerTable&&) noexcept = default;

std::vector<LabelMention> FillerTable::mentions(std::string_view text) const {
  const std::vector<Token> tokens = tokens_of(text);
  return with_negation(tokens, find_phrases(tokens, state_->table));
}
MappedLabel FillerTable::map(std::string_view text) const { return decide(mentions(text)); }

std::vector<LabelMention> filler_mentions(std::string_view text, std::span<const std::string> fillers) {
  return FillerTable(fillers).mentions(text);
}
MappedLabel map_filler(std::string_view text, std::span<const std::string> fillers) {
  return FillerTable(fillers).map(text);
}

std::vector<std::string> labels_of(std::string_view attribute) {
  const lexicon::Lexicon* l = lexicon::find(attribute);
  return l ? l->labels : std::vector<std::string>{};
}

std::string merged_label(std::string_view attribute, const std::string& label) {
  if (const lexicon::Lexicon* l = lexicon::find(attribute))
    for (const auto& [name, members] : l->merged)
      if (std::find(members.begin(), members.end(), label) != members.end()) return name;
  return label;
}

std::vector<std::string> merged_labels_of(std::string_view attribute) {
  std::vector<std::string> out;
  const lexicon::Lexicon* l = lexicon::find(attribute);
  if (!l || l->merged.empty()) return out;
  for (const std::string& label : l->labels)
    if (std::string name = merged_label(attribute, label);
        std::find(out.begin(), out.end(), name) == out.end())
      out.push_back(std::move(name));
  return out;
}

MappedLabel merged(std::string_view attribute, MappedLabel strict) {
  std::vector<std::string> names;
  for (const std::string& label : strict.labels)
    if (std::string name = merged_label(attribute, label);
        std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  if (names.size() == 1) {
    if (strict.labels.size() > 1) strict.rule = "merged: " + joined(strict.labels);
    strict.label = names.front();
  }
  strict.labels = std::move(names);
  return strict;
}

std::optional<std::string> bucket_label(std::string_view attribute, double value, double low, double high) {
  static constexpr std::array<std::string_view, 2> ordered = {"valence", "arousal"};
  const std::vector<std::string> labels = labels_of(attribute);
  if (std::find(ordered.begin(), ordered.end(), attribute) == ordered.end() || !(low < high) ||
      !(value >= low) || !(value <= high))
    return std::nullopt;
  const auto n = static_cast<double>(labels.size());
  const double at = std::floor((value - low) / (high - low) * n);
  return labels[static_cast<std::size_t>(std::min(at, n - 1))];
}

std::string lexicon_digest(std::string_view attribute) {
  return sha256_hex(std::string(rules_version) + "\n" + std::string(lexicon::source(attribute)) + "\n" +
                    std::string(lexicon::source("grammar")));
}

}  // namespace undertone
