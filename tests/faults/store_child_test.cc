#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/store/key.h"
#include "tests/faults/store_child.h"

namespace undertone::test {
namespace fs = std::filesystem;

Child start_child(const std::string& act, const std::string& store,
                  const std::map<std::string, std::string>& env) {
  int to[2], from[2];
  EXPECT_EQ(::pipe2(to, O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(from, O_CLOEXEC), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(to[0], 0);
    ::dup2(from[1], 1);
    ::dup2(from[1], 2);
    ::setenv("UNDERTONE_CHILD_ACT", act.c_str(), 1);
    ::setenv("UNDERTONE_CHILD_STORE", store.c_str(), 1);
    for (const auto& [name, value] : env) ::setenv(name.c_str(), value.c_str(), 1);
    ::execl("/proc/self/exe", "child", "--gtest_filter=StoreChild.DISABLED_Act",
            "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr);
    ::_exit(126);
  }
  ::close(to[0]);
  ::close(from[1]);
  return {pid, to[1], from[0]};
}

std::string read_line(const Child& child) {
  std::string line;
  for (char c = 0; ::read(child.out, &c, 1) == 1;) {
    if (c != '\n') {
      line += c;
    } else {
      if (line.starts_with("> ")) return line.substr(2);
      line.clear();
    }
  }
  return "";
}

Ended wait_for(Child& child) {
  Ended e;
  ::close(child.in);
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(child.out, buffer, sizeof buffer)) > 0;)
    e.output.append(buffer, static_cast<std::size_t>(n));
  ::close(child.out);
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  e.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  if (WIFEXITED(status)) e.exit_status = WEXITSTATUS(status);
  return e;
}

Ended run_child(const std::string& act, const std::string& store,
                const std::map<std::string, std::string>& env) {
  Child c = start_child(act, store, env);
  return wait_for(c);
}

std::string key_of(int i) { return item_key("test", Json(i)); }

AnswerRow answer_row(int i) {
  AnswerRow r{key_of(i), "stage", fmt::format("q{:05}", i), 0, {}, Json::object()};
  r.answer = {AnswerStatus::answered, fmt::format("answer {}", i), "stop", 3, ""};
  return r;
}
VerdictRow verdict_row(int i) {
  return {
      key_of(i),     "judge", fmt::format("q{:05}", i), 0, Scored{i % 6 + 0.25, "why", {{"content", 0.5}}},
      Json::object()};
}
RunRow run_row(const std::string& state) {
  return {"run-id", "demo", "/runs/demo", state, "2024-01-01T00:00:00Z", Json::object(), {}};
}

Artefact commit_sample(Store& store, int i, const std::string& stage) {
  const std::string folder = store.begin_artefact(key_of(i));
  write_file_atomically(folder + "/a.txt", fmt::format("file of {}", i));
  fs::create_directory(folder + "/inner");
  write_file_atomically(folder + "/inner/b.bin", std::string(1000, 'b'));
  return store.commit_artefact(folder, key_of(i), stage, Json::object());
}

namespace {

// A file system of 400 KiB that only this process sees; needs root or user namespaces.
bool mount_small_disk(const std::string& place) {
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  return ::mount("none", place.c_str(), "tmpfs", 0, "size=400k") == 0;
}

std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return fmt::format("{}|{}|{}|{}", to_string(e.kind()), e.what_happened(), e.place(), e.mend());
  }
  return "no error";
}

void fill(const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  const std::string block(4096, 'x');
  while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

void act_small_disk(const std::string& place) {
  const std::string store_folder = place + "/store";
  {
    Store store = Store::open(store_folder, Store::Mode::write);
    store.put_answers({answer_row(0)});
    fill(place + "/ballast");
    // Until the log's own reserve is used up, puts may still succeed: what was accepted must be there
    // afterwards.
    int accepted = 1;
    std::string why = "no error";
    for (; accepted < 2000 && why == "no error"; ++accepted)
      why = refusal([&] { store.put_answers({answer_row(accepted)}); });
    --accepted;  // the last one was refused
    EXPECT_THAT(why, ::testing::AllOf(::testing::HasSubstr("store|"), ::testing::HasSubstr("disk is full"),
                                      ::testing::HasSubstr(store_folder),
                                      ::testing::HasSubstr("free some disk space")));
    EXPECT_EQ(store.count_answers(), accepted);
    EXPECT_THAT(refusal([&] { commit_sample(store, 7); }),
                ::testing::AllOf(::testing::HasSubstr("No space left"),
                                 ::testing::HasSubstr("free some disk space")));
    fs::remove(place + "/ballast");
    store.put_answers({answer_row(accepted)});  // the same call again
    EXPECT_EQ(store.count_answers(), accepted + 1);
    commit_sample(store, 7);
  }
  Store store = Store::open(store_folder, Store::Mode::write);
  EXPECT_TRUE(store.answer(key_of(0)));
  EXPECT_TRUE(store.find(key_of(7)));
  EXPECT_THAT(store.verify(), ::testing::IsEmpty());
}

// The disk fills between the files and their row: the folder is given back, and the same commit works later.
void act_full_at_commit(const std::string& place) {
  Store store = Store::open(place + "/store", Store::Mode::write);
  store.put_run(run_row("started"));
  const std::string folder = store.begin_artefact(key_of(3));
  write_file_atomically(folder + "/a.txt", "kept");
  Json about = Json::object();
  about["note"] = Json(std::string(200'000, 'n'));  // a row that needs space of its own
  fill(place + "/ballast");
  EXPECT_THAT(refusal([&] { store.commit_artefact(folder, key_of(3), "s", about); }),
              ::testing::HasSubstr("disk is full"));
  EXPECT_FALSE(store.find(key_of(3)));
  EXPECT_EQ(read_file(folder + "/a.txt"), "kept");
  fs::remove(place + "/ballast");
  store.commit_artefact(folder, key_of(3), "s", about);
  EXPECT_EQ(read_file(store.find(key_of(3))->path + "/a.txt"), "kept");
}

void act_read_only_disk(const std::string& place) {
  const std::string folder = place + "/store";
  {
    Store store = Store::open(folder, Store::Mode::write);
    store.put_answers({answer_row(1)});
  }
  ASSERT_EQ(::mount("none", place.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  EXPECT_THAT(refusal([&] { Store::open(folder, Store::Mode::write); }),
              ::testing::AllOf(::testing::HasSubstr("store|"), ::testing::HasSubstr("Read-only"),
                               ::testing::HasSubstr(folder), ::testing::HasSubstr("writable")));
  EXPECT_THAT(refusal([&] { Store::open(place + "/new", Store::Mode::write); }),
              ::testing::HasSubstr("writable"));
  EXPECT_TRUE(Store::open(folder, Store::Mode::read).answer(key_of(1)));
}

// Works without any privilege: no file may grow beyond 256 KiB.
void act_file_limit(const std::string& folder) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{256 * 1024, 256 * 1024};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  Store store = Store::open(folder, Store::Mode::write);
  int accepted = 0;
  std::string why = "no error";
  while (why == "no error" && accepted < 5000) {
    AnswerRow row = answer_row(accepted);
    row.about["padding"] = Json(std::string(3000, 'p'));
    why = refusal([&] { store.put_answers({row}); });
    if (why == "no error") ++accepted;
  }
  EXPECT_THAT(why, ::testing::AllOf(::testing::HasSubstr("store|"), ::testing::HasSubstr("disk is full"),
                                    ::testing::HasSubstr("free some disk space")));
  EXPECT_EQ(store.count_answers(), accepted);
  const std::string artefact = store.begin_artefact(key_of(9));
  EXPECT_THAT(refusal([&] { write_file_atomically(artefact + "/big", std::string(300'000, 'b')); }),
              ::testing::AllOf(::testing::HasSubstr("io|"), ::testing::HasSubstr("free some disk space")));
  EXPECT_FALSE(fs::exists(artefact + "/big"));
  std::cout << "accepted " << accepted << std::endl;
}

}  // namespace

TEST(StoreChild, DISABLED_Act) {
  const char* name = std::getenv("UNDERTONE_CHILD_ACT");
  if (!name) GTEST_SKIP() << "started by the other tests only";
  const std::string act = name, place = std::getenv("UNDERTONE_CHILD_STORE");
  if (act == "small-disk" || act == "full-at-commit" || act == "read-only-disk") {
    if (!mount_small_disk(place)) ::_exit(kCannotMount);
    if (act == "small-disk") act_small_disk(place);
    if (act == "full-at-commit") act_full_at_commit(place);
    if (act == "read-only-disk") act_read_only_disk(place);
    return;
  }
  if (act == "file-limit") return act_file_limit(place);
  Store store = Store::open(place, Store::Mode::write);
  if (act == "open") return;
  if (act == "artefact") commit_sample(store, 1);
  if (act == "answers") store.put_answers({answer_row(1), answer_row(2)});
  if (act == "verdicts") store.put_verdicts({verdict_row(1), verdict_row(2)});
  if (act == "run") {
    RunRow r = run_row("done");
    r.tags = {"latest"};
    store.put_run(r);
  }
  if (act == "gc") store.gc(false);
  if (act == "hold") {
    std::cout << "> held" << std::endl;
    std::string line;
    std::getline(std::cin, line);
  }
  if (act == "stream") {
    for (int i = 0;; ++i) {
      store.put_answers({answer_row(i)});
      if (i % 10 == 0) commit_sample(store, 100'000 + i);
      std::cout << "> " << i << std::endl;
    }
  }
}

}  // namespace undertone::test
