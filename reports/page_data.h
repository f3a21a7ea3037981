// What the page's scripts read: items, answers, verdicts and plots as compact JSON. Texts are held once and
// named by number.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reports/report.h"

namespace undertone {

struct PageDataOptions {
  std::set<std::string> audio_clips;  // ids of the clips whose audio goes in
  bool rationales = true;             // verdicts' rationales; dropped first where the page grows too large
};

// assets/page.js documents the layout. Every answer and every verdict of `data.items` is in it.
Json page_data(const ReportData& data, const PageDataOptions& options);

// Up to `most` clips with audio, spread evenly over the items so that every kind of question has some.
std::set<std::string> choose_audio_clips(const ReportData& data, int most);

// Dots with intervals: main (systems x conditions), contrasts (differences), types and reasoning (systems x
// slices x conditions).
Json plot_data(const ReportData& data);

}  // namespace undertone
