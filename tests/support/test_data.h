// Where tests find real data, and temporary folders.
#pragma once

#include <optional>
#include <string>

namespace undertone::test {

// Folder of real data (UNDERTONE_TEST_DATA), or nothing: then the test skips with skip_reason().
std::optional<std::string> real_data();
std::string skip_reason();
// Whether a test must not skip for want of what `message` names. Real data (skip_reason()) must be there with
// UNDERTONE_REQUIRE_DATA; all else is what './undertone setup' and the build put there (weights without a
// consent, Chromium, the programs), and must be there with UNDERTONE_REQUIRE_INSTALLED. CI sets the second
// always.
bool absence_is_a_failure(const std::string& message);
// Folder of a pinned model in the user's cache, e.g. weights("whisper-base"), or nothing.
std::optional<std::string> weights(const std::string& name);

std::string source_path(const std::string& relative);  // inside the source tree

// A fresh folder, removed at the end of its life.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace undertone::test

// Skips, or fails where absence_is_a_failure(message).
#define UNDERTONE_NEED(optional_value, message)                                  \
  do {                                                                           \
    if (!(optional_value)) {                                                     \
      if (::undertone::test::absence_is_a_failure(message)) FAIL() << (message); \
      GTEST_SKIP() << (message);                                                 \
    }                                                                            \
  } while (false)
