// In place of a recorded suite's questions: some about clips that can be heard.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

#include "harness/speech/audio.h"
#include "tests/support/recorded_suite.h"

namespace undertone::test {

// A tenth of a second of the same number, another one for each clip.
inline std::vector<float> clip_samples(int clip) {
  return std::vector<float>(1600, 0.1f * static_cast<float>(clip + 1));
}

// corpus/audio/c0.wav, ...: clips of one angry speaker each, and questions q00, ... about them in turn.
inline void write_spoken_corpus(const std::filesystem::path& folder, int clips, int questions) {
  std::filesystem::create_directories(folder / "corpus/audio");
  std::string clip_lines, question_lines;
  for (int i = 0; i < clips; ++i) {
    write_wav((folder / fmt::format("corpus/audio/c{}.wav", i)).string(), clip_samples(i));
    clip_lines += fmt::format(
        R"({{"id": "c{0}", "audio": "audio/c{0}.wav", "duration_seconds": 0.1, "split": "test", "unit": "s{0}", )"
        R"("segments": [{{"start_seconds": 0, "end_seconds": 0.1, "speaker": "s{0}", "gender": "female", )"
        R"("transcript": "I sold the house", "emotion": {{"category": "angry"}}}}]}})"
        "\n",
        i);
  }
  for (int i = 0; i < questions; ++i)
    question_lines += question_line(fmt::format("q{:02}", i), "angry", fmt::format("c{}", i % clips));
  write_text(folder / "corpus/clips.jsonl", clip_lines);
  write_text(folder / "corpus/questions.jsonl", question_lines);
}

}  // namespace undertone::test
