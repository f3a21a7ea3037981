#include "reports/page_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "reports/lookup.h"
#include "reports/page_audio.h"
#include "reports/table.h"

namespace undertone {
namespace {

// Gives each distinct text a number; 0 is the empty text.
class Dictionary {
 public:
  Dictionary() { number(""); }
  std::int64_t number(const std::string& text) {
    const auto [it, fresh] = numbers_.emplace(text, static_cast<std::int64_t>(texts_.size()));
    if (fresh) texts_.push_back(Json(text));
    return it->second;
  }
  Json take() { return Json(std::move(texts_)); }

 private:
  std::unordered_map<std::string, std::int64_t> numbers_;
  Json::Array texts_;
};

// Pages show two decimals; four keep them small without changing what is read.
Json rounded(double v) { return Json(std::round(v * 1e4) / 1e4); }

Json number_or_null(const std::optional<double>& v) { return v ? rounded(*v) : Json(); }

std::string verdict_text(const Verdict& verdict) {
  struct Text {
    std::string operator()(const Scored& s) const {
      std::string out;
      for (const auto& [name, value] : s.parts) out += fmt::format("{} {:.2f}; ", name, value);
      return out + s.rationale;
    }
    std::string operator()(const ParseFailure& f) const { return f.raw; }
    std::string operator()(const Refused& f) const { return f.raw; }
    std::string operator()(const TruncatedReply& f) const { return f.raw; }
    std::string operator()(const TransportError& f) const {
      return fmt::format("status {} after {} attempts: {}", f.status, f.attempts, f.detail);
    }
    std::string operator()(const NotJudged& f) const { return f.reason; }
  };
  return std::visit(Text{}, verdict);
}

std::vector<std::string> judges_of(const ReportData& data) {
  std::set<std::string> names;
  for (const auto& [name, words] : data.judges) names.insert(name);
  for (const ReportItem& item : data.items)
    for (const ReportAnswer& a : item.answers)
      for (const auto& [name, verdict] : a.verdicts) names.insert(name);
  std::vector<std::string> list(names.begin(), names.end());
  std::stable_sort(list.begin(), list.end(), [&](const auto& a, const auto& b) {
    return (a == data.primary_judge) > (b == data.primary_judge);
  });
  return list;
}

Json dot_of(const Estimate& e) {
  Json dot = Json::object();
  dot["system"] = e.system;
  dot["condition"] = e.test_condition;
  dot["value"] = number_or_null(e.value);
  dot["low"] = number_or_null(e.low);
  dot["high"] = number_or_null(e.high);
  return dot;
}

Json clip_json(const Clip& clip, Dictionary& texts) {
  Json out = Json::object();
  out["id"] = clip.id;
  out["unit"] = clip.unit;
  out["seconds"] = rounded(clip.duration_seconds);
  Json segments = Json::array();
  for (const Segment& s : clip.segments) {
    Json row = Json::array();
    row.push_back(rounded(s.start_seconds));
    row.push_back(rounded(s.end_seconds));
    row.push_back(texts.number(s.speaker + (s.gender.empty() ? "" : " (" + s.gender + ")")));
    row.push_back(texts.number(s.emotion ? s.emotion->category : ""));
    row.push_back(texts.number(s.transcript));
    segments.push_back(std::move(row));
  }
  out["segments"] = std::move(segments);
  return out;
}

}  // namespace

Json page_data(const ReportData& data, const PageDataOptions& options) {
  Dictionary texts;
  const std::vector<std::string> judges = judges_of(data);
  Json::Array items, clips;
  std::map<std::string, std::int64_t> clip_numbers;
  Json audio = Json::object();
  for (const ReportItem& item : data.items) {
    const Question& q = item.question;
    std::int64_t clip = -1;
    if (!item.clip.id.empty()) {
      const auto [it, fresh] = clip_numbers.emplace(item.clip.id, static_cast<std::int64_t>(clips.size()));
      clip = it->second;
      if (fresh) {
        clips.push_back(clip_json(item.clip, texts));
        if (options.audio_clips.contains(item.clip.id) && !item.audio_path.empty())
          audio[item.clip.id] = audio_data_uri(item.audio_path);
      }
    }
    Json gold = Json::object();
    for (const auto& [slot, value] : q.gold) gold[slot] = value;
    Json answers = Json::array();
    for (const ReportAnswer& a : item.answers) {
      Json row = Json::array();
      row.push_back(texts.number(a.system));
      row.push_back(texts.number(a.condition));
      row.push_back(a.seed);
      row.push_back(texts.number(std::string(to_string(a.answer.status))));
      row.push_back(texts.number(a.answer.text));
      row.push_back(texts.number(a.answer.detail));
      for (const std::string& judge : judges) {
        const auto v = a.verdicts.find(judge);
        if (v == a.verdicts.end()) {
          for (int k = 0; k < 3; ++k) row.push_back(Json());
          continue;
        }
        const auto* scored = std::get_if<Scored>(&v->second);
        row.push_back(texts.number(std::string(verdict_kind(v->second))));
        row.push_back(scored ? rounded(scored->value) : Json());
        row.push_back(options.rationales ? texts.number(verdict_text(v->second)) : std::int64_t{0});
      }
      answers.push_back(std::move(row));
    }
    Json out = Json::object();
    out["id"] = q.id;
    out["type"] = to_string(q.type);
    out["set"] = q.pool;
    out["reasoning"] = q.reasoning;
    out["unseen"] = q.unseen_wording;
    out["closed"] = q.closed_set;
    out["provenance"] = to_string(q.provenance);
    out["text"] = texts.number(q.text);
    out["reference"] = texts.number(q.reference);
    out["gold"] = std::move(gold);
    out["clip"] = clip;
    out["metadata"] = Json::Array{texts.number(item.metadata_gold), texts.number(item.metadata_predicted)};
    out["answers"] = std::move(answers);
    items.push_back(std::move(out));
  }
  Json out = Json::object();
  Json names = Json::array();
  for (const std::string& judge : judges) names.push_back(judge);
  out["judges"] = std::move(names);
  out["texts"] = texts.take();
  out["clips"] = Json(std::move(clips));
  out["items"] = Json(std::move(items));
  out["audio"] = std::move(audio);
  out["plots"] = plot_data(data);
  return out;
}

std::set<std::string> choose_audio_clips(const ReportData& data, int most) {
  std::vector<std::string> ids;
  std::set<std::string> seen;
  for (const ReportItem& item : data.items)
    if (!item.audio_path.empty() && seen.insert(item.clip.id).second) ids.push_back(item.clip.id);
  std::set<std::string> chosen;
  const std::size_t n = std::min(ids.size(), static_cast<std::size_t>(std::max(0, most)));
  for (std::size_t i = 0; i < n; ++i) chosen.insert(ids[i * ids.size() / n]);
  return chosen;
}

Json plot_data(const ReportData& data) {
  const std::string set = main_set(data);
  const std::string rest = "judge:" + data.primary_judge + "/mean";
  Json::Array main, types, reasoning, contrasts;
  for (const bool control : {false, true})
    for (const ReportSystem& system : data.systems) {
      if (system.control != control) continue;
      for (const Estimate& e : data.estimates) {
        const TagParts p = split_tag(e.tag);
        if (e.kind != "value" || e.system != system.name || p.set != set || p.rest != rest) continue;
        Json dot = dot_of(e);
        dot["control"] = control;
        dot["slice"] = p.slice;
        if (p.slice == "all") {
          main.push_back(std::move(dot));
        } else if (p.slice == "binding" || p.slice == "conjunctive") {
          reasoning.push_back(std::move(dot));
        } else if (p.slice != "types" && p.slice != "seen" && p.slice != "unseen") {
          types.push_back(std::move(dot));
        }
      }
    }
  for (const Estimate* e : shown_differences(data)) {
    Json dot = dot_of(*e);
    dot["name"] = difference_name(*e);
    dot["declared"] = !e->exploratory;
    contrasts.push_back(std::move(dot));
  }
  Json out = Json::object();
  out["main"] = Json(std::move(main));
  out["types"] = Json(std::move(types));
  out["reasoning"] = Json(std::move(reasoning));
  out["contrasts"] = Json(std::move(contrasts));
  return out;
}

}  // namespace undertone
