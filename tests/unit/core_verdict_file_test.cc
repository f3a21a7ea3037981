#include "harness/core/verdict_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

TEST(VerdictFile, EveryScaleHasOneLabel) {
  for (const auto kind :
       {Scale::Kind::discrete_0_5, Scale::Kind::continuous_0_5, Scale::Kind::binary, Scale::Kind::percent}) {
    const auto back = scale_from_label(scale_label(Scale{kind}));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->kind, kind);
  }
  EXPECT_EQ(scale_label(std::nullopt), "unknown_scale");
  EXPECT_FALSE(scale_from_label("unknown_scale"));
  EXPECT_FALSE(scale_from_label(""));
}

TEST(VerdictFile, AFolderIsReadByNameAndAWrongNameIsRefused) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(read_verdict_files(folder.path()).empty()) << "no verdicts are no error";
  std::filesystem::create_directories(folder / "verdicts");
  write_file_atomically(folder / "verdicts/llama3.1.discrete_0_5.jsonl", "two\n");
  write_file_atomically(folder / "verdicts/ann.unknown_scale.jsonl", "one\n");
  write_file_atomically(folder / "verdicts/README.md", "notes");
  const auto files = read_verdict_files(folder.path());
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].name(), "ann.unknown_scale");
  EXPECT_EQ(files[0].text, "one\n");
  EXPECT_EQ(files[1].judge, "llama3.1");
  EXPECT_EQ(files[1].scale, "discrete_0_5");
  EXPECT_THAT(files[1].path, testing::EndsWith("verdicts/llama3.1.discrete_0_5.jsonl"));
  for (const char* wrong : {"ann.stars.jsonl", "binary.jsonl", ".binary.jsonl"}) {
    write_file_atomically(folder / ("verdicts/" + std::string(wrong)), "");
    try {
      read_verdict_files(folder.path());
      FAIL() << wrong;
    } catch (const Error& e) {
      EXPECT_THAT(e.place(), testing::EndsWith(wrong));
      EXPECT_THAT(e.mend(), testing::HasSubstr("discrete_0_5"));
    }
    std::filesystem::remove(folder / ("verdicts/" + std::string(wrong)));
  }
}

}  // namespace
}  // namespace undertone
