// The history of nights: rows are added, and nothing else.
#include <gtest/gtest.h>
#include <SQLiteCpp/SQLiteCpp.h>

#include "harness/core/error.h"
#include "harness/store/store.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {

NightRow night(const std::string& run, double level) {
  return {0, "suite", run, "2026-01-01T00:00:00Z", "release", Json::object({{"level", level}})};
}

TEST(StoreNights, RowsAreOnlyAdded) {
  const TemporaryFolder folder;
  {
    Store store = Store::open(folder / "store", Store::Mode::write);
    store.put_night(night("a", 0.5));
    store.put_night(night("b", 0.6));
    NightRow other = night("c", 0.1);
    other.suite = "another";
    store.put_night(other);
    const auto rows = store.nights("suite");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].run, "a");
    EXPECT_LT(rows[0].night, rows[1].night);
    EXPECT_EQ(rows[1].result.at("level").as_double(), 0.6);
    EXPECT_THROW(Store::open(folder / "store", Store::Mode::read).put_night(other), Error);
  }
  SQLite::Database db(folder / "store/ledger.sqlite", SQLite::OPEN_READWRITE);
  EXPECT_THROW(db.exec("UPDATE nights SET run = 'x'"), SQLite::Exception);
  EXPECT_THROW(db.exec("DELETE FROM nights"), SQLite::Exception);
}

TEST(StoreNights, AnOlderLedgerIsReadWithoutAndWrittenWith) {
  const TemporaryFolder folder;
  Store::open(folder / "store", Store::Mode::write);
  SQLite::Database(folder / "store/ledger.sqlite", SQLite::OPEN_READWRITE)
      .exec("DROP TABLE nights; PRAGMA user_version = 1");
  EXPECT_TRUE(Store::open(folder / "store", Store::Mode::read).nights("suite").empty());
  Store store = Store::open(folder / "store", Store::Mode::write);
  store.put_night(night("a", 0.5));
  EXPECT_EQ(store.nights("suite").size(), 1u);
}

}  // namespace
}  // namespace undertone::test
