// The kind "synthetic" from plan to corpus on disk, with the real synthesiser.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "datasets/corpus.h"
#include "datasets/synthetic_speak.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

const std::string kProgram = std::string(UNDERTONE_BINARY_DIR) + "/undertone-synth";
constexpr const char* kFields =
    R"({"clips": {"train": 8, "dev": 2, "test": 6}, "multi_share": {"train": 0.5}})";

std::string make(const test::TemporaryFolder& folder, const std::string& name, int workers) {
  const std::string path = folder / name;
  std::filesystem::create_directories(path);
  DatasetContext context;
  context.synth_program = kProgram;
  context.workers = workers;
  std::int64_t last = 0;
  context.progress = [&](std::int64_t done, std::int64_t total) {
    EXPECT_EQ(total, 16);
    last = done;
  };
  builtin_datasets().at("synthetic").make(parse_json(kFields, "suite"), context).make(path);
  EXPECT_EQ(last, 16);
  return path;
}

TEST(SyntheticCorpus, IsSpokenTimedAndTheSameForAnyNumberOfWorkers) {
  UNDERTONE_NEED(std::filesystem::exists(kProgram), "undertone-synth is not built");
  test::TemporaryFolder folder;
  const std::string one = make(folder, "one", 1), three = make(folder, "three", 3);
  EXPECT_EQ(sha256_folder(one), sha256_folder(three));
  const Corpus corpus = read_corpus(one);
  // Fields of our own beyond the nouns are kept and told like anybody's.
  for (const std::string& warning : corpus.warnings)
    EXPECT_TRUE(warning.find("combination") != std::string::npos ||
                warning.find("utterance") != std::string::npos)
        << warning;
  ASSERT_EQ(corpus.clips.size(), 16u);
  EXPECT_GT(corpus.questions.size(), 80u);
  for (const Clip& clip : corpus.clips) {
    double before = 0;
    for (const Segment& segment : clip.segments) {
      EXPECT_GE(segment.start_seconds, before);
      EXPECT_GT(segment.end_seconds, segment.start_seconds + 0.8) << clip.id;
      EXPECT_EQ(segment.emotion->start_seconds, segment.start_seconds);
      before = segment.end_seconds;
      // One timed word for each word of the transcript.
      const auto spaces = std::count(segment.transcript.begin(), segment.transcript.end(), ' ');
      EXPECT_EQ(static_cast<std::ptrdiff_t>(segment.words.size()), spaces + 1) << segment.transcript;
    }
    EXPECT_GE(clip.duration_seconds, before - 1e-6);
  }
  EXPECT_EQ(corpus.about.at("digests").at("plan").as_string(), sha256_file(one + "/plan.jsonl"));
  EXPECT_TRUE(std::filesystem::exists(one + "/dropped.jsonl"));
}

TEST(SyntheticCorpus, AProgramThatFailsOrIsMissingIsOneClearMessage) {
  test::TemporaryFolder folder;
  const std::string plan = folder / "plan.jsonl";
  write_file_atomically(plan, "{}\n");
  auto message = [&](const std::string& program) {
    try {
      run_synthesiser(program, plan, folder.path(), 2, nullptr);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data);
      EXPECT_FALSE(error.mend().empty());
      return error.what_happened();
    }
    return std::string("no error");
  };
  EXPECT_NE(message(folder / "nothing").find("does not start"), std::string::npos);
  EXPECT_NE(message("/bin/false").find("failed with exit code 1"), std::string::npos);
}

}  // namespace
}  // namespace undertone
