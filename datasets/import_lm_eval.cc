#include "datasets/import_lm_eval.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace {

// Members of a sample that are no metrics, where the sample does not list its metrics.
constexpr std::array<std::string_view, 11> kNoMetric = {
    "doc_id",         "doc",     "target",   "arguments",   "resps",      "filter",
    "filtered_resps", "metrics", "doc_hash", "prompt_hash", "target_hash"};

[[noreturn]] void broken(const Json& at, std::string what) {
  throw Error(ErrorKind::data, std::move(what), at.place().str(),
              "name a samples_TASK_DATE.jsonl of lm-evaluation-harness (--log_samples)");
}

// "samples_gsm8k_2024-07-04T10-00-00.123.jsonl" -> "gsm8k"
std::string task_of(const std::string& file) {
  std::string name = std::filesystem::path(file).stem().string();
  if (name.starts_with("samples_")) name = name.substr(8);
  const auto date = name.rfind("_20");
  return date == std::string::npos || date == 0 ? name : name.substr(0, date);
}

std::string prompt_of(const Json& arguments) {
  const Json* first = nullptr;
  if (arguments.is_array() && arguments.size() > 0) {
    first = &arguments.elements().front();
    if (first->is_array() && first->size() > 0) first = &first->elements().front();
  } else if (arguments.is_object() && arguments.size() > 0) {
    const Json& request = arguments.members().front().second;
    first = request.is_object() ? request.find("arg_0") : &request;
  }
  if (!first || !first->is_string()) broken(arguments, "the arguments hold no prompt");
  return first->as_string();
}

// The texts of all repeats; empty where the responses are log-likelihoods.
std::vector<std::string> texts_of(const Json& responses) {
  std::vector<std::string> out;
  for (const Json& request : responses.elements()) {
    if (request.is_string()) {
      out.push_back(request.as_string());
      continue;
    }
    for (const Json& one : request.elements())
      if (one.is_string() && request.elements().front().is_string())
        out.push_back(one.as_string());
      else
        return {};
  }
  return out;
}

std::vector<std::pair<std::string, double>> metrics_of(const Json& row) {
  std::vector<std::pair<std::string, double>> out;
  const std::string filter = row.get("filter", "none");
  const auto add = [&](const std::string& name, const Json& value) {
    if (value.is_number() || value.is_bool())
      out.emplace_back(name + "," + filter,
                       value.is_bool() ? (value.as_bool() ? 1.0 : 0.0) : value.as_double());
  };
  if (const Json* listed = row.find("metrics")) {
    for (const Json& name : listed->elements()) add(name.as_string(), row.at(name.as_string()));
    return out;
  }
  for (const auto& [key, value] : row.members())
    if (std::find(kNoMetric.begin(), kNoMetric.end(), key) == kNoMetric.end()) add(key, value);
  return out;
}

struct Document {
  std::size_t item = 0;
  std::vector<std::string> texts;
};

}  // namespace

LmEvalSamples parse_lm_eval(std::string_view text, const std::string& file) {
  LmEvalSamples out;
  const std::string task = task_of(file);
  std::map<std::string, Document> documents;
  std::map<std::string, std::size_t> raters;
  std::map<std::pair<std::size_t, std::size_t>, double> values;
  std::int64_t without_text = 0;
  for (const Json& row : parse_jsonl(text, file)) {
    if (!row.is_object()) broken(row, "a sample is an object");
    const Json& doc = row.at("doc_id");
    const std::string id = fmt::format("{}-{}", task, doc.is_integer() ? doc.dump() : doc.as_string());
    const Json& target = row.at("target");
    const std::string reference = target.is_string() ? target.as_string() : target.dump();
    const std::string prompt = prompt_of(row.at("arguments"));
    std::vector<std::string> texts = texts_of(row.at("resps"));
    const auto [it, fresh] = documents.try_emplace(id, Document{out.corpus.questions.size(), texts});
    if (fresh) {
      Question q;
      q.id = id;
      q.text = prompt;
      q.reference = reference;
      q.pool = "cpqa";
      q.provenance = Provenance::llm;  // who wrote it is not stated: never counted as human
      out.corpus.questions.push_back(std::move(q));
      RatedItem item;
      item.id = id;
      item.question = prompt;
      item.reference = reference;
      item.answer = texts.empty() ? "" : texts.front();
      out.metrics.items.push_back(std::move(item));
      without_text += texts.empty();
      for (std::size_t seed = 0; seed < texts.size(); ++seed) {
        RecordedAnswer a;
        a.question = id;
        a.seed = static_cast<std::int64_t>(seed);
        a.answer = recorded_answer(texts[seed], "");
        a.place = row.place();
        out.answers.push_back(std::move(a));
      }
    } else {
      const Question& q = out.corpus.questions[it->second.item];
      if (q.text != prompt || q.reference != reference || it->second.texts != texts)
        broken(row, fmt::format("the document '{}' stands twice, and differs", id));
    }
    for (const auto& [name, value] : metrics_of(row)) {
      const auto [rater, first] = raters.try_emplace(name, raters.size());
      if (first) out.metrics.raters.push_back({name, RaterKind::metric, {}, {}, false, {"metric:" + name}});
      if (!values.try_emplace({it->second.item, rater->second}, value).second)
        broken(row, fmt::format("the document '{}' has '{}' twice", id, name));
    }
  }
  out.metrics.name = task;
  out.metrics.source = "lm-evaluation-harness";
  out.metrics.cells.resize(out.metrics.items.size() * out.metrics.raters.size());
  for (const auto& [at, value] : values) out.metrics.at(at.first, at.second).push_back(Scored{value, "", {}});
  out.corpus.about = Json::object({{"name", Json("lm-eval:" + task)},
                                   {"source", Json("samples of lm-evaluation-harness, without audio")},
                                   {"question_provenance", Json("not stated; never counted as human")}});
  if (without_text > 0)
    out.warnings.push_back(
        fmt::format("{}: {} documents were asked by log-likelihood: no answer text", file, without_text));
  return out;
}

LmEvalSamples import_lm_eval(const std::string& path) { return parse_lm_eval(read_file(path), path); }

}  // namespace undertone
