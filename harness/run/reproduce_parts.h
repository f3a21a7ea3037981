// Parts of reproduce.h that values and claims share. Internal to harness/run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/run/reproduce.h"

namespace undertone::reproduce {

// A value of the run, or a contrast, as its report has it; without a measure the reason says why.
struct Found {
  std::optional<paper::Measured> measured;
  std::optional<double> value, low, high;
  std::string unit, reason;
  bool paired = true;
  std::int64_t n = 0, units = 0;
  int seeds = 0;
};

struct Arm {
  std::string system, condition;
};

// Looks estimates up by what they are.
class Lookup {
 public:
  Lookup(const RunFacts& run, double level) : run_(run), level_(level) {}
  const Estimate* find(const std::string& tag, const std::string& system, const std::string& condition,
                       const std::string& baseline = "", const std::string& kind = "value") const;
  Found value(const std::string& path, const Arm& arm) const;  // path: "cpqa/all/judge:rubric/mean"
  // a - b of the measure at `path` (without "/mean"): paired where the report has that contrast, either way
  // round, else from the two means.
  Found difference(const std::string& path, const Arm& a, const Arm& b,
                   const std::string& mean = "/mean") const;

 private:
  Found found(const Estimate& e, double sign) const;
  const RunFacts& run_;
  double level_;
};

std::string difference_title(const Arm& a,
                             const Arm& b);  // "S30 − S10, absent", "S32 (predicted) − S10 (absent)"

// How the run differs from what the paper did in a cell; all empty: the two can be compared.
struct Comparable {
  std::string judge, scale, clips, system, model;
  bool same_clips = false;
  std::string our_judge;  // the run's judge that is the paper's, else its primary one
  bool all() const {
    return judge.empty() && scale.empty() && clips.empty() && system.empty() && model.empty();
  }
  std::string text() const;
};
Comparable comparable(const PaperSpec& paper, const RunFacts& run, const PaperCell& cell);
// Whether the run has the paper's system: the same name, pools and training metadata. "" or what differs.
std::string system_differs(const PaperSpec& paper, const RunFacts& run, const std::string& name);

// The variance that the paper's own sample has about what is measured here.
double their_error(const PaperSpec& paper, const RunFacts& run, const PaperCell& cell,
                   const paper::Measured& ours, bool same_clips);
double scale_range(const std::string& name);  // of a Scale::name()
paper::Units units_of(const RunFacts& run, std::int64_t units);
// The margin as a share of the paper's scale.
double margin_share(const PaperSpec& paper, const PaperCell& cell);

PaperClaimFound evaluate_claim(const PaperSpec& paper, const RunFacts& run, const PaperClaim& claim);
// Directions again, now adjusted over all claims that were tested for one.
void adjust_directions(std::vector<PaperClaimFound>& claims, double level);

}  // namespace undertone::reproduce
