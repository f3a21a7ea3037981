#include "tests/support/devtools.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <thread>

#include "harness/core/files.h"
#include "tests/support/browser.h"

namespace undertone::test {
namespace fs = std::filesystem;
namespace {

constexpr int kPatienceMs = 60'000;

int code_of(const std::string& key) {
  static const std::map<std::string, int> known = {
      {"ArrowLeft", 37}, {"ArrowRight", 39}, {"Enter", 13}, {" ", 32}};
  const auto found = known.find(key);
  return found != known.end() ? found->second : std::toupper(static_cast<unsigned char>(key[0]));
}

}  // namespace

DrivenBrowser::DrivenBrowser(const TemporaryFolder& folder, const std::vector<std::string>& flags)
    : folder_(folder.path()) {
  ::signal(SIGPIPE, SIG_IGN);  // a browser that ends is an error of write()
  fs::create_directories(folder_ + "/downloads");
  std::vector<std::string> words = {*browser(),
                                    "--headless",
                                    "--no-sandbox",
                                    "--disable-gpu",
                                    "--remote-debugging-pipe",
                                    "--user-data-dir=" + folder_ + "/driven",
                                    "--no-first-run",
                                    "--disable-background-networking",
                                    "--disable-component-update",
                                    "--disable-sync",
                                    "--disable-audio-output"};
  words.insert(words.end(), flags.begin(), flags.end());
  words.push_back("about:blank");
  std::array<int, 2> in{}, out{};
  if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) throw std::runtime_error("no pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::setpgid(0, 0);
    // The protocol's pipes are descriptors 3 and 4; they may be in use by the very pipes.
    const int read_end = ::fcntl(in[0], F_DUPFD, 10), write_end = ::fcntl(out[1], F_DUPFD, 10);
    ::dup2(read_end, 3);
    ::dup2(write_end, 4);
    for (int fd = 5; fd < 64; ++fd) ::close(fd);
    const int log = ::open((folder_ + "/driven.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(log, 1);
    ::dup2(log, 2);
    std::vector<char*> arguments;
    for (std::string& w : words) arguments.push_back(w.data());
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  to_ = in[1];
  from_ = out[0];
  const std::string target =
      call("Target.createTarget", Json::object({{"url", "about:blank"}}), false).at("targetId").as_string();
  session_ = call("Target.attachToTarget", Json::object({{"targetId", target}, {"flatten", true}}), false)
                 .at("sessionId")
                 .as_string();
  call("Page.enable");
  call("Browser.setDownloadBehavior",
       Json::object({{"behavior", "allow"}, {"downloadPath", folder_ + "/downloads"}}), false);
}

DrivenBrowser::~DrivenBrowser() {
  ::close(to_);
  ::close(from_);
  if (pid_ > 0) {
    ::kill(-pid_, SIGTERM);
    for (int i = 0; i < 50 && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) ::usleep(100'000);
    ::kill(-pid_, SIGKILL);
  }
}

Json DrivenBrowser::receive() {
  for (;;) {
    if (const auto end = buffer_.find('\0'); end != std::string::npos) {
      const std::string message = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return parse_json(message, "browser");
    }
    pollfd wanted{from_, POLLIN, 0};
    if (::poll(&wanted, 1, kPatienceMs) <= 0) throw std::runtime_error("the browser says nothing");
    std::array<char, 65536> bytes;
    const ssize_t n = ::read(from_, bytes.data(), bytes.size());
    if (n <= 0) throw std::runtime_error("the browser ended: " + read_file(folder_ + "/driven.log"));
    buffer_.append(bytes.data(), static_cast<std::size_t>(n));
  }
}

Json DrivenBrowser::call(const std::string& method, Json parameters, bool of_page) {
  const int id = ++last_id_;
  Json message = Json::object({{"id", id}, {"method", method}, {"params", std::move(parameters)}});
  if (of_page) message["sessionId"] = session_;
  const std::string text = message.dump() + '\0';
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t n = ::write(to_, text.data() + sent, text.size() - sent);
    if (n <= 0) throw std::runtime_error("the browser ended: " + read_file(folder_ + "/driven.log"));
    sent += static_cast<std::size_t>(n);
  }
  for (;;) {
    Json reply = receive();
    if (const Json* event = reply.find("method")) events_.push_back(event->as_string());
    if (reply.get("id", -1) != id) continue;
    if (const Json* error = reply.find("error")) throw std::runtime_error(method + ": " + error->dump());
    return reply.at("result");
  }
}

void DrivenBrowser::wait_for(const std::string& event) {
  while (std::find(events_.begin(), events_.end(), event) == events_.end()) {
    const Json message = receive();
    if (const Json* name = message.find("method")) events_.push_back(name->as_string());
  }
  events_.clear();
}

void DrivenBrowser::open(const std::string& url) {
  events_.clear();
  call("Page.navigate", Json::object({{"url", url}}));
  wait_for("Page.loadEventFired");
}

void DrivenBrowser::reload() {
  events_.clear();
  call("Page.reload");
  wait_for("Page.loadEventFired");
}

Json DrivenBrowser::evaluate(const std::string& expression) {
  const Json reply =
      call("Runtime.evaluate", Json::object({{"expression", expression}, {"returnByValue", true}}));
  if (const Json* error = reply.find("exceptionDetails")) throw std::runtime_error(error->dump());
  const Json* value = reply.at("result").find("value");
  return value ? *value : Json();
}

bool DrivenBrowser::becomes(const std::string& expression) {
  for (int waited = 0; waited < kPatienceMs; waited += 100) {
    if (const Json value = evaluate("!!(" + expression + ")"); value.as_bool()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

void DrivenBrowser::key(const std::string& key) {
  Json press = Json::object({{"type", "keyDown"}, {"key", key}, {"windowsVirtualKeyCode", code_of(key)}});
  if (key.size() == 1) press["text"] = key;
  call("Input.dispatchKeyEvent", press);
  press["type"] = "keyUp";
  press.erase("text");
  call("Input.dispatchKeyEvent", press);
}

void DrivenBrowser::type(const std::string& text) {
  for (const char c : text) key(std::string(1, c));
}

std::string DrivenBrowser::downloaded() {
  for (int i = 0; i < kPatienceMs / 100; ++i) {
    for (const auto& entry : fs::directory_iterator(folder_ + "/downloads"))
      if (entry.path().extension() == ".json" && fs::file_size(entry.path()) > 0) return entry.path();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw std::runtime_error("nothing was saved");
}

std::string played(const std::string& path, const TemporaryFolder& folder) {
  DrivenBrowser page(folder, {"--autoplay-policy=no-user-gesture-required"});
  page.open("file://" + path + "#all");
  if (!page.becomes("document.querySelector('audio')")) return "no clip on the page";
  if (!page.becomes("+document.body.dataset.canplay === document.querySelectorAll('audio').length"))
    return "not every clip can be played";
  page.evaluate(
      "{ const a = document.querySelector('audio'); a.play().catch(e => { document.body.dataset.refused = "
      "e.message; }); }");
  if (page.becomes("document.querySelector('audio').currentTime > 0")) return "yes";
  return "refused: " + page.evaluate("document.body.dataset.refused || 'nothing said'").as_string();
}

}  // namespace undertone::test
