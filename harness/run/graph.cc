#include "harness/run/graph.h"

#include <fmt/format.h>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "harness/core/error.h"

namespace undertone {
namespace {

using State = StageOutcome::State;

bool finished(State s) { return s == State::done || s == State::found; }

class Executor {
 public:
  Executor(const std::vector<Stage>& plan, Store& store, const std::string& program, int slots,
           Progress& progress, Counters& counters, const std::atomic<bool>& interrupted)
      : plan_(plan),
        store_(store),
        progress_(progress),
        counters_(counters),
        interrupted_(interrupted),
        slots_(slots),
        free_(slots) {
    for (int i = 0; i < slots; ++i) workers_.push_back(std::make_unique<WorkerProcess>(program));
    for (std::size_t i = 0; i < plan.size(); ++i) index_[plan[i].title] = i;
    status_.assign(plan.size(), Status::waiting);
    outcomes_.resize(plan.size());
  }

  Execution run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < slots_; ++i)
      threads.emplace_back([this, i] { work(*workers_[static_cast<std::size_t>(i)]); });
    // Interruption kills the workers, so that a long job does not hold the answer back; what they had
    // committed stays.
    std::thread watch([this] {
      std::unique_lock lock(mutex_);
      while (!over_) {
        changed_.wait_for(lock, std::chrono::milliseconds(100));
        if (interrupted_ && !killed_) {
          killed_ = true;
          for (auto& w : workers_) w->kill();
          changed_.notify_all();
        }
      }
    });
    for (auto& t : threads) t.join();
    {
      std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    watch.join();
    return {std::move(outcomes_), interrupted_.load()};
  }

 private:
  enum class Status { waiting, running, over };

  void work(WorkerProcess& worker) {
    std::unique_lock lock(mutex_);
    for (;;) {
      const auto next = pick();
      if (!next) {
        if (remaining_over()) return;
        changed_.wait_for(lock, std::chrono::milliseconds(200));
        continue;
      }
      const Stage& stage = plan_[*next];
      status_[*next] = Status::running;
      const int taken = std::min(stage.slots, slots_);
      free_ -= taken;
      lock.unlock();
      StageOutcome outcome = run_one(stage, worker);
      lock.lock();
      free_ += taken;
      status_[*next] = Status::over;
      outcomes_[*next] = std::move(outcome);
      changed_.notify_all();
    }
  }

  // The first waiting stage whose inputs are done. A stage that waits for more slots than are free holds back
  // those behind it, or it would never start. Stages whose input failed are marked skipped on the way.
  std::optional<std::size_t> pick() {
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (status_[i] != Status::waiting) continue;
      if (interrupted_) {
        status_[i] = Status::over;
        outcomes_[i].state = State::interrupted;
        continue;
      }
      bool ready = true, lost = false;
      std::string culprit;
      for (const auto& input : plan_[i].inputs) {
        const std::size_t j = index_.at(input);
        if (status_[j] != Status::over)
          ready = false;
        else if (!finished(outcomes_[j].state)) {
          lost = true;
          culprit = why_lost(j);
        }
      }
      std::size_t gone = 0;
      for (const auto& input : plan_[i].gathers) {
        const std::size_t j = index_.at(input);
        if (status_[j] != Status::over)
          ready = false;
        else if (!finished(outcomes_[j].state) && gone++ == 0 && !lost)
          culprit = why_lost(j);
      }
      lost |= gone > 0 && gone == plan_[i].gathers.size();
      if (lost) {
        status_[i] = Status::over;
        outcomes_[i] = {State::skipped, culprit, 0};
        changed_.notify_all();
        return pick();
      }
      if (!ready) continue;
      if (std::min(plan_[i].slots, slots_) > free_) return std::nullopt;
      return i;
    }
    return std::nullopt;
  }

  std::string why_lost(std::size_t j) const {
    return outcomes_[j].state == State::skipped
               ? outcomes_[j].failure
               : fmt::format("'{}' failed: {}", plan_[j].title, outcomes_[j].failure);
  }

  bool remaining_over() const {
    for (auto s : status_)
      if (s == Status::waiting) return false;
    return true;
  }

  StageOutcome run_one(const Stage& stage, WorkerProcess& worker) {
    const auto start = std::chrono::steady_clock::now();
    StageOutcome outcome;
    try {
      if (store_.find(stage.key)) {
        outcome.state = State::found;
        ++counters_.stages_found;
        return outcome;
      }
      progress_.begin(stage.title, 0);
      StageContext context{store_, worker, progress_, counters_, interrupted_};
      stage.run(context);
      ++counters_.stages_run;
      outcome.state = State::done;
      progress_.end(stage.title, "done");
    } catch (const std::exception& e) {
      // What ends because the run was interrupted has not failed: the next run goes on from there.
      const bool stopped = interrupted_;
      outcome.state = stopped ? State::interrupted : State::failed;
      outcome.failure = stopped ? "" : e.what();
      if (!stopped) progress_.failure(stage.title, "failed");
      progress_.end(stage.title, stopped ? "interrupted" : std::string("failed: ") + e.what());
    }
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return outcome;
  }

  const std::vector<Stage>& plan_;
  Store& store_;
  Progress& progress_;
  Counters& counters_;
  const std::atomic<bool>& interrupted_;
  const int slots_;
  int free_;
  std::vector<std::unique_ptr<WorkerProcess>> workers_;
  std::map<std::string, std::size_t> index_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Status> status_;
  std::vector<StageOutcome> outcomes_;
  bool over_ = false, killed_ = false;
};

}  // namespace

const StageOutcome* Execution::find(const std::vector<Stage>& plan, std::string_view title) const {
  for (std::size_t i = 0; i < plan.size(); ++i)
    if (plan[i].title == title) return &outcomes[i];
  return nullptr;
}

void check_plan(const std::vector<Stage>& plan) {
  // Inputs must stand before their users: that also excludes cycles.
  std::map<std::string, bool> seen;
  for (const Stage& s : plan) {
    for (const auto* inputs : {&s.inputs, &s.gathers})
      for (const auto& input : *inputs)
        if (!seen.count(input))
          throw Error(ErrorKind::internal,
                      fmt::format("the stage '{}' needs '{}', which does not stand before it in the plan",
                                  s.title, input));
    if (seen[s.title]) throw Error(ErrorKind::internal, fmt::format("two stages are called '{}'", s.title));
    seen[s.title] = true;
  }
}

Execution execute(const std::vector<Stage>& plan, Store& store, const std::string& model_program, int slots,
                  Progress& progress, Counters& counters, const std::atomic<bool>& interrupted) {
  check_plan(plan);
  return Executor(plan, store, model_program, std::max(1, slots), progress, counters, interrupted).run();
}

}  // namespace undertone
