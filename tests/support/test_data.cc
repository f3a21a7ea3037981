#include "tests/support/test_data.h"

#include <cstdlib>
#include <filesystem>

namespace undertone::test {
namespace fs = std::filesystem;

std::optional<std::string> real_data() {
  const char* folder = std::getenv("UNDERTONE_TEST_DATA");
  if (!folder || !*folder || !fs::is_directory(folder)) return std::nullopt;
  return std::string(folder);
}

std::string skip_reason() {
  return "real data is not here: set UNDERTONE_TEST_DATA to the folder that holds emodb/ and "
         "audiobench_logs/";
}

bool absence_is_a_failure(const std::string& message) {
  return std::getenv(message == skip_reason() ? "UNDERTONE_REQUIRE_DATA" : "UNDERTONE_REQUIRE_INSTALLED") !=
         nullptr;
}

std::optional<std::string> weights(const std::string& name) {
  std::string cache;
  if (const char* c = std::getenv("UNDERTONE_CACHE"); c && *c)
    cache = c;
  else if (const char* x = std::getenv("XDG_CACHE_HOME"); x && *x)
    cache = std::string(x) + "/undertone";
  else if (const char* h = std::getenv("HOME"); h && *h)
    cache = std::string(h) + "/.cache/undertone";
  const fs::path folder = fs::path(cache) / "weights" / name;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec))
    if (entry.is_directory()) return entry.path().string();
  return std::nullopt;
}

std::string source_path(const std::string& relative) {
  return std::string(UNDERTONE_SOURCE_DIR) + "/" + relative;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "undertone-test-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code ec;
  fs::remove_all(path_, ec);
}

}  // namespace undertone::test
