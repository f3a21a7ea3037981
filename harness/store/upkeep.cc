#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <vector>

#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/store/state.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

std::int64_t bytes_in(const fs::path& place) {
  std::error_code err;
  if (fs::is_regular_file(place, err)) return static_cast<std::int64_t>(fs::file_size(place, err));
  std::int64_t bytes = 0;
  for (auto it = fs::recursive_directory_iterator(place, err);
       !err && it != fs::recursive_directory_iterator(); it.increment(err)) {
    std::error_code gone;
    if (it->is_regular_file(gone)) {
      const auto size = it->file_size(gone);
      if (!gone) bytes += static_cast<std::int64_t>(size);
    }
  }
  return bytes;
}

std::vector<fs::path> entries_of(const std::string& folder) {
  std::vector<fs::path> out;
  std::error_code none;
  if (!fs::exists(folder, none)) return out;
  for (const auto& entry : fs::directory_iterator(folder)) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::vector<Store::Usage> Store::du() const {
  return state_->with("cannot measure the store", [&](SQLite::Database& db) {
    std::vector<Usage> out;
    SQLite::Statement query(
        db, "SELECT stage, count(*), sum(bytes) FROM artefacts GROUP BY stage ORDER BY stage");
    while (query.executeStep())
      out.push_back(
          {query.getColumn(0).getString(), query.getColumn(1).getInt64(), query.getColumn(2).getInt64()});
    Usage ledger{"(ledger)", 0, 0};
    for (const char* suffix : {"", "-wal", "-shm"}) ledger.bytes += bytes_in(state_->ledger + suffix);
    out.push_back(ledger);
    if (const std::int64_t bytes = bytes_in(state_->temporaries()); bytes > 0)
      out.push_back({"(temporary)", 0, bytes});
    const auto work = entries_of(state_->work());
    Usage unfinished{"(unfinished)", static_cast<std::int64_t>(work.size()), 0};
    for (const fs::path& path : work) unfinished.bytes += bytes_in(path);
    if (!work.empty()) out.push_back(unfinished);
    return out;
  });
}

Store::Collected Store::gc(bool dry_run) {
  if (!dry_run) state_->need_writing("cannot collect garbage");
  return state_->with("cannot collect garbage", [&](SQLite::Database& db) {
    Collected out;
    std::vector<std::string> keys;
    SQLite::Statement unused(
        db, "SELECT key, bytes FROM artefacts WHERE key NOT IN (SELECT artefact FROM uses) ORDER BY key");
    while (unused.executeStep()) {
      keys.push_back(unused.getColumn(0).getString());
      ++out.artefacts;
      out.bytes += unused.getColumn(1).getInt64();
    }
    unused.reset();
    for (const std::string& key : keys) {
      if (dry_run) break;
      // The row goes first: a crash in between leaves a folder without a row, which the next open removes.
      SQLite::Statement drop(db, "DELETE FROM artefacts WHERE key = ?");
      drop.bind(1, key);
      drop.exec();
      crash_point("gc:row-removed");
      std::error_code err;
      fs::remove_all(state_->object(key), err);
      if (err) throw store_io_error("cannot remove an artefact", state_->object(key), err);
    }
    const auto remove = [&](const fs::path& path, const char* doing) {
      out.bytes += bytes_in(path);
      std::error_code err;
      if (!dry_run) fs::remove_all(path, err);
      if (err) throw store_io_error(doing, path.string(), err);
    };
    for (const fs::path& path : entries_of(state_->temporaries()))
      if (!state_->open_temporaries.contains(path.string())) remove(path, "cannot remove a temporary folder");
    SQLite::Statement used(db, "SELECT 1 FROM uses WHERE artefact = ?");
    for (const fs::path& path : entries_of(state_->work())) {
      used.bind(1, path.stem().string());
      const bool resumable = used.executeStep();
      used.reset();
      if (resumable) continue;
      remove(path, "cannot remove a work folder");
      ++out.work_folders;
    }
    return out;
  });
}

std::vector<std::string> Store::verify() const {
  std::vector<Artefact> all;
  std::vector<std::string> out;
  state_->with("cannot verify the store", [&](SQLite::Database& db) {
    SQLite::Statement check(db, "PRAGMA integrity_check(20)");
    while (check.executeStep())
      if (const std::string line = check.getColumn(0).getString(); line != "ok")
        out.push_back(fmt::format("{}: {}", state_->ledger, line));
    SQLite::Statement query(db, "SELECT key FROM artefacts ORDER BY stage, key");
    while (query.executeStep()) all.push_back(*state_->find(db, query.getColumn(0).getString()));
  });
  for (const Artefact& a : all) {  // hashing holds up nobody
    std::string trouble;
    std::error_code none;
    if (!fs::is_directory(a.path, none)) {
      trouble = "its files are missing; the next run makes them again";
    } else {
      try {
        const std::string digest = sha256_folder(a.path);
        if (digest != a.digest)
          trouble = fmt::format("its files differ (digest {} instead of {}); remove the folder and run again",
                                digest, a.digest);
      } catch (const std::exception& e) {
        trouble = fmt::format("its files cannot be read ({}); remove the folder and run again", e.what());
      }
    }
    if (!trouble.empty())
      out.push_back(fmt::format("{} {}: {}: {}", a.stage, a.key.substr(0, 12), a.path, trouble));
  }
  return out;
}

}  // namespace undertone
