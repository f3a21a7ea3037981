// A client of one HTTP address: batches of requests with as many in flight as the server takes, bounded
// retries, deadlines, a budget and a cap on replies. Certificates are verified, redirects are not followed (a
// key must not travel on). Every request ends as one HttpDone; nothing is thrown for what a server or the
// network does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/net/budget.h"
#include "harness/net/secret.h"

namespace undertone {

enum class TransportKind {
  refused,         // no connection: no such host, or nobody listens
  timeout,         // no connection, or no whole reply, within the time allowed
  tls,             // the certificate or the handshake
  status,          // an HTTP status that is no success
  truncated_body,  // the connection ended before the reply did
  too_large,       // the reply is longer than the cap
  protocol,        // what came is not HTTP
  model_mismatch,  // another model replied than the one asked (told by the chat client)
  unsupported,     // the server does not give what was asked for (told by the chat client)
  budget,          // not sent: the budget is used up
  interrupted,     // not sent, or dropped: the user stopped it
};
std::string_view to_string(TransportKind);

struct HttpReply {  // a success (2xx), whole
  int status = 0;
  std::string body;
};
struct HttpError {
  TransportKind kind = TransportKind::protocol;
  int status = 0;            // of the last attempt; 0: none came
  std::string detail;        // one line for people, without any key
  std::string body;          // what a server said with its status
  bool unreachable = false;  // timeout: there was no connection
};
using HttpOutcome = std::variant<HttpReply, HttpError>;

struct HttpDone {
  std::size_t index = 0;  // of the request, from 0 in the order in which they were taken
  HttpOutcome outcome;
  int attempts = 0;    // 0: never sent
  double seconds = 0;  // of the last attempt
};

struct HttpTarget {
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string key_header;            // e.g. "Authorization: Bearer "; the key follows
  Secret key;
  std::string ca_file;  // certificates to trust in place of the system's; "": the system's
};

struct HttpSettings {
  double connect_seconds = 5;     // to a connection
  double attempt_seconds = 120;   // of one attempt, to the whole reply
  double deadline_seconds = 600;  // of one request with its retries and waits
  int most_attempts = 5;
  double first_wait_seconds = 0.5;  // before the second attempt; doubles, and is drawn from the upper half
  double most_wait_seconds = 60;    // a server that asks for a longer wait ends the batch
  int first_concurrency = 8, most_concurrency = 64;
  std::size_t most_reply_bytes = 8u << 20;
  std::string stream = "net";  // names the random stream of the waits
  // Failures after which nothing further is worth sending (a key that is not accepted, no such model).
  std::function<bool(const HttpError&)> hopeless;
};

struct HttpCounters {
  std::int64_t sent = 0, retries = 0, replies = 0, failures = 0;
  int concurrency = 0;  // allowed now
  int most_in_flight = 0;
};

class HttpClient {
 public:
  // Throws Error{usage} for an address that is no http or https URL or that holds a password. `budget` may be
  // null; `stop` is asked every 0.1 s or sooner, and true ends the batch at once.
  HttpClient(HttpTarget target, HttpSettings settings, Budget* budget = nullptr,
             std::function<bool()> stop = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `next` fills in the body of a POST and returns false when there are no more: bodies are held only while
  // in flight or waiting. `done` gets what ended, several at once where they came at once, before any of
  // their places is used again: what it commits is safe whatever happens next. It may throw; then what is in
  // flight is dropped.
  //   The number in flight grows by one per round of successes and is halved when the server is overloaded
  //   (429, 503,
  // 529, a timeout). Retry-After holds back every request. Retried are 408, 425, 429, 5xx, timeouts, broken
  // connections and (twice) refused ones. A server that is down ends the batch: 3 requests in a row that
  // found no connection, 16 that failed otherwise, one that is hopeless or met a bad certificate; what was
  // not sent ends with that failure and 0 attempts. Returned is what ended the batch before its time, if
  // anything did.
  using Next = std::function<bool(std::string& body)>;
  using Done = std::function<void(std::vector<HttpDone>& ended)>;
  std::optional<HttpError> run(const Next& next, const Done& done);
  HttpDone send(std::string body);  // one request

  const HttpCounters& counters() const;
  const std::string& shown_url() const;  // for people: without query

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// scheme://host[:port]/path of an address: without query, which may hold a key. Throws Error{usage} as above.
std::string checked_url(const std::string& url);

}  // namespace undertone
