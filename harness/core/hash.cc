#include "harness/core/hash.h"

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/sha256.h"

namespace undertone {
namespace {

std::unique_ptr<Sha256> new_digest() {
#ifdef UNDERTONE_WITHOUT_OPENSSL
  return portable_sha256();
#else
  return openssl_sha256();
#endif
}

std::string hex(Sha256& h) {
  std::string out;
  out.reserve(64);
  for (const std::uint8_t c : h.finish()) out += fmt::format("{:02x}", c);
  return out;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  const auto h = new_digest();
  h->update(bytes);
  return hex(*h);
}

std::string sha256_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw Error(ErrorKind::io, fmt::format("cannot open: {}", std::strerror(errno)), path, "check the path");
  const auto h = new_digest();
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    h->update({buffer.data(), static_cast<std::size_t>(in.gcount())});
  }
  if (in.bad()) throw Error(ErrorKind::io, "cannot read to the end", path);
  return hex(*h);
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
  const auto h = new_digest();
  for (const auto& name : names)
    h->update(name + '\0' + sha256_file((fs::path(path) / name).string()) + '\n');
  return hex(*h);
}

}  // namespace undertone
