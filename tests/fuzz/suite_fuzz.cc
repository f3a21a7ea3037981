// The input is a suite; a line "===" begins a second file, parent.json, that the first may extend, and a line
// "---" an override. Whatever it holds, read_suite() answers with problems or with suites, and throws
// nothing.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/error.h"
#include "suites/spec.h"
#include "tests/support/suite_kinds.h"

namespace {

// Takes what follows the last `mark` line off `text`.
bool take_after(std::string& text, std::string_view mark, std::string& tail) {
  const std::size_t at = text.rfind(mark);
  if (at == std::string::npos) return false;
  tail = text.substr(at + mark.size());
  text.resize(at);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20000) return 0;  // a matrix multiplies what stands here
  std::string suite(reinterpret_cast<const char*>(data), size), parent, override_text;
  std::vector<std::string> overrides;
  while (overrides.size() < 4 && take_after(suite, "\n---\n", override_text))
    overrides.push_back(override_text);
  take_after(suite, "\n===\n", parent);
  const undertone::SuiteLoader load = [&](const std::string& path) -> std::string {
    if (path == "suite.json") return suite;
    if (path == "parent.json") return parent;
    throw undertone::Error(undertone::ErrorKind::io, "cannot open", path);
  };
  static const undertone::SuiteKinds kinds = undertone::test::fake_suite_kinds();
  const undertone::SuiteResult result = undertone::read_suite("suite.json", overrides, kinds, load);
  if (result.suites.empty() && result.problems.empty()) __builtin_trap();
  for (const undertone::Problem& p : result.problems)
    if (p.what.empty() || p.place.file.empty()) __builtin_trap();
  return 0;
}
