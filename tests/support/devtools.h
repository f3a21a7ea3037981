// A headless Chromium that a test drives as a person would: real key events, reloads, downloads. Speaks the
// DevTools protocol over a pipe, so that nothing listens on a port.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "harness/core/json.h"
#include "tests/support/test_data.h"

namespace undertone::test {

class DrivenBrowser {
 public:
  // Works in `folder`: its profile, its downloads (folder/downloads), its log. `flags` are added.
  explicit DrivenBrowser(const TemporaryFolder& folder, const std::vector<std::string>& flags = {});
  ~DrivenBrowser();
  DrivenBrowser(const DrivenBrowser&) = delete;
  DrivenBrowser& operator=(const DrivenBrowser&) = delete;

  void open(const std::string& url);  // and waits until it is loaded
  void reload();
  Json evaluate(const std::string& expression);  // its value; a script error throws
  void key(const std::string& key);              // one press: "5", "ArrowLeft", "Enter"
  void type(const std::string& text);
  // Waits until the expression is true, for a minute; whether it came to be.
  bool becomes(const std::string& expression);
  // The only file in folder/downloads, once it is whole.
  std::string downloaded();

 private:
  Json call(const std::string& method, Json parameters = Json::object(), bool of_page = true);
  Json receive();
  void wait_for(const std::string& event);
  std::string folder_, session_, buffer_;
  pid_t pid_ = -1;
  int to_ = -1, from_ = -1, last_id_ = 0;
  std::vector<std::string> events_;  // that came while a reply was awaited
};

// Opens a report's page with its items (file://PATH#all) and plays the first clip: "yes" once its time moves
// on and every clip of the page can be played, else what went wrong.
std::string played(const std::string& path, const TemporaryFolder& folder);

}  // namespace undertone::test
