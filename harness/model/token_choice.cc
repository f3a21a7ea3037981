#include "harness/model/token_choice.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace undertone {

std::int64_t TokenChoice::greedy(const float* logits) const {
  if (may_be_said_.empty()) return std::max_element(logits, logits + vocabulary_) - logits;
  std::int64_t best = preferred_;
  for (std::int64_t i = 0; i < vocabulary_; ++i)
    if (may_be_said_[static_cast<std::size_t>(i)] && logits[i] > logits[best]) best = i;
  return best;
}

std::int64_t TokenChoice::sampled(const float* logits, double temperature, Stream& stream) const {
  const double top = logits[greedy(logits)];
  std::vector<double> weights(static_cast<std::size_t>(vocabulary_), 0.0);
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (may_be_said_.empty() || may_be_said_[i]) weights[i] = std::exp((logits[i] - top) / temperature);
  return static_cast<std::int64_t>(stream.weighted(weights));
}

bool take_tokens(const at::Tensor& all_logits, std::span<ReplyRow> rows, const TokenChoice& choice,
                 const ReplyRules& rules, at::Tensor& next) {
  using End = ReplyRow::End;
  const at::Tensor logits = all_logits.contiguous();
  const std::int64_t n = logits.size(1);
  const float* from = logits.const_data_ptr<float>();
  next.fill_(rules.filler);
  bool running = false;
  for (std::size_t r = 0; r < rows.size(); ++r, from += n) {
    ReplyRow& row = rows[r];
    if (row.ended != End::none) continue;
    if (row.room < 1) {  // nothing was asked for
      row.ended = End::no_room;
      continue;
    }
    if (!std::all_of(from, from + n, [](float v) { return std::isfinite(v); })) {
      row.ended = End::not_finite;
      continue;
    }
    const auto token = static_cast<std::int32_t>(
        row.stream ? choice.sampled(from, rules.temperature, *row.stream) : choice.greedy(from));
    if (rules.ends(token)) {
      row.ended = End::said;
      continue;
    }
    row.tokens.push_back(token);
    if (rules.stops && rules.stops(row)) {
      row.ended = End::said;
    } else if (row.room <= static_cast<std::int64_t>(row.tokens.size())) {
      row.ended = End::no_room;
    } else {
      next.data_ptr<std::int64_t>()[r] = token;
      running = true;
    }
  }
  return running;
}

Answer answer_of(const ReplyRow& row, const char* not_finite) {
  using End = ReplyRow::End;
  Answer answer;
  answer.tokens = static_cast<int>(row.tokens.size());
  if (row.ended == End::said) {
    answer.status = AnswerStatus::answered;
    answer.finish_reason = "stop";
  } else if (row.ended == End::no_room) {
    answer.status = AnswerStatus::truncated;
    answer.finish_reason = "length";
  } else {
    answer.status = AnswerStatus::model_error;
    answer.finish_reason = not_finite;
    answer.detail = "logits are not finite after " + std::to_string(row.tokens.size()) + " tokens";
  }
  return answer;
}

}  // namespace undertone
