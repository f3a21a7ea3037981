// The order of judges and the letters of those that are not told apart, on comparisons that are given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/datasheet.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Datasheet sheet(const std::vector<std::pair<std::string, double>>& judges) {
  Datasheet s;
  s.name = "toy";
  s.humans = 3;
  const auto add = [&](const std::string& name, RaterKind kind, std::optional<double> spearman) {
    DatasheetRow& row = s.rows.emplace_back();
    row.rater = name;
    row.kind = kind;
    row.humans.spearman.value = spearman;
  };
  add("ann", RaterKind::human, 0.9);
  for (const auto& [name, value] : judges) add(name, RaterKind::judge, value);
  add("unscored", RaterKind::judge, std::nullopt);
  add("floor: longest", RaterKind::trivial, 0.95);
  return s;
}
void compare(Datasheet& s, const std::string& first, const std::string& second, std::optional<double> p) {
  RaterPair& pair = s.pairs.emplace_back();
  pair.first = first;
  pair.second = second;
  pair.p_both = p;
}

TEST(JudgeBoard, LettersJoinWhatIsNotToldApart) {
  Datasheet s = sheet({{"low", 0.2}, {"high", 0.8}, {"middle", 0.5}});
  compare(s, "low", "high", 0.001);
  compare(s, "low", "middle", 0.4);
  compare(s, "high", "middle", 0.3);
  const std::vector<BoardRow> board = judge_board(s, 0.05);
  ASSERT_THAT(board, SizeIs(3)) << "no humans, no floors, nobody without a correlation";
  EXPECT_EQ(board[0].row->rater, "high");
  EXPECT_EQ(board[0].groups, "a");
  EXPECT_EQ(board[1].groups, "ab") << "not told from either";
  EXPECT_EQ(board[2].groups, "b");
  EXPECT_EQ(board[0].better, 0);
  EXPECT_EQ(board[2].better, 1);
}

TEST(JudgeBoard, AllApartAndNoneApart) {
  Datasheet s = sheet({{"x", 0.8}, {"y", 0.5}, {"z", 0.1}});
  EXPECT_EQ(judge_board(s, 0.05)[2].groups, "a") << "without a test nobody is told apart";
  compare(s, "x", "y", 0.001);
  compare(s, "x", "z", 0.001);
  compare(s, "y", "z", 0.001);
  const std::vector<BoardRow> board = judge_board(s, 0.05);
  EXPECT_EQ(board[0].groups + board[1].groups + board[2].groups, "abc");
  EXPECT_EQ(board[2].better, 2);
}

TEST(JudgeBoard, PIsAdjustedForAllPairs) {
  Datasheet s = sheet({{"x", 0.8}, {"y", 0.5}, {"z", 0.1}});
  compare(s, "x", "y", 0.9);
  compare(s, "x", "z", 0.02);  // Holm: 0.06
  compare(s, "y", "z", 0.9);
  EXPECT_EQ(judge_board(s, 0.05)[2].groups, "a");
  s.pairs[1].p_both = 0.016;  // Holm: 0.048
  EXPECT_EQ(judge_board(s, 0.05)[2].groups, "b");
}

TEST(JudgeBoard, NoHumansNoBoard) {
  Datasheet s = sheet({{"x", 0.8}});
  EXPECT_THAT(board_table(s).groups, SizeIs(1));
  EXPECT_THAT(board_table(s).title, HasSubstr("Leaderboard"));
  s.humans = 0;
  EXPECT_THAT(judge_board(s, 0.05), IsEmpty());
  EXPECT_TRUE(board_table(s).empty());
}

}  // namespace
}  // namespace undertone
