#include "harness/core/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "harness/core/error.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
namespace fs = std::filesystem;

// Runs `body` in a child with UNDERTONE_CRASH_AT set; gives waitpid's status.
int in_child(const char* crash_at, const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setenv("UNDERTONE_CRASH_AT", crash_at, 1);
    try {
      body();
    } catch (...) {
      ::_exit(7);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

bool killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

void put(const std::string& path, std::string_view bytes) {  // not through the code under test
  FILE* f = std::fopen(path.c_str(), "wb");
  ASSERT_NE(f, nullptr);
  std::fwrite(bytes.data(), 1, bytes.size(), f);
  std::fclose(f);
}

TEST(Files, CrashBeforeTheRenameLeavesTheOldBytes) {
  const test::TemporaryFolder folder;
  put(folder / "f", "old");
  EXPECT_TRUE(killed(in_child("write:f:before", [&] { write_file_atomically(folder / "f", "new"); })));
  EXPECT_EQ(read_file(folder / "f"), "old");
}

TEST(Files, CrashAfterTheRenameLeavesTheNewBytes) {
  const test::TemporaryFolder folder;
  put(folder / "f", "old");
  EXPECT_TRUE(killed(in_child("write:f:renamed", [&] { write_file_atomically(folder / "f", "new"); })));
  EXPECT_EQ(read_file(folder / "f"), "new");
}

TEST(Files, CrashAtTheThirdPassage) {
  const test::TemporaryFolder folder;
  const auto write = [&](int times) {
    return in_child("write:f:renamed#3", [&, times] {
      for (int i = 1; i <= times; ++i) write_file_atomically(folder / "f", std::to_string(i));
    });
  };
  EXPECT_EQ(write(2), 0);
  EXPECT_TRUE(killed(write(5)));
  EXPECT_EQ(read_file(folder / "f"), "3");
}

TEST(Files, CrashPointsOfOtherNamesAreNothing) {
  EXPECT_EQ(in_child("elsewhere", [] { crash_point("here"); }), 0);
  EXPECT_TRUE(killed(in_child("here", [] { crash_point("here"); })));
}

TEST(Files, CrashPointsMayBeSeveralAndAreLogged) {
  const test::TemporaryFolder folder;
  const auto pass = [&] {
    ::setenv("UNDERTONE_CRASH_LOG", (folder / "log").c_str(), 1);
    for (const char* name : {"a", "b", "b", "c", "b"}) crash_point(name);
  };
  EXPECT_EQ(in_child("x,y,aa,#1,", pass), 0);
  EXPECT_EQ(read_file(folder / "log"), "a\nb\nb\nc\nb\n");
  std::filesystem::remove(folder / "log");
  EXPECT_TRUE(killed(in_child("a#2,b#3,c#1", pass)));
  EXPECT_EQ(read_file(folder / "log"), "a\nb\nb\nc\nkilled at c\n");
}

// A limit on the size of files stands in for a full disk: write() fails half-way in the same manner.
TEST(Files, FailedWriteLeavesTheOldFileAndNoTemporary) {
  const test::TemporaryFolder folder;
  put(folder / "f", "old");
  const int status = in_child("", [&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file_atomically(folder / "f", std::string(100'000, 'x'));
    } catch (const Error& e) {
      ::_exit(e.kind() == ErrorKind::io && e.place() == folder / "f" ? 42 : 43);
    }
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_EQ(read_file(folder / "f"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(Files, ReadsBytesAsTheyAre) {
  const test::TemporaryFolder folder;
  const std::string bytes("a\0\r\n\xFF", 5);
  put(folder / "f", bytes);
  EXPECT_EQ(read_file(folder / "f"), bytes);
}

TEST(Files, ErrorsNameThePathAndTheMend) {
  const test::TemporaryFolder folder;
  try {
    read_file(folder / "none");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::io);
    EXPECT_EQ(e.place(), folder / "none");
    EXPECT_EQ(e.mend(), "check the path");
    EXPECT_EQ(e.exit_code(), ExitCode::failed);
  }
  try {
    read_file(folder.path());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.what_happened(), "is a folder, not a file");
  }
  EXPECT_THROW(write_file_atomically(folder / "none/f", "x"), Error);
  EXPECT_THROW(sync_path(folder / "none"), Error);
}

}  // namespace
}  // namespace undertone
