#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <map>

#include "datasets/audiobench.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/store/key.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr int kCodeVersion = 1;

// What a set asks, where its name says so; any other set asks about content as far as is known.
QuestionType type_of(std::string_view set) {
  if (set.find("emotion") != std::string_view::npos) return QuestionType::DE;
  if (set.find("gender") != std::string_view::npos || set.starts_with("imda_gr_")) return QuestionType::DG;
  return QuestionType::C;
}

Question question_of(const RecordedLog& log, const RecordedRow& row) {
  Question q;
  q.id = fmt::format("{}-{:04}-{}", log.set, row.index,
                     sha256_hex(row.question + '\0' + row.reference).substr(0, 8));
  q.type = type_of(log.set);
  q.text = row.question;
  q.reference = row.reference;
  q.pool = q.type == QuestionType::C ? "cpqa" : "pqa";
  q.provenance = Provenance::llm;  // the logs do not say who wrote a question: never claim that a human did
  q.extra = row.extra;
  return q;
}

RecordedSet read_set(const std::string& logs_folder, const std::string& set) {
  return recorded_set(read_audiobench_logs(logs_folder, set));
}

std::vector<VerdictFile> verdict_files(const RecordedSet& set, const std::string& logs_folder) {
  std::vector<VerdictFile> out;
  for (const RecordedSet::Judge& judge : set.judges) {
    VerdictFile file{judge.name, std::string(scale_label(judge.scale)), "", ""};
    file.path = fmt::format("verdicts/{}.jsonl of the logs in {}", file.name(), logs_folder);
    for (const auto& v : judge.verdicts) {
      Json line = Json::object();
      line["question"] = Json(v.question);
      line["answer"] = Json(v.answer);
      line["model"] = Json(v.model);
      line["verdict"] = to_json(v.verdict);
      file.text += line.dump() + "\n";
    }
    out.push_back(std::move(file));
  }
  return out;
}

void make(const std::string& logs_folder, const std::string& set, const std::string& folder) {
  const RecordedSet recorded = read_set(logs_folder, set);
  write_corpus(recorded.corpus, folder);
  fs::create_directories(fs::path(folder) / "answers");
  fs::create_directories(fs::path(folder) / "verdicts");
  for (const auto& s : recorded.systems) write_answers(s.answers, folder + "/answers/" + s.model + ".jsonl");
  for (const VerdictFile& f : verdict_files(recorded, logs_folder))
    write_file_atomically(fmt::format("{}/verdicts/{}.jsonl", folder, f.name()), f.text);
}

}  // namespace

RecordedSet recorded_set(std::span<const RecordedLog> logs) {
  RecordedSet out;
  std::map<std::string, Question> questions;
  // model -> question -> the texts it gave, in the order of the logs: the position is the seed
  std::map<std::string, std::map<std::string, std::vector<std::string>>> answers;
  std::map<std::pair<std::string, std::string>, RecordedSet::Judge> judges;
  Json sources = Json::array();
  for (const RecordedLog& log : logs) {
    if (log.set != logs.front().set)
      throw Error(
          ErrorKind::data,
          fmt::format("logs of two sets, '{}' and '{}', are not one corpus", logs.front().set, log.set),
          log.file, "make one corpus per set");
    RecordedSet::Judge& judge = judges[{log.judge, std::string(scale_label(log.scale))}];
    if (judge.name.empty()) judge = {log.judge, log.scale, log.scale_reason, {}};
    for (const RecordedRow& row : log.rows) {
      Question q = question_of(log, row);
      auto& texts = answers[log.model][q.id];
      if (std::find(texts.begin(), texts.end(), row.answer) == texts.end()) {
        if (!texts.empty())
          out.corpus.warnings.push_back(
              fmt::format("{}: row {}: another answer of {} than in an earlier log; kept as seed {}",
                          log.file, row.index, log.model, texts.size()));
        texts.push_back(row.answer);
      }
      judge.verdicts.push_back({log.judge, log.model, q.id, row.answer, row.verdict});
      questions.emplace(q.id, std::move(q));
    }
    out.corpus.warnings.insert(out.corpus.warnings.end(), log.warnings.begin(), log.warnings.end());
    Json source = Json::object();
    source["model"] = Json(log.model);
    source["judge"] = Json(log.judge);
    source["rows"] = Json(static_cast<std::int64_t>(log.rows.size()));
    source["scale"] = log.scale ? Json(log.scale->name()) : Json();
    source["scale_reason"] = Json(log.scale_reason);
    source["judge_score"] = log.judge_score ? Json(*log.judge_score) : Json();
    source["success_rate"] = log.success_rate ? Json(*log.success_rate) : Json();
    sources.push_back(std::move(source));
  }
  for (auto& [id, q] : questions) out.corpus.questions.push_back(std::move(q));
  for (const auto& [model, of] : answers) {
    RecordedSet::System system{model, {}};
    for (const auto& [question, texts] : of)
      for (std::size_t seed = 0; seed < texts.size(); ++seed) {
        RecordedAnswer a;
        a.question = question;
        a.seed = static_cast<std::int64_t>(seed);
        a.answer = recorded_answer(texts[seed], "");
        system.answers.push_back(std::move(a));
      }
    out.systems.push_back(std::move(system));
  }
  for (auto& [key, judge] : judges) out.judges.push_back(std::move(judge));
  Json& about = out.corpus.about = Json::object();
  about["name"] = Json(logs.empty() ? std::string("audiobench") : "audiobench:" + logs.front().set);
  about["licence"] = Json("AudioBench, CC NonCommercial");
  about["source"] = Json("published AudioBench evaluation logs: the first rows of the set, without audio");
  about["question_provenance"] = Json("not stated by the logs; never counted as human");
  about["logs"] = std::move(sources);
  return out;
}

DatasetRegistry::Entry audiobench_dataset() {
  DatasetRegistry::Entry entry;
  entry.name = "audiobench";
  entry.summary = "answers and verdicts that AudioBench published, as a corpus without audio";
  entry.fields = [](FieldReader& r) {
    std::string folder, set;
    r.field("folder", folder, "folder of the logs: MODEL/SET_JUDGE_judge_score.json").required();
    r.field("set", set, "the set, e.g. \"ytb_pqa_batch1\"").required();
  };
  entry.make = [](const Json& fields, const DatasetContext&) {
    const std::string folder = fields.at("folder").as_string(), set = fields.at("set").as_string();
    Dataset d;
    d.key = [folder, set] {
      StageKey key("dataset/audiobench", kCodeVersion);
      key.setting("set", Json(set));
      for (const std::string& path : find_audiobench_logs(folder, set))
        key.file(fs::relative(path, folder).generic_string(), sha256_file(path));
      return key.hash();
    };
    d.make = [folder, set](const std::string& to) { make(folder, set, to); };
    d.verdicts = [folder, set] { return verdict_files(read_set(folder, set), folder); };
    return d;
  };
  return entry;
}

}  // namespace undertone
