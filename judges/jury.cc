#include "judges/jury.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/core/error.h"
#include "harness/core/hash.h"

namespace undertone {
namespace {

constexpr int kCodeVersion = 1;
constexpr const char* kRules[] = {"mean", "median", "majority"};

double mean_of(const std::vector<double>& v) {
  double sum = 0;
  for (double x : v) sum += x;
  return sum / static_cast<double>(v.size());
}

double median_of(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  const std::size_t half = v.size() / 2;
  return v.size() % 2 ? v[half] : (v[half - 1] + v[half]) / 2;
}

std::optional<double> majority_of(const std::vector<double>& v) {
  std::map<double, std::size_t> votes;
  for (double x : v) ++votes[x];
  for (const auto& [rating, n] : votes)
    if (2 * n > v.size()) return rating;
  return std::nullopt;
}

double deviation_of(const std::vector<double>& v) {
  if (v.size() < 2) return 0;
  const double mean = mean_of(v);
  double sum = 0;
  for (double x : v) sum += (x - mean) * (x - mean);
  return std::sqrt(sum / static_cast<double>(v.size() - 1));
}

class Jury final : public Judge {
 public:
  using Members = std::vector<std::pair<std::string, std::unique_ptr<Judge>>>;
  Jury(Members members, JurySettings settings) : members_(std::move(members)), settings_(settings) {
    if (members_.size() < 2)
      throw Error(ErrorKind::suite, "a jury needs at least two members", "",
                  "name more members, or use the one itself");
    if (settings_.quorum > static_cast<int>(members_.size()))
      throw Error(
          ErrorKind::suite,
          fmt::format("the quorum of {} is larger than the jury of {}", settings_.quorum, members_.size()),
          "", "lower quorum, or leave it out: all members");
    const auto& [first_name, first] = members_.front();
    for (const auto& [name, member] : members_) {
      if (member->scale().kind != first->scale().kind)
        throw Error(ErrorKind::suite,
                    fmt::format("'{}' judges on {} but '{}' on {}", first_name, first->scale().name(), name,
                                member->scale().name()),
                    "", "give a jury members of one scale");
      if (member->sample())
        throw Error(ErrorKind::suite, fmt::format("the member '{}' of a jury reads a sample", name), "",
                    "leave out its items and conditions: a jury reads what it is asked");
    }
  }

  std::string identity() const override {
    Json members = Json::object();
    for (const auto& [name, member] : members_) members[name] = member->identity();
    return sha256_hex(Json::object({{"judge", "jury"},
                                    {"code", kCodeVersion},
                                    {"rule", kRules[static_cast<int>(settings_.rule)]},
                                    {"quorum", needed()},
                                    {"members", std::move(members)}})
                          .canonical());
  }
  Scale scale() const override {
    const Scale of_members = members_.front().second->scale();
    if (settings_.rule == JuryRule::majority) return of_members;
    if (of_members.kind == Scale::Kind::discrete_0_5) return {Scale::Kind::continuous_0_5};
    // A share of ones is no 0/1 rating.
    if (of_members.kind == Scale::Kind::binary) return {Scale::Kind::percent};
    return of_members;
  }
  bool is_metric_judge() const override {
    return std::all_of(members_.begin(), members_.end(),
                       [](const auto& m) { return m.second->is_metric_judge(); });
  }
  bool hears() const override {
    return std::any_of(members_.begin(), members_.end(), [](const auto& m) { return m.second->hears(); });
  }
  std::vector<std::string> resources() const override {
    std::set<std::string> all;
    for (const auto& [name, member] : members_)
      for (auto& r : member->resources()) all.insert(std::move(r));
    return {all.begin(), all.end()};
  }

  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    std::vector<std::vector<Verdict>> said;
    // judge_each: a member whose server is down, whose budget is used up or that is interrupted throws, so
    // that no verdict without it is kept.
    for (const auto& [name, member] : members_) {
      std::vector<Verdict>& of_member = said.emplace_back(items.size(), NotJudged{});
      member->judge_each(items, [&](std::span<const Judged> made) {
        for (const Judged& j : made) of_member.at(j.item) = j.verdict;
      });
    }
    std::vector<Verdict> out;
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::vector<const Verdict*> of_item;
      for (const auto& member : said) of_item.push_back(&member.at(i));
      out.push_back(combine(of_item));
    }
    return out;
  }

 private:
  int needed() const { return settings_.quorum > 0 ? settings_.quorum : static_cast<int>(members_.size()); }

  std::optional<double> rating_of(const std::vector<double>& ratings) const {
    const bool percent = members_.front().second->scale().kind == Scale::Kind::binary;
    switch (settings_.rule) {
      case JuryRule::mean:
        return mean_of(ratings) * (percent ? 100 : 1);
      case JuryRule::median:
        return median_of(ratings) * (percent ? 100 : 1);
      case JuryRule::majority:
        return majority_of(ratings);
    }
    return std::nullopt;
  }

  Verdict combine(const std::vector<const Verdict*>& said) const {
    std::vector<double> ratings;
    Scored out;
    Json kinds = Json::object();
    std::string told;
    for (std::size_t m = 0; m < said.size(); ++m) {
      const std::string& name = members_[m].first;
      kinds[name] = verdict_kind(*said[m]);
      const auto* scored = std::get_if<Scored>(said[m]);
      told += fmt::format("{}{}: {}", told.empty() ? "" : "; ", name,
                          scored ? fmt::format("{}", scored->value) : std::string(verdict_kind(*said[m])));
      if (!scored) continue;
      ratings.push_back(scored->value);
      out.parts[name] = scored->value;
    }
    const auto failed = [&](std::string why) -> Verdict {
      return ParseFailure{told, Json::object({{"why", Json(std::move(why))}, {"members", kinds}})};
    };
    if (static_cast<int>(ratings.size()) < needed() || ratings.empty())
      return failed(fmt::format("{} of {} members gave a rating, {} are needed", ratings.size(), said.size(),
                                needed()));
    const auto rating = rating_of(ratings);
    if (!rating) return failed("no rating has a majority");
    out.value = *rating;
    out.rationale = std::move(told);
    out.parts["disagreement"] = deviation_of(ratings);
    return out;
  }

  Members members_;
  JurySettings settings_;
};

JurySettings settings_of(const Json& fields) {
  JurySettings s;
  const std::string rule = fields.get("rule", "mean");
  for (int i = 0; i < 3; ++i)
    if (rule == kRules[i]) s.rule = static_cast<JuryRule>(i);
  s.quorum = static_cast<int>(fields.get("quorum", 0));
  return s;
}

}  // namespace

void jury_fields(FieldReader& r, const std::function<JudgeRegistry()>& registry) {
  Json members = Json::object();
  std::string rule = "mean";
  int quorum = 0;
  r.any("members", members, "the judges by name, each {\"kind\": KIND, ...} as among judges").required();
  r.choice("rule", rule, {"mean", "median", "majority"}, "how their ratings become one");
  r.field("quorum", quorum, "members that must give a rating; 0: all", 0, 1000);
  if (r.describing() || !r.present("members")) return;
  if (!members.is_object()) return r.problem("members", "must be an object of judges by name");
  const JudgeRegistry kinds = registry();
  for (const auto& [name, member] : members.members()) {
    const std::string kind = member.is_object() ? member.get("kind", "") : "";
    if (name == "disagreement") r.problem("members", "no member may be called 'disagreement'");
    if (!kinds.has(kind) || kind == "jury") {
      r.problem("members", fmt::format("the member '{}' has no kind of judge{}", name,
                                       kind == "jury" ? " but a jury, which is none of a jury" : ""));
      continue;
    }
    std::vector<Problem> problems;
    Json fields = member;
    fields.erase("kind");
    FieldReader reader(fields, pointer_join(r.pointer(), "members/" + name), problems);
    kinds.at(kind).fields(reader);
    reader.finish();
    for (const Problem& p : problems)
      r.problem("members", fmt::format("{}: {}", name, p.what), p.nearest, p.missing);
  }
}

std::unique_ptr<Judge> make_jury(std::vector<std::pair<std::string, std::unique_ptr<Judge>>> members,
                                 const JurySettings& settings) {
  return std::make_unique<Jury>(std::move(members), settings);
}

std::unique_ptr<Judge> make_jury_judge(const Json& fields, JudgeContext& context,
                                       const std::function<JudgeRegistry()>& registry) {
  const JudgeRegistry kinds = registry();
  std::vector<std::pair<std::string, std::unique_ptr<Judge>>> members;
  for (const auto& [name, member] : fields.at("members").members()) {
    Json own = member;
    own.erase("kind");
    members.emplace_back(name, kinds.at(member.get("kind", "")).make(own, context));
  }
  return make_jury(std::move(members), settings_of(fields));
}

}  // namespace undertone
