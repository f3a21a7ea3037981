#include <fmt/format.h>

#include <filesystem>

#include "judges/audit/audiobench_audit.h"

namespace undertone::audit {
namespace fs = std::filesystem;

std::vector<std::string> unknowable(const AudiobenchAudit& audit) {
  std::int64_t items = 0, failed = 0, logged = 0, with_failures = 0, none_logged = 0, no_fraction = 0;
  for (const FileAudit& f : audit.files) {
    if (!f.published.items) {
      ++no_fraction;
      continue;
    }
    items += *f.published.items;
    failed += *f.published.failed;
    logged += f.kept.failed;
    with_failures += *f.published.failed > 0;
    none_logged += *f.published.failed > 0 && f.kept.failed == 0;
  }
  std::vector<std::string> out;
  out.push_back(
      fmt::format("{} rows are kept of at least {} judged items: the others' replies cannot be read again",
                  audit.rows, items));
  if (failed > 0)
    out.push_back(
        fmt::format("at least {} verdicts failed, in {} files, and {} of them are kept: what the other {} "
                    "said, and the exact "
                    "means without their zeros, stay unknown ({} of these files keep none)",
                    failed, with_failures, logged, failed - logged, none_logged));
  out.push_back(
      "numbers of items are known up to a multiple: a mean of 1/2 comes from 2 items as from 2,000, and "
      "counts of "
      "failures grow with them");
  if (no_fraction > 0)
    out.push_back(fmt::format(
        "{} published scores have no fraction of their own: the number of items is unknown", no_fraction));
  out.push_back(
      "the kept rows are the first of each set, not a sample: they show that verdicts fail and judges "
      "disagree, "
      "not how often in the whole set");
  out.push_back(
      "no interval and no paired test of a difference between two published scores: they need every item's "
      "verdict");
  out.push_back("each file's scale is inferred from its kept rows and its score; no file states it");
  return out;
}

AudiobenchAudit audit_audiobench(std::span<const RecordedLog> logs, const std::string& folder) {
  AudiobenchAudit out;
  for (const RecordedLog& log : logs) {
    const std::string file = fs::relative(log.file, folder).generic_string();
    out.files.push_back(audit_file(log, file, out.failures));
    out.rows += static_cast<std::int64_t>(log.rows.size());
    for (std::string w : log.warnings) {
      if (w.starts_with(log.file)) w = file + w.substr(log.file.size());
      out.warnings.push_back(std::move(w));
    }
  }
  out.rankings = rank_models(out.files);
  compare_verdicts(logs, out);
  out.unknowable = unknowable(out);
  return out;
}

AudiobenchAudit audit_audiobench_folder(const std::string& folder) {
  return audit_audiobench(read_audiobench_logs(folder, ""), folder);
}

}  // namespace undertone::audit
