#include "harness/weights/pins.h"

#include <fmt/format.h>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <set>

#include "harness/core/error.h"
#include "harness/core/hash.h"

namespace undertone {

std::string cache_folder() {
  const auto set = [](const char* name) -> std::string {
    const char* v = std::getenv(name);
    return v ? v : "";
  };
  if (const std::string own = set("UNDERTONE_CACHE"); !own.empty()) return own;
  if (const std::string xdg = set("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/undertone";
  if (const std::string home = set("HOME"); !home.empty()) return home + "/.cache/undertone";
  throw Error(ErrorKind::io, "no place for the cache: neither UNDERTONE_CACHE nor HOME is set", "",
              "set UNDERTONE_CACHE to a folder");
}

PinnedWeights pinned_weights(const std::string& pins_file, const std::string& name) {
  const Json pins = read_json_file(pins_file);
  const Json& all = pins.at("weights");
  const Json* entry = all.find(name);
  if (!entry) {
    std::string known;
    for (const auto& [k, v] : all.members()) known += (known.empty() ? "" : ", ") + k;
    throw Error(ErrorKind::weights, fmt::format("unknown weights '{}'", name), "",
                "use one of: " + known + "; or give a path");
  }
  PinnedWeights w;
  w.name = name;
  w.sha256 = entry->at("sha256").as_string();
  w.licence = entry->at("licence").as_string();
  w.format = entry->at("format").as_string();
  if (const Json* consent = entry->find("consent")) {
    w.consent = consent->as_string();
    w.terms = entry->at("terms").as_string();
  }
  w.folder = fmt::format("{}/weights/{}/{}", cache_folder(), name, w.sha256);
  w.file = w.folder + "/" + entry->at("file").as_string();
  return w;
}

void verify_weights(const PinnedWeights& w) {
  // Reading 100 MB for every stage would cost more than some stages: once a process is enough.
  static std::mutex mutex;
  static std::set<std::string> verified;
  const std::lock_guard lock(mutex);
  if (verified.count(w.file)) return;
  if (!std::filesystem::exists(w.file))
    throw Error(
        ErrorKind::weights, fmt::format("the weights '{}' are not here", w.name), w.file,
        w.consent.empty()
            ? "run './undertone setup' (or './undertone demo') to fetch them"
            : fmt::format("they come under the {} ({}); if you accept it, run 'UNDERTONE_ACCEPT_LICENCES={} "
                          "./undertone setup', or name a folder with your own copy",
                          w.licence, w.terms, w.consent));
  const std::string found = sha256_file(w.file);
  if (found != w.sha256)
    throw Error(ErrorKind::weights,
                fmt::format("the digest is {} but {} is pinned for '{}'", found, w.sha256, w.name), w.file,
                "delete the file and run './undertone setup'");
  verified.insert(w.file);
}

}  // namespace undertone
