#include "tests/support/stub_server.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "harness/core/json.h"

namespace undertone::test {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

struct SelfSigned {
  std::string certificate, key;  // PEM
};

std::string pem(const std::function<int(BIO*)>& write) {
  BIO* memory = BIO_new(BIO_s_mem());
  if (!memory || write(memory) != 1) throw std::runtime_error("OpenSSL writes no PEM");
  char* bytes = nullptr;
  const long n = BIO_get_mem_data(memory, &bytes);
  std::string out(bytes, static_cast<std::size_t>(n));
  BIO_free(memory);
  return out;
}

SelfSigned self_signed() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  if (!key || !certificate) throw std::runtime_error("OpenSSL makes no certificate");
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("stub"), -1, -1,
                             0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(certificate, alternative, -1);
  X509_EXTENSION_free(alternative);
  if (X509_sign(certificate, key, EVP_sha256()) == 0)
    throw std::runtime_error("OpenSSL signs no certificate");
  SelfSigned out;
  out.certificate = pem([&](BIO* to) { return PEM_write_bio_X509(to, certificate); });
  out.key =
      pem([&](BIO* to) { return PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr); });
  X509_free(certificate);
  EVP_PKEY_free(key);
  return out;
}

}  // namespace

struct StubServer::State {
  Handler handler;
  Kind kind;
  SelfSigned signed_by_itself;
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  mutable std::mutex mutex;
  std::condition_variable stopping;
  bool stopped = false;
  std::list<tcp::socket> sockets;
  std::vector<std::thread> threads;
  std::vector<StubRequest> requests;
  int in_flight = 0, most_in_flight = 0;
  std::thread accepting;

  State(Handler h, Kind k) : handler(std::move(h)), kind(k) {
    if (kind == Kind::tls) {
      signed_by_itself = self_signed();
      tls.use_certificate_chain(asio::buffer(signed_by_itself.certificate));
      tls.use_private_key(asio::buffer(signed_by_itself.key), asio::ssl::context::pem);
    }
    accepting = std::thread([this] { accept(); });
  }

  ~State() {
    {
      const std::lock_guard lock(mutex);
      stopped = true;
      for (tcp::socket& s : sockets) ::shutdown(s.native_handle(), SHUT_RDWR);
    }
    stopping.notify_all();
    ::shutdown(acceptor.native_handle(), SHUT_RDWR);  // wakes accept()
    accepting.join();
    for (std::thread& t : threads) t.join();
  }

  void accept() {
    for (;;) {
      error_code error;
      tcp::socket accepted = acceptor.accept(error);
      const std::lock_guard lock(mutex);
      if (error || stopped) return;
      sockets.push_back(std::move(accepted));
      tcp::socket& socket = sockets.back();
      threads.emplace_back([this, &socket] {
        converse_on(socket);
        error_code ignored;
        socket.shutdown(tcp::socket::shutdown_both, ignored);
      });
    }
  }

  void converse_on(tcp::socket& socket) {
    if (kind == Kind::plain) return converse(socket);
    asio::ssl::stream<tcp::socket&> stream(socket, tls);
    error_code error;
    stream.handshake(asio::ssl::stream_base::server, error);
    if (!error) converse(stream);
  }

  // Waits, and says whether the server still stands.
  bool wait(double seconds) {
    std::unique_lock lock(mutex);
    return !stopping.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return stopped; });
  }

  template <class Stream>
  void converse(Stream& stream) {
    boost::beast::flat_buffer buffer;
    for (;;) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(64u << 20);
      error_code error;
      http::read(stream, buffer, parser, error);
      if (error) return;
      const bool goes_on = answer(stream, parser.get());
      const std::lock_guard lock(mutex);
      --in_flight;
      if (!goes_on || stopped) return;
    }
  }

  template <class Stream>
  bool answer(Stream& stream, const http::request<http::string_body>& got) {
    StubRequest request;
    request.target = std::string(got.target());
    request.body = got.body();
    for (const auto& field : got) {
      std::string name(field.name_string());
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      request.headers[name] = std::string(field.value());
    }
    {
      const std::lock_guard lock(mutex);
      most_in_flight = std::max(most_in_flight, ++in_flight);
      request.number = requests.size();
      requests.push_back(request);
    }
    const StubReply reply = handler(request);
    if (reply.delay_seconds > 0 && !wait(reply.delay_seconds)) return false;
    if (reply.hang_up) return false;
    error_code error;
    if (!reply.raw.empty()) {
      asio::write(stream, asio::buffer(reply.raw), error);
      return false;
    }
    std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Stub\r\n";
    for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
    head +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n";
    const std::string body = reply.body.substr(0, reply.cut_after);
    if (reply.drip_seconds <= 0) {
      asio::write(stream, asio::buffer(head + body), error);
    } else {
      asio::write(stream, asio::buffer(head), error);
      for (const char& byte : body) {
        if (error || !wait(reply.drip_seconds)) return false;
        asio::write(stream, asio::buffer(&byte, 1), error);
      }
    }
    return !error && body.size() == reply.body.size();
  }
};

StubServer::StubServer(Handler handler, Kind kind)
    : state_(std::make_unique<State>(std::move(handler), kind)) {}
StubServer::~StubServer() = default;

std::string StubServer::url() const {
  return (state_->kind == Kind::tls ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(state_->acceptor.local_endpoint().port());
}
std::string StubServer::certificate() const { return state_->signed_by_itself.certificate; }
std::vector<StubRequest> StubServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}
int StubServer::most_in_flight() const {
  const std::lock_guard lock(state_->mutex);
  return state_->most_in_flight;
}

namespace {

std::string completion_json(const std::string& content, const std::string& model,
                            const std::string& finish_reason, Json logprobs) {
  const Json message = Json::object({{"role", Json("assistant")}, {"content", Json(content)}});
  const Json choice = Json::object({{"index", Json(0)},
                                    {"message", message},
                                    {"logprobs", std::move(logprobs)},
                                    {"finish_reason", Json(finish_reason)}});
  return Json::object(
             {{"id", Json("c")},
              {"object", Json("chat.completion")},
              {"model", Json(model)},
              {"system_fingerprint", Json("fp")},
              {"choices", Json(Json::Array{choice})},
              {"usage", Json::object({{"prompt_tokens", Json(100)}, {"completion_tokens", Json(10)}})}})
      .dump();
}

}  // namespace

std::string completion(const std::string& content, const std::string& model,
                       const std::string& finish_reason) {
  return completion_json(content, model, finish_reason, {});
}

std::string completion(const std::vector<StubToken>& tokens, const std::string& model) {
  std::string content;
  Json list = Json::array();
  for (const StubToken& t : tokens) {
    content += t.text;
    Json top = Json::array();
    double own = 1;
    for (const auto& [text, probability] : t.choices) {
      if (text == t.text) own = probability;
      top.push_back(Json::object({{"token", Json(text)}, {"logprob", Json(std::log(probability))}}));
    }
    list.push_back(Json::object(
        {{"token", Json(t.text)}, {"logprob", Json(std::log(own))}, {"top_logprobs", std::move(top)}}));
  }
  return completion_json(content, model, "stop", Json::object({{"content", std::move(list)}}));
}

std::string closed_address() {
  asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
}

}  // namespace undertone::test
