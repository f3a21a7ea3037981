// The endpoint judge against a server on the loopback that answers at once: what asking, reading and
// committing cost.
//
//     endpoint_measure serve                  prints the server's address; serves until its standard input
//     ends endpoint_measure ask URL N [FOLDER]     judges N answers, commits every verdict to a store in
//     FOLDER, prints JSON
//
// suites/peers/endpoint_peers.py runs both sides in turns. Every prompt is about 1.8 KB and differs from the
// others; the reply is {"rating": N}.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>

#include "harness/store/store.h"
#include "judges/judge.h"
#include "tests/support/stub_server.h"
#include "tests/support/test_data.h"

namespace {
using undertone::Json;

void need(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

// One thread, no parsing beyond lengths: the server must cost less than who asks it.
class Server {
 public:
  Server() {
    const std::string body = undertone::test::completion(R"({"rating": 4})");
    reply_ = fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                         body.size(), body);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
    need(::listen(listener_, 512) == 0, "listen");
    socklen_t size = sizeof address;
    need(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
    fmt::print("http://127.0.0.1:{}/v1\n", ntohs(address.sin_port));
    std::fflush(stdout);
    poll_ = ::epoll_create1(EPOLL_CLOEXEC);
    watch(listener_);
    watch(STDIN_FILENO);
  }
  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int n = ::epoll_wait(poll_, events.data(), events.size(), -1);
      for (int i = 0; i < n; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == STDIN_FILENO) return;
        if (fd == listener_)
          take();
        else if (!serve(fd))
          pending_.erase(fd), ::close(fd);
      }
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    need(::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  }
  void take() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    watch(fd);
  }
  // Answers every whole request that has come; false when the other side closed.
  bool serve(int fd) {
    std::array<char, 65536> bytes;
    const ssize_t n = ::read(fd, bytes.data(), bytes.size());
    if (n <= 0) return false;
    std::string& text = pending_[fd];
    text.append(bytes.data(), static_cast<std::size_t>(n));
    for (;;) {
      const auto head = text.find("\r\n\r\n");
      if (head == std::string::npos) return true;
      std::size_t length = 0;
      if (const auto at = text.find("ontent-Length: "); at < head)
        std::from_chars(text.data() + at + 15, text.data() + head, length);
      if (text.size() < head + 4 + length) return true;
      text.erase(0, head + 4 + length);
      if (::write(fd, reply_.data(), reply_.size()) != static_cast<ssize_t>(reply_.size())) return false;
    }
  }

  int listener_ = -1, poll_ = -1;
  std::string reply_;
  std::map<int, std::string> pending_;
};

std::int64_t peak_kib() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

Json ask(const std::string& url, std::size_t n, const std::string& folder) {
  using namespace undertone;
  Store store = Store::open(folder, Store::Mode::write);
  JudgeContext context;
  const Json fields = Json::object(
      {{"model", "judge-model"}, {"url", url}, {"rubric", "audiobench_style"}, {"concurrency", 64}});
  const auto judge = builtin_judges().at("endpoint").make(fields, context);
  const std::string identity = judge->identity();
  Question question;
  question.id = "q";
  question.text = "How does the speaker feel, and what was said?";
  question.reference = "The speaker is angry: the house was sold.";
  std::int64_t scored = 0, peak_early = 0;
  const double cpu = processor_seconds();
  const auto start = std::chrono::steady_clock::now();
  constexpr std::size_t kAtOnce = 4096;  // as a run's stage asks (harness/run/judge_asking.cc)
  for (std::size_t at = 0; at < n; at += kAtOnce) {
    std::vector<JudgeItem> items;
    for (std::size_t i = at; i < std::min(n, at + kAtOnce); ++i)
      items.push_back({&question, nullptr, fmt::format("Answer {}: {}", i, std::string(1000, 'a'))});
    judge->judge_each(items, [&](std::span<const Judged> made) {
      std::vector<VerdictRow> rows;
      for (const Judged& j : made) {
        rows.push_back({fmt::format("{:064d}", at + j.item), identity, question.id, 0, j.verdict, j.about});
        scored += std::holds_alternative<Scored>(j.verdict);
      }
      store.put_verdicts(rows);
    });
    if (peak_early == 0 && at + kAtOnce >= n / 10) peak_early = peak_kib();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return Json::object({{"requests", static_cast<std::int64_t>(n)},
                       {"scored", scored},
                       {"seconds", seconds},
                       {"requests_per_second", static_cast<double>(n) / seconds},
                       {"processor_seconds", processor_seconds() - cpu},
                       {"peak_kib_after_a_tenth", peak_early},
                       {"peak_kib", peak_kib()}});
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  try {
    if (mode == "serve" && argc == 2) {
      Server().run();
      return 0;
    }
    if (mode == "ask" && (argc == 4 || argc == 5)) {
      const undertone::test::TemporaryFolder temporary;
      const long n = std::atol(argv[3]);
      if (n > 0) {
        fmt::print("{}\n",
                   ask(argv[2], static_cast<std::size_t>(n), argc == 5 ? argv[4] : temporary.path()).dump(1));
        return 0;
      }
    }
  } catch (const std::exception& e) {
    fmt::print(stderr, "endpoint_measure: {}\n", e.what());
    return 1;
  }
  fmt::print(stderr, "endpoint_measure serve | ask URL N [FOLDER]\n");
  return 2;
}
