// Where tests find real data, and temporary folders.
#pragma once

#include <optional>
#include <string>

namespace undertone::test {

// Folder of real data (UNDERTONE_TEST_DATA), or nothing: then the test skips with skip_reason().
std::optional<std::string> real_data();
std::string skip_reason();
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

// Skips, unless UNDERTONE_REQUIRE_DATA is set (CI): then absence is a failure.
#define UNDERTONE_NEED(optional_value, message)                       \
  do {                                                                \
    if (!(optional_value)) {                                          \
      if (std::getenv("UNDERTONE_REQUIRE_DATA")) FAIL() << (message); \
      GTEST_SKIP() << (message);                                      \
    }                                                                 \
  } while (false)
