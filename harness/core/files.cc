#include "harness/core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "harness/core/error.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(std::string_view doing, const std::string& path, int err) {
  std::string mend;
  // EFBIG: a file-size limit (ulimit -f, some quotas) is a full disk to whoever must mend it.
  if (err == ENOSPC || err == EDQUOT || err == EFBIG)
    mend = "free some disk space (see 'undertone store du' and 'store gc') and run the same command again";
  if (err == EACCES || err == EROFS || err == EPERM)
    mend = "make the place writable, or name another with --store or --out";
  if (err == ENOENT) mend = "check the path";
  throw Error(ErrorKind::io, fmt::format("{}: {}", doing, std::strerror(err)), path, mend);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::string read_file(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) fail("cannot open", path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail("cannot read", path, errno);
  if (S_ISDIR(info.st_mode)) throw Error(ErrorKind::io, "is a folder, not a file", path, "name a file");
  std::string out;
  out.reserve(static_cast<std::size_t>(info.st_size));
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot read", path, errno);
    if (n == 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
  }
}

void sync_path(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) fail("cannot open", path, errno);
  if (::fsync(fd.get()) != 0 && errno != EINVAL) fail("cannot flush to disk", path, errno);
}

void write_file_atomically(const std::string& path, std::string_view bytes) {
  static std::atomic<unsigned> counter{0};
  const fs::path target(path);
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  const std::string name = target.filename().string();
  const std::string temporary = (folder / fmt::format(".{}.{}.{}.tmp", name, ::getpid(), counter++)).string();
  {
    Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (fd.get() < 0) fail("cannot create", temporary, errno);
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t n = ::write(fd.get(), bytes.data() + at, bytes.size() - at);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        const int err = errno;
        ::unlink(temporary.c_str());
        fail("cannot write", path, err);
      }
      at += static_cast<std::size_t>(n);
    }
    if (::fsync(fd.get()) != 0) {
      const int err = errno;
      ::unlink(temporary.c_str());
      fail("cannot flush to disk", path, err);
    }
  }
  crash_point("write:" + name + ":before");
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int err = errno;
    ::unlink(temporary.c_str());
    fail("cannot rename into place", path, err);
  }
  sync_path(folder.string());
  crash_point("write:" + name + ":renamed");
}

namespace {

void log_crash_point(const char* log, const std::string& line) {
  Descriptor fd(::open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  // One write: several processes may pass points at a time.
  if (fd.get() < 0 || ::write(fd.get(), line.data(), line.size()) < 0) fail("cannot write", log, errno);
}

// Whether this passage is one that `wanted` ("a,b#3") names.
bool strikes(std::string_view wanted, std::string_view name) {
  while (!wanted.empty()) {
    std::string_view one = wanted.substr(0, wanted.find(','));
    wanted.remove_prefix(std::min(wanted.size(), one.size() + 1));
    int passage = 1;
    if (const auto hash = one.rfind('#'); hash != std::string_view::npos) {
      passage = std::atoi(std::string(one.substr(hash + 1)).c_str());
      one = one.substr(0, hash);
    }
    if (one != name) continue;
    static std::mutex mutex;
    static std::map<std::string, int, std::less<>> seen;
    const std::lock_guard hold(mutex);
    return ++seen[std::string(name)] == passage;
  }
  return false;
}

}  // namespace

void crash_point(std::string_view name) {
  // Read each time: a child that tests fork sets its own.
  const char *log = std::getenv("UNDERTONE_CRASH_LOG"), *wanted = std::getenv("UNDERTONE_CRASH_AT");
  if (log) log_crash_point(log, std::string(name) + "\n");
  if (!wanted || !strikes(wanted, name)) return;
  if (log) log_crash_point(log, "killed at " + std::string(name) + "\n");
  ::kill(::getpid(), SIGKILL);
}

}  // namespace undertone
