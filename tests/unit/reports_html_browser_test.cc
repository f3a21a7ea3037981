// The page in a real browser: rows equal the ledger's, audio plays, plots are drawn, nothing is logged and
// nothing is fetched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

#include "harness/core/files.h"
#include "tests/support/report_sample.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

std::optional<std::string> browser() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
    if (std::system((std::string("command -v ") + name + " >/dev/null 2>&1").c_str()) == 0) return name;
  return std::nullopt;
}

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 65536> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    out.append(buffer.data(), n);
  ::pclose(pipe);
  return out;
}

std::string member(const std::string& line, const std::string& name) {
  const std::string mark = "\"" + name + "\":\"";
  const std::size_t at = line.find(mark);
  if (at == std::string::npos) return "";
  return line.substr(at + mark.size(), line.find('"', at + mark.size()) - at - mark.size());
}

// What a page asked of a network, by the browser's net log (one event a line): every request but of files and
// of what the page holds itself. The browser's own requests (updates, the clock) have no origin.
std::set<std::string> network_urls(const std::string& net) {
  std::set<std::string> urls;
  std::istringstream lines(net);
  for (std::string line; std::getline(lines, line);) {
    const std::string initiator = member(line, "initiator"), url = member(line, "url");
    if (initiator.empty() || initiator == "not an origin" || url.empty()) continue;
    if (!url.starts_with("file:") && !url.starts_with("data:") && !url.starts_with("blob:")) urls.insert(url);
  }
  return urls;
}

struct Page {
  std::string dom, log, net;
  std::string attribute(const std::string& name) const {
    std::smatch m;
    const std::string head = dom.substr(dom.find("<body"), 2000);
    return std::regex_search(head, m, std::regex(name + "=\"([^\"]*)\"")) ? m[1].str() : "(none)";
  }
  std::size_t count(const std::string& what) const {
    const std::string list = dom.substr(dom.find("<div id=\"list\""));
    std::size_t n = 0;
    for (std::size_t at = 0; (at = list.find(what, at)) != std::string::npos; at += what.size()) ++n;
    return n;
  }
};

Page open_page(const std::string& path, const test::TemporaryFolder& folder, const std::string& hash) {
  const std::string log = folder / "log", net = folder / "net.json";
  const std::string command =
      "timeout 120 " + *browser() + " --headless --log-net-log=" + net +
      " --net-log-capture-mode=Everything --no-sandbox --disable-gpu --enable-logging=stderr --v=0 "
      "--user-data-dir=" +
      (folder / "profile") +
      " --autoplay-policy=no-user-gesture-required --disable-background-networking --disable-component-update"
      " --disable-sync --no-first-run --no-default-browser-check --timeout=8000 --dump-dom 'file://" +
      path + hash + "' 2>" + log;
  Page page{output_of(command), "", ""};
  page.log = read_file(log);
  page.net = read_file(net);
  return page;
}

TEST(HtmlPage, InABrowserHoldsEveryRowAndPlaysAudio) {
  UNDERTONE_NEED(browser(), "no chromium here: install the Debian package chromium");
  const test::TemporaryFolder folder;
  const ReportData report = test::experiment_report(folder.path(), 12, 2);
  HtmlOptions options;
  options.assets_folder = test::source_path("reports/assets");
  options.max_audio_clips = 3;
  const std::string html = report_html(report, options);
  write_file_atomically(folder / "report.html", html);
  const Page page = open_page(folder / "report.html", folder, "#all");
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
  EXPECT_EQ(page.attribute("data-canplay"), "6") << page.log;
  EXPECT_EQ(page.attribute("data-audio-error"), "(none)");
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
  const Page page = open_page(folder / "report.html", folder, "");
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
