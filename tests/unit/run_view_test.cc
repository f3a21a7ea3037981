// The server of a run's page, asked over the loopback byte by byte.
#include "harness/run/view.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <thread>

#include "harness/core/error.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using boost::asio::ip::tcp;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class View : public ::testing::Test {
 protected:
  void SetUp() override {
    write_text(folder_ / "run/report.html", "<p>the page</p>");
    write_text(folder_ / "run/report.json", "{}");
    write_text(folder_ / "run/big.csv", std::string(3'000'000, 'x'));
    write_text(folder_ / "run/.hidden", "secret");
    write_text(folder_ / "run/store/ledger.sqlite", "secret");
    write_text(folder_ / "secret.txt", "secret");
    std::filesystem::create_symlink(folder_ / "secret.txt", folder_ / "run/link.txt");
    server_ = std::make_unique<PageServer>(folder_ / "run", "report.html", 0);
    const std::string& url = server_->url();
    ASSERT_THAT(url, AllOf(StartsWith("http://127.0.0.1:"), EndsWith("/")));
    port_ = std::stoi(url.substr(17));
    thread_ = std::thread([this] { server_->serve(stop_); });
  }
  void TearDown() override {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  tcp::socket connected() {
    tcp::socket socket(io_);
    socket.connect({boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port_)});
    return socket;
  }
  // All that comes back to these bytes until the server closes.
  std::string said(const std::string& bytes) {
    tcp::socket socket = connected();
    boost::asio::write(socket, boost::asio::buffer(bytes));
    std::string out;
    boost::system::error_code error;
    boost::asio::read(socket, boost::asio::dynamic_buffer(out), error);
    EXPECT_TRUE(error == boost::asio::error::eof) << error.message();
    return out;
  }
  std::string asked(const std::string& method, const std::string& target, std::string host = "") {
    if (host.empty()) host = fmt::format("127.0.0.1:{}", port_);
    return said(fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", method, target, host));
  }
  TemporaryFolder folder_;
  std::unique_ptr<PageServer> server_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
  boost::asio::io_context io_;
  int port_ = 0;
};

TEST_F(View, GivesThePageAndTheFilesBesideIt) {
  EXPECT_THAT(asked("GET", "/"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Type: text/html"),
                    HasSubstr("X-Content-Type-Options: nosniff"), EndsWith("\r\n\r\n<p>the page</p>")));
  EXPECT_THAT(asked("GET", "/report.json?x=1"),
              AllOf(HasSubstr("Content-Type: application/json"), EndsWith("\r\n\r\n{}")));
  const std::string big = asked("GET", "/big.csv");
  EXPECT_THAT(big.substr(0, 400), HasSubstr("Content-Length: 3000000"));
  EXPECT_EQ(big.size() - big.find("\r\n\r\n") - 4, 3'000'000u);
}

TEST_F(View, HeadIsTheBeginningOfAGet) {
  const std::string head = asked("HEAD", "/");
  EXPECT_THAT(
      head, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 15"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(asked("HEAD", "/nothing"), AllOf(StartsWith("HTTP/1.1 404"), EndsWith("\r\n\r\n")));
}

TEST_F(View, NoTargetLeadsOutOfTheFolder) {
  for (const std::string& target :
       std::vector<std::string>{"/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/..",
                                "/./report.html", "/.hidden", "/store/ledger.sqlite", "/store", "/link.txt",
                                "//etc/passwd", "/etc/passwd", "*", "/report.html/", "/..\\secret.txt"}) {
    const std::string answer = asked("GET", target);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 404")) << target;
    EXPECT_THAT(answer, Not(HasSubstr("secret"))) << target;
  }
  EXPECT_THAT(asked("GET", fmt::format("http://127.0.0.1:{}/../secret.txt", port_)),
              StartsWith("HTTP/1.1 404"));
}

TEST_F(View, OtherMethodsAreRefused) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
    EXPECT_THAT(asked(method, "/"), AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD")))
        << method;
  EXPECT_THAT(
      said(fmt::format("POST / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 5\r\n\r\nhello", port_)),
      StartsWith("HTTP/1.1 405"));
}

// A page of another site may point its own name here; its browser then sends that name.
TEST_F(View, OtherHostNamesAreRefused) {
  EXPECT_THAT(asked("GET", "/", fmt::format("localhost:{}", port_)), StartsWith("HTTP/1.1 200"));
  for (const std::string& host : {fmt::format("evil.example:{}", port_), std::string("127.0.0.1"),
                                  fmt::format("127.0.0.1.evil.example:{}", port_)})
    EXPECT_THAT(asked("GET", "/", host), AllOf(StartsWith("HTTP/1.1 421"), Not(HasSubstr("the page"))))
        << host;
  EXPECT_THAT(said("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 421"));
}

TEST_F(View, AConnectionTakesSeveralRequestsAndAMuteOneStopsNobody) {
  tcp::socket mute = connected();
  const std::string one = fmt::format("GET /report.json HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", port_);
  const std::string answers = said(one + "\r\n" + one + "\r\n" + one + "Connection: close\r\n\r\n");
  std::size_t n = 0;
  for (auto at = answers.find("200 OK"); at != std::string::npos; at = answers.find("200 OK", at + 1)) ++n;
  EXPECT_EQ(n, 3u);
  // Neither one that says nonsense nor one that goes away stops the server.
  tcp::socket gone = connected();
  boost::asio::write(gone, boost::asio::buffer(std::string("GET /big.csv HTTP/1.1\r\nHo")));
  gone.close();
  tcp::socket nonsense = connected();
  boost::asio::write(nonsense, boost::asio::buffer(std::string("\x16\x03\x01 hello\r\n\r\n")));
  nonsense.close();
  EXPECT_THAT(asked("GET", "/"), StartsWith("HTTP/1.1 200"));
}

TEST_F(View, APortInUseIsAnErrorThatSaysSo) {
  try {
    PageServer second(folder_ / "run", "report.html", port_);
    ADD_FAILURE() << "two servers on one port";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::io);
    EXPECT_EQ(e.what_happened(), fmt::format("port {} is in use", port_));
    EXPECT_THAT(e.mend(), HasSubstr("--port"));
  }
}

TEST_F(View, ListensOnTheLoopbackAlone) {
  // All of 127/8 is this machine; a server on every address would answer here too.
  tcp::socket other(io_);
  boost::system::error_code error;
  other.connect({boost::asio::ip::make_address_v4("127.0.0.2"), static_cast<std::uint16_t>(port_)}, error);
  EXPECT_TRUE(error == boost::asio::error::connection_refused) << error.message();
}

}  // namespace
}  // namespace undertone::test
