// undertone-synth: speaks a plan of clips with espeak-ng.
//
//   undertone-synth --plan PLAN.jsonl --out FOLDER [--only I/N] [--workers W]
//   undertone-synth --voices
//
// Writes one 16 kHz WAV per clip below FOLDER and one JSON line per clip on stdout, in the plan's order,
// whatever the number of workers. --only I/N (0 <= I < N) speaks every Nth clip from the Ith on. A message
// goes to stderr; exit codes as README.md.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "datasets/synth/assemble.h"
#include "harness/core/error.h"
#include "harness/speech/audio.h"

namespace undertone {
namespace {

constexpr const char* usage =
    "undertone-synth --plan PLAN.jsonl --out FOLDER [--only I/N] [--workers W] | undertone-synth --voices";

struct Arguments {
  std::string plan, out;
  std::size_t only = 0, of = 1, workers = 1;
  bool voices = false, help = false;
};

[[noreturn]] void wrong(const std::string& what) { throw Error(ErrorKind::usage, what, "", usage); }

std::size_t whole_number(const std::string& text, const std::string& option) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || text[0] < '0' || text[0] > '9' || *end || value > 1'000'000)
    wrong(option + " needs whole numbers, not '" + text + "'");
  return static_cast<std::size_t>(value);
}

Arguments read_arguments(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--voices") {
      a.voices = true;
    } else if (option == "--help" || option == "-h") {
      a.help = true;
    } else if (option == "--plan" || option == "--out" || option == "--only" || option == "--workers") {
      if (++i == argc) wrong(option + " needs a value");
      const std::string value = argv[i];
      if (option == "--plan") a.plan = value;
      if (option == "--out") a.out = value;
      if (option == "--workers") a.workers = whole_number(value, option);
      if (option == "--only") {
        const std::size_t slash = value.find('/');
        if (slash == std::string::npos) wrong("--only needs I/N, not '" + value + "'");
        a.only = whole_number(value.substr(0, slash), option);
        a.of = whole_number(value.substr(slash + 1), option);
      }
    } else {
      wrong("unknown option '" + option + "'");
    }
  }
  if (a.help || a.voices) return a;
  if (a.plan.empty() || a.out.empty()) wrong("--plan and --out are needed");
  if (a.of < 1 || a.only >= a.of) wrong("--only I/N needs 0 <= I < N");
  if (a.workers < 1 || a.workers > 256) wrong("--workers needs 1 to 256");
  return a;
}

void print_voices(const Engine& engine) {
  Json out = Json::object();
  out["engine"] = "espeak-ng " + engine.version();
  out["accents"] = Json::array();
  for (const std::string& accent : engine.accents()) out["accents"].push_back(accent);
  out["variants"] = Json::array();
  for (const EngineVariant& variant : engine.variants()) {
    Json v = Json::object();
    v["name"] = variant.name;
    v["gender"] = variant.gender;
    if (variant.age > 0) v["age"] = variant.age;
    out["variants"].push_back(std::move(v));
  }
  std::cout << out.dump(2) << '\n';
}

void print_error(const std::exception& e) { std::cerr << "undertone-synth: " << e.what() << std::endl; }

std::string speak_clip(const Engine& engine, const SpokenClip& clip, const std::string& folder) {
  const AssembledClip assembled = assemble(engine, clip);
  write_wav(folder + "/" + clip.path, assembled.samples);
  return describe(clip, assembled).dump() + "\n";
}

struct Worker {
  pid_t process = 0;
  FILE* lines = nullptr;
};

// A worker speaks every `workers`th clip from `first` on and writes its lines to a pipe: reading the pipes in
// turn gives the plan's order.
Worker start_worker(const Engine& engine, const std::vector<SpokenClip>& clips, const std::string& folder,
                    std::size_t first, std::size_t workers) {
  int ends[2];
  if (::pipe(ends) != 0) throw Error(ErrorKind::io, std::string("no pipe: ") + std::strerror(errno));
  const pid_t process = ::fork();
  if (process < 0) throw Error(ErrorKind::io, std::string("no process: ") + std::strerror(errno));
  if (process > 0) {
    ::close(ends[1]);
    return {process, ::fdopen(ends[0], "r")};
  }
  ::close(ends[0]);
  FILE* out = ::fdopen(ends[1], "w");
  int code = 0;
  try {
    for (std::size_t i = first; i < clips.size(); i += workers) {
      const std::string line = speak_clip(engine, clips[i], folder);
      if (std::fwrite(line.data(), 1, line.size(), out) != line.size() || std::fflush(out) != 0)
        throw Error(ErrorKind::io, "the pipe broke");
    }
  } catch (const std::exception& e) {
    print_error(e);
    code = 1;
  }
  ::_exit(code);
}

std::optional<std::string> read_line(FILE* file) {
  char* text = nullptr;
  std::size_t room = 0;
  const ssize_t n = ::getline(&text, &room, file);
  std::optional<std::string> line;
  if (n > 0) line = std::string(text, static_cast<std::size_t>(n));
  std::free(text);
  return line;
}

bool speak_all(const Engine& engine, const std::vector<SpokenClip>& clips, const Arguments& a) {
  const std::size_t workers = std::min(a.workers, std::max<std::size_t>(1, clips.size()));
  std::vector<Worker> running;
  for (std::size_t w = 0; w < workers; ++w) running.push_back(start_worker(engine, clips, a.out, w, workers));
  bool complete = true;
  for (std::size_t i = 0; i < clips.size() && complete; ++i) {
    const auto line = read_line(running[i % workers].lines);
    complete = line && std::cout << *line << std::flush;
  }
  for (const Worker& worker : running) {
    std::fclose(worker.lines);  // ends the others at their next line when one failed
    int status = 0;
    while (::waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
    }
    complete = complete && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  return complete;
}

int run(int argc, char** argv) {
  const Arguments a = read_arguments(argc, argv);
  if (a.help) {
    std::cout << usage << '\n';
    return 0;
  }
  if (a.voices) {
    print_voices(Engine());
    return 0;
  }
  std::vector<SpokenClip> clips;
  std::vector<SpokenClip> plan = read_plan(a.plan);
  for (std::size_t i = a.only; i < plan.size(); i += a.of) clips.push_back(std::move(plan[i]));
  const Engine engine;
  for (const SpokenClip& clip : clips) {
    for (const SpokenUtterance& utterance : clip.utterances) engine.check_voice(utterance.voice);
    std::error_code ec;
    const auto parent = std::filesystem::path(a.out + "/" + clip.path).parent_path();
    std::filesystem::create_directories(parent, ec);
    if (ec)
      throw Error(ErrorKind::io, "the folder cannot be made: " + ec.message(), parent.string(),
                  "choose a writable --out");
  }
  return speak_all(engine, clips, a) ? 0 : 1;
}

}  // namespace
}  // namespace undertone

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is an error to report, not a death
  try {
    return undertone::run(argc, argv);
  } catch (const undertone::Error& e) {
    undertone::print_error(e);
    return static_cast<int>(e.exit_code());
  } catch (const std::exception& e) {
    undertone::print_error(e);
    return 1;
  }
}
