#include "datasets/synthetic_voices.h"

#include <algorithm>
#include <array>

#include "harness/core/error.h"
#include "harness/core/random.h"

namespace undertone {
namespace {

// Left out: whispers, robots, effects, and near copies of training voices (steph3, Gene2, Diogo, ...), but
// for two that dev may have: espeak-ng has few female variants.
constexpr std::array kVariants = {
    VoiceVariant{"m1", "male", "train"},       VoiceVariant{"m2", "male", "train"},
    VoiceVariant{"m3", "male", "train"},       VoiceVariant{"m6", "male", "train"},
    VoiceVariant{"m7", "male", "train"},       VoiceVariant{"Andy", "male", "train"},
    VoiceVariant{"Gene", "male", "train"},     VoiceVariant{"michel", "male", "train"},
    VoiceVariant{"victor", "male", "train"},   VoiceVariant{"Alex", "male", "train"},
    VoiceVariant{"f1", "female", "train"},     VoiceVariant{"f2", "female", "train"},
    VoiceVariant{"f3", "female", "train"},     VoiceVariant{"f4", "female", "train"},
    VoiceVariant{"linda", "female", "train"},  VoiceVariant{"Alicia", "female", "train"},
    VoiceVariant{"steph", "female", "train"},  VoiceVariant{"Andrea", "female", "train"},
    VoiceVariant{"Annie", "female", "train"},  VoiceVariant{"anika", "female", "train"},
    VoiceVariant{"max", "male", "dev"},        VoiceVariant{"Michael", "male", "dev"},
    VoiceVariant{"sandro", "male", "dev"},     VoiceVariant{"Mike", "male", "dev"},
    VoiceVariant{"steph2", "female", "dev"},   VoiceVariant{"steph3", "female", "dev"},
    VoiceVariant{"m8", "male", "test"},        VoiceVariant{"antonio", "male", "test"},
    VoiceVariant{"Denis", "male", "test"},     VoiceVariant{"paul", "male", "test"},
    VoiceVariant{"quincy", "male", "test"},    VoiceVariant{"robert", "male", "test"},
    VoiceVariant{"Mario", "male", "test"},     VoiceVariant{"pedro", "male", "test"},
    VoiceVariant{"m4", "male", "test"},        VoiceVariant{"travis", "male", "test"},
    VoiceVariant{"f5", "female", "test"},      VoiceVariant{"aunty", "female", "test"},
    VoiceVariant{"grandma", "female", "test"}, VoiceVariant{"belinda", "female", "test"},
};
constexpr std::array<std::string_view, 8> kAccents = {"en-us",          "en-gb",      "en-gb-scotland",
                                                      "en-029",         "en-gb-x-rp", "en-gb-x-gbclan",
                                                      "en-gb-x-gbcwmd", "en-us-nyc"};

Voice make_voice(const VoiceVariant& variant, const std::string& accent) {
  const std::string name(variant.name);
  return {name + '/' + accent, accent + '+' + name, name, std::string(variant.gender)};
}

// Two of three pairs are a woman and a man (who spoke can then be heard from the voice); the others two men
// or two women in turn. Takes from the ends of the two lists.
template <class T>
std::vector<std::pair<T, T>> deal_pairs(std::vector<T>& women, std::vector<T>& men, int count) {
  std::vector<std::pair<T, T>> pairs;
  auto take = [](std::vector<T>& from) {
    T last = from.back();
    from.pop_back();
    return last;
  };
  for (int i = 0; i < count; ++i) {
    const bool alike = i % 3 == 2;
    std::vector<T>& side = i % 6 == 2 ? men : women;
    if (alike && side.size() >= 2) {
      T first = take(side);
      pairs.emplace_back(first, take(side));
    } else if (!women.empty() && !men.empty()) {
      T first = take(women);
      pairs.emplace_back(first, take(men));
    } else if (std::vector<T>& rest = women.empty() ? men : women; rest.size() >= 2) {
      T first = take(rest);
      pairs.emplace_back(first, take(rest));
    } else {
      throw Error(ErrorKind::suite, "there are too few voices for " + std::to_string(count) + " pairs", "",
                  "ask for fewer pairs or more accents");
    }
  }
  return pairs;
}

VoicePlan plan_training(const std::vector<std::string>& accents) {
  std::vector<std::vector<Voice>> women, men;
  for (const VoiceVariant& variant : kVariants) {
    if (variant.split != "train") continue;
    std::vector<Voice> voices;
    for (const std::string& accent : accents) voices.push_back(make_voice(variant, accent));
    (variant.gender == "female" ? women : men).push_back(std::move(voices));
  }
  const int count = static_cast<int>(women.size() + men.size()) / 2;
  VoicePlan plan;
  for (auto& [a, b] : deal_pairs(women, men, count)) {
    const std::string name = a[0].variant + '+' + b[0].variant;
    plan.solo.push_back({name, {a}});
    plan.solo.push_back({name, {b}});
    plan.pairs.push_back({name, {a, b}});
  }
  return plan;
}

}  // namespace

std::span<const VoiceVariant> voice_variants() { return kVariants; }
std::span<const std::string_view> english_accents() { return kAccents; }

VoicePlan plan_voices(std::string_view split, const std::vector<std::string>& accents, int pairs) {
  if (accents.empty()) throw Error(ErrorKind::suite, "the split '" + std::string(split) + "' has no accent");
  if (split == "train") return plan_training(accents);
  std::vector<Voice> women, men;
  // Accent by accent, so that a pair's partners differ in variant and every variant stays among the solo
  // voices.
  for (const std::string& accent : accents)
    for (const VoiceVariant& variant : kVariants)
      if (variant.split == split)
        (variant.gender == "female" ? women : men).push_back(make_voice(variant, accent));
  Stream stream("synthetic/voices/" + std::string(split));
  stream.shuffle(women);
  stream.shuffle(men);
  VoicePlan plan;
  for (auto& [a, b] : deal_pairs(women, men, pairs)) {
    // Two accents of one variant are no two people: swap the partner with one that is left.
    std::vector<Voice>& left = b.gender == "female" ? women : men;
    for (Voice& other : left)
      if (a.variant == b.variant && other.variant != a.variant) std::swap(b, other);
    plan.pairs.push_back({a.name + '+' + b.name, {{a}, {b}}});
  }
  for (const std::vector<Voice>& side : {women, men})
    for (const Voice& voice : side) plan.solo.push_back({voice.name, {{voice}}});
  if (plan.solo.empty())
    throw Error(ErrorKind::suite, "every voice of '" + std::string(split) + "' is in a pair", "",
                "ask for fewer pairs or more accents");
  return plan;
}

}  // namespace undertone
