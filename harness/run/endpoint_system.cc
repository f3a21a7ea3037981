#include "harness/run/endpoint_system.h"

#include <fmt/format.h>

#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/utf8.h"
#include "harness/speech/audio.h"
#include "harness/store/key.h"

namespace undertone {
namespace {

constexpr int kCodeVersion = 1;

std::string identity_of(const EndpointSystemSettings& s) {
  Json made_of = Json::object();
  made_of["system"] = "endpoint";
  made_of["code"] = kCodeVersion;
  made_of["model"] = s.server.model;
  made_of["service"] = s.server.service;
  made_of["instruction"] = s.instruction;
  made_of["max_tokens"] = s.max_tokens;
  made_of["temperature"] = s.temperature;
  return sha256_hex(made_of.canonical());
}

ChatSettings chat_settings(const EndpointSystemSettings& s) {
  ChatSettings chat;
  chat.max_tokens = s.max_tokens;
  chat.temperature = s.temperature;
  return chat;
}

std::vector<Message> messages_of(const EndpointSystemSettings& s, const std::string& text) {
  std::vector<Message> out;
  if (!s.instruction.empty()) out.push_back({"system", s.instruction});
  out.push_back({"user", text});
  return out;
}

// Of the kind of what follows: a model that only takes requests with audio gets some.
ChatProbe probe_like(const EndpointSystemSettings& s, const EndpointItem& item) {
  ChatProbe probe;
  probe.prompt.messages = messages_of(s, "This is a test of the form of your reply. Reply with one word.");
  if (!item.audio_path.empty()) probe.prompt.wav = silent_wav();
  probe.prompt.seed = item.seed;
  return probe;
}

}  // namespace

void endpoint_system_fields(FieldReader& r, EndpointSystemSettings& s) {
  endpoint_fields(r, s.server);
  r.field("instruction", s.instruction, "endpoint: the system message; none is sent when left out");
  r.field("max_tokens", s.max_tokens,
          "endpoint: longest answer, in the server's tokens; a longer one is truncated", 1, 100000);
  r.field("temperature", s.temperature, "endpoint: left out where the model takes none", 0.0, 2.0);
}

EndpointSystemSettings endpoint_system_settings(const SystemSpec& system) {
  EndpointSystemSettings settings;
  std::vector<Problem> problems;
  FieldReader reader(system.fields, "/systems/" + system.name, problems);
  endpoint_system_fields(reader, settings);
  if (!problems.empty()) throw Error(ErrorKind::suite, problems.front().str());
  settings.server.model = system.model;
  return settings;
}

Presentation shown_by(const SystemSpec& system, MetadataCondition condition) {
  const Presentation shown = presentation_from(system.presentation);
  if (condition == MetadataCondition::absent) return shown;
  if (shown == Presentation::transcript) return Presentation::labels_transcript;
  return shown == Presentation::question ? Presentation::labels : shown;
}

Answer endpoint_answer(const ChatDone& done) {
  struct Read {
    Answer operator()(const ChatReply& r) const {
      return {AnswerStatus::answered, repair_utf8(r.text), "stop", 0, ""};
    }
    Answer operator()(const ChatTruncated& r) const {
      return {AnswerStatus::truncated, repair_utf8(r.text), "length", 0, ""};
    }
    Answer operator()(const ChatRefusal& r) const {
      return {AnswerStatus::refusal, repair_utf8(r.text), "content_filter", 0, ""};
    }
    Answer operator()(const ChatMalformed& r) const {
      if (r.silent) return {AnswerStatus::answered, "", "stop", 0, ""};
      return {AnswerStatus::model_error, "", "", 0, "malformed: " + repair_utf8(r.why)};
    }
    Answer operator()(const HttpError& e) const {
      return {AnswerStatus::model_error, "", "", 0, failure_text(e)};
    }
  };
  Answer answer = std::visit(Read{}, done.outcome);
  if (done.facts.counted) answer.tokens = static_cast<int>(done.facts.completion_tokens);
  return answer;
}

EndpointSystem::EndpointSystem(EndpointSystemSettings settings, Environment environment)
    : settings_(std::move(settings)),
      identity_(identity_of(settings_)),
      asker_(settings_.server, chat_settings(settings_), "system/endpoint/" + identity_,
             std::move(environment)) {}

std::string EndpointSystem::key_of(const EndpointItem& item) {
  Json content = Json::object();
  content["system"] = identity_;
  content["question_id"] = item.id;
  content["prompt"] = item.text;
  if (!item.audio_path.empty()) content["audio"] = audio_.of(item.audio_path);
  if (item.seed) content["seed"] = *item.seed;
  return item_key("answer", content);
}

std::vector<EndpointSystem::Answered> EndpointSystem::ask(const std::vector<EndpointItem>& items,
                                                          const std::string& served, const Sink& made,
                                                          const std::function<bool()>& stop) {
  std::vector<Answered> failures;
  if (items.empty()) return failures;
  const auto answered = [&](const ChatDone& done) {
    Answered out{done.index, endpoint_answer(done), asker_.facts(done)};
    if (const auto* malformed = std::get_if<ChatMalformed>(&done.outcome); malformed && !malformed->silent)
      out.about["raw"] = repair_utf8(malformed->raw);
    return out;
  };
  std::optional<HttpError> another_model;
  asker_.expect_model(served);
  std::optional<HttpError> ended = asker_.ask(
      items.size(), probe_like(settings_, items.front()),
      [&](std::size_t i) {
        const EndpointItem& item = items[i];
        ChatPrompt prompt;
        prompt.messages = messages_of(settings_, item.text);
        if (!item.audio_path.empty()) prompt.wav = read_file(item.audio_path);
        prompt.seed = item.seed;
        return prompt;
      },
      [&](std::vector<ChatDone>& done) {
        asked_ = true;
        std::vector<Answered> all;
        for (const ChatDone& d : done) all.push_back(answered(d));
        made(all);
      },
      [&](std::vector<ChatDone>& done) {
        for (const ChatDone& d : done) {
          const HttpError& error = std::get<HttpError>(d.outcome);
          if (error.kind == TransportKind::model_mismatch) another_model = error;
          failures.push_back(answered(d));
        }
      },
      [&] { return another_model || (stop && stop()); });
  // What a model answered that is not the one asked for is no answer of this system, nor a failure of it.
  if (another_model) ended = another_model;
  if (ended) throw asker_.unfinished(*ended, failures.size(), items.size(), "answer");
  return failures;
}

std::vector<std::string> EndpointSystem::probe_steps() const {
  std::vector<std::string> out;
  if (asked_)
    for (const std::string& step : asker_.form().steps) out.push_back(repair_utf8(step));
  return out;
}

}  // namespace undertone
