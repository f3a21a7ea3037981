#include "harness/core/philox.h"

#include <Random123/philox.h>

#include <string>

#include "harness/core/hash.h"

namespace undertone {

PhiloxKey philox_key(std::string_view name) {
  const std::string digest = sha256_hex(name);
  auto word = [&](int i) {
    return static_cast<std::uint32_t>(
        std::stoul(digest.substr(static_cast<std::size_t>(i) * 8, 8), nullptr, 16));
  };
  return {{word(0), word(1)}, {word(2), word(3)}};
}

std::array<std::uint32_t, 4> philox_block(const PhiloxKey& key, std::uint64_t substream,
                                          std::uint64_t block) {
  const auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  const auto high = [](std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); };
  r123::Philox4x32 philox;
  const auto out = philox(r123::Philox4x32::ctr_type{{low(block), high(block), low(substream) ^ key.salt[0],
                                                      high(substream) ^ key.salt[1]}},
                          r123::Philox4x32::key_type{{key.key[0], key.key[1]}});
  return {out[0], out[1], out[2], out[3]};
}

}  // namespace undertone
