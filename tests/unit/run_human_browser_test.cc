// The rating page in a real browser, by the keys that a person presses: progress outlives a reload, the saved
// file has JUDGE-BENCH's schema and imports, and a browser that a program drives says that it is one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/core/files.h"
#include "tests/support/browser.h"
#include "tests/support/devtools.h"
#include "tests/support/human_run.h"

namespace undertone::test {
namespace {
using ::testing::HasSubstr;

class HumanBrowser : public ::testing::Test {
 protected:
  void SetUp() override {
    UNDERTONE_NEED(browser(), "no chromium here: install the Debian package chromium");
    ::setenv("UNDERTONE_ROOT", UNDERTONE_SOURCE_DIR, 1);
    run_two_systems(folder_.path(), true);
  }
  void TearDown() override { ::unsetenv("UNDERTONE_ROOT"); }
  std::string page() const { return folder_ / "page.html"; }
  HumanKey exported(HumanTask task, std::int64_t items, int raters = 0) const {
    HumanExportOptions o;
    o.task = task;
    o.items = items;
    o.raters = raters;
    EXPECT_EQ(export_human_page(folder_ / "report", folder_ / "store", o, page()), ExitCode::done);
    return draw_human_items(*inputs_of(folder_.path()), o);
  }
  static std::string body(DrivenBrowser& b, const std::string& name) {
    const Json v = b.evaluate("document.body.dataset." + name);
    return v.is_string() ? v.as_string() : v.dump();
  }
  static void begin(DrivenBrowser& b) {
    b.type("ann");
    b.key("Enter");
  }
  TemporaryFolder folder_;
};

// As JUDGE-BENCH's reader wants it (llm_metaeval/data/dataclasses.py): which keys, of which types.
void expect_judge_bench(const Json& saved) {
  EXPECT_TRUE(saved.at("dataset").is_string());
  EXPECT_TRUE(saved.at("dataset_url").is_string());
  EXPECT_THAT(saved.at("expert_annotator").as_string(), testing::AnyOf("true", "unknown", "false"));
  EXPECT_TRUE(saved.at("original_prompt").is_bool());
  for (const Json& a : saved.at("annotations").elements()) {
    EXPECT_TRUE(a.at("metric").is_string());
    EXPECT_THAT(a.at("prompt").as_string(), HasSubstr("{{ instance }}"));
    if (a.at("category").as_string() == "graded") {
      EXPECT_TRUE(a.at("worst").is_integer());
      EXPECT_TRUE(a.at("best").is_integer());
    } else {
      EXPECT_EQ(a.at("category").as_string(), "categorical");
      EXPECT_GT(a.at("labels_list").size(), 1u);
    }
  }
  for (const Json& i : saved.at("instances").elements()) {
    EXPECT_TRUE(i.at("id").is_string());
    EXPECT_TRUE(i.at("instance").is_object());
    for (const auto& [metric, given] : i.at("annotations").members()) {
      const Json& one = given.at("individual_human_scores").elements().at(0);
      EXPECT_EQ(given.at("majority_human"), one);
      if (one.is_integer()) {
        EXPECT_EQ(given.at("mean_human"), one);
      }
    }
  }
}

TEST_F(HumanBrowser, RatesByKeyboardKeepsProgressAndSavesWhatImports) {
  const HumanKey key = exported(HumanTask::ratings, 5);
  const std::string url = "file://" + page();
  {
    DrivenBrowser b(folder_);
    b.open(url);
    EXPECT_EQ(body(b, "ready"), "yes");
    b.key("Enter");
    EXPECT_THAT(b.evaluate("document.getElementById('problem').textContent").as_string(), HasSubstr("name"));
    begin(b);
    EXPECT_EQ(body(b, "rated"), "0");
    EXPECT_GT(b.evaluate("document.getElementById('clip').src.length").as_int(), 500);
    b.key("4");
    b.key("0");
    EXPECT_EQ(body(b, "rated"), "2");
    b.key("7");  // off the scale: no rating
    EXPECT_EQ(body(b, "rated"), "2");
    b.reload();
    EXPECT_EQ(body(b, "rated"), "2");
    EXPECT_EQ(body(b, "at"), "2");
    b.key("ArrowLeft");
    b.key("3");  // the 0 was a slip
    b.key("5");
    b.key("1");
    b.key("2");
    EXPECT_EQ(body(b, "rated"), "5");
    EXPECT_FALSE(b.evaluate("document.getElementById('done').hidden").as_bool());
    b.key("s");
    const Json saved = read_json_file(b.downloaded());
    expect_judge_bench(saved);
    EXPECT_EQ(saved.at("undertone").at("rater").at("kind").as_string(), "script") << "a program drives it";
    const int grades[] = {4, 3, 5, 1, 2};
    const HumanSession session = parse_human_session(read_file(b.downloaded()), "saved", key);
    for (std::size_t i = 0; i < 5; ++i) {
      const HumanKeyItem& item = key.items[static_cast<std::size_t>(key.raters[0][i].item)];
      EXPECT_EQ(session.given.at(item.id).at(key.rubric), grades[i]) << i;
    }
  }
  std::string saved;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "downloads")) saved = entry.path();
  EXPECT_EQ(import_human_page(saved, folder_ / "report", folder_ / "store", false), ExitCode::done);
  const auto records = read_human_records(folder_ / "report");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].sessions.at(0).kind, RaterKind::script);
}

TEST_F(HumanBrowser, PairsKeepTheAnswerNotTheSide) {
  const HumanKey key = exported(HumanTask::pairs, 8, 1);
  DrivenBrowser b(folder_);
  b.open("file://" + page());
  begin(b);
  for (std::size_t i = 0; i < key.raters[0].size(); ++i)
    b.key(i == 0 ? "2" : "1");  // a tie, then the left ones
  b.key("s");
  const HumanSession session = parse_human_session(read_file(b.downloaded()), "saved", key);
  std::size_t b_left = 0;
  for (std::size_t i = 0; i < key.raters[0].size(); ++i) {
    const HumanTurn& t = key.raters[0][i];
    b_left += t.swapped;
    const int said = session.given.at(key.items[static_cast<std::size_t>(t.item)].id).at("preference");
    EXPECT_EQ(said, i == 0 ? 1 : t.swapped ? 2 : 0) << i;
  }
  EXPECT_GT(b_left, 0u) << "some stand with b on the left";
  expect_judge_bench(read_json_file(b.downloaded()));
}

TEST_F(HumanBrowser, QuestionsHaveFourAnswers) {
  const HumanKey key = exported(HumanTask::qa, 2);
  DrivenBrowser b(folder_);
  b.open("file://" + page());
  begin(b);
  for (const char* k : {"y", "n", "n", "y", "n", "y", "y", "y"}) b.key(k);
  EXPECT_EQ(body(b, "rated"), "2");
  b.key("s");
  const HumanSession session = parse_human_session(read_file(b.downloaded()), "saved", key);
  const auto& first = session.given.at(key.items[static_cast<std::size_t>(key.raters[0][0].item)].id);
  EXPECT_EQ(first.at("answerable"), 0);
  EXPECT_EQ(first.at("supported"), 1);
  EXPECT_EQ(first.at("needs_voice"), 1);
  EXPECT_EQ(first.at("natural"), 0);
}

// Where the browser says of no program, a person's keys make a person's file; one made-up event makes a
// script's of it, for good.
TEST_F(HumanBrowser, AnEventThatNobodyMadeMarksAScript) {
  exported(HumanTask::ratings, 3);
  DrivenBrowser b(folder_, {"--disable-blink-features=AutomationControlled"});
  b.open("file://" + page());
  begin(b);
  b.key("4");
  EXPECT_EQ(body(b, "kind"), "human");
  b.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: '5', bubbles: true}))");
  EXPECT_EQ(body(b, "kind"), "script");
  b.reload();
  EXPECT_EQ(body(b, "kind"), "script");
}

}  // namespace
}  // namespace undertone::test
