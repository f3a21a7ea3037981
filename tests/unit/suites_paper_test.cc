// A paper's tables as data: what ships is sound, and what is wrong is named with its place.
#include "suites/paper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kShipped = test::source_path("suites/paper/2508.07273.json");

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  if (at == std::string::npos) throw Error(ErrorKind::internal, "the file does not hold " + what);
  return text.replace(at, what.size(), by);
}

// Of the shipped file with one place changed.
std::vector<std::string> problems_with(const std::string& what, const std::string& by) {
  test::TemporaryFolder folder;
  write_file_atomically(folder / "paper.json", replaced(read_file(kShipped), what, by));
  std::vector<std::string> out;
  for (const Problem& p : read_paper(folder / "paper.json").problems) out.push_back(p.str());
  return out;
}

TEST(Paper, WhatShipsIsSound) {
  const auto files = shipped_papers(test::source_path("suites"));
  ASSERT_EQ(files.size(), 4u);
  for (const std::string& file : files) {
    const PaperRead read = read_paper(file);
    for (const Problem& p : read.problems) ADD_FAILURE() << p.str();
    EXPECT_FALSE(read.paper.cells.empty()) << file;
    EXPECT_FALSE(read.paper.claims.empty()) << file;
  }
}

TEST(Paper, KeepsWhatWasPrinted) {
  const PaperSpec paper = read_paper(kShipped).paper;
  EXPECT_EQ(paper.cells.size(), 12u);
  const PaperCell& c = paper.cell("S10 all");
  EXPECT_EQ(c.printed.text, "41.0");
  EXPECT_DOUBLE_EQ(c.printed.value, 41);
  EXPECT_NEAR(c.printed.rounding, 0.05, 1e-12);
  EXPECT_EQ(paper.system("S32").condition, "predicted");
  EXPECT_DOUBLE_EQ(paper.margin, 1.5);
}

TEST(Paper, NumbersAsTheyArePrinted) {
  EXPECT_NEAR(printed_number("-0.710")->rounding, 0.0005, 1e-15);
  EXPECT_DOUBLE_EQ(printed_number("+5")->rounding, 0.5);
  for (const char* no : {"", "-", "4.", ".5", "1e3", "4,5", "--1", "nan", "0x10", "1.2.3"})
    EXPECT_FALSE(printed_number(no)) << no;
}

TEST(Paper, TheHashIsOfTheMargins) {
  test::TemporaryFolder folder;
  write_file_atomically(folder / "paper.json",
                        replaced(read_file(kShipped), "\"margin\": 1.5", "\"margin\": 1.6"));
  const PaperRead other = read_paper(folder / "paper.json");
  EXPECT_TRUE(other.problems.empty());
  EXPECT_EQ(other.paper.digest.size(), 64u);
  EXPECT_NE(other.paper.digest, read_paper(kShipped).paper.digest);
}

TEST(Paper, UnknownKeysAndRangesAreNamedWithTheirPlace) {
  EXPECT_THAT(problems_with("\"margin\": 1.5", "\"margn\": 1.5"),
              testing::ElementsAre(AllOf(HasSubstr("paper.json:9:"), HasSubstr("unknown key \"margn\""),
                                         HasSubstr("did you mean 'margin'"))));
  EXPECT_THAT(problems_with("\"margin\": 1.5", "\"margin\": -1"),
              testing::ElementsAre(HasSubstr("out of range")));
  EXPECT_THAT(problems_with("\"printed\": \"41.0\"", "\"printed\": 41.0"),
              testing::Contains(AllOf(HasSubstr("/cells/S10 all/printed"), HasSubstr("expected a string"))));
  EXPECT_THAT(problems_with("\"printed\": \"41.0\"", "\"printed\": \"41 %\""),
              testing::Contains(HasSubstr("no number as it is printed")));
}

TEST(Paper, ReferencesMustBeKnown) {
  EXPECT_THAT(
      problems_with("\"system\": \"S10\", \"set\": \"human\"", "\"system\": \"S11\", \"set\": \"human\""),
      testing::Contains(AllOf(HasSubstr("/cells/S10 all/system"), HasSubstr("there is no \"S11\""))));
  EXPECT_THAT(problems_with("\"cells\": [\"S30 all\", \"S10 all\"]", "\"cells\": [\"S30 all\", \"S10 al\"]"),
              testing::Contains(AllOf(HasSubstr("S10 al"), HasSubstr("did you mean 'S10 all'"))));
}

// The paper's arithmetic is checked against its own cells, within what rounding allows.
TEST(Paper, ClaimsMustFollowFromTheirCells) {
  EXPECT_THAT(
      problems_with("\"printed\": \"38.41\"", "\"printed\": \"39.41\""),
      testing::ElementsAre(AllOf(HasSubstr("/claims/implicit gain/printed"), HasSubstr("does not follow"))));
  EXPECT_THAT(problems_with("\"kind\": \"lower\"", "\"kind\": \"higher\""),
              testing::ElementsAre(HasSubstr("45.7 is not higher than 50.76")));
  EXPECT_THAT(problems_with("[\"S10 all\", \"S20 all\", \"S30 all\", \"S32 all\"]",
                            "[\"S20 all\", \"S10 all\", \"S30 all\", \"S32 all\"]"),
              testing::ElementsAre(HasSubstr("does not stand above")));
}

TEST(Paper, IsFoundByNameOrPath) {
  const std::string suites = test::source_path("suites");
  EXPECT_EQ(find_paper("2508.07273", suites), suites + "/paper/2508.07273.json");
  EXPECT_EQ(find_paper(kShipped, suites), kShipped);
  try {
    find_paper("2508.07237", suites);
    FAIL() << "there is no such paper";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::usage);
    EXPECT_THAT(e.what(), AllOf(HasSubstr("did you mean '2508.07273'"), HasSubstr("2505.13338")));
  }
}

}  // namespace
}  // namespace undertone
