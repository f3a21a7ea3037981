#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/store/state.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

void flush(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw store_io_error("cannot flush to disk", path.string(), errno);
  const int rc = ::fsync(fd);
  const int err = errno;
  ::close(fd);
  if (rc != 0 && err != EINVAL) throw store_io_error("cannot flush to disk", path.string(), err);
}

// Everything inside, then the folder itself; gives the bytes in its files.
std::int64_t flush_tree(const fs::path& folder) {
  std::int64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += static_cast<std::int64_t>(entry.file_size());
    flush(entry.path());
  }
  flush(folder);
  return bytes;
}

void rename_folder(const std::string& from, const std::string& to) {
  std::error_code err;
  fs::rename(from, to, err);
  if (err) throw store_io_error("cannot move the artefact into place", to, err);
}

}  // namespace

std::optional<Artefact> Store::State::find(SQLite::Database& on, std::string_view key) const {
  SQLite::Statement query(on, "SELECT stage, digest, bytes, about FROM artefacts WHERE key = ?");
  query.bind(1, std::string(key));
  if (!query.executeStep()) return std::nullopt;
  return Artefact{std::string(key),
                  query.getColumn(0).getString(),
                  object(key),
                  query.getColumn(1).getString(),
                  query.getColumn(2).getInt64(),
                  parse(query.getColumn(3).getString())};
}

void Store::State::clean() {
  std::vector<fs::path> leftover;
  for (const auto& entry : fs::directory_iterator(temporaries())) leftover.push_back(entry.path());
  for (const auto& shelf : fs::directory_iterator(objects())) {
    if (!shelf.is_directory()) continue;
    for (const auto& entry : fs::directory_iterator(shelf.path())) {
      SQLite::Statement query(*db, "SELECT 1 FROM artefacts WHERE key = ?");
      query.bind(1, entry.path().filename().string());
      if (!query.executeStep()) leftover.push_back(entry.path());
    }
  }
  for (const fs::path& path : leftover) {
    std::error_code err;
    fs::remove_all(path, err);
    if (err) throw store_io_error("cannot remove what a crash left", path.string(), err);
  }
}

std::optional<Artefact> Store::find(std::string_view key) const {
  return state_->with("cannot look up an artefact", [&](SQLite::Database& db) -> std::optional<Artefact> {
    auto found = state_->find(db, key);
    // Files that somebody removed by hand are made again by their stage.
    if (found && !fs::is_directory(found->path)) return std::nullopt;
    return found;
  });
}

std::string Store::begin_artefact(std::string_view key) {
  state_->need_writing("cannot begin an artefact");
  return state_->with("cannot begin an artefact", [&](SQLite::Database&) {
    state_->object(key);  // checks the key
    const std::string path = fmt::format("{}/{}.{}.{}", state_->temporaries(), key.substr(0, 16), ::getpid(),
                                         state_->next_temporary++);
    std::error_code err;
    fs::create_directories(path, err);
    if (err) throw store_io_error("cannot make a temporary folder", path, err);
    state_->open_temporaries.insert(path);
    return path;
  });
}

Artefact Store::commit_artefact(const std::string& temporary_folder, std::string_view key,
                                std::string_view stage, const Json& about) {
  state_->need_writing("cannot commit an artefact");
  if (!fs::is_directory(temporary_folder))
    throw Error(ErrorKind::internal, "an artefact is committed from a folder that is not there",
                temporary_folder);
  const std::string target = state_->object(key);
  const std::string about_text = about.canonical();
  // Hashing and flushing gigabytes does not hold up those who put answers.
  std::string digest;
  std::int64_t bytes = 0;
  try {
    digest = sha256_folder(temporary_folder);
    bytes = flush_tree(temporary_folder);
  } catch (const fs::filesystem_error& e) {
    throw store_io_error("cannot flush to disk", e.path1().string(), e.code());
  }
  return state_->with("cannot commit an artefact", [&](SQLite::Database& db) {
    const auto old = state_->find(db, key);
    if (old && old->digest != digest)
      throw Error(
          ErrorKind::store,
          fmt::format("stage '{}' made other bytes under the same key {}: {} before, {} now", stage, key,
                      old->digest, digest),
          old->path,
          "raise the stage's code version if its code changed; otherwise the stage is not deterministic");
    if (old && fs::is_directory(target)) {
      fs::remove_all(temporary_folder);
      state_->open_temporaries.erase(temporary_folder);
      return *old;
    }
    std::error_code err;
    const fs::path shelf = fs::path(target).parent_path();
    fs::create_directories(shelf, err);
    if (err) throw store_io_error("cannot commit an artefact", shelf.string(), err);
    fs::remove_all(target, err);  // a folder without a row: an earlier commit that failed on a full disk
    crash_point(fmt::format("artefact:{}:before-rename", stage));
    rename_folder(temporary_folder, target);
    try {
      flush(shelf);
      flush(shelf.parent_path());
      crash_point(fmt::format("artefact:{}:renamed", stage));
      if (!old) {
        SQLite::Statement insert(
            db, "INSERT INTO artefacts (key, stage, digest, bytes, about) VALUES (?, ?, ?, ?, ?)");
        insert.bind(1, std::string(key));
        insert.bind(2, std::string(stage));
        insert.bind(3, digest);
        insert.bind(4, bytes);
        insert.bind(5, about_text);
        insert.exec();
      }
    } catch (...) {
      fs::rename(target, temporary_folder, err);  // so that the caller can free some space and commit again
      throw;
    }
    crash_point(fmt::format("artefact:{}:committed", stage));
    state_->open_temporaries.erase(temporary_folder);
    return *state_->find(db, key);
  });
}

void Store::discard_artefact(const std::string& temporary_folder) noexcept {
  try {
    const std::lock_guard<std::mutex> hold(state_->mutex);
    // Only what begin_artefact gave: never remove a folder of somebody else's.
    if (state_->open_temporaries.erase(temporary_folder) == 0) return;
    std::error_code err;
    fs::remove_all(temporary_folder, err);  // if it fails, the next open cleans it
  } catch (...) {
  }
}

}  // namespace undertone
