// What a judge is asked to find out what moves its verdicts: an answer, its question or the judge's rubric is
// changed in one respect, and the verdict is compared with the one on what was not changed. Pure functions;
// who asks, and of how many answers, is harness/run/probes.h. probes.cc is the one list.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "judges/judge.h"

namespace undertone {

struct Perturbed {
  Question question;
  std::string answer;
};

struct ProbeDraw {
  std::string stream;  // of what is drawn, a stream an item
  int highest = 5;     // rating of the rubric, for answers that ask for it
};

struct Probe {
  // What a sound judge does with the verdict.
  enum class Expects {
    unmoved,     // nothing that is asked has changed
    not_higher,  // nothing was gained
    lower,       // what was right is wrong: by a quarter of the scale at least (kLeastFall)
    lowest,      // there is no answer: the scale's lowest rating
  };
  std::string name;     // "verbosity"
  std::string changes;  // in words, for readers
  std::string source;   // who described it; may be ""
  Expects expects = Expects::unmoved;
  // The rubric's variant that the judge reads by: "reworded", "rating_last"; "" for its own rubric.
  std::string variant;
  // Nothing where it does not apply to the item, or would change nothing. Texts only: same bytes every time.
  std::function<std::optional<Perturbed>(const JudgeItem&, const ProbeDraw&)> perturb;
};
std::string_view to_string(Probe::Expects expects);  // what a sound judge does, in words

// A wrong emotion is half of what most questions with one ask: a judge that takes less than half of that half
// off hardly reads it.
inline constexpr double kLeastFall = 0.25;  // of the scale

const std::vector<Probe>& probes();

// Why judges of this kind cannot be asked anything new (replay, human, a jury with such a member); "" where
// they can.
std::string why_not_asked(const std::string& kind, const Json& fields);

// The judge's fields with its rubric's variant in the rubric's place: of a shipped rubric NAME the shipped
// "NAME.VARIANT", of a file NAME.json the file NAME.VARIANT.json beside it, of a jury that of each member
// that reads by a prompt. `why` says why there is none.
std::optional<Json> with_rubric_variant(const std::string& kind, const Json& fields,
                                        const std::string& variant, std::string& why);

}  // namespace undertone
