// What a comparison with a paper looks like, to the byte. UNDERTONE_REGENERATE=1 writes the files anew: read
// the difference before you commit it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/files.h"
#include "tests/support/expect_golden.h"
#include "tests/support/planted_paper_run.h"
#include "tests/support/program.h"

namespace undertone {
namespace {

using test::expect_golden;
using testing::HasSubstr;

PaperComparison small() {
  PaperComparison found = compare_with_paper(test::shipped_paper(), test::small_run());
  found.digest = std::string(64, '0');  // margins and comments may change without the form doing so
  return found;
}
PaperComparison large() {
  PaperComparison found = compare_with_paper(test::shipped_paper(), test::paper_sized_run());
  found.digest = std::string(64, '0');
  return found;
}

TEST(ReproduceGolden, Terminal) { expect_golden("reproduce/small.txt", paper_text(small())); }
TEST(ReproduceGolden, Markdown) { expect_golden("reproduce/small.md", paper_markdown(small())); }
TEST(ReproduceGolden, Json) { expect_golden("reproduce/small.json", paper_json(small())); }
TEST(ReproduceGolden, Latex) { expect_golden("reproduce/small.tex", paper_latex(small())); }
TEST(ReproduceGolden, PaperSized) { expect_golden("reproduce/paper.txt", paper_text(large())); }

TEST(ReproduceHtml, IsOneFileWithTheVerdicts) {
  const std::string html =
      paper_html(small(), "undertone reproduce small", {test::source_path("reports/assets"), 0});
  for (const char* part :
       {"id=\"claims\"", "id=\"cells\"", "NOT COMPARABLE", "default-src 'none'", "undertone reproduce small"})
    EXPECT_THAT(html, HasSubstr(part));
  EXPECT_EQ(html.find("src=\"http"), std::string::npos);
}

TEST(ReproduceLatex, Compiles) {
  const bool there =
      test::run_program({"sh", "-c", "command -v pdflatex && kpsewhich booktabs.sty"}).code == 0;
  if (!there) GTEST_SKIP() << "pdflatex with booktabs is not installed (Debian: texlive-latex-recommended)";
  test::TemporaryFolder folder;
  for (const PaperComparison& found : {small(), large()}) {
    write_file_atomically(folder / "table.tex",
                          "\\documentclass{article}\n\\usepackage{booktabs,graphicx}\n\\begin{document}\n" +
                              paper_latex(found) + "\\end{document}\n");
    test::ProgramOptions options;
    options.folder = folder.path();
    const auto e =
        test::run_program({"pdflatex", "-halt-on-error", "-interaction=nonstopmode", "table.tex"}, options);
    EXPECT_EQ(e.code, 0) << e.str();
    EXPECT_EQ(e.out.find("Overfull"), std::string::npos) << "wider than the page: " << e.str();
  }
}

}  // namespace
}  // namespace undertone
