// Which weights a plan computes with: for the manifest, which names them with digest and licence, and no
// others.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/text_model.h"
#include "harness/run/decoder_weights.h"
#include "harness/run/installation.h"
#include "harness/weights/pins.h"

namespace undertone {

struct UsedWeights {
  std::string name;  // as pinned; of the user's own files: the file's name
  std::string sha256;
  std::string licence;  // "": not pinned, so not known
};

UsedWeights used_weights(const PinnedWeights& pinned);
UsedWeights used_weights(const DecoderWeights& decoder);

// Judges and datasets say what they read with by asking for it while the plan is made: this notes what they
// ask for.
class WeightsNote {
 public:
  explicit WeightsNote(Installation installation);
  using TextModelSource = std::function<TextModel&(const TextModelChoice&)>;
  using TextEncoderSource = std::function<TextEncoder&()>;
  // The same sources, noted. They may outlive this object.
  TextModelSource watched(TextModelSource source) const;
  TextEncoderSource watched(TextEncoderSource source) const;
  // What was asked for since the last call, each once, by name.
  std::vector<UsedWeights> take() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace undertone
