// The smallest suite that runs from data to report without a model: two questions, and recorded answers to
// them.
#pragma once

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

}  // namespace undertone::test
