#include "harness/core/hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "harness/core/error.h"

namespace undertone {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void update(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    std::array<unsigned char, 32> digest{};
    unsigned int n = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &n);
    std::string out;
    out.reserve(64);
    for (unsigned char c : digest) out += fmt::format("{:02x}", c);
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  Sha256 h;
  h.update(bytes);
  return h.hex();
}

std::string sha256_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw Error(ErrorKind::io, fmt::format("cannot open: {}", std::strerror(errno)), path, "check the path");
  Sha256 h;
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    h.update({buffer.data(), static_cast<std::size_t>(in.gcount())});
  }
  if (in.bad()) throw Error(ErrorKind::io, "cannot read to the end", path);
  return h.hex();
}

std::string sha256_folder(const std::string& path) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_symlink())
      throw Error(ErrorKind::io, "a symbolic link cannot be part of an artefact", entry.path().string());
    if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), path).generic_string());
  }
  std::sort(names.begin(), names.end());
  Sha256 h;
  for (const auto& name : names) h.update(name + '\0' + sha256_file((fs::path(path) / name).string()) + '\n');
  return h.hex();
}

}  // namespace undertone
