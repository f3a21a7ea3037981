#include "harness/core/error.h"

#include <array>
#include <utility>

namespace undertone {
namespace {
constexpr std::array<std::pair<ErrorKind, std::string_view>, 8> kNames{{{ErrorKind::usage, "usage"},
                                                                        {ErrorKind::suite, "suite"},
                                                                        {ErrorKind::data, "data"},
                                                                        {ErrorKind::weights, "weights"},
                                                                        {ErrorKind::store, "store"},
                                                                        {ErrorKind::model, "model"},
                                                                        {ErrorKind::io, "io"},
                                                                        {ErrorKind::internal, "internal"}}};

std::string compose(const std::string& what, const std::string& place, const std::string& mend) {
  std::string out = place.empty() ? what : place + ": " + what;
  if (!mend.empty()) out += "\n  mend: " + mend;
  return out;
}
}  // namespace

Error::Error(ErrorKind kind, std::string what_happened, std::string place, std::string mend)
    : std::runtime_error(compose(what_happened, place, mend)),
      kind_(kind),
      what_(std::move(what_happened)),
      place_(std::move(place)),
      mend_(std::move(mend)) {}

ExitCode Error::exit_code() const {
  return kind_ == ErrorKind::usage || kind_ == ErrorKind::suite ? ExitCode::usage : ExitCode::failed;
}

std::string_view to_string(ErrorKind kind) {
  for (const auto& [k, name] : kNames)
    if (k == kind) return name;
  return "internal";
}

ErrorKind error_kind_from(std::string_view text) {
  for (const auto& [k, name] : kNames)
    if (name == text) return k;
  return ErrorKind::internal;
}

}  // namespace undertone
