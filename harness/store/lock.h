// One process owns a store for writing. The kernel drops a flock with its holder, so a crashed owner's lock
// is free at once and the file that is left means nothing.
#pragma once

#include <string>

namespace undertone {

class FolderLock {
 public:
  FolderLock() = default;  // holds nothing
  // Takes FOLDER/lock and writes the owner's pid into it; Error{store} naming the folder and that pid when it
  // is taken.
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;

 private:
  int fd_ = -1;
};

}  // namespace undertone
