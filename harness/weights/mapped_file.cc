#include "harness/weights/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "harness/core/error.h"

namespace undertone {

MappedFile map_file(const std::string& path) {
  const auto fail = [&](std::string_view doing) {
    throw Error(ErrorKind::weights, fmt::format("{}: {}", doing, std::strerror(errno)), path,
                "check the path, or run 'undertone setup' to fetch the pinned weights");
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("cannot open the weights");
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    throw Error(ErrorKind::weights, "not a regular file", path,
                "name the file of weights, or the folder that holds it");
  }
  const std::size_t size = static_cast<std::size_t>(info.st_size);
  if (size == 0) {
    ::close(fd);
    throw Error(ErrorKind::weights, "the file of weights is empty", path, "fetch it again");
  }
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  const int err = errno;
  ::close(fd);
  if (at == MAP_FAILED) {
    errno = err;
    fail("cannot map the weights into memory");
  }
  std::shared_ptr<const void> owner(at, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  return {std::move(owner), {static_cast<const std::byte*>(at), size}};
}

}  // namespace undertone
