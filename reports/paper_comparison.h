// A run beside a paper's tables: what `undertone reproduce` found, and its writers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/paper_verdict.h"
#include "reports/report.h"
#include "reports/table.h"

namespace undertone {

// A contrast or value of the run that a verdict rests on.
struct PaperEvidence {
  std::string what;  // "S30 − S10, absent"
  std::string role;  // "the claim", "placebo", "same condition"
  std::string says;  // of a control: what it would show
  std::optional<double> value, low, high;
  std::string unit;  // "0-5", "%", "1"
  double level = 0.95;
  bool paired = true;  // false: from two estimates taken as independent
  std::int64_t units = 0;
  int seeds = 0;
  paper::Judged judged;
};

struct PaperCellFound {
  std::string name, system, set, type, judge, measure, printed, direction, source, confidence;
  double margin = 0;
  // Ours, as it stands in the run's report, on the run's own scale.
  std::optional<double> value, low, high;
  std::string scale, our_judge, condition;
  std::int64_t n = 0, units = 0;
  int seeds = 0;
  // The difference to what was printed, in printed units, where the two can be compared.
  std::optional<double> difference;
  paper::Judged judged;
};

struct PaperClaimFound {
  std::string name, kind, says, source, confidence, printed;
  std::string scope;  // "value", "order and direction", or "" where nothing is tested
  paper::Verdict verdict = paper::Verdict::not_comparable;
  std::string why, needs;
  std::optional<double> p_value, p_adjusted;  // of a direction: the largest of its parts, and after Holm
  std::vector<PaperEvidence> evidence;
};

struct PaperComparison {
  std::string paper, title, venue, file, digest;
  double margin = 0, level = 0.95;
  std::string suite, identity, description;
  std::string comparability;  // in a sentence
  std::vector<std::string> rule, notes;
  std::vector<std::string> systems;  // of the paper, in its order: the rows of its layout
  std::vector<PaperCellFound> cells;
  std::vector<PaperClaimFound> claims;

  bool gate_fails() const;  // a claim is NOT REPRODUCED
};

std::vector<Table> paper_tables(const PaperComparison& found);  // claims, values, evidence
Table paper_cell_table(const PaperComparison& found);
// How many claims have which verdict, in a sentence.
std::string paper_sentence(const PaperComparison& found);
std::string paper_text(const PaperComparison& found);  // for a terminal
std::string paper_markdown(const PaperComparison& found);
// Schema undertone.reproduce, version 1: "cells" and "claims", each with its verdict and evidence.
std::string paper_json(const PaperComparison& found);
// A table environment in the paper's layout; needs \usepackage{booktabs}.
std::string paper_latex(const PaperComparison& found);
std::string paper_html(const PaperComparison& found, const std::string& command, const HtmlOptions& options);

}  // namespace undertone
