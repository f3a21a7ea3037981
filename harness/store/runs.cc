#include <fmt/format.h>
#include <filesystem>
#include <functional>
#include <set>

#include "harness/core/files.h"
#include "harness/store/state.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

// Folders are compared, and recorded, as absolute paths: RUN on the command line may be relative to any
// folder.
std::string absolute_folder(std::string_view folder) {
  if (folder.empty()) return "";
  std::error_code err;
  fs::path p = fs::absolute(fs::path(folder), err).lexically_normal();
  if (!p.has_filename() && p.has_parent_path() && p != p.root_path()) p = p.parent_path();
  return p.string();
}

std::vector<RunRow> select_runs(SQLite::Database& db, const std::string& where,
                                const std::vector<std::string>& bound,
                                const std::function<Json(const std::string&)>& parse) {
  SQLite::Statement query(db, "SELECT id, suite, folder, state, created, about FROM runs " + where);
  for (std::size_t i = 0; i < bound.size(); ++i) query.bind(static_cast<int>(i) + 1, bound[i]);
  std::vector<RunRow> out;
  while (query.executeStep())
    out.push_back({query.getColumn(0).getString(),
                   query.getColumn(1).getString(),
                   query.getColumn(2).getString(),
                   query.getColumn(3).getString(),
                   query.getColumn(4).getString(),
                   parse(query.getColumn(5).getString()),
                   {}});
  SQLite::Statement tags(db, "SELECT tag FROM tags WHERE run = ? ORDER BY tag");
  for (RunRow& r : out) {
    tags.bind(1, r.id);
    while (tags.executeStep()) r.tags.push_back(tags.getColumn(0).getString());
    tags.reset();
  }
  return out;
}

void need_run(SQLite::Database& db, std::string_view id, const std::string& folder) {
  SQLite::Statement query(db, "SELECT 1 FROM runs WHERE id = ?");
  query.bind(1, std::string(id));
  if (!query.executeStep())
    throw Error(ErrorKind::store, fmt::format("there is no run {}", id), folder, "see 'undertone runs list'");
}

void add_tag(SQLite::Database& db, std::string_view run, std::string_view tag) {
  SQLite::Statement put(
      db, "INSERT INTO tags (tag, run) VALUES (?, ?) ON CONFLICT (tag) DO UPDATE SET run = excluded.run");
  put.bind(1, std::string(tag));
  put.bind(2, std::string(run));
  put.exec();
}

}  // namespace

void Store::put_run(const RunRow& run) {
  state_->need_writing("cannot record a run");
  state_->with("cannot record a run", [&](SQLite::Database& db) {
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    // Not REPLACE, which would delete the row first, and with it tags and uses.
    SQLite::Statement put(
        db,
        "INSERT INTO runs (id, suite, folder, state, created, about) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET suite = excluded.suite, folder = excluded.folder, "
        "state = excluded.state, created = excluded.created, about = excluded.about");
    put.bind(1, run.id);
    put.bind(2, run.suite);
    put.bind(3, absolute_folder(run.folder));
    put.bind(4, run.state);
    put.bind(5, run.created);
    put.bind(6, run.about.canonical());
    put.exec();
    for (const std::string& t : run.tags) add_tag(db, run.id, t);
    crash_point("ledger:runs:before-commit");
    transaction.commit();
    crash_point("ledger:runs:committed");
  });
}

std::vector<RunRow> Store::runs() const {
  return state_->with("cannot list runs", [&](SQLite::Database& db) {
    return select_runs(db, "ORDER BY created, id", {},
                       [&](const std::string& t) { return state_->parse(t); });
  });
}

std::optional<RunRow> Store::find_run(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  return state_->with("cannot look up a run", [&](SQLite::Database& db) -> std::optional<RunRow> {
    const auto parse = [&](const std::string& t) { return state_->parse(t); };
    const std::string text(name);
    // Newest first: a folder may have held several runs.
    const char* exact[] = {"WHERE id = ?", "WHERE id = (SELECT run FROM tags WHERE tag = ?)"};
    for (const char* where : exact)
      if (auto found = select_runs(db, where, {text}, parse); !found.empty()) return found.front();
    if (auto found =
            select_runs(db, "WHERE folder = ? ORDER BY created DESC, id", {absolute_folder(name)}, parse);
        !found.empty())
      return found.front();
    auto found = select_runs(db, "WHERE substr(id, 1, length(?1)) = ?1 ORDER BY created, id", {text}, parse);
    if (found.empty()) return std::nullopt;
    if (found.size() == 1) return found.front();
    std::string list;
    for (const RunRow& r : found)
      list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", r.id.substr(0, 16), r.suite);
    throw Error(ErrorKind::usage, fmt::format("'{}' could be any of {} runs: {}", name, found.size(), list),
                state_->folder, "give more digits, a tag or the run's folder");
  });
}

void Store::tag(std::string_view run_id, std::string_view tag) {
  state_->need_writing("cannot tag a run");
  if (tag.empty()) throw Error(ErrorKind::usage, "a tag must not be empty", "", "name a tag");
  state_->with("cannot tag a run", [&](SQLite::Database& db) {
    need_run(db, run_id, state_->folder);
    add_tag(db, run_id, tag);
  });
}

void Store::remove_run(std::string_view run_id) {
  state_->need_writing("cannot remove a run");
  state_->with("cannot remove a run", [&](SQLite::Database& db) {
    need_run(db, run_id, state_->folder);
    SQLite::Statement drop(db, "DELETE FROM runs WHERE id = ?");  // its tags and uses go with it
    drop.bind(1, std::string(run_id));
    drop.exec();
  });
}

void Store::note_use(std::string_view run_id, std::string_view artefact_key) {
  note_uses(run_id, {std::string(artefact_key)});
}

void Store::note_uses(std::string_view run_id, const std::vector<std::string>& artefact_keys) {
  state_->need_writing("cannot note the use of artefacts");
  state_->with("cannot note the use of artefacts", [&](SQLite::Database& db) {
    // Looked up first: a finished suite that runs again writes nothing.
    std::set<std::string> fresh(artefact_keys.begin(), artefact_keys.end());
    SQLite::Statement known(db, "SELECT artefact FROM uses WHERE run = ?");
    known.bind(1, std::string(run_id));
    while (known.executeStep()) fresh.erase(known.getColumn(0).getString());
    known.reset();
    if (fresh.empty()) return;
    need_run(db, run_id, state_->folder);
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement put(db, "INSERT INTO uses (run, artefact) VALUES (?, ?)");
    for (const std::string& key : fresh) {
      put.bind(1, std::string(run_id));
      put.bind(2, key);
      put.exec();
      put.reset();
    }
    transaction.commit();
  });
}

}  // namespace undertone
