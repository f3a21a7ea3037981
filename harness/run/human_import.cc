// The files that people saved, back into the run.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "datasets/human_record.h"
#include "harness/core/files.h"
#include "harness/core/verdict_file.h"
#include "harness/run/human.h"
#include "harness/run/rejudge.h"
#include "judges/human.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

// Which export a saved file is of; parse_human_session() checks the rest.
std::string export_of(const Json& whole, const std::string& file) {
  const Json* ours = whole.is_object() ? whole.find("undertone") : nullptr;
  const std::string id = ours ? ours->get("export", "") : "";
  if (id.empty() || id.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw Error(
        ErrorKind::data, "no page of 'undertone human export' saved this file", file,
        "import ratings of others with 'undertone import', and name them with 'undertone judges --humans'");
  return id;
}

// One number, one person; one person, one number.
void check_raters(const std::vector<HumanRecord>& records, const HumanKey& key, const HumanSession& s,
                  const std::string& file) {
  for (const HumanRecord& record : records) {
    if (record.key.id != key.id) continue;
    for (const HumanSession& other : record.sessions)
      if ((other.number == s.number) != (other.rater == s.rater))
        throw Error(ErrorKind::data,
                    fmt::format("rater {} ('{}') was imported as {} ('{}')", s.number, s.rater, other.number,
                                other.rater),
                    file,
                    "give each rater a number and a name of their own; remove what was imported wrongly from "
                    "the run's folder human");
  }
}

// Lines of the judge `human`: what each rater said of each answer, by question.
std::string people_lines(const HumanRecord& record) {
  std::string out;
  for (const HumanKeyItem& item : record.key.items)
    for (const HumanSession& s : record.sessions) {
      const auto given = s.given.find(item.id);
      if (given == s.given.end()) continue;
      const auto value = given->second.find(record.key.rubric);
      if (value == given->second.end()) continue;
      out += Json::object({{"question", item.question},
                           {"answer", item.answers.at(0)},
                           {"rater", s.rater},
                           {"rater_kind", to_string(s.kind)},
                           {"rating", value->second}})
                 .dump() +
             "\n";
    }
  return out;
}

bool any_human(const HumanRecord& record) {
  return std::any_of(record.sessions.begin(), record.sessions.end(),
                     [](const HumanSession& s) { return s.kind == RaterKind::human; });
}

// The judge's verdicts on what was rated, in the ledger. Returns how many.
std::size_t put_verdicts(const HumanRecord& record, Judge& judge, const ReportInputs& in, Store& store) {
  const auto items = items_by_question(in.data);
  std::vector<VerdictRow> rows;
  for (const HumanKeyItem& item : record.key.items) {
    const ReportItem& of = in.data.items[items.at(item.question)];
    const JudgeItem one{&of.question, clip_of(of), item.answers.at(0)};
    const Verdict verdict = judge.judge({&one, 1}).front();
    if (!std::holds_alternative<Scored>(verdict)) continue;
    const std::string identity = judge.identity();
    rows.push_back({verdict_key(identity, of.question, clip_of(of), one.answer), identity, of.question.id, 0,
                    verdict,
                    Json::object({{"export", record.key.id}, {"inclusion", optional_json(item.inclusion)}})});
  }
  store.put_verdicts(rows);
  return rows.size();
}

}  // namespace

ExitCode import_human_page(const std::string& file, const std::string& run, const std::string& store_folder,
                           bool script) {
  Store store = Store::open(store_folder, Store::Mode::write);
  const Installation here = find_installation();
  const StoredRun stored = open_recorded_run(run, here, store);
  const std::string folder = human_folder(stored.folder);
  Json whole = read_json_file(file);
  const HumanKey key = read_human_key(stored.folder, export_of(whole, file));
  HumanSession session = parse_human_session(read_file(file), file, key);
  if (script) whole["undertone"]["rater"]["kind"] = to_string(session.kind = RaterKind::script);
  check_raters(read_human_records(stored.folder), key, session, file);
  write_file_atomically(fmt::format("{}/{}.rater-{}.json", folder, key.id, session.number),
                        whole.dump(1) + "\n");

  HumanRecord record;
  for (HumanRecord& one : read_human_records(stored.folder))
    if (one.key.id == key.id) record = std::move(one);
  const std::string stem = fmt::format("{}/{}", folder, key.id);
  fmt::print("{} ('{}'): {} of {} items rated, by a {}\n", key.id, session.rater, session.given.size(),
             key.raters[static_cast<std::size_t>(session.number - 1)].size(), to_string(session.kind));
  if (key.task == HumanTask::qa)
    write_file_atomically(stem + ".ratings.jsonl", write_ratings(human_qa_tables(record)));
  if (key.task == HumanTask::ratings) {
    write_file_atomically(stem + ".ratings.jsonl", write_ratings(std::vector{human_rating_table(record)}));
    const std::string people = stem + ".people.jsonl";
    write_file_atomically(people, people_lines(record));
    const Json fields = Json::object({{"path", people}, {"scale", scale_label(key.scale)}});
    // Beside its file, so that the folder can be moved.
    write_file_atomically(stem + ".judge.json", Json::object({{"kind", "human"},
                                                              {"path", fs::path(people).filename().string()},
                                                              {"scale", scale_label(key.scale)}})
                                                        .dump(1) +
                                                    "\n");
    if (any_human(record)) {
      const auto judge = make_human_judge(fields);
      const auto inputs = gather_inputs(*stored.pipeline, stored.execution, store);
      fmt::print(
          "{} verdicts of the judge 'human' in the ledger; a report beside the others: undertone judge {} "
          "--judge people={}.judge.json\n",
          put_verdicts(record, *judge, *inputs, store), run, stem);
    }
  }
  if (session.kind == RaterKind::script)
    fmt::print(stderr,
               "undertone: a script's ratings: they stand in the datasheet as such, and in no statistic of "
               "humans\n");
  fmt::print("datasheet: undertone judges {}\n", run);
  return ExitCode::done;
}

}  // namespace undertone
