#include "harness/core/verdict_file.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::pair<Scale::Kind, std::string_view>, 4> kLabels = {
    {{Scale::Kind::discrete_0_5, "discrete_0_5"},
     {Scale::Kind::continuous_0_5, "continuous_0_5"},
     {Scale::Kind::binary, "binary"},
     {Scale::Kind::percent, "percent"}}};
constexpr std::string_view kUnknown = "unknown_scale";

}  // namespace

std::string_view scale_label(const std::optional<Scale>& scale) {
  if (scale)
    for (const auto& [kind, label] : kLabels)
      if (kind == scale->kind) return label;
  return kUnknown;
}

std::optional<Scale> scale_from_label(std::string_view label) {
  for (const auto& [kind, known] : kLabels)
    if (known == label) return Scale{kind};
  return std::nullopt;
}

std::vector<VerdictFile> read_verdict_files(const std::string& folder) {
  std::vector<VerdictFile> out;
  const fs::path verdicts = fs::path(folder) / "verdicts";
  std::error_code err;
  for (fs::directory_iterator at(verdicts, err), end; !err && at != end; at.increment(err)) {
    if (at->path().extension() != ".jsonl") continue;  // notes may lie beside them
    const std::string path = at->path().string(), stem = at->path().stem().string();
    const std::size_t dot = stem.rfind('.');
    const std::string scale = dot == std::string::npos ? "" : stem.substr(dot + 1);
    if (dot == 0 || (!scale_from_label(scale) && scale != kUnknown))
      throw Error(
          ErrorKind::data, "a file of verdicts must be named JUDGE.SCALE.jsonl", path,
          fmt::format("SCALE is one of: discrete_0_5, continuous_0_5, binary, percent, {}", kUnknown));
    out.push_back({stem.substr(0, dot), scale, path, read_file(path)});
  }
  if (err && err != std::errc::no_such_file_or_directory)
    throw Error(ErrorKind::io, "cannot list the files of verdicts: " + err.message(), verdicts.string());
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name() < b.name(); });
  return out;
}

}  // namespace undertone
