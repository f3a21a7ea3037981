// Reading files of scores: what is understood, and what is said about what is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "harness/core/error.h"
#include "metrics/analysis/scores.h"
#include "tests/support/test_data.h"

namespace undertone::analysis {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TextTable csv(const std::string& text) { return parse_table(text, "s.csv", TableFormat::csv); }
TextTable jsonl(const std::string& text) { return parse_table(text, "s.jsonl", TableFormat::jsonl); }

std::vector<std::string> column(const TextTable& t, std::size_t c) {
  std::vector<std::string> out;
  for (const auto r : t.columns[c].row) out.push_back(t.columns[c].texts[r]);
  return out;
}

// An error with this place whose text says this, and a mend.
template <class F>
void expect_error(const F& f, const std::string& place, const std::string& says,
                  ErrorKind kind = ErrorKind::data) {
  try {
    f();
    ADD_FAILURE() << "nothing was thrown; wanted '" << says << "'";
  } catch (const Error& e) {
    EXPECT_EQ(e.place(), place) << e.what();
    EXPECT_THAT(e.what_happened(), HasSubstr(says));
    EXPECT_NE(e.mend(), "") << e.what();
    EXPECT_EQ(e.kind(), kind);
  }
}

TEST(CsvTable, QuotesLineBreaksAndSeparators) {
  const TextTable t = csv("a,b\n\"x, \"\"y\"\"\",1\n\"two\nlines\",2\n\n z ,3\n");
  EXPECT_THAT(column(t, 0), ElementsAre("x, \"y\"", "two\nlines", "z"));
  EXPECT_THAT(column(t, 1), ElementsAre("1", "2", "3"));
  EXPECT_THAT(t.line, ElementsAre(2u, 3u, 6u));
  EXPECT_EQ(t.place(2), "s.csv:6");
  EXPECT_THAT(column(csv("\xef\xbb\xbf"
                         "a;b\r\n1;2\r\n3;\r\n"),
                     1),
              ElementsAre("2", ""));
  EXPECT_EQ(csv("\xef\xbb\xbf"
                "a;b\r\n1;2")
                .columns[0]
                .name,
            "a");
  EXPECT_THAT(column(csv("a\tb\n1\t2,5\n"), 1), ElementsAre("2,5"));
}

TEST(CsvTable, EqualTextsAreKeptOnce) {
  const TextTable t = csv("a\nx\ny\nx\n");
  EXPECT_THAT(t.columns[0].texts, ElementsAre("", "x", "y"));
  EXPECT_THAT(t.columns[0].row, ElementsAre(1u, 2u, 1u));
  EXPECT_THAT(t.columns[0].first_line, ElementsAre(0u, 2u, 3u));
}

TEST(CsvTable, BrokenLinesAreNamed) {
  expect_error([] { csv("a,b\n1,2\n3\n"); }, "s.csv:3", "1 field, the header names 2");
  expect_error([] { csv("a,b\n1,2,3\n"); }, "s.csv:2", "3 fields");
  expect_error([] { csv("a,b\n1,\"2\n3,4\n"); }, "s.csv:2", "double quote");
  expect_error([] { csv("a,b\n1,x\"y\"\n"); }, "s.csv:2", "double quote");
  expect_error([] { csv("a,a\n1,2\n"); }, "s.csv:1", "'a' twice");
  expect_error([] { csv("a,b\n1,\xe9\n"); }, "s.csv:2", "not UTF-8");
  expect_error([] { csv(""); }, "s.csv", "no row");
  expect_error([] { csv("a,b\n"); }, "s.csv", "no row");
}

TEST(JsonLinesTable, MembersBecomeColumns) {
  const TextTable t =
      jsonl("{\"a\": 1, \"m\": {\"n\": 2.5}, \"l\": [1]}\n\n{\"a\": \"x\", \"late\": true, \"m\": null}\n");
  ASSERT_EQ(t.columns.size(), 3u);
  EXPECT_EQ(t.columns[1].name, "m.n");
  EXPECT_THAT(column(t, 0), ElementsAre("1", "x"));
  EXPECT_THAT(column(t, 1), ElementsAre("2.5", ""));
  EXPECT_THAT(column(t, 2), ElementsAre("", "true"));
  EXPECT_THAT(t.line, ElementsAre(1u, 3u));
}

TEST(JsonLinesTable, BrokenLinesAreNamed) {
  expect_error([] { jsonl("{\"a\": 1}\n{\"a\": }\n"); }, "s.jsonl:2", "no JSON");
  expect_error([] { jsonl("{\"a\": 1}\n[1]\n"); }, "s.jsonl:2", "not an object");
  expect_error([] { jsonl("{\"a\": NaN}\n"); }, "s.jsonl:1", "no JSON");
  expect_error([] { jsonl("{\"a\": 1, \"a\": 2}\n"); }, "s.jsonl:1", "no JSON");
}

TEST(ReadTable, FormatsByNameAndByFirstByte) {
  const test::TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  };
  EXPECT_EQ(read_table(write("x.csv", "a\n1\n")).columns[0].name, "a");
  EXPECT_EQ(read_table(write("x.jsonl", "{\"b\": 1}\n")).columns[0].name, "b");
  EXPECT_EQ(read_table(write("noname", "{\"b\": 1}\n")).columns[0].name, "b");
  expect_error([&] { read_table(write("x.csv", "PAR1....")); }, folder / "x.csv", "Parquet");
  expect_error([&] { read_table(write("x.parquet", "a,b\n")); }, folder / "x.parquet", "Parquet");
  expect_error([&] { read_table(write("x.xlsx", "PK\x03\x04")); }, folder / "x.xlsx", "spreadsheet");
  expect_error([&] { read_table(write("x.csv", "\x1f\x8b.")); }, folder / "x.csv", "compressed");
}

TEST(Columns, ByNameAndAsSaid) {
  const TextTable t =
      csv("Model Name,prompt_id,Judge-Score,human_rating,tokens,comment\nA,q1,3,4,12,fine\nB,q1,2,,9,bad\n");
  Columns c = understand(t, {});
  EXPECT_EQ(c.find(Role::system), 0u);
  EXPECT_EQ(c.find(Role::item), 1u);
  EXPECT_EQ(c.find(Role::score), 2u);
  EXPECT_EQ(c.find(Role::human), 3u);
  EXPECT_THAT(c.covariates, ElementsAre(4u));
  EXPECT_THAT(c.left_out, ElementsAre(HasSubstr("comment")));
  c = understand(t, {{Role::human, "none"}, {Role::score, "tokens"}});
  EXPECT_FALSE(c.find(Role::human));
  EXPECT_EQ(c.find(Role::score), 4u);
  EXPECT_EQ(c.how.at(Role::score), "as said");
  expect_error(
      [&] {
        understand(t, {{Role::score, "token"}});
      },
      "s.csv", "did you mean 'tokens'", ErrorKind::usage);
  expect_error(
      [&] {
        understand(t, {{Role::score, "tokens"}, {Role::human, "tokens"}});
      },
      "s.csv", "both", ErrorKind::usage);
  expect_error([&] { understand(csv("a,b\n1,2\n"), {}); }, "s.csv", "no column holds scores");
}

TEST(Columns, PromptIsWhatIsComparedWhereItemsHaveAColumn) {
  EXPECT_EQ(understand(csv("prompt,item,score\na,b,1\n"), {}).find(Role::system), 0u);
  EXPECT_EQ(understand(csv("model,prompt,score\na,b,1\n"), {}).find(Role::item), 1u);
}

TEST(Columns, Numbers) {
  EXPECT_EQ(number_of("-2.5e1"), -25);
  EXPECT_EQ(number_of("+3"), 3);
  EXPECT_EQ(number_of("Pass"), 1);
  EXPECT_EQ(number_of("FALSE"), 0);
  EXPECT_FALSE(number_of("4 of 5"));
  EXPECT_FALSE(number_of("0x10"));
  EXPECT_TRUE(is_missing("NA"));
  EXPECT_TRUE(is_missing("None"));
  EXPECT_FALSE(is_missing("nan"));  // a number that is none: an error, not a missing score
}

Scores scores(const std::string& text, const ScoreOptions& options = {},
              const std::map<Role, std::string>& said = {}) {
  const TextTable t = csv(text);
  return read_scores(t, understand(t, said), options);
}

TEST(ReadScores, BadInputNamesItsLine) {
  expect_error([] { scores("system,item,score\nA,q1,3\nA,q2,NaN\n"); }, "s.csv:3", "not finite");
  expect_error([] { scores("system,item,score\nA,q1,inf\n"); }, "s.csv:2", "not finite");
  expect_error([] { scores("system,item,score\nA,q1,1e999\n"); }, "s.csv:2", "not finite");
  expect_error([] { scores("system,item,score\nA,q1,good\n"); }, "s.csv:2", "no number");
  expect_error([] { scores("system,item,score,human\nA,q1,3,x\n"); }, "s.csv:2", "the human 'x'");
  expect_error([] { scores("system,item,score\nA,q1,\n"); }, "s.csv", "no row has a score");
  expect_error([] { scores("system,item,score\nA,q1,3\n,q2,3\n"); }, "s.csv:3",
               "the system (column 'system') is empty");
  expect_error([] { scores("system,item,score\nA,q1,3\nA,q1,4\n"); }, "s.csv:3", "twice; before at line 2");
  expect_error([] { scores("system,item,score,weight\nA,q1,3,0\nA,q2,3,0\nB,q1,1,1\n"); }, "s.csv",
               "'A' sum to zero");
  expect_error([] { scores("system,item,score,weight\nA,q1,3,-1\n"); }, "s.csv:2", "below zero");
  expect_error([] { scores("system,item,score,human,inclusion\nA,q1,3,4,0\n"); }, "s.csv:2", "inclusion");
  expect_error(
      [] {
        scores("system,item,score\nA,q1,6\n", {Scale{0, 5, false}, "", false});
      },
      "s.csv:2", "outside the scale");
  expect_error(
      [] {
        scores("system,item,score\nA,q1,3\n", {std::nullopt, "speaker", false});
      },
      "s.csv", "--unit speaker", ErrorKind::usage);
}

TEST(ReadScores, RowsInAnyOrderGiveTheSame) {
  const Scores a = scores("system,item,seed,score\nA,q10,1,3\nA,q9,2,4\nB,q9,1,5\n");
  const Scores b = scores("system,item,seed,score\nB,q9,1,5\nA,q9,2,4\nA,q10,1,3\n");
  ASSERT_EQ(a.rows.size(), b.rows.size());
  for (std::size_t i = 0; i < a.rows.size(); ++i) {
    EXPECT_EQ(a.rows[i].system, b.rows[i].system);
    EXPECT_EQ(a.rows[i].item, b.rows[i].item);
    EXPECT_EQ(a.rows[i].score, b.rows[i].score);
  }
  EXPECT_EQ(a.items, b.items);
}

TEST(ReadScores, UnitsAndNesting) {
  const std::string text =
      "system,speaker,clip,item,score\nA,s1,c1,1,1\nA,s1,c2,1,2\nA,s2,c1,1,3\nA,s2,c1,2,4\n";
  const Scores s = scores(text);
  EXPECT_EQ(s.unit, "speaker");
  EXPECT_EQ(s.units, 2u);
  EXPECT_EQ(s.clips, 3u);         // c1 of two speakers are two clips
  EXPECT_EQ(s.items.size(), 4u);  // and item 1 of three clips three items
  EXPECT_EQ(scores(text, {std::nullopt, "clip", false}).units, 3u);
  EXPECT_EQ(scores(text, {std::nullopt, "item", false}).units, 4u);
}

TEST(ReadScores, RepeatsAreRunsWhenSaid) {
  const Scores s = scores("system,item,score\nA,q1,3\nA,q2,1\nA,q1,4\n", {std::nullopt, "", true});
  EXPECT_THAT(s.seeds, ElementsAre("1", "2"));
  EXPECT_EQ(s.rows[1].seed, 1u);
  EXPECT_EQ(s.rows[1].score, 4);
}

TEST(ReadScores, AHumanAmongTheJudgesIsTheHuman) {
  const Scores s = scores("system,item,judge,score\nA,q1,gpt,3\nA,q1,Human,4\nA,q2,gpt,2\n");
  EXPECT_THAT(s.judges, ElementsAre("gpt"));
  ASSERT_EQ(s.rows.size(), 2u);
  EXPECT_EQ(s.rows[0].human, 4);
  EXPECT_FALSE(s.rows[1].human);
  EXPECT_TRUE(s.has_human);
}

TEST(ReadScores, WordsOfAnswersAreACovariate) {
  const Scores s = scores("system,item,score,answer\nA,q1,3,\"one two  three\"\nA,q2,2,\n");
  ASSERT_EQ(s.covariates.size(), 1u);
  EXPECT_EQ(s.covariates[0].value[0], 3);
  EXPECT_FALSE(s.covariates[0].value[1]);
}

}  // namespace
}  // namespace undertone::analysis
