// Verdicts that neither run gave but that can be known: one run's judge on the other's answers, one run's
// replies read by the other's parser, one run's model with the other's rubric.
#include <fmt/format.h>

#include <map>

#include "harness/core/error.h"
#include "harness/run/compare.h"
#include "harness/run/encoder_proxy.h"
#include "judges/endpoint.h"
#include "metrics/evaluation_table.h"

namespace undertone {
namespace {

constexpr int kSides = 2;

// What was judged, whoever judges.
struct Asked {
  const Question* question;
  const Clip* clip;
  const std::string* answer;
  std::string key() const { return verdict_key("", *question, clip, *answer); }
};

// One side's judge.
struct SideJudge {
  std::string identity;  // as recorded
  std::string kind;      // "" where no manifest tells
  Json fields = Json::object();
  std::string now;  // identity that this program gives the same settings; "" where it cannot
  std::unique_ptr<Judge>
      judge;  // where its verdicts can be computed here: no model, and still the same judge
  std::optional<PromptRubric> rubric;              // of a judge whose replies are kept
  std::map<std::string, const TapeVerdict*> said;  // by what was asked; replicate 0
};

struct Known {
  Verdict verdict;
  Json about;
};

Json fields_with_rubric(Json fields, const Json& of) {
  for (const char* key : {"rubric", "rubric_path"}) {
    fields.erase(key);
    if (const Json* value = of.find(key)) fields[key] = *value;
  }
  return fields;
}

std::string identity_now(const std::string& kind, const Json& fields, JudgeContext& context) {
  try {
    return builtin_judges().at(kind).make(fields, context)->identity();
  } catch (const Error&) {
    return "";  // a rubric, file or model of it is not here
  }
}

// Whether a verdict is a reply that was read, and so can be read again.
bool keeps_replies(const SideJudge& j) {
  return (j.kind == "endpoint" && j.fields.get("value", "reply") == "reply") ||
         (j.kind == "local" && j.fields.get("mode", "score") == "generate" &&
          j.fields.get("replicates", 1) == 1);
}

SideJudge side_judge(const RunSide& side, const std::string& name, JudgeContext& context) {
  SideJudge out;
  for (const TapeVerdict& v : side.tape.verdicts) {
    if (v.judge != name || v.replicate != 0) continue;
    out.identity = v.identity;
  }
  const auto items = items_by_question(side.tape.inputs->data);
  for (const TapeVerdict& v : side.tape.verdicts) {
    if (v.judge != name || v.replicate != 0) continue;
    const ReportItem& item = side.tape.inputs->data.items[items.at(v.question)];
    out.said.emplace(verdict_key("", item.question, clip_of(item), v.answer), &v);
  }
  if (!side.manifest.is_object()) return out;
  const Json* judges = side.manifest.at("resolved_suite").find("judges");
  const Json* spec = judges ? judges->find(name) : nullptr;
  if (!spec) return out;
  out.kind = spec->get("kind", "");
  out.fields = *spec;
  out.fields.erase("kind");
  out.now = identity_now(out.kind, out.fields, context);
  if (out.now.empty()) return out;
  auto judge = builtin_judges().at(out.kind).make(out.fields, context);
  if (keeps_replies(out))
    out.rubric = chosen_rubric(
        RubricChoice{out.fields.get("rubric", RubricChoice{}.rubric), out.fields.get("rubric_path", "")});
  if (out.now == out.identity && (judge->is_metric_judge() || out.kind == "replay"))
    out.judge = std::move(judge);
  return out;
}

// The reply of a verdict that is one; nothing where none was asked for or it did not come to its end.
const std::string* reply_of(const Verdict& verdict) {
  const auto asked = [](const Json& extra) { return extra.is_object() && extra.find("nonce"); };
  if (const auto* v = std::get_if<Scored>(&verdict)) return asked(v->extra) ? &v->rationale : nullptr;
  if (const auto* v = std::get_if<ParseFailure>(&verdict)) return asked(v->extra) ? &v->raw : nullptr;
  return nullptr;
}

Verdict read_again(const Known& known, const PromptRubric& rubric) {
  const std::string* reply = reply_of(known.verdict);
  if (!reply) return known.verdict;
  const std::string form = known.about.is_object() ? known.about.get("response_format", "plain") : "plain";
  ChatDone done;
  done.outcome = ChatReply{*reply};
  return endpoint_verdict(done, form == "plain" ? ResponseFormat::plain : ResponseFormat::json_object,
                          rubric);
}

std::optional<double> score_in(const Verdict& verdict) {
  const auto* scored = std::get_if<Scored>(&verdict);
  return scored ? std::optional(scored->value) : std::nullopt;
}

bool same_prompt(const PromptRubric& a, const PromptRubric& b) {
  const auto text = [](const PromptRubric& r) {
    std::string out;
    for (const auto* pieces : {&r.system, &r.prompt})
      for (const PromptPiece& p : *pieces) out += fmt::format("{}\x1f{}\x1e", p.text, p.slot);
    return out;
  };
  return text(a) == text(b) && a.caps == b.caps;
}

// A judge of one name on both sides, and which of its parts differ.
struct BothJudges {
  SideJudge side[kSides];
  bool judge = false, rubric = false, parser = false;
  bool parser_here[kSides] = {false, false};  // whether this program reads as that side's did
  Json mixed_fields[kSides];                  // [side of the model]: with the other side's rubric
  std::string mixed[kSides];                  // their identities
};

bool reads_as_recorded(const SideJudge& j) {
  for (const auto& [key, v] : j.said)
    if (score_in(read_again({v->outcome, v->about}, *j.rubric)) != score_in(v->outcome)) return false;
  return true;
}

bool verdicts_moved(const SideJudge& a, const SideJudge& b) {
  for (const auto& [key, v] : a.said)
    if (const auto at = b.said.find(key);
        at != b.said.end() && score_in(v->outcome) != score_in(at->second->outcome))
      return true;
  return false;
}

BothJudges both_judges(const RunSide& first, const RunSide& second, const std::string& name,
                       JudgeContext& context) {
  BothJudges out;
  out.side[0] = side_judge(first, name, context);
  out.side[1] = side_judge(second, name, context);
  const SideJudge &a = out.side[0], &b = out.side[1];
  if (a.identity == b.identity) {
    out.judge = verdicts_moved(a, b);
    return out;
  }
  if (a.rubric && b.rubric && a.kind == b.kind) {
    for (int s = 0; s < kSides; ++s) {
      out.parser_here[s] = reads_as_recorded(out.side[s]);
      out.mixed_fields[s] = fields_with_rubric(out.side[s].fields, out.side[1 - s].fields);
      out.mixed[s] = identity_now(a.kind, out.mixed_fields[s], context);
    }
    out.judge = out.mixed[0] != b.now;
    out.rubric = !same_prompt(*a.rubric, *b.rubric);
    const bool other_grammar =
        a.rubric->label != b.rubric->label || a.rubric->scale.kind != b.rubric->scale.kind;
    out.parser = out.parser_here[1] && (other_grammar || !out.parser_here[0]);
  }
  if (!out.judge && !out.rubric && !out.parser) out.judge = true;  // its code, or what no manifest tells
  return out;
}

}  // namespace

struct VerdictSwaps::State {
  const RunSide* runs[kSides];
  const Store* store;
  Installation installation;
  JudgeContext context;
  std::map<std::string, BothJudges> judges;

  const BothJudges& of(const std::string& name) {
    const auto [at, fresh] = judges.try_emplace(name);
    if (fresh) at->second = both_judges(*runs[0], *runs[1], name, context);
    return at->second;
  }

  std::optional<Known> in_store(const std::string& identity, const Asked& asked) const {
    if (!store || identity.empty()) return std::nullopt;
    const auto row = store->verdict(verdict_key(identity, *asked.question, asked.clip, *asked.answer));
    if (!row) return std::nullopt;
    return Known{row->verdict, row->about};
  }

  // What one side's judge says.
  std::optional<Known> own(const BothJudges& j, int s, const Asked& asked) const {
    const SideJudge& side = j.side[s];
    if (const auto found = side.said.find(asked.key()); found != side.said.end())
      return Known{found->second->outcome, found->second->about};
    // Under one identity the store may hold what either run was told.
    if (j.side[0].identity != j.side[1].identity || !j.judge)
      if (auto known = in_store(side.identity, asked)) return known;
    if (!side.judge) return std::nullopt;
    try {
      const JudgeItem item{asked.question, asked.clip, *asked.answer};
      Verdict verdict = side.judge->judge({&item, 1}).at(0);
      if (side.kind == "replay" && std::holds_alternative<NotJudged>(verdict)) return std::nullopt;
      return Known{std::move(verdict), Json::object()};
    } catch (const Error&) {
      return std::nullopt;  // it needs an encoder after all
    }
  }

  // `judge`, `rubric`, `parser`: the side that each part is of.
  SwappedVerdict verdict(const BothJudges& j, int judge, int rubric, int parser, const Asked& asked) const {
    std::optional<Known> known;
    int reads = judge;  // whose parser read it
    if (j.judge && j.rubric && judge != rubric) {
      known = in_store(j.mixed[judge], asked);
      reads = -1;
    } else if (j.judge || j.rubric) {
      reads = j.judge ? judge : rubric;
      known = own(j, reads, asked);
    } else {
      // One model and prompt on both sides: either's reply will do, the wanted parser's own first.
      for (const int s : {parser, 1 - parser})
        if (!known && (known = own(j, s, asked))) reads = s;
    }
    if (!known) return {};
    if (!j.parser || reads == parser) return {true, score_in(known->verdict)};
    if (!j.parser_here[parser]) return {};
    return {true, score_in(read_again(*known, *j.side[parser].rubric))};
  }
};

VerdictSwaps::VerdictSwaps(const RunSide& first, const RunSide& second, const Installation& installation,
                           const Store* store)
    : state_(std::make_unique<State>()) {
  state_->runs[0] = &first;
  state_->runs[1] = &second;
  state_->store = store;
  state_->installation = installation;
  state_->context = identity_context(state_->installation);
}
VerdictSwaps::~VerdictSwaps() = default;

SwappedVerdict VerdictSwaps::second_judge(const std::string& judge, const EvaluationRow& first) {
  if (first.answer.status != AnswerStatus::answered) return {true, std::nullopt};
  return state_->verdict(state_->of(judge), 1, 1, 1, {first.question, first.clip, &first.answer.text});
}

Swaps VerdictSwaps::swaps(const PairedRows& rows, const std::string& judge, const std::string& pool) {
  const BothJudges& both = state_->of(judge);
  std::vector<const PairedRows::One*> items;
  bool questions = false, answers = false;
  for (const auto& one : rows.rows) {
    const Question& q = *one.second->question;
    if (metrics::pool_of(q) != pool || q.type == QuestionType::ASR) continue;
    items.push_back(&one);
    questions |= !one.same_question;
    answers |= one.first->answer.text != one.second->answer.text ||
               one.first->answer.status != one.second->answer.status;
  }
  Swaps out;
  // Bit of each stage, or none where it is the same in both.
  int bit[5] = {-1, -1, -1, -1, -1};
  const bool differs[5] = {questions, answers, both.judge, both.rubric, both.parser};
  constexpr const char* names[5] = {"items", "answers", "judge", "rubric", "parser"};
  for (int k = 0; k < 5; ++k)
    if (differs[k]) {
      bit[k] = static_cast<int>(out.stages.size());
      out.stages.push_back(names[k]);
    }
  const auto side = [&](int k, std::uint32_t coalition, int otherwise) {
    return bit[k] < 0 ? otherwise : static_cast<int>(coalition >> bit[k] & 1);
  };
  for (const PairedRows::One* one : items) {
    const EvaluationRow* rows_of[kSides] = {one->first, one->second};
    std::vector<SwappedVerdict>& of_item = out.items.emplace_back();
    out.seed.push_back(one->seed);
    const std::uint32_t all = (1u << out.stages.size()) - 1;
    for (std::uint32_t c = 0; c <= all; ++c) {
      if (c == 0 || c == all) {  // the runs' own, whatever is stored besides
        of_item.push_back({true, score_of(*rows_of[c == 0 ? 0 : 1], judge)});
        continue;
      }
      const EvaluationRow &q = *rows_of[side(0, c, 1)], &a = *rows_of[side(1, c, 1)];
      if (a.answer.status != AnswerStatus::answered)
        of_item.push_back({true, std::nullopt});
      else
        of_item.push_back(state_->verdict(both, side(2, c, 1), side(3, c, side(2, c, 1)),
                                          side(4, c, side(2, c, 1)), {q.question, q.clip, &a.answer.text}));
    }
  }
  return out;
}

}  // namespace undertone
