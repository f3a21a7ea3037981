// Jobs of undertone-model, as PROTOCOL.md describes them: one JSON object a line comes in, events go out.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/json.h"
#include "harness/core/nouns.h"

namespace undertone::worker {

struct Job {
  Json id;  // echoed in every event
  std::string stage;
  int threads = 1;
  std::string device = "cpu", dtype = "float32";  // see harness/model/placement.h
  Json settings = Json::object();
  std::map<std::string, std::string> inputs;  // name -> path
  std::string output;                         // folder that the job may write; "" for stages that only stream
  std::string stream;                         // name of the job's random stream

  // Throws Error{internal} naming the input that the parent did not give.
  const std::string& input(const std::string& name) const;
  bool has_input(const std::string& name) const { return inputs.count(name) > 0; }
};

// Throws Error{internal} for a line that is not a job.
Job job_from_json(const Json& line);

// Writes events as JSON lines to the pipe that the parent reads. Thread-safe; a line is written whole. When
// the parent has gone (EPIPE) the process ends at once: nobody is left to answer.
class EventSink {
 public:
  explicit EventSink(int descriptor) : descriptor_(descriptor) {}
  void set_job(Json id) { job_ = std::move(id); }  // between jobs only

  // At most five a second; the last one (done == total) always.
  void progress(std::int64_t done, std::int64_t total, std::string_view note = {});
  void answer(const std::string& id, const Answer& answer);
  void vector(const std::string& id, const float* values,
              std::size_t count);  // "value" with a vector (an embedding)
  void values(const std::string& id, const std::vector<double>& values);  // "value" with values (scores)
  void done(Json about);
  void error(ErrorKind kind, const std::string& what, const std::string& place, const std::string& mend);

 private:
  void write(Json::Object fields);
  void write_line(std::string line);

  int descriptor_;
  Json job_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point last_progress_{};
};

// The stages. Each throws Error (or c10::Error) on failure, and ends with sink.done(); main() turns what is
// thrown into an error event.
void run_features(const Job&, EventSink&);
void run_recogniser(const Job&, EventSink&);
void run_train(const Job&, EventSink&);
void run_answer(const Job&, EventSink&);
void run_embed(const Job&, EventSink&);
void run_score(const Job&, EventSink&);
void run_generate(const Job&, EventSink&);
void run_score_text(const Job&, EventSink&);
void run_calibrate(const Job&, EventSink&);

}  // namespace undertone::worker
