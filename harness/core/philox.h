// What a stream's name becomes, for code that makes many words of many substreams at once; Stream (random.h)
// reads the same words one by one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace undertone {

// Block b of substream s is Philox4x32-10 under `key` of the counter {b, b >> 32, s ^ salt[0], (s >> 32) ^
// salt[1]}: four 32-bit words, in this order the stream's. The salt is more of the name's digest,
// so that names whose 64 key bits collide still differ.
struct PhiloxKey {
  std::array<std::uint32_t, 2> key{}, salt{};
};

PhiloxKey philox_key(std::string_view name);

// One block: what every faster form must reproduce.
std::array<std::uint32_t, 4> philox_block(const PhiloxKey& key, std::uint64_t substream, std::uint64_t block);

}  // namespace undertone
