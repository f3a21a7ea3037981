// The label mapping against labels that were given by reading: 153 distinct answers of speech LLMs from
// AudioBench's logs, labelled twice, blind (golden/metrics/mapper_labels.json; both raters are models, no
// human has looked). The outcome stands in reports/results/mapper.json; UNDERTONE_REGENERATE=1 writes it
// anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "harness/core/files.h"
#include "harness/core/json.h"
#include "harness/text/label_mapping.h"
#include "metrics/agreement.h"
#include "metrics/classification.h"
#include "tests/support/test_data.h"

namespace undertone::metrics {
namespace {

constexpr const char* kResult = "reports/results/mapper.json";

struct Labelled {
  std::string file, attribute, answer, first, second, mapped, rule;
};

// "none" and "several" are outcomes of both sides: the mapping says them by its rule.
std::string outcome(const MappedLabel& mapped) {
  if (mapped.label) return *mapped.label;
  return mapped.rule.rfind("several", 0) == 0 ? "several" : "none";
}

std::vector<Labelled> read_labelled(const std::string& logs) {
  std::vector<Labelled> out;
  std::map<std::string, Json> files;
  const Json labels = read_json_file(test::source_path("tests/golden/metrics/mapper_labels.json"));
  for (const Json& row : labels.at("rows").elements()) {
    Labelled item;
    item.file = row.at("file").as_string();
    if (files.count(item.file) == 0) files.emplace(item.file, read_json_file(logs + "/" + item.file));
    const auto index = static_cast<std::size_t>(row.at("index").as_int());
    item.attribute = row.at("attribute").as_string();
    item.answer = files.at(item.file).at("details").elements().at(index).at("model_prediction").as_string();
    item.first = row.at("labels").elements().at(0).as_string();
    item.second = row.at("labels").elements().at(1).as_string();
    const MappedLabel mapped = map_label(item.attribute, item.answer);
    item.mapped = outcome(mapped);
    item.rule = mapped.rule;
    out.push_back(std::move(item));
  }
  return out;
}

// Cohen's kappa of two columns over all outcomes that occur.
Json kappa_of(const std::vector<Labelled>& items, std::string Labelled::*a, std::string Labelled::*b) {
  std::vector<std::string> classes;
  for (const Labelled& item : items) classes.insert(classes.end(), {item.*a, item.*b});
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  const auto code = [&](const std::string& label) {
    return static_cast<std::int32_t>(std::lower_bound(classes.begin(), classes.end(), label) -
                                     classes.begin());
  };
  std::vector<std::int32_t> x, y;
  for (const Labelled& item : items) x.push_back(code(item.*a)), y.push_back(code(item.*b));
  const Value kappa = classification_scores(confusion_of(x, y, classes.size())).kappa;
  return kappa.has_value() ? Json(kappa.value()) : Json(nullptr);
}

// Counts of agreement with the labels on which both raters agree.
Json tally(const std::vector<Labelled>& items) {
  std::int64_t n = 0, right = 0, mapped = 0, mapped_right = 0, labelled = 0, labelled_found = 0;
  for (const Labelled& item : items) {
    if (item.first != item.second) continue;
    ++n;
    const bool same = item.first == item.mapped;
    const bool has_label = item.first != "none" && item.first != "several";
    const bool gave_label = item.mapped != "none" && item.mapped != "several";
    right += same;
    mapped += gave_label;
    mapped_right += gave_label && same;
    labelled += has_label;
    labelled_found += has_label && same;
  }
  Json out = Json::object();
  out["answers"] = n;
  out["same_outcome"] = right;
  out["mapped"] = mapped;
  out["mapped_right"] = mapped_right;
  out["labelled_by_raters"] = labelled;
  out["of_these_found"] = labelled_found;
  return out;
}

template <class Key>
Json by(const std::vector<Labelled>& items, const Key& key) {
  std::map<std::string, std::vector<Labelled>> groups;
  for (const Labelled& item : items) groups[key(item)].push_back(item);
  Json out = Json::object();
  for (const auto& [name, members] : groups) out[name] = tally(members);
  return out;
}

Json evaluation(const std::vector<Labelled>& items) {
  Json out = Json::object();
  out["about"] =
      "The lexicon mapping of answers to labels against blind labels "
      "(tests/golden/metrics/mapper_labels.json): "
      "same_outcome of answers; a label where both raters give it (mapped_right of mapped: precision; "
      "of_these_found of labelled_by_raters: recall). Both raters are models of one family, so their kappa "
      "is an "
      "upper bound of what independent raters would reach.";
  out["rater_kind"] = "model";
  out["kappa_between_raters"] = kappa_of(items, &Labelled::first, &Labelled::second);
  out["kappa_mapping_against_first"] = kappa_of(items, &Labelled::first, &Labelled::mapped);
  out["all"] = tally(items);
  out["by_attribute"] = by(items, [](const Labelled& i) { return i.attribute; });
  out["by_model"] = by(items, [](const Labelled& i) { return i.file.substr(0, i.file.find('/')); });
  Json wrong = Json::array();
  for (const Labelled& item : items)
    if (item.first == item.second && item.first != item.mapped) {
      Json row = Json::object();
      row["attribute"] = item.attribute;
      row["raters"] = item.first;
      row["mapping"] = item.mapped;
      row["rule"] = item.rule;
      row["file"] = item.file;
      wrong.push_back(std::move(row));
    }
  out["differences"] = std::move(wrong);
  return out;
}

TEST(LabelMapping, AgainstBlindLabelsOfRealAnswers) {
  const auto data = test::real_data();
  UNDERTONE_NEED(data, test::skip_reason());
  const std::vector<Labelled> items = read_labelled(*data + "/audiobench_logs");
  ASSERT_GE(items.size(), 150u);
  const Json found = evaluation(items);
  if (std::getenv("UNDERTONE_REGENERATE"))
    write_file_atomically(test::source_path(kResult), found.dump(2) + "\n");
  EXPECT_EQ(found.dump(), read_json_file(test::source_path(kResult)).dump())
      << "the mapping's outcome has changed: look at the differences, then write the result anew";
}

}  // namespace
}  // namespace undertone::metrics
