#include "harness/core/nouns.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/error.h"
#include "harness/core/fields.h"

namespace undertone {
namespace {

template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<QuestionType, 9> kQuestionTypes{{{QuestionType::C, "C"},
                                                 {QuestionType::CE, "CE"},
                                                 {QuestionType::CG, "CG"},
                                                 {QuestionType::CS, "CS"},
                                                 {QuestionType::DE, "DE"},
                                                 {QuestionType::DG, "DG"},
                                                 {QuestionType::DS, "DS"},
                                                 {QuestionType::R, "R"},
                                                 {QuestionType::ASR, "ASR"}}};
constexpr Names<AnswerStatus, 5> kAnswerStatuses{{{AnswerStatus::answered, "answered"},
                                                  {AnswerStatus::refusal, "refusal"},
                                                  {AnswerStatus::truncated, "truncated"},
                                                  {AnswerStatus::model_error, "model_error"},
                                                  {AnswerStatus::not_run, "not_run"}}};
constexpr Names<Provenance, 4> kProvenances{{{Provenance::human, "human"},
                                             {Provenance::human_checked, "human-checked"},
                                             {Provenance::llm, "llm"},
                                             {Provenance::template_, "template"}}};
constexpr Names<AnnotationSource, 3> kSources{{{AnnotationSource::gold, "gold"},
                                               {AnnotationSource::predicted, "predicted"},
                                               {AnnotationSource::degraded, "degraded"}}};
constexpr std::array<std::string_view, 6> kVerdictKinds{"scored",    "parse_failure",   "refusal",
                                                        "truncated", "transport_error", "not_run"};

template <class E, std::size_t N>
std::string_view name_of(const Names<E, N>& names, E value) {
  for (const auto& [v, name] : names)
    if (v == value) return name;
  return "?";
}

[[noreturn]] void unknown_name(std::string_view what, std::string_view text,
                               const std::vector<std::string>& known) {
  std::string list;
  for (const std::string& k : known) list += (list.empty() ? "" : ", ") + k;
  const std::string near = nearest_of(text, known);
  throw Error(
      ErrorKind::data, fmt::format("unknown {} \"{}\"", what, text), "",
      fmt::format("use one of: {}{}", list, near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)));
}

template <class E, std::size_t N>
E value_of(const Names<E, N>& names, std::string_view what, std::string_view text) {
  std::vector<std::string> known;
  for (const auto& [v, name] : names) {
    if (name == text) return v;
    known.emplace_back(name);
  }
  unknown_name(what, text, known);
}

}  // namespace

bool is_paralinguistic(std::string_view attribute) {
  constexpr std::array<std::string_view, 6> names{"emotion", "gender",  "speakers",
                                                  "valence", "arousal", "dominance"};
  return std::find(names.begin(), names.end(), attribute) != names.end();
}

double Scale::high() const {
  switch (kind) {
    case Kind::binary:
      return 1;
    case Kind::percent:
      return 100;
    default:
      return 5;
  }
}
bool Scale::admits(double value) const {
  if (!std::isfinite(value) || value < low() || value > high()) return false;
  const bool discrete = kind == Kind::discrete_0_5 || kind == Kind::binary;
  return !discrete || value == std::floor(value);
}
std::string_view Scale::name() const {
  switch (kind) {
    case Kind::discrete_0_5:
      return "0-5";
    case Kind::continuous_0_5:
      return "0-5 continuous";
    case Kind::binary:
      return "0/1";
    case Kind::percent:
      return "0-100";
  }
  return "?";
}

std::string_view verdict_kind(const Verdict& v) { return kVerdictKinds.at(v.index()); }

std::string_view to_string(QuestionType v) { return name_of(kQuestionTypes, v); }
std::string_view to_string(AnswerStatus v) { return name_of(kAnswerStatuses, v); }
std::string_view to_string(Provenance v) { return name_of(kProvenances, v); }
std::string_view to_string(AnnotationSource v) { return name_of(kSources, v); }
QuestionType question_type_from(std::string_view t) { return value_of(kQuestionTypes, "question type", t); }
AnswerStatus answer_status_from(std::string_view t) { return value_of(kAnswerStatuses, "answer status", t); }
Provenance provenance_from(std::string_view t) { return value_of(kProvenances, "provenance", t); }
AnnotationSource annotation_source_from(std::string_view t) {
  return value_of(kSources, "annotation source", t);
}

}  // namespace undertone
