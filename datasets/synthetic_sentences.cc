#include "datasets/synthetic_sentences.h"

#include <algorithm>
#include <array>
#include <vector>

#include "harness/core/error.h"

namespace undertone {
namespace {

constexpr std::array<std::string_view, 10> kWho = {"Anna",        "Peter",      "Maria",      "Thomas",
                                                   "the teacher", "the doctor", "the driver", "our neighbour",
                                                   "my friend",   "my cousin"};
constexpr std::array<std::string_view, 10> kEvent = {"sold",    "lost",     "found",   "painted", "bought",
                                                     "cleaned", "repaired", "dropped", "burned",  "borrowed"};
constexpr std::array<std::string_view, 12> kObject = {"house", "car",  "phone", "letter", "bicycle", "table",
                                                      "book",  "ring", "boat",  "piano",  "camera",  "lamp"};
constexpr std::array<std::string_view, 8> kTime = {"yesterday",   "last night",   "this morning",
                                                   "on Monday",   "at noon",      "in April",
                                                   "a month ago", "before dinner"};

std::string pair_of(std::string_view event, std::string_view object) {
  return std::string(event) + '|' + std::string(object);
}
std::string triple_of(std::string_view who, std::string_view event, std::string_view object) {
  return std::string(who) + '|' + pair_of(event, object);
}

}  // namespace

std::span<const std::string_view> sentence_fillers(std::string_view slot) {
  if (slot == "who") return kWho;
  if (slot == "event") return kEvent;
  if (slot == "object") return kObject;
  if (slot == "time") return kTime;
  throw Error(ErrorKind::internal, "no sentence slot is called '" + std::string(slot) + "'");
}

HeldOutCombinations::HeldOutCombinations(const std::string& stream_name, int pairs, double share_of_triples) {
  Stream stream(stream_name);
  // Every object is held out equally often and every event nearly so: else a held-out pair could be told from
  // the frequency of its words alone.
  std::vector<std::string_view> events(kEvent.begin(), kEvent.end());
  std::vector<std::string_view> objects(kObject.begin(), kObject.end());
  stream.shuffle(events);
  stream.shuffle(objects);
  for (int i = 0; i < pairs; ++i) {
    const std::size_t round = static_cast<std::size_t>(i) / objects.size();
    pairs_[pair_of(events[(static_cast<std::size_t>(i) + round) % events.size()],
                   objects[static_cast<std::size_t>(i) % objects.size()])] = true;
  }
  std::vector<std::string> rest;
  for (std::string_view who : kWho)
    for (std::string_view event : kEvent)
      for (std::string_view object : kObject)
        if (!pairs_.contains(pair_of(event, object))) rest.push_back(triple_of(who, event, object));
  stream.shuffle(rest);
  rest.resize(static_cast<std::size_t>(share_of_triples * static_cast<double>(rest.size())));
  for (std::string& triple : rest) triples_[std::move(triple)] = true;
}

std::string HeldOutCombinations::combination_of(const std::map<std::string, std::string>& slots) const {
  if (pairs_.contains(pair_of(slots.at("event"), slots.at("object")))) return "pair";
  if (triples_.contains(triple_of(slots.at("who"), slots.at("event"), slots.at("object")))) return "triple";
  return "seen";
}

Sentence draw_sentence(Stream& stream, const HeldOutCombinations& held_out, std::string_view combination,
                       std::span<const Sentence> used) {
  // Rejection keeps every admissible combination equally likely. With at most three sentences used already
  // some combination is always left, unless nothing is held out: then "seen" is all there is.
  for (int attempt = 0; attempt < 100000; ++attempt) {
    Sentence sentence;
    sentence.order = static_cast<int>(stream.below(kWordOrders));
    bool fresh = true;
    for (std::string_view slot : {"who", "event", "object", "time"}) {
      const auto fillers = sentence_fillers(slot);
      const std::string filler(fillers[stream.below(fillers.size())]);
      for (const Sentence& other : used) fresh = fresh && other.slots.at(std::string(slot)) != filler;
      sentence.slots[std::string(slot)] = filler;
    }
    if (!fresh) continue;
    sentence.combination = held_out.combination_of(sentence.slots);
    if (sentence.combination == combination) return sentence;
  }
  throw Error(ErrorKind::suite,
              "no sentence of the combination '" + std::string(combination) + "' can be made", "",
              "hold out more pairs or triples, or ask for none of them at test");
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string sentence_text(const Sentence& sentence) {
  const std::string& who = sentence.slots.at("who");
  const std::string& event = sentence.slots.at("event");
  const std::string object = "the " + sentence.slots.at("object");
  const std::string& time = sentence.slots.at("time");
  switch (sentence.order) {
    case 0:
      return capitalised(who + ' ' + event + ' ' + object + ' ' + time);
    case 1:
      return capitalised(time + ' ' + who + ' ' + event + ' ' + object);
    case 2:
      return "It was " + who + " who " + event + ' ' + object + ' ' + time;
    case 3:
      return capitalised(object + " was " + event + " by " + who + ' ' + time);
    case 4:
      return capitalised(time + ' ' + object + " was " + event + " by " + who);
    case 5:
      return "It was " + object + " that " + who + ' ' + event + ' ' + time;
    default:
      throw Error(ErrorKind::internal, "no word order " + std::to_string(sentence.order));
  }
}

}  // namespace undertone
