// Any bytes: an Error, or a value that is written and read back as itself, with places inside the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/core/error.h"
#include "harness/core/json.h"
#include "harness/core/nouns.h"

namespace {

using undertone::Json;

void check_places(const Json& v, int lines) {
  if (v.place().line < 1 || v.place().line > lines || v.place().column < 1) std::abort();
  if (v.is_array())
    for (const Json& e : v.elements()) check_places(e, lines);
  if (v.is_object())
    for (const auto& [key, e] : v.members()) check_places(e, lines);
}

template <class Read>
void try_noun(const Json& v, Read read) {
  try {
    const auto noun = read(v);
    const std::string written = to_json(noun).dump();
    if (to_json(read(undertone::parse_json(written, "written"))).dump() != written) std::abort();
  } catch (const undertone::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  int lines = 1;
  for (char c : text) lines += c == '\n' ? 1 : 0;
  for (const bool comments : {false, true}) {
    Json v;
    try {
      v = undertone::parse_json(text, "input", {.comments = comments});
    } catch (const undertone::Error&) {
      continue;
    }
    check_places(v, lines);
    if (!(undertone::parse_json(v.dump(), "dump") == v)) std::abort();
    if (undertone::parse_json(v.canonical(), "canonical").canonical() != v.canonical()) std::abort();
    try_noun(v, undertone::clip_from_json);
    try_noun(v, undertone::question_from_json);
    try_noun(v, undertone::answer_from_json);
    try_noun(v, undertone::verdict_from_json);
    try_noun(v, undertone::estimate_from_json);
  }
  try {
    undertone::parse_jsonl(text, "input");
  } catch (const undertone::Error&) {
  }
  return 0;
}
