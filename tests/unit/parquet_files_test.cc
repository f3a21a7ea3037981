// Parquet: what pandas and DuckDB wrote is read as they meant it, what is written here they read, and files
// that are broken are said to be. Files and findings: tests/golden/make_parquet.py.
#include "harness/parquet/parquet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "tests/support/expect_golden.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kAbsent = "Arrow, which './undertone setup' fetches, is not built in";

struct Rows final : TableSink {
  std::vector<std::string> names;
  std::vector<std::map<std::string, std::string>> rows;
  std::size_t column(std::string_view name) override {
    names.emplace_back(name);
    return names.size() - 1;
  }
  void begin_row(std::uint32_t number) override {
    rows.emplace_back();
    EXPECT_EQ(number, rows.size());
  }
  void set(std::size_t column, std::string_view text) override { rows.back()[names[column]] = text; }
};

std::string golden(const std::string& name) { return source_path("tests/golden/parquet/" + name); }

class Parquet : public ::testing::Test {
 protected:
  void SetUp() override { UNDERTONE_NEED(parquet_available(), kAbsent); }
};

void expect_texts(const std::string& file) {
  Rows read;
  read_parquet(read_file(golden(file)), file, read);
  const Json wanted = parse_json(read_file(golden("texts.json")), "texts.json").at(file);
  ASSERT_EQ(read.rows.size(), wanted.elements().size());
  for (std::size_t i = 0; i < read.rows.size(); ++i) {
    std::map<std::string, std::string> expected;
    for (const auto& [name, text] : wanted.elements()[i].members()) expected[name] = text.as_string();
    for (const char* number :
         {"score", "weight"}) {  // written in hexadecimal: the text must give the number back
      if (!expected.count(number)) continue;
      const std::string& text = read.rows[i][number];
      const double value = std::string(number) == "weight" ? std::strtof(text.c_str(), nullptr)
                                                           : std::strtod(text.c_str(), nullptr);
      EXPECT_EQ(value, std::strtod(expected[number].c_str(), nullptr)) << text;
      expected[number] = text;
    }
    EXPECT_EQ(read.rows[i], expected) << file << ", row " << i + 1;
  }
}

TEST_F(Parquet, ReadsWhatPandasAndDuckDbWrite) {
  expect_texts("typed.parquet");
  expect_texts("duckdb.parquet");
}

TEST_F(Parquet, EveryColumnOfTextsIsThereListsAndBytesAreNot) {
  Rows read;
  read_parquet(read_file(golden("typed.parquet")), "typed.parquet", read);
  EXPECT_THAT(read.names, ElementsAre("system", "item", "score", "seed", "tokens", "weight", "good", "when",
                                      "meta.clip", "meta.inner.speaker"));
}

std::vector<TableColumn> sample() {
  return {{"system", TableColumn::Cells<std::string>{"a", "b, \"x\"\n\u00fc", std::nullopt}},
          {"seed", TableColumn::Cells<std::int64_t>{1, std::int64_t{1} << 60, std::nullopt}},
          {"score", TableColumn::Cells<double>{1.0 / 3, std::nullopt, -0.0}}};
}

TEST_F(Parquet, OthersReadWhatIsWritten) {
  const std::string bytes = write_parquet(sample());
  EXPECT_EQ(bytes, write_parquet(sample()));
  expect_golden("parquet/ours.parquet", bytes);
  const Json read = parse_json(read_file(golden("ours.read.json")), "ours.read.json");
  ASSERT_EQ(read.at("sha256").as_string(), sha256_hex(bytes)) << "run tests/golden/make_parquet.py";
  EXPECT_EQ(read.at("pandas").at("types").dump(), R"({"system":"str","seed":"float64","score":"float64"})");
  EXPECT_EQ(read.at("duckdb").at("types").dump(), R"({"system":"VARCHAR","seed":"BIGINT","score":"DOUBLE"})");
  const auto& rows = read.at("duckdb").at("rows").elements();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].elements()[2].as_double(), 1.0 / 3);
  EXPECT_EQ(rows[1].elements()[0].as_string(), "b, \"x\"\n\u00fc");
  EXPECT_EQ(rows[1].elements()[1].dump(), "1152921504606846976");
  EXPECT_TRUE(rows[1].elements()[2].is_null());
  EXPECT_TRUE(rows[2].elements()[0].is_null());
}

TEST_F(Parquet, WhatIsWrittenIsReadAgain) {
  Rows read;
  read_parquet(write_parquet(sample()), "x.parquet", read);
  using Row = std::map<std::string, std::string>;
  EXPECT_THAT(read.rows, ElementsAre(Row{{"system", "a"}, {"seed", "1"}, {"score", "0.3333333333333333"}},
                                     Row{{"system", "b, \"x\"\n\u00fc"}, {"seed", "1152921504606846976"}},
                                     Row{{"score", "-0"}}));
}

std::string error_of(const std::string& bytes) {
  Rows read;
  try {
    read_parquet(bytes, "x.parquet", read);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::data);
    EXPECT_EQ(e.place(), "x.parquet");
    EXPECT_NE(e.mend(), "");
    return e.what_happened();
  }
  return "";
}

TEST_F(Parquet, BrokenFilesAreSaidToBe) {
  const std::string whole = read_file(golden("typed.parquet"));
  EXPECT_THAT(error_of("PAR1...."), HasSubstr("Parquet"));
  EXPECT_NE(error_of(whole.substr(0, whole.size() / 2)), "");
  // No byte that is changed may end the process. Not every one is seen: pages have no checksums.
  int seen = 0;
  for (std::size_t i = 0; i < whole.size(); i += 13) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x55);
    seen += error_of(changed) != "";
  }
  EXPECT_GT(seen, 20);
  EXPECT_THAT(error_of(write_parquet({{"system", TableColumn::Cells<std::string>{"a"}},
                                      {"system", TableColumn::Cells<std::string>{"b"}}})),
              HasSubstr("two columns are named 'system'"));
}

TEST_F(Parquet, TextsThatAreNoUtf8AreNotWritten) {
  EXPECT_THROW(write_parquet({{"x", TableColumn::Cells<std::string>{"\xff"}}}), Error);
}

}  // namespace
}  // namespace undertone::test
