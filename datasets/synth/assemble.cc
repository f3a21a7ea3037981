#include "datasets/synth/assemble.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "datasets/synth/effects.h"
#include "harness/speech/audio.h"

namespace undertone {
namespace {

constexpr float silence = 0.001f;                    // -60 dB of full scale
constexpr std::size_t margin = speech_rate_hz / 50;  // 20 ms

// First and one-past-last sample to keep.
std::pair<std::size_t, std::size_t> sounding(const std::vector<float>& x) {
  const auto loud = [](float v) { return std::abs(v) > silence; };
  const auto first = std::find_if(x.begin(), x.end(), loud);
  if (first == x.end()) return {0, x.size()};
  const auto last = std::find_if(x.rbegin(), x.rend(), loud).base();
  const auto begin = static_cast<std::size_t>(first - x.begin()),
             end = static_cast<std::size_t>(last - x.begin());
  return {begin > margin ? begin - margin : 0, std::min(x.size(), end + margin)};
}

// A transcript's words carry no punctuation.
std::string bare(std::string word) {
  while (!word.empty() && std::string_view(".,;:!?").find(word.back()) != std::string_view::npos)
    word.pop_back();
  return word;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::vector<UtteranceTimes::WordTimes> align_words(const std::string& text,
                                                   const std::vector<EngineWord>& events,
                                                   std::size_t end_sample) {
  struct Token {
    std::string text;
    int first = 0, past = 0;  // in characters, as espeak counts
    bool timed = false;
    double start = 0;
  };
  std::vector<Token> tokens;
  int position = 0;
  bool inside = false;
  for (const char c : text) {
    const bool continuation = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (is_space(c)) {
      inside = false;
    } else {
      if (!inside) tokens.push_back({"", position, position, false, 0});
      inside = true;
      tokens.back().text += c;
      tokens.back().past = position + 1;
    }
    if (!continuation) ++position;
  }
  for (const EngineWord& event : events)
    for (Token& token : tokens)
      if (!token.timed && event.text_offset >= token.first && event.text_offset < token.past) {
        token.timed = true;
        token.start = std::min(static_cast<double>(event.sample), static_cast<double>(end_sample));
        break;
      }
  for (std::size_t i = 0; i < tokens.size();) {
    if (i == 0 && !tokens[0].timed) tokens[0].timed = true;  // starts at 0
    std::size_t next = i + 1;
    while (next < tokens.size() && !tokens[next].timed) ++next;
    const double end = next < tokens.size() ? tokens[next].start : static_cast<double>(end_sample);
    double characters = 0, before = 0;
    for (std::size_t k = i; k < next; ++k) characters += tokens[k].past - tokens[k].first;
    const double start = tokens[i].start;
    for (std::size_t k = i; k < next; ++k) {
      tokens[k].start = start + (end - start) * before / characters;
      before += tokens[k].past - tokens[k].first;
    }
    i = next;
  }
  std::vector<UtteranceTimes::WordTimes> words;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const double end = i + 1 < tokens.size() ? tokens[i + 1].start : static_cast<double>(end_sample);
    const auto at = static_cast<std::size_t>(std::lround(tokens[i].start));
    words.push_back({bare(tokens[i].text), at, std::max(at, static_cast<std::size_t>(std::lround(end)))});
  }
  return words;
}

AssembledClip assemble(const Engine& engine, const SpokenClip& clip) {
  AssembledClip out;
  for (const SpokenUtterance& utterance : clip.utterances) {
    const EngineSpeech speech = engine.speak(utterance);
    const std::vector<float> whole = resample(speech.samples, engine.rate_hz(), speech_rate_hz);
    const auto [begin, end] = sounding(whole);
    std::vector<float> kept(whole.begin() + static_cast<std::ptrdiff_t>(begin),
                            whole.begin() + static_cast<std::ptrdiff_t>(end));
    apply_effect(utterance.effect, utterance.strength, speech_rate_hz, kept);

    if (!out.utterances.empty())
      out.samples.resize(out.samples.size() +
                         static_cast<std::size_t>(std::lround(clip.gap_seconds * speech_rate_hz)));
    UtteranceTimes times{out.samples.size(), out.samples.size() + kept.size(), {}};
    times.words = align_words(utterance.text, speech.words, speech.samples.size());
    const double ratio = static_cast<double>(speech_rate_hz) / engine.rate_hz();
    const auto placed = [&, first = begin](std::size_t engine_sample) {
      const auto at = static_cast<std::size_t>(std::lround(static_cast<double>(engine_sample) * ratio));
      return times.start_sample + std::min(at > first ? at - first : 0, kept.size());
    };
    for (auto& word : times.words) {
      word.start_sample = placed(word.start_sample);
      word.end_sample = placed(word.end_sample);
    }
    out.samples.insert(out.samples.end(), kept.begin(), kept.end());
    out.utterances.push_back(std::move(times));
  }
  return out;
}

Json describe(const SpokenClip& clip, const AssembledClip& assembled) {
  const auto seconds = [](std::size_t samples) {
    return Json(static_cast<double>(samples) / speech_rate_hz);
  };
  Json out = Json::object();
  out["clip"] = clip.id;
  out["path"] = clip.path;
  out["samples"] = static_cast<std::int64_t>(assembled.samples.size());
  out["duration_seconds"] = seconds(assembled.samples.size());
  out["utterances"] = Json::array();
  for (const UtteranceTimes& utterance : assembled.utterances) {
    Json u = Json::object();
    u["start_seconds"] = seconds(utterance.start_sample);
    u["end_seconds"] = seconds(utterance.end_sample);
    u["words"] = Json::array();
    for (const auto& word : utterance.words) {
      Json w = Json::object();
      w["text"] = word.text;
      w["start_seconds"] = seconds(word.start_sample);
      w["end_seconds"] = seconds(word.end_sample);
      u["words"].push_back(std::move(w));
    }
    out["utterances"].push_back(std::move(u));
  }
  return out;
}

}  // namespace undertone
