// Stage "embed": sentence embeddings, one "value" event per text.
#include <fmt/format.h>
#include <memory>

#include "harness/core/error.h"
#include "harness/model/minilm.h"
#include "harness/model/placement.h"
#include "harness/run/worker/jobs.h"

namespace undertone::worker {

// Settings: encoder {path: folder, max_tokens}, texts: [text] or [{id, text}]; a plain text's id is its
// number from 0.
void run_embed(const Job& job, EventSink& sink) {
  const Json& settings = job.settings.at("encoder");
  // Judging asks once for every set of answers: the weights stay loaded between jobs.
  static std::string loaded;
  static std::unique_ptr<TextEncoder> encoder;
  const std::string wanted = settings.canonical() + job.device;
  if (!encoder || loaded != wanted) {
    encoder = make_minilm(settings.at("path").as_string(), static_cast<int>(settings.get("max_tokens", 256)),
                          device_from(job.device, job.dtype));
    loaded = wanted;
  }
  const Json& texts = job.settings.at("texts");
  std::vector<std::string> ids, contents;
  for (const Json& t : texts.elements()) {
    ids.push_back(t.is_object() ? t.at("id").as_string() : fmt::format("{}", ids.size()));
    contents.push_back(t.is_object() ? t.at("text").as_string() : t.as_string());
  }
  // In slices, so that progress shows and a reader of the pipe is never far behind; long ones, so that
  // batches fill.
  constexpr std::size_t kSlice = 1024;
  std::int64_t width = 0;
  for (std::size_t at = 0; at < contents.size(); at += kSlice) {
    const std::size_t n = std::min(kSlice, contents.size() - at);
    const auto vectors = encoder->embed(std::span(contents).subspan(at, n));
    for (std::size_t i = 0; i < n; ++i) sink.vector(ids[at + i], vectors[i].data(), vectors[i].size());
    width = static_cast<std::int64_t>(vectors[0].size());
    sink.progress(static_cast<std::int64_t>(at + n), static_cast<std::int64_t>(contents.size()));
  }
  Json about = Json::object();
  about["texts"] = static_cast<std::int64_t>(contents.size());
  about["width"] = width;
  about["identity"] = encoder->identity();
  about["threads"] = job.threads;
  sink.done(std::move(about));
}

}  // namespace undertone::worker
