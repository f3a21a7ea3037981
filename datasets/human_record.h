// What people (or scripts) rated on pages of `undertone human export`: the saved files, read against the key
// that knows whose answers they were.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/human_key.h"
#include "datasets/import_ratings.h"

namespace undertone {

// One person's page, as saved. Values are grades, or places in the criterion's list of labels.
struct HumanSession {
  std::string rater;
  RaterKind kind = RaterKind::script;                       // human, or script: which the page itself noticed
  int number = 0;                                           // of HumanKey::raters, from 1
  std::map<std::string, std::map<std::string, int>> given;  // item id -> metric -> value
};

// The file holds JUDGE-BENCH's schema, and "undertone": {"format", "export", "rater": {"name", "number",
// "kind"}}. Throws Error{data} with file and place for one of another export, an item that the rater was not
// dealt, that stands twice, or whose texts are not the key's, a grade off the scale, a label that is none,
// more than one rating, and a rater who is neither human nor script.
HumanSession parse_human_session(std::string_view text, const std::string& file, const HumanKey& key);

struct HumanRecord {
  HumanKey key;
  std::vector<HumanSession> sessions;  // by number
};

// Folder of a run's keys and saved pages: RUN/human/EXPORT.key.json, RUN/human/EXPORT.rater-N.json.
std::string human_folder(const std::string& run_folder);
// Every export of a run that was rated, by id. Empty where there is none. Throws as the two readers do.
std::vector<HumanRecord> read_human_records(const std::string& run_folder);
HumanKey read_human_key(const std::string& run_folder,
                        const std::string& export_id);  // lists those there are

// The task `ratings` as a table whose items are the run's rows, as datasheets name them: an answer that
// several rows gave was rated once and stands for each. Raters are persons, and scripts.
RatingTable human_rating_table(const HumanRecord& record);
// The task `qa`: one table a criterion, items are questions, 1 yes and 0 no.
std::vector<RatingTable> human_qa_tables(const HumanRecord& record);

}  // namespace undertone
