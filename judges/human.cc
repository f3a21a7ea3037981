#include "judges/human.h"

#include <fmt/format.h>

#include <map>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/rater.h"

namespace undertone {
namespace {

constexpr int kCodeVersion = 1;

using Asked = std::pair<std::string, std::string>;  // question, answer

class HumanJudge final : public Judge {
 public:
  HumanJudge(std::string_view text, const std::string& file, Scale given) {
    // Means of whole ratings lie between them.
    factor_ = given.kind == Scale::Kind::binary ? 100 : 1;
    scale_.kind = given.kind == Scale::Kind::binary         ? Scale::Kind::percent
                  : given.kind == Scale::Kind::discrete_0_5 ? Scale::Kind::continuous_0_5
                                                            : given.kind;
    for (const PersonRating& r : read_people(text, file, given))
      ratings_[{r.question(), r.answer()}][r.rater()] = r.rating() * factor_;
    identity_ = sha256_hex(
        Json::object(
            {{"judge", "human"}, {"code", kCodeVersion}, {"scale", given.name()}, {"file", sha256_hex(text)}})
            .canonical());
  }

  std::string identity() const override { return identity_; }
  Scale scale() const override { return scale_; }
  bool is_metric_judge() const override { return false; }
  std::vector<std::string> resources() const override { return {}; }
  std::string summary() const override { return "people"; }
  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    std::vector<Verdict> out;
    for (const JudgeItem& item : items) {
      const auto found = ratings_.find({item.question->id, item.answer});
      if (found == ratings_.end()) {
        out.push_back(NotJudged{"no person rated this answer"});
        continue;
      }
      double sum = 0;
      for (const auto& [rater, rating] : found->second) sum += rating;
      const auto n = static_cast<double>(found->second.size());
      out.push_back(Scored{sum / n, fmt::format("mean of {} people", found->second.size()), found->second});
    }
    return out;
  }

 private:
  Scale scale_;
  double factor_ = 1;
  std::map<Asked, std::map<std::string, double>> ratings_;  // by rater
  std::string identity_;
};

}  // namespace

std::vector<PersonRating> read_people(std::string_view text, const std::string& file, Scale scale) {
  const char* mend = "import the saved page again: 'undertone human import' writes this file";
  std::vector<PersonRating> out;
  std::map<std::pair<Asked, std::string>, bool> seen;
  for (const Json& row : parse_jsonl(text, file)) {
    const RaterKind kind = rater_kind_from(row.at("rater_kind").as_string());
    if (kind != RaterKind::human && kind != RaterKind::script)
      throw Error(ErrorKind::data, fmt::format("a rater of kind '{}' is no person", to_string(kind)),
                  row.place().str(), mend);
    PersonRating r;
    r.question_ = row.at("question").as_string();
    r.answer_ = row.at("answer").as_string();
    r.rater_ = row.at("rater").as_string();
    r.rating_ = row.at("rating").as_double();
    if (!scale.admits(r.rating_))
      throw Error(ErrorKind::data,
                  fmt::format("a rating of {} is not on the scale {}", r.rating_, scale.name()),
                  row.place().str(), mend);
    if (!seen.emplace(std::pair{Asked{r.question_, r.answer_}, r.rater_}, true).second)
      throw Error(ErrorKind::data, fmt::format("'{}' rates this answer twice", r.rater_), row.place().str(),
                  mend);
    if (kind == RaterKind::human) out.push_back(std::move(r));
  }
  if (out.empty())
    throw Error(ErrorKind::data, "no person's rating is in the file", file,
                "import a page that a person rated; a script's ratings are no evidence");
  return out;
}

void human_judge_fields(FieldReader& r) {
  std::string path, scale;
  r.field("path", path, "JSONL of people's ratings, as 'undertone human import' writes it").required();
  r.choice("scale", scale, {"discrete_0_5", "continuous_0_5", "binary", "percent"},
           "scale on which they were asked to rate")
      .required();
}

std::unique_ptr<Judge> make_human_judge(const Json& fields) {
  const std::string path = fields.at("path").as_string();
  const auto scale = scale_from_label(fields.at("scale").as_string());
  if (!scale)
    throw Error(ErrorKind::suite, fmt::format("unknown scale '{}'", fields.at("scale").as_string()),
                fields.at("scale").place().str(),
                "use one of: discrete_0_5, continuous_0_5, binary, percent");
  return std::make_unique<HumanJudge>(read_file(path), path, *scale);
}

}  // namespace undertone
