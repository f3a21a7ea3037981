#include "reports/human_page.h"

#include <kainjow/mustache.hpp>
#include <map>

#include "harness/core/error.h"
#include "reports/page_audio.h"
#include "reports/page_parts.h"

namespace undertone {
namespace {

Json criterion_json(const HumanPageCriterion& c) {
  Json out = Json::object({{"metric", c.metric}, {"ask", c.ask}, {"shown", texts_json(c.shown)}});
  if (c.labels.empty()) {
    out["low"] = c.low;
    out["high"] = c.high;
  } else {
    out["labels"] = texts_json(c.labels);
  }
  return out;
}

}  // namespace

std::string human_page_html(const HumanPage& page, const std::string& assets_folder) {
  std::map<std::string, std::int64_t> clips;  // by path: one recording is in the page once
  Json audio = Json::array(), items = Json::array(), criteria = Json::array(), raters = Json::array();
  for (const HumanPageItem& item : page.items) {
    std::int64_t clip = -1;
    if (!item.audio_path.empty()) {
      const auto [it, fresh] = clips.emplace(item.audio_path, static_cast<std::int64_t>(audio.size()));
      if (fresh) audio.push_back(audio_data_uri(item.audio_path));
      clip = it->second;
    }
    items.push_back(Json::object({{"id", item.id},
                                  {"question", item.question},
                                  {"reference", item.reference},
                                  {"answers", texts_json(item.answers)},
                                  {"clip", clip}}));
  }
  for (const HumanPageCriterion& c : page.criteria) criteria.push_back(criterion_json(c));
  for (const auto& turns : page.raters) {
    Json dealt = Json::array();
    for (const HumanPageTurn& t : turns)
      dealt.push_back(Json::Array{Json(static_cast<std::int64_t>(t.item)), Json(t.swapped)});
    raters.push_back(std::move(dealt));
  }
  const Json data = Json::object({{"export", page.export_id},
                                  {"task", page.task},
                                  {"title", page.title},
                                  {"guide", texts_json(page.guide)},
                                  {"criteria", std::move(criteria)},
                                  {"items", std::move(items)},
                                  {"raters", std::move(raters)},
                                  {"audio", std::move(audio)}});
  kainjow::mustache::mustache text(page_asset(assets_folder, "human.mustache"));
  if (!text.is_valid())
    throw Error(ErrorKind::internal, "the page's template is broken: " + text.error_message(), assets_folder,
                "restore reports/assets");
  kainjow::mustache::data filled;
  filled.set("title", page.title);
  filled.set("css", page_asset(assets_folder, "page.css") + page_asset(assets_folder, "human.css"));
  filled.set("script", page_asset(assets_folder, "human.js"));
  filled.set("data", script_json(data));
  return text.render(filled);
}

}  // namespace undertone
