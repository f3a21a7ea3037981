// Any bytes as a rubric file: problems, or a rubric that renders whatever fills its slots, with the answer
// inside its fence.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/core/error.h"
#include "judges/prompt_rubric.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  const std::string text(reinterpret_cast<const char*>(data), size);
  Json json;
  try {
    json = parse_json(text, "rubric.json", {.comments = true});
  } catch (const Error&) {
    return 0;
  }
  std::vector<Problem> problems;
  const PromptRubric rubric = read_prompt_rubric(json, problems);
  if (!problems.empty()) return 0;
  std::string answer = "\x01{nonce}{answer}\x02";  // a mark that a rubric's text can hardly hold
  const RenderedRubric r =
      render_rubric(rubric, "seed", "item",
                    {{"question", "{reference}"}, {"reference", "r"}, {"answer", answer}, {"context", "c"}});
  const std::string& prompt = r.messages.back().content;
  const std::size_t first = prompt.find(r.nonce), last = prompt.rfind(r.nonce);
  if (first == std::string::npos || first == last) std::abort();
  if (rubric.caps.at("answer") >= answer.size()) {
    const std::size_t at = prompt.find(answer, first);
    if (at == std::string::npos || at > last) std::abort();
  }
  return 0;
}
