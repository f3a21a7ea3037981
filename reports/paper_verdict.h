// Whether a measured value is a printed one, and whether a difference points the claimed way: pure functions
// of estimates, and the rule in words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace undertone::paper {

// Weakest first: a claim is as strong as the weakest of what it rests on.
enum class Verdict { not_comparable, not_reproduced, cannot_tell, consistent, reproduced };
const char* to_string(Verdict verdict);  // "REPRODUCED", ...

// An estimate with what it rests on. `of_units` and `of_seeds` are the parts of its variance that more units
// (speakers) and more seeds would make smaller; they sum to standard_error squared.
struct Measured {
  double value = 0, standard_error = 0, df = 1;
  double of_units = 0, of_seeds = 0;
  std::int64_t units = 0, seeds = 1;
};
// From the interval of an estimate whose method is a t with units - 1 degrees of freedom, or (several seeds)
// that of crossed seeds; `these_seeds` is the half-width with seeds held, where it is known: it tells the two
// parts of the variance apart. Nothing without a width or with one unit.
std::optional<Measured> measured(double value, double half_width, std::optional<double> these_seeds,
                                 std::int64_t units, std::int64_t seeds, double level);
// The difference of two estimates that are taken as independent: wider than a paired one where items that are
// hard for one are hard for the other. Degrees of freedom by Satterthwaite (1946).
Measured unpaired_difference(const Measured& a, const Measured& b);
// The gain in percent, 100 difference / baseline, by linearisation, the two taken as independent. `baseline`
// is above zero.
Measured gain_over(const Measured& difference, const Measured& baseline);
// Multiplied by a constant: another scale.
Measured scaled(Measured m, double factor);

struct Judged {
  Verdict verdict = Verdict::cannot_tell;
  std::string why;  // one sentence without a full stop
  std::optional<double> low,
      high;  // at the level, of the difference to what was printed or of the difference itself
  std::optional<double> p_value;  // value: of TOST; direction: two-sided t
  std::string needs;              // for CANNOT TELL
};

// Of a value: `printed` with its rounding (half a unit of its last decimal), and the standard error that the
// paper's own sample has about what is measured here (0 where the very clips were asked).
// REPRODUCED: two one-sided tests at 1 - level show the difference within the margin less the rounding.
// CONSISTENT: the interval covers a value that rounds to the printed one, and its half-width is at most twice
// the margin. NOT REPRODUCED: the interval covers none. CANNOT TELL: it covers one, but is wider than that.
struct Target {
  double printed = 0, rounding = 0, standard_error = 0;
};
Judged judge_value(const Measured& ours, const Target& target, double margin, double level);

// Of a difference that is claimed to be above zero (sign 1) or below it (sign -1).
// REPRODUCED: the interval lies on that side of zero. NOT REPRODUCED: it lies on the other, or two one-sided
// tests show the difference within the margin of zero. CONSISTENT: it covers zero, the estimate points the
// claimed way, and the half-width is at most twice the margin. Else CANNOT TELL.
Judged judge_direction(const Measured& difference, int sign, double margin, double level);

// What the units are called, and how many clips one has on average.
struct Units {
  std::string plural;
  double clips = 0;  // 0: not known
};
// What more units, or more seeds, the others held, would let two one-sided tests of a true difference of zero
// end within `margin` with chance 0.8: "needs 137 speakers (34 now), about 650 clips, or no number of seeds
// alone (3 now)". A test of level 2 alpha and power (1 + power) / 2 against an effect of the margin needs as
// many (Julious 2004, 5.3).
// `theirs`: the standard error of the paper's own sample, which nothing that is run here makes smaller.
std::string needed_text(const Measured& ours, double margin, double level, const Units& units,
                        double theirs = 0);
// The same for a two-sided test of a direction whose effect is the margin.
std::string needed_for_direction(const Measured& ours, double margin, double level, const Units& units);

// What the verdicts mean, in sentences, as it is printed with every comparison.
std::vector<std::string> rule_sentences(double margin, double level);

}  // namespace undertone::paper
