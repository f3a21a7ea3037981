// Words of Philox streams by the block, with the vector instructions of the machine (chosen at run time).
// Every instruction set gives the words that Stream gives one by one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/core/philox.h"

namespace undertone::statistics {

// The words of blocks first_block, first_block + 1, ... of a substream, four each; `out` holds whole blocks.
void philox_words(const PhiloxKey& key, std::uint64_t substream, std::uint64_t first_block,
                  std::span<std::uint32_t> out);

// The instruction set that the kernels of this folder run with here ("AVX2", ...), and those that they could.
std::string instruction_set();
std::vector<std::string> instruction_sets();
// For tests: from now on this one ("" is the machine's best). Throws Error{internal} for one that is not
// there.
void use_instruction_set(const std::string& name);

}  // namespace undertone::statistics
