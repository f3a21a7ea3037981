// The HTTP client against a server on the loopback that does everything wrong.
#include "harness/net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <map>
#include <optional>

#include "harness/core/error.h"
#include "tests/support/stub_server.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using test::StubReply;
using test::StubRequest;
using test::StubServer;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kKey = "sk-planted-0123456789abcdef";

HttpTarget target(const std::string& url) {
  HttpTarget t;
  t.url = url + "/v1/chat/completions";
  t.headers = {"Content-Type: application/json"};
  t.key_header = "Authorization: Bearer ";
  t.key = Secret(kKey);
  return t;
}

HttpSettings quick() {
  HttpSettings s;
  s.attempt_seconds = 5;
  s.deadline_seconds = 10;
  s.first_wait_seconds = 0.01;
  s.most_wait_seconds = 3;
  s.most_attempts = 3;
  return s;
}

double seconds_of(const std::function<void()>& what) {
  const auto began = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

HttpDone send(const std::string& url, HttpSettings settings = quick()) {
  return HttpClient(target(url), std::move(settings)).send("{}");
}
HttpDone send_to(const StubServer::Handler& handler, HttpSettings settings = quick()) {
  const StubServer server(handler);
  return send(server.url(), std::move(settings));
}
const HttpError& error_of(const HttpDone& done) { return std::get<HttpError>(done.outcome); }

// All bodies, at once; by index.
std::map<std::size_t, HttpDone> run(HttpClient& client, std::size_t n,
                                    std::optional<HttpError>* ended_by = nullptr) {
  std::map<std::size_t, HttpDone> out;
  std::size_t at = 0;
  auto ended = client.run(
      [&](std::string& body) {
        body = std::to_string(at);
        return at++ < n;
      },
      [&](std::vector<HttpDone>& done) {
        for (HttpDone& d : done) EXPECT_TRUE(out.emplace(d.index, d).second) << "ended twice";
      });
  EXPECT_EQ(out.size(), n) << "every request ends once";
  if (ended_by) *ended_by = ended;
  return out;
}

TEST(HttpClient, PostsTheBodyWithTheKeyAndReturnsTheReply) {
  const StubServer server([](const StubRequest& r) { return StubReply{.body = "got " + r.body}; });
  HttpClient client(target(server.url()), quick());
  const HttpDone done = client.send("hello");
  EXPECT_EQ(std::get<HttpReply>(done.outcome).body, "got hello");
  EXPECT_EQ(done.attempts, 1);
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].headers.at("authorization"), "Bearer " + kKey);
  EXPECT_EQ(server.requests()[0].target, "/v1/chat/completions");
}

TEST(HttpClient, WaitsAsLongAsRetryAfterSaysInBothForms) {
  const auto after = [](const std::string& value, bool date) {
    return send_to([value, date](const StubRequest& r) {
      if (r.number > 0) return StubReply{.body = "ok"};
      std::string when = value;
      if (date) {
        char text[64];
        const std::time_t at = std::time(nullptr) + 2;
        std::tm parts{};
        gmtime_r(&at, &parts);
        std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        when = text;
      }
      return StubReply{.status = 429, .headers = {{"Retry-After", when}}, .body = "slow down"};
    });
  };
  for (const bool date : {false, true}) {
    HttpDone done;
    const double took = seconds_of([&] { done = after("1", date); });
    EXPECT_EQ(std::get<HttpReply>(done.outcome).body, "ok");
    EXPECT_EQ(done.attempts, 2);
    EXPECT_GE(took, 0.95) << (date ? "a date" : "seconds");
  }
}

TEST(HttpClient, AServerThatAsksForAnHourEndsTheBatch) {
  const StubServer server([](const StubRequest&) {
    return StubReply{.status = 429, .headers = {{"Retry-After", "3600"}}, .body = "quota"};
  });
  HttpClient client(target(server.url()), quick());
  std::optional<HttpError> ended;
  const double took = seconds_of([&] { run(client, 100, &ended); });
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, TransportKind::status);
  EXPECT_THAT(ended->detail, HasSubstr("wait longer than 3 s"));
  EXPECT_LT(took, 2);
  EXPECT_LE(server.requests().size(), 8u);
}

TEST(HttpClient, ServerErrorsAreTriedAgainAndOtherStatusesAreNot) {
  for (const int status : {500, 502, 503}) {
    const HttpDone mended = send_to([status](const StubRequest& r) {
      return r.number < 2 ? StubReply{.status = status, .body = "busy"} : StubReply{.body = "ok"};
    });
    EXPECT_TRUE(std::holds_alternative<HttpReply>(mended.outcome)) << status;
    EXPECT_EQ(mended.attempts, 3);
    const HttpDone done =
        send_to([status](const StubRequest&) { return StubReply{.status = status, .body = "busy"}; });
    EXPECT_EQ(error_of(done).kind, TransportKind::status);
    EXPECT_EQ(error_of(done).status, status);
    EXPECT_EQ(error_of(done).body, "busy");
    EXPECT_EQ(done.attempts, 3);
  }
  for (const int status : {301, 400, 401, 404, 422}) {
    const HttpDone done = send_to([status](const StubRequest&) {
      return StubReply{.status = status, .headers = {{"Location", "/elsewhere"}}, .body = "no"};
    });
    EXPECT_EQ(error_of(done).status, status);
    EXPECT_EQ(done.attempts, 1) << status;
  }
}

TEST(HttpClient, ATimeoutAndASlowDripAreTimeouts) {
  HttpSettings s = quick();
  s.attempt_seconds = 0.3;
  s.most_attempts = 2;
  const HttpDone silent =
      send_to([](const StubRequest&) { return StubReply{.body = "late", .delay_seconds = 30}; }, s);
  EXPECT_EQ(error_of(silent).kind, TransportKind::timeout);
  EXPECT_FALSE(error_of(silent).unreachable);
  EXPECT_EQ(silent.attempts, 2);
  const HttpDone drip = send_to(
      [](const StubRequest&) { return StubReply{.body = std::string(100, 'x'), .drip_seconds = 0.05}; }, s);
  EXPECT_EQ(error_of(drip).kind, TransportKind::timeout);
}

TEST(HttpClient, TheDeadlineBoundsAllAttemptsTogether) {
  HttpSettings s = quick();
  s.attempt_seconds = 0.3;
  s.deadline_seconds = 0.7;
  s.most_attempts = 20;
  HttpDone done;
  const double took = seconds_of([&] {
    done = send_to([](const StubRequest&) { return StubReply{.body = "late", .delay_seconds = 30}; }, s);
  });
  EXPECT_EQ(error_of(done).kind, TransportKind::timeout);
  EXPECT_LT(took, 2);
  EXPECT_LE(done.attempts, 4);
}

TEST(HttpClient, HalfABodyIsTruncatedAndTriedAgain) {
  const auto half = [](const StubRequest&) { return StubReply{.body = "0123456789", .cut_after = 5}; };
  const HttpDone done = send_to(half);
  EXPECT_EQ(error_of(done).kind, TransportKind::truncated_body);
  EXPECT_EQ(done.attempts, 3);
  EXPECT_EQ(error_of(send_to([](const StubRequest&) { return StubReply{.hang_up = true}; })).kind,
            TransportKind::truncated_body);
  const HttpDone mended = send_to(
      [&](const StubRequest& r) { return r.number == 0 ? half(r) : StubReply{.body = "0123456789"}; });
  EXPECT_EQ(std::get<HttpReply>(mended.outcome).body, "0123456789");
}

TEST(HttpClient, TheReplyIsCappedWhetherItsLengthIsToldOrNot) {
  HttpSettings s = quick();
  s.most_reply_bytes = 1000;
  const HttpDone told =
      send_to([](const StubRequest&) { return StubReply{.body = std::string(100 << 20, 'x')}; }, s);
  EXPECT_EQ(error_of(told).kind, TransportKind::too_large);
  EXPECT_EQ(told.attempts, 1);
  const HttpDone untold = send_to(
      [](const StubRequest&) {
        return StubReply{.raw = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(5000, 'x')};
      },
      s);
  EXPECT_EQ(error_of(untold).kind, TransportKind::too_large);
  EXPECT_TRUE(std::holds_alternative<HttpReply>(
      send_to([](const StubRequest&) { return StubReply{.body = std::string(1000, 'x')}; }, s).outcome));
}

TEST(HttpClient, WhatIsNoHttpIsProtocol) {
  EXPECT_EQ(
      error_of(send_to([](const StubRequest&) { return StubReply{.raw = "SSH-2.0-OpenSSH\r\n"}; })).kind,
      TransportKind::protocol);
}

TEST(HttpClient, ABadCertificateIsTlsAndNothingIsSent) {
  const StubServer server([](const StubRequest&) { return StubReply{.body = "ok"}; }, StubServer::Kind::tls);
  const HttpDone done = send(server.url());
  EXPECT_EQ(error_of(done).kind, TransportKind::tls);
  EXPECT_EQ(done.attempts, 1);
  EXPECT_TRUE(server.requests().empty());
  // The same certificate, trusted by name: so it was the certificate.
  const test::TemporaryFolder folder;
  std::ofstream(folder / "ca.pem") << server.certificate();
  HttpTarget trusting = target(server.url());
  trusting.ca_file = folder / "ca.pem";
  EXPECT_EQ(std::get<HttpReply>(HttpClient(trusting, quick()).send("{}").outcome).body, "ok");
}

TEST(HttpClient, AServerThatIsDownIsReportedWithinSeconds) {
  HttpSettings s;  // as they are outside of tests
  HttpClient client(target(test::closed_address()), s);
  std::optional<HttpError> ended;
  std::map<std::size_t, HttpDone> all;
  const double took = seconds_of([&] { all = run(client, 10000, &ended); });
  EXPECT_LT(took, 5);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, TransportKind::refused);
  for (const auto& [index, done] : all) EXPECT_EQ(error_of(done).kind, TransportKind::refused);
  EXPECT_EQ(all.at(9999).attempts, 0);
  EXPECT_THAT(error_of(all.at(9999)).detail, HasSubstr("not sent"));
  EXPECT_LE(client.counters().sent, 3 * 8);
}

TEST(HttpClient, ConcurrencyGrowsWithSuccessAndFallsUnderLoad) {
  std::atomic<bool> overloaded{false};
  const StubServer server([&](const StubRequest&) {
    if (overloaded) return StubReply{.status = 503, .body = "busy"};
    return StubReply{.body = "ok", .delay_seconds = 0.002};
  });
  HttpSettings s = quick();
  s.first_concurrency = 2;
  s.most_concurrency = 12;
  HttpClient client(target(server.url()), s);
  run(client, 300);
  EXPECT_GT(client.counters().concurrency, 6);
  EXPECT_GT(server.most_in_flight(), 4);
  EXPECT_LE(server.most_in_flight(), 12);
  overloaded = true;
  run(client, 20);
  EXPECT_LE(client.counters().concurrency, 3);
}

TEST(HttpClient, TheBudgetStopsCleanly) {
  const StubServer server([](const StubRequest&) { return StubReply{.body = "ok"}; });
  Budget budget({.requests = 10});
  HttpClient client(target(server.url()), quick(), &budget);
  std::optional<HttpError> ended;
  const auto all = run(client, 1000, &ended);
  EXPECT_EQ(server.requests().size(), 10u);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, TransportKind::budget);
  std::size_t replies = 0;
  for (const auto& [index, done] : all) {
    replies += std::holds_alternative<HttpReply>(done.outcome);
    if (index >= 10) {
      EXPECT_EQ(error_of(done).kind, TransportKind::budget);
    }
  }
  EXPECT_EQ(replies, 10u);
}

TEST(HttpClient, AWishToStopIsHeardWhileTheServerIsSilent) {
  const StubServer server([](const StubRequest&) { return StubReply{.body = "late", .delay_seconds = 30}; });
  const auto began = std::chrono::steady_clock::now();
  HttpClient client(target(server.url()), quick(), nullptr, [&] {
    return std::chrono::steady_clock::now() - began > std::chrono::milliseconds(200);
  });
  std::map<std::size_t, HttpDone> all;
  EXPECT_LT(seconds_of([&] { all = run(client, 50); }), 2);
  for (const auto& [index, done] : all) EXPECT_EQ(error_of(done).kind, TransportKind::interrupted);
}

// The place of a reply is used again only after the callback returned: with one place, never before the reply
// before it was committed.
TEST(HttpClient, RepliesAreHandedOverBeforeTheirPlaceIsUsedAgain) {
  std::atomic<int> committed{0};
  std::atomic<bool> ahead{false};
  const StubServer server([&](const StubRequest& r) {
    if (static_cast<int>(r.number) > committed) ahead = true;
    return StubReply{.body = "ok"};
  });
  HttpSettings s = quick();
  s.first_concurrency = s.most_concurrency = 1;
  HttpClient client(target(server.url()), s);
  std::size_t at = 0;
  client.run([&](std::string&) { return at++ < 20; },
             [&](std::vector<HttpDone>& done) { committed += static_cast<int>(done.size()); });
  EXPECT_EQ(committed, 20);
  EXPECT_FALSE(ahead);
}

TEST(HttpClient, ACallbackThatThrowsLeavesAUsableClient) {
  const StubServer server([](const StubRequest&) { return StubReply{.body = "ok"}; });
  HttpClient client(target(server.url()), quick());
  std::size_t at = 0;
  EXPECT_THROW(client.run([&](std::string&) { return at++ < 100; },
                          [](std::vector<HttpDone>&) { throw std::runtime_error("disk full"); }),
               std::runtime_error);
  run(client, 10);
}

TEST(HttpClient, APlantedKeyComesBackInNoErrorAndNoReply) {
  const auto echo = [](const StubRequest& r) { return r.headers.at("authorization"); };
  for (const int status : {200, 400, 401, 500}) {
    const HttpDone done = send_to(
        [&](const StubRequest& r) { return StubReply{.status = status, .body = "you sent " + echo(r)}; });
    const auto* error = std::get_if<HttpError>(&done.outcome);
    const std::string shown = error ? error->detail + error->body : std::get<HttpReply>(done.outcome).body;
    EXPECT_THAT(shown, HasSubstr("you sent Bearer [key]")) << status;
    EXPECT_THAT(shown, Not(HasSubstr("sk-planted"))) << status;
  }
  // The header is sent as a status line: it ends up in libcurl's own message or nowhere.
  const HttpDone odd = send_to([&](const StubRequest& r) { return StubReply{.raw = echo(r) + "\r\n\r\n"}; });
  EXPECT_THAT(error_of(odd).detail + error_of(odd).body, Not(HasSubstr("sk-planted")));
}

TEST(HttpClient, RefusesAnAddressThatIsNone) {
  EXPECT_THROW(HttpClient(target("ftp://127.0.0.1"), quick()), Error);
  EXPECT_THROW(HttpClient(target("http://me:secret@127.0.0.1"), quick()), Error);
}

}  // namespace
}  // namespace undertone
