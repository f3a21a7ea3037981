// kill -9 at every crash point of the store: what the next open finds is the state before or the state after,
// and the same act done again ends in the state after.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <filesystem>

#include "harness/core/files.h"
#include "tests/faults/store_child.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;

std::size_t folders_in(const std::string& place) {
  std::size_t n = 0;
  for (const auto& shelf : fs::directory_iterator(place))
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(shelf.path())) ++n;
  return n;
}

struct Case {
  const char* act;
  const char* point;
  bool after;  // the state that the next open must find
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.point; }

class StoreCrash : public ::testing::TestWithParam<Case> {};

// 1 when the act's effect is there in full, 0 when there is nothing of it; a half fails the test.
int effect(const Store& store, const std::string& act) {
  if (act == "artefact") {
    const auto found = store.find(key_of(1));
    EXPECT_EQ(folders_in(store.folder() + "/objects"), found ? 2u : 1u);
    if (!found) return 0;
    EXPECT_EQ(read_file(found->path + "/a.txt"), "file of 1");
    return 1;
  }
  if (act == "answers") {
    EXPECT_EQ(store.answer(key_of(1)).has_value(), store.answer(key_of(2)).has_value());
    return store.answer(key_of(1)) ? 1 : 0;
  }
  if (act == "verdicts") {
    EXPECT_EQ(store.verdict(key_of(1)).has_value(), store.verdict(key_of(2)).has_value());
    return store.verdict(key_of(1)) ? 1 : 0;
  }
  if (act == "run") {
    const auto run = store.find_run("run-id");
    EXPECT_EQ(run->tags.size(), run->state == "done" ? 1u : 0u);
    return run->state == "done" ? 1 : 0;
  }
  // gc: artefact 0 is used by no run.
  EXPECT_EQ(folders_in(store.folder() + "/objects"), store.find(key_of(0)) ? 1u : 0u);
  return store.find(key_of(0)) ? 0 : 1;
}

TEST_P(StoreCrash, IsBeforeOrAfterNeverHalf) {
  const TemporaryFolder folder;
  const std::string place = folder / "store";
  {
    Store store = Store::open(place, Store::Mode::write);
    commit_sample(store, 0);
    store.put_answers({answer_row(0)});
    store.put_verdicts({verdict_row(0)});
    store.put_run(run_row("started"));
  }
  const Ended e = run_child(GetParam().act, place, {{"UNDERTONE_CRASH_AT", GetParam().point}});
  ASSERT_TRUE(e.killed) << "the crash point was not passed: " << e.output;
  {
    const Store store = Store::open(place, Store::Mode::write);
    EXPECT_EQ(effect(store, GetParam().act), GetParam().after ? 1 : 0);
    EXPECT_TRUE(fs::is_empty(place + "/tmp"));
    EXPECT_TRUE(store.answer(key_of(0)));
    EXPECT_TRUE(store.verdict(key_of(0)));
    EXPECT_THAT(store.verify(), ::testing::IsEmpty());
  }
  EXPECT_EQ(run_child(GetParam().act, place).exit_status, 0);
  const Store store = Store::open(place, Store::Mode::read);
  EXPECT_EQ(effect(store, GetParam().act), 1);
}

INSTANTIATE_TEST_SUITE_P(Points, StoreCrash,
                         ::testing::Values(Case{"artefact", "write:a.txt:before", false},
                                           Case{"artefact", "write:b.bin:renamed", false},
                                           Case{"artefact", "artefact:sample:before-rename", false},
                                           Case{"artefact", "artefact:sample:renamed", false},
                                           Case{"artefact", "artefact:sample:committed", true},
                                           Case{"answers", "ledger:answers:before-commit", false},
                                           Case{"answers", "ledger:answers:committed", true},
                                           Case{"verdicts", "ledger:verdicts:before-commit", false},
                                           Case{"verdicts", "ledger:verdicts:committed", true},
                                           Case{"run", "ledger:runs:before-commit", false},
                                           Case{"run", "ledger:runs:committed", true},
                                           Case{"gc", "gc:row-removed", true}),
                         [](const auto& tested) {
                           std::string name = tested.param.point;
                           for (char& c : name)
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           return name;
                         });

TEST(StoreCrashAtBirth, AnOpenKilledWhileMakingTheLedgerIsRepeated) {
  for (const char* point : {"ledger:migrate:1:before-commit", "ledger:migrate:1:committed"}) {
    const TemporaryFolder folder;
    const std::string place = folder / "store";
    ASSERT_TRUE(run_child("open", place, {{"UNDERTONE_CRASH_AT", point}}).killed) << point;
    Store store = Store::open(place, Store::Mode::write);
    store.put_answers({answer_row(0)});
    EXPECT_EQ(store.count_answers(), 1);
  }
}

// At any moment, not only at named points: whatever the child was told is committed must be there.
TEST(StoreCrashAnywhere, WhatWasReportedCommittedIsThere) {
  const TemporaryFolder folder;
  const std::string place = folder / "store";
  int reported = -1;
  for (int round = 0; round < 5; ++round) {
    Child child = start_child("stream", place);
    for (int n = 0; n <= 7 + round * 13; ++n) reported = std::max(reported, std::stoi(read_line(child)));
    ::kill(child.pid, SIGKILL);
    const Ended e = wait_for(child);
    ASSERT_TRUE(e.killed) << e.output;
    const Store store = Store::open(place, Store::Mode::write);
    for (int i = 0; i <= reported; ++i) {
      ASSERT_TRUE(store.answer(key_of(i))) << i;
      if (i % 10 == 0) {
        ASSERT_TRUE(store.find(key_of(100'000 + i))) << i;
      }
    }
    EXPECT_THAT(store.verify(), ::testing::IsEmpty());
  }
}

}  // namespace
}  // namespace undertone::test
