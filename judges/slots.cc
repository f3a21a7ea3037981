// What an answer says about each gold slot: the reading half of the rubric judge.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/text/label_mapping.h"
#include "judges/rubric.h"
#include "judges/words.h"

namespace undertone {
namespace {

using Mentions = std::vector<LabelMention>;

// "emotion_after" is scored with the lexicon of "emotion".
std::string base_of(const std::string& slot) { return slot.substr(0, slot.find('_')); }

// Place in time that a slot's suffix names: 0 earlier, 1 later, none without one.
std::optional<int> order_of(const std::string& slot) {
  const std::size_t at = slot.find('_');
  if (at == std::string::npos) return std::nullopt;
  const std::string suffix = slot.substr(at + 1);
  if (suffix == "before" || suffix == "from" || suffix == "first" || suffix == "start") return 0;
  if (suffix == "after" || suffix == "to" || suffix == "second" || suffix == "last" || suffix == "end")
    return 1;
  return std::nullopt;
}

// Weak mentions (a pronoun for gender) count only where nothing stronger is said; ambiguous words name no
// label.
Mentions firm_mentions(const std::string& attribute, std::string_view text) {
  Mentions all = label_mentions(attribute, text);
  std::erase_if(all, [](const LabelMention& m) { return m.label.empty(); });
  if (std::any_of(all.begin(), all.end(), [](const LabelMention& m) { return !m.weak; }))
    std::erase_if(all, [](const LabelMention& m) { return m.weak; });
  return all;
}

struct Evidence {
  bool stated = false, against = false;
  std::string why;
  void note(const std::string& words) { why += (why.empty() ? "\"" : ", \"") + words + "\""; }
  SlotFinding finding() const {
    if (stated) return against ? SlotFinding::hedged : SlotFinding::stated;
    return against ? SlotFinding::contradicted : SlotFinding::silent;
  }
};

// `expected` holds every gold label of the attribute: none of them speaks against another.
Evidence weigh(const Mentions& mentions, const std::string& gold, const std::set<std::string>& expected) {
  Evidence e;
  for (const LabelMention& m : mentions) {
    if (m.label == gold && !m.negated) {
      e.stated = true;
    } else if ((m.label == gold && m.negated) || (!m.negated && !expected.contains(m.label))) {
      e.against = true;
    } else {
      continue;
    }
    e.note((m.negated ? "not " : "") + m.words);
  }
  return e;
}

const LabelMention* first_of(const Mentions& mentions, const std::string& label) {
  for (const LabelMention& m : mentions)
    if (m.label == label && !m.negated) return &m;
  return nullptr;
}

// True when the answer tells two labels in the wrong order of time: "from happy to sad" for sad, then happy.
// "happy after being sad" tells the later one first.
bool wrong_order(const Mentions& mentions, std::string_view answer, const std::string& earlier,
                 const std::string& later) {
  const LabelMention* a = first_of(mentions, earlier);
  const LabelMention* b = first_of(mentions, later);
  if (!a || !b || a->begin == b->begin) return false;
  const bool forward = a->begin < b->begin;
  const std::size_t from = forward ? a->end : b->end, to = forward ? b->begin : a->begin;
  if (from > to) return false;
  const std::vector<std::string> between = judge_words(answer.substr(from, to - from));
  const bool turned = std::any_of(between.begin(), between.end(),
                                  [](const std::string& w) { return w == "after" || w == "from"; });
  return forward == turned;
}

bool contains_all(const std::set<std::string>& all, const std::set<std::string>& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

// The last content word: "sister" of "my older sister".
std::string head_stem(const std::string& value, const std::set<std::string>& stems) {
  std::string head;
  for (const std::string& word : judge_words(value))
    if (std::string stem = judge_stem(word); stems.contains(stem)) head = std::move(stem);
  return head;
}

class SlotReader {
 public:
  SlotReader(const Rubric& rubric, const JudgeItem& item,
             const std::map<std::string, std::vector<std::string>>& values)
      : rubric_(rubric), item_(item), values_(values) {
    answer_ = content_stems(item.answer, {});
    question_ = content_stems(item.question->text, {});
    reference_ = content_stems(item.question->reference, {});
    for (const char* attribute : {"emotion", "gender", "speakers"})
      for (const LabelMention& m : label_mentions(attribute, item.answer))
        explained_.merge(content_stems(m.words, {}));
    for (const auto& [slot, gold] : item.question->gold) golds_[base_of(slot)].insert(canonical(slot, gold));
  }

  std::vector<SlotScore> read() {
    for (const auto& [slot, gold] : item_.question->gold) {
      SlotScore s{slot, gold, is_paralinguistic(base_of(slot)), SlotFinding::silent, ""};
      if (has_lexicon(slot)) {
        read_label(s);
      } else {
        read_content(s);
      }
      scores_.push_back(std::move(s));
    }
    check_order();
    count_substitutions();
    return std::move(scores_);
  }

 private:
  static bool has_lexicon(const std::string& slot) { return !labels_of(base_of(slot)).empty(); }

  static std::string canonical(const std::string& slot, const std::string& gold) {
    if (!has_lexicon(slot)) return gold;
    return map_label(base_of(slot), gold).label.value_or(gold);
  }

  void read_label(SlotScore& s) {
    const std::string attribute = base_of(s.slot), gold = canonical(s.slot, s.gold);
    const std::set<std::string>& expected = golds_.at(attribute);
    // A question that offers several labels ("happy, sad or angry?") gives none away.
    const Evidence asked = weigh(firm_mentions(attribute, item_.question->text), gold, expected);
    if (asked.stated && !asked.against) {
      s.finding = SlotFinding::in_question;
      return;
    }
    const Mentions mentions = firm_mentions(attribute, item_.answer);
    const Evidence e = weigh(mentions, gold, expected);
    s.finding = e.finding();
    s.why = e.why;
  }

  std::set<std::string> stems_of(const std::string& value) const {
    std::set<std::string> stems = content_stems(value, rubric_.empty_stems);
    return stems.empty() ? content_stems(value, {}) : stems;
  }

  // Other values of the slot that the corpus or the clip knows, and that neither question nor reference
  // mention.
  std::vector<std::string> others(const SlotScore& s) const {
    std::vector<std::string> list;
    const auto add = [&](const std::string& value) {
      const std::set<std::string> stems = stems_of(value);
      if (stems.empty() || golds_.at(base_of(s.slot)).contains(value) || stems == stems_of(s.gold)) return;
      if (contains_all(question_, stems) || contains_all(reference_, stems)) return;
      if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
    };
    const std::string base = base_of(s.slot);
    if (const auto known = values_.find(base); known != values_.end())
      for (const std::string& value : known->second) add(value);
    if (item_.clip)
      for (const Segment& segment : item_.clip->segments)
        if (const auto said = segment.slots.find(base); said != segment.slots.end()) add(said->second);
    return list;
  }

  void read_content(SlotScore& s) {
    const std::set<std::string> gold = stems_of(s.gold);
    if (gold.empty() || contains_all(question_, gold)) {
      s.finding = SlotFinding::in_question;
      return;
    }
    std::vector<std::string> fillers = others(s);
    fillers.push_back(s.gold);
    Evidence e;
    e.stated = contains_all(answer_, gold);
    bool denied = false, affirmed = false;
    for (const LabelMention& m : filler_mentions(item_.answer, fillers)) {
      if (m.label == s.gold) {
        (m.negated ? denied : affirmed) = true;
      } else if (!m.negated) {
        e.against = true;
        e.note(m.words);
        explained_.merge(content_stems(m.words, {}));
      }
    }
    if (denied) {
      e.stated = affirmed;
      e.against = true;
      e.note("not " + s.gold);
    }
    // The head alone ("sister" for "my older sister") will do, unless something else was said beside it.
    if (!e.stated && !denied && answer_.contains(head_stem(s.gold, gold)) && unsupported() == 0)
      e.stated = true;
    s.finding = e.finding();
    s.why = e.why;
  }

  // Content words of the answer that neither question, reference nor a recognised label accounts for.
  std::size_t unsupported() const {
    std::size_t n = 0;
    for (const std::string& stem : answer_)
      n += !rubric_.empty_stems.contains(stem) && !question_.contains(stem) && !reference_.contains(stem) &&
           !explained_.contains(stem) && !gold_word(stem);
    return n;
  }

  bool gold_word(const std::string& stem) const {
    for (const auto& [slot, gold] : item_.question->gold)
      if (content_stems(gold, {}).contains(stem)) return true;
    return false;
  }

  void check_order() {
    for (SlotScore& a : scores_)
      for (SlotScore& b : scores_) {
        if (order_of(a.slot) != 0 || order_of(b.slot) != 1 || base_of(a.slot) != base_of(b.slot)) continue;
        if (!has_lexicon(a.slot) || a.finding != SlotFinding::stated || b.finding != SlotFinding::stated)
          continue;
        if (!wrong_order(firm_mentions(base_of(a.slot), item_.answer), item_.answer,
                         canonical(a.slot, a.gold), canonical(b.slot, b.gold)))
          continue;
        a.finding = b.finding = SlotFinding::contradicted;
        a.why += " in the wrong order";
        b.why += " in the wrong order";
      }
  }

  // A content slot that is passed over while the answer says something else: one contradiction for each such
  // word. Which slot it was meant for cannot be told, and does not change the score.
  void count_substitutions() {
    std::size_t left = unsupported();
    for (SlotScore& s : scores_) {
      if (left == 0) return;
      if (s.finding != SlotFinding::silent || has_lexicon(s.slot)) continue;
      s.finding = SlotFinding::contradicted;
      s.why = "something else is said in its place";
      --left;
    }
  }

  const Rubric& rubric_;
  const JudgeItem& item_;
  const std::map<std::string, std::vector<std::string>>& values_;
  std::map<std::string, std::set<std::string>> golds_;  // canonical gold labels by base attribute
  std::set<std::string> answer_, question_, reference_;
  std::set<std::string> explained_;  // stems of the answer that belong to a recognised label or filler
  std::vector<SlotScore> scores_;
};

}  // namespace

std::vector<SlotScore> find_slots(const Rubric& rubric, const JudgeItem& item,
                                  const std::map<std::string, std::vector<std::string>>& values) {
  return SlotReader(rubric, item, values).read();
}

}  // namespace undertone
