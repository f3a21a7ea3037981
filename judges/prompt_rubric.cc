#include "judges/prompt_rubric.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "judges/rubric_text.h"

namespace undertone {
namespace {

constexpr std::size_t kUsualCap = 2000, kMostCap = 100000;
constexpr std::size_t kNonceDigits = 16;

class Template {
 public:
  Template(std::vector<Problem>& problems, const std::vector<std::string>& declared)
      : problems_(problems), declared_(declared) {}

  // Lines are joined by line breaks; "{{" and "}}" are braces.
  std::vector<PromptPiece> read(const Json& rubric, const char* key) {
    const Json* lines = rubric.find(key);
    std::vector<PromptPiece> pieces;
    if (!lines || !lines->is_array()) return pieces;  // said by the field reader
    std::string text;
    for (std::size_t i = 0; i < lines->size(); ++i) {
      const Json& line = lines->elements()[i];
      if (!line.is_string()) continue;
      if (i > 0) text += '\n';
      read_line(line, fmt::format("/{}/{}", key, i), text, pieces);
    }
    if (!text.empty()) pieces.push_back({text, ""});
    return pieces;
  }
  const std::set<std::string>& used() const { return used_; }

 private:
  void read_line(const Json& line, const std::string& pointer, std::string& text,
                 std::vector<PromptPiece>& pieces) {
    const std::string& s = line.as_string();
    const auto problem = [&](std::string what, std::string nearest = {}) {
      problems_.push_back({line.place(), pointer, std::move(what), std::move(nearest)});
    };
    for (std::size_t i = 0; i < s.size(); ++i) {
      if (s[i] != '{' && s[i] != '}') {
        text += s[i];
        continue;
      }
      if (i + 1 < s.size() && s[i + 1] == s[i]) {
        text += s[i++];
        continue;
      }
      const std::size_t end = s.find_first_of("{}", i + 1);
      if (s[i] == '}' || end == std::string::npos || s[end] == '{')
        return problem("a brace that begins or ends no slot; write {{ or }} for a brace");
      const std::string slot = s.substr(i + 1, end - i - 1);
      i = end;
      const auto has = [&](const std::vector<std::string>& all) {
        return std::find(all.begin(), all.end(), slot) != all.end();
      };
      if (!has(rubric_slots()))
        problem(fmt::format("unknown slot {{{}}}", slot), nearest_of(slot, rubric_slots()));
      else if (!has(declared_))
        problem(fmt::format("the slot {{{}}} is not among the rubric's \"slots\"", slot));
      used_.insert(slot);
      if (!text.empty()) pieces.push_back({std::move(text), ""});
      text.clear();
      pieces.push_back({"", slot});
    }
  }
  std::vector<Problem>& problems_;
  const std::vector<std::string>& declared_;
  std::set<std::string> used_;
};

// Whoever writes an answer cannot know the nonce, so cannot end the fence that it stands in.
bool fenced(const std::vector<PromptPiece>& prompt) {
  const auto is = [](const char* slot) { return [slot](const PromptPiece& p) { return p.slot == slot; }; };
  const auto answer = std::find_if(prompt.begin(), prompt.end(), is("answer"));
  return answer != prompt.end() && std::none_of(answer + 1, prompt.end(), is("answer")) &&
         std::any_of(prompt.begin(), answer, is("nonce")) && std::any_of(answer, prompt.end(), is("nonce"));
}

std::string cut_to(const std::string& text, std::size_t cap) {
  if (text.size() <= cap) return text;
  std::size_t end = cap;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

// Slots that every item fills alike: the ends of the scale.
bool fixed(const std::string& slot) { return slot.empty() || slot == "low" || slot == "high"; }

Message fill(std::string role, const std::vector<PromptPiece>& pieces,
             const std::map<std::string, std::string>& values) {
  Message out{std::move(role), ""};
  bool shared = true;
  for (const PromptPiece& p : pieces) {
    if (p.slot.empty()) {
      out.content += p.text;
    } else {
      const auto value = values.find(p.slot);
      if (value == values.end())
        throw Error(ErrorKind::internal, "nothing fills the rubric's slot {" + p.slot + "}");
      shared = shared && fixed(p.slot);
      out.content += value->second;
    }
    if (shared) out.shared = out.content.size();
  }
  return out;
}

bool is_label(const std::string& label) {
  return !label.empty() && label.size() <= 40 && std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

const std::vector<std::string>& rubric_slots() {
  static const std::vector<std::string> slots = {"question", "reference", "answer", "nonce",
                                                 "context",  "low",       "high"};
  return slots;
}

std::vector<int> PromptRubric::ratings() const {
  std::vector<int> all;
  for (int r = static_cast<int>(scale.low()); r <= static_cast<int>(scale.high()); ++r) all.push_back(r);
  return all;
}

bool PromptRubric::uses(std::string_view slot) const {
  const auto fills = [&](const PromptPiece& p) { return p.slot == slot; };
  return std::any_of(prompt.begin(), prompt.end(), fills) || std::any_of(system.begin(), system.end(), fills);
}

std::size_t PromptRubric::shared_bytes() const {
  std::size_t bytes = 0;
  for (const auto* pieces : {&system, &prompt})
    for (const PromptPiece& p : *pieces) {
      if (!fixed(p.slot)) return bytes;
      bytes += p.slot.empty() ? p.text.size() : 1;
    }
  return bytes;
}

PromptRubric read_prompt_rubric(const Json& json, std::vector<Problem>& problems) {
  const std::size_t before = problems.size();
  PromptRubric rubric;
  std::string scale = "discrete_0_5";
  std::vector<std::string> slots, system, prompt;
  rubric.label = "Rating";
  FieldReader r(json, "", problems);
  r.field("name", rubric.name, "the rubric's name").required();
  r.field("version", rubric.version, "raised with every change", 1, 1000000).required();
  r.choice("scale", scale, {"discrete_0_5", "binary"}, "what ratings there are").required();
  r.field("label", rubric.label, "the word before the rating in a reply");
  r.field("hears", rubric.hears, "the prompt speaks of the recording: the judge has to get its audio too");
  r.choices("slots", slots, rubric_slots(), "the slots that system and prompt use").required();
  r.field("system", system, "lines of the system message");
  r.field("prompt", prompt, "lines of the user's message").required();
  r.object(
      "caps",
      [&](FieldReader& f) {
        for (const char* slot : {"question", "reference", "answer", "context"}) {
          int cap = static_cast<int>(kUsualCap);
          f.field(slot, cap, "longest text, in bytes", 1, static_cast<int>(kMostCap));
          rubric.caps[slot] = static_cast<std::size_t>(cap);
        }
      },
      "longest text that fills a slot");
  r.finish();
  if (!json.is_object()) return rubric;
  for (const char* slot : {"question", "reference", "answer", "context"})
    rubric.caps.try_emplace(slot, kUsualCap);
  rubric.scale.kind = scale == "binary" ? Scale::Kind::binary : Scale::Kind::discrete_0_5;
  if (!is_label(rubric.label)) r.problem("label", "must be one word of ASCII letters");

  Template reader(problems, slots);
  rubric.system = reader.read(json, "system");
  rubric.prompt = reader.read(json, "prompt");
  if (problems.size() == before) {
    for (const std::string& slot : slots)
      if (!reader.used().contains(slot))
        r.problem("slots", fmt::format("the slot \"{}\" is declared but nothing uses it", slot));
    const bool in_system = std::any_of(rubric.system.begin(), rubric.system.end(),
                                       [](const PromptPiece& p) { return p.slot == "answer"; });
    if (in_system || !fenced(rubric.prompt))
      r.problem("prompt", "the answer must stand once, in the prompt, with {nonce} before and after it");
  }
  if (problems.size() == before) rubric.digest = sha256_hex(json.canonical());
  return rubric;
}

std::vector<std::string> shipped_rubrics() {
  std::vector<std::string> names;
  // NAME.VARIANT is what probes ask with.
  for (const ShippedRubric& r : shipped_rubric_texts())
    if (r.name.find('.') == std::string_view::npos) names.emplace_back(r.name);
  return names;
}

PromptRubric shipped_rubric(std::string_view name, std::vector<Problem>& problems) {
  for (const ShippedRubric& r : shipped_rubric_texts())
    if (r.name == name)
      return read_prompt_rubric(
          parse_json(r.text, fmt::format("judges/rubrics/{}.json", name), {.comments = true}), problems);
  std::string known;
  for (const std::string& n : shipped_rubrics()) known += (known.empty() ? "" : ", ") + n;
  problems.push_back({{},
                      "",
                      fmt::format("there is no rubric \"{}\"; shipped: {}", name, known),
                      nearest_of(name, shipped_rubrics())});
  return {};
}

PromptRubric load_prompt_rubric(const std::string& path, std::vector<Problem>& problems) {
  try {
    return read_prompt_rubric(read_json_file(path, {.comments = true}), problems);
  } catch (const Error& e) {
    problems.push_back({{e.place(), 0, 0}, "", e.what_happened(), ""});
    return {};
  }
}

void throw_problems(const std::vector<Problem>& problems) {
  if (problems.empty()) return;
  throw Error(ErrorKind::suite, problems[0].what, problems[0].place.str(),
              "mend the rubric; 'undertone validate SUITE' lists every problem");
}

RenderedRubric render_rubric(const PromptRubric& rubric, const std::string& seed, const std::string& item,
                             const std::map<std::string, std::string>& values) {
  RenderedRubric out;
  std::map<std::string, std::string> filled;
  for (const auto& [slot, text] : values) {
    const auto cap = rubric.caps.find(slot);
    filled[slot] = cap == rubric.caps.end() ? text : cut_to(text, cap->second);
    if (filled[slot].size() < text.size() && rubric.uses(slot))
      out.cuts.push_back({slot, text.size(), filled[slot].size()});
  }
  for (int attempt = 0;; ++attempt) {
    out.nonce = sha256_hex(fmt::format("{}\x1f{}\x1f{}", seed, item, attempt)).substr(0, kNonceDigits);
    if (std::none_of(filled.begin(), filled.end(),
                     [&](const auto& v) { return v.second.find(out.nonce) != std::string::npos; }))
      break;
  }
  filled["nonce"] = out.nonce;
  filled["low"] = fmt::format("{}", static_cast<int>(rubric.scale.low()));
  filled["high"] = fmt::format("{}", static_cast<int>(rubric.scale.high()));
  if (!rubric.system.empty()) out.messages.push_back(fill("system", rubric.system, filled));
  const bool whole = out.messages.empty() || out.messages[0].shared == out.messages[0].content.size();
  out.messages.push_back(fill("user", rubric.prompt, filled));
  if (!whole) out.messages.back().shared = 0;
  return out;
}

std::string speech_context(const Clip* clip) {
  std::string out;
  if (clip)
    for (const Segment& s : clip->segments) {
      std::string how = s.gender;
      if (s.emotion) how += (how.empty() ? "" : ", ") + s.emotion->category;
      out += fmt::format("{}[{:.1f} s to {:.1f} s] {}: {}", out.empty() ? "" : "\n", s.start_seconds,
                         s.end_seconds, how.empty() ? "not annotated" : how, s.transcript);
    }
  return out.empty() ? "(not given)" : out;
}

}  // namespace undertone
