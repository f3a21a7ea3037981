#include "reports/sentences.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reports/lookup.h"
#include "reports/table.h"

namespace undertone {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return out;
}

std::string signed_number(double v) { return (v > 0 ? "+" : "") + format_number(v); }

std::string interval_words(const Estimate& e) {
  if (!e.low || !e.high) return "no interval" + (e.reason.empty() ? std::string{} : ": " + e.reason);
  return fmt::format("{:.0f} % interval {} to {}", 100 * e.level, signed_number(*e.low),
                     signed_number(*e.high));
}

// What interval and test together allow to be said, never more: an effect needs both, and the test's p is the
// adjusted one. The test resamples units under these seeds, which is said where there are several.
std::string reading(const Estimate& e) {
  if (!e.low || !e.high) return "so nothing can be said about its sign";
  if (*e.low <= 0 && *e.high >= 0) return "the interval covers zero, so this run shows no effect either way";
  const std::string direction = *e.low > 0 ? "an improvement" : "a loss";
  if (e.circular)
    return fmt::format("not shown to be {}: judge and system share a resource, which supports no claim",
                       direction);
  if (!e.p_value)
    return fmt::format("not shown to be {}: the interval leaves zero out, but no test was made", direction);
  const std::string p = fmt::format(
      "p {} after {}{}", *e.p_value < 0.001 ? "< 0.001" : "= " + format_number(*e.p_value, 3),
      e.exploratory ? "Benjamini-Hochberg, exploratory" : "Holm", e.seeds > 1 ? ", seeds held fixed" : "");
  if (*e.p_value >= 1 - e.level)
    return fmt::format("not shown to be {}: the interval leaves zero out, but {}", direction, p);
  return direction + ", " + p;
}

// The paired difference (a at one condition) - (b at another). Within one condition the baseline is the plain
// name.
const Estimate* difference(const ReportData& data, const std::string& a, const std::string& a_condition,
                           const std::string& b, const std::string& b_condition) {
  const std::string tag = main_set(data) + "/all/judge:" + data.primary_judge + "/difference";
  const std::string baseline = a == b || a_condition != b_condition ? with_condition(b, b_condition) : b;
  return find_estimate(data, {tag, a, a_condition, baseline, "difference"});
}

const Estimate* mean_of(const ReportData& data, const std::string& system, const std::string& condition) {
  return find_estimate(data, {mean_tag(data, main_set(data), "all"), system, condition, ""});
}

bool has(const ReportData& data, std::string_view system) {
  const ReportSystem* s = find_system(data, system);
  return s && s->state != "failed";
}

// "S30 (absent) scores 2.10 and placebo 1.90": used where no paired difference was computed.
std::optional<std::string> two_means(const ReportData& data, const std::string& a, const std::string& ac,
                                     const std::string& b, const std::string& bc) {
  const Estimate *x = mean_of(data, a, ac), *y = mean_of(data, b, bc);
  if (!x || !y || !x->value || !y->value) return std::nullopt;
  return fmt::format("{} ({}) scores {} {} and {} ({}) {} {}; their paired difference was not computed", a,
                     ac, format_number(*x->value), format_interval(*x), b, bc, format_number(*y->value),
                     format_interval(*y));
}

std::string unit_words(const ReportData& data) {
  const std::string tag = mean_tag(data, main_set(data), "all");
  for (const Estimate& e : data.estimates)
    if (e.tag == tag && e.kind == "value" && e.units > 0 && !e.unit_resampled.empty())
      return ", " + counted(e.units, e.unit_resampled);
  return "";
}

std::string compared(const ReportData& data, const char* questions = "held-out question") {
  std::vector<std::string> variants, controls, failed;
  std::size_t most_seeds = 0;
  for (const ReportSystem& s : data.systems) {
    if (s.state == "failed") {
      if (!s.control) failed.push_back(s.name);
      continue;
    }
    (s.control ? controls : variants).push_back(s.name);
    most_seeds = std::max(most_seeds, s.seeds.size());
  }
  if (variants.empty() && controls.empty()) return "Every system failed, so nothing is compared.";
  const Counts counts = count_items(data);
  std::string out = fmt::format("{} {} compared", joined(variants), variants.size() == 1 ? "is" : "are");
  if (variants.empty())
    out = failed.empty()
              ? fmt::format("Only controls are compared ({})", joined(controls))
              : fmt::format("Every system that is no control failed ({}); only controls are compared ({})",
                            joined(failed), joined(controls));
  if (!controls.empty() && !variants.empty())
    out += fmt::format(", beside {} ({})", controls.size() == 1 ? "a control" : "controls", joined(controls));
  out += fmt::format(", on {} {}{}", format_count(counts.questions), questions,
                     counts.questions == 1 ? "" : "s");
  if (counts.clips > 0)
    out += fmt::format(" about {} clip{}", format_count(counts.clips), counts.clips == 1 ? "" : "s");
  out += unit_words(data);
  if (most_seeds > 1) out += fmt::format(", up to {} training seeds", most_seeds);
  return out + fmt::format("; scores are means of judge '{}'.", data.primary_judge);
}

std::string implicit_sentence(const ReportData& data) {
  const std::string what = "Implicit (training on questions written from transcript and emotions): ";
  for (const std::string condition : {"absent", "predicted", "gold"})
    if (const Estimate* d = difference(data, "S30", condition, "placebo", condition)) {
      if (!d->value) return what + "S30 minus placebo is undefined (" + d->reason + ").";
      return what + fmt::format(
                        "S30 minus its placebo (the same questions with emotions permuted), metadata {} at "
                        "test, is {} points ({}): {}.",
                        condition, signed_number(*d->value), interval_words(*d), reading(*d));
    }
  if (const auto means = two_means(data, "S30", "absent", "placebo", "absent")) return what + *means + ".";
  return what +
         "this run has no S30 with its placebo under one test condition, so the effect is not identified.";
}

// Effect of reading metadata at test, within one trained system.
std::string at_test(const ReportData& data, const std::string& system) {
  std::vector<std::string> parts;
  for (const std::string condition : {"predicted", "gold"}) {
    if (const Estimate* d = difference(data, system, condition, system, "absent"); d && d->value)
      parts.push_back(fmt::format("{} metadata at test instead of none changes {} by {} points ({}; {})",
                                  condition, system, signed_number(*d->value), interval_words(*d),
                                  reading(*d)));
    else if (const auto means = two_means(data, system, condition, system, "absent"))
      parts.push_back(*means);
  }
  return joined(parts);
}

std::string explicit_sentence(const ReportData& data) {
  std::vector<std::string> parts;
  for (const char* system : {"S32", "S30"})
    if (has(data, system))
      if (const std::string text = at_test(data, system); !text.empty()) {
        parts.push_back(text);
        break;
      }
  for (const std::string condition : {"predicted", "gold"}) {
    if (const Estimate* d = difference(data, "S32", condition, "S30", condition); d && d->value) {
      parts.push_back(
          fmt::format("having trained with metadata (S32 against S30, both with {} metadata at test) changes "
                      "the score by {} points ({}; {})",
                      condition, signed_number(*d->value), interval_words(*d), reading(*d)));
      break;
    }
    if (const auto means = two_means(data, "S32", condition, "S30", condition)) {
      parts.push_back(*means);
      break;
    }
  }
  std::string out = "Explicit (time-stamped emotions in the prompt), read from the grid: ";
  if (parts.empty()) return out + "this run has no system tested both with and without metadata.";
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i ? "; " : "") + parts[i];
  return out + ".";
}

// The paper's headline: it changes training and prompt at once, so it is no effect of either.
std::string combined_sentence(const ReportData& data) {
  const std::string what = "Both (trained on such questions with metadata, and given it at test): ";
  for (const std::string condition : {"predicted", "gold"}) {
    if (const Estimate* d = difference(data, "S32", condition, "S10", "absent"); d && d->value)
      return what + fmt::format(
                        "S32 with {} metadata at test minus S10 without any is {} points ({}): {}; training "
                        "data, metadata in training and metadata at test all differ between them.",
                        condition, signed_number(*d->value), interval_words(*d), reading(*d));
    if (const auto means = two_means(data, "S32", condition, "S10", "absent")) return what + *means + ".";
  }
  return what +
         "this run has no S32 tested with metadata beside an S10 tested without, so they are not compared.";
}

// Base systems by falling claim to the name.
std::string base_system(const ReportData& data) {
  for (const char* name : {"S10", "base"})
    if (has(data, name)) return name;
  return "";
}

// Accuracy of direct emotion questions against the chance of guessing among the labels that occur.
std::optional<std::string> straw_baseline(const ReportData& data, const std::string& base) {
  std::set<std::string> labels;
  for (const ReportItem& item : data.items)
    if (item.question.type == QuestionType::DE)
      if (const auto gold = item.question.gold.find("emotion"); gold != item.question.gold.end())
        labels.insert(gold->second);
  if (labels.size() < 2) return std::nullopt;
  const double chance = 1.0 / static_cast<double>(labels.size());
  // Unweighted average recall is at chance 1/k whatever the prevalence, but leaves unmapped answers out;
  // accuracy with unmapped answers as wrong is the other way round. Both must clear chance.
  const Estimate* measured[2] = {nullptr, nullptr};
  for (const Estimate& e : data.estimates) {
    const TagParts p = split_tag(e.tag);
    if (e.system != base || e.kind != "value" || p.slice != "DE" ||
        (!e.test_condition.empty() && e.test_condition != "absent"))
      continue;
    if (p.rest == "emotion/uar" && !measured[0]) measured[0] = &e;
    if (p.rest == "emotion/accuracy_unmapped_wrong" && !measured[1]) measured[1] = &e;
  }
  if (!measured[0])
    return fmt::format(
        "Whether the base system {} recognises emotion above chance ({}) was not measured: treat gains over "
        "it as gains over a straw baseline.",
        base, format_number(chance));
  for (const Estimate* e : measured) {
    if (!e || (e->value && e->low && *e->low > chance)) continue;
    return fmt::format(
        "Straw baseline: in direct questions the base system {} recognises emotion no better than guessing "
        "among {} labels "
        "({} {}, chance {}); gains over it say little.",
        base, labels.size(), e == measured[0] ? "unweighted average recall" : "accuracy",
        e->value ? format_number(*e->value) + " " + format_interval(*e) : "undefined", format_number(chance));
  }
  return std::nullopt;
}

Summary generic(const ReportData& data) {
  Summary s;
  s.question =
      "How well do these systems answer, and which differences would survive other questions like these?";
  s.compared = compared(data, "question");
  std::vector<std::pair<double, std::string>> means;
  for (const ReportSystem& system : data.systems)
    for (const std::string& condition : conditions_of(data))
      if (const Estimate* e = mean_of(data, system.name, condition); e && e->value && !system.control)
        means.push_back({*e->value, fmt::format("{}{} at {} {}", system.name,
                                                condition.empty() ? "" : " (" + condition + ")",
                                                format_number(*e->value), format_interval(*e))});
  std::stable_sort(means.begin(), means.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (means.size() > 1)
    s.sentences.push_back(
        fmt::format("The highest mean has {}; the lowest {}.", means.front().second, means.back().second));
  else if (means.size() == 1)
    s.sentences.push_back("The mean is " + means.front().second + ".");
  else
    s.sentences.push_back(fmt::format("No mean of judge '{}' could be computed.", data.primary_judge));
  int apart = 0, total = 0;
  for (const Estimate* e : shown_differences(data))
    if (e->low && e->high) {
      ++total;
      apart += *e->low > 0 || *e->high < 0;
    }
  if (total > 0)
    s.sentences.push_back(fmt::format("Of {} paired comparison{}, {} {} an interval that leaves zero out.",
                                      total, total == 1 ? "" : "s", apart, apart == 1 ? "has" : "have"));
  else
    s.sentences.push_back(
        "No paired comparison was computed: compare intervals with care, since all systems answer the same "
        "questions.");
  return s;
}

}  // namespace

Summary summarise(const ReportData& data) {
  const bool paper = has(data, "S30") && (has(data, "placebo") || has(data, "S32"));
  Summary s;
  if (paper) {
    s.question =
        "Does a speech language model answer questions about what was said and how it was said better when "
        "it is trained on such questions "
        "(implicit), when it is told time-stamped emotions (explicit), or both?";
    s.compared = compared(data);
    s.sentences = {implicit_sentence(data), explicit_sentence(data), combined_sentence(data)};
    if (const std::string base = base_system(data); !base.empty())
      if (auto straw = straw_baseline(data, base)) s.cautions.push_back(*straw);
  } else {
    s = generic(data);
  }
  std::vector<std::string> failed;
  for (const ReportSystem& system : data.systems)
    if (system.state == "failed") failed.push_back(system.name);
  if (!failed.empty())
    s.cautions.push_back(fmt::format("{} failed and {} missing from the numbers.", joined(failed),
                                     failed.size() == 1 ? "is" : "are"));
  const std::string tag = mean_tag(data, main_set(data), "all");
  for (const Estimate& e : data.estimates)
    if (e.tag == tag && e.kind == "value" && e.units > 0 && e.units < 20) {
      s.cautions.push_back(
          fmt::format("Only {}: intervals are conditional on these.", counted(e.units, e.unit_resampled)));
      break;
    }
  return s;
}

}  // namespace undertone
