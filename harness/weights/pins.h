// Where pinned weights are, and whether they are what they claim. The launcher fetches; the programs only
// locate and verify.
#pragma once

#include <string>

#include "harness/core/json.h"

namespace undertone {

struct PinnedWeights {
  std::string name;    // "whisper-base"
  std::string folder;  // in the user's cache
  std::string file;    // absolute path of the model file
  std::string sha256;  // pinned digest of the model file: what stage keys use
  std::string licence, format;
  std::string consent;  // the word for UNDERTONE_ACCEPT_LICENCES without which it is not fetched; mostly ""
  std::string terms;    // where that licence can be read
};

// $UNDERTONE_CACHE, else $XDG_CACHE_HOME/undertone, else ~/.cache/undertone.
std::string cache_folder();

// Looks the name up in pins.json (`pins_file`). Does not touch the disk beyond that. Unknown name:
// Error{weights} listing the known ones.
PinnedWeights pinned_weights(const std::string& pins_file, const std::string& name);

// Throws Error{weights} when the file is absent (mend: ./undertone setup, and how to accept the licence where
// that is asked first), or its digest is another (names both).
void verify_weights(const PinnedWeights& weights);

}  // namespace undertone
