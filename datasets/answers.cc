#include "datasets/answers.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace {

constexpr std::array<std::string_view, 8> kKnown = {"question", "answer", "status", "finish_reason",
                                                    "tokens",   "detail", "seed",   "condition"};

[[noreturn]] void broken(const Json& line, const std::string& what, const std::string& mend) {
  throw Error(ErrorKind::data, what, line.place().str(), mend);
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// A type error of a member names the member; its place is the line in any case.
template <class F>
auto member(const Json& line, std::string_view key, F&& get) {
  try {
    return get();
  } catch (const Error& e) {
    broken(line, fmt::format("\"{}\": {}", key, e.what_happened()), e.mend());
  }
}

std::string need_text(const Json& line, const char* key) {
  if (!line.find(key))
    broken(line, fmt::format("an answer without \"{}\"", key), R"(write {"question": ID, "answer": TEXT})");
  return member(line, key, [&] { return line.at(key).as_string(); });
}

RecordedAnswer row_of(const Json& line) {
  if (!line.is_object())
    broken(line, fmt::format("a line of answers is an object, not {}", line.type_name()),
           R"(write {"question": ID, "answer": TEXT})");
  RecordedAnswer row;
  row.place = line.place();
  row.question = need_text(line, "question");
  const std::string text = need_text(line, "answer");
  const std::string reason = member(line, "finish_reason", [&] { return line.get("finish_reason", ""); });
  row.answer = recorded_answer(text, reason);
  if (line.find("status")) {
    const std::string status = member(line, "status", [&] { return line.at("status").as_string(); });
    row.answer.status = member(line, "status", [&] { return answer_status_from(status); });
    row.answer.detail.clear();
    if (row.answer.status == AnswerStatus::answered && is_blank(text))
      row.answer = recorded_answer(text, reason);
  }
  row.answer.tokens = static_cast<int>(member(line, "tokens", [&] { return line.get("tokens", 0); }));
  if (line.find("detail"))
    row.answer.detail = member(line, "detail", [&] { return line.at("detail").as_string(); });
  row.seed = member(line, "seed", [&] { return line.get("seed", 0); });
  row.condition = member(line, "condition", [&] { return line.get("condition", ""); });
  for (const auto& [key, value] : line.members())
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end()) row.extra[key] = value;
  return row;
}

}  // namespace

Answer recorded_answer(std::string text, std::string finish_reason) {
  Answer a;
  a.status = finish_reason == "length"           ? AnswerStatus::truncated
             : finish_reason == "content_filter" ? AnswerStatus::refusal
                                                 : AnswerStatus::answered;
  if (a.status == AnswerStatus::answered && is_blank(text)) {
    a.status = AnswerStatus::model_error;
    a.detail = "empty answer";
  }
  a.text = std::move(text);
  a.finish_reason = std::move(finish_reason);
  return a;
}

std::vector<RecordedAnswer> parse_answers(std::string_view text, const std::string& file,
                                          const Corpus& corpus) {
  std::set<std::string_view> ids;
  for (const Question& q : corpus.questions) ids.insert(q.id);
  std::map<std::tuple<std::string, std::int64_t, std::string>, std::string> first;
  std::vector<RecordedAnswer> out;
  for (const Json& line : parse_jsonl(text, file)) {
    RecordedAnswer row = row_of(line);
    if (!ids.contains(row.question)) {
      const std::string near = nearest_of(row.question, {ids.begin(), ids.end()});
      broken(line, fmt::format("an answer to the question '{}', which the corpus lacks", row.question),
             near.empty() ? std::string("check which corpus was answered")
                          : fmt::format("did you mean '{}'?", near));
    }
    const auto [at, fresh] =
        first.emplace(std::tuple(row.question, row.seed, row.condition), row.place.str());
    if (!fresh)
      broken(line,
             fmt::format("a second answer to '{}' with the same seed and condition; the first is at {}",
                         row.question, at->second),
             "keep one, or give them different seeds");
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<RecordedAnswer> read_answers(const std::string& path, const Corpus& corpus) {
  return parse_answers(read_file(path), path, corpus);
}

void write_answers(const std::vector<RecordedAnswer>& rows, const std::string& path) {
  std::string text;
  for (const RecordedAnswer& row : rows) {
    Json line = Json::object();
    line["question"] = Json(row.question);
    line["answer"] = Json(row.answer.text);
    line["status"] = Json(to_string(row.answer.status));
    if (!row.answer.finish_reason.empty()) line["finish_reason"] = Json(row.answer.finish_reason);
    if (row.answer.tokens != 0) line["tokens"] = Json(row.answer.tokens);
    if (!row.answer.detail.empty()) line["detail"] = Json(row.answer.detail);
    if (row.seed != 0) line["seed"] = Json(row.seed);
    if (!row.condition.empty()) line["condition"] = Json(row.condition);
    for (const auto& [key, value] : row.extra.members()) line[key] = value;
    text += line.dump() + "\n";
  }
  write_file_atomically(path, text);
}

}  // namespace undertone
