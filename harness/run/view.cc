#include "harness/run/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>

#include "harness/core/error.h"

namespace undertone {
namespace fs = std::filesystem;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds kPatience{30};  // with a browser that sends or reads nothing
constexpr std::size_t kHeaderBytes = 16 << 10;

struct Served {
  std::string folder, page;
  int port = 0;

  // The file that a target names; nothing where there is none.
  std::optional<fs::path> file(std::string_view target) const {
    target = target.substr(0, target.find('?'));
    if (!target.starts_with('/')) return std::nullopt;
    std::string name(target.substr(1));
    if (name.empty()) name = page;
    const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '-' || c == '_'; };
    if (name.front() == '.' || !std::all_of(name.begin(), name.end(), plain)) return std::nullopt;
    const fs::path path = fs::path(folder) / name;
    std::error_code err;
    const fs::file_status status = fs::symlink_status(path, err);  // a link may lead anywhere
    return !err && fs::is_regular_file(status) ? std::optional(path) : std::nullopt;
  }
  bool is_here(std::string_view host) const {
    return host == fmt::format("127.0.0.1:{}", port) || host == fmt::format("localhost:{}", port);
  }
};

std::string_view media_type(const fs::path& path) {
  static const std::map<std::string, std::string_view> types{{".html", "text/html; charset=utf-8"},
                                                             {".json", "application/json"},
                                                             {".jsonl", "application/x-ndjson"},
                                                             {".md", "text/markdown; charset=utf-8"},
                                                             {".csv", "text/csv; charset=utf-8"},
                                                             {".tex", "application/x-tex"},
                                                             {".svg", "image/svg+xml"},
                                                             {".png", "image/png"},
                                                             {".opus", "audio/ogg"},
                                                             {".flac", "audio/flac"},
                                                             {".wav", "audio/wav"}};
  const auto found = types.find(path.extension().string());
  return found == types.end() ? "application/octet-stream" : found->second;
}

template <class Body>
void common_fields(http::response<Body>& response, std::string_view type, bool keep) {
  response.set(http::field::content_type, beast::string_view(type.data(), type.size()));
  response.set("X-Content-Type-Options", "nosniff");
  response.set(http::field::cache_control, "no-store");
  response.keep_alive(keep);
}

// One connection: a request, its answer, and again.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const Served& served) : stream_(std::move(socket)), served_(served) {}

  void read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytes);
    stream_.expires_after(kPatience);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) self->answer();
                            });
  }

 private:
  using Request = http::request_parser<http::empty_body>;

  void answer() {
    const auto& request = parser_->get();
    const bool head = request.method() == http::verb::head;
    // A body is not read: what follows it could not be told from it.
    keep_ = request.keep_alive() && parser_->is_done();
    const auto host = request[http::field::host];
    if (!served_.is_here({host.data(), host.size()}))
      return say(http::status::misdirected_request, head, "this server answers for the loopback alone\n");
    if (!head && request.method() != http::verb::get)
      return say(http::status::method_not_allowed, false, "GET and HEAD only\n");
    const auto target = request.target();
    const auto path = served_.file({target.data(), target.size()});
    if (!path) return say(http::status::not_found, head, "there is no such file in the run's folder\n");
    http::file_body::value_type body;
    error_code error;
    body.open(path->c_str(), beast::file_mode::scan, error);
    if (error) return say(http::status::internal_server_error, head, error.message() + "\n");
    const std::uint64_t size = body.size();
    if (head) return send_head(http::status::ok, media_type(*path), size);
    auto response = std::make_shared<http::response<http::file_body>>(http::status::ok, 11);
    response->body() = std::move(body);
    common_fields(*response, media_type(*path), keep_);
    response->content_length(size);
    send(response);
  }

  void say(http::status status, bool head, const std::string& text) {
    if (head) return send_head(status, "text/plain; charset=utf-8", text.size());
    auto response = std::make_shared<http::response<http::string_body>>(status, 11);
    response->body() = text;
    if (status == http::status::method_not_allowed) response->set(http::field::allow, "GET, HEAD");
    common_fields(*response, "text/plain; charset=utf-8", keep_);
    response->prepare_payload();
    send(response);
  }

  // What a GET would begin with.
  void send_head(http::status status, std::string_view type, std::uint64_t size) {
    auto response = std::make_shared<http::response<http::empty_body>>(status, 11);
    common_fields(*response, type, keep_);
    response->content_length(size);
    send(response);
  }

  template <class Body>
  void send(std::shared_ptr<http::response<Body>> response) {
    stream_.expires_after(kPatience);
    // A HEAD's answer states a length and has no body: only its fields are written.
    auto serializer = std::make_shared<http::response_serializer<Body>>(*response);
    auto then = [self = shared_from_this(), response, serializer](error_code error, std::size_t) {
      if (!error && self->keep_) return self->read();
      error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    };
    if constexpr (std::is_same_v<Body, http::empty_body>)
      http::async_write_header(stream_, *serializer, std::move(then));
    else
      http::async_write(stream_, *serializer, std::move(then));
  }

  beast::tcp_stream stream_;
  const Served& served_;
  beast::flat_buffer buffer_{kHeaderBytes};
  std::optional<Request> parser_;
  bool keep_ = false;
};

}  // namespace

struct PageServer::State {
  Served served;
  std::string url;
  asio::io_context io;
  tcp::acceptor acceptor{io};

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      if (!error) std::make_shared<Session>(std::move(socket), served)->read();
      if (acceptor.is_open()) accept();
    });
  }
};

PageServer::PageServer(std::string folder, std::string page, int port) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.served = {std::move(folder), std::move(page), port};
  const tcp::endpoint here(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port));
  error_code error;
  s.acceptor.open(here.protocol(), error);
  if (!error) s.acceptor.set_option(asio::socket_base::reuse_address(true), error);  // of one just ended
  if (!error) s.acceptor.bind(here, error);
  if (!error) s.acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    throw Error(ErrorKind::io,
                error == asio::error::address_in_use
                    ? fmt::format("port {} is in use", port)
                    : fmt::format("port {} cannot be listened on: {}", port, error.message()),
                "127.0.0.1", "choose another with --port, or leave it out");
  s.served.port = s.acceptor.local_endpoint().port();
  s.url = fmt::format("http://127.0.0.1:{}/", s.served.port);
  s.accept();
}

PageServer::~PageServer() = default;

const std::string& PageServer::url() const { return state_->url; }

void PageServer::serve(const std::atomic<bool>& stop) {
  while (!stop) state_->io.run_for(std::chrono::milliseconds(100));
}

}  // namespace undertone
