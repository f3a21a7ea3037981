// A page that is not a suite's report: the same template, style, tables and plots.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/report.h"
#include "reports/table.h"

namespace undertone {

struct PagePlot {  // dots with intervals, above the table of this id
  std::string table, title;
  bool zero = false;  // a line at zero
  struct Dot {
    std::string name;
    std::optional<double> value, low, high;
  };
  std::vector<Dot> dots;
};
struct Page {
  std::string kicker, title, description, headline, footer;
  std::vector<std::string> facts, sentences, cautions;
  std::vector<Table> tables;
  std::vector<PagePlot> plots;
};
std::string page_html(const Page& page, const HtmlOptions& options);

}  // namespace undertone
