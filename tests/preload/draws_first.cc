// Preloaded into undertone-synth by its test: draws from rand() before the program begins.
#include <cstdio>
#include <cstdlib>

namespace {
[[gnu::constructor]] void draw_first() {
  for (int i = 0; i < 24; ++i) std::rand();
  std::fputs("drew first\n", stderr);
}
}  // namespace
