// The page that goes out, and the key that stays.
#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "datasets/human_record.h"
#include "harness/core/files.h"
#include "harness/run/human.h"
#include "harness/run/rejudge.h"
#include "judges/prompt_rubric.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

// What each grade means, as the rubric tells its judges: its lines "N: MEANING". A rubric without them, or
// without one of the grades, has none.
std::vector<std::string> meanings_of(const std::string& name) {
  std::vector<Problem> problems;
  const PromptRubric rubric = shipped_rubric(name, problems);
  throw_problems(problems);
  std::string text;
  for (const PromptPiece& piece : rubric.prompt) text += piece.slot.empty() ? piece.text : "\x1f";
  std::vector<std::string> out;
  for (const int grade : rubric.ratings()) {
    const std::string mark = fmt::format("\n{}: ", grade);
    const auto at = text.find(mark);
    if (at == std::string::npos)
      return rubric.scale.kind == Scale::Kind::binary ? std::vector<std::string>{"wrong", "right"}
                                                      : std::vector<std::string>{};
    const auto begin = at + mark.size();
    out.push_back(text.substr(begin, text.find('\n', begin) - begin));
  }
  return out;
}

std::vector<std::string> guide_of(HumanTask task) {
  const std::string keys =
      "Everything works by keyboard: the keys stand on the buttons. Space plays the recording, the arrows go "
      "back "
      "and on, s saves. You may close the page and go on later in the same browser.";
  if (task == HumanTask::ratings)
    return {"Listen to the recording, read the question and the answer, and grade the answer.",
            "Grade what the answer says by what you hear, the words and the way they are said; the reference "
            "answer "
            "shows what was expected. A short answer is no worse for being short.",
            keys};
  if (task == HumanTask::pairs)
    return {
        "Listen to the recording, read the question and both answers, and say which answer is better.",
        "Choose the tie where neither is better. Which system gave which answer is hidden, and the sides are "
        "drawn by lot.",
        keys};
  return {
      "Listen to the recording, read the question and its reference answer, and answer four questions about "
      "them.",
      keys};
}

}  // namespace

HumanPage human_page(const HumanKey& key, const ReportInputs& in) {
  HumanPage page;
  page.export_id = key.id;
  page.task = to_string(key.task);
  page.title = key.task == HumanTask::ratings ? "Rate answers about speech"
               : key.task == HumanTask::pairs ? "Compare answers about speech"
                                              : "Check questions about speech";
  page.guide = guide_of(key.task);
  for (const HumanCriterion& c : key.criteria()) {
    HumanPageCriterion one{c.metric, c.ask, c.low, c.high, c.labels, {}};
    if (key.task == HumanTask::ratings) one.shown = meanings_of(key.rubric);
    // By side, for the sides are drawn by lot: the page turns them back to a and b.
    if (key.task == HumanTask::pairs) one.shown = {"the left one", "tie", "the right one"};
    page.criteria.push_back(std::move(one));
  }
  const auto items = items_by_question(in.data);
  for (const HumanKeyItem& item : key.items)
    page.items.push_back({item.id, item.text, item.reference, item.answers,
                          in.data.items[items.at(item.question)].audio_path});
  for (const auto& turns : key.raters) {
    auto& dealt = page.raters.emplace_back();
    for (const HumanTurn& t : turns) dealt.push_back({static_cast<std::size_t>(t.item), t.swapped});
  }
  return page;
}

ExitCode export_human_page(const std::string& run, const std::string& store_folder,
                           const HumanExportOptions& options, const std::string& out) {
  Store store = Store::open(store_folder, Store::Mode::read);
  const Installation here = find_installation();
  const StoredRun stored = open_recorded_run(run, here, store);
  const auto inputs = gather_inputs(*stored.pipeline, stored.execution, store);
  const HumanKey key = draw_human_items(*inputs, options);
  const std::string folder = human_folder(stored.folder);
  fs::create_directories(folder);
  const std::string path = out.empty() ? fmt::format("{}/{}.html", folder, key.id) : out;
  if (const auto parent = fs::path(path).parent_path(); !parent.empty()) fs::create_directories(parent);
  const HumanPage page = human_page(key, *inputs);
  // The key first: a page without one could never be read again.
  write_file_atomically(fmt::format("{}/{}.key.json", folder, key.id), to_json(key).dump(1) + "\n");
  write_file_atomically(path, human_page_html(page, here.report_assets()));
  std::size_t silent = 0;
  for (const HumanPageItem& item : page.items) silent += item.audio_path.empty();
  if (silent > 0)
    fmt::print(stderr, "undertone: {} of {} items have no recording: they are rated unheard\n", silent,
               page.items.size());
  if (key.identical > 0)
    fmt::print(stderr, "undertone: {} pairs have the same answer twice and were left out\n", key.identical);
  std::string dealt;
  for (const auto& turns : key.raters) dealt += fmt::format("{}{}", dealt.empty() ? "" : ", ", turns.size());
  fmt::print(
      "{}\nexport {}: {} of {} items, dealt to {} raters: {}\nkey: {}/{}.key.json (keep it from the "
      "raters)\n",
      path, key.id, key.items.size(), key.population, key.raters.size(), dealt, folder, key.id);
  return ExitCode::done;
}

}  // namespace undertone
