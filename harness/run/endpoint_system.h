// Systems of kind `endpoint`: a speech LLM behind an OpenAI-compatible server that is given the clip, or its
// transcript, and the question.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "datasets/items.h"
#include "harness/net/chat_asker.h"
#include "harness/run/pipeline.h"
#include "suites/spec.h"

namespace undertone {

struct EndpointSystemSettings {
  EndpointSettings server;
  std::string instruction;  // message of the role "system"; "": none is sent
  int max_tokens = 256;
  double temperature = 0;
};
// All fields of the kind but those that every system has (model, presentation, test, seeds, ...).
void endpoint_system_fields(FieldReader& reader, EndpointSystemSettings& settings);
// Throws Error{suite} with the first problem.
EndpointSystemSettings endpoint_system_settings(const SystemSpec& system);

// How the prompts of a condition show the clip: a transcript with metadata is labels_transcript, a question
// alone with metadata is labels.
Presentation shown_by(const SystemSpec& system, MetadataCondition condition);

// The answer that came back. Finished: `answered`, also where the model said nothing; finish_reason length:
// `truncated`, with its text; a content filter or the refusal field: `refusal`; no chat completion, or no
// reply at all: `model_error`, whose detail begins with "malformed" or the kind of failure of transport.
Answer endpoint_answer(const ChatDone& done);

// One prompt of an item: text and, where the item is about a clip that is heard, the clip's WAV.
struct EndpointItem {
  std::string id;          // of the question
  std::string text;        // what stands for the clip, if words do, and the prompt
  std::string audio_path;  // "": nothing is heard
  std::optional<std::int64_t> seed;
};

class EndpointSystem {
 public:
  explicit EndpointSystem(EndpointSystemSettings settings, Environment environment = process_environment);

  // Digest of what decides an answer beside the item: the model asked, `service`, the instruction and
  // decoding settings. Not the address: a server that moves buys nothing again.
  const std::string& identity() const { return identity_; }
  // Key of an answer: identity, question, prompt, seed and the audio's digest. Reads each audio file once.
  std::string key_of(const EndpointItem& item);

  struct Answered {
    std::size_t item = 0;
    Answer answer;
    Json about = Json::object();  // server, model as it names itself, attempts, seconds, tokens; raw reply
  };
  using Sink = std::function<void(const std::vector<Answered>& made)>;
  // Asks for all; `made` gets every reply before the next request of its place is sent, what it commits is
  // never bought again. Returned are the items that the server failed at while it answered others. Throws
  // Error{io} when the server is down, the budget used up, or the model that replies is another than the one
  // that replied before (`served`, "": none did): what was not handed over is asked for by the next run.
  std::vector<Answered> ask(const std::vector<EndpointItem>& items, const std::string& served,
                            const Sink& made, const std::function<bool()>& stop);

  const EndpointSystemSettings& settings() const { return settings_; }
  // What the probe tried and found out, for the manifest; nothing before it replied.
  std::vector<std::string> probe_steps() const;

  // Held while a stage asks: stages of one system share the server's places, the budget, the probe and what
  // was read.
  std::mutex one_stage;

 private:
  EndpointSystemSettings settings_;
  std::string identity_;
  AudioDigests audio_;
  ChatAsker asker_;
  bool asked_ = false;
};

}  // namespace undertone
