// What the writers write, to the byte. UNDERTONE_REGENERATE=1 writes the files anew: read the difference
// before you commit it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "harness/core/files.h"
#include "reports/latex.h"
#include "tests/support/report_sample.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = test::source_path("tests/golden/reports/" + name);
  if (const char* regenerate = std::getenv("UNDERTONE_REGENERATE");
      regenerate && std::string(regenerate) == "1") {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    write_file_atomically(path, text);
  }
  ASSERT_TRUE(std::filesystem::exists(path))
      << path << " is missing: run this test with UNDERTONE_REGENERATE=1";
  EXPECT_EQ(text, read_file(path)) << "differs from " << path;
}

TEST(ReportGolden, Json) { expect_golden("sample.json", report_json(test::small_report())); }
TEST(ReportGolden, Markdown) { expect_golden("sample.md", report_markdown(test::small_report())); }
TEST(ReportGolden, Latex) { expect_golden("sample.tex", report_latex(test::small_report())); }

}  // namespace
}  // namespace undertone
