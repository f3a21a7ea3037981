// A corpus on disk is a manifest: corpus.json (name, licence, source, digests), clips.jsonl, questions.jsonl,
// audio files. Every other corpus is an adapter that writes the same.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/core/nouns.h"
#include "harness/core/registry.h"
#include "harness/core/text_model.h"
#include "harness/core/verdict_file.h"

namespace undertone {

struct Corpus {
  Json about;  // corpus.json
  std::string folder;
  std::vector<Clip> clips;
  std::vector<Question> questions;
  std::vector<std::string> warnings;  // unknown fields that were kept, and the like

  const Clip* find_clip(std::string_view id) const;  // null when absent; O(log n)
  const Question* find_question(std::string_view id) const;
};

// Path of the clip's recording; "" where there is no clip, or none of it.
std::string recording_of(const Corpus& corpus, const Clip* clip);

// Throws Error{data} with file:line for a broken line, a duplicate id, a question about an unknown clip, a
// missing audio file.
Corpus read_corpus(const std::string& folder);
// Writes corpus.json, clips.jsonl, questions.jsonl (stable bytes).
void write_corpus(const Corpus& corpus, const std::string& folder);

// Makes the corpus inside the folder given; tells progress. Each kind is a stage: its output is an artefact.
struct DatasetContext {
  std::string synth_program;  // path of undertone-synth
  int workers = 1;
  std::function<void(std::int64_t done, std::int64_t total)> progress;
  std::function<TextModel&(const TextModelChoice&)> text_model;  // where a language model writes questions
};
struct Dataset {
  // Hash of everything that decides the output: code version, fields, digests of input files.
  std::function<std::string()> key;
  bool asks_model = false;  // make() uses DatasetContext::text_model; key() asks it for its identity only
  std::function<void(const std::string& folder)> make;
  // Others' verdicts on answers to its questions, known without making it; empty where the kind has none.
  // They are no part of the key: what is said of answers changes no clip and no question.
  std::function<std::vector<VerdictFile>()> verdicts;
};
using DatasetRegistry = Registry<Dataset(const Json& fields, const DatasetContext&)>;
DatasetRegistry builtin_datasets();  // synthetic, emodb, manifest, audiobench

}  // namespace undertone
