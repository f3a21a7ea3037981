// A paper's tables as data: suites/paper/ID.json. What was printed is kept as it was printed, so that a value
// brings its decimals along; claims are assertions over cells, and a claim that its own cells contradict is a
// problem of the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/fields.h"

namespace undertone {

// "59.87" as a number: the value, and half a unit of its last decimal, by which the truth may be off.
struct Printed {
  std::string text;
  double value = 0, rounding = 0;
};
std::optional<Printed> printed_number(
    const std::string& text);  // nothing unless digits with an optional sign and point

struct PaperJudge {
  std::string name, what;
  std::vector<std::string> models;  // names by which an endpoint or a local judge asks for it
  std::string scale;                // as Scale::name() gives it
  double times = 1;                 // printed points of one point of the scale
};
struct PaperSet {  // of questions about clips
  std::string name, what;
  std::string pool = "cpqa";         // of this program: "cpqa" contextual, "pqa" direct
  std::int64_t clips = 0;            // 0: not known
  std::string provenance;            // of the questions: "human", "llm"; "" not known
  std::vector<std::string> digests;  // of corpora that hold the very clips and questions
};
struct PaperSystem {
  std::string name, what;
  std::vector<std::string> pools;  // of this program; empty: not trained in the paper
  std::string train_metadata = "absent", condition = "absent";
};
struct PaperCell {
  std::string name, system, set, type = "all", judge, source, confidence;
  std::string measure = "mean";      // "mean" of the judge's scores, or "pearson" with humans
  std::string direction = "higher";  // what is better
  Printed printed;
  std::optional<double> margin;  // in printed units; else the paper's
};
// A contrast beside a claim: what else must hold for the claim to mean what it says.
struct PaperControl {
  std::string role;  // "placebo": the same training without what is claimed to help; "same condition"
  std::string system, baseline, system_condition, baseline_condition, says;
};
struct PaperClaim {
  std::string name, kind, says, source, confidence;
  std::vector<std::string> cells;  // in the order that the kind gives them a meaning, see paper.cc
  std::optional<Printed> printed;  // of a gain, in percent
  std::string system, baseline, set, than_set;  // where the claim is over cells whose values are not known
  std::string measure;                          // "same_order", "rises": the metric beside the judge
  std::vector<PaperControl> controls;
};
struct PaperSpec {
  std::string file, digest;  // SHA-256 of the file: margins stand in it
  std::string id, title, venue;
  double margin = 1.5, level = 0.95;
  std::vector<std::string> encoders, decoders;  // names of weights that are the paper's; empty: not known
  std::vector<PaperJudge> judges;
  std::vector<PaperSet> sets;
  std::vector<PaperSystem> systems;
  std::vector<PaperCell> cells;
  std::vector<PaperClaim> claims;

  const PaperJudge& judge(const std::string& name) const;
  const PaperSet& set(const std::string& name) const;
  const PaperSystem& system(const std::string& name) const;
  const PaperCell& cell(const std::string& name) const;
};

struct PaperRead {
  PaperSpec paper;
  std::vector<Problem> problems;  // when not empty, `paper` must not be used
};
// Reads JSON with comments. Throws Error{data} for a file that is no JSON, Error{io} where there is none.
PaperRead read_paper(const std::string& path);

// paper/ID.json below the shipped suites, or a path: what --paper means. Throws Error{usage} that lists the
// known ones.
std::string find_paper(const std::string& id_or_path, const std::string& suites_folder);
std::vector<std::string> shipped_papers(const std::string& suites_folder);  // paths, sorted

}  // namespace undertone
