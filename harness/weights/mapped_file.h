// A file of weights in memory, read-only, for as long as someone holds it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace undertone {

struct MappedFile {
  std::shared_ptr<const void> owner;  // unmaps when the last copy goes
  std::span<const std::byte> bytes;   // never empty
};

// Throws Error{weights} for a path that cannot be opened, is no regular file, or is empty.
MappedFile map_file(const std::string& path);

}  // namespace undertone
