// The tables of a report, independent of how they are written: Markdown, HTML and LaTeX show the same cells.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/report.h"

namespace undertone {

struct Cell {
  std::string text;             // "3.42", or a dash where undefined
  std::string detail;           // "[3.10, 3.74] 480/480"
  std::string reason;           // why undefined, or a caveat
  std::optional<double> share;  // place of the value on its scale, [0, 1], for shading
  std::string origin = {};  // of an estimate: method, n, units, missing, and the command that gives it again
  std::string audio = {};   // path of what was heard, for a page to play
};
struct TableRow {
  std::string name, detail;
  std::vector<Cell> cells;
};
struct TableGroup {
  std::string heading;  // "" for the first
  std::vector<TableRow> rows;
};
struct Table {
  std::string id, title, caption;
  std::string corner;  // heading of the column of row names
  std::vector<std::string> columns;
  std::vector<TableGroup> groups;
  bool empty() const;
};

std::string format_number(double value, int decimals = 2);  // minus sign as "-", no "-0.00"
// "[low, high]", or "" where either is undefined.
std::string format_interval(const Estimate& e);
std::string format_interval(std::optional<double> low, std::optional<double> high, int decimals = 2);
std::string format_count(std::int64_t n);  // "12,345"
Cell text_cell(std::string text, std::string reason = "");
// value, interval and scored/asked of an estimate; null gives an empty cell.
Cell estimate_cell(const Estimate* e);

// Variants x test condition, controls in a group of their own.
Table main_table(const ReportData& data);
// The same systems by question type, "types" and reasoning: one row per system and condition.
Table types_table(const ReportData& data);
Table reasoning_table(const ReportData& data);  // binding beside conjunctive
Table wording_table(const ReportData& data);    // seen beside unseen
// The recogniser of predicted metadata: out of fold, at test, and the gap between them, side by side.
Table recogniser_table(const ReportData& data);
Table contrast_table(const ReportData& data);  // differences and gains, declared ones first
// How the error bars would look if answers were independent draws, beside what they are.
Table independence_table(const ReportData& data);
Table halves_table(const ReportData& data);      // parts of the primary judge: content, paralinguistic
std::string difference_name(const Estimate& e);  // "S30 (absent) − placebo"
std::string metric_name(std::string name);       // "uar" -> "UAR"
std::vector<Table> classification_tables(const ReportData& data);  // one per attribute
Table text_table(const ReportData& data);                          // exact match, word error rate
std::vector<Table> correlation_tables(
    const ReportData& data);                       // judge against metric: all systems, each system
Table other_judges_table(const ReportData& data);  // means of the judges that are not primary
Table failure_table(const ReportData& data);  // answers and verdicts that are no answer or no score, by kind
Table canary_table(const ReportData& data);   // judges on their frozen anchors
Table system_table(const ReportData& data);   // what each system is

// Every table that is not empty, in the order of the page.
std::vector<Table> report_tables(const ReportData& data);

// Nested counts and figures (ReportData::questions, recogniser) as rows "path: value", arrays of objects as
// tables.
std::vector<Table> json_tables(const Json& json, std::string_view id, std::string_view title);

}  // namespace undertone
