// What a prompt of a shipped rubric holds, as a stub judge reads it.
#pragma once

#include <string>

#include "harness/core/json.h"
#include "tests/support/stub_server.h"

namespace undertone::test {

inline std::string prompt_in(const StubRequest& request) {
  return parse_json(request.body, "request").at("messages").elements().back().at("content").as_string();
}
// Between its two marks.
inline std::string answer_in(const StubRequest& request) {
  const std::string prompt = prompt_in(request), before = "The model's answer:\n";
  const std::size_t mark = prompt.find(before) + before.size(), begin = prompt.find('\n', mark) + 1;
  const std::string nonce = prompt.substr(mark, begin - 1 - mark);
  return prompt.substr(begin, prompt.find("\n" + nonce, begin) - begin);
}
inline std::string reference_in(const StubRequest& request) {
  const std::string prompt = prompt_in(request), before = "Reference answer: ";
  const std::size_t begin = prompt.find(before) + before.size();
  return prompt.substr(begin, prompt.find('\n', begin) - begin);
}
inline StubReply rating(int value) {
  return {.body = completion("{\"rating\":" + std::to_string(value) + "}")};
}

}  // namespace undertone::test
