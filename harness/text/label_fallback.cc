#include "harness/text/label_fallback.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "harness/core/error.h"
#include "harness/text/embedding.h"
#include "harness/text/lexicon.h"
#include "harness/text/phrases.h"

namespace undertone {
namespace {

std::string sentence_of(const std::string& form, const std::string& label) {
  const std::size_t at = form.find("{}");
  return form.substr(0, at) + label + form.substr(at + 2);
}

}  // namespace

std::vector<LabelSimilarity> label_similarities(std::string_view attribute,
                                                std::span<const std::string> texts, TextEncoder& encoder) {
  const lexicon::Lexicon* lexicon = lexicon::find(attribute);
  if (!lexicon)
    throw Error(ErrorKind::internal, "no lexicon for '" + std::string(attribute) + "'", "label mapping");
  const std::vector<std::string>& labels = lexicon->labels;
  std::vector<std::string> distinct;
  for (const std::string& label : labels) distinct.push_back(sentence_of(lexicon->sentence, label));
  std::unordered_map<std::string, std::size_t> place;
  for (const std::string& t : texts)
    if (!phrases::words_of(t).empty() && place.emplace(t, distinct.size()).second) distinct.push_back(t);
  std::vector<LabelSimilarity> out(texts.size());
  if (place.empty()) return out;
  const auto vectors = encoder.embed(distinct);
  if (vectors.size() != distinct.size())
    throw Error(
        ErrorKind::model,
        fmt::format("the text encoder gave {} embeddings for {} texts", vectors.size(), distinct.size()),
        "label mapping", "check the encoder");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto found = place.find(texts[i]);
    if (found == place.end()) continue;
    std::vector<std::pair<double, std::size_t>> near;
    for (std::size_t l = 0; l < labels.size(); ++l)
      near.emplace_back(-embedding_cosine(vectors[found->second], vectors[l], "label mapping"), l);
    std::sort(near.begin(), near.end());  // nearest first, earlier labels before equally near ones
    out[i] = {labels[near[0].second], labels[near[1].second], -near[0].first, near[1].first - near[0].first};
  }
  return out;
}

std::vector<MappedLabel> map_labels(std::string_view attribute, std::span<const std::string> texts,
                                    TextEncoder& encoder, const FallbackThresholds& thresholds) {
  std::vector<MappedLabel> out;
  std::vector<std::string> open;
  std::vector<std::size_t> where;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out.push_back(map_label(attribute, texts[i]));
    if (out[i].rule == "none" || out[i].rule.starts_with("ambiguous")) {
      open.push_back(texts[i]);
      where.push_back(i);
    }
  }
  if (open.empty()) return out;
  const std::vector<LabelSimilarity> near = label_similarities(attribute, open, encoder);
  for (std::size_t k = 0; k < open.size(); ++k) {
    const LabelSimilarity& s = near[k];
    if (s.nearest.empty() || s.cosine < thresholds.cosine || s.margin < thresholds.margin) continue;
    MappedLabel& m = out[where[k]];
    m.label = s.nearest;
    m.labels = {s.nearest};
    m.rule = fmt::format("embedding: {} (cosine {:.3f}, margin {:.3f})", s.nearest, s.cosine, s.margin);
    m.begin = 0;
    m.end = open[k].size();
  }
  return out;
}

FallbackThresholds calibrated_thresholds(std::span<const LabelSimilarity> similarities,
                                         std::span<const std::string> gold) {
  if (similarities.size() != gold.size())
    throw Error(ErrorKind::internal, "a gold label is needed for each answer", "calibrated_thresholds");
  struct One {
    double cosine, margin;
    int gain;
  };
  std::vector<One> all;
  std::vector<double> margins;
  for (std::size_t i = 0; i < gold.size(); ++i) {
    const LabelSimilarity& s = similarities[i];
    if (s.nearest.empty()) continue;
    all.push_back({s.cosine, s.margin, s.nearest == gold[i] ? 1 : -1});
    margins.push_back(s.margin);
  }
  std::sort(all.begin(), all.end(), [](const One& a, const One& b) { return a.cosine > b.cosine; });
  std::sort(margins.begin(), margins.end(), std::greater<>());
  margins.erase(std::unique(margins.begin(), margins.end()), margins.end());
  // Nothing may pass the strictest thresholds: no guess costs nothing.
  FallbackThresholds best{2, 2};
  long most = 0;
  for (double margin : margins) {
    long gain = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].margin >= margin) gain += all[i].gain;
      const bool last_of_its_cosine = i + 1 == all.size() || all[i + 1].cosine < all[i].cosine;
      if (last_of_its_cosine && gain > most) most = gain, best = {all[i].cosine, margin};
    }
  }
  return best;
}

}  // namespace undertone
