#include <fmt/format.h>

#include "harness/core/files.h"
#include "harness/store/state.h"

namespace undertone {
namespace {

constexpr std::size_t kShownCharacters = 200;  // of a value within a message

std::string shown(const std::string& value) {
  return value.size() <= kShownCharacters ? value : value.substr(0, kShownCharacters) + "...";
}

// A row as the ledger holds it, whatever its table.
struct Row {
  std::string key, owner, question;
  std::int64_t replicate = 0;
  std::string value, about;
};

struct Table {
  const char* name;      // of the table, and of its rows in messages and crash points
  const char* owner;     // column: stage_key or judge
  const char* value;     // column: answer or verdict
  bool question_counts;  // whether a row of the same key may not belong to another question
};
// A verdict's key is what was judged: two questions with the same text, reference and answer share it.
constexpr Table kAnswers{"answers", "stage_key", "answer", true};
constexpr Table kVerdicts{"verdicts", "judge", "verdict", false};

[[noreturn]] void differs(const Table& t, const Row& old, const Row& now, const std::string& ledger) {
  const auto text = [](const Row& r) {
    return fmt::format("{} (question {}, replicate {}, {})", shown(r.value), r.question, r.replicate,
                       r.owner.substr(0, 12));
  };
  throw Error(ErrorKind::store,
              fmt::format("the {} of key {} would change: recorded is {}; now came {}", t.value, now.key,
                          text(old), text(now)),
              ledger,
              "an item's key must name everything that its value depends on; if its code changed, raise its "
              "code version");
}

// How many were new.
std::int64_t put(SQLite::Database& db, const Table& t, const std::vector<Row>& rows,
                 const std::string& ledger) {
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  SQLite::Statement insert(db, fmt::format("INSERT INTO {} (key, {}, question, replicate, {}, about) "
                                           "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
                                           t.name, t.owner, t.value));
  SQLite::Statement select(
      db, fmt::format("SELECT {}, question, replicate, {} FROM {} WHERE key = ?", t.owner, t.value, t.name));
  std::int64_t fresh = 0;
  for (const Row& r : rows) {
    insert.bind(1, r.key);
    insert.bind(2, r.owner);
    insert.bind(3, r.question);
    insert.bind(4, r.replicate);
    insert.bind(5, r.value);
    insert.bind(6, r.about);
    const int added = insert.exec();
    insert.reset();
    fresh += added;
    if (added == 1) continue;
    select.bind(1, r.key);
    select.executeStep();
    const Row old{r.key,
                  select.getColumn(0).getString(),
                  select.getColumn(1).getString(),
                  select.getColumn(2).getInt64(),
                  select.getColumn(3).getString(),
                  ""};
    select.reset();
    // `about` holds facts of the making (times, attempts): the first ones stay.
    if (old.value != r.value || old.owner != r.owner || old.replicate != r.replicate ||
        (t.question_counts && old.question != r.question))
      differs(t, old, r, ledger);
  }
  crash_point(fmt::format("ledger:{}:before-commit", t.name));
  transaction.commit();
  crash_point(fmt::format("ledger:{}:committed", t.name));
  return fresh;
}

Row row_of(SQLite::Statement& q) {
  return {q.getColumn(0).getString(), q.getColumn(1).getString(), q.getColumn(2).getString(),
          q.getColumn(3).getInt64(),  q.getColumn(4).getString(), q.getColumn(5).getString()};
}

std::string columns(const Table& t) {
  return fmt::format("SELECT key, {}, question, replicate, {}, about FROM {}", t.owner, t.value, t.name);
}

}  // namespace

std::int64_t Store::put_answers(const std::vector<AnswerRow>& rows) {
  state_->need_writing("cannot commit answers");
  if (rows.empty()) return 0;
  std::vector<Row> out;
  out.reserve(rows.size());
  for (const AnswerRow& r : rows)
    out.push_back(
        {r.key, r.stage_key, r.question, r.replicate, to_json(r.answer).canonical(), r.about.canonical()});
  return state_->with("cannot commit answers",
                      [&](SQLite::Database& db) { return put(db, kAnswers, out, state_->ledger); });
}

std::int64_t Store::put_verdicts(const std::vector<VerdictRow>& rows) {
  state_->need_writing("cannot commit verdicts");
  if (rows.empty()) return 0;
  std::vector<Row> out;
  out.reserve(rows.size());
  for (const VerdictRow& r : rows)
    out.push_back(
        {r.key, r.judge, r.question, r.replicate, to_json(r.verdict).canonical(), r.about.canonical()});
  return state_->with("cannot commit verdicts",
                      [&](SQLite::Database& db) { return put(db, kVerdicts, out, state_->ledger); });
}

std::optional<AnswerRow> Store::answer(std::string_view key) const {
  return state_->with("cannot read an answer", [&](SQLite::Database& db) -> std::optional<AnswerRow> {
    SQLite::Statement query(db, columns(kAnswers) + " WHERE key = ?");
    query.bind(1, std::string(key));
    if (!query.executeStep()) return std::nullopt;
    const Row r = row_of(query);
    return AnswerRow{r.key,
                     r.owner,
                     r.question,
                     static_cast<int>(r.replicate),
                     answer_from_json(state_->parse(r.value)),
                     state_->parse(r.about)};
  });
}

std::vector<AnswerRow> Store::answers(std::string_view stage_key) const {
  return state_->with("cannot read answers", [&](SQLite::Database& db) {
    SQLite::Statement query(db, columns(kAnswers) + " WHERE stage_key = ? ORDER BY question, replicate, key");
    query.bind(1, std::string(stage_key));
    std::vector<AnswerRow> out;
    while (query.executeStep()) {
      const Row r = row_of(query);
      out.push_back({r.key, r.owner, r.question, static_cast<int>(r.replicate),
                     answer_from_json(state_->parse(r.value)), state_->parse(r.about)});
    }
    return out;
  });
}

std::optional<VerdictRow> Store::verdict(std::string_view key) const {
  const auto found = verdicts({std::string(key)});
  if (found.empty()) return std::nullopt;
  return found.begin()->second;
}

std::map<std::string, VerdictRow> Store::verdicts(const std::vector<std::string>& keys) const {
  if (keys.empty()) return {};
  Json wanted = Json::array();
  for (const std::string& key : keys) wanted.push_back(key);
  return state_->with("cannot read verdicts", [&](SQLite::Database& db) {
    SQLite::Statement query(db, columns(kVerdicts) + " WHERE key IN (SELECT value FROM json_each(?))");
    query.bind(1, wanted.dump());
    std::map<std::string, VerdictRow> out;
    while (query.executeStep()) {
      const Row r = row_of(query);
      out.emplace(r.key, VerdictRow{r.key, r.owner, r.question, static_cast<int>(r.replicate),
                                    verdict_from_json(state_->parse(r.value)), state_->parse(r.about)});
    }
    return out;
  });
}

std::int64_t Store::count_answers() const {
  return state_->with("cannot count answers", [](SQLite::Database& db) {
    return db.execAndGet("SELECT count(*) FROM answers").getInt64();
  });
}

std::int64_t Store::count_answers(std::string_view stage_key) const {
  return state_->with("cannot count answers", [&](SQLite::Database& db) {
    SQLite::Statement query(db, "SELECT count(*) FROM answers WHERE stage_key = ?");
    query.bind(1, std::string(stage_key));
    query.executeStep();
    return query.getColumn(0).getInt64();
  });
}

std::int64_t Store::count_verdicts(const std::vector<std::string>& keys) const {
  if (keys.empty()) return 0;
  Json wanted = Json::array();
  for (const std::string& key : keys) wanted.push_back(key);
  return state_->with("cannot count verdicts", [&](SQLite::Database& db) {
    SQLite::Statement query(
        db, "SELECT count(*) FROM json_each(?) AS wanted JOIN verdicts ON verdicts.key = wanted.value");
    query.bind(1, wanted.dump());
    query.executeStep();
    return query.getColumn(0).getInt64();
  });
}

std::int64_t Store::count_verdicts() const {
  return state_->with("cannot count verdicts", [](SQLite::Database& db) {
    return db.execAndGet("SELECT count(*) FROM verdicts").getInt64();
  });
}

}  // namespace undertone
