#include "reports/terminal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace undertone {
namespace {

Table sample() {
  Table t{"t",
          "Title",
          "A caption of several words.",
          "system",
          {"first", "second", "third"},
          {{"", {}}, {"Group", {}}}};
  t.groups[0].rows.push_back({"S10", "", {text_cell("1"), text_cell("2"), text_cell("–")}});
  t.groups[1].rows.push_back({"S30", "detail", {text_cell("1.5"), text_cell("näher"), text_cell("3")}});
  return t;
}

TEST(TerminalTable, AnyWidthIsOneBlock) {
  EXPECT_EQ(table_terminal(sample(), 0),
            "\nTitle\nA caption of several words.\n"
            "system       first  second  third\n"
            "-----------  -----  ------  -----\n"
            "S10              1       2      –\n"
            "Group:\n"
            "S30, detail    1.5   näher      3\n");
}

TEST(TerminalTable, AWideOneIsCutIntoBlocksThatFit) {
  const std::string text = table_terminal(sample(), 27);
  EXPECT_EQ(text,
            "\nTitle\nA caption of several words.\n"
            "system       first  second\n"
            "-----------  -----  ------\n"
            "S10              1       2\n"
            "Group:\n"
            "S30, detail    1.5   näher\n"
            "\n"
            "system       third\n"
            "-----------  -----\n"
            "S10              –\n"
            "Group:\n"
            "S30, detail      3\n");
  // Narrower than a column: a block for each, and the caption is broken between words.
  std::istringstream lines(table_terminal(sample(), 12));
  int heads = 0, of_caption = 0;
  for (std::string line; std::getline(lines, line);) {
    heads += line.starts_with("system");
    of_caption += line == "A caption of" || line == "several" || line == "words.";
  }
  EXPECT_EQ(heads, 3);
  EXPECT_EQ(of_caption, 3) << "as 'several words.' is 14 characters";
}

}  // namespace
}  // namespace undertone
