// Bad input through the command line: one clear message with place and mend, exit 1, nothing lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "harness/core/files.h"
#include "harness/weights/pins.h"
#include "tests/e2e/workplace.h"
#include "tests/support/recorded_suite.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Runs a shell command in namespaces of its own after `prepare` has changed its mounts there; $undertone is
// the program.
Ended run_mounted(const std::string& prepare, const Workplace& place, const std::string& then) {
  const std::string command = prepare + " || exit 77; undertone='" + program_path("undertone") + "'; " + then;
  ProgramOptions options;
  options.folder = place.path();
  options.environment = {{"UNDERTONE_ROOT", tree_path()}, {"UNDERTONE_STORE", std::nullopt}};
  return run_program({"unshare", "-rm", "sh", "-c", command}, options);
}
Ended run_after(const std::string& prepare, const Workplace& place,
                const std::vector<std::string>& arguments) {
  std::string then = "exec \"$undertone\"";
  for (const auto& a : arguments) then += " '" + a + "'";
  return run_mounted(prepare, place, then);
}
bool cannot_mount(const Ended& e) {
  return e.code == 77 || e.code == 127 || e.err.find("unshare") != std::string::npos;
}

// --- corpora

class BadInputManifest : public ::testing::Test {
 protected:
  void expect_failure(const std::vector<std::string>& says) {
    const Ended e = place_.run({"run", "suite.json"});
    EXPECT_EQ(e.code, 1) << e.str();
    EXPECT_THAT(e.err, HasSubstr("mend: "));
    for (const auto& s : says) EXPECT_THAT(e.err, HasSubstr(s)) << e.str();
    EXPECT_FALSE(fs::exists(place_ / "runs/two/report.json"));
  }
  void SetUp() override { write_recorded_suite(place_.path()); }
  Workplace place_;
};

TEST_F(BadInputManifest, MissingAudio) {
  write_text(place_ / "corpus/clips.jsonl", R"({"id": "c1", "audio": "audio/c1.wav", "split": "test"})"
                                            "\n");
  expect_failure({"corpus/clips.jsonl:1", "audio/c1.wav"});
}

TEST_F(BadInputManifest, DuplicateIds) {
  write_text(place_ / "corpus/questions.jsonl",
             question_line("q1", "angry") + question_line("q2", "sad") + question_line("q1", "sad"));
  expect_failure({"corpus/questions.jsonl:3", "'q1'", "line 1"});
}

TEST_F(BadInputManifest, BrokenLine) {
  write_text(place_ / "corpus/questions.jsonl", question_line("q1", "angry") + "{\"id\": \"q2\", \n");
  expect_failure({"corpus/questions.jsonl:2"});
}

TEST_F(BadInputManifest, QuestionAboutAnUnknownClip) {
  write_text(place_ / "corpus/questions.jsonl", question_line("q1", "angry", "nowhere"));
  expect_failure({"corpus/questions.jsonl:1", "'nowhere'"});
}

TEST_F(BadInputManifest, NoCorpusThere) {
  fs::remove_all(place_ / "corpus");
  expect_failure({"undertone: corpus: there is no corpus here"});
}

TEST_F(BadInputManifest, NoAnswersThere) {
  fs::remove(place_ / "answers.jsonl");
  expect_failure({"answers.jsonl", "No such file"});
}

TEST_F(BadInputManifest, AudioThatIsNone) {
  write_text(place_ / "corpus/clips.jsonl", R"({"id": "c1", "audio": "c1.wav", "split": "test"})"
                                            "\n");
  write_text(place_ / "corpus/c1.wav", "RIFF\x10");
  const Ended e = place_.run({"run", "suite.json"});
  EXPECT_EQ(e.code, 1) << e.str();
  EXPECT_THAT(e.err, AllOf(HasSubstr("c1.wav"), HasSubstr("mend: ")));
}

// --- weights

// Everything before the encoder is done; then its weights are refused, and the systems that need them fail.
class BadInputWeights : public ::testing::Test {
 protected:
  void SetUp() override {
    UNDERTONE_NEED(fs::exists(program_path("undertone-model")), "built without libtorch");
  }
  Ended run_with_cache(const std::string& encoder_bytes, const std::vector<std::string>& overrides = {}) {
    const PinnedWeights pinned = pinned_weights(tree_path() + "/harness/weights/pins.json", "whisper-base");
    const std::string file = place_ / "cache/weights/whisper-base/" + pinned.sha256 + "/" +
                             fs::path(pinned.file).filename().string();
    if (!encoder_bytes.empty()) write_text(file, encoder_bytes);
    std::vector<std::string> arguments = {"run", "smoke",
                                          "datasets.speech.clips={\"train\": 8, \"dev\": 4, \"test\": 4}"};
    arguments.insert(arguments.end(), overrides.begin(), overrides.end());
    return place_.run(arguments, {{"UNDERTONE_CACHE", place_ / "cache"}});
  }
  void expect_lost_systems(const Ended& e, const std::vector<std::string>& says) {
    EXPECT_EQ(e.code, 1) << e.str();
    EXPECT_THAT(e.err, HasSubstr("failed: features speech: ")) << e.str();
    for (const auto& s : says) EXPECT_THAT(e.err, HasSubstr(s)) << e.str();
    const auto states = place_.system_states("smoke");
    EXPECT_EQ(states.at("S10"), "failed");
    EXPECT_THAT(read_file(place_ / "runs/smoke/report.md"), HasSubstr(says.front()));
  }
  Workplace place_;
};

TEST_F(BadInputWeights, WrongDigest) {
  expect_lost_systems(run_with_cache("not the pinned bytes"),
                      {"the digest is ", "is pinned for 'whisper-base'", "mend: delete the file"});
}

TEST_F(BadInputWeights, NotFetched) {
  expect_lost_systems(run_with_cache(""),
                      {"the weights 'whisper-base' are not here", "mend: run './undertone setup'"});
}

TEST_F(BadInputWeights, TruncatedAndOfAnotherArchitecture) {
  const auto minilm = weights("all-minilm-l6-v2");
  UNDERTONE_NEED(minilm, "the weights 'all-minilm-l6-v2' are not in the cache");
  const std::string whole = read_file(*minilm + "/model.safetensors");
  write_text(place_ / "cut.safetensors", whole.substr(0, whole.size() / 2));
  const std::string model = "model.encoder={\"path\": \"" + (place_ / "cut.safetensors") + "\"}";
  expect_lost_systems(
      run_with_cache("", {model, "--out", "runs/smoke"}),
      {"cut.safetensors", "the file is truncated: ", "mend: the file is damaged: fetch it again"});
  fs::remove_all(place_ / "runs/smoke");
  const std::string other = "model.encoder={\"path\": \"" + *minilm + "/model.safetensors\"}";
  expect_lost_systems(
      run_with_cache("", {other, "--out", "runs/smoke"}),
      {"model.safetensors", "there is no tensor 'model.encoder.conv1.weight': not a Whisper model",
       "mend: name the weights of a Whisper model"});
}

// --- stores

TEST(BadInputStore, UsedByASecondProcess) {
  const Workplace place;
  write_recorded_suite(place.path());
  const auto owner = place.start({"run", "smoke"});
  ASSERT_TRUE(owner->wait_for_message("corpus speech: begins"));
  const Ended e = place.run({"run", "suite.json"});
  owner->signal(SIGKILL);
  EXPECT_EQ(e.code, 1) << e.str();
  EXPECT_THAT(e.err, AllOf(HasSubstr("in use by process " + std::to_string(owner->pid())),
                           HasSubstr("runs/store"), HasSubstr("mend: ")));
  owner->wait();
  EXPECT_EQ(place.run({"run", "suite.json"}).code, 0) << "a dead owner holds nothing";
}

TEST(BadInputStore, ReadOnly) {
  const Workplace place;
  write_recorded_suite(place.path());
  ASSERT_EQ(place.run({"run", "suite.json"}).code, 0);
  const Ended e = run_after("mount --bind runs runs && mount -o remount,bind,ro runs", place,
                            {"run", "suite.json", "statistics.level=0.9"});
  if (cannot_mount(e)) GTEST_SKIP() << "may not mount here: " << e.err;
  EXPECT_EQ(e.code, 1) << e.str();
  EXPECT_THAT(e.err, AllOf(HasSubstr("runs/store"), HasSubstr("Read-only"),
                           HasSubstr("mend: make the place writable")));
  // Reading needs no writing.
  const Ended list =
      run_after("mount --bind runs runs && mount -o remount,bind,ro runs", place, {"runs", "list"});
  EXPECT_EQ(list.code, 0) << list.str();
  EXPECT_THAT(list.out, HasSubstr("two"));
}

TEST(BadInputStore, FullDisk) {
  const Workplace place;
  write_recorded_suite(place.path());
  fs::create_directories(place / "runs");
  // Then there is room again, and the same command goes on.
  const Ended e =
      run_mounted("mount -t tmpfs -o size=200k tmpfs runs", place,
                  "\"$undertone\" run suite.json; code=$?; mount -o remount,size=64m runs || exit 78; "
                  "\"$undertone\" run suite.json --quiet && cp runs/two/report.json after.json; exit $code");
  if (cannot_mount(e)) GTEST_SKIP() << "may not mount here: " << e.err;
  EXPECT_EQ(e.code, 1) << e.str();
  EXPECT_THAT(e.err, AllOf(HasSubstr("mend: free some disk space"), HasSubstr("runs/")));
  ASSERT_TRUE(fs::exists(place / "after.json")) << e.str();
  const Workplace fresh;
  write_recorded_suite(fresh.path());
  ASSERT_EQ(fresh.run({"run", "suite.json"}).code, 0);
  EXPECT_EQ(read_file(place / "after.json"), fresh.report_bytes("two"));
}

// Files that may not grow beyond a size: the report is lost, its work is not.
TEST(BadInputStore, FileSizeLimitThenResumed) {
  const Workplace place;
  write_recorded_suite(place.path());
  for (const std::uint64_t bytes : {60'000, 120'000, 200'000}) {
    const Ended e = place.run_limited({"run", "suite.json"}, bytes);
    EXPECT_EQ(e.code, 1) << bytes << ": " << e.str();
    EXPECT_THAT(e.err, HasSubstr("mend: free some disk space")) << bytes << ": " << e.str();
    EXPECT_FALSE(fs::exists(place / "runs/two/report.html")) << bytes;
  }
  const Ended e = place.run({"run", "suite.json"});
  ASSERT_EQ(e.code, 0) << e.str();
  const Workplace fresh;
  write_recorded_suite(fresh.path());
  ASSERT_EQ(fresh.run({"run", "suite.json"}).code, 0);
  EXPECT_EQ(place.report_bytes("two"), fresh.report_bytes("two"));
}

}  // namespace
}  // namespace undertone::test
