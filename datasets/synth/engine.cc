#include "datasets/synth/engine.h"

#include <espeak-ng/speak_lib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/core/error.h"
#include "harness/core/fields.h"

namespace undertone {
namespace {

// What a child gathers and sends; espeak's callback has no user data for samples, hence a global of the
// child.
struct Recording {
  std::vector<short> samples;
  std::vector<EngineWord> words;
};
Recording* recording = nullptr;

int on_samples(short* samples, int count, espeak_EVENT* events) {
  for (; events && events->type != espeakEVENT_LIST_TERMINATED; ++events)
    if (events->type == espeakEVENT_WORD)
      recording->words.push_back({events->text_position - 1, events->sample});
  if (samples && count > 0) recording->samples.insert(recording->samples.end(), samples, samples + count);
  return 0;
}

bool write_all(int fd, const void* data, std::size_t bytes) {
  for (auto p = static_cast<const char*>(data); bytes > 0;) {
    const ssize_t n = ::write(fd, p, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

bool read_all(int fd, void* data, std::size_t bytes) {
  for (auto p = static_cast<char*>(data); bytes > 0;) {
    const ssize_t n = ::read(fd, p, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

template <class T>
bool send(int fd, const std::vector<T>& v) {
  const std::uint64_t n = v.size();
  return write_all(fd, &n, sizeof n) && write_all(fd, v.data(), n * sizeof(T));
}

template <class T>
bool receive(int fd, std::vector<T>& v) {
  std::uint64_t n = 0;
  if (!read_all(fd, &n, sizeof n)) return false;
  v.resize(n);
  return read_all(fd, v.data(), n * sizeof(T));
}

// In the child: speaks, sends, never returns.
[[noreturn]] void speak_and_exit(const SpokenUtterance& u, const std::string& voice, int fd) {
  Recording spoken;
  recording = &spoken;
  // Breathy voices take their noise from rand(), and libraries that start with the program may have drawn
  // from it: seen once in some dozen corpora, where one engine's voices began 24 draws later.
  std::srand(1);
  const bool ok = espeak_SetVoiceByName(voice.c_str()) == EE_OK &&
                  espeak_SetParameter(espeakRATE, u.rate, 0) == EE_OK &&
                  espeak_SetParameter(espeakPITCH, u.pitch, 0) == EE_OK &&
                  espeak_SetParameter(espeakRANGE, u.range, 0) == EE_OK &&
                  espeak_SetParameter(espeakVOLUME, u.volume, 0) == EE_OK &&
                  espeak_Synth(u.text.c_str(), u.text.size() + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8,
                               nullptr, nullptr) == EE_OK;
  ::_exit(ok && send(fd, spoken.samples) && send(fd, spoken.words) ? 0 : 1);
}

// espeak's own list says "none" for a gender that is written "Male"; the voice file is the truth.
EngineVariant read_variant(const std::filesystem::path& file) {
  EngineVariant variant{file.filename().string(), "", 0};
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string key;
    if (!(words >> key) || key != "gender") continue;
    words >> variant.gender >> variant.age;
    std::transform(variant.gender.begin(), variant.gender.end(), variant.gender.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (variant.gender != "male" && variant.gender != "female") variant.gender.clear();
  }
  return variant;
}

}  // namespace

Engine::Engine() {
  rate_hz_ = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, nullptr, espeakINITIALIZE_DONT_EXIT);
  const char* folder = nullptr;
  espeak_Info(&folder);
  if (rate_hz_ <= 0 || !folder)
    throw Error(ErrorKind::data, "espeak-ng does not start", folder ? folder : "",
                "install the package espeak-ng-data (./undertone setup does)");
  data_folder_ = folder;
  espeak_SetSynthCallback(on_samples);
  // Loads the dictionary once, before any fork. Always the same voice, so that every child starts from the
  // same state.
  if (espeak_SetVoiceByName("en-us") != EE_OK)
    throw Error(ErrorKind::data, "espeak-ng has no voice 'en-us'", data_folder_,
                "install the package espeak-ng-data");

  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(data_folder_ + "/voices/!v", ec))
    if (entry.is_regular_file()) variants_.push_back(read_variant(entry.path()));
  std::sort(variants_.begin(), variants_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  espeak_VOICE english{};
  english.languages = "en";
  for (const espeak_VOICE** v = espeak_ListVoices(&english); v && *v; ++v)
    if ((*v)->languages && std::strncmp((*v)->languages + 1, "en", 2) == 0 &&
        std::strncmp((*v)->identifier, "gmw/", 4) == 0)
      accents_.emplace((*v)->languages + 1, std::filesystem::path((*v)->identifier).filename().string());
}

std::string Engine::version() const { return espeak_Info(nullptr); }
std::vector<EngineVariant> Engine::variants() const { return variants_; }
std::vector<std::string> Engine::accents() const {
  std::vector<std::string> names;
  for (const auto& [language, file] : accents_) names.push_back(language);
  return names;
}

std::string Engine::check_voice(const std::string& voice) const {
  const std::size_t plus = voice.find('+');
  const std::string accent = voice.substr(0, plus),
                    variant = plus == std::string::npos ? "" : voice.substr(plus + 1);
  const auto refuse = [&](const std::string& what, const std::string& word,
                          const std::vector<std::string>& known) {
    const std::string near = nearest_of(word, known);
    throw Error(ErrorKind::data, "espeak-ng has no " + what + " '" + word + "' (voice '" + voice + "')",
                data_folder_,
                (near.empty() ? "" : "did you mean '" + near + "'? ") +
                    std::string("'undertone-synth --voices' lists them"));
  };
  // British English is the language "en-gb" in the file "en": espeak does not find it by its language.
  const auto found = accents_.find(accent);
  if (found == accents_.end()) refuse("English accent", accent, accents());
  if (plus == std::string::npos) return found->second;
  std::vector<std::string> known;
  for (const EngineVariant& v : variants_) known.push_back(v.name);
  if (std::find(known.begin(), known.end(), variant) == known.end()) refuse("variant", variant, known);
  return found->second + voice.substr(plus);
}

EngineSpeech Engine::speak(const SpokenUtterance& utterance) const {
  const std::string voice = check_voice(utterance.voice);
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::internal, what, "voice '" + utterance.voice + "', text '" + utterance.text + "'");
  };
  int ends[2];
  if (::pipe(ends) != 0) fail(std::string("no pipe: ") + std::strerror(errno));
  const pid_t child = ::fork();
  if (child < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    fail(std::string("no process: ") + std::strerror(errno));
  }
  if (child == 0) {
    ::close(ends[0]);
    speak_and_exit(utterance, voice, ends[1]);
  }
  ::close(ends[1]);
  std::vector<short> samples;
  EngineSpeech speech;
  const bool complete = receive(ends[0], samples) && receive(ends[0], speech.words);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!complete || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    fail(WIFSIGNALED(status) ? "espeak-ng died of signal " + std::to_string(WTERMSIG(status))
                             : "espeak-ng refuses this utterance");
  speech.samples.reserve(samples.size());
  for (const short s : samples) speech.samples.push_back(static_cast<float>(s) / 32768.0f);
  return speech;
}

}  // namespace undertone
