// Answers compared with their references as text: exact match, word and character error rates of
// transcriptions, and the similarities that a suite asks for.
#include <functional>
#include <limits>

#include "metrics/asr.h"
#include "metrics/evaluation_table.h"
#include "metrics/text_match.h"
#include "metrics/text_similarity.h"

namespace undertone::metrics {
namespace {

using Similarity = std::function<Value(const std::string& reference, const std::string& answer)>;

struct TextMetric {
  const char* tag;
  const char* asked_by;  // null: always there
  Similarity of;
};

const std::vector<TextMetric>& text_metrics() {
  static const std::vector<TextMetric> all = {
      {"exact_match", nullptr,
       [](const std::string& r, const std::string& a) -> Value { return exact_match(r, a) ? 1 : 0; }},
      {"token_f1", "token_f1", token_f1},
      {"rouge_l", "rouge_l", rouge_l},
      {"chrf", "chrf", chrf},
  };
  return all;
}

bool compared(const Question& q, const std::string& pool) {
  return pool_of(q) == pool && !q.reference.empty() && q.type != QuestionType::ASR;
}

// Per item of the group its similarity; nothing where there is nothing to compare.
std::vector<std::optional<double>> similarities(const Group& group, const std::string& pool,
                                                const Similarity& of) {
  std::vector<std::optional<double>> out(group.items.size());
  for (std::size_t i = 0; i < group.items.size(); ++i) {
    const Item& item = group.items[i];
    const Question& q = *item.row->question;
    if (compared(q, pool) && item.answered()) out[i] = of(q.reference, item.row->answer.text);
  }
  return out;
}

std::vector<Estimate> similarity_mean(const Table& table, const Group& group, const std::string& pool,
                                      const Slice& slice, const char* tag,
                                      const std::vector<std::optional<double>>& values) {
  Sample sample;
  for (std::size_t i = 0; i < group.items.size(); ++i) {
    const Item& item = group.items[i];
    const Question& q = *item.row->question;
    if (!compared(q, pool) || !slice.has(q)) continue;
    sample.asked(item, slice.stratum(q));
    if (values[i]) sample.scored(item, slice.stratum(q), *values[i]);
  }
  sample.finish(group);
  if (sample.asked_count == 0) return {};
  Estimate e = describe(table, sample, pool + "/" + slice.name() + "/" + tag, group.system, group.condition);
  e.unit = "1";
  if (const auto b = sample.bounds(0, 1)) e.worst = b->worst, e.best = b->best;
  return mean_estimates(table, sample, e, {0, 1}, false);
}

// Errors over reference tokens, summed over utterances: a ratio, so utterances weigh by their length.
std::vector<Estimate> error_rate_of(const Table& table, const Group& group, const std::string& pool,
                                    const char* tag, const char* name, decltype(align_words)* align) {
  Sample sample;
  for (const Item& item : group.items) {
    const Question& q = *item.row->question;
    if (pool_of(q) != pool || q.type != QuestionType::ASR) continue;
    const auto reference = normalised_words(q.reference);
    if (reference.empty()) continue;  // no words to get wrong: no rate
    sample.asked(item, 0);
    if (!item.answered()) continue;
    const AlignmentCounts counts = align(reference, normalised_words(item.row->answer.text));
    sample.scored(item, 0, static_cast<double>(counts.errors()),
                  static_cast<double>(counts.reference_tokens()));
  }
  sample.finish(group);
  if (sample.asked_count == 0) return {};
  Estimate e = describe(table, sample, pool + "/all/" + tag, group.system, group.condition);
  e.unit = "1";
  if (e.scored < e.asked)
    add_reason(e, std::string("no bounds for the missing: a ") + name + " has no upper end");
  return mean_estimates(table, sample, e, {0, std::numeric_limits<double>::infinity()}, false);
}

}  // namespace

void add_text_jobs(Jobs& jobs) {
  const Table& table = *jobs.table;
  for (const Group& group : table.groups)
    for (const std::string& pool : table.pools) {
      const auto slices = table.slices(pool);
      jobs.list.push_back([&table, &group, pool, slices] {
        std::vector<Estimate> out;
        auto add = [&](std::vector<Estimate> more) { out.insert(out.end(), more.begin(), more.end()); };
        for (const TextMetric& m : text_metrics()) {
          if (m.asked_by && !table.asks_for(m.asked_by)) continue;
          const auto values = similarities(group, pool, m.of);
          for (const Slice& slice : slices) add(similarity_mean(table, group, pool, slice, m.tag, values));
        }
        add(error_rate_of(table, group, pool, "wer", "word error rate", align_words));
        if (table.asks_for("character_error_rate"))
          add(error_rate_of(table, group, pool, "cer", "character error rate", align_characters));
        return out;
      });
    }
}

}  // namespace undertone::metrics
