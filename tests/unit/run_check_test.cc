// A planted breach of every rule, and a sound run.
#include "harness/run/check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "harness/core/files.h"
#include "harness/text/prompt.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<ComplianceRule> shipped_rules() {
  const RulesRead read = read_rules(test::source_path("suites/rules/compliance.json"), known_checks());
  for (const Problem& p : read.problems) ADD_FAILURE() << p.str();
  return read.rules;
}

TrainItem item(const std::string& id, const std::string& pool, const std::string& metadata,
               const std::string& target) {
  return {id, "clip " + id, "", render_prompt("what is said in " + id + "?", metadata), target, pool, "C"};
}

ComplianceFacts sound() {
  ComplianceFacts f;
  f.suite = "planted";
  f.identity = "0123456789abcdef";
  const auto system = [&](const std::string& name, std::vector<std::string> pools, bool permute = false) {
    ComplianceFacts::System s;
    s.name = name;
    s.kind = "variant";
    s.model = "smollm2-135m-instruct";
    s.pools = std::move(pools);
    s.seeds = {1, 2};
    s.permute_emotions = permute;
    f.systems.push_back(s);
    for (const int seed : {1, 2})
      f.trainings.push_back({name, "", fmt::format("digest {} {}", name, seed), seed, 120, 24000 + seed});
  };
  system("S10", {"pqa"});
  system("S30", {"pqa", "cpqa"});
  system("S32", {"pqa", "cpqa"});
  system("placebo", {"pqa", "cpqa"}, true);
  for (const char* shown : {"question", "transcript", "labels", "labels_transcript"}) {
    ComplianceFacts::System s;
    s.name = shown;
    s.kind = "text";
    s.presentation = shown;
    s.model = "smollm2-135m-instruct";
    f.systems.push_back(s);
  }
  f.systems.push_back({"majority", "majority", "", "", {}, {}, false});
  ComplianceFacts::Dataset d;
  d.name = "speech";
  d.digest = "d1";
  d.licence = "Apache-2.0";
  d.read = true;
  d.clips = {{"a", "train", {"anna"}}, {"b", "train", {"ben", "anna"}}, {"c", "test", {"cleo"}}};
  d.questions = {{"q1", "train", "f/1", false}, {"q2", "test", "f/1", false}, {"q3", "test", "f/2", true}};
  f.datasets = {d};
  const auto training = [&](const std::string& name, const std::string& metadata, bool permuted, bool cpqa) {
    const std::string shown = metadata == "absent" ? "" : "[0.0-1.5 female sad]";
    ComplianceFacts::Prompts p{
        "items " + name, "speech", metadata, "audio", true, permuted, {item("q1", "pqa", shown, "yes")}};
    if (cpqa) p.items.push_back(item(permuted ? "q9" : "q4", "cpqa", shown, permuted ? "happy" : "sad"));
    f.prompts.push_back(p);
  };
  training("S10", "absent", false, false);
  training("S30", "absent", false, true);
  training("S32", "predicted", false, true);
  training("placebo", "absent", true, true);
  for (const char* metadata : {"absent", "gold"}) {
    ComplianceFacts::Prompts p{
        std::string("prompts audio ") + metadata, "speech", metadata, "audio", false, false, {}};
    p.items = {item("q2", "cpqa", std::string(metadata) == "gold" ? "[0.0-1.5 male angry]" : "", "")};
    f.prompts.push_back(p);
  }
  f.answers = {{"S10 seed 1 absent", "", {"q2", "q3"}}, {"S30 seed 1 absent", "", {"q2", "q3"}}};
  for (const auto& s : f.systems)
    f.coverage.push_back({s.name, "absent", "rubric", "cpqa/all/judge:rubric/mean", 200, 198, 2, false});
  f.judges = {{"rubric", "rubric", "1bff", {}}, {"llm", "local", "c912", {"gemma-3-270m"}}};
  for (const auto& s : f.systems)
    f.coverage.push_back({s.name, "absent", "llm", "cpqa/all/judge:llm/mean", 200, 200, 2, false});
  f.weights = {{"whisper-base", "d01c", "MIT"}};
  return f;
}

RuleFound found(const std::string& id, const std::function<void(ComplianceFacts&)>& breach) {
  ComplianceFacts f = sound();
  breach(f);
  RuleFound out;
  for (RuleFound& r : check_rules(shipped_rules(), f))
    if (r.rule.id == id) out = std::move(r);
  EXPECT_EQ(out.rule.id, id);
  return out;
}
// The rule is broken by it and says so; no other rule is.
void expect_broken(const std::string& id, const std::function<void(ComplianceFacts&)>& breach,
                   const std::string& says) {
  ComplianceFacts f = sound();
  breach(f);
  for (const RuleFound& r : check_rules(shipped_rules(), f)) {
    if (r.rule.id == id) {
      EXPECT_EQ(r.status, RuleStatus::broken) << id;
      EXPECT_THAT(r.evidence, Contains(HasSubstr(says))) << id;
    } else {
      EXPECT_EQ(r.status, RuleStatus::kept) << r.rule.id << ": " << testing::PrintToString(r.evidence);
    }
  }
}

TEST(Check, EveryCheckHasARuleThatShips) {
  std::vector<std::string> ids;
  for (const ComplianceRule& r : shipped_rules()) ids.push_back(r.id);
  EXPECT_EQ(ids, known_checks());
}

TEST(Check, ASoundRunKeepsEveryRuleWithEvidence) {
  for (const RuleFound& r : check_rules(shipped_rules(), sound())) {
    EXPECT_EQ(r.status, RuleStatus::kept) << r.rule.id << ": " << testing::PrintToString(r.evidence);
    EXPECT_FALSE(r.evidence.empty()) << r.rule.id;
  }
}

TEST(Check, Seeds) {
  expect_broken(
      "seeds-distinct",
      [](auto& f) {
        f.systems[1].seeds = {1, 1};
      },
      "'S30' has 2 seeds, of which 1 differ");
  expect_broken(
      "seeds-distinct", [](auto& f) { f.trainings[1].digest = f.trainings[0].digest; },
      "'S10' has the same weights for seeds 1 and 2");
}
TEST(Check, WhatTrainAndTestShare) {
  expect_broken(
      "clips-apart",
      [](auto& f) {
        f.datasets[0].clips.push_back({"a", "test", {"dora"}});
      },
      "1 clips are in both train and test: 'a'");
  expect_broken(
      "speakers-apart",
      [](auto& f) {
        f.datasets[0].clips[2].speakers = {"cleo", "ben"};
      },
      "'ben'");
  expect_broken(
      "wordings-apart",
      [](auto& f) {
        f.datasets[0].questions.push_back({"q5", "train", "f/2", false});
      },
      "marked unseen but trained on: 'f/2'");
  EXPECT_EQ(found("clips-apart", [](auto& f) { f.datasets[0].read = false; }).status,
            RuleStatus::cannot_tell);
  EXPECT_EQ(found("speakers-apart", [](auto& f) { f.datasets[0].clips[2].speakers.clear(); }).status,
            RuleStatus::cannot_tell);
}
TEST(Check, Prompts) {
  expect_broken(
      "prompts-equal", [](auto& f) { f.prompts[1].items[0].prompt += " Be brief."; },
      "items S10 and items S30, pool pqa");
  expect_broken(
      "prompts-equal",
      [](auto& f) { f.prompts[2].items[0].prompt = "Think. " + f.prompts[2].items[0].prompt + " Be brief."; },
      "differ by more than metadata");
  expect_broken(
      "prompts-equal", [](auto& f) { f.prompts[2].items[1].target = "glad"; }, "the targets of 'q4' differ");
  expect_broken(
      "prompts-equal", [](auto& f) { f.prompts[5].items[0].id = "q3"; }, "stand in one place");
  expect_broken(
      "prompts-equal", [](auto& f) { f.prompts[3].items[0].target = "no"; }, "items placebo");
  EXPECT_EQ(found("prompts-equal", [](auto& f) { f.prompts.clear(); }).status, RuleStatus::cannot_tell);
}
TEST(Check, Trainings) {
  expect_broken(
      "steps-equal", [](auto& f) { f.trainings[3].steps = 121; }, "'S30' seed 2 has 121");
  expect_broken(
      "tokens-equal", [](auto& f) { f.trainings[3].target_tokens = 24500; }, "24500");
  EXPECT_EQ(found("tokens-equal", [](auto& f) { f.trainings[3].target_tokens = 24200; }).status,
            RuleStatus::kept)
      << "within 1 %";
  EXPECT_EQ(found("steps-equal", [](auto& f) { f.trainings.clear(); }).status, RuleStatus::cannot_tell);
}
TEST(Check, Judges) {
  const auto kin = [](ComplianceFacts& f) { f.judges[1].models = {"HuggingFaceTB/SmolLM2-1.7B-Instruct"}; };
  expect_broken("judge-apart", kin, "of one family");
  EXPECT_EQ(found("judge-apart",
                  [&](auto& f) {
                    kin(f);
                    for (auto& c : f.coverage) c.circular = c.judge == "llm";
                  })
                .status,
            RuleStatus::kept)
      << "marked";
  expect_broken(
      "judge-apart",
      [](auto& f) {
        f.judges[1].models = {"qwen2-7b", "smollm2-135m-instruct"};
      },
      "of one family");
  EXPECT_EQ(found("judge-apart", [](auto& f) { f.systems[0].model.clear(); }).status,
            RuleStatus::cannot_tell);
  EXPECT_EQ(model_family("meta-llama/Meta-Llama-3-70B"), "meta");
  EXPECT_EQ(model_family("gpt-4o"), "gpt");
}
TEST(Check, Items) {
  expect_broken(
      "items-equal", [](auto& f) { f.answers[1].questions.erase("q3"); }, "'S30 seed 1 absent' answers 1");
  EXPECT_EQ(found("items-equal", [](auto& f) { f.answers.clear(); }).status, RuleStatus::cannot_tell);
  EXPECT_EQ(found("items-equal",
                  [](auto& f) {
                    f.answers.clear();
                    f.coverage[2].asked = f.coverage[2].scored = 198;
                  })
                .status,
            RuleStatus::broken);
}
TEST(Check, Coverage) {
  expect_broken(
      "coverage", [](auto& f) { f.coverage[1].scored = 180; }, "of 'S30' absent: 180 of 200 scored");
}
TEST(Check, DigestsAndLicences) {
  expect_broken(
      "digests-known", [](auto& f) { f.datasets[0].digest.clear(); }, "corpus 'speech' has no digest");
  expect_broken(
      "digests-known", [](auto& f) { f.weights[0].sha256.clear(); }, "'whisper-base' have no digest");
  expect_broken(
      "digests-known", [](auto& f) { f.judges[0].identity.clear(); }, "judge 'rubric' has no identity");
  expect_broken(
      "licences-known", [](auto& f) { f.weights[0].licence.clear(); }, "'whisper-base'");
  expect_broken(
      "licences-known", [](auto& f) { f.datasets[0].licence.clear(); }, "corpus 'speech'");
}
TEST(Check, Controls) {
  for (const auto& [name, says] :
       {std::pair{"placebo", "no placebo"}, std::pair{"S10", "no continued base"},
        std::pair{"transcript", "given the transcript"}, std::pair{"majority", "no majority"}})
    EXPECT_THAT(found("controls-present",
                      [n = std::string(name)](auto& f) {
                        std::erase_if(f.systems, [&](const auto& s) { return s.name == n; });
                      })
                    .evidence,
                Contains(HasSubstr(says)));
}

TEST(Check, RulesAreReadWithTheirPlaces) {
  test::TemporaryFolder folder;
  write_file_atomically(folder / "rules.json",
                        "{\"schema\": \"undertone.rules/1\", \"rules\": {\n\"seed-distinct\": {\"what\": "
                        "\"a\", \"why\": \"b\", \"floor\": 2}}}");
  const RulesRead read = read_rules(folder / "rules.json", known_checks());
  std::vector<std::string> said;
  for (const Problem& p : read.problems) said.push_back(p.str());
  EXPECT_THAT(said,
              AllOf(Contains(AllOf(HasSubstr("rules.json:2:"), HasSubstr("did you mean 'seeds-distinct'"))),
                    Contains(HasSubstr("out of range"))));
}

}  // namespace
}  // namespace undertone
