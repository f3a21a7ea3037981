// Runs a fuzz target once over every file of its corpus, and over every prefix of the small ones, where no
// libFuzzer is.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include "harness/core/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      std::fprintf(stderr, "no corpus at %s\n", argv[i]);
      return 1;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      const std::string bytes = undertone::read_file(entry.path().string());
      const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
      LLVMFuzzerTestOneInput(data, bytes.size());
      if (bytes.size() <= 4096)
        for (std::size_t n = 0; n < bytes.size(); ++n) LLVMFuzzerTestOneInput(data, n);
      ++files;
    }
  }
  std::printf("replayed %d files\n", files);
  return files > 0 ? 0 : 1;
}
