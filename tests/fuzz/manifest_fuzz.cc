// Any bytes as the lines of a manifest: each is a clip or question that survives writing and reading, or
// Error{data}.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "datasets/emodb.h"
#include "harness/core/error.h"
#include "harness/core/nouns.h"

namespace {

template <class Read>
void round_trip(const undertone::Json& line, Read read) {
  using namespace undertone;
  try {
    const Json once = to_json(read(line));
    if (to_json(read(parse_json(once.dump(), "fuzz"))).dump() != once.dump()) std::abort();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::data) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    for (const Json& line : parse_jsonl(text, "fuzz")) {
      round_trip(line, clip_from_json);
      round_trip(line, question_from_json);
    }
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::data) std::abort();
  }
  try {
    for (const auto& [stem, rating] : parse_emodb_ratings(text, "fuzz"))
      if (!(rating.recognised >= 0 && rating.recognised <= 1)) std::abort();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::data) std::abort();
  }
  return 0;
}
