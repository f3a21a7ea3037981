// Torch-free kernels on text and bytes (JSON, WordPiece, SHA-256), and sentence embeddings.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "harness/core/random.h"
#include "harness/core/sha256.h"
#include "harness/model/minilm.h"
#include "harness/text/wordpiece.h"
#include "harness/weights/pins.h"
#include "suites/micro/benchmarks.h"
#include "suites/micro/measure.h"

namespace undertone::micro {
namespace {

constexpr const char* kWords[] = {"she",     "sounds",  "quietly", "angry",    "about",    "the",
                                  "broken",  "lantern", "while",   "he",       "answered", "with",
                                  "obvious", "relief",  "because", "yesterday"};

std::string sentence(Stream& random, int words) {
  std::string out;
  for (int i = 0; i < words; ++i)
    out += (i ? " " : "") + std::string(kWords[random.below(std::size(kWords))]);
  return out + ".";
}

// Answers as they stand in JSONL files, in one array.
std::string answers_json(int rows) {
  Stream random("micro/json");
  std::string out = "[";
  for (int i = 0; i < rows; ++i)
    out += fmt::format(
        R"({}{{"question":"q{:05}","text":"{}","tokens":{},"finish_reason":"stop","labels":["sad","caf\u00e9"],"detail":null}})",
        i ? "," : "", i, sentence(random, 12), random.below(64));
  return out + "]";
}

void parse(benchmark::State& state) {
  const std::string text = answers_json(2000);
  if (!proves(state, parse_json(text, "micro").canonical() == nlohmann::json::parse(text).dump(),
              "the parsed document differs from nlohmann's"))
    return;
  against(
      state, "nlohmann::json::parse (no places, no duplicate check)",
      [&] { benchmark::DoNotOptimize(parse_json(text, "micro").size()); },
      [&] { benchmark::DoNotOptimize(nlohmann::json::parse(text).size()); });
  state.counters["bytes_per_second"] =
      benchmark::Counter(static_cast<double>(text.size()), benchmark::Counter::kIsIterationInvariantRate);
}

void digest(benchmark::State& state) {
  const std::string bytes(1 << 20, 'x');
  const auto portable = [&] {
    const auto h = portable_sha256();
    h->update(bytes);
    std::string hex;
    for (const std::uint8_t byte : h->finish()) hex += fmt::format("{:02x}", byte);
    return hex;
  };
  if (!proves(state, sha256_hex(bytes) == portable(), "the two SHA-256 differ")) return;
  against(
      state, "the portable form, without OpenSSL",
      [&] { benchmark::DoNotOptimize(sha256_hex(bytes).data()); },
      [&] { benchmark::DoNotOptimize(portable().data()); });
  state.counters["bytes_per_second"] =
      benchmark::Counter(static_cast<double>(bytes.size()), benchmark::Counter::kIsIterationInvariantRate);
}

std::string minilm_folder() {
  const PinnedWeights weights =
      pinned_weights(UNDERTONE_SOURCE_DIR "/harness/weights/pins.json", "all-minilm-l6-v2");
  return std::filesystem::exists(weights.file) ? weights.folder : "";
}
constexpr const char* kNoWeights =
    "the weights of all-minilm-l6-v2 are not in the cache: run './undertone setup'";

void wordpiece(benchmark::State& state) {
  const std::string folder = minilm_folder();
  if (folder.empty()) return skip(state, kNoWeights);
  const WordPiece pieces = WordPiece::from_vocabulary_file(folder + "/vocab.txt");
  Stream random("micro/wordpiece");
  std::string text;
  for (int i = 0; i < 200; ++i) text += sentence(random, 10) + " Üñïcode ünaccented-ly! ";
  const auto ids = pieces.encode(text, 1 << 20);
  if (!proves(state, ids.size() > 200 * 11 && pieces.encode("she", 16).size() == 3, "too few pieces")) return;
  for (auto _ : state)
    state.SetIterationTime(
        seconds_of([&] { benchmark::DoNotOptimize(pieces.encode(text, 1 << 20).data()); }));
  state.counters["bytes_per_second"] =
      benchmark::Counter(static_cast<double>(text.size()), benchmark::Counter::kIsIterationInvariantRate);
}

void embed(benchmark::State& state) {
  const std::string folder = minilm_folder();
  if (folder.empty()) return skip(state, kNoWeights);
  const auto encoder = make_minilm(folder);
  Stream random("micro/embed");
  std::vector<std::string> texts;
  for (int i = 0; i < 32; ++i) texts.push_back(sentence(random, 8 + i % 5));
  double squares = 0;
  const auto vectors = encoder->embed(texts);
  for (const float v : vectors[0]) squares += double{v} * v;
  if (!proves(state, std::abs(squares - 1) < 1e-5, "an embedding is not of unit length")) return;
  for (auto _ : state)
    state.SetIterationTime(seconds_of([&] { benchmark::DoNotOptimize(encoder->embed(texts).data()); }));
  state.counters["texts_per_second"] =
      benchmark::Counter(static_cast<double>(texts.size()), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void register_text() {
  const auto add = [](const char* name, auto function) {
    return benchmark::RegisterBenchmark(name, function)->UseManualTime()->Unit(benchmark::kMillisecond);
  };
  add("json_parse_2000_answers", parse);
  add("sha256_1_MiB", digest);
  add("wordpiece_encode", wordpiece);
  add("minilm_embed_32_texts", embed);
}

}  // namespace undertone::micro
