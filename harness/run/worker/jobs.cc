#include "harness/run/worker/jobs.h"

#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace undertone::worker {

const std::string& Job::input(const std::string& name) const {
  const auto found = inputs.find(name);
  if (found == inputs.end())
    throw Error(ErrorKind::internal, fmt::format("the job '{}' has no input '{}'", stage, name));
  return found->second;
}

Job job_from_json(const Json& line) {
  try {
    Job job;
    job.id = line.at("job");
    job.stage = line.at("stage").as_string();
    job.threads = static_cast<int>(line.get("threads", 1));
    if (job.threads < 1) throw Error(ErrorKind::internal, "threads must be at least 1");
    job.device = line.get("device", "cpu");
    job.dtype = line.get("dtype", "float32");
    if (const Json* settings = line.find("settings")) job.settings = *settings;
    if (const Json* inputs = line.find("inputs"))
      for (const auto& [name, path] : inputs->members()) job.inputs[name] = path.as_string();
    job.output = line.get("output", "");
    job.stream = line.get("stream", "");
    return job;
  } catch (const Error& e) {
    throw Error(ErrorKind::internal, "not a job: " + e.what_happened(), line.place().str());
  }
}

void EventSink::write_line(std::string line) {
  line.push_back('\n');
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t n = ::write(descriptor_, line.data() + written, line.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      std::fprintf(stderr, "undertone-model: cannot write an event: %s\n", std::strerror(errno));
      std::_Exit(1);
    }
    written += static_cast<std::size_t>(n);
  }
}

void EventSink::write(Json::Object fields) {
  fields.insert(fields.begin(), {"job", job_});
  write_line(Json::object(std::move(fields)).dump());
}

void EventSink::progress(std::int64_t done, std::int64_t total, std::string_view note) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (done != total && now - last_progress_ < std::chrono::milliseconds(200)) return;
    last_progress_ = now;
  }
  Json::Object fields{{"event", "progress"}, {"done", done}, {"total", total}};
  if (!note.empty()) fields.emplace_back("note", note);
  write(std::move(fields));
}

void EventSink::answer(const std::string& id, const Answer& answer) {
  write({{"event", "answer"},
         {"id", id},
         {"status", std::string(to_string(answer.status))},
         {"text", answer.text},
         {"finish_reason", answer.finish_reason},
         {"tokens", answer.tokens},
         {"detail", answer.detail}});
}

void EventSink::vector(const std::string& id, const float* values, std::size_t count) {
  // Nine significant digits give every float back; the shortest form of its double would be twice as long.
  std::string line =
      fmt::format(R"({{"job":{},"event":"value","id":{},"vector":[)", job_.dump(), Json(id).dump());
  for (std::size_t i = 0; i < count; ++i)
    line += i == 0 ? fmt::format("{}", values[i]) : fmt::format(",{}", values[i]);
  line += "]}";
  write_line(std::move(line));
}

void EventSink::values(const std::string& id, const std::vector<double>& values) {
  Json array = Json::array();
  for (const double v : values) array.push_back(v);
  write({{"event", "value"}, {"id", id}, {"values", std::move(array)}});
}

void EventSink::done(Json about) { write({{"event", "done"}, {"about", std::move(about)}}); }

void EventSink::error(ErrorKind kind, const std::string& what, const std::string& place,
                      const std::string& mend) {
  write({{"event", "error"},
         {"kind", std::string(to_string(kind))},
         {"what", what},
         {"place", place},
         {"mend", mend}});
}

}  // namespace undertone::worker
