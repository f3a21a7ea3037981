#include "harness/model/settings.h"

#include "harness/core/error.h"

namespace undertone {

void read_settings(const Json& json, const std::string& pointer,
                   const std::function<void(FieldReader&)>& read) {
  if (!json.is_object())
    throw Error(ErrorKind::suite, pointer + " is " + std::string(json.type_name()) + ", not an object",
                json.place().str(), "write it as {...}");
  std::vector<Problem> problems;
  FieldReader reader(json, pointer, problems);
  read(reader);
  reader.finish();
  if (problems.empty()) return;
  std::string all;
  for (const Problem& problem : problems) all += (all.empty() ? "" : "; ") + problem.str();
  throw Error(ErrorKind::suite, all, json.place().str(), "correct these settings");
}

}  // namespace undertone
