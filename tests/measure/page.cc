// How large report.html is and how soon headless Chromium shows it: one report of a synthetic experiment,
// opened from disk.
//
//     page_measure [--items 5000] [--runs 5] > reports/results/page.json
//
// Times are the page's own (Paint Timing, Navigation Timing), in milliseconds from the start of its loading:
// the first paint with content, the end of loading, and `ready`, when every script has run. Audio is left
// out. Besides: how long the program takes to write the page, what the page logged, and what it asked of a
// network.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "harness/core/files.h"
#include "tests/support/browser.h"
#include "tests/support/devtools.h"
#include "tests/support/report_sample.h"

namespace {
using undertone::Json;

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

Json spread(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return Json::object({{"least", all.front()}, {"median", all[all.size() / 2]}, {"most", all.back()}});
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return n;
}

Json measure(int items, int runs) {
  using namespace undertone;
  const test::TemporaryFolder folder;
  ReportData report = test::experiment_report(folder.path(), items / 2, 1);
  HtmlOptions options;
  options.assets_folder = test::source_path("reports/assets");
  options.max_audio_clips = 0;
  const auto start = std::chrono::steady_clock::now();
  const std::string html = report_html(report, options);
  const double written = milliseconds_since(start);
  const std::string path = folder / "report.html", url = "file://" + path;
  write_file_atomically(path, html);

  std::vector<double> paint, loaded, ready;
  for (int run = 0; run < runs; ++run) {
    const test::TemporaryFolder profile;
    test::DrivenBrowser page(profile);
    page.open(url);
    if (!page.becomes("document.body.dataset.ready === 'yes'"))
      throw std::runtime_error("the page is never ready");
    ready.push_back(page.evaluate("performance.now()").as_double());
    paint.push_back(
        page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime").as_double());
    loaded.push_back(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd").as_double());
  }
  const test::BrowsedPage seen = test::open_page(path, folder, "");
  Json urls = Json::array();
  for (const std::string& asked : test::network_urls(seen.net)) urls.push_back(asked);
  return Json::object({{"items", static_cast<std::int64_t>(report.items.size())},
                       {"answers", report.ledger_answers},
                       {"verdicts", report.ledger_verdicts},
                       {"bytes", static_cast<std::int64_t>(html.size())},
                       {"write_ms", written},
                       {"first_contentful_paint_ms", spread(paint)},
                       {"load_ms", spread(loaded)},
                       {"ready_at_most_ms", spread(ready)},
                       {"runs", runs},
                       {"console_messages", static_cast<std::int64_t>(occurrences(seen.log, "CONSOLE"))},
                       {"network_requests", std::move(urls)},
                       {"processor", cpu_name()},
                       {"threads", static_cast<std::int64_t>(std::thread::hardware_concurrency())}});
}

}  // namespace

int main(int argc, char** argv) {
  int items = 5000, runs = 5;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    (flag == "--runs" ? runs : items) = std::atoi(argv[i + 1]);
    if ((flag != "--runs" && flag != "--items") || items < 2 || runs < 1) {
      fmt::print(stderr, "page_measure [--items N] [--runs N]: N is a number above 0, not '{}' for {}\n",
                 argv[i + 1], flag);
      return 2;
    }
  }
  if (!undertone::test::browser()) {
    fmt::print(stderr, "page_measure: no chromium here: install the Debian package chromium\n");
    return 1;
  }
  try {
    fmt::print("{}\n", measure(items, runs).dump(2));
  } catch (const std::exception& e) {
    fmt::print(stderr, "page_measure: {}\n", e.what());
    return 1;
  }
  return 0;
}
