// Asks a model behind a server for many replies and hands each over as it comes: what judges and systems that
// sit behind an endpoint share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/json.h"
#include "harness/net/chat_client.h"
#include "harness/net/endpoint_settings.h"

namespace undertone {

class ChatAsker {
 public:
  // Nothing is looked up or sent here: planning needs neither server nor key. `chat` gets model, served model
  // and prices from `server`; `stream` names the random stream of the waits.
  ChatAsker(EndpointSettings server, ChatSettings chat, std::string stream,
            Environment environment = process_environment);

  using Sink = std::function<void(std::vector<ChatDone>& done)>;
  // One request per prompt, 0 to n - 1, made when a place is free. `probe` goes before the first one, once in
  // the asker's life. `reached` gets replies,
  // whatever they say, before their places are used again; `failed` those that end in an HttpError, also
  // (with 0 attempts) what a server that is down never got. `stop` ends it at once. Returns what ended it
  // before its time. Throws Error{usage} when no server is named or its key is not there.
  std::optional<HttpError> ask(std::size_t n, const ChatProbe& probe,
                               const std::function<ChatPrompt(std::size_t)>& prompt, const Sink& reached,
                               const Sink& failed, const std::function<bool()>& stop = {});

  // Every reply must carry this name from now on, where the settings say nothing: what earlier replies, given
  // by another process, carried. Before the first ask().
  void expect_model(const std::string& served);

  // For whoever ends because ask() did: what happened, that `without` of `of` items have no `what` yet, and
  // the mend.
  Error unfinished(const HttpError& ended, std::size_t without, std::size_t of, std::string_view what) const;

  const ChatForm& form() const;  // what the probe found; only after ask()
  // For the ledger: server, the model as it names itself, attempts, seconds, tokens.
  Json facts(const ChatDone& done) const;

 private:
  EndpointSettings server_;
  ChatSettings chat_;
  std::string stream_;
  Environment environment_;
  Budget budget_;
  std::function<bool()> stop_;  // of the ask() under way
  std::unique_ptr<ChatClient> client_;
};

// "timeout: no reply within 120 s", as failures stand in verdicts and answers.
std::string failure_text(const HttpError& error);

}  // namespace undertone
