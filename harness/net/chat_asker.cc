#include "harness/net/chat_asker.h"

#include <fmt/format.h>

#include "harness/core/utf8.h"

namespace undertone {
namespace {

const char* mend(const HttpError& error) {
  switch (error.kind) {
    case TransportKind::budget:
      return "raise its \"budget\" and run again: what is there already is not bought again";
    case TransportKind::interrupted:
      return "run the same command again: it resumes";
    case TransportKind::tls:
      return "check the server's certificate; \"ca_file\" names one that is to be trusted";
    case TransportKind::status:
      return "check the key, the model's name and the address; then run again: it resumes";
    case TransportKind::model_mismatch:
      return "ask for the model that is served, or say its name in \"served_model\"; one that took another's "
             "place is another: give it a \"service\"";
    case TransportKind::unsupported:
      return "ask a server that gives log-probabilities, or take the rating that the reply says (\"value\": "
             "\"reply\")";
    default:
      return "start the server, or mend the address; then run again: it resumes";
  }
}

}  // namespace

ChatAsker::ChatAsker(EndpointSettings server, ChatSettings chat, std::string stream, Environment environment)
    : server_(std::move(server)),
      chat_(std::move(chat)),
      stream_(std::move(stream)),
      environment_(std::move(environment)),
      budget_(server_.budget) {
  chat_.model = server_.model;
  chat_.served_model = server_.served_model;
  chat_.input_price = server_.input_price;
  chat_.output_price = server_.output_price;
}

void ChatAsker::expect_model(const std::string& served) {
  if (!client_ && server_.served_model.empty()) chat_.served_model = served;
}

std::optional<HttpError> ChatAsker::ask(std::size_t n, const ChatProbe& probe,
                                        const std::function<ChatPrompt(std::size_t)>& prompt,
                                        const Sink& reached, const Sink& failed,
                                        const std::function<bool()>& stop) {
  if (n == 0) return std::nullopt;
  stop_ = stop;
  if (!client_) {
    EndpointChoice choice = server_.endpoint;
    choice.model = server_.model;
    HttpSettings http = server_.http;
    http.stream = stream_;
    client_ = std::make_unique<ChatClient>(find_endpoint(choice, environment_), chat_, std::move(http),
                                           budget_, [this] { return stop_ && stop_(); });
  }
  if (auto error = client_->probe(probe)) {
    std::vector<ChatDone> all(n);
    for (std::size_t i = 0; i < n; ++i) all[i] = {i, *error, {}, 0, 0};
    failed(all);
    return error;
  }
  return client_->run(n, prompt, [&](std::vector<ChatDone>& ended) {
    std::vector<ChatDone> good, bad;
    for (ChatDone& done : ended)
      (std::holds_alternative<HttpError>(done.outcome) ? bad : good).push_back(std::move(done));
    if (!good.empty()) reached(good);
    if (!bad.empty()) failed(bad);
  });
}

Error ChatAsker::unfinished(const HttpError& ended, std::size_t without, std::size_t of,
                            std::string_view what) const {
  return Error(
      ErrorKind::io,
      fmt::format("{} ({} of {} items have no {} yet)", failure_text(ended), without, of, what),
      client_ ? fmt::format("{}, from {}", client_->server(), client_->endpoint().url_from) : "the endpoint",
      mend(ended));
}

const ChatForm& ChatAsker::form() const {
  if (!client_) throw Error(ErrorKind::internal, "the form of an endpoint that was never asked");
  return client_->form();
}

Json ChatAsker::facts(const ChatDone& done) const {
  Json about = Json::object();
  about["server"] = client_ ? client_->server() : "";
  about["model"] = repair_utf8(done.facts.model);
  if (!done.facts.fingerprint.empty()) about["fingerprint"] = repair_utf8(done.facts.fingerprint);
  about["attempts"] = done.attempts;
  about["seconds"] = done.seconds;
  if (done.facts.counted) {
    about["prompt_tokens"] = done.facts.prompt_tokens;
    about["completion_tokens"] = done.facts.completion_tokens;
  }
  return about;
}

std::string failure_text(const HttpError& error) {
  return fmt::format("{}: {}", to_string(error.kind), repair_utf8(error.detail));
}

}  // namespace undertone
