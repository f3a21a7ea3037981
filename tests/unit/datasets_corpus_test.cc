// Manifests: what is written is what is read, and what is wrong is named with file and line.
#include <filesystem>

#include "datasets/corpus.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/speech/audio.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class CorpusFiles : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) { write_file_atomically(folder_ / name, text); }
  void put_good() {
    put("corpus.json", R"({"name": "test", "licence": "none"})");
    put("clips.jsonl",
        R"({"id": "b", "audio": "b.wav", "split": "train", "unit": "u1", "segments": []})"
        "\n"
        R"({"id": "a", "audio": "a.wav", "split": "test", "unit": "u2", "segments": [], "mood_of_the_day": 3})"
        "\n");
    put("questions.jsonl",
        R"({"id": "q1", "clip": "a", "type": "DE", "text": "How?", "reference": "Sad.", "gold": {"emotion": "sad"}})"
        "\n");
    write_wav(folder_ / "a.wav", std::vector<float>(8000, 0.1f));
    write_wav(folder_ / "b.wav", std::vector<float>(4000, 0.1f));
  }
  void expect_refused(const std::string& place, const std::string& what) {
    try {
      read_corpus(folder_.path());
      FAIL() << "should have been refused: " << what;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::data);
      EXPECT_THAT(e.place(), HasSubstr(place));
      EXPECT_THAT(e.what_happened(), HasSubstr(what));
    }
  }
  test::TemporaryFolder folder_;
};

TEST_F(CorpusFiles, AreReadSortedAndKeepUnknownFields) {
  put_good();
  const Corpus corpus = read_corpus(folder_.path());
  ASSERT_THAT(corpus.clips, SizeIs(2));
  EXPECT_EQ(corpus.clips[0].id, "a");
  ASSERT_NE(corpus.find_clip("b"), nullptr);
  EXPECT_EQ(corpus.find_clip("b")->unit, "u1");
  EXPECT_EQ(corpus.find_clip("c"), nullptr);
  ASSERT_NE(corpus.find_question("q1"), nullptr);
  EXPECT_EQ(corpus.clips[0].extra.get("mood_of_the_day", 0), 3);
  EXPECT_THAT(corpus.warnings,
              ElementsAre(testing::AllOf(HasSubstr("clips.jsonl:2"), HasSubstr("mood_of_the_day"))));
}

TEST_F(CorpusFiles, WritingIsStable) {
  put_good();
  Corpus corpus = read_corpus(folder_.path());
  test::TemporaryFolder once, twice;
  std::filesystem::copy(folder_ / "a.wav", once / "a.wav");
  std::filesystem::copy(folder_ / "b.wav", once / "b.wav");
  write_corpus(corpus, once.path());
  Corpus again = read_corpus(once.path());
  EXPECT_EQ(again.clips[0].extra.get("mood_of_the_day", 0), 3);
  std::reverse(again.clips.begin(), again.clips.end());
  EXPECT_NE(again.find_clip("a"), nullptr) << "an unsorted corpus is searched too";
  write_corpus(again, twice.path());
  for (const char* name : {"corpus.json", "clips.jsonl", "questions.jsonl"})
    EXPECT_EQ(read_file(once / name), read_file(twice / name));
}

TEST_F(CorpusFiles, AChangedManifestIsNoticed) {
  put_good();
  write_corpus(read_corpus(folder_.path()), folder_.path());
  put("clips.jsonl", read_file(folder_ / "clips.jsonl") + R"({"id": "new", "segments": []})"
                                                          "\n");
  expect_refused("clips.jsonl", "digest");
}

TEST_F(CorpusFiles, NoCorpus) { expect_refused(folder_.path(), "corpus.json is missing"); }

TEST_F(CorpusFiles, NoClips) {
  put("corpus.json", "{}");
  expect_refused("clips.jsonl", "lacks clips.jsonl");
}

TEST_F(CorpusFiles, BrokenLine) {
  put_good();
  put("clips.jsonl", read_file(folder_ / "clips.jsonl") + "{\"id\": \"c\", \n");
  expect_refused("clips.jsonl:3", "");
}

TEST_F(CorpusFiles, DuplicateClip) {
  put_good();
  put("clips.jsonl", read_file(folder_ / "clips.jsonl") + R"({"id": "b", "audio": "b.wav", "segments": []})");
  expect_refused("clips.jsonl:3", "'b' was used on line 1 already");
}

TEST_F(CorpusFiles, DuplicateQuestion) {
  put_good();
  const std::string question = read_file(folder_ / "questions.jsonl");
  put("questions.jsonl", question + question);
  expect_refused("questions.jsonl:2", "'q1' was used on line 1 already");
}

TEST_F(CorpusFiles, MissingAudio) {
  put_good();
  std::filesystem::remove(folder_ / "a.wav");
  expect_refused("clips.jsonl:2", "'a.wav' of clip 'a' is missing");
}

TEST_F(CorpusFiles, AudioOutside) {
  put_good();
  for (const std::string& path : {std::string("../a.wav"), folder_ / "a.wav"}) {
    put("clips.jsonl", R"({"id": "a", "segments": [], "audio": ")" + path + "\"}\n");
    expect_refused("clips.jsonl:1", "leaves the corpus folder");
  }
}

TEST_F(CorpusFiles, QuestionAboutNoClip) {
  put_good();
  put("questions.jsonl", R"({"id": "q", "clip": "zebra", "type": "C", "text": "?"})");
  expect_refused("questions.jsonl:1", "zebra");
}

TEST_F(CorpusFiles, UnknownSplit) {
  put_good();
  put("clips.jsonl", R"({"id": "a", "audio": "a.wav", "split": "tset", "segments": []})");
  expect_refused("clips.jsonl:1", "tset");
}

TEST_F(CorpusFiles, SegmentAfterTheEndIsReported) {
  put_good();
  put("clips.jsonl",
      R"({"id": "a", "audio": "a.wav", "duration_seconds": 0.5, "segments": [{"start_seconds": 0, "end_seconds": 3}]})");
  EXPECT_THAT(read_corpus(folder_.path()).warnings, testing::Contains(HasSubstr("a segment ends at 3 s")));
}

Json manifest_fields(const std::string& root) { return Json::object({{"root", Json(root)}}); }

TEST_F(CorpusFiles, TheManifestKindMakesSpeechOfAnyAudio) {
  put_good();
  write_wav(folder_ / "a.wav", std::vector<float>(48000, 0.25f), 48000);
  const Dataset dataset = builtin_datasets().at("manifest").make(manifest_fields(folder_.path()), {});
  const std::string key = dataset.key();
  test::TemporaryFolder made;
  dataset.make(made.path());
  const Corpus corpus = read_corpus(made.path());
  ASSERT_NE(corpus.find_clip("a"), nullptr);
  EXPECT_DOUBLE_EQ(corpus.find_clip("a")->duration_seconds, 1.0);
  const Audio audio = decode_audio(made.path() + "/" + corpus.find_clip("a")->audio);
  EXPECT_EQ(audio.rate_hz, 16000);
  EXPECT_EQ(audio.samples.size(), 16000u);
  EXPECT_THAT(corpus.questions, SizeIs(1));

  EXPECT_EQ(dataset.key(), key);
  write_wav(folder_ / "a.wav", std::vector<float>(48000, 0.26f), 48000);
  EXPECT_NE(dataset.key(), key) << "other audio is another corpus";
}

TEST_F(CorpusFiles, TheManifestKindRefusesBrokenAudio) {
  put_good();
  put("a.wav", read_file(folder_ / "a.wav").substr(0, 100));
  const Dataset dataset = builtin_datasets().at("manifest").make(manifest_fields(folder_.path()), {});
  test::TemporaryFolder made;
  EXPECT_THROW(dataset.make(made.path()), Error);
}

}  // namespace
}  // namespace undertone
