// An HTTP server on the loopback that plays what a test tells it to: whole replies and every way to break
// one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace undertone::test {

struct StubRequest {
  std::string target, body;
  std::map<std::string, std::string> headers;  // names in lower case
  std::size_t number = 0;                      // of all requests to this server, from 0
};

struct StubReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  double delay_seconds = 0;                   // before the first byte
  double drip_seconds = 0;                    // before each byte of the body
  std::size_t cut_after = std::string::npos;  // closes after so many bytes of the body
  bool hang_up = false;                       // closes without a byte
  std::string raw = {};                       // where not empty: sent in place of everything, then closed
};

class StubServer {
 public:
  using Handler = std::function<StubReply(const StubRequest&)>;  // called from several threads
  enum class Kind { plain, tls };  // tls: with a certificate that it signed itself
  explicit StubServer(Handler handler, Kind kind = Kind::plain);
  ~StubServer();
  StubServer(const StubServer&) = delete;
  StubServer& operator=(const StubServer&) = delete;

  std::string url() const;          // http://127.0.0.1:PORT
  std::string certificate() const;  // PEM
  std::vector<StubRequest> requests() const;
  int most_in_flight() const;  // requests that were being answered at one time

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A chat completion as servers give it.
std::string completion(const std::string& content, const std::string& model = "judge-model",
                       const std::string& finish_reason = "stop");

// The same with the tokens that spell its content, and the likeliest ones in the place of each with their
// probabilities.
struct StubToken {
  std::string text;
  std::vector<std::pair<std::string, double>> choices = {};
};
std::string completion(const std::vector<StubToken>& tokens, const std::string& model = "judge-model");

// Whether a request is the endpoint judge's trial of the reply's form, which it sends before its first item.
inline constexpr std::string_view kProbe = "This is a test of the form";
inline bool is_probe(const StubRequest& r) { return r.body.find(kProbe) != std::string::npos; }

// The address of a port on which nobody listens.
std::string closed_address();

}  // namespace undertone::test
