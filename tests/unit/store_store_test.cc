#include <fmt/format.h>
#include <gtest/gtest.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <filesystem>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/store/database.h"
#include "harness/store/store.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string key(const std::string& name) { return sha256_hex(name); }

AnswerRow answer(const std::string& name, const std::string& text, const std::string& stage = "stage-a",
                 int replicate = 0) {
  return {key(name), stage, name, replicate, {AnswerStatus::answered, text, "stop", 4, ""}, Json::object()};
}

Artefact commit(Store& store, const std::string& name, const std::string& text,
                const std::string& stage = "features") {
  const std::string folder = store.begin_artefact(key(name));
  write_file_atomically(folder + "/data", text);
  Json about = Json::object();
  about["of"] = Json(name);
  return store.commit_artefact(folder, key(name), stage, about);
}

class StoreTest : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  Store store = Store::open(folder / "store", Store::Mode::write);
  Store reader() { return Store::open(folder / "store", Store::Mode::read); }
};

TEST_F(StoreTest, AnArtefactIsFoundWithWhatItIs) {
  const Artefact made = commit(store, "one", "hello");
  EXPECT_EQ(made.key, key("one"));
  EXPECT_EQ(made.stage, "features");
  EXPECT_EQ(made.bytes, 5);
  EXPECT_EQ(made.path, folder / "store/objects/" + key("one").substr(0, 2) + "/" + key("one"));
  EXPECT_EQ(made.digest, sha256_folder(made.path));
  const Artefact found = *reader().find(key("one"));
  EXPECT_EQ(found.digest, made.digest);
  EXPECT_EQ(found.about.at("of").as_string(), "one");
  EXPECT_EQ(read_file(found.path + "/data"), "hello");
  EXPECT_FALSE(store.find(key("two")));
}

TEST_F(StoreTest, TheSameKeyTakesTheSameBytesOnly) {
  const Artefact first = commit(store, "one", "hello");
  EXPECT_EQ(commit(store, "one", "hello").digest, first.digest);
  const Error e = error_of([&] { commit(store, "one", "other"); });
  EXPECT_EQ(e.kind(), ErrorKind::store);
  EXPECT_THAT(e.what_happened(),
              AllOf(HasSubstr(key("one")), HasSubstr(first.digest), HasSubstr("features")));
  EXPECT_THAT(e.mend(), HasSubstr("code version"));
  EXPECT_EQ(read_file(store.find(key("one"))->path + "/data"), "hello");
}

TEST_F(StoreTest, DiscardRemovesOnlyWhatWasBegun) {
  const std::string begun = store.begin_artefact(key("one"));
  const TemporaryFolder foreign;
  store.discard_artefact(begun);
  store.discard_artefact(foreign.path());
  EXPECT_FALSE(fs::exists(begun));
  EXPECT_TRUE(fs::exists(foreign.path()));
}

TEST_F(StoreTest, AKeyIsNoPath) {
  EXPECT_THROW(store.begin_artefact("../../etc"), Error);
  EXPECT_THROW(store.begin_artefact("a"), Error);
}

TEST_F(StoreTest, AnswersKeepEveryStatusAndComeInOrder) {
  std::vector<AnswerRow> rows = {answer("q2", "zwei"), answer("q1", "eins"),
                                 answer("q3", "other", "stage-b")};
  rows.push_back(
      {key("t"), "stage-a", "q4", 0, {AnswerStatus::truncated, "half an", "length", 64, ""}, Json::object()});
  rows.push_back({key("m"),
                  "stage-a",
                  "q5",
                  0,
                  {AnswerStatus::model_error, "", "", 0, "out of memory"},
                  Json::object()});
  rows[0].about["model"] = Json("m-1");
  store.put_answers(rows);
  const auto got = reader().answers("stage-a");
  ASSERT_EQ(got.size(), 4u);
  EXPECT_EQ(got[0].answer.text, "eins");
  EXPECT_EQ(got[1].about.at("model").as_string(), "m-1");
  EXPECT_EQ(got[2].answer.status, AnswerStatus::truncated);
  EXPECT_EQ(got[2].answer.tokens, 64);
  EXPECT_EQ(got[3].answer.detail, "out of memory");
  EXPECT_EQ(store.answer(key("q3"))->stage_key, "stage-b");
  EXPECT_FALSE(store.answer(key("absent")));
  EXPECT_EQ(store.count_answers(), 5);
}

TEST_F(StoreTest, RowsAreCountedByStageAndByKey) {
  store.put_answers({answer("q1", "a"), answer("q2", "b"), answer("q3", "c", "stage-b")});
  EXPECT_EQ(store.count_answers("stage-a"), 2);
  EXPECT_EQ(store.count_answers("stage-b"), 1);
  EXPECT_EQ(store.count_answers("stage-c"), 0);
  store.put_verdicts({{key("v1"), "judge", "q1", 0, Scored{1, "", {}}, Json::object()},
                      {key("v2"), "judge", "q2", 0, Scored{2, "", {}}, Json::object()}});
  EXPECT_EQ(store.count_verdicts({}), 0);
  EXPECT_EQ(store.count_verdicts({key("v1"), key("v2"), key("v1"), key("absent")}), 3)
      << "two answers with one verdict are two verdicts";
}

TEST_F(StoreTest, AnEqualAnswerIsNoChangeAndAnotherIsAnError) {
  store.put_answers({answer("q1", "first")});
  AnswerRow again = answer("q1", "first");
  again.about["attempts"] = Json(2);  // facts of the making are not content
  EXPECT_EQ(store.put_answers({again}), 0);
  EXPECT_EQ(store.count_answers(), 1);
  EXPECT_EQ(store.put_answers({again, answer("q5", "new"), answer("q6", "new")}), 2) << "only new ones count";
  const Error e = error_of([&] { store.put_answers({answer("q9", "new"), answer("q1", "second")}); });
  EXPECT_EQ(e.kind(), ErrorKind::store);
  EXPECT_THAT(e.what_happened(), AllOf(HasSubstr(key("q1")), HasSubstr("first"), HasSubstr("second")));
  EXPECT_FALSE(store.answer(key("q9"))) << "a put is one transaction";
  EXPECT_THROW(store.put_answers({answer("q1", "first", "stage-b")}), Error);
}

TEST_F(StoreTest, VerdictsKeepTheirKind) {
  const std::vector<Verdict> all = {Scored{3.1, "because", {{"content", 0.1}}},
                                    Scored{0, "", {}},
                                    ParseFailure{"mumble"},
                                    Refused{"no"},
                                    TruncatedReply{"The"},
                                    TransportError{503, 4, "busy"},
                                    NotJudged{"no answer"}};
  std::vector<VerdictRow> rows;
  for (std::size_t i = 0; i < all.size(); ++i)
    rows.push_back({key(std::to_string(i)), "judge", "q", 0, all[i], Json::object()});
  store.put_verdicts(rows);
  store.put_verdicts(rows);
  EXPECT_EQ(store.count_verdicts(), static_cast<std::int64_t>(all.size()));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto got = reader().verdict(key(std::to_string(i)));
    EXPECT_EQ(got->verdict.index(), all[i].index());
    EXPECT_EQ(to_json(got->verdict), to_json(all[i]));
  }
  rows[2].verdict = Scored{0, "", {}};  // a failure never becomes a number
  const Error e = error_of([&] { store.put_verdicts({rows[2]}); });
  EXPECT_THAT(e.what_happened(), AllOf(HasSubstr("mumble"), HasSubstr(key("2"))));
}

TEST_F(StoreTest, ManyVerdictsAreOneLookUp) {
  std::vector<VerdictRow> rows;
  std::vector<std::string> asked = {key("absent")};
  for (int i = 0; i < 3000; ++i) {  // more than SQLite takes as single parameters by default
    rows.push_back(
        {key(std::to_string(i)), "judge", "q", i % 3, Scored{double(i % 6), "", {}}, Json::object()});
    if (i % 2) asked.push_back(rows.back().key);
  }
  store.put_verdicts(rows);
  asked.push_back(asked.back());
  const auto found = store.verdicts(asked);
  EXPECT_EQ(found.size(), 1500u);
  for (int i = 1; i < 3000; i += 2) {
    const VerdictRow& row = found.at(key(std::to_string(i)));
    EXPECT_EQ(row.key, key(std::to_string(i)));
    EXPECT_EQ(row.replicate, i % 3);
    EXPECT_EQ(std::get<Scored>(row.verdict).value, i % 6);
  }
  EXPECT_FALSE(found.count(key("absent")));
  EXPECT_TRUE(store.verdicts({}).empty());
}

TEST_F(StoreTest, TwoQuestionsMayShareAVerdictButNotAnAnswer) {
  VerdictRow v{key("v"), "judge", "q1", 0, Scored{1, "", {}}, Json::object()};
  store.put_verdicts({v});
  v.question = "q2";
  EXPECT_NO_THROW(store.put_verdicts({v}));
  AnswerRow a = answer("q1", "x");
  store.put_answers({a});
  a.question = "q2";  // would vanish from answers(stage)
  EXPECT_THROW(store.put_answers({a}), Error);
}

RunRow run(const std::string& id, const std::string& folder_,
           const std::string& created = "2024-01-01T00:00:00Z") {
  return {id, "demo", folder_, "started", created, Json::object(), {}};
}

TEST_F(StoreTest, ARunIsFoundByIdTagFolderAndPrefix) {
  store.put_run(run("aabb11", "/runs/one", "2024-01-02T00:00:00Z"));
  store.put_run(run("aabb22", "/runs/two", "2024-01-01T00:00:00Z"));
  store.tag("aabb11", "best");
  EXPECT_EQ(store.runs().front().id, "aabb22");  // oldest first
  EXPECT_EQ(store.find_run("aabb11")->suite, "demo");
  EXPECT_EQ(store.find_run("best")->id, "aabb11");
  EXPECT_EQ(store.find_run("/runs/two/")->id, "aabb22");
  EXPECT_EQ(store.find_run("/runs/x/../one")->id, "aabb11");
  EXPECT_EQ(store.find_run("aabb2")->id, "aabb22");
  EXPECT_FALSE(store.find_run("cc"));
  EXPECT_FALSE(store.find_run("%"));
  EXPECT_FALSE(store.find_run(""));
  const Error e = error_of([&] { store.find_run("aabb"); });
  EXPECT_EQ(e.kind(), ErrorKind::usage);
  EXPECT_THAT(e.what_happened(), AllOf(HasSubstr("aabb11"), HasSubstr("aabb22")));
}

TEST_F(StoreTest, ANewStateKeepsTagsAndUses) {
  store.put_run(run("r1", "/runs/one"));
  store.tag("r1", "best");
  commit(store, "one", "x");
  store.note_use("r1", key("one"));
  RunRow later = run("r1", "/runs/one");
  later.state = "done";
  later.tags = {"new"};
  store.put_run(later);
  EXPECT_EQ(store.find_run("r1")->state, "done");
  EXPECT_THAT(store.find_run("r1")->tags, ElementsAre("best", "new"));
  EXPECT_EQ(store.gc(true).artefacts, 0);
  store.put_run(run("r2", "/runs/two"));
  store.tag("r2", "best");  // a tag names one run: it moves
  EXPECT_EQ(store.find_run("best")->id, "r2");
  EXPECT_THROW(store.tag("absent", "t"), Error);
  EXPECT_THROW(store.note_use("absent", key("one")), Error);
  EXPECT_THROW(store.remove_run("absent"), Error);
}

TEST_F(StoreTest, GcKeepsWhatARunUses) {
  const Artefact used = commit(store, "used", "1234"), unused = commit(store, "unused", "123456");
  store.put_answers({answer("q", "kept")});
  store.put_run(run("r1", "/runs/one"));
  store.note_use("r1", used.key);
  store.note_use("r1", used.key);
  const std::string busy = store.begin_artefact(key("busy"));
  fs::create_directory(folder / "store/tmp/left-over");
  write_file_atomically(folder / "store/tmp/left-over/x", "12");
  const auto dry = store.gc(true);
  EXPECT_EQ(dry.artefacts, 1);
  EXPECT_EQ(dry.bytes, 8);
  EXPECT_TRUE(store.find(unused.key));
  const auto wet = store.gc(false);
  EXPECT_EQ(wet.artefacts, 1);
  EXPECT_EQ(wet.bytes, 8);
  EXPECT_FALSE(fs::exists(unused.path));
  EXPECT_FALSE(fs::exists(folder / "store/tmp/left-over"));
  EXPECT_TRUE(fs::exists(busy)) << "a stage is filling it";
  EXPECT_TRUE(store.find(used.key));
  EXPECT_EQ(store.count_answers(), 1);
  store.remove_run("r1");
  EXPECT_EQ(store.gc(false).artefacts, 1);
  EXPECT_FALSE(store.find(used.key));
}

TEST_F(StoreTest, DuSumsByStage) {
  commit(store, "a", "1234");
  commit(store, "b", "12");
  commit(store, "c", "1", "train");
  const auto all = store.du();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].stage, "features");
  EXPECT_EQ(all[0].artefacts, 2);
  EXPECT_EQ(all[0].bytes, 6);
  EXPECT_EQ(all[1].bytes, 1);
  EXPECT_EQ(all[2].stage, "(ledger)");
  EXPECT_GT(all[2].bytes, 4096);
}

// Work folders of stages that were killed: counted, and kept as long as a run would resume from them.
TEST_F(StoreTest, WorkOfUnfinishedRunsIsCountedAndKeptForThem) {
  const std::string work = folder / "store/work" + "/";
  for (const std::string& name : {key("mine"), key("mine") + ".state", key("nobody's")}) {
    fs::create_directories(work + name);
    write_file_atomically(work + name + "/half", "123");
  }
  store.put_run(run("r1", "/runs/one"));
  const Artefact made = commit(store, "made", "1234");
  store.note_uses("r1", {key("mine"), key("made"), key("later")});
  store.note_uses("r1", {key("mine"), key("made"), key("later")});
  EXPECT_THROW(store.note_uses("absent", {key("mine")}), Error);
  const auto all = reader().du();
  ASSERT_EQ(all.back().stage, "(unfinished)");
  EXPECT_EQ(all.back().artefacts, 3);
  EXPECT_EQ(all.back().bytes, 9);
  const auto dry = store.gc(true);
  EXPECT_EQ(dry.artefacts, 0);
  EXPECT_EQ(dry.work_folders, 1);
  EXPECT_EQ(dry.bytes, 3);
  EXPECT_TRUE(fs::exists(work + key("nobody's")));
  EXPECT_EQ(store.gc(false).work_folders, 1);
  EXPECT_FALSE(fs::exists(work + key("nobody's")));
  EXPECT_TRUE(fs::exists(work + key("mine")));
  EXPECT_TRUE(fs::exists(work + key("mine") + ".state"));
  EXPECT_TRUE(store.find(made.key));
  store.remove_run("r1");
  EXPECT_EQ(store.gc(false).work_folders, 2);
  EXPECT_TRUE(fs::is_empty(work));
}

TEST_F(StoreTest, AReaderSeesCommitsAndWritesNothing) {
  Store beside = reader();
  store.put_answers({answer("q", "x")});
  EXPECT_EQ(beside.count_answers(), 1);
  EXPECT_THROW(beside.put_answers({answer("r", "y")}), Error);
  EXPECT_THROW(beside.begin_artefact(key("x")), Error);
  EXPECT_THROW(beside.put_run(run("r", "/r")), Error);
  EXPECT_NO_THROW(beside.gc(true));
}

TEST_F(StoreTest, ManyThreadsLoseNothing) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        store.put_answers(
            {answer(fmt::format("q{}-{}", t, i), "x"), answer(fmt::format("shared-{}", i), "y")});
        if (i % 5 == 0) commit(store, fmt::format("shared-{}", i), "same");
        store.answer(key(fmt::format("q{}-{}", t, i)));
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(store.count_answers(), 4 * 25 + 25);
  EXPECT_THAT(store.verify(), IsEmpty());
  EXPECT_TRUE(fs::is_empty(folder / "store/tmp"));
}

TEST_F(StoreTest, SurvivesBeingMoved) {
  store.put_answers({answer("q", "x")});
  const Store moved = std::move(store);
  EXPECT_EQ(moved.count_answers(), 1);
  EXPECT_EQ(moved.folder(), folder / "store");
}

TEST(StoreOpen, CleansWhatACrashLeft) {
  const TemporaryFolder folder;
  std::string kept, orphan = folder / "objects/ab/abcdef";
  {
    Store store = Store::open(folder.path(), Store::Mode::write);
    kept = commit(store, "kept", "x").path;
    store.begin_artefact(key("unfinished"));
    fs::create_directories(orphan);
  }
  Store::open(folder.path(), Store::Mode::read);
  EXPECT_TRUE(fs::exists(orphan));  // a reader changes nothing
  Store::open(folder.path(), Store::Mode::write);
  EXPECT_FALSE(fs::exists(orphan));
  EXPECT_TRUE(fs::is_empty(folder / "tmp"));
  EXPECT_TRUE(fs::exists(kept));
}

TEST(StoreMigrations, AnOlderLedgerIsBroughtUpWithItsRows) {
  const TemporaryFolder folder;
  SQLite::Database db(folder / "l.sqlite", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  const std::vector<Migration> steps = {
      {"first", "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (7)"},
      {"second", "ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT 3"},
      {"broken", "ALTER TABLE t ADD COLUMN c INTEGER; INSERT INTO nowhere VALUES (1)"}};
  migrate_ledger(db, "l", {steps.data(), 1});
  migrate_ledger(db, "l", {steps.data(), 2});
  EXPECT_EQ(db.execAndGet("SELECT a + b FROM t").getInt(), 10);
  EXPECT_EQ(db.execAndGet("PRAGMA user_version").getInt(), 2);
  migrate_ledger(db, "l", {steps.data(), 2});  // nothing to do
  // A step that fails leaves the version and the tables as they were.
  EXPECT_THROW(migrate_ledger(db, "l", steps), SQLite::Exception);
  EXPECT_EQ(db.execAndGet("PRAGMA user_version").getInt(), 2);
  EXPECT_EQ(db.execAndGet("SELECT count(*) FROM pragma_table_info('t')").getInt(), 2);
  EXPECT_THROW(migrate_ledger(db, "l", {steps.data(), 1}), Error);  // of a later version
}

}  // namespace
}  // namespace undertone::test
