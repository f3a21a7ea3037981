// Asking a judge within a stage, whatever for: a run's verdicts, its anchors, probes of it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/run/pipeline.h"

namespace undertone {

// What a judge is asked, and what the ledger files the verdict under. Question and clip must stay where they
// are.
struct ToJudge {
  std::string key;
  const Question* question = nullptr;
  const Clip* clip = nullptr;
  std::string answer;
  int replicate = 0;
  std::string audio = {};  // path of the recording, for judges that listen; "" where there is none
};

// A judge with what it reads with: the slot's worker is asked for encoders and models.
class StageJudge {
 public:
  // Throws Error{model} when the judge is not the one of this identity: it never changes silently.
  StageJudge(const Pipeline& pipeline, const KindSpec& spec, const std::string& identity, StageContext& stage,
             const std::string& title);
  ~StageJudge();
  Judge& operator*() const { return *judge_; }
  Judge* operator->() const { return judge_.get(); }

 private:
  struct Readers;
  std::unique_ptr<Readers> readers_;
  std::unique_ptr<Judge> judge_;
};

// Asks all, in order, and commits verdicts as they come; what is handed over together is one transaction. An
// endpoint hands over every reply before it sends the next request, so that a kill loses only what was in
// flight.
void ask_judge(StageContext& stage, Judge& judge, std::span<const ToJudge> asked, const std::string& title);

// Those that the ledger has no verdict of.
std::vector<ToJudge> without_verdict(std::vector<ToJudge> asked, const Store& store);

// Whether the judge asks undertone-model; a jury does where a member does.
bool asks_model(const KindSpec& spec);
int threads_of(const KindSpec& spec);
// A metric judge says the same however often it is asked.
int replicates_of(const Pipeline& pipeline, const Judge& judge);
// Verdicts that the suite's datasets bring along, read from where they are: they are no part of a corpus.
std::function<std::vector<VerdictFile>(const std::string&)> verdict_files(const Pipeline& pipeline);

}  // namespace undertone
