#include "harness/store/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "harness/store/failure.h"

namespace undertone {

FolderLock::FolderLock(const std::string& folder) {
  const std::string path = folder + "/lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC,
               0644);  // closed on exec: a worker must not keep the lock
  if (fd_ < 0) throw store_io_error("cannot lock the store", path, errno);
  int rc = 0;
  do rc = ::flock(fd_, LOCK_EX | LOCK_NB);
  while (rc != 0 && errno == EINTR);
  if (rc == 0) {
    const std::string pid = fmt::format("{}\n", ::getpid());
    // The pid is for people only: on a full disk the lock holds without it.
    if (::ftruncate(fd_, 0) == 0) [[maybe_unused]]
      const auto written = ::pwrite(fd_, pid.data(), pid.size(), 0);
    return;
  }
  const int err = errno;
  char text[32] = {};
  const ssize_t n = ::pread(fd_, text, sizeof text - 1, 0);
  ::close(std::exchange(fd_, -1));
  if (err != EWOULDBLOCK) throw store_io_error("cannot lock the store", path, err);
  const long owner = n > 0 ? std::strtol(text, nullptr, 10) : 0;
  const bool mine = owner == ::getpid();
  throw Error(ErrorKind::store,
              fmt::format("the store is in use by {}", mine        ? std::string("this very process")
                                                       : owner > 0 ? fmt::format("process {}", owner)
                                                                   : std::string("another process")),
              folder,
              owner > 0 && !mine
                  ? fmt::format("wait for it, end it ('kill {}'), or name another place with --store", owner)
                  : "wait for it to end, or name another place with --store");
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

}  // namespace undertone
