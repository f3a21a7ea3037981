// Answers that somebody else's system gave, as JSONL: one line per question (and seed, and test condition).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/corpus.h"

namespace undertone {

struct RecordedAnswer {
  std::string question;   // Question::id
  std::int64_t seed = 0;  // which training or draw of the system gave it
  std::string condition;  // metadata at test, or "" where it does not apply
  Answer answer;
  Place place;                  // the line it came from
  Json extra = Json::object();  // unknown members, kept as read
};

// Reads lines {"question": ID, "answer": TEXT[, "status", "finish_reason", "tokens", "detail", "seed",
// "condition", ...]}. Where no status is given it follows from finish_reason: "length" is truncated,
// "content_filter" a refusal, else answered. An answered line with an empty text is a model error ("empty
// answer"): what the system meant is not guessed. Throws Error{data} at file:line for a broken line, a member
// of the wrong type, an unknown status, a question that the corpus lacks (with the nearest id), or a second
// line for the same question, seed and condition (naming the first).
std::vector<RecordedAnswer> read_answers(const std::string& path, const Corpus& corpus);
std::vector<RecordedAnswer> parse_answers(std::string_view text, const std::string& file,
                                          const Corpus& corpus);

// Writes what read_answers reads; stable bytes, atomic.
void write_answers(const std::vector<RecordedAnswer>& rows, const std::string& path);

// Status of a text that came with a finish reason and no status, as read_answers decides it.
Answer recorded_answer(std::string text, std::string finish_reason);

}  // namespace undertone
