// Several judges as one: their mean, median or majority, and how far they disagree.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "judges/judge.h"

namespace undertone {

enum class JuryRule { mean, median, majority };

struct JurySettings {
  JuryRule rule = JuryRule::mean;
  // Members that must give a rating; 0: all. With fewer there is no verdict, and nothing stands in for the
  // others.
  int quorum = 0;
};

// Declares and reads {"members": {NAME: {"kind": ..., ...}}, "rule", "quorum"}; `registry` knows the members'
// kinds. A jury is no member of a jury.
void jury_fields(FieldReader& reader, const std::function<JudgeRegistry()>& registry);

// Members on one scale; throws Error{suite} naming the two that differ. A verdict:
//   Scored{combined; parts: NAME -> its rating, "disagreement": sample standard deviation of the ratings (0
//   for one)}.
// mean and median are continuous on the members' scale (a discrete scale becomes continuous 0-5; the median
// of an even number is the middle of the two in the middle); majority is the rating that more than half of
// the members that rated gave, on the members' own scale.
//   ParseFailure{what each member said; {"why", "members": {NAME: kind}}} where a quorum or a majority is
//   missing.
// The identity holds rule, quorum and the members' identities; resources are those of all members; it is a
// metric-judge where all members are. Where a member's judge_each() throws, so does the jury. Members'
// verdicts are no rows of their own in the ledger: a jury of endpoints asks them again after a kill.
std::unique_ptr<Judge> make_jury(std::vector<std::pair<std::string, std::unique_ptr<Judge>>> members,
                                 const JurySettings& settings);
std::unique_ptr<Judge> make_jury_judge(const Json& fields, JudgeContext& context,
                                       const std::function<JudgeRegistry()>& registry);

}  // namespace undertone
