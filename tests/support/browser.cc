#include "tests/support/browser.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "harness/core/files.h"

namespace undertone::test {
namespace {

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 65536> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    out.append(buffer.data(), n);
  ::pclose(pipe);
  return out;
}

std::string member(const std::string& line, const std::string& name) {
  const std::string mark = "\"" + name + "\":\"";
  const std::size_t at = line.find(mark);
  if (at == std::string::npos) return "";
  return line.substr(at + mark.size(), line.find('"', at + mark.size()) - at - mark.size());
}

}  // namespace

std::optional<std::string> browser() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
    if (std::system((std::string("command -v ") + name + " >/dev/null 2>&1").c_str()) == 0) return name;
  return std::nullopt;
}

std::string BrowsedPage::attribute(const std::string& name) const {
  std::smatch m;
  const std::size_t body = dom.find("<body");
  if (body == std::string::npos) return "(none)";
  const std::string head = dom.substr(body, 2000);
  return std::regex_search(head, m, std::regex(name + "=\"([^\"]*)\"")) ? m[1].str() : "(none)";
}

std::size_t BrowsedPage::count(const std::string& what) const {
  const std::size_t list = dom.find("<div id=\"list\"");
  std::size_t n = 0;
  for (std::size_t at = list; at != std::string::npos && (at = dom.find(what, at)) != std::string::npos;
       at += what.size())
    ++n;
  return n;
}

std::set<std::string> network_urls(const std::string& net) {
  std::set<std::string> urls;
  std::istringstream lines(net);
  for (std::string line; std::getline(lines, line);) {
    const std::string initiator = member(line, "initiator"), url = member(line, "url");
    if (initiator.empty() || initiator == "not an origin" || url.empty()) continue;
    if (!url.starts_with("file:") && !url.starts_with("data:") && !url.starts_with("blob:")) urls.insert(url);
  }
  return urls;
}

BrowsedPage open_page(const std::string& path, const TemporaryFolder& folder, const std::string& hash) {
  const std::string log = folder / "log", net = folder / "net.json";
  const std::string command =
      "timeout 120 " + *browser() + " --headless --log-net-log=" + net +
      " --net-log-capture-mode=Everything --no-sandbox --disable-gpu --enable-logging=stderr --v=0 "
      "--user-data-dir=" +
      (folder / "profile") +
      " --autoplay-policy=no-user-gesture-required --disable-audio-output --disable-background-networking "
      "--disable-component-update"
      " --disable-sync --no-first-run --no-default-browser-check --virtual-time-budget=3000 --dump-dom "
      "'file://" +
      path + hash + "' 2>" + log;
  BrowsedPage page{output_of(command), "", ""};
  page.log = read_file(log);
  page.net = read_file(net);
  return page;
}

}  // namespace undertone::test
