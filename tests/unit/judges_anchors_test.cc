// Files of frozen anchors: read as written, and every way to break one is an error with its line and a mend.
#include "judges/anchors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "judges/floors.h"
#include "tests/support/judged.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<Anchor> twelve(const std::string& identity) {
  std::vector<Anchor> out;
  for (int i = 0; i < 12; ++i) {
    Anchor a;
    a.judge = "exact";
    a.identity = identity;
    a.question = asked("reference");
    a.question.id = "q" + std::to_string(i);
    a.answer = "answer";
    a.verdicts = {Scored{1, "", {}}, Scored{0, "", {}}};
    if (i == 3) a.clip.emplace().id = "c3";
    out.push_back(std::move(a));
  }
  return out;
}

// `text` with the first `from` made `to`.
std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

void expect_broken(const std::string& text, const std::string& place, const std::string& what) {
  try {
    parse_anchors(text, "anchors.jsonl");
    FAIL() << what;
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::data);
    EXPECT_THAT(e.place(), StartsWith(place)) << e.what();
    EXPECT_THAT(e.what_happened(), HasSubstr(what));
    EXPECT_THAT(e.mend(), HasSubstr("undertone tape anchors"));
  }
}

TEST(Anchors, AreReadAsWritten) {
  const std::string text = write_anchors(twelve("id"));
  const Anchors read = parse_anchors(text, "anchors.jsonl");
  EXPECT_EQ(read.items.size(), 12u);
  EXPECT_EQ(read.digest.size(), 64u);
  EXPECT_EQ(write_anchors(read.items), text);
  EXPECT_EQ(read.items[3].clip_or_null()->id, "c3");
  EXPECT_EQ(read.items[2].clip_or_null(), nullptr);
  EXPECT_EQ(read.items[0].verdicts.size(), 2u);
}

TEST(Anchors, ABrokenFileIsAnErrorWithPlaceAndMend) {
  const std::string text = write_anchors(twelve("id"));
  expect_broken("", "anchors.jsonl", "no anchor");
  expect_broken("[]\n", "anchors.jsonl:1", "is an object");
  expect_broken(text.substr(0, text.size() - 40), "anchors.jsonl:12", "");
  expect_broken(with(text, "\"answer\":\"answer\",", ""), "anchors.jsonl:1", "lacks \"answer\"");
  expect_broken(with(text, "\"answer\":", "\"answers\":"), "anchors.jsonl:1", "no \"answers\"");
  expect_broken(with(text, "\"kind\":\"scored\"", "\"kind\":\"liked\""), "anchors.jsonl:1", "liked");
  expect_broken(with(text, "\"q5\"", "\"q4\""), "anchors.jsonl:6", "stands twice");
  expect_broken(with(text, "\"identity\":\"id\"", "\"identity\":\"other\""), "anchors.jsonl:2",
                "of two judges");
  std::vector<Anchor> few = twelve("id");
  few.resize(9);
  expect_broken(write_anchors(few), "anchors.jsonl", "fewer than 10");
  std::vector<Anchor> none = twelve("id");
  none[0].verdicts.clear();
  expect_broken(write_anchors(none), "anchors.jsonl:1", "no verdict");
}

TEST(Anchors, RecordingsLieBesideTheFileAndAreTheOnesThatWereHeard) {
  const TemporaryFolder folder;
  const std::string path = folder / "anchors.jsonl";
  std::vector<Anchor> anchors = twelve("id");
  for (Anchor& a : anchors) a.audio = "heard/c.wav", a.audio_sha256 = sha256_hex("sound");
  const std::string text = write_anchors(anchors);
  write_file_atomically(path, text);
  const auto problem = [&] {
    try {
      read_anchors(path);
    } catch (const Error& e) {
      EXPECT_THAT(e.place(), StartsWith(path + ":1"));
      return e.what_happened();
    }
    return std::string();
  };
  EXPECT_THAT(problem(), HasSubstr("is not there"));
  std::filesystem::create_directories(folder / "heard");
  write_file_atomically(folder / "heard/c.wav", "noise");
  EXPECT_THAT(problem(), HasSubstr("another than the judge heard"));
  write_file_atomically(folder / "heard/c.wav", "sound");
  EXPECT_EQ(problem(), "");
  const Anchors read = read_anchors(path);
  EXPECT_EQ(read.recording(read.items[0]), folder / "heard/c.wav");
  EXPECT_EQ(write_anchors(read.items), text);
  expect_broken(with(text, "heard/c.wav", "/heard/c.wav"), "anchors.jsonl:1", "relative");
}

TEST(Anchors, AreOfThisJudgeAndItsScale) {
  const auto judge = make_exact_judge();
  const auto of = [&](std::vector<Anchor> anchors) {
    return anchors_of(parse_anchors(write_anchors(anchors), "anchors.jsonl"), "exact", *judge);
  };
  EXPECT_EQ(of(twelve(judge->identity())).size(), 12u);
  EXPECT_TRUE(anchors_of(parse_anchors(write_anchors(twelve("x")), "f"), "another", *judge).empty());
  try {
    of(twelve("another"));
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what_happened(), HasSubstr("another judge's"));
    EXPECT_THAT(e.place(), StartsWith("anchors.jsonl:1"));
  }
  auto off = twelve(judge->identity());
  off[7].verdicts[1] = Scored{3, "", {}};
  try {
    of(off);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(),
                AllOf(HasSubstr("3 is not on the judge's scale 0/1"), HasSubstr("anchors.jsonl:8")));
  }
}

}  // namespace
}  // namespace undertone::test
