#include <fmt/format.h>

#include <kainjow/mustache.hpp>
#include <set>

#include "harness/core/error.h"
#include "reports/lookup.h"
#include "reports/page.h"
#include "reports/page_audio.h"
#include "reports/page_data.h"
#include "reports/page_parts.h"
#include "reports/report.h"
#include "reports/sentences.h"
#include "reports/table.h"
#include "reports/vega.h"

namespace undertone {
namespace {

using Data = kainjow::mustache::data;
using List = kainjow::mustache::list;
using Flag = Data::type;

std::string asset(const HtmlOptions& options, const std::string& name) {
  return page_asset(options.assets_folder, name);
}

// Tables that come by the dozen stand in one fold of their own, under this title; "": in the flow.
std::string fold_of(const Table& t) {
  if (t.id.starts_with("mapping")) return "Confusion of answers as labels";
  if (t.id.starts_with("recogniser-detail")) return "Emotion recogniser in detail";
  if (t.id.starts_with("questions")) return "Questions asked and dropped";
  return "";
}

// Tables that most readers skip start folded.
bool folded(const Table& t) {
  return t.id.starts_with("mapping") || t.id == "systems" || t.id == "judges" ||
         t.id == "correlation-systems" ||
         (t.id.starts_with("classification-") && !is_paralinguistic(t.id.substr(t.id.rfind('-') + 1)));
}

Data cell_data(const Cell& c) {
  Data d;
  d.set("cell", c.text);
  // The interval and what stands behind it get a line each, so that ten columns fit beside each other.
  const std::size_t end = c.detail.find("] ");
  d.set("small", c.detail.empty() ? Data(Flag::bool_false)
                                  : Data(c.detail.substr(0, end == std::string::npos ? end : end + 1)));
  d.set("below", end == std::string::npos ? Data(Flag::bool_false) : Data(c.detail.substr(end + 2)));
  const std::string why = c.reason + (c.reason.empty() || c.origin.empty() ? "" : "\n") + c.origin;
  d.set("why", why.empty() ? Data(Flag::bool_false) : Data(why));
  d.set("audio", c.audio.empty() ? Data(Flag::bool_false) : Data(audio_data_uri(c.audio)));
  // Sentences are read from the left, and never a word a line.
  d.set("sentence", !c.share && c.detail.empty() && c.text.size() > 24 ? Flag::bool_true : Flag::bool_false);
  d.set("share", c.share ? Data(format_number(*c.share, 3)) : Data(Flag::bool_false));
  return d;
}

// `plotted`: ids of the tables that have a plot above them.
Data table_data(const Table& t, const std::set<std::string>& plotted) {
  Data d;
  d.set("table_id", t.id);
  d.set("table_title", t.title);
  d.set("table_caption", t.caption.empty() ? Data(Flag::bool_false) : Data(t.caption));
  d.set("corner", t.corner);
  d.set("folded", folded(t) ? Flag::bool_true : Flag::bool_false);
  d.set("listed", folded(t) || !fold_of(t).empty() ? Flag::bool_false : Flag::bool_true);
  d.set("plot", plotted.contains(t.id) ? Data("plot-" + t.id) : Data(Flag::bool_false));
  d.set("confusion", t.id.starts_with("mapping") ? Flag::bool_true : Flag::bool_false);
  d.set("width", std::to_string(t.columns.size() + 1));
  Data columns(Flag::list);
  for (const std::string& c : t.columns) columns << Data("column", c);
  d.set("columns", columns);
  Data groups(Flag::list);
  for (const TableGroup& g : t.groups) {
    Data group;
    group.set("heading", g.heading.empty() ? Data(Flag::bool_false) : Data(g.heading));
    Data rows(Flag::list);
    for (const TableRow& r : g.rows) {
      Data row;
      row.set("name", r.name);
      row.set("detail", r.detail.empty() ? Data(Flag::bool_false) : Data(r.detail));
      Data cells(Flag::list);
      for (const Cell& c : r.cells) cells << cell_data(c);
      row.set("cells", cells);
      rows << row;
    }
    group.set("rows", rows);
    groups << group;
  }
  d.set("groups", groups);
  return d;
}

// Tables in their order; neighbours of one fold together.
Data blocks(const std::vector<Table>& tables, const std::set<std::string>& plotted) {
  Data all(Flag::list);
  for (std::size_t i = 0; i < tables.size();) {
    const std::string title = fold_of(tables[i]);
    Data list(Flag::list), block;
    std::size_t n = 0;
    for (; i < tables.size() && fold_of(tables[i]) == title; ++i, ++n) list << table_data(tables[i], plotted);
    block.set("block_title", title.empty()
                                 ? Data(Flag::bool_false)
                                 : Data(fmt::format("{} ({} table{})", title, n, n == 1 ? "" : "s")));
    block.set("tables", list);
    all << block;
  }
  return all;
}

Data texts(const std::vector<std::string>& list) {
  Data d(Flag::list);
  for (const std::string& s : list) d << Data("line", s);
  return d;
}

// The template with what every page has, and `page`.
std::string filled(Data& page, const HtmlOptions& options, const std::string& script,
                   const std::string& payload) {
  page.set("css", asset(options, "page.css"));
  page.set("modules", asset(options, "modules.js"));
  page.set("vega", vega_script(options.assets_folder));
  page.set("plots", asset(options, "plots.js"));
  page.set("script", script);
  page.set("data", payload);
  kainjow::mustache::mustache text(asset(options, "page.mustache"));
  if (!text.is_valid())
    throw Error(ErrorKind::internal, "the page's template is broken: " + text.error_message(),
                options.assets_folder, "restore reports/assets");
  return text.render(page);
}

std::string render(const ReportData& data, const HtmlOptions& options, const std::string& payload,
                   std::size_t audio, const std::vector<std::string>& page_notes) {
  const Summary summary = summarise(data);
  const Counts counts = count_items(data);
  Data page;
  page.set("report", Flag::bool_true);
  page.set("kicker", "Undertone report");
  page.set("suite", data.suite);
  page.set("description", data.description.empty() ? Data(Flag::bool_false) : Data(data.description));
  page.set("identity", data.identity);
  page.set("question", summary.question);
  page.set("compared", summary.compared);
  page.set("sentences", texts(summary.sentences));
  std::vector<std::string> cautions = summary.cautions;
  cautions.insert(cautions.end(), data.notes.begin(), data.notes.end());
  cautions.insert(cautions.end(), page_notes.begin(), page_notes.end());
  page.set("cautions", texts(cautions));
  page.set("any_caution", cautions.empty() ? Flag::bool_false : Flag::bool_true);
  page.set("questions", std::to_string(counts.questions));
  page.set("answers", std::to_string(counts.answers));
  page.set("verdicts", std::to_string(counts.verdicts));
  page.set("questions_words", format_count(counts.questions));
  page.set("answers_words", format_count(counts.answers));
  page.set("verdicts_words", format_count(counts.verdicts));
  page.set("ledger_answers", std::to_string(data.ledger_answers));
  page.set("ledger_verdicts", std::to_string(data.ledger_verdicts));
  page.set("audio", std::to_string(audio));
  std::vector<Table> tables = report_tables(data);
  for (Table& t : json_tables(data.mapping, "mapping", "Confusion")) tables.push_back(std::move(t));
  page.set("blocks", blocks(tables, {"main", "contrasts", "types", "reasoning"}));  // as draw_plots() draws
  Data judges(Flag::list);
  for (const auto& [name, words] : data.judges) {
    Data judge;
    judge.set("judge_name", name);
    judge.set("judge_words", words);
    judges << judge;
  }
  page.set("judges", judges);
  return filled(page, options, asset(options, "page.js"), payload);
}

}  // namespace

std::string page_html(const Page& parts, const HtmlOptions& options) {
  Data page;
  page.set("report", Flag::bool_false);
  page.set("kicker", parts.kicker);
  page.set("suite", parts.title);
  page.set("description", parts.description.empty() ? Data(Flag::bool_false) : Data(parts.description));
  page.set("question", parts.headline);
  page.set("facts", texts(parts.facts));
  page.set("sentences", texts(parts.sentences));
  page.set("cautions", texts(parts.cautions));
  page.set("any_caution", parts.cautions.empty() ? Flag::bool_false : Flag::bool_true);
  page.set("footer", parts.footer);
  std::set<std::string> plotted;
  for (const PagePlot& p : parts.plots) plotted.insert(p.table);
  page.set("blocks", blocks(parts.tables, plotted));
  const auto number = [](const std::optional<double>& v) { return v ? Json(*v) : Json(); };
  Json plots = Json::array();
  for (const PagePlot& p : parts.plots) {
    Json plot = Json::object(), dots = Json::array();
    for (const PagePlot::Dot& d : p.dots) {
      Json dot = Json::object();
      dot["name"] = d.name;
      dot["value"] = number(d.value);
      dot["low"] = number(d.low);
      dot["high"] = number(d.high);
      dot["tip"] = d.name + (d.value ? ": " + format_number(*d.value, 3) : "") +
                   (d.low && d.high ? " " + format_interval(d.low, d.high, 3) : "");
      dots.push_back(std::move(dot));
    }
    plot["table"] = p.table;
    plot["title"] = p.title;
    plot["zero"] = p.zero;
    plot["dots"] = std::move(dots);
    plots.push_back(std::move(plot));
  }
  return filled(page, options,
                "draw_simple_plots(JSON.parse(document.getElementById(\"data\").textContent)).then(() => { "
                "document.body.dataset.ready = \"yes\"; });",
                script_json(plots));
}

std::string report_html(const ReportData& data, const HtmlOptions& options) {
  std::vector<std::string> notes;
  const Counts counts = count_items(data);
  if (counts.answers != data.ledger_answers || counts.verdicts != data.ledger_verdicts)
    notes.push_back(
        fmt::format("This page holds {} answers and {} verdicts; the ledger of this run holds {} and {}.",
                    counts.answers, counts.verdicts, data.ledger_answers, data.ledger_verdicts));
  PageDataOptions wanted{choose_audio_clips(data, options.max_audio_clips), true};
  // Too large: give up audio, then rationales; never an answer or a verdict.
  for (int attempt = 0;; ++attempt) {
    std::string html =
        render(data, options, script_json(page_data(data, wanted)), wanted.audio_clips.size(), notes);
    if (static_cast<std::int64_t>(html.size()) <= options.max_bytes) return html;
    if (attempt == 0 && wanted.audio_clips.size() > 8) {
      wanted.audio_clips = choose_audio_clips(data, 8);
      notes.push_back("Only eight clips have audio here, to keep the page small.");
    } else if (wanted.rationales) {
      wanted.rationales = false;
      notes.push_back(
          "Rationales of verdicts are left out here, to keep the page small; the ledger has them.");
    } else if (!wanted.audio_clips.empty()) {
      wanted.audio_clips.clear();
      notes.push_back("No clip has audio here, to keep the page small.");
    } else {
      throw Error(
          ErrorKind::data,
          fmt::format("the page would be {} bytes, more than the {} allowed", html.size(), options.max_bytes),
          data.suite, "report fewer questions (--limit), or allow a larger page");
    }
  }
}

}  // namespace undertone
