// The page in a real browser: rows equal the ledger's, audio plays, plots are drawn, nothing is logged and
// nothing is fetched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/core/files.h"
#include "tests/support/browser.h"
#include "tests/support/devtools.h"
#include "tests/support/report_sample.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using test::BrowsedPage;
using test::browser;
using test::network_urls;
using test::open_page;
using test::played;

TEST(HtmlPage, InABrowserHoldsEveryRowAndPlaysAudio) {
  UNDERTONE_NEED(browser(), "no chromium here: install the Debian package chromium");
  const test::TemporaryFolder folder;
  const ReportData report = test::experiment_report(folder.path(), 12, 2);
  HtmlOptions options;
  options.assets_folder = test::source_path("reports/assets");
  options.max_audio_clips = 3;
  const std::string html = report_html(report, options);
  write_file_atomically(folder / "report.html", html);
  const BrowsedPage page = open_page(folder / "report.html", folder, "#all");
  ASSERT_NE(page.dom.find("<body"), std::string::npos) << page.log;
  const auto answers = std::to_string(report.ledger_answers),
             verdicts = std::to_string(report.ledger_verdicts);
  EXPECT_EQ(page.attribute("data-answers"), answers);
  EXPECT_EQ(page.attribute("data-held-answers"), answers);
  EXPECT_EQ(page.attribute("data-held-verdicts"), verdicts);
  EXPECT_EQ(std::to_string(page.count("<tr data-answer=")), answers);
  EXPECT_EQ(std::to_string(page.count("<td data-verdict=")), verdicts);
  EXPECT_EQ(page.count("<article class=\"item\""), report.items.size());
  EXPECT_EQ(page.attribute("data-ready"), "yes") << page.log;
  EXPECT_EQ(page.count("<audio"), 6u);  // three clips, two questions each
  EXPECT_EQ(page.attribute("data-audio-error"), "(none)");
  EXPECT_EQ(played(folder / "report.html", folder), "yes");
  EXPECT_EQ(page.log.find("CONSOLE"), std::string::npos) << page.log;
  ASSERT_NE(page.net.find("\"constants\""), std::string::npos) << "no net log";
  EXPECT_THAT(network_urls(page.net), testing::IsEmpty());
  EXPECT_NE(page.dom.find("data-marks=\"17\""),
            std::string::npos);  // five arms x 3 conditions + two controls
}

// The check above can fail: a page that does ask a network is seen to.
TEST(HtmlPage, APageThatAsksANetworkIsSeenTo) {
  UNDERTONE_NEED(browser(), "no chromium here: install the Debian package chromium");
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "asks.html",
                        "<!doctype html><body><div id=\"list\"></div><img src=\"http://127.0.0.1:9/pixel\">");
  EXPECT_THAT(network_urls(open_page(folder / "asks.html", folder, "").net),
              testing::Contains("http://127.0.0.1:9/pixel"));
}

TEST(HtmlPage, MarkupInAnswersStaysText) {
  UNDERTONE_NEED(browser(), "no chromium here: install the Debian package chromium");
  const test::TemporaryFolder folder;
  HtmlOptions options;
  options.assets_folder = test::source_path("reports/assets");
  write_file_atomically(folder / "report.html", report_html(test::small_report(), options));
  const BrowsedPage page = open_page(folder / "report.html", folder, "");
  EXPECT_EQ(page.attribute("data-ready"), "yes") << page.log;
  EXPECT_EQ(page.count("&lt;/script&gt;&lt;b&gt;she was sad&lt;/b&gt;"), 1u);
  EXPECT_EQ(page.log.find("CONSOLE"), std::string::npos) << page.log;
}

TEST(HtmlPage, LooksWrittenOutForAPerson) {
  // Not a check: writes a page to look at where UNDERTONE_PAGE names a file.
  const char* path = std::getenv("UNDERTONE_PAGE");
  if (!path) GTEST_SKIP() << "set UNDERTONE_PAGE to a file to get a page to look at";
  const test::TemporaryFolder folder;
  HtmlOptions options;
  options.assets_folder = test::source_path("reports/assets");
  write_file_atomically(path, report_html(test::experiment_report(folder.path(), 120, 3), options));
}

}  // namespace
}  // namespace undertone
