#include "harness/run/tape.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <tuple>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"

namespace undertone {
namespace {

constexpr const char* kFormat = "undertone.tape/1";

[[noreturn]] void broken(const Json& line, std::string what) {
  throw Error(ErrorKind::data, std::move(what), line.place().str(), "export the tape again: it was changed");
}

auto order_of(const TapeVerdict& v) { return std::tie(v.judge, v.question, v.answer, v.replicate, v.key); }

Json item_line(const ReportItem& item) {
  Json body = Json::object({{"question", to_json(item.question)},
                            {"clip", clip_of(item) ? to_json(item.clip) : Json()},
                            {"metadata_gold", item.metadata_gold},
                            {"metadata_predicted", item.metadata_predicted}});
  return Json::object({{"item", std::move(body)}});
}

Json verdict_line(const TapeVerdict& v) {
  Json line = Json::object({{"verdict", v.key},
                            {"judge", v.judge},
                            {"identity", v.identity},
                            {"question", v.question},
                            {"answer", v.answer},
                            {"replicate", v.replicate},
                            {"outcome", to_json(v.outcome)}});
  if (!v.heard.empty()) line["heard"] = v.heard;
  if (v.about.is_object() && v.about.size() > 0) line["about"] = v.about;
  return line;
}

// `keys`: of this answer's verdicts, by judge; judges without a row keep their verdict in the line.
Json answer_line(const EvaluationRow& row, const std::map<std::string, std::string>& keys) {
  Json verdicts = Json::object();
  for (const auto& [judge, verdict] : row.verdicts) {
    const auto key = keys.find(judge);
    verdicts[judge] = key == keys.end() ? to_json(verdict) : Json(key->second);
  }
  return Json::object({{"answer", to_json(row.answer)},
                       {"system", row.system},
                       {"condition", row.condition},
                       {"seed", row.seed},
                       {"question", row.question->id},
                       {"verdicts", std::move(verdicts)}});
}

// What identifies an asked verdict within a tape.
using Asked = std::tuple<std::string, std::string, std::string>;  // judge, question, answer

TapeVerdict verdict_from(const Json& line) {
  TapeVerdict v;
  v.key = line.at("verdict").as_string();
  v.judge = line.at("judge").as_string();
  v.identity = line.at("identity").as_string();
  v.question = line.at("question").as_string();
  v.answer = line.at("answer").as_string();
  v.replicate = static_cast<int>(line.at("replicate").as_int());
  v.heard = line.get("heard", "");
  v.outcome = verdict_from_json(line.at("outcome"));
  if (const Json* about = line.find("about")) v.about = *about;
  return v;
}

ReportItem item_from(const Json& body) {
  ReportItem item;
  item.question = question_from_json(body.at("question"));
  if (const Json& clip = body.at("clip"); !clip.is_null()) item.clip = clip_from_json(clip);
  item.metadata_gold = body.at("metadata_gold").as_string();
  item.metadata_predicted = body.at("metadata_predicted").as_string();
  return item;
}

void check_end(std::string_view text, const Json& last) {
  const Json* end = last.is_object() ? last.find("end") : nullptr;
  if (!end) broken(last, "the tape has no end: a part of it is missing");
  const auto at = text.rfind("{\"end\"");
  if (at == std::string_view::npos || sha256_hex(text.substr(0, at)) != end->as_string())
    broken(last, "the tape is not what was exported: its digest differs");
}

}  // namespace

Tape make_tape(const Pipeline& p, const Execution& e, Store& store) {
  Tape tape;
  tape.inputs = gather_inputs(p, e, store);
  const auto items = items_by_question(tape.inputs->data);
  std::map<std::string, TapeVerdict> asked;  // by key
  // Replicate after replicate, until a round finds none.
  for (int replicate = 0;; ++replicate) {
    std::map<std::string, TapeVerdict> round;
    for (const EvaluationRow& row : tape.inputs->rows) {
      const ReportItem& item = tape.inputs->data.items[items.at(row.question->id)];
      for (const PlannedJudge& j : p.judges) {
        const std::string heard = j.described->hears() ? item.audio_sha256 : "";
        const std::string key =
            verdict_key(j.identity, item.question, clip_of(item), row.answer.text, replicate, heard);
        round.emplace(key, TapeVerdict{key, j.spec.name, j.identity, item.question.id, row.answer.text,
                                       replicate, NotJudged{}, Json::object(), heard});
      }
    }
    std::vector<std::string> keys;
    for (const auto& [key, v] : round) keys.push_back(key);
    const auto found = store.verdicts(keys);
    for (const auto& [key, row] : found) {
      TapeVerdict& v = round.at(key);
      v.outcome = row.verdict;
      v.about = row.about;
      asked.emplace(key, std::move(v));
    }
    if (found.empty()) break;
  }
  for (auto& [key, v] : asked) tape.verdicts.push_back(std::move(v));
  std::sort(tape.verdicts.begin(), tape.verdicts.end(),
            [](const TapeVerdict& a, const TapeVerdict& b) { return order_of(a) < order_of(b); });
  return tape;
}

std::string write_tape(const Tape& tape) {
  const ReportInputs& in = *tape.inputs;
  Json header = inputs_header(in);
  header["tape"] = kFormat;
  std::string out = header.dump() + "\n";
  for (const ReportItem& item : in.data.items) out += item_line(item).dump() + "\n";
  std::map<Asked, std::string> keys;  // of replicate 0: the one that tables are made of
  for (const TapeVerdict& v : tape.verdicts) {
    out += verdict_line(v).dump() + "\n";
    if (v.replicate == 0) keys.emplace(Asked{v.judge, v.question, v.answer}, v.key);
  }
  for (const EvaluationRow& row : in.rows) {
    std::map<std::string, std::string> of_row;
    for (const auto& [judge, verdict] : row.verdicts) {
      const auto key = keys.find({judge, row.question->id, row.answer.text});
      // An answer that may not be judged has the text of one that was, at times: then its verdict says why it
      // has none.
      if (key != keys.end() && !std::holds_alternative<NotJudged>(verdict)) of_row[judge] = key->second;
    }
    out += answer_line(row, of_row).dump() + "\n";
  }
  return out + Json::object({{"end", sha256_hex(out)}}).dump() + "\n";
}

Tape parse_tape(std::string_view text, const std::string& file) {
  const std::vector<Json> lines = parse_jsonl(text, file);
  if (lines.empty() || !lines.front().is_object() || lines.front().get("tape", "") != kFormat)
    throw Error(ErrorKind::data, "this is no tape of a run", file,
                "make one with 'undertone tape export RUN'");
  check_end(text, lines.back());
  Tape tape;
  tape.inputs = std::make_unique<ReportInputs>();
  ReportInputs& in = *tape.inputs;
  read_inputs_header(lines.front(), in);
  std::size_t at = 1;
  const std::size_t last = lines.size() - 1;
  for (; at < last && lines[at].find("item"); ++at) in.data.items.push_back(item_from(lines[at].at("item")));
  const auto items = items_by_question(in.data);
  if (items.size() != in.data.items.size()) broken(lines[1], "a question stands twice");
  const auto item_of = [&](const Json& line) -> ReportItem& {
    const auto found = items.find(line.at("question").as_string());
    if (found == items.end()) broken(line, "the question is not among the items");
    return in.data.items[found->second];
  };
  std::map<std::string, std::size_t> by_key;
  for (; at < last && lines[at].find("verdict"); ++at) {
    TapeVerdict v = verdict_from(lines[at]);
    const ReportItem& item = item_of(lines[at]);
    if (verdict_key(v.identity, item.question, clip_of(item), v.answer, v.replicate, v.heard) != v.key)
      broken(lines[at], "the key is not that of this judge, question and answer");
    if (!by_key.emplace(v.key, tape.verdicts.size()).second) broken(lines[at], "the verdict stands twice");
    tape.verdicts.push_back(std::move(v));
  }
  for (; at < last; ++at) {
    const Json& line = lines[at];
    if (!line.find("answer")) broken(line, "the line is neither item, verdict nor answer, or out of order");
    ReportItem& item = item_of(line);
    ReportAnswer answer{line.at("system").as_string(),
                        line.at("condition").as_string(),
                        static_cast<int>(line.at("seed").as_int()),
                        item.question.id,
                        answer_from_json(line.at("answer")),
                        {}};
    for (const auto& [judge, said] : line.at("verdicts").members()) {
      if (!said.is_string()) {
        answer.verdicts[judge] = verdict_from_json(said);
        continue;
      }
      const auto found = by_key.find(said.as_string());
      if (found == by_key.end()) broken(line, fmt::format("the verdict of '{}' is not on the tape", judge));
      const TapeVerdict& v = tape.verdicts[found->second];
      if (v.judge != judge || v.question != item.question.id || v.answer != answer.answer.text)
        broken(line, fmt::format("the verdict of '{}' is one on another answer", judge));
      answer.verdicts[judge] = v.outcome;
    }
    add_answer(in, item, std::move(answer));
  }
  return tape;
}

bool is_tape(const std::string& path) {
  if (!path.ends_with(".jsonl") || !std::filesystem::is_regular_file(path)) return false;
  std::ifstream in(path, std::ios::binary);
  std::string line;
  while (std::getline(in, line) && line.find_first_not_of(" \t\r") == std::string::npos) line.clear();
  const std::vector<Json> first = parse_jsonl(line, path);
  return !first.empty() && first.front().is_object() && first.front().find("tape");
}

Tape read_tape(const std::string& path) { return parse_tape(read_file(path), path); }

std::int64_t import_verdicts(const Tape& tape, Store& store) {
  std::vector<VerdictRow> rows;
  for (const TapeVerdict& v : tape.verdicts)
    rows.push_back({v.key, v.identity, v.question, v.replicate, v.outcome, v.about});
  return store.put_verdicts(rows);
}

}  // namespace undertone
