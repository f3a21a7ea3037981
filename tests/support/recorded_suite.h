// The smallest suite that runs from data to report without a model: two questions, and recorded answers to
// them.
#pragma once

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

namespace undertone::test {

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string question_line(const std::string& id, const std::string& emotion,
                                 const std::string& clip = "") {
  return R"({"id": ")" + id + R"(", "clip": ")" + clip +
         R"(", "type": "DE", "pool": "pqa", "text": "How does the speaker feel?", "reference": ")" + emotion +
         R"(", "gold": {"emotion": ")" + emotion + "\"}}\n";
}

inline std::string answer_line(const std::string& question, const std::string& answer) {
  return R"({"question": ")" + question + R"(", "answer": ")" + answer + "\"}\n";
}

// folder/corpus, folder/answers.jsonl (one right, one wrong), folder/suite.json (named "two"). `systems` and
// `judges` are members of those objects, as JSON.
inline void write_recorded_suite(
    const std::filesystem::path& folder,
    const std::string& systems = R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
    const std::string& judges = R"("rubric": {"kind": "rubric"})") {
  write_text(folder / "corpus/corpus.json", "{\"name\": \"two\"}\n");
  write_text(folder / "corpus/clips.jsonl", "");
  write_text(folder / "corpus/questions.jsonl", question_line("q1", "angry") + question_line("q2", "sad"));
  write_text(folder / "answers.jsonl", answer_line("q1", "angry") + answer_line("q2", "happy"));
  write_text(folder / "suite.json", R"({
  "name": "two",
  "datasets": {"questions": {"kind": "manifest", "root": "corpus"}},
  "systems": {)" + systems + R"(},
  "judges": {)" + judges + R"(},
  "primary_judge": "rubric",
  "metrics": ["accuracy"],
  "evaluation": {"dataset": "questions"}
}
)");
}

// In place of its two questions and answers: so many that a change can be significant. Each asks for one of
// four emotions.
inline constexpr int kManyQuestions = 40;
inline constexpr std::array kEmotions = {"angry", "sad", "happy", "neutral"};
inline std::string question_id(int i) { return (i < 10 ? "q0" : "q") + std::to_string(i); }
inline std::string emotion_of(int i) { return kEmotions[static_cast<std::size_t>(i) % kEmotions.size()]; }
inline void write_many_questions(const std::filesystem::path& folder) {
  std::string questions;
  for (int i = 0; i < kManyQuestions; ++i) questions += question_line(question_id(i), emotion_of(i));
  write_text(folder / "corpus/questions.jsonl", questions);
}
// Every `wrong`-th answer is another emotion.
inline void write_many_answers(const std::filesystem::path& folder, int wrong) {
  std::string answers;
  for (int i = 0; i < kManyQuestions; ++i)
    answers += answer_line(question_id(i), emotion_of(i % wrong ? i : i + 1));
  write_text(folder / "answers.jsonl", answers);
}

}  // namespace undertone::test
