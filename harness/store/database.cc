#include "harness/store/database.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>
#include <array>
#include <filesystem>

#include "harness/core/files.h"
#include "harness/store/failure.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr int kApplicationId =
    0x756e6474;  // "undt", in the file's header: a ledger is told from any other database
constexpr int kBusyMilliseconds = 5000;  // a reader may hold the WAL for a moment while we checkpoint
constexpr std::uintmax_t kCheckBelowBytes =
    64u << 20;  // a quick check reads the whole file: only while that is cheap

// Steps since then only added tables that a reader does without (nights).
constexpr int kOldestRead = 1;

// Answers and verdicts hold their value as canonical JSON: equal values are equal texts.
constexpr std::array<Migration, 2> kMigrations{{
    {"artefacts, answers, verdicts, runs, tags",
     R"sql(
CREATE TABLE artefacts (
  key TEXT PRIMARY KEY, stage TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL, about TEXT NOT NULL
) STRICT;
CREATE TABLE answers (
  key TEXT PRIMARY KEY, stage_key TEXT NOT NULL, question TEXT NOT NULL, replicate INTEGER NOT NULL,
  answer TEXT NOT NULL, about TEXT NOT NULL
) STRICT;
CREATE INDEX answers_of_stage ON answers (stage_key, question, replicate);
CREATE TABLE verdicts (
  key TEXT PRIMARY KEY, judge TEXT NOT NULL, question TEXT NOT NULL, replicate INTEGER NOT NULL,
  verdict TEXT NOT NULL, about TEXT NOT NULL
) STRICT;
CREATE TABLE runs (
  id TEXT PRIMARY KEY, suite TEXT NOT NULL, folder TEXT NOT NULL, state TEXT NOT NULL, created TEXT NOT NULL,
  about TEXT NOT NULL
) STRICT;
CREATE TABLE tags (tag TEXT PRIMARY KEY, run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE) STRICT;
CREATE TABLE uses (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, artefact TEXT NOT NULL, PRIMARY KEY (run, artefact)
) STRICT, WITHOUT ROWID;
CREATE INDEX uses_of_artefact ON uses (artefact);
)sql"},
    // A history that could be edited would be none.
    {"nights",
     R"sql(
CREATE TABLE nights (
  night INTEGER PRIMARY KEY AUTOINCREMENT, suite TEXT NOT NULL, run TEXT NOT NULL, ended TEXT NOT NULL,
  baseline TEXT NOT NULL, result TEXT NOT NULL
) STRICT;
CREATE INDEX nights_of_suite ON nights (suite, night);
CREATE TRIGGER nights_stay_as_they_are BEFORE UPDATE ON nights
BEGIN SELECT RAISE(ABORT, 'nights are only added'); END;
CREATE TRIGGER nights_stay BEFORE DELETE ON nights
BEGIN SELECT RAISE(ABORT, 'nights are only added'); END;
)sql"},
}};

int pragma(SQLite::Database& db, const char* name) {
  return db.execAndGet(fmt::format("PRAGMA {}", name)).getInt();
}

void check_identity(SQLite::Database& db, const std::string& path) {
  const int id = pragma(db, "application_id");
  const int version = pragma(db, "user_version");
  if (id == kApplicationId) return;
  const bool empty = db.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
  if (id == 0 && version == 0 && empty) return;  // created a moment before a crash: nothing was in it
  throw Error(ErrorKind::store, "is a SQLite database, but not an Undertone ledger", path,
              "name another place with --store");
}

[[noreturn]] void newer(const std::string& path, int version, std::size_t known) {
  throw Error(ErrorKind::store,
              fmt::format("the ledger has schema version {}, and this program knows versions up to {}",
                          version, known),
              path, "use the newer undertone that wrote it, or name another place with --store");
}

// Translates what SQLite throws while the ledger is opened.
template <class F>
auto opening(const std::string& path, SQLite::Database* db, F&& f) {
  try {
    return f();
  } catch (const SQLite::Exception& e) {
    throw store_database_error("cannot open the store", path, e,
                               db ? sqlite3_system_errno(db->getHandle()) : 0);
  }
}

}  // namespace

std::span<const Migration> ledger_migrations() { return kMigrations; }

void migrate_ledger(SQLite::Database& db, const std::string& path, std::span<const Migration> steps) {
  int version = pragma(db, "user_version");
  if (version < 0 || static_cast<std::size_t>(version) > steps.size()) newer(path, version, steps.size());
  for (; static_cast<std::size_t>(version) < steps.size(); ++version) {
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::EXCLUSIVE);
    db.exec(steps[static_cast<std::size_t>(version)].sql);
    db.exec(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, version + 1));
    crash_point(fmt::format("ledger:migrate:{}:before-commit", version + 1));
    transaction.commit();
    crash_point(fmt::format("ledger:migrate:{}:committed", version + 1));
  }
}

std::unique_ptr<SQLite::Database> open_ledger_for_writing(const std::string& path, bool& fresh) {
  auto db = opening(path, nullptr, [&] {
    return std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                                              kBusyMilliseconds);
  });
  opening(path, db.get(), [&] {
    sqlite3_extended_result_codes(db->getHandle(), 1);
    check_identity(*db, path);
    fresh = pragma(*db, "user_version") == 0;
    if (pragma(*db, "user_version") >
        static_cast<int>(kMigrations.size()))  // before anything is written to it
      newer(path, pragma(*db, "user_version"), kMigrations.size());
    std::error_code none;
    if (!fresh && fs::file_size(path, none) < kCheckBelowBytes) {
      const std::string found = db->execAndGet("PRAGMA quick_check(1)").getString();
      if (found != "ok") throw corrupt_ledger(path, found);
    }
    const std::string mode = db->execAndGet("PRAGMA journal_mode = WAL").getString();
    if (mode != "wal")
      throw Error(ErrorKind::store, "this file system cannot hold a write-ahead log", path,
                  "name a place on a local disk with --store");
    // FULL: in WAL mode, anything less may lose the last commits when the machine (not only the process) goes
    // down.
    db->exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    migrate_ledger(*db, path, kMigrations);
  });
  return db;
}

std::unique_ptr<SQLite::Database> open_ledger_for_reading(const std::string& path) {
  std::error_code none;
  if (!fs::exists(path, none))
    throw Error(ErrorKind::store, "there is no store here", fs::path(path).parent_path().string(),
                "name the store with --store, or run a suite first");
  // A reader of a WAL shares memory through a file beside it; where none can be made nobody writes either.
  const bool frozen = ::access(fs::path(path).parent_path().c_str(), W_OK) != 0;
  std::string name = path;
  int flags = SQLite::OPEN_READONLY;
  if (frozen && (!fs::exists(path + "-wal", none) || fs::file_size(path + "-wal", none) == 0)) {
    name = "file:";
    for (const char c : path)
      name += c == '?' || c == '#' || c == '%' ? fmt::format("%{:02X}", static_cast<unsigned>(c))
                                               : std::string(1, c);
    name += "?immutable=1";
    flags |= SQLite::OPEN_URI;
  }
  auto db = opening(path, nullptr,
                    [&] { return std::make_unique<SQLite::Database>(name, flags, kBusyMilliseconds); });
  opening(path, db.get(), [&] {
    sqlite3_extended_result_codes(db->getHandle(), 1);
    check_identity(*db, path);
    const int version = pragma(*db, "user_version");
    if (version > static_cast<int>(kMigrations.size())) newer(path, version, kMigrations.size());
    if (version < kOldestRead)
      throw Error(
          ErrorKind::store,
          fmt::format("the ledger has the older schema version {}; this program reads versions from {}",
                      version, kOldestRead),
          path, "open it once for writing ('undertone store gc --dry-run'), which brings it up to date");
  });
  return db;
}

}  // namespace undertone
