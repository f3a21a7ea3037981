// Verdicts that come with a corpus: files verdicts/JUDGE.SCALE.jsonl, which datasets bring along and the
// judge `replay` gives again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/nouns.h"

namespace undertone {

struct VerdictFile {
  std::string judge;  // JUDGE of its name
  std::string scale;  // SCALE of its name: scale_label(), where the scale is known
  std::string path;   // for messages
  std::string text;   // its lines, as judges/replay.h reads them
  std::string name() const { return judge + "." + scale; }
};

// discrete_0_5, continuous_0_5, binary, percent; "unknown_scale" for none.
std::string_view scale_label(const std::optional<Scale>& scale);
std::optional<Scale> scale_from_label(std::string_view label);  // none for any other word

// The files in FOLDER/verdicts, by name; empty where there is no such folder. Throws Error{data} for a name
// that is not JUDGE.SCALE.jsonl, Error{io} where one cannot be read.
std::vector<VerdictFile> read_verdict_files(const std::string& folder);

}  // namespace undertone
