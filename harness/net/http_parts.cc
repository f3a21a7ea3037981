#include "harness/net/http_parts.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "harness/core/random.h"

namespace undertone {

std::string_view to_string(TransportKind kind) {
  switch (kind) {
    case TransportKind::refused:
      return "refused";
    case TransportKind::timeout:
      return "timeout";
    case TransportKind::tls:
      return "TLS";
    case TransportKind::status:
      return "HTTP status";
    case TransportKind::truncated_body:
      return "truncated body";
    case TransportKind::too_large:
      return "too large";
    case TransportKind::protocol:
      return "protocol";
    case TransportKind::model_mismatch:
      return "model mismatch";
    case TransportKind::unsupported:
      return "unsupported";
    case TransportKind::budget:
      return "budget";
    case TransportKind::interrupted:
      return "interrupted";
  }
  throw Error(ErrorKind::internal, "a transport kind without a name");
}

std::string shown_line(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 200)) {
    const bool printable = c >= 0x20 && c < 0x7f;
    if (c == '\n' || c == '\r' || c == '\t')
      out += ' ';
    else
      out += printable ? c : '?';
  }
  return text.size() > 200 ? out + "..." : out;
}

HttpOutcome outcome_of(Attempt a, const HttpSettings& settings) {
  const auto failed = [&](TransportKind kind, std::string detail) {
    return HttpError{kind, a.status, std::move(detail), "", !a.connected};
  };
  if (a.over_cap || a.curl_code == CURLE_FILESIZE_EXCEEDED)
    return failed(TransportKind::too_large,
                  fmt::format("the reply is longer than {} bytes", settings.most_reply_bytes));
  switch (a.curl_code) {
    case CURLE_OK: {
      if (a.status >= 200 && a.status < 300) return HttpReply{a.status, std::move(a.body)};
      HttpError error = failed(TransportKind::status, fmt::format("status {}", a.status));
      if (!a.body.empty()) error.detail += ": " + shown_line(a.body);
      error.body = std::move(a.body);
      return error;
    }
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return failed(TransportKind::refused, shown_line(a.message));
    case CURLE_OPERATION_TIMEDOUT:
      return failed(TransportKind::timeout, a.connected
                                                ? fmt::format("no whole reply in {:.3g} s", a.seconds)
                                                : fmt::format("no connection in {:.3g} s", a.seconds));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
      return failed(TransportKind::tls, shown_line(a.message));
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return failed(TransportKind::truncated_body, shown_line(a.message));
    default:
      return failed(TransportKind::protocol, shown_line(a.message));
  }
}

bool worth_retrying(const HttpError& error, int attempts, const HttpSettings& settings) {
  if (attempts >= settings.most_attempts) return false;
  switch (error.kind) {
    case TransportKind::refused:
      return attempts < 3;
    case TransportKind::timeout:
      return !error.unreachable || attempts < 2;
    case TransportKind::truncated_body:
      return true;
    case TransportKind::status:
      return error.status == 408 || error.status == 425 || error.status == 429 ||
             (error.status >= 500 && error.status != 501 && error.status != 505);
    default:
      return false;
  }
}

bool says_overloaded(const HttpError& error) {
  if (error.kind == TransportKind::timeout) return !error.unreachable;
  return error.kind == TransportKind::status &&
         (error.status == 429 || error.status == 503 || error.status == 529);
}

double wait_seconds(const HttpSettings& settings, std::size_t index, int attempts) {
  Stream draws(settings.stream + "/retry", index * 64 + static_cast<std::size_t>(attempts));
  const double most =
      std::min(settings.most_wait_seconds, settings.first_wait_seconds * std::exp2(attempts - 1));
  return most * draws.uniform(0.5, 1);
}

}  // namespace undertone
