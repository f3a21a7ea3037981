// undertone-synth as a program: the same bytes whatever was spoken before, honest times, clear refusals.
#include <sys/wait.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "harness/core/files.h"
#include "harness/core/json.h"
#include "harness/speech/audio.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

using testing::HasSubstr;

struct Outcome {
  int code = 0;
  std::string out, err;
};

class Synth : public testing::Test {
 protected:
  Outcome run(const std::string& arguments) {
    const std::string command = std::string(UNDERTONE_BINARY_DIR) + "/undertone-synth " + arguments + " >" +
                                folder_ / "out" + " 2>" + folder_ / "err";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(folder_ / "out"),
            read_file(folder_ / "err")};
  }
  // One clip per line of `clips`; WAVs go to folder/NAME.
  Outcome speak(const std::string& name, const std::string& clips, const std::string& more = "") {
    write_file_atomically(folder_ / (name + ".jsonl"), clips);
    return run("--plan " + folder_ / (name + ".jsonl") + " --out " + folder_ / name + " " + more);
  }
  std::string wav(const std::string& name, const std::string& clip) {
    return read_file(folder_ / (name + "/" + clip + ".wav"));
  }
  test::TemporaryFolder folder_;
};

std::string utterance(const std::string& text, const std::string& voice, int pitch, int rate,
                      const std::string& effect) {
  return R"({"text": ")" + text + R"(", "voice": ")" + voice + R"(", "pitch": )" + std::to_string(pitch) +
         R"(, "range": 60, "rate": )" + std::to_string(rate) + R"(, "volume": 110, "effect": ")" + effect +
         R"(", "strength": 0.9})";
}
std::string clip(const std::string& id, const std::string& utterances, double gap = 0.25) {
  return R"({"clip": ")" + id + R"(", "path": ")" + id + R"(.wav", "gap_seconds": )" + std::to_string(gap) +
         R"(, "utterances": [)" + utterances + "]}\n";
}

const std::string a = clip("a", utterance("the nurse lost the map yesterday.", "en-us+f2", 66, 212, "none"));
const std::string b = clip("b", utterance("a farmer bought the piano", "en-gb+klatt2", 20, 142, "lowpass"));
const std::string c =
    clip("c", utterance("it was my friend who found the lamp", "en-us+Andy", 80, 235, "tremolo") + ", " +
                  utterance("she sold it", "en-us+m3", 40, 230, "drive"));

TEST_F(Synth, AnUtteranceIsTheSameBytesWhateverWasSpokenBefore) {
  ASSERT_EQ(speak("alone", a).code, 0);
  ASSERT_EQ(speak("after", b + c + a).code, 0);
  ASSERT_EQ(speak("before", a + c + b).code, 0);
  EXPECT_EQ(wav("alone", "a"), wav("after", "a"));
  EXPECT_EQ(wav("after", "c"), wav("before", "c"));
  EXPECT_EQ(wav("after", "b"), wav("before", "b"));
  EXPECT_NE(wav("after", "a"), wav("after", "b"));
}

// Breathy voices take their noise from rand(): what other code drew from it before the program began must not
// be heard.
TEST_F(Synth, AnUtteranceIsTheSameBytesWhateverWasDrawnBefore) {
  const std::string disturber = std::string(UNDERTONE_BINARY_DIR) + "/tests/libdraws_first.so";
  ASSERT_TRUE(std::filesystem::exists(disturber)) << disturber;
  ASSERT_EQ(speak("calm", a + b).code, 0);
  ASSERT_EQ(setenv("LD_PRELOAD", disturber.c_str(), 1), 0);
  const Outcome drawn = speak("drawn", a + b);
  unsetenv("LD_PRELOAD");
  ASSERT_EQ(drawn.code, 0) << drawn.err;
  ASSERT_THAT(drawn.err, HasSubstr("drew first"));  // the library was there
  EXPECT_EQ(wav("calm", "a"), wav("drawn", "a"));
  EXPECT_EQ(wav("calm", "b"), wav("drawn", "b"));
}

TEST_F(Synth, WorkersAndPartsChangeNothing) {
  const Outcome one = speak("one", a + b + c), many = speak("many", a + b + c, "--workers 3");
  ASSERT_EQ(one.code, 0) << one.err;
  ASSERT_EQ(many.code, 0) << many.err;
  EXPECT_EQ(one.out, many.out);
  ASSERT_EQ(speak("part", a + b + c, "--only 1/2").code, 0);
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(wav("one", id), wav("many", id));
  EXPECT_EQ(wav("part", "b"), wav("one", "b"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "part/a.wav"));
}

TEST_F(Synth, TimesAreThoseOfTheAudio) {
  const Outcome outcome = speak("times", c);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json line = parse_json(outcome.out, "out");
  const Audio audio = decode_audio(folder_ / "times/c.wav");
  EXPECT_EQ(line.at("samples").as_int(), static_cast<std::int64_t>(audio.samples.size()));
  EXPECT_DOUBLE_EQ(line.at("duration_seconds").as_double(), audio.seconds());
  const auto& utterances = line.at("utterances").elements();
  ASSERT_EQ(utterances.size(), 2u);
  EXPECT_EQ(utterances[0].at("start_seconds").as_double(), 0);
  EXPECT_NEAR(utterances[1].at("start_seconds").as_double() - utterances[0].at("end_seconds").as_double(),
              0.25, 1e-9);
  EXPECT_DOUBLE_EQ(utterances[1].at("end_seconds").as_double(), audio.seconds());
  // Silence exactly in the gap.
  const auto first =
      static_cast<std::size_t>(std::lround(utterances[0].at("end_seconds").as_double() * 16000));
  const auto past =
      static_cast<std::size_t>(std::lround(utterances[1].at("start_seconds").as_double() * 16000));
  for (std::size_t i = first; i < past; ++i) ASSERT_EQ(audio.samples[i], 0.0f) << i;
  // Every word of the text, in order, within its utterance.
  std::vector<std::string> words;
  double at = 0;
  for (const Json& u : utterances)
    for (const Json& word : u.at("words").elements()) {
      words.push_back(word.at("text").as_string());
      EXPECT_GE(word.at("start_seconds").as_double(), at);
      EXPECT_GT(word.at("end_seconds").as_double(), word.at("start_seconds").as_double());
      at = word.at("end_seconds").as_double();
    }
  EXPECT_THAT(words, testing::ElementsAre("it", "was", "my", "friend", "who", "found", "the", "lamp", "she",
                                          "sold", "it"));
  EXPECT_LE(at, audio.seconds());
}

TEST_F(Synth, EffectsChangeTheSound) {
  std::string plan;
  for (const char* effect : {"none", "lowpass", "drive", "tremolo"})
    plan += clip(effect, utterance("the doctor painted the house last night", "en-us+m1", 45, 185, effect));
  ASSERT_EQ(speak("effects", plan).code, 0);
  // Share of the energy in the sample-to-sample difference: a measure of how bright the sound is.
  const auto brightness = [&](const char* effect) {
    const Audio audio = decode_audio(folder_ / (std::string("effects/") + effect + ".wav"));
    double all = 0, difference = 0;
    for (std::size_t i = 1; i < audio.samples.size(); ++i) {
      all += audio.samples[i] * audio.samples[i];
      difference += std::pow(audio.samples[i] - audio.samples[i - 1], 2);
    }
    return difference / all;
  };
  EXPECT_LT(brightness("lowpass"), 0.7 * brightness("none"));
  EXPECT_GT(brightness("drive"), 1.5 * brightness("none"));
  EXPECT_NE(wav("effects", "tremolo"), wav("effects", "none"));
}

TEST_F(Synth, ListsItsVoices) {
  const Outcome outcome = run("--voices");
  ASSERT_EQ(outcome.code, 0);
  const Json voices = parse_json(outcome.out, "voices");
  std::map<std::string, std::string> gender;
  for (const Json& v : voices.at("variants").elements())
    gender[v.at("name").as_string()] = v.at("gender").as_string();
  EXPECT_EQ(gender["f2"], "female");
  EXPECT_EQ(gender["Andy"], "male") << "the voice file says \"Male\"";
  EXPECT_GT(gender.size(), 90u);
  EXPECT_GE(voices.at("accents").size(), 8u);
}

TEST_F(Synth, RefusesWhatItCannotSpeak) {
  const auto expect = [&](const std::string& plan, int code, const std::string& what) {
    const Outcome outcome = speak("bad", plan);
    EXPECT_EQ(outcome.code, code) << plan;
    EXPECT_THAT(outcome.err, HasSubstr(what));
    EXPECT_EQ(outcome.out, "");
  };
  expect(a + clip("x", utterance("hello", "en-us+nobody", 40, 180, "none")), 1, "no variant 'nobody'");
  expect(clip("x", utterance("hello", "xx+f2", 40, 180, "none")), 1, "no English accent 'xx'");
  expect(clip("x", utterance("hello", "en-us+f2", 40, 20, "none")), 1, "bad.jsonl:1");
  expect(clip("x", utterance("hello", "en-us+f2", 40, 180, "echo")), 1, "echo");
  expect(clip("x", utterance(" ", "en-us+f2", 40, 180, "none")), 1, "no words");
  expect(clip("../x", utterance("hello", "en-us+f2", 40, 180, "none")), 1, "relative path inside");
  expect(a + a, 1, "occurs twice");
  expect("{", 1, "bad.jsonl:1");
  EXPECT_EQ(run("--plan").code, 2);
  EXPECT_EQ(run("--nonsense").code, 2);
  EXPECT_EQ(run("--plan x --out y --only 3/2").code, 2);
  EXPECT_EQ(run("--plan /nowhere/plan.jsonl --out " + folder_ / "none").code, 1);
}

}  // namespace
}  // namespace undertone
