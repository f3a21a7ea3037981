// Any bytes as question, reference, gold labels and answer: the rubric gives a verdict on its scale or none,
// never throws, and gives the same verdict twice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "judges/rubric.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto take = [&] {  // up to the next newline
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string part(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
  };
  Question question;
  question.text = take();
  question.reference = take();
  for (const char* slot :
       {"emotion", "emotion_before", "emotion_after", "gender", "speakers", "object", "who"})
    if (std::string gold = take(); !gold.empty()) question.gold[slot] = gold;
  Clip clip;
  clip.segments.resize(1);
  clip.segments[0].slots["object"] = take();
  const JudgeItem item{&question, &clip, std::string(rest)};
  const Verdict first = judge_by_rubric(graded_rubric(), item),
                second = judge_by_rubric(graded_rubric(), item);
  if (verdict_kind(first) != verdict_kind(second)) std::abort();
  if (const auto* scored = std::get_if<Scored>(&first)) {
    if (!Scale{}.admits(scored->value)) std::abort();
    if (scored->value != std::get<Scored>(second).value) std::abort();
    if (scored->value > 0 && item.answer.empty()) std::abort();
  }
  return 0;
}
