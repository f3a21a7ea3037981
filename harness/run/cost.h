// Time and memory of stages, from sizes: floating-point operations by the measured rate of matrix products.
#pragma once

#include <cstdint>
#include <string>

#include "harness/run/decoder_weights.h"
#include "harness/run/graph.h"
#include "harness/run/workload.h"
#include "suites/spec.h"

namespace undertone {

struct MachineRate {
  double flops = 0;  // a second, of one thread, while as many run as the suite uses
  std::string how;   // "measured", "measured before", "assumed: ..."
};
// Measured once for a processor and number of threads by undertone-model (about a second), and kept in
// `cache_file` unless the machine was busy meanwhile; where it cannot be measured, 30 GFLOP/s are assumed.
// Throws nothing.
MachineRate machine_rate(const std::string& model_program, int threads, const std::string& cache_file);

struct AdapterSizes {
  double stack = 5, parameters = 0;
};
AdapterSizes adapter_sizes(const Json& adapter, double feature_width, double decoder_width);

struct ModelSizes {
  double feature_width = 512, encoder_parameters = 0, encoder_layers = 6;
  AdapterSizes adapter;
  DecoderSizes decoder;
  bool pretrained = false;
  // Of the item encoder: what frames an item besides the opening that all share.
  double frame_tokens = 0, tokens_per_word = 1;
};

Estimated corpus_cost(const Workload& work, double flops, int workers);
Estimated features_cost(const Workload& work, const ModelSizes& model, double flops, int workers);
Estimated recogniser_cost(const Workload& work, const Json& settings, const ModelSizes& model, double flops);
// `metadata`: the prompts carry it.
Estimated train_cost(const Workload& work, const RecipeSpec& recipe, const ModelSizes& model, bool metadata,
                     double flops);
// Of `items` answers, with audio or with a transcript in its place, or neither.
enum class Heard { audio, transcript, nothing };
Estimated answer_cost(const Workload& work, double items, Heard heard, bool metadata, double max_new_tokens,
                      double batch, const ModelSizes& model, double flops);
// Of `verdicts` that a language model in undertone-model gives, with prompts of `own_tokens` behind an
// opening of `opening_tokens` that is read once; `reply_tokens` is 0 where it scores the allowed ratings,
// else the longest reply.
Estimated local_judge_cost(double verdicts, double opening_tokens, double own_tokens, double reply_tokens,
                           const DecoderSizes& model, int threads, double flops);

}  // namespace undertone
