// Who speaks in the synthetic corpus: variants of espeak-ng that sound like people, split into train, dev and
// test, in eight English accents. A voice is variant x accent; the unit that statistics resample is a solo
// voice or a fixed pair.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace undertone {

struct VoiceVariant {
  std::string_view name;    // espeak-ng's variant file
  std::string_view gender;  // as that file states it; "male" where it states none and its pitch is a man's
  std::string_view split;   // "train", "dev", "test"
};
std::span<const VoiceVariant> voice_variants();
std::span<const std::string_view> english_accents();  // espeak-ng's names, "en-us" first

struct Voice {
  std::string name;    // "m8/en-gb": the speaker of a segment
  std::string espeak;  // "en-gb+m8": what the synthesiser is asked for
  std::string variant, gender;
};

// The voices of a split, dealt to units. In test and dev no voice is in two units: solo voices speak alone,
// the others only with their partner. In train every variant speaks alone and with its partner in any accent,
// and the pair is the unit of both: folds by unit never hear a variant on both sides.
struct VoicePlan {
  struct Unit {
    std::string name;  // "m8/en-gb", "f5/en-us+m8/en-gb"; in train "f1+m1"
    std::vector<std::vector<Voice>>
        speakers;  // one or two; each a choice of voices (accents), one outside train
  };
  std::vector<Unit> solo;   // who may speak a clip alone
  std::vector<Unit> pairs;  // who may speak a clip together
};
VoicePlan plan_voices(std::string_view split, const std::vector<std::string>& accents, int pairs);

}  // namespace undertone
