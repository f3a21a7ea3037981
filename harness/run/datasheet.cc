#include "harness/run/datasheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "harness/core/error.h"
#include "harness/run/probes.h"
#include "harness/run/rejudge.h"
#include "harness/run/rerun.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

RaterKind kind_of(const std::string& words, bool metric_judge) {
  // ReportData::judges begins with the kind of judge.
  if (words.starts_with("trivial") || words.starts_with("exact")) return RaterKind::trivial;
  if (words.starts_with("human")) return RaterKind::human;
  return metric_judge ? RaterKind::metric : RaterKind::judge;
}

// What the run computed of a judge and the labels: "POOL/all/judge:NAME~accuracy/...".
void add_estimates(const ReportData& data, Datasheet& sheet) {
  for (DatasheetRow& row : sheet.rows)
    for (const Estimate& e : data.estimates)
      if (e.tag.find("judge:" + row.rater + "~accuracy") != std::string::npos) {
        row.estimates.push_back(e);
        row.circular |= e.circular;
      }
}

[[noreturn]] void throw_not_one_table(const std::vector<RatingTable>& tables, const std::string& file) {
  std::string names;
  for (const RatingTable& t : tables)
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", t.criterion.empty() ? t.name : t.criterion);
  throw Error(ErrorKind::data,
              fmt::format("the humans' ratings are {} tables, of {}: a judge is compared with one",
                          tables.size(), names.empty() ? "nothing" : names),
              file, "give a file with the ratings of one criterion");
}

[[noreturn]] void throw_no_judge_to_ask(const std::string& what) {
  throw Error(ErrorKind::usage, "--probes is for runs: these are verdicts without the judges that gave them",
              what, "name the run whose judges are to be asked, and its store with --store");
}

// The persons' own ratings of all pages of a run, one table: a person is the same on every page.
std::optional<RatingTable> rated_by_people(const std::vector<HumanRecord>& records) {
  RatingTable out;
  std::map<std::string, std::size_t> items, raters;
  std::size_t draws = 0;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<Verdict>> cells;
  for (const HumanRecord& record : records) {
    if (record.key.task != HumanTask::ratings) continue;
    ++draws;
    const RatingTable one = human_rating_table(record);
    for (std::size_t r = 0; r < one.raters.size(); ++r) {
      const Rater& rater = one.raters[r];
      const auto [column, new_rater] =
          raters.try_emplace(fmt::format("{} {}", to_string(rater.kind), rater.name), out.raters.size());
      if (new_rater) out.raters.push_back(rater);
      for (std::size_t i = 0; i < one.items.size(); ++i) {
        const auto [row, new_item] = items.try_emplace(one.items[i].id, out.items.size());
        if (new_item) out.items.push_back(one.items[i]);
        auto& cell = cells[{row->second, column->second}];
        cell.insert(cell.end(), one.at(i, r).begin(), one.at(i, r).end());
      }
    }
  }
  if (draws == 0) return std::nullopt;
  out.cells.resize(out.items.size() * out.raters.size());
  for (auto& [at, verdicts] : cells) out.at(at.first, at.second) = std::move(verdicts);
  if (draws > 1) {
    for (RatedItem& item : out.items) item.inclusion.reset(), item.chosen = true;
    out.notes.push_back(fmt::format(
        "People rated {} draws of items, whose chances are not combined: no corrected means.", draws));
  }
  return out;
}

// What people rated on the run's pages, beside its judges; and questions that they checked, in tables of
// their own.
std::vector<Datasheet> of_people(const std::vector<HumanRecord>& records, const DatasheetOptions& options) {
  std::vector<Datasheet> out;
  for (const HumanRecord& record : records)
    if (record.key.task == HumanTask::qa)
      for (const RatingTable& table : human_qa_tables(record)) out.push_back(make_datasheet(table, options));
  return out;
}

// The rows of each judge, with what the run's answers tell of its liking for its own; what exposed it stands
// among its caveats too.
void add_probes(const ReportInputs& in, const RatingTable& table, std::vector<ProbeRow> rows,
                std::int64_t items, const DatasheetOptions& options, Datasheet& sheet) {
  sheet.probes_drawn = fmt::format(
      "At most {} answers a probe, drawn by the streams '{}/PROBE' from those that it can be made of.", items,
      probe_stream(in.data.suite));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sheet.probes.push_back(rows[i]);
    if (i + 1 < rows.size() && rows[i + 1].judge == rows[i].judge) continue;
    for (std::size_t r = 0; r < table.raters.size(); ++r)
      if (table.raters[r].name == rows[i].judge)
        sheet.probes.push_back(self_preference(table, r, in.settings.system_resources,
                                               in.settings.primary_judge, options.level));
  }
  for (const ProbeRow& p : sheet.probes)
    for (DatasheetRow& row : sheet.rows)
      if (p.exposed() && row.rater == p.judge)
        row.caveats.push_back(fmt::format("probe '{}': {}", p.probe, p.says));
}

std::vector<Datasheet> of_tape(Tape tape, const DatasheetSource& source, const DatasheetOptions& options,
                               const std::vector<HumanRecord>& records, std::vector<ProbeRow> probed = {}) {
  RatingTable table = rating_table(tape);
  if (const auto people = rated_by_people(records)) add_humans(table, *people, HumansMatch::id);
  if (!source.humans.empty()) add_humans(table, read_humans(source.humans));
  add_floors(table);
  std::vector<Datasheet> sheets = {make_datasheet(table, options)};
  if (!probed.empty()) add_probes(*tape.inputs, table, std::move(probed), source.probes, options, sheets[0]);
  for (const HumanRecord& record : records)
    if (record.key.task == HumanTask::pairs)
      if (auto preferences = preferences_of(record, table, options))
        sheets.front().preferences.push_back(std::move(*preferences));
  add_estimates(finish_report(std::move(tape.inputs), 1), sheets.front());
  for (Datasheet& checked : of_people(records, options)) sheets.push_back(std::move(checked));
  return sheets;
}

}  // namespace

RatingTable read_humans(const std::string& path) {
  std::vector<RatingTable> humans = import_any(path);
  // A person's ratings of fluency and of coherence are not two persons' of one thing.
  if (humans.size() != 1) throw_not_one_table(humans, path);
  return std::move(humans.front());
}

RatingTable rating_table(const Tape& tape) {
  const ReportInputs& in = *tape.inputs;
  RatingTable t;
  t.name = in.data.suite;
  t.source = "run " + in.data.identity.substr(0, 12);
  for (const JudgeInfo& j : in.settings.judges) {
    const auto words = in.data.judges.find(j.name);
    t.raters.push_back({j.name, kind_of(words == in.data.judges.end() ? "" : words->second, j.metric_judge),
                        j.scale.low(), j.scale.high(), false, j.resources});
  }
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<const TapeVerdict*>> replicates;
  for (const TapeVerdict& v : tape.verdicts)
    if (v.replicate > 0) replicates[{v.judge, v.question, v.answer}].push_back(&v);
  for (const EvaluationRow& row : in.rows) {
    const Question& q = *row.question;
    t.items.push_back({fmt::format("{}/{}/{}/{}", q.id, row.system, row.condition, row.seed),
                       row.unit,
                       row.system,
                       q.text,
                       q.reference,
                       row.answer.text,
                       {}});
    for (const JudgeInfo& j : in.settings.judges) {
      std::vector<Verdict>& cell = t.cells.emplace_back();
      const auto verdict = row.verdicts.find(j.name);
      if (verdict == row.verdicts.end()) continue;
      cell.push_back(verdict->second);
      if (std::holds_alternative<NotJudged>(verdict->second)) continue;  // not asked of this answer
      if (const auto more = replicates.find({j.name, q.id, row.answer.text}); more != replicates.end())
        for (const TapeVerdict* v : more->second) cell.push_back(v->outcome);
    }
  }
  t.notes = in.data.notes;
  return t;
}

std::int64_t add_humans(RatingTable& table, const RatingTable& humans, HumansMatch match) {
  std::map<std::string, std::size_t> by_id;
  std::map<std::pair<std::string, std::string>, std::size_t> by_text;
  for (std::size_t i = 0; i < humans.items.size(); ++i) {
    by_id.emplace(humans.items[i].id, i);
    if (!humans.items[i].answer.empty())
      by_text.emplace(std::pair{humans.items[i].question, humans.items[i].answer}, i);
  }
  // Where the items have the run's ids, an id that is missing was not rated: another clip's answer in the
  // same words is another answer.
  const bool by_words =
      match == HumansMatch::id_or_text && std::none_of(table.items.begin(), table.items.end(),
                                                       [&](const RatedItem& i) { return by_id.count(i.id); });
  std::vector<std::size_t> taken;  // raters
  for (std::size_t r = 0; r < humans.raters.size(); ++r)
    if (humans.raters[r].kind == RaterKind::human || humans.raters[r].kind == RaterKind::script)
      taken.push_back(r);
  // A run's judge of kind `human` is the mean of the persons that its pages bring now: they take its place.
  std::vector<std::size_t> kept;
  for (std::size_t r = 0; r < table.raters.size(); ++r)
    if (match == HumansMatch::id_or_text || table.raters[r].kind != RaterKind::human) kept.push_back(r);
  const std::size_t before = kept.size(), after = before + taken.size();
  std::vector<std::vector<Verdict>> cells(table.items.size() * after);
  std::int64_t rated = 0;
  for (std::size_t i = 0; i < table.items.size(); ++i) {
    for (std::size_t r = 0; r < before; ++r) cells[i * after + r] = std::move(table.at(i, kept[r]));
    const RatedItem& item = table.items[i];
    std::optional<std::size_t> there;
    if (const auto id = by_id.find(item.id); id != by_id.end()) there = id->second;
    if (const auto text = by_text.find({item.question, item.answer});
        !there && by_words && text != by_text.end())
      there = text->second;
    if (!there) continue;
    table.items[i].inclusion = humans.items[*there].inclusion;
    table.items[i].chosen = humans.items[*there].chosen;
    bool any = false;
    for (std::size_t h = 0; h < taken.size(); ++h) {
      cells[i * after + before + h] = humans.at(*there, taken[h]);
      any |= humans.raters[taken[h]].kind == RaterKind::human && !humans.at(*there, taken[h]).empty();
    }
    rated += any;
  }
  if (rated == 0 && match == HumansMatch::id_or_text)
    throw Error(ErrorKind::data, "no human rating is of an answer of the run", humans.name,
                "give ratings whose items have the run's questions and answers");
  table.cells = std::move(cells);
  std::vector<Rater> raters;
  for (std::size_t r : kept) raters.push_back(std::move(table.raters[r]));
  table.raters = std::move(raters);
  for (std::size_t r : taken) table.raters.push_back(humans.raters[r]);
  table.notes.insert(table.notes.end(), humans.notes.begin(), humans.notes.end());
  return rated;
}

std::vector<Datasheet> datasheets(const DatasheetSource& source, const DatasheetOptions& options) {
  const Installation here = find_installation();
  const bool path = fs::exists(source.what);
  if (is_tape(source.what)) {
    if (source.probes > 0) throw_no_judge_to_ask(source.what);
    return of_tape(read_tape(source.what), source, options, {});
  }
  const std::string folder = default_store(source.store);
  if (fs::exists(folder + "/ledger.sqlite")) {
    Store store = Store::open(folder, source.probes > 0 ? Store::Mode::write : Store::Mode::read);
    if (const auto run = run_named(source.what, store)) {
      const StoredRun stored = open_stored_run(*run, here, store);
      Tape tape = make_tape(*stored.pipeline, stored.execution, store);
      std::vector<ProbeRow> probed;
      if (source.probes > 0)
        probed = run_probes(*stored.pipeline, tape, store, {source.probes, options.level, source.quiet});
      return of_tape(std::move(tape), source, options, read_human_records(stored.folder), std::move(probed));
    }
  }
  if (path && source.probes > 0) throw_no_judge_to_ask(source.what);
  if (!path)
    throw Error(
        ErrorKind::usage, fmt::format("'{}' is neither a run, a suite that ran, nor a file", source.what),
        folder,
        "'undertone runs list' lists the runs; or name a tape, a file of ratings, or a folder of logs");
  if (!source.humans.empty())
    throw Error(ErrorKind::usage, "--humans is for runs and tapes", source.what,
                "put the humans' ratings into the file of ratings, as raters of their own");
  std::vector<Datasheet> out;
  for (RatingTable& table : import_any(source.what)) {
    add_floors(table);
    out.push_back(make_datasheet(table, options));
  }
  return out;
}

}  // namespace undertone
