// What `undertone analyze` shows: the tables of an analysis, written by the writers that reports use.
#pragma once

#include <string>
#include <vector>

#include "metrics/analysis/analyze.h"
#include "reports/report.h"
#include "reports/table.h"

namespace undertone {

// One judge after the other: means, differences, ranks, noise, human, favours; then agreement between judges.
std::vector<Table> analysis_tables(const analysis::Scores& scores, const analysis::Analysis& result);
// --check: which column is what, how many of each there are, what the file supports.
std::vector<Table> check_tables(const analysis::TextTable& table, const analysis::Columns& columns,
                                const analysis::Scores& scores);

// In one to three sentences, from the first judge's estimates: who leads, and whether anything is told apart.
std::vector<std::string> analysis_sentences(const analysis::Scores& scores, const analysis::Analysis& result);

// Sentences, notes and tables for a terminal.
std::string analysis_text(const analysis::Scores& scores, const analysis::Analysis& result);
std::string check_text(const analysis::TextTable& table, const analysis::Columns& columns,
                       const analysis::Scores& scores);

// Schema undertone.analysis, version 1: results only, every estimate with every key.
std::string analysis_json(const analysis::Scores& scores, const analysis::Analysis& result);
std::string check_json(const analysis::TextTable& table, const analysis::Columns& columns,
                       const analysis::Scores& scores);

// One self-contained page, with plots of means and differences. `command`: what gives it again.
std::string analysis_html(const analysis::Scores& scores, const analysis::Analysis& result,
                          const std::string& command, const HtmlOptions& options);

}  // namespace undertone
