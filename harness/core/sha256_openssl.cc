#include <openssl/evp.h>

#include "harness/core/sha256.h"

namespace undertone {
namespace {

class OpenSslSha256 : public Sha256 {
 public:
  OpenSslSha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void update(std::string_view bytes) override {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  std::array<std::uint8_t, 32> finish() override {
    std::array<std::uint8_t, 32> digest{};
    unsigned int n = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &n);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::unique_ptr<Sha256> openssl_sha256() { return std::make_unique<OpenSslSha256>(); }

}  // namespace undertone
