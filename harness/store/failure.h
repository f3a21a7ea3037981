// How the store says that something went wrong: every failure of disk or database becomes one Error{store}
// with a mend.
#pragma once

#include <SQLiteCpp/Exception.h>
#include <string>
#include <string_view>
#include <system_error>

#include "harness/core/error.h"

struct sqlite3;

namespace undertone {

// From an errno; a full disk (ENOSPC, EDQUOT, EFBIG), a read-only place and a wrong path each have their
// mend.
Error store_io_error(std::string_view doing, const std::string& path, int err);
Error store_io_error(std::string_view doing, const std::string& path, const std::error_code& err);

// From SQLite, with the errno behind it (0 where unknown): full disk, corruption, foreign file, read-only,
// busy.
Error store_database_error(std::string_view doing, const std::string& ledger, const SQLite::Exception& e,
                           int system_errno);

Error corrupt_ledger(const std::string& ledger, std::string_view detail);

}  // namespace undertone
