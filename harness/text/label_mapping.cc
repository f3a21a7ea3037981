#include "harness/text/label_mapping.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "harness/core/hash.h"
#include "harness/text/lexicon.h"

namespace undertone {
namespace {

constexpr std::string_view rules_version =
    "label-mapping-1";                         // part of lexicon_digest(): bump when a rule changes
constexpr std::size_t negation_reach = 5;      // words between a negator and the word that it denies
constexpr std::size_t short_answer_words = 4;  // a bare number is a count only in an answer this short

struct Token {
  std::string text;  // lower case, ’ as ', possessive 's cut
  std::size_t begin, end;
  bool after_break;  // punctuation that ends a clause stands before it
};

std::vector<Token> tokens_of(std::string_view s) {
  std::vector<Token> out;
  bool broke = false;
  for (std::size_t i = 0; i < s.size();) {
    std::string word;
    const std::size_t begin = i;
    while (i < s.size()) {
      const auto c = static_cast<unsigned char>(s[i]);
      if (s.substr(i, 3) == "\xE2\x80\x99" && !word.empty()) {  // typographic apostrophe
        word += '\'';
        i += 3;
      } else if (s.substr(i, 2) == "\xE2\x80") {  // dashes, quotation marks
        break;
      } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 ||
                 (c == '\'' && !word.empty())) {
        word += s[i++];
      } else if (c >= 'A' && c <= 'Z') {
        word += static_cast<char>(c - 'A' + 'a');
        ++i;
      } else {
        break;
      }
    }
    std::size_t end = i;
    while (!word.empty() && word.back() == '\'') {  // a closing quotation mark
      word.pop_back();
      end -= s[end - 1] == '\'' ? 1 : 3;
    }
    if (word.size() > 2 && word.ends_with("'s") && word != "she's" && word != "he's" && word != "it's") {
      word.resize(word.size() - 2);
    }
    if (!word.empty()) {
      out.push_back({std::move(word), begin, end, broke});
      broke = false;
    }
    if (i == begin) {  // no letter here
      if (std::string_view(".,;:!?\n()").find(s[i]) != std::string_view::npos) broke = true;
      i += s.substr(i, 2) == "\xE2\x80" ? std::min<std::size_t>(3, s.size() - i) : 1;
    }
  }
  return out;
}

std::vector<std::string> words_of(std::string_view phrase) {
  std::vector<std::string> out;
  for (Token& t : tokens_of(phrase)) out.push_back(std::move(t.text));
  return out;
}

// Calls visit(phrase) for each entry of a comma-separated table.
template <class Visit>
void each_phrase(std::string_view table, Visit visit) {
  while (!table.empty()) {
    const std::size_t comma = table.find(',');
    std::string_view one = table.substr(0, comma);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    if (!one.empty()) visit(one);
    if (comma == std::string_view::npos) break;
    table.remove_prefix(comma + 1);
  }
}

struct Phrase {
  std::vector<std::string> words;
  std::string label;
  std::string written;
  bool weak = false;
};

// Phrases by first word, longest first.
class PhraseTable {
 public:
  void add(Phrase p) {
    if (p.words.empty()) return;
    auto& list = by_first_[p.words.front()];
    const auto at = std::find_if(list.begin(), list.end(),
                                 [&](const Phrase& q) { return q.words.size() < p.words.size(); });
    list.insert(at, std::move(p));
  }
  void add_table(std::string_view table, std::string_view label = {}, bool weak = false) {
    each_phrase(table, [&](std::string_view p) {
      add({words_of(p), std::string(label), std::string(p), weak});
    });
  }
  // The longest phrase that starts at token i without a clause break inside, or null.
  const Phrase* match(const std::vector<Token>& tokens, std::size_t i) const {
    const auto found = by_first_.find(tokens[i].text);
    if (found == by_first_.end()) return nullptr;
    for (const Phrase& p : found->second) {
      if (i + p.words.size() > tokens.size()) continue;
      bool same = true;
      for (std::size_t k = 1; same && k < p.words.size(); ++k)
        same = tokens[i + k].text == p.words[k] && !tokens[i + k].after_break;
      if (same) return &p;
    }
    return nullptr;
  }

 private:
  std::unordered_map<std::string, std::vector<Phrase>> by_first_;
};

struct Grammar {
  PhraseTable negators, false_negators, clause_words, numbers;
  std::unordered_set<std::string> counted_nouns;
};

const Grammar& grammar() {
  static const Grammar g = [] {
    Grammar made;
    made.negators.add_table(lexicon::negators);
    made.false_negators.add_table(lexicon::false_negators);
    made.clause_words.add_table(lexicon::clause_words);
    for (const auto& n : lexicon::numbers()) made.numbers.add_table(n.words, n.label);
    each_phrase(lexicon::counted_nouns, [&](std::string_view p) { made.counted_nouns.emplace(p); });
    return made;
  }();
  return g;
}

const PhraseTable* table_of(std::string_view attribute) {
  static const auto make = [](std::string_view name) {
    PhraseTable t;
    for (const auto& row : lexicon::rows(name)) t.add_table(row.words, row.label, row.weak);
    return t;
  };
  static const PhraseTable emotion = make("emotion"), gender = make("gender"), speakers = make("speakers");
  if (attribute == "emotion") return &emotion;
  if (attribute == "gender") return &gender;
  if (attribute == "speakers") return &speakers;
  return nullptr;
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

// Which mentions are denied: a negator stands before, in the same clause, at most `negation_reach` words
// away, or the mention is joined by "or", "nor" or "and" to one that is denied.
std::vector<LabelMention> with_negation(const std::vector<Token>& tokens, const std::vector<Found>& found) {
  const Grammar& g = grammar();
  std::vector<LabelMention> out;
  std::size_t next = 0;
  std::size_t since =
      tokens.size() + negation_reach + 1;  // words since the last negator; large: none in this clause
  const std::size_t none = since;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].after_break) since = none;
    if (next < found.size() && found[next].first == i) {
      const Found& f = found[next];
      bool negated = since <= negation_reach;
      if (!negated && !out.empty() && out.back().negated && i >= 1 && next > 0 &&
          found[next - 1].last + 2 == i && !tokens[i].after_break) {
        const std::string& joint = tokens[i - 1].text;
        negated = joint == "or" || joint == "nor" || joint == "and";
      }
      out.push_back({f.label, f.words, tokens[f.first].begin, tokens[f.last].end, negated, f.weak});
      i = f.last;
      ++next;
      since = none;  // what follows is denied only through a conjunction
      continue;
    }
    if (const Phrase* p = g.false_negators.match(tokens, i)) {
      i += p->words.size() - 1;
      since = none;
    } else if (const Phrase* q = g.negators.match(tokens, i)) {
      i += q->words.size() - 1;
      since = 0;
    } else if (tokens[i].text.ends_with("n't")) {
      since = 0;
    } else if (g.clause_words.match(tokens, i)) {
      since = none;
    } else if (since != none) {
      ++since;
    }
  }
  return out;
}

MappedLabel decide(const std::vector<LabelMention>& mentions) {
  const LabelMention* strong = nullptr;
  const LabelMention* weak = nullptr;
  const LabelMention* ambiguous = nullptr;
  const LabelMention* negated = nullptr;
  std::vector<std::string> strong_labels, weak_labels;
  auto add = [](std::vector<std::string>& labels, const std::string& label) {
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  };
  for (const LabelMention& m : mentions) {
    if (m.negated) {
      if (!negated) negated = &m;
    } else if (m.label.empty()) {
      if (!ambiguous) ambiguous = &m;
    } else if (m.weak) {
      if (!weak) weak = &m;
      add(weak_labels, m.label);
    } else {
      if (!strong) strong = &m;
      add(strong_labels, m.label);
    }
  }
  auto settle = [](const LabelMention& m, const std::vector<std::string>& labels, const char* kind) {
    if (labels.size() == 1) return MappedLabel{labels.front(), kind + (": " + m.words), m.begin, m.end};
    std::string all;
    for (const std::string& l : labels) all += (all.empty() ? "" : ", ") + l;
    return MappedLabel{std::nullopt, "several: " + all, m.begin, m.end};
  };
  if (strong)
    return settle(*strong, strong_labels, strong->words.find(' ') == std::string::npos ? "word" : "phrase");
  if (ambiguous) return {std::nullopt, "ambiguous: " + ambiguous->words, ambiguous->begin, ambiguous->end};
  if (weak) return settle(*weak, weak_labels, "weak");
  if (negated) return {std::nullopt, "negated: " + negated->words, negated->begin, negated->end};
  return {std::nullopt, "none", 0, 0};
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
  if (!table_of(attribute)) return {std::nullopt, "no lexicon", 0, 0};
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
  std::vector<std::string> out;
  each_phrase(lexicon::canonical_labels(attribute), [&](std::string_view l) { out.emplace_back(l); });
  return out;
}

std::string lexicon_digest(std::string_view attribute) {
  std::string all = std::string(rules_version) + "\n" + std::string(attribute) + "\n";
  for (const auto& row : lexicon::rows(attribute))
    all += std::string(row.label) + (row.weak ? "~" : "=") + std::string(row.words) + "\n";
  for (const auto& n : lexicon::numbers()) all += std::string(n.label) + "=" + std::string(n.words) + "\n";
  for (std::string_view t :
       {lexicon::negators, lexicon::false_negators, lexicon::clause_words, lexicon::counted_nouns})
    all += std::string(t) + "\n";
  return sha256_hex(all);
}

}  // namespace undertone
