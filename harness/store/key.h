// The names of things made: a stage's key is known before the stage runs and is a hash of everything its
// output depends on; an item's key is its content. Same key: nothing runs. So leave nothing out that changes
// an output byte, and put nothing in that does not (paths, thread counts, times).
#pragma once

#include <string>
#include <string_view>

#include "harness/core/json.h"

namespace undertone {

// SHA-256 (hex) of the canonical JSON {"code_version": N, "parts": ..., "stage": NAME}: keys sorted, so the
// order in which parts were written does not matter; 1 and 1.0 are different, so read numbers into their
// declared type first. `code_version` is raised by hand when the stage's code changes what it writes. Throws
// Error{internal} on NaN.
std::string make_key(std::string_view stage, int code_version, const Json& parts);

// Builds a stage's parts in named groups, so that a key reads the same in every manifest:
//   StageKey k{"train", 3};
//   k.setting("recipe", recipe).input("features", features_key).file("weights", digest).seed(2).replicate(0);
//   store.begin_artefact(k.hash()); ... store.commit_artefact(folder, k.hash(), k.stage, k.about());
// Naming a part twice is Error{internal}: one of them would silently not count.
struct StageKey {
  std::string stage;
  int code_version = 1;
  Json parts = Json::object();

  StageKey(std::string stage_name, int version) : stage(std::move(stage_name)), code_version(version) {}
  StageKey& setting(std::string_view name, Json value);                // a resolved setting
  StageKey& input(std::string_view name, std::string_view stage_key);  // an artefact this stage reads
  StageKey& file(std::string_view name,
                 std::string_view digest);  // a file's SHA-256: data or weights, never its path
  StageKey& model(std::string_view name,
                  std::string_view identity);  // endpoint + model asked, or a judge's identity
  StageKey& seed(std::int64_t value);
  StageKey& replicate(std::int64_t value);

  std::string hash() const { return make_key(stage, code_version, parts); }
  Json about()
      const;  // {"stage", "code_version", "parts"}: what was hashed, for manifests and Artefact::about

 private:
  StageKey& put(std::string_view group, std::string_view name, Json value);
};

// Key of one item within a stage (an answer, a verdict) from its content: the rendered prompt, the digest of
// the audio, the answering stage's key, decoding settings, replicate. `kind` ("answer", "verdict") keeps
// their names apart.
std::string item_key(std::string_view kind, const Json& content);

}  // namespace undertone
