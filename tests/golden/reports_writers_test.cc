// What the writers write, to the byte. UNDERTONE_REGENERATE=1 writes the files anew: read the difference
// before you commit it.
#include <gtest/gtest.h>

#include "reports/latex.h"
#include "tests/support/expect_golden.h"
#include "tests/support/report_sample.h"

namespace undertone {
namespace {

using test::expect_golden;

TEST(ReportGolden, Json) { expect_golden("reports/sample.json", report_json(test::small_report())); }
TEST(ReportGolden, Markdown) { expect_golden("reports/sample.md", report_markdown(test::small_report())); }
TEST(ReportGolden, Latex) { expect_golden("reports/sample.tex", report_latex(test::small_report())); }

}  // namespace
}  // namespace undertone
