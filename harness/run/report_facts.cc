#include "harness/run/report_facts.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>

#include "harness/run/stages.h"

namespace undertone {
namespace {

// What a set's units are, by its clips: an out-of-fold unit is held out of training as a test unit is.
std::string unit_word(const Corpus& corpus, std::string_view set) {
  bool pairs = false, clips = false;
  for (const Clip& clip : corpus.clips) {
    const bool of_set = set == "gap" ? clip.split == "train" || clip.split == "test"
                                     : clip.split == (set == "out_of_fold" ? "train" : set);
    if (!of_set) continue;
    pairs |= clip.unit.find('+') != std::string::npos;
    clips |= clip.unit.empty();
  }
  return clips ? "clip" : pairs ? "speaker or pair of speakers" : "speaker";
}

// A metric of the suite, the parts of a tag that it fills, and why it may have nothing to measure.
struct Listed {
  const char* metric;
  std::vector<std::string_view> ends;  // "uar": the last part of a tag begins so
  const char* without;
};
const std::vector<Listed>& listed_metrics() {
  static constexpr const char* labels = "no asked question has a gold label that answers are mapped to";
  static constexpr const char* judged = "no judge scored answers to questions that have gold labels";
  static constexpr const char* texts = "no asked question has a reference to compare with";
  static constexpr const char* speech = "no question of type ASR is asked";
  static const std::vector<Listed> all = {{"accuracy", {"accuracy"}, labels},
                                          {"unweighted_average_recall", {"uar"}, labels},
                                          {"f1", {"f1_macro", "f1_weighted"}, labels},
                                          {"f1_micro", {"f1_micro"}, labels},
                                          {"precision", {"precision_"}, labels},
                                          {"matthews", {"matthews"}, labels},
                                          {"cohen_kappa", {"kappa"}, labels},
                                          {"correlation", {"pearson", "spearman"}, judged},
                                          {"word_error_rate", {"wer"}, speech},
                                          {"character_error_rate", {"cer"}, speech},
                                          {"token_f1", {"token_f1"}, texts},
                                          {"rouge_l", {"rouge_l"}, texts},
                                          {"chrf", {"chrf"}, texts}};
  return all;
}

std::string_view last_part(std::string_view tag) { return tag.substr(tag.rfind('/') + 1); }

}  // namespace

std::string without_folders(const std::string& message) {
  static constexpr std::string_view before = " '\"(=[,:\n", after = " '\"),;:]\n";
  std::string out;
  for (std::size_t i = 0; i < message.size();) {
    const bool begins =
        message[i] == '/' && (i == 0 || before.find(message[i - 1]) != std::string_view::npos);
    const std::size_t end = begins ? std::min(message.find_first_of(after, i), message.size()) : i + 1;
    const std::size_t last =
        begins && end > i + 1 ? message.rfind('/', end - 2) : i;  // a folder may end in '/'
    out.append(message, last == i ? i : last + 1, last == i ? end - i : end - last - 1);
    i = end;
  }
  return out;
}

std::vector<Estimate> take_recogniser_estimates(Json& recogniser, const Corpus& corpus,
                                                const std::string& dataset) {
  std::vector<Estimate> out;
  Json rest = Json::object();
  for (const auto& [name, value] : recogniser.members()) {
    if (name != "estimates") {
      rest[name] = value;
      continue;
    }
    for (const Json& one : value.elements()) {
      Estimate e = estimate_from_json(one);
      e.unit_resampled = unit_word(corpus, last_part(e.tag));
      if (!dataset.empty()) e.tag.insert(e.tag.find('/') + 1, dataset + "/");
      out.push_back(std::move(e));
    }
  }
  recogniser = std::move(rest);
  return out;
}

bool finished(const StageOutcome* o) {
  return o && (o->state == StageOutcome::State::done || o->state == StageOutcome::State::found);
}

std::vector<ContrastSpec> contrasts_of(const SuiteSpec& spec) {
  std::vector<ContrastSpec> out = spec.claims;
  if (out.empty())
    for (std::size_t i = 1; i < spec.systems.size(); ++i) {
      const SystemSpec &first = spec.systems.front(), &other = spec.systems[i];
      ContrastSpec c;
      c.name = other.name + " against " + first.name;
      c.system = other.name;
      c.baseline = first.name;
      c.system_condition = other.test.front();
      c.baseline_condition = first.test.front();
      out.push_back(std::move(c));
    }
  return out;
}

void describe_training(ReportSystem& system, const SystemSpec& spec, const Pipeline& p) {
  system.seeds = Builder::seeds_of(spec, p.spec);
  if (spec.kind == "endpoint") {
    if (spec.seeds.empty()) system.seeds.clear();  // a server's one reply
    if (!system.summary.empty()) system.summary += "; ";
    system.summary += fmt::format("{} behind a server, given the {}", spec.model, spec.presentation);
    return;
  }
  if (spec.kind == "recorded") return;
  const bool text = spec.kind == "text";
  if (spec.kind == "majority" || (text && p.decoder)) {
    system.trains = "nothing";
    system.seeds.clear();  // no draw decides what it answers
    return;
  }
  system.trains = p.spec.recipes.at(text ? "text" : "adapter").trains;
  // make_item() in datasets/items.cc: where a text control is shown labels and none are named, gold ones.
  system.train_metadata = text && spec.train_metadata == "absent" ? "gold" : spec.train_metadata;
}

void count_ledger(ReportData& data, const Pipeline& p, const Execution& execution, const Store& store,
                  const DueVerdicts& due) {
  data.ledger_answers = 0;
  std::map<std::string, std::int64_t> asked;  // by dataset
  std::set<std::string> recorded;             // they bring what they have
  for (const SystemSpec& s : p.spec.systems)
    if (s.kind == "recorded") recorded.insert(s.name);
  for (const AnswerSet& set : p.answers) {
    if (!finished(execution.find(p.stages, set.stage))) continue;
    const std::int64_t n = store.count_answers(set.stage_key);
    data.ledger_answers += n;
    if (recorded.contains(set.system)) continue;
    if (!asked.contains(set.dataset)) {
      const auto corpus = p.corpora->get(needed(store, p.corpus_keys.at(set.dataset), "corpus").path);
      asked[set.dataset] = static_cast<std::int64_t>(p.asked(*corpus).size());
    }
    if (n != asked.at(set.dataset))
      data.notes.push_back(fmt::format("The ledger holds {} answers of '{}'; {} questions were asked.", n,
                                       set.stage, asked.at(set.dataset)));
  }
  data.ledger_verdicts = due.not_due + store.count_verdicts(due.keys);
}

std::vector<std::string> unmeasured_metrics(std::span<const std::string> listed,
                                            std::span<const Estimate> estimates) {
  std::vector<std::string> notes;
  for (const std::string& metric : listed) {
    const auto& all = listed_metrics();
    const auto known =
        std::find_if(all.begin(), all.end(), [&](const Listed& l) { return l.metric == metric; });
    if (known == all.end()) continue;  // metrics of judges say in their own rows what they lack
    bool measured = false;
    std::string reason;
    for (const Estimate& e : estimates) {
      if (e.tag.starts_with("recogniser/")) continue;
      const std::string_view last = last_part(e.tag);
      if (std::none_of(known->ends.begin(), known->ends.end(),
                       [&](std::string_view end) { return last.starts_with(end); }))
        continue;
      if (e.value) {
        measured = true;
        break;
      }
      if (reason.empty()) reason = e.reason;
    }
    if (!measured)
      notes.push_back(fmt::format("Metric '{}' of the suite has nothing to measure: {}.", metric,
                                  reason.empty() ? known->without : reason));
  }
  return notes;
}

std::string closed_set_note(std::span<const ReportItem> items) {
  const auto n = std::count_if(items.begin(), items.end(),
                               [](const ReportItem& item) { return item.question.closed_set; });
  if (n == 0) return "";
  return fmt::format(
      "{} of {} questions take their content from a closed set of sentences: hearing which of "
      "them was said is enough there.",
      n, items.size());
}

}  // namespace undertone
