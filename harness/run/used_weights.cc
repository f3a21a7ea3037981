#include "harness/run/used_weights.h"

#include <filesystem>
#include <map>
#include <mutex>

#include "harness/run/encoder_proxy.h"

namespace undertone {
namespace {

std::string file_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

}  // namespace

UsedWeights used_weights(const PinnedWeights& pinned) { return {pinned.name, pinned.sha256, pinned.licence}; }

UsedWeights used_weights(const DecoderWeights& decoder) {
  if (decoder.pinned) return used_weights(*decoder.pinned);
  return {file_name(decoder.path), decoder.digest, ""};
}

struct WeightsNote::State {
  Installation installation;
  std::mutex mutex;
  std::map<std::string, UsedWeights> asked;  // by name and digest

  void note(UsedWeights used) {
    const std::lock_guard lock(mutex);
    asked.emplace(used.name + "\x1f" + used.sha256, std::move(used));
  }
};

WeightsNote::WeightsNote(Installation installation) : state_(std::make_shared<State>()) {
  state_->installation = std::move(installation);
}

WeightsNote::TextModelSource WeightsNote::watched(TextModelSource source) const {
  return [state = state_, source = std::move(source)](const TextModelChoice& choice) -> TextModel& {
    TextModel& model = source(choice);
    if (choice.path.empty()) {
      state->note(used_weights(pinned_weights(state->installation.pins(), choice.weights)));
    } else {
      // Its identity begins with the digest, which is not computed again.
      const std::string identity = model.identity();
      state->note({file_name(choice.path), identity.substr(0, identity.find(':')), ""});
    }
    return model;
  };
}

WeightsNote::TextEncoderSource WeightsNote::watched(TextEncoderSource source) const {
  return [state = state_, source = std::move(source)]() -> TextEncoder& {
    state->note(used_weights(pinned_weights(state->installation.pins(), kTextEncoderWeights)));
    return source();
  };
}

std::vector<UsedWeights> WeightsNote::take() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<UsedWeights> out;
  for (auto& [key, used] : state_->asked) out.push_back(std::move(used));
  state_->asked.clear();
  return out;
}

}  // namespace undertone
