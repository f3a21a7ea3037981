// Any bytes as any of the formats of recorded ratings: a clear error, or a table whose cells all belong to
// it; what is written of it reads back to the same bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "datasets/import_lm_eval.h"
#include "datasets/import_ratings.h"
#include "harness/core/error.h"

namespace {

template <class F>
void reads_or_says(F&& read) {
  using namespace undertone;
  try {
    for (const RatingTable& t : read())
      if (t.cells.size() != t.items.size() * t.raters.size()) std::abort();
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::internal) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  reads_or_says([&] { return parse_judge_bench(text, "f.json"); });
  reads_or_says([&] { return parse_unieval(text, "f.json"); });
  reads_or_says([&] { return std::vector{parse_lm_eval(text, "samples_t.jsonl").metrics}; });
  reads_or_says([&] {
    const auto tables = parse_ratings(text, "f.jsonl");
    const std::string once = write_ratings(tables);
    if (write_ratings(parse_ratings(once, "f.jsonl")) != once) std::abort();
    return tables;
  });
  return 0;
}
