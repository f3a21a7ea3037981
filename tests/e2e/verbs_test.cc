// store, runs, list and measure, on the smallest suite that runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "harness/core/files.h"
#include "tests/e2e/workplace.h"
#include "tests/support/recorded_suite.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandLineVerbs : public ::testing::Test {
 protected:
  void SetUp() override {
    write_recorded_suite(place_.path());
    const Ended e = place_.run({"run", "suite.json"});
    ASSERT_EQ(e.code, 0) << e.str();
  }
  // Exit code 0, nothing on stderr.
  std::string printed(const std::vector<std::string>& arguments) const {
    const Ended e = place_.run(arguments);
    EXPECT_EQ(e.code, 0) << e.str();
    EXPECT_EQ(e.err, "");
    return e.out;
  }
  std::size_t artefacts() const {
    std::size_t n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(place_ / "runs/store/objects"))
      n += entry.is_directory() && fs::exists(entry.path() / "summary.json");
    return n;
  }
  Workplace place_;
};

TEST_F(CommandLineVerbs, StoreTellsWhatItHolds) {
  const std::string du = printed({"store", "du"});
  for (const char* row : {"corpus +1 artefacts +[0-9.]+ MB", "answer +1 artefacts", "judge +1 artefacts",
                          "report +1 artefacts", "ledger +2 answers +2 verdicts"})
    EXPECT_TRUE(std::regex_search(du, std::regex(row))) << row << "\n" << du;
  EXPECT_EQ(printed({"store", "verify"}), "sound\n");
  const Ended none = place_.run({"store", "du", "--store", "nowhere"});
  EXPECT_EQ(none.code, 1) << none.str();
  EXPECT_THAT(none.err, AllOf(HasSubstr("nowhere"), HasSubstr("mend: ")));
  EXPECT_FALSE(fs::exists(place_ / "nowhere")) << "asking makes no store";
}

TEST_F(CommandLineVerbs, GarbageIsWhatNoRunUses) {
  EXPECT_THAT(printed({"store", "gc"}), HasSubstr("removed 0 artefacts and 0 unfinished stages"));
  const std::size_t before = artefacts();
  ASSERT_GT(before, 0u);
  EXPECT_THAT(printed({"runs", "rm", "runs/two"}), HasSubstr("its report stays in "));
  EXPECT_THAT(printed({"store", "gc", "--dry-run"}), HasSubstr("would remove 4 artefacts"));
  EXPECT_EQ(artefacts(), before) << "a dry run removes nothing";
  EXPECT_THAT(printed({"store", "gc"}), HasSubstr("removed 4 artefacts"));
  EXPECT_EQ(artefacts(), 0u);
  EXPECT_EQ(printed({"store", "verify"}), "sound\n");
  EXPECT_TRUE(fs::exists(place_ / "runs/two/report.html"));
  // Answers and verdicts stay in the ledger: the next run makes the same report, and judges nothing again.
  const std::string report = place_.report_bytes("two");
  const Ended again = place_.run({"run", "suite.json"});
  ASSERT_EQ(again.code, 0) << again.str();
  EXPECT_THAT(again.out, HasSubstr(" 0 answers, 0 verdicts;"));
  EXPECT_EQ(place_.report_bytes("two"), report);
}

TEST_F(CommandLineVerbs, VerifyFindsADamagedArtefact) {
  for (const auto& entry : fs::recursive_directory_iterator(place_ / "runs/store/objects"))
    if (entry.path().filename() == "report.md") {
      fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
      write_text(entry.path(), "changed");
    }
  const Ended e = place_.run({"store", "verify"});
  EXPECT_EQ(e.code, 1) << e.str();
  EXPECT_THAT(e.out, AllOf(HasSubstr("report"), HasSubstr("1 faults")));
}

TEST_F(CommandLineVerbs, RunsAreListedShownTaggedAndForgotten) {
  const std::string identity = place_.manifest("two").at("identity").as_string();
  EXPECT_THAT(printed({"runs", "list"}),
              AllOf(HasSubstr(identity.substr(0, 12)), HasSubstr("two"), HasSubstr("done")));
  EXPECT_EQ(printed({"runs", "tag", identity.substr(0, 8), "mine"}), "");
  EXPECT_THAT(printed({"runs", "list"}), HasSubstr("mine"));
  for (const std::string& name :
       {std::string("mine"), std::string("runs/two"), identity, identity.substr(0, 10)})
    EXPECT_THAT(printed({"runs", "show", name}),
                AllOf(HasSubstr("identity " + identity), HasSubstr("suite    two"),
                      HasSubstr("state    done"), HasSubstr("tags     mine")))
        << name;
  EXPECT_THAT(printed({"runs", "rm", "mine"}), HasSubstr("forgot " + identity.substr(0, 12)));
  EXPECT_EQ(printed({"runs", "list"}), "");
  for (const char* verb : {"show", "rm"}) {
    const Ended e = place_.run({"runs", verb, "mine"});
    EXPECT_EQ(e.code, 2) << e.str();
    EXPECT_EQ(e.out, "");
    EXPECT_THAT(e.err, AllOf(HasSubstr("there is no run 'mine'"), HasSubstr("mend: 'undertone runs list'")));
  }
}

TEST_F(CommandLineVerbs, ListsWhatThereIs) {
  EXPECT_THAT(printed({"list", "suites"}), AllOf(ContainsRegex("demo +[A-Z]"), ContainsRegex("smoke +[A-Z]"),
                                                 HasSubstr("emodb"), HasSubstr("recorded")));
  EXPECT_THAT(printed({"list", "systems"}), AllOf(HasSubstr("variant "), HasSubstr("text "),
                                                  HasSubstr("majority "), HasSubstr("recorded ")));
  EXPECT_THAT(printed({"list", "datasets"}),
              AllOf(HasSubstr("synthetic "), HasSubstr("manifest "), HasSubstr("emodb ")));
  EXPECT_THAT(printed({"list", "judges"}), AllOf(HasSubstr("rubric "), HasSubstr("embedding ")));
  EXPECT_THAT(printed({"list", "metrics"}),
              AllOf(HasSubstr("accuracy "), HasSubstr("unweighted_average_recall ")));
  EXPECT_THAT(printed({"list", "papers"}),
              AllOf(ContainsRegex("2508.07273 +[A-Z]"), HasSubstr("2505.13338")));
  const Ended e = place_.run({"list", "dances"});
  EXPECT_EQ(e.code, 2) << e.str();
  EXPECT_THAT(e.err, AllOf(HasSubstr("dances"), HasSubstr("mend: ")));
}

TEST_F(CommandLineVerbs, MeasureGivesEstimatesAsInTheReport) {
  const std::string tag = "pqa/DE/judge:rubric/mean";
  const Json chosen = parse_json(printed({"measure", "runs/two", "--tag", tag, "--json"}), "stdout");
  ASSERT_EQ(chosen.size(), 1u);
  const Json report = place_.report("two");
  bool same = false;
  for (const Json& e : report.at("estimates").elements())
    if (e.at("tag").as_string() == tag) same = e.dump() == chosen.elements()[0].dump();
  EXPECT_TRUE(same) << chosen.dump();
  EXPECT_EQ(parse_json(printed({"measure", "runs/two", "--json"}), "stdout").size(),
            report.at("estimates").size());
  EXPECT_THAT(printed({"measure", "runs/two", "--tag", tag}),
              AllOf(HasSubstr(tag), HasSubstr("theirs"), HasSubstr("n=")));
}

// A script that asks for a number and gets none must notice, and still reads JSON.
TEST_F(CommandLineVerbs, MeasureThatMatchesNothingFails) {
  const Ended plain = place_.run({"measure", "runs/two", "--tag", "no/such/tag"});
  EXPECT_EQ(plain.code, 1) << plain.str();
  EXPECT_EQ(plain.out, "");
  const Ended json = place_.run({"measure", "runs/two", "--tag", "no/such/tag", "--json"});
  EXPECT_EQ(json.code, 1) << json.str();
  EXPECT_EQ(json.out, "[]\n");
  for (const Ended* e : {&plain, &json})
    EXPECT_THAT(e->err,
                AllOf(HasSubstr("no tag matches 'no/such/tag'"), HasSubstr("mend: 'undertone measure RUN'")));
}

TEST_F(CommandLineVerbs, PlanOfRecordedAnswersCountsThem) {
  const Workplace other;
  write_recorded_suite(other.path());
  const Ended e = other.run({"plan", "suite.json"});
  ASSERT_EQ(e.code, 0) << e.str();
  EXPECT_THAT(e.out, HasSubstr("to do: 0 steps of training, 2 answers, at most 2 verdicts"));
  EXPECT_FALSE(fs::exists(other / "runs")) << "planning makes no store";
  EXPECT_THAT(printed({"plan", "suite.json"}),
              HasSubstr("to do: 0 steps of training, 0 answers, at most 0 verdicts"));
}

TEST_F(CommandLineVerbs, ManifestNamesNoWeightsWhereNoneWereUsed) {
  EXPECT_EQ(place_.manifest("two").at("weights").size(), 0u);
}

}  // namespace
}  // namespace undertone::test
