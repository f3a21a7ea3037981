// Any bytes must map without a crash, and the span must lie inside the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/text/label_mapping.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* attribute :
       {"emotion", "gender", "speakers", "sentiment", "valence", "arousal", "unknown"}) {
    const MappedLabel m = map_label(attribute, text);
    if (m.begin > m.end || m.end > text.size() || m.rule.empty()) std::abort();
    for (const LabelMention& one : label_mentions(attribute, text))
      if (one.begin >= one.end || one.end > text.size()) std::abort();
  }
  // The first line is a filler, the rest a text.
  const std::size_t line = text.find('\n');
  if (line != std::string_view::npos) {
    const std::string fillers[] = {std::string(text.substr(0, line)), "the house"};
    const MappedLabel m = map_filler(text.substr(line + 1), fillers);
    if (m.begin > m.end || m.end > size) std::abort();
  }
  return 0;
}
