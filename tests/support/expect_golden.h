// Text held to a committed file, to the byte. UNDERTONE_REGENERATE=1 writes the file anew: read the
// difference before you commit it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "harness/core/files.h"
#include "tests/support/test_data.h"

namespace undertone::test {

// `name` is a path below tests/golden.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = source_path("tests/golden/" + name);
  if (const char* regenerate = std::getenv("UNDERTONE_REGENERATE");
      regenerate && std::string(regenerate) == "1") {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    write_file_atomically(path, text);
  }
  ASSERT_TRUE(std::filesystem::exists(path))
      << path << " is missing: run this test with UNDERTONE_REGENERATE=1";
  EXPECT_EQ(text, read_file(path)) << "differs from " << path;
}

}  // namespace undertone::test
