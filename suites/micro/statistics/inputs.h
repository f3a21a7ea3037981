// What the benchmarks of statistics work on: made from named streams, the same for us and for the peers, to
// which main writes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace undertone::micro {

inline constexpr std::size_t kClips = 480, kQuestions = 3, kClasses = 7, kMany = 1'000'000;
inline constexpr int kResamples = 10'000;

struct Inputs {
  // By clip, then question: scores of two systems, and the clip of each.
  std::vector<double> score, baseline;
  std::vector<std::uint32_t> clip;
  std::vector<std::int32_t> gold, answered;            // 480 clips x 3, 7 classes
  std::vector<double> rating_x, rating_y;              // 480 clips x 3, 0-5
  std::vector<double> values;                          // 1,000
  std::vector<double> item_x, item_y;                  // 1,000, 0-5
  std::vector<double> many_x, many_y;                  // 1,000,000, 0-5
  std::vector<std::int32_t> item_gold, item_answered;  // 2,610
  std::vector<double> smooth_x, smooth_y;              // 1,000, continuous
  std::vector<std::int32_t> many_gold, many_answered;  // 1,000,000
  std::vector<double> many_smooth_x, many_smooth_y;    // 1,000,000, continuous
};
const Inputs& inputs();  // made on the first call
// Raw little-endian arrays NAME.f64, NAME.i32 and NAME.u32 in `folder`.
void write_inputs(const std::string& folder);

// The benchmarks of each file.
void register_loop();         // the cluster bootstrap against a plain loop
void register_clustered();    // whole clips are drawn
void register_independent();  // items are drawn
void register_report();       // every number of the demo's report
void register_whole();        // no draws: classification scores, Kendall
}  // namespace undertone::micro
