// What EmoDB's documentation fixes: speakers, sentences, emotions, and the format of its ratings.
#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>

#include "datasets/emodb.h"
#include "harness/core/error.h"

namespace undertone {
namespace {

struct Speaker {
  std::string_view id, gender;
  int age;
};
constexpr std::array<Speaker, 10> kSpeakers{{{"03", "male", 31},
                                             {"08", "female", 34},
                                             {"09", "female", 21},
                                             {"10", "male", 32},
                                             {"11", "male", 26},
                                             {"12", "male", 30},
                                             {"13", "female", 32},
                                             {"14", "female", 35},
                                             {"15", "male", 25},
                                             {"16", "female", 31}}};

// Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral.
constexpr std::array<std::pair<char, std::string_view>, 7> kEmotions{{{'W', "angry"},
                                                                      {'L', "bored"},
                                                                      {'E', "disgusted"},
                                                                      {'A', "afraid"},
                                                                      {'F', "happy"},
                                                                      {'T', "sad"},
                                                                      {'N', "neutral"}}};

// Blanks, tabs, carriage returns and Latin-1's non-breaking space.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\xa0";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// "95,00" is 0.95.
std::optional<double> percent(std::string_view text) {
  std::string number(trimmed(text));
  std::replace(number.begin(), number.end(), ',', '.');
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || !(value >= 0 && value <= 100))
    return std::nullopt;
  return value / 100;
}

}  // namespace

std::string_view emodb_german(std::string_view sentence) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> german{
      {{"a01", "Der Lappen liegt auf dem Eisschrank."},
       {"a02", "Das will sie am Mittwoch abgeben."},
       {"a04", "Heute abend könnte ich es ihm sagen."},
       {"a05", "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück."},
       {"a07", "In sieben Stunden wird es soweit sein."},
       {"b01", "Was sind denn das für Tüten, die da unter dem Tisch stehen?"},
       {"b02", "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter."},
       {"b03", "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht."},
       {"b09", "Ich will das eben wegbringen und dann mit Karl was trinken gehen."},
       {"b10", "Die wird auf dem Platz sein, wo wir sie immer hinlegen."}}};
  for (const auto& [code, text] : german)
    if (code == sentence) return text;
  return {};
}

EmodbName parse_emodb_name(std::string_view stem) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::data, what, std::string(stem),
                "EmoDB's names are like 03a01Wa: speaker, sentence, emotion (W L E A F T N), take; remove "
                "other WAV files");
  };
  if (stem.size() != 7) refuse("this is not a name of EmoDB");
  EmodbName name;
  name.speaker = stem.substr(0, 2);
  name.sentence = stem.substr(2, 3);
  name.take = stem.substr(6, 1);
  const auto speaker = std::find_if(kSpeakers.begin(), kSpeakers.end(),
                                    [&](const Speaker& s) { return s.id == name.speaker; });
  if (speaker == kSpeakers.end()) refuse("EmoDB has no speaker " + name.speaker);
  name.gender = speaker->gender;
  name.age = speaker->age;
  if (emodb_german(name.sentence).empty()) refuse("EmoDB has no sentence " + name.sentence);
  for (const auto& [letter, emotion] : kEmotions)
    if (letter == stem[5]) name.emotion = emotion;
  if (name.emotion.empty()) refuse(fmt::format("EmoDB has no emotion '{}'", stem[5]));
  return name;
}

bool tested_in_fold(std::string_view speaker, int fold) {
  for (std::size_t i = 0; i < kSpeakers.size(); ++i)
    if (kSpeakers[i].id == speaker) return static_cast<int>(i % 2) == fold - 1;
  return false;
}

std::map<std::string, EmodbRating> parse_emodb_ratings(std::string_view text, const std::string& file) {
  std::map<std::string, EmodbRating> ratings;
  int line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (++line == 1 || trimmed(row).empty()) continue;  // the first line names the columns
    std::vector<std::string_view> cells;
    for (std::size_t at = 0;;) {
      const std::size_t tab = row.find('\t', at);
      cells.push_back(row.substr(at, tab == std::string_view::npos ? tab : tab - at));
      if (tab == std::string_view::npos) break;
      at = tab + 1;
    }
    const auto recognised = cells.size() >= 4 ? percent(cells[2]) : std::nullopt;
    const auto natural = cells.size() >= 4 ? percent(cells[3]) : std::nullopt;
    if (!recognised || !natural)
      throw Error(ErrorKind::data,
                  "not a rating: a number, a file, and two percentages with a decimal comma are needed",
                  file + ":" + std::to_string(line), "restore erkennung.txt from the distribution of EmoDB");
    std::string stem(trimmed(cells[1]));
    if (stem.ends_with(".wav")) stem.resize(stem.size() - 4);
    ratings.emplace(std::move(stem), EmodbRating{*recognised, *natural});
  }
  return ratings;
}

}  // namespace undertone
