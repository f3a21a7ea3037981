#include "datasets/llm_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "datasets/questions_render.h"
#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/text/label_mapping.h"
#include "harness/text/word_vocabulary.h"

namespace undertone {
namespace {

constexpr int kWriterVersion =
    1;  // bump when the same reply would give other questions, or the prompt changes
constexpr std::size_t kLongest = 300;  // of a question or an answer, in bytes
constexpr int kSpare = 2;              // asked for beyond what is kept, against losses

// The attribute that a type's answer must name.
std::string attribute_of(QuestionType type) {
  if (type == QuestionType::CE) return "emotion";
  if (type == QuestionType::CG) return "gender";
  if (type == QuestionType::CS) return "speakers";
  return "";
}

std::set<std::string> labels_in(const Clip& clip, const std::string& attribute) {
  std::set<std::string> labels;
  const auto add = [&](const std::string& value) {
    if (!value.empty()) labels.insert(map_label(attribute, value).label.value_or(value));
  };
  for (const Segment& s : clip.segments) {
    if (attribute == "emotion" && s.emotion) add(s.emotion->category);
    if (attribute == "gender") add(s.gender);
  }
  if (attribute == "speakers")
    if (const int n = count_speakers(clip); n > 0) labels.insert(std::to_string(n));
  return labels;
}

// What an answer names, without what it denies. "She" alone tells a gender as weakly as the lexicon says.
std::set<std::string> labels_named(const std::string& attribute, const std::string& answer) {
  std::set<std::string> firm, weak;
  for (const LabelMention& m : label_mentions(attribute, answer))
    if (!m.negated && !m.label.empty()) (m.weak ? weak : firm).insert(m.label);
  return firm.empty() ? weak : firm;
}

// Words of the transcript, longer than articles and pronouns, that the answer says and the question does not.
bool grounded(const Clip& clip, const std::string& question, const std::string& answer) {
  const auto words = [](const std::string& text) {
    const std::vector<std::string> all = word_tokens(text);
    return std::set<std::string>(all.begin(), all.end());
  };
  std::set<std::string> said;
  for (const Segment& s : clip.segments) said.merge(words(s.transcript));
  const std::set<std::string> asked = words(question);
  for (const std::string& word : words(answer))
    if (word.size() > 3 && said.contains(word) && !asked.contains(word)) return true;
  return false;
}

std::string joined_words(const std::string& text) {
  std::string out;
  for (const std::string& w : word_tokens(text)) out += w + ' ';
  return out;
}

// The body of a reply that is one fenced block, else the reply.
std::string unfenced(const std::string& reply) {
  const std::size_t open = reply.find("```");
  if (open == std::string::npos) return reply;
  const std::size_t body = reply.find('\n', open), close = reply.find("```", open + 3);
  if (body == std::string::npos || close == std::string::npos || body > close) return reply;
  if (reply.find("```", close + 3) != std::string::npos) return reply;
  return reply.substr(body + 1, close - body - 1);
}

class Reader {
 public:
  Reader(const Clip& clip, const LlmWriterOptions& options, const std::string& model)
      : clip_(clip), options_(options), writer_("llm " + sha256_hex(model).substr(0, 12)) {}

  WrittenQuestions read(const Answer& reply) {
    if (reply.status != AnswerStatus::answered) {
      drop("no answer: " + std::string(to_string(reply.status)), reply.text);
      return std::move(out_);
    }
    Json json;
    try {
      json = parse_json(unfenced(reply.text), "reply");
    } catch (const Error&) {
      drop("no JSON", reply.text);
      return std::move(out_);
    }
    const Json* list = json.is_object() ? json.find("questions") : nullptr;
    if (!list || !list->is_array() || json.size() != 1) {
      drop("not the form asked for", reply.text);
      return std::move(out_);
    }
    for (const Json& entry : list->elements()) read_entry(entry);
    return std::move(out_);
  }

 private:
  std::string next_id() { return fmt::format("{}-llm-{}", clip_.id, number_++); }
  void drop(std::string rule, const std::string& text) {
    out_.dropped.push_back({next_id(), std::move(rule), text});
  }

  void read_entry(const Json& entry) {
    const auto text_of = [&](const char* key) {
      const Json* value = entry.is_object() ? entry.find(key) : nullptr;
      return value && value->is_string() ? &value->as_string() : nullptr;
    };
    const std::string *type = text_of("type"), *question = text_of("question"), *answer = text_of("answer");
    if (!type || !question || !answer || entry.size() != 3)
      return drop("not the form asked for", entry.dump());
    QuestionType asked;
    if (*type == "C" && options_.content_in_cpqa)
      asked = QuestionType::C;
    else if (*type == "CE" || *type == "CG" || *type == "CS")
      asked = question_type_from(*type);
    else
      return drop("unknown type", *question);
    const auto blank = [](const std::string& s) {
      return s.find_first_not_of(" \t\r\n") == std::string::npos;
    };
    if (blank(*question) || blank(*answer) || question->size() > kLongest || answer->size() > kLongest)
      return drop("empty or overlong", *question);
    if (question->find('?') == std::string::npos) return drop("no question mark", *question);
    Question q;
    if (const std::string attribute = attribute_of(asked); !attribute.empty()) {
      const std::set<std::string> named = labels_named(attribute, *answer);
      if (named.empty()) return drop("answer names no label", *question);
      if (named.size() > 1) return drop("answer names several labels", *question);
      if (!labels_in(clip_, attribute).contains(*named.begin()))
        return drop("answer contradicts the annotation", *question);
      q.gold[attribute] = *named.begin();
    } else if (!grounded(clip_, *question, *answer)) {
      return drop("answer not in the transcript", *question);
    }
    if (!seen_.insert(joined_words(*question)).second) return drop("duplicate", *question);
    q.id = next_id();
    q.clip = clip_.id;
    q.type = asked;
    q.text = *question;
    q.reference = *answer;
    q.pool = "cpqa";
    q.wording = "llm";
    q.provenance = Provenance::llm;
    q.extra = Json::object({{"writer", Json(writer_)}});
    out_.candidates.push_back(std::move(q));
  }

  const Clip& clip_;
  const LlmWriterOptions& options_;
  std::string writer_;
  int number_ = 0;
  std::set<std::string> seen_;
  WrittenQuestions out_;
};

class LlmWriter : public QuestionGenerator {
 public:
  LlmWriter(TextModel& model, LlmWriterOptions options) : model_(model), options_(std::move(options)) {}

  std::vector<WrittenQuestions> write(std::span<const Clip> clips,
                                      const std::string& stream_name) const override {
    std::vector<std::vector<Message>> prompts;
    for (const Clip& clip : clips)
      prompts.push_back(question_prompt(clip, keep(clip, "cpqa") + kSpare, options_.content_in_cpqa));
    const GenerateOptions how{options_.max_new_tokens, options_.temperature, stream_name};
    const std::vector<Answer> replies = model_.generate(prompts, how);
    if (replies.size() != clips.size())
      throw Error(ErrorKind::model,
                  fmt::format("the model gave {} replies to {} prompts", replies.size(), clips.size()),
                  "question writer", "check the model");
    std::vector<WrittenQuestions> out;
    for (std::size_t i = 0; i < clips.size(); ++i)
      out.push_back(read_written(clips[i], replies[i], options_, model_.identity()));
    return out;
  }

  int keep(const Clip& clip, const std::string& pool) const override {
    if (pool != "cpqa" || options_.per_clip <= 0) return 0;
    return options_.per_clip + std::max(0, static_cast<int>(clip.segments.size()) - 1);
  }

  std::string identity() const override {
    return sha256_hex(fmt::format("llm writer {}\n{}\n{} {} {} {}", kWriterVersion, model_.identity(),
                                  options_.max_new_tokens, options_.temperature, options_.per_clip,
                                  options_.content_in_cpqa));
  }

 private:
  TextModel& model_;
  LlmWriterOptions options_;
};

}  // namespace

void generation_fields(FieldReader& r, GenerationSettings& s) {
  std::string writer = s.llm ? "llm" : "template";
  r.choice("writer", writer, {"template", "llm"}, "template QA, or questions that a language model writes");
  r.field("model", s.writer.model.weights, "llm: pinned weights by name, e.g. smollm2-135m-instruct");
  r.field("path", s.writer.model.path, "llm: a GGUF file or model folder, in place of pinned weights");
  r.field("threads", s.writer.model.threads, "llm: threads of the model; part of what it computes", 1, 256);
  r.field("max_new_tokens", s.writer.max_new_tokens, "llm: longest reply about a clip", 1, 4096);
  r.field("temperature", s.writer.temperature, "llm: 0 takes the likeliest token each time", 0.0, 10.0);
  r.choices("splits", s.splits, {"train", "dev", "test"}, "llm: the splits whose CPQA it writes");
  s.llm = writer == "llm";
  if (r.describing() || !r.raw()) return;
  take_path(r, "path", s.writer.model.path);
  if (s.llm && r.present("model") == r.present("path"))
    r.problem("model", "name the writing model by one of \"model\" and \"path\"");
  if (!s.llm)
    for (const char* key : {"model", "path", "threads", "max_new_tokens", "temperature", "splits"})
      if (r.present(key)) r.problem(key, "belongs to \"writer\": \"llm\"");
}

Json to_json(const GenerationSettings& s) {
  Json out = Json::object({{"writer", Json(s.llm ? "llm" : "template")}});
  if (!s.llm) return out;
  if (!s.writer.model.weights.empty()) out["model"] = s.writer.model.weights;
  out["max_new_tokens"] = s.writer.max_new_tokens;
  out["temperature"] = s.writer.temperature;
  Json& splits = out["splits"] = Json::array();
  for (const std::string& split : s.splits) splits.push_back(split);
  return out;
}

std::vector<Message> question_prompt(const Clip& clip, int count, bool content) {
  std::string heard;
  for (const Segment& s : clip.segments) {
    heard += fmt::format("{:.1f}-{:.1f} s", s.start_seconds, s.end_seconds);
    if (!s.speaker.empty()) heard += ", speaker " + s.speaker;
    if (!s.gender.empty()) heard += ", " + s.gender;
    if (s.emotion) {
      heard += ", emotion " + s.emotion->category;
      const auto number = [&](const char* name, const std::optional<double>& v) {
        if (v) heard += fmt::format(", {} {:.2f}", name, *v);
      };
      number("valence", s.emotion->valence);
      number("arousal", s.emotion->arousal);
      number("dominance", s.emotion->dominance);
    }
    heard += "\n  words:";
    for (const Word& w : s.words) heard += fmt::format(" {}[{:.2f}]", w.text, w.start_seconds);
    if (s.words.empty()) heard += " " + s.transcript;
    heard += "\n";
  }
  std::string types =
      "- \"CE\": what is said together with the emotion in which it is said\n"
      "- \"CG\": what is said together with whether a man or a woman says it\n"
      "- \"CS\": what is said together with how many people speak\n";
  if (content) types = "- \"C\": what is said\n" + types;
  const std::string task = fmt::format(
      "A recording was analysed. Each utterance has its time, its speaker, valence, arousal and dominance "
      "from 0 to 1, "
      "and every word with the time at which it begins:\n\n{}\n"
      "Write {} questions that a listener could answer from the recording, each with its answer in one short "
      "sentence. "
      "The listener hears the speech and sees no text: never mention a transcript, a time stamp or a number "
      "from above. "
      "A question must not give its own answer away. Types:\n{}\n"
      "Reply with JSON only, in this form:\n"
      "{{\"questions\": [{{\"type\": \"CE\", \"question\": \"...?\", \"answer\": \"...\"}}]}}",
      heard, count, types);
  return {{"user", task}};
}

WrittenQuestions read_written(const Clip& clip, const Answer& reply, const LlmWriterOptions& options,
                              const std::string& model_identity) {
  return Reader(clip, options, model_identity).read(reply);
}

std::unique_ptr<QuestionGenerator> make_llm_writer(TextModel& model, LlmWriterOptions options) {
  return std::make_unique<LlmWriter>(model, std::move(options));
}

}  // namespace undertone
