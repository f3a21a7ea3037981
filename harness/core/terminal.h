// What is known of a terminal.
#pragma once

#include <cstddef>

namespace undertone {

// Characters in a line of the terminal that a descriptor is; 0 where it is none or does not say.
std::size_t terminal_columns(int descriptor);

}  // namespace undertone
