// Any bytes as an AudioBench log: a clear error, or an audit that counts every row once and invents no
// rating.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/error.h"
#include "judges/audit/audiobench_audit.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  try {
    const std::vector<RecordedLog> logs = {parse_audiobench_log(
        std::string_view(reinterpret_cast<const char*>(data), size), "/logs/m/s_j_judge_score.json")};
    const audit::AudiobenchAudit found = audit::audit_audiobench(logs, "/logs");
    const auto& kept = found.files.front().kept;
    if (kept.scored + kept.failed != kept.rows || kept.legible > kept.failed) std::abort();
    if (found.failures.size() != static_cast<std::size_t>(kept.failed)) std::abort();
    for (const auto& f : found.failures)
      if (f.legible && !logs.front().scale->admits(*f.legible)) std::abort();
    const std::string written = audit::to_json(found).dump();
    if (parse_json(written, "written").dump() != written) std::abort();
    audit::to_text(found);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::internal) std::abort();
  }
  return 0;
}
