// A number, or why there is none. What every formula of metrics/ gives back.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace undertone::metrics {

// Reads like an optional; the reason is static text, so that a bootstrap that makes millions of values
// allocates nothing.
class Value {
 public:
  Value() = default;  // nothing: "no items"
  Value(double number) : number_(number), reason_("") {}
  static Value none(const char* reason) {
    Value v;
    v.reason_ = reason;
    return v;
  }
  bool has_value() const { return number_.has_value(); }
  explicit operator bool() const { return has_value(); }
  double value() const { return number_.value(); }  // throws std::bad_optional_access where there is none
  double operator*() const { return *number_; }
  operator std::optional<double>() const { return number_; }
  const char* reason() const { return reason_; }  // "" where there is a number

 private:
  std::optional<double> number_;
  const char* reason_ = "no items";
};

inline constexpr const char* kNotPaired = "the two sides differ in length";
inline constexpr const char* kTooFew = "fewer than two items";
inline constexpr const char* kNotFinite = "a value is not finite";
inline constexpr const char* kConstant = "one side does not vary";

// Whether every value is finite; formulas say so in their reason where one is not.
bool all_finite(std::span<const double> values);
// Why paired values give no statistic of two or more pairs, or null where they do.
const char* unpaired(std::span<const double> x, std::span<const double> y);

}  // namespace undertone::metrics
