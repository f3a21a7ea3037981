// Opening the ledger: its settings, its schema and the way from an older schema to this one.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <memory>
#include <span>
#include <string>

namespace undertone {

// One step of the schema: applied and numbered (PRAGMA user_version) in one transaction, so that a crash
// leaves the old schema or the new one. Steps that have shipped are never edited; a change is a new step at
// the end.
struct Migration {
  const char* summary;
  const char* sql;
};
std::span<const Migration> ledger_migrations();

// Brings the database to version steps.size(). Error{store} when it is of a later version.
void migrate_ledger(SQLite::Database& db, const std::string& path, std::span<const Migration> steps);

// WAL, synchronous=FULL, foreign keys. Errors: see failure.h; a file that is no ledger, is damaged, or is of
// a later schema. `fresh` is set when there was no schema yet.
std::unique_ptr<SQLite::Database> open_ledger_for_writing(const std::string& path, bool& fresh);
// Also works on a read-only disk. Error{store} when there is no ledger.
std::unique_ptr<SQLite::Database> open_ledger_for_reading(const std::string& path);

}  // namespace undertone
