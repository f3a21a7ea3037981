// A text model that says what a test tells it to, and keeps what it was asked.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/core/text_model.h"

namespace undertone::test {

class ScriptedTextModel : public TextModel {
 public:
  std::function<Answer(const std::vector<Message>& prompt, const GenerateOptions&)> reply;
  std::function<double(const std::vector<Message>& prompt, const std::string& continuation)> log_probability;
  std::string name = "scripted";

  std::vector<std::vector<Message>> prompts;  // of generate and score, in order
  std::vector<GenerateOptions> options;
  std::vector<std::string> continuations;  // of the last score

  std::vector<Answer> generate(std::span<const std::vector<Message>> asked,
                               const GenerateOptions& how) override {
    std::vector<Answer> out;
    for (const auto& prompt : asked) {
      prompts.push_back(prompt);
      options.push_back(how);
      out.push_back(reply(prompt, how));
    }
    return out;
  }
  std::vector<double> score(const std::vector<Message>& prompt, std::span<const std::string> of) override {
    prompts.push_back(prompt);
    continuations.assign(of.begin(), of.end());
    std::vector<double> out;
    for (const std::string& c : of) out.push_back(log_probability(prompt, c));
    return out;
  }
  std::string identity() const override { return name; }
};

inline Answer said(const std::string& text) { return {AnswerStatus::answered, text, "stop", 1, ""}; }

}  // namespace undertone::test
