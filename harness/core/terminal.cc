#include "harness/core/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace undertone {

std::size_t terminal_columns(int descriptor) {
  winsize size{};
  return ::isatty(descriptor) && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace undertone
