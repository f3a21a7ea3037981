// A store that is in use, read-only, on a full disk, damaged or from the future: one clear message, nothing
// lost.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <unistd.h>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/faults/store_child.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

Error refused(const std::string& folder, Store::Mode mode = Store::Mode::write) {
  try {
    Store::open(folder, mode);
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "opened " << folder;
  return Error(ErrorKind::internal, "opened");
}

void expect_store_error(const Error& e, const std::string& what, const std::string& place,
                        const std::string& mend) {
  EXPECT_EQ(e.kind(), ErrorKind::store);
  EXPECT_EQ(e.exit_code(), ExitCode::failed);
  EXPECT_THAT(e.what_happened(), HasSubstr(what));
  EXPECT_THAT(e.place(), HasSubstr(place));
  EXPECT_THAT(e.mend(), HasSubstr(mend));
}

// A store with something in it.
void make_store(const std::string& place, int answers = 300) {
  Store store = Store::open(place, Store::Mode::write);
  std::vector<AnswerRow> rows;
  for (int i = 0; i < answers; ++i) rows.push_back(answer_row(i));
  store.put_answers(rows);
  commit_sample(store, 1);
}

TEST(StoreSecondProcess, IsToldWhoOwnsIt) {
  const TemporaryFolder folder;
  const std::string place = folder / "store";
  Child owner = start_child("hold", place);
  ASSERT_EQ(read_line(owner), "held");
  expect_store_error(refused(place), fmt::format("in use by process {}", owner.pid), place,
                     fmt::format("kill {}", owner.pid));
  EXPECT_EQ(Store::open(place, Store::Mode::read).count_answers(), 0);  // reading beside a writer is fine
  EXPECT_EQ(wait_for(owner).exit_status, 0);
  EXPECT_NO_THROW(Store::open(place, Store::Mode::write));
}

TEST(StoreSecondProcess, ACrashedOwnersLockIsFree) {
  const TemporaryFolder folder;
  const std::string place = folder / "store";
  Child owner = start_child("hold", place);
  ASSERT_EQ(read_line(owner), "held");
  ::kill(owner.pid, SIGKILL);
  ASSERT_TRUE(wait_for(owner).killed);
  EXPECT_EQ(read_file(place + "/lock"), fmt::format("{}\n", owner.pid));  // what it left means nothing
  EXPECT_NO_THROW(Store::open(place, Store::Mode::write));
}

TEST(StoreSecondProcess, TheSameProcessTwiceIsRefusedToo) {
  const TemporaryFolder folder;
  const Store first = Store::open(folder.path(), Store::Mode::write);
  expect_store_error(refused(folder.path()), "this very process", folder.path(), "--store");
}

TEST(StoreSecondProcess, AProgramThatTheOwnerStartsDoesNotKeepTheLock) {
  const TemporaryFolder folder;
  Child worker;
  {
    const Store store = Store::open(folder / "a", Store::Mode::write);
    worker = start_child("hold", folder / "b");
    ASSERT_EQ(read_line(worker), "held");
  }
  EXPECT_NO_THROW(Store::open(folder / "a", Store::Mode::write));
  EXPECT_EQ(wait_for(worker).exit_status, 0);
}

TEST(StorePlace, WhereNobodyMayWrite) {  // holds for root too
  expect_store_error(refused("/sys/undertone-store"), "cannot make the store's folder",
                     "/sys/undertone-store", "");
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  expect_store_error(refused(folder / "file"), "Not a directory", folder / "file", "check the path");
  expect_store_error(refused(folder / "file" + "/store"), "Not a directory", folder / "file",
                     "check the path");
  if (::geteuid() != 0) {
    fs::create_directory(folder / "locked");
    fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
    expect_store_error(refused(folder / "locked"), "Permission denied", folder / "locked", "writable");
  }
}

TEST(StorePlace, NothingToRead) {
  const TemporaryFolder folder;
  expect_store_error(refused(folder / "none", Store::Mode::read), "there is no store here", folder / "none",
                     "run a suite first");
  EXPECT_FALSE(fs::exists(folder / "none"));  // reading makes nothing
}

class StoreOnItsOwnDisk : public ::testing::TestWithParam<const char*> {};
TEST_P(StoreOnItsOwnDisk, Act) {
  const TemporaryFolder folder;
  const Ended e = run_child(GetParam(), folder.path());
  if (e.exit_status == kCannotMount)
    GTEST_SKIP() << "may not mount a file system here (needs root or user namespaces)";
  EXPECT_EQ(e.exit_status, 0) << e.output;
}
INSTANTIATE_TEST_SUITE_P(Mounted, StoreOnItsOwnDisk,
                         ::testing::Values("small-disk", "full-at-commit", "read-only-disk"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(StoreFull, AFileSizeLimitLosesNothingAndTheRestGoesThroughLater) {
  const TemporaryFolder folder;
  const std::string place = folder / "store";
  const Ended e = run_child("file-limit", place);
  ASSERT_EQ(e.exit_status, 0) << e.output;
  const auto at = e.output.find("accepted ");
  ASSERT_NE(at, std::string::npos) << e.output;
  const int accepted = std::stoi(e.output.substr(at + 9));
  EXPECT_GT(accepted, 5);
  Store store = Store::open(place, Store::Mode::write);  // without the limit
  EXPECT_EQ(store.count_answers(), accepted);
  store.put_answers({answer_row(accepted)});
  EXPECT_EQ(store.count_answers(), accepted + 1);
}

TEST(StoreDamaged, NotADatabase) {
  const TemporaryFolder folder;
  make_store(folder.path());
  std::ofstream(folder / "ledger.sqlite", std::ios::trunc) << std::string(8192, 'g');
  for (const auto mode : {Store::Mode::write, Store::Mode::read})
    expect_store_error(refused(folder.path(), mode), "damaged", folder / "ledger.sqlite",
                       "restore it from a copy");
  EXPECT_TRUE(fs::exists(folder / "objects"));
}

TEST(StoreDamaged, Truncated) {
  const TemporaryFolder folder;
  make_store(folder.path());
  const auto size = fs::file_size(folder / "ledger.sqlite");
  ASSERT_GT(size, 40'000u);
  fs::resize_file(folder / "ledger.sqlite", size / 2 / 4096 * 4096);
  expect_store_error(refused(folder.path()), "damaged", folder / "ledger.sqlite", "salvage");
  fs::resize_file(folder / "ledger.sqlite", 50);  // within the header
  expect_store_error(refused(folder.path()), "damaged", folder / "ledger.sqlite", "salvage");
}

TEST(StoreDamaged, OverwrittenInTheMiddle) {
  const TemporaryFolder folder;
  make_store(folder.path());
  std::fstream file(folder / "ledger.sqlite", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 3);
  file << std::string(8192, '\x5a');
  file.close();
  expect_store_error(refused(folder.path()), "damaged", folder / "ledger.sqlite", "salvage");
}

TEST(StoreDamaged, AnEmptyOrMissingLedgerNeverCostsTheArtefacts) {
  const TemporaryFolder folder;
  make_store(folder.path());
  fs::resize_file(folder / "ledger.sqlite", 0);
  expect_store_error(refused(folder.path()), "damaged", folder / "ledger.sqlite", "restore");
  fs::remove(folder / "ledger.sqlite");
  expect_store_error(refused(folder.path()), "no ledger", folder.path(), "restore");
  EXPECT_FALSE(fs::is_empty(folder / "objects"));
}

TEST(StoreDamaged, AnotherProgramsDatabaseIsLeftAlone) {
  const TemporaryFolder folder;
  {
    SQLite::Database other(folder / "ledger.sqlite", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("CREATE TABLE theirs (x); PRAGMA user_version = 1");
  }
  const std::string before = read_file(folder / "ledger.sqlite");
  expect_store_error(refused(folder.path()), "not an Undertone ledger", folder / "ledger.sqlite", "--store");
  EXPECT_EQ(read_file(folder / "ledger.sqlite"), before);
}

TEST(StoreDamaged, ANewerSchemaIsLeftAlone) {
  const TemporaryFolder folder;
  make_store(folder.path());
  SQLite::Database(folder / "ledger.sqlite", SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string before = read_file(folder / "ledger.sqlite");
  for (const auto mode : {Store::Mode::write, Store::Mode::read})
    expect_store_error(refused(folder.path(), mode), "schema version 99", folder / "ledger.sqlite",
                       "newer undertone");
  EXPECT_EQ(read_file(folder / "ledger.sqlite"), before);
}

TEST(StoreDamaged, VerifyNamesWhatIsMissingOrDiffers) {
  const TemporaryFolder folder;
  Store store = Store::open(folder.path(), Store::Mode::write);
  const Artefact kept = commit_sample(store, 0), changed = commit_sample(store, 1),
                 gone = commit_sample(store, 2);
  std::ofstream(changed.path + "/a.txt") << "tampered";
  fs::remove_all(gone.path);
  EXPECT_THAT(store.verify(),
              ::testing::UnorderedElementsAre(AllOf(HasSubstr(changed.path), HasSubstr("differ")),
                                              AllOf(HasSubstr(gone.path), HasSubstr("missing"))));
  EXPECT_FALSE(store.find(key_of(2)));  // its stage runs again
  EXPECT_EQ(commit_sample(store, 2).digest, gone.digest);
  EXPECT_TRUE(store.find(key_of(2)));
  EXPECT_EQ(store.verify().size(), 1u);
}

}  // namespace
}  // namespace undertone::test
