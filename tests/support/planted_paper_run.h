// Runs of which only the report's estimates are made, with known effects: what a comparison with a paper
// reads.
#pragma once

#include <string>
#include <vector>

#include "harness/core/error.h"
#include "harness/run/reproduce.h"
#include "tests/support/test_data.h"

namespace undertone::test {

inline PaperSpec shipped_paper(const std::string& id = "2508.07273") {
  const PaperRead read = read_paper(source_path("suites/paper/" + id + ".json"));
  if (!read.problems.empty()) throw Error(ErrorKind::internal, read.problems.front().str());
  PaperSpec paper = read.paper;
  paper.file = "paper.json";
  return paper;
}

// An estimate whose interval is a t over `units`.
inline Estimate planted(const std::string& tag, const std::string& system, const std::string& condition,
                        double value, double half_width, std::int64_t units, const std::string& scale) {
  Estimate e;
  e.tag = tag;
  e.system = system;
  e.test_condition = condition;
  e.kind = "value";
  e.value = value;
  e.low = value - half_width;
  e.high = value + half_width;
  e.method = "clustered t";
  e.unit = scale;
  e.unit_resampled = "speaker";
  e.units = units;
  e.n = e.asked = e.scored = units * 3;
  return e;
}
inline Estimate planted_difference(const std::string& path, const std::string& system,
                                   const std::string& condition, const std::string& baseline, double value,
                                   double half_width, std::int64_t units, const std::string& scale) {
  Estimate e = planted(path + "/difference", system, condition, value, half_width, units, scale);
  e.kind = "difference";
  e.baseline = baseline;
  return e;
}

struct PlantedMeans {
  double s10 = 41.0, s20 = 52.06, s30 = 56.75, s32 = 59.87;
  double half_width = 0.8;
};

// The paper's own models, judge and kind of questions, on other clips; `set` asserts that they are drawn
// alike.
inline RunFacts paper_sized_run(const PlantedMeans& m = {}) {
  RunFacts run;
  run.suite = "paper";
  run.identity = "5a5a5a5a5a5a5a5a";
  run.primary_judge = "gpt";
  run.encoder = "whisper-large-v3";
  run.decoder = "gemma-2-9b-it";
  run.judges = {{"gpt", "endpoint", "gpt-4o", "0-100"}};
  run.datasets = {{"cpqa", "manifest", "", "0123"}};
  run.set_of = {{"cpqa", "human"}};
  run.clips = 4800;
  const std::vector<std::string> all{"asr", "pqa", "pqa_star", "cpqa"};
  run.systems = {{"S10", "variant", "absent", {"asr", "pqa"}},
                 {"S20", "variant", "absent", {"asr", "pqa", "pqa_star"}},
                 {"S30", "variant", "absent", all},
                 {"S32", "variant", "predicted", all}};
  const std::string path = "cpqa/all/judge:gpt";
  const auto mean = [&](const char* system, const char* condition, double value) {
    run.estimates.push_back(planted(path + "/mean", system, condition, value, m.half_width, 2400, "%"));
  };
  mean("S10", "absent", m.s10);
  mean("S20", "absent", m.s20);
  mean("S30", "absent", m.s30);
  mean("S32", "predicted", m.s32);
  const auto difference = [&](const char* system, const char* condition, const char* baseline, double value) {
    run.estimates.push_back(
        planted_difference(path, system, condition, baseline, value, m.half_width, 2400, "%"));
  };
  difference("S20", "absent", "S10", m.s20 - m.s10);
  difference("S30", "absent", "S10", m.s30 - m.s10);
  difference("S32", "predicted", "S10@absent", m.s32 - m.s10);
  return run;
}

// The experiment in small: another model, template questions, a rubric on 0 to 5. `placebo`: what is left of
// the gain when the emotions are permuted; `direct`: what CPQA training does to direct emotion questions.
inline RunFacts small_run(double implicit = 0.34, double over_placebo = 0.30, double direct = -0.6,
                          double half_width = 0.1) {
  RunFacts run;
  run.suite = "small";
  run.identity = "a5a5a5a5a5a5a5a5";
  run.primary_judge = "rubric";
  run.encoder = "whisper-base";
  run.decoder = "a random start";
  run.judges = {{"embedding", "embedding", "", "0-5 continuous"}, {"rubric", "rubric", "", "0-5 continuous"}};
  run.datasets = {{"speech", "synthetic", "template QA", "4567"}};
  run.clips = 160;
  const std::vector<std::string> all{"asr", "pqa", "pqa_star", "cpqa"};
  run.systems = {{"S10", "variant", "absent", {"asr", "pqa"}},
                 {"S20", "variant", "absent", {"asr", "pqa", "pqa_star"}},
                 {"S30", "variant", "absent", all},
                 {"S32", "variant", "predicted", all},
                 {"placebo", "variant", "absent", all}};
  const std::string scale = "0-5";
  const auto add = [&](const char* system, const char* condition, double value) {
    for (const char* judge : {"rubric", "embedding"})
      for (const char* slice : {"cpqa/all", "cpqa/C", "cpqa/CE", "cpqa/CG"})
        run.estimates.push_back(planted(std::string(slice) + "/judge:" + judge + "/mean", system, condition,
                                        value, half_width, 34, scale));
    run.estimates.push_back(
        planted("cpqa/all/emotion/accuracy", system, condition, value / 5, half_width / 5, 34, "1"));
  };
  add("S10", "absent", 2.0);
  add("S20", "absent", 2.2);
  add("S30", "absent", 2.0 + implicit);
  add("S30", "predicted", 2.3 + implicit);
  add("S32", "predicted", 2.6 + implicit);
  add("S32", "absent", 2.0 + implicit);
  add("placebo", "absent", 2.0 + implicit - over_placebo);
  const auto contrast = [&](const char* system, const char* condition, const char* baseline, double value) {
    run.estimates.push_back(planted_difference("cpqa/all/judge:rubric", system, condition, baseline, value,
                                               half_width, 34, scale));
  };
  contrast("S20", "absent", "S10", 0.2);
  contrast("S30", "absent", "S10", implicit);
  contrast("S30", "absent", "placebo", over_placebo);
  contrast("S32", "predicted", "S30", 0.3);
  contrast("S32", "predicted", "S32@absent", 0.6);
  contrast("S32", "predicted", "S10@absent", 0.6 + implicit);
  run.estimates.push_back(
      planted_difference("pqa/DE/judge:rubric", "S30", "absent", "S10", direct, 2 * half_width, 30, scale));
  for (const char* judge : {"embedding", "rubric"}) {
    run.estimates.push_back(
        planted(std::string("cpqa/all/judge:") + judge + "~accuracy/spearman", "", "", 0.7, 0.08, 34, "1"));
    run.estimates.back().judge = judge;
  }
  run.estimates.back().circular = true;  // the rubric's
  run.estimates.back().reason = "the judge and the label mapping share a lexicon";
  return run;
}

/// By value: a comparison is often a temporary.
inline PaperCellFound cell_of(const PaperComparison& found, const std::string& name) {
  for (const PaperCellFound& c : found.cells)
    if (c.name == name) return c;
  throw Error(ErrorKind::internal, "no cell " + name);
}
inline PaperClaimFound claim_of(const PaperComparison& found, const std::string& name) {
  for (const PaperClaimFound& c : found.claims)
    if (c.name == name) return c;
  throw Error(ErrorKind::internal, "no claim " + name);
}

}  // namespace undertone::test
