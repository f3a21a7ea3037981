// Any bytes as a file of scores: read and analysed, or an error with a place; and the same twice. The first
// byte says which format.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/core/error.h"
#include "metrics/analysis/analyze.h"

namespace {

std::string outcome(std::string_view bytes, undertone::analysis::TableFormat format) {
  using namespace undertone;
  try {
    const auto table = analysis::parse_table(bytes, "file", format);
    for (const auto& c : table.columns)
      if (c.row.size() != table.rows()) std::abort();
    const auto columns = analysis::understand(table, {});
    const auto scores = analysis::read_scores(table, columns, {});
    if (scores.rows.size() > 2000 || scores.covariates.size() > 8) return "large";
    analysis::AnalysisSettings settings;
    settings.resamples = 20;
    std::string out;
    for (const auto& j : analysis::analyze(scores, settings).judges)
      for (const Estimate& e : j.estimates) {
        for (const auto& v : {e.value, e.low, e.high, e.p_value})
          if (v && !std::isfinite(*v) && std::fabs(scores.rows.front().score.value_or(0)) < 1e100)
            return out + "overflow";
        if (e.p_value && !(*e.p_value > 0 && *e.p_value <= 1)) std::abort();
        out += e.tag + (e.value ? std::to_string(*e.value) : e.reason);
      }
    return out;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::internal || e.place().empty()) std::abort();
    return e.what();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using undertone::analysis::TableFormat;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const TableFormat format = data[0] % 2 ? TableFormat::csv : TableFormat::jsonl;
  if (outcome(bytes, format) != outcome(bytes, format)) std::abort();
  return 0;
}
