// EmoDB: names, ratings, folds, and the whole adapter on the real recordings.
#include "datasets/emodb.h"

#include <filesystem>
#include <set>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/speech/audio.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

using testing::HasSubstr;

TEST(Emodb, NamesTellAll) {
  const EmodbName name = parse_emodb_name("16b10Tb");
  EXPECT_EQ(name.speaker, "16");
  EXPECT_EQ(name.gender, "female");
  EXPECT_EQ(name.age, 31);
  EXPECT_EQ(name.sentence, "b10");
  EXPECT_EQ(name.emotion, "sad");
  EXPECT_EQ(name.take, "b");
  EXPECT_EQ(parse_emodb_name("03a01Wa").emotion, "angry");
  EXPECT_EQ(parse_emodb_name("03a01Wa").gender, "male");
  EXPECT_EQ(parse_emodb_name("10a07Aa").emotion, "afraid");
}

TEST(Emodb, OtherNamesAreRefused) {
  for (const char* bad : {"", "hello", "04a01Wa", "03a03Wa", "03a01Xa", "03a01Waa"})
    EXPECT_THROW(parse_emodb_name(bad), Error) << bad;
}

TEST(Emodb, RatingsAreLatin1WithDecimalCommas) {
  const auto ratings = parse_emodb_ratings(
      "Nr.\tSatz\terkannt\tnatuerlich\n7\xa0 "
      "\xa0\t03a01Wa.wav\t95,00\xa0\xa0\t90,50\xa0\n\n8\t03a02Fa.wav\t100,00\t0,00\r\n",
      "r");
  ASSERT_EQ(ratings.size(), 2u);
  EXPECT_DOUBLE_EQ(ratings.at("03a01Wa").recognised, 0.95);
  EXPECT_DOUBLE_EQ(ratings.at("03a01Wa").natural, 0.905);
  EXPECT_DOUBLE_EQ(ratings.at("03a02Fa").recognised, 1);
}

TEST(Emodb, ABrokenRatingIsNamedByItsLine) {
  for (const char* row :
       {"8\t03a02Fa.wav\t120,00\t0,00\n", "8\t03a02Fa.wav\tmany\t0,00\n", "8 03a02Fa.wav 95 90\n"})
    try {
      parse_emodb_ratings(std::string("Nr.\tSatz\terkannt\tnatuerlich\n") + row, "erkennung.txt");
      FAIL() << row;
    } catch (const Error& e) {
      EXPECT_EQ(e.place(), "erkennung.txt:2");
    }
}

TEST(Emodb, FoldsShareNoSpeakerAndCoverAll) {
  int tested[2] = {0, 0};
  for (const char* speaker : {"03", "08", "09", "10", "11", "12", "13", "14", "15", "16"}) {
    EXPECT_NE(tested_in_fold(speaker, 1), tested_in_fold(speaker, 2)) << speaker;
    for (int fold : {1, 2}) tested[fold - 1] += tested_in_fold(speaker, fold);
  }
  EXPECT_EQ(tested[0], 5);
  EXPECT_EQ(tested[1], 5);
}

TEST(Emodb, AWrongFolderSaysWhatToDo) {
  EmodbSettings settings;
  settings.root = "/nowhere/emodb";
  try {
    list_emodb(settings);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.place(), "/nowhere/emodb");
    EXPECT_THAT(e.mend(), HasSubstr("root"));
  }
  test::TemporaryFolder empty;
  settings.root = empty.path();
  EXPECT_THROW(list_emodb(settings), Error);
}

TEST(Emodb, WithoutRatingsThereIsNoConfidence) {
  test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "Sad");
  write_wav(folder / "Sad/03a01Ta.wav", std::vector<float>(1600, 0.1f));
  EmodbSettings settings;
  settings.root = folder.path();
  const Corpus corpus = list_emodb(settings);
  ASSERT_EQ(corpus.clips.size(), 1u);
  EXPECT_FALSE(corpus.clips[0].segments[0].emotion->confidence);
  EXPECT_THAT(corpus.warnings, testing::Contains(HasSubstr("erkennung.txt is missing")));
}

TEST(Emodb, TheRealRecordingsBecomeACorpus) {
  const auto data = test::real_data();
  UNDERTONE_NEED(data, test::skip_reason());
  const std::string root = *data + "/emodb";
  std::set<std::string> test_units[2];
  for (int fold : {1, 2}) {
    const Json fields = Json::object({{"root", Json(root)}, {"fold", Json(fold)}});
    const Dataset dataset = builtin_datasets().at("emodb").make(fields, {});
    test::TemporaryFolder made;
    dataset.make(made.path());
    const Corpus corpus = read_corpus(made.path());
    EXPECT_EQ(corpus.clips.size(), 339u);
    std::map<std::string, int> emotions;
    double confidence = 0;
    for (const Clip& clip : corpus.clips) {
      ASSERT_EQ(clip.segments.size(), 1u);
      const Segment& segment = clip.segments[0];
      ++emotions[segment.emotion->category];
      ASSERT_TRUE(segment.emotion->confidence) << clip.id;
      confidence += *segment.emotion->confidence;
      EXPECT_FALSE(segment.emotion->valence || segment.emotion->arousal || segment.emotion->dominance);
      EXPECT_FALSE(segment.transcript.empty());
      EXPECT_GT(clip.duration_seconds, 0.5);
      if (clip.split == "test") test_units[fold - 1].insert(clip.unit);
    }
    EXPECT_EQ(emotions,
              (std::map<std::string, int>{{"angry", 127}, {"happy", 71}, {"neutral", 79}, {"sad", 62}}));
    EXPECT_GT(confidence / 339, 0.8);  // EmoDB was selected for recognition of at least 80 %
    std::map<std::string, int> types;
    for (const Question& question : corpus.questions) {
      ++types[std::string(to_string(question.type))];
      const bool content = std::any_of(question.gold.begin(), question.gold.end(),
                                       [](const auto& slot) { return !is_paralinguistic(slot.first); });
      EXPECT_EQ(question.closed_set, content) << question.id;
      for (const char* dimension : {"valence", "arousal", "dominance"})
        EXPECT_FALSE(question.gold.contains(dimension)) << question.id;
    }
    for (const char* type : {"C", "CE", "CG", "DE", "DG"}) EXPECT_GT(types[type], 20) << type;
  }
  EXPECT_EQ(test_units[0].size(), 5u);
  EXPECT_EQ(test_units[1].size(), 5u);
  for (const std::string& unit : test_units[0]) EXPECT_FALSE(test_units[1].contains(unit));
}

}  // namespace
}  // namespace undertone
