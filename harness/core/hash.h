// SHA-256, the name of every artefact, key and digest.
#pragma once

#include <string>
#include <string_view>

namespace undertone {

std::string sha256_hex(std::string_view bytes);
std::string sha256_file(const std::string& path);  // streams; throws Error{io}

// Digest of a folder: of its sorted relative paths and each file's digest. Symbolic links are errors.
std::string sha256_folder(const std::string& path);

}  // namespace undertone
