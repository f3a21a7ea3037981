#include "harness/store/failure.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <cerrno>
#include <cstring>

namespace undertone {
namespace {

constexpr std::string_view kFreeSpace =
    "free some disk space (see 'undertone store du' and 'undertone store gc') and run the same command "
    "again: "
    "what was committed is kept";
constexpr std::string_view kWritable = "make the place writable, or name another with --store";

bool disk_full(int err) { return err == ENOSPC || err == EDQUOT || err == EFBIG; }

std::string mend_of(int err) {
  if (disk_full(err)) return std::string(kFreeSpace);
  if (err == EACCES || err == EROFS || err == EPERM) return std::string(kWritable);
  if (err == ENOENT || err == ENOTDIR || err == EEXIST) return "check the path, or name another with --store";
  if (err == EIO) return "check the disk: it does not keep what is written";
  return "";
}

}  // namespace

Error store_io_error(std::string_view doing, const std::string& path, int err) {
  const std::string why =
      disk_full(err) ? fmt::format("the disk is full ({})", std::strerror(err)) : std::strerror(err);
  return Error(ErrorKind::store, fmt::format("{}: {}", doing, why), path, mend_of(err));
}

Error store_io_error(std::string_view doing, const std::string& path, const std::error_code& err) {
  return store_io_error(doing, path, err.value());
}

Error corrupt_ledger(const std::string& ledger, std::string_view detail) {
  return Error(
      ErrorKind::store, fmt::format("the ledger is damaged: {}", detail), ledger,
      "restore it from a copy, or salvage it with 'sqlite3 ledger.sqlite .recover | sqlite3 new.sqlite', or "
      "move the whole folder away to start an empty store");
}

Error store_database_error(std::string_view doing, const std::string& ledger, const SQLite::Exception& e,
                           int system_errno) {
  const int extended = e.getExtendedErrorCode() > 0 ? e.getExtendedErrorCode() : e.getErrorCode();
  const int code = extended & 0xff;
  // EFBIG, and a wal-index that could not grow, reach us as I/O errors though they mean the same to a person.
  if (code == SQLITE_FULL || extended == SQLITE_IOERR_SHMSIZE ||
      (code == SQLITE_IOERR && disk_full(system_errno)))
    return Error(ErrorKind::store, fmt::format("{}: the disk is full; nothing of it was kept", doing), ledger,
                 std::string(kFreeSpace));
  if (code == SQLITE_CORRUPT) return corrupt_ledger(ledger, e.what());
  if (code == SQLITE_NOTADB) return corrupt_ledger(ledger, "it is not a SQLite database");
  if (code == SQLITE_READONLY || code == SQLITE_PERM)
    return Error(ErrorKind::store, fmt::format("{}: the ledger cannot be written ({})", doing, e.what()),
                 ledger, std::string(kWritable));
  if (code == SQLITE_CANTOPEN) {
    const std::string why = system_errno ? std::strerror(system_errno) : e.what();
    return Error(ErrorKind::store, fmt::format("{}: cannot open the ledger ({})", doing, why), ledger,
                 system_errno ? mend_of(system_errno) : std::string(kWritable));
  }
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
    return Error(ErrorKind::store, fmt::format("{}: another process holds the ledger", doing), ledger,
                 "wait for it to end, or end it, and run the same command again");
  if (code == SQLITE_IOERR)
    return Error(
        ErrorKind::store,
        fmt::format("{}: {}{}", doing, e.what(),
                    system_errno ? fmt::format(" ({})", std::strerror(system_errno)) : std::string()),
        ledger, std::string(kFreeSpace) + "; or check the disk: it does not keep what is written");
  return Error(ErrorKind::store, fmt::format("{}: {}", doing, e.what()), ledger, "");
}

}  // namespace undertone
