// One SHA-256 (FIPS 180-4) under way. Two makers give the same digests: OpenSSL's uses the processor's SHA
// instructions, which counts for gigabytes of weights; the portable one serves builds without OpenSSL (the
// gpu preset), where streams and identities still need their names hashed. Everything else calls hash.h.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace undertone {

class Sha256 {
 public:
  virtual ~Sha256() = default;
  virtual void update(std::string_view bytes) = 0;
  virtual std::array<std::uint8_t, 32> finish() = 0;  // once, last
};

std::unique_ptr<Sha256> openssl_sha256();  // not linked where UNDERTONE_WITHOUT_OPENSSL is defined
std::unique_ptr<Sha256> portable_sha256();

}  // namespace undertone
