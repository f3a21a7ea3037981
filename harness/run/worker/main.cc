// undertone-model: runs the stages that need libtorch, one JSON job a line (see ../PROTOCOL.md).
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/util/Exception.h>
#include <torch/headeronly/version.h>

#include <sys/prctl.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <new>
#include <string>

#include "harness/run/worker/jobs.h"

namespace undertone::worker {
namespace {

const std::map<std::string, std::function<void(const Job&, EventSink&)>>& stages() {
  static const std::map<std::string, std::function<void(const Job&, EventSink&)>> table{
      {"features", run_features}, {"recogniser", run_recogniser}, {"train", run_train},
      {"answer", run_answer},     {"embed", run_embed},           {"score", run_score},
      {"generate", run_generate}, {"score_text", run_score_text}, {"calibrate", run_calibrate}};
  return table;
}

void run_line(const std::string& line, std::int64_t number, EventSink& sink) {
  sink.set_job(Json());
  try {
    const Json parsed = parse_json(line, "job " + std::to_string(number));
    if (const Json* id = parsed.find("job")) sink.set_job(*id);
    const Job job = job_from_json(parsed);
    const auto stage = stages().find(job.stage);
    if (stage == stages().end())
      throw Error(ErrorKind::internal, "unknown stage '" + job.stage + "'", "",
                  "use undertone and undertone-model of the same build");
    // A float sum differs between thread counts: the count is part of what a job is.
    at::set_num_threads(job.threads);
    stage->second(job, sink);
  } catch (const Error& e) {
    sink.error(e.kind(), e.what_happened(), e.place(), e.mend());
  } catch (const c10::Error& e) {
    sink.error(ErrorKind::model, e.what_without_backtrace(), "", "");
  } catch (const std::bad_alloc&) {
    sink.error(ErrorKind::model, "out of memory", "", "use a smaller batch, or fewer workers at a time");
  } catch (const std::exception& e) {
    sink.error(ErrorKind::internal, e.what(), "", "");
  }
}

// libtorch's account of its build, without the folder that its compiler lay in.
std::string build_of_libtorch() {
  std::string text = at::show_config();
  const std::string key = "CXX_COMPILER=";
  if (const auto at = text.find(key); at != std::string::npos) {
    const auto begin = at + key.size(), end = std::min(text.find_first_of(", \n", begin), text.size());
    if (const auto slash = text.rfind('/', end); slash != std::string::npos && slash > begin)
      text.erase(begin, slash + 1 - begin);
  }
  return text;
}

void print_version() {
  Json about = Json::object();
  about["program"] = "undertone-model";
  about["libtorch"] = TORCH_VERSION;
  about["threads"] = at::get_num_threads();
  about["interop_threads"] = at::get_num_interop_threads();
  about["blas"] = at::hasMKL() ? "MKL" : "other";
  about["cpu_capability"] = at::get_cpu_capability();
  about["cuda"] = at::hasCUDA();
  about["configuration"] = build_of_libtorch();
  std::puts(about.dump(2).c_str());
}

}  // namespace
}  // namespace undertone::worker

int main(int argc, char** argv) {
  using namespace undertone;
  at::set_num_interop_threads(1);
  if (argc == 2 && std::string(argv[1]) == "--version") {
    worker::print_version();
    return 0;
  }
  if (argc != 1) {
    std::fputs("undertone-model is started by undertone; by hand: undertone-model --version\n", stderr);
    return static_cast<int>(ExitCode::usage);
  }
  // When the parent is killed, nobody is left to answer, and its successor will do this work: do not do it
  // twice.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_IGN);  // seen as EPIPE where it happens
  // Libraries may print to stdout; only events may reach the parent.
  const int events = ::dup(STDOUT_FILENO);
  if (events < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    std::perror("undertone-model: cannot take over stdout");
    return static_cast<int>(ExitCode::failed);
  }
  worker::EventSink sink(events);
  std::string line;
  for (std::int64_t number = 1; std::getline(std::cin, line); ++number)
    if (line.find_first_not_of(" \t\r") != std::string::npos) worker::run_line(line, number, sink);
  return 0;
}
