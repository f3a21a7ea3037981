// Comparisons that are looked at again and again while answers come in: e-processes, which stay valid however
// often one looks and whenever one stops.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace undertone::statistics {

struct EProcess {
  std::vector<double> log_e;    // natural logarithm of the e-value after each look, of the hypothesis below
  std::vector<double> p_value;  // anytime-valid: the smallest min(1, 1 / e) so far
  std::string reason;           // why there is none
};

// Betting on paired differences (Waudby-Smith & Ramdas 2024): differences d_t in [-bound, bound], one per
// cluster in an order fixed beforehand (a cluster's mean difference is one observation). Hypothesis: each has
// mean 0 given those before it. Wealth = average of prod (1 + l_t d_t / bound) and prod (1 - m_t d_t / bound)
// with stakes in [0, 1/2] that depend on earlier differences only (their approximate growth-optimal rule).
//
// Guarantee: under the hypothesis P(e_t >= 1/alpha for any t, ever) <= alpha (Ville 1939), at every stopping
// rule and sample size, without any assumption on the shape: only the bound. So p <= alpha may be acted on
// the first night it is seen. Independent clusters with mean 0 satisfy it; reordering clusters after looking
// does not. A one-sided version bets one way only: mean <= 0 is then the hypothesis. Refused, with the
// reason, where a difference is not finite or exceeds the bound (that would break the guarantee).
EProcess betting_e_process(std::span<const double> differences, double bound, bool one_sided = false);

// Confidence sequence of the mean difference, valid at all times at once: P(mean in the interval for every t)
// >= level (predictable plug-in empirical Bernstein; Waudby-Smith & Ramdas 2024, theorem 2). Entry t is what
// may be said after t + 1 clusters, the intersection with all earlier ones. Wider than a t interval of the
// same clusters: the price of looking.
struct ConfidenceSequence {
  std::vector<double> low, high;
  std::string reason;
};
ConfidenceSequence confidence_sequence(std::span<const double> differences, double bound, double level);

}  // namespace undertone::statistics
