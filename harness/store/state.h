// What an open store holds. Internal to harness/store.
#pragma once

#include <sqlite3.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "harness/store/failure.h"
#include "harness/store/lock.h"
#include "harness/store/store.h"

namespace undertone {

struct Store::State {
  std::string folder;  // absolute
  std::string ledger;  // FOLDER/ledger.sqlite
  Mode mode = Mode::read;
  FolderLock lock;  // let go after the database is closed: members end in reverse order
  std::unique_ptr<SQLite::Database> db;
  std::mutex mutex;                        // one caller at a time, for SQLite and for moving folders
  std::set<std::string> open_temporaries;  // being filled by stages of this process
  unsigned next_temporary = 0;

  std::string objects() const { return folder + "/objects"; }
  std::string temporaries() const { return folder + "/tmp"; }
  std::string work() const { return folder + "/work"; }  // KEY, KEY.state: what long stages resume from
  std::string object(
      std::string_view key) const;  // objects/<2 hex>/<key>; Error{internal} for what is no key

  // Runs `f(db)` under the mutex and turns SQLite's and the file system's exceptions into Error{store};
  // `doing` says what could not be done.
  template <class F>
  auto with(std::string_view doing, F&& f) {
    const std::lock_guard<std::mutex> hold(mutex);
    errno = 0;
    try {
      return f(*db);
    } catch (const SQLite::Exception& e) {
      // SQLite 3.40 forgets the errno of a commit that could not write (EFBIG, EDQUOT); the thread's own is
      // still there.
      const int err = errno, kept = sqlite3_system_errno(db->getHandle());
      throw store_database_error(doing, ledger, e, kept ? kept : err);
    } catch (const std::filesystem::filesystem_error& e) {
      throw store_io_error(doing, e.path1().string(), e.code());
    }
  }
  void need_writing(std::string_view doing) const;  // Error{internal} in read mode

  std::optional<Artefact> find(SQLite::Database& on, std::string_view key) const;  // caller holds the mutex
  void clean();  // removes what a crash left: temporary folders, and objects without a row
  Json parse(const std::string& text) const;  // of a ledger's column; Error{store} when it is not JSON
};

}  // namespace undertone
