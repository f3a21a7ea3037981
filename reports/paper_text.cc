// A comparison with a paper for a terminal, as Markdown, JSON and a page.
#include <fmt/format.h>

#include "reports/markdown.h"
#include "reports/page.h"
#include "reports/paper_comparison.h"
#include "reports/terminal.h"

namespace undertone {
namespace {

std::string head(const PaperComparison& p) {
  return fmt::format("paper {} ({}), SHA-256 {}\nrun {} of suite {}\nmargin {:g} points, level {:g}", p.paper,
                     p.title, p.digest, p.identity.substr(0, 12), p.suite, p.margin, p.level);
}

Json judged_json(const paper::Judged& j, Json out) {
  out["verdict"] = paper::to_string(j.verdict);
  out["why"] = j.why;
  out["needs"] = j.needs;
  out["p_value"] = optional_json(j.p_value);
  return out;
}

Json cell_json(const PaperCellFound& c) {
  Json out = Json::object({{"name", c.name},
                           {"system", c.system},
                           {"set", c.set},
                           {"type", c.type},
                           {"judge", c.judge},
                           {"measure", c.measure},
                           {"printed", c.printed},
                           {"direction", c.direction},
                           {"margin", c.margin},
                           {"source", c.source},
                           {"confidence", c.confidence}});
  Json ours = Json::object({{"judge", c.our_judge}, {"condition", c.condition}, {"scale", c.scale}});
  ours["value"] = optional_json(c.value);
  ours["low"] = optional_json(c.low);
  ours["high"] = optional_json(c.high);
  ours["n"] = c.n;
  ours["units"] = c.units;
  ours["seeds"] = c.seeds;
  Json difference = Json::object();
  difference["value"] = optional_json(c.difference);
  difference["low"] = optional_json(c.judged.low);
  difference["high"] = optional_json(c.judged.high);
  out = judged_json(c.judged, std::move(out));
  out["evidence"] = Json::object({{"ours", std::move(ours)}, {"difference", std::move(difference)}});
  return out;
}

Json evidence_json(const PaperEvidence& e) {
  Json out = Json::object({{"what", e.what}, {"role", e.role}, {"says", e.says}, {"unit", e.unit}});
  out["value"] = optional_json(e.value);
  out["low"] = optional_json(e.low);
  out["high"] = optional_json(e.high);
  out["level"] = e.level;
  out["paired"] = e.paired;
  out["units"] = e.units;
  out["seeds"] = e.seeds;
  return judged_json(e.judged, std::move(out));
}

Json claim_json(const PaperClaimFound& c) {
  Json out = Json::object({{"name", c.name},
                           {"kind", c.kind},
                           {"says", c.says},
                           {"printed", c.printed},
                           {"source", c.source},
                           {"confidence", c.confidence},
                           {"tested_as", c.scope},
                           {"verdict", paper::to_string(c.verdict)},
                           {"why", c.why},
                           {"needs", c.needs}});
  out["p_value"] = optional_json(c.p_value);
  out["p_adjusted"] = optional_json(c.p_adjusted);
  Json evidence = Json::array();
  for (const PaperEvidence& e : c.evidence) evidence.push_back(evidence_json(e));
  out["evidence"] = std::move(evidence);
  return out;
}

}  // namespace

// Claims one below the other: their reasons are sentences, too long for the columns of a terminal.
std::string paper_text(const PaperComparison& p) {
  std::string out = head(p) + "\n\n" + paper_sentence(p) + " " + p.comparability + "\n";
  for (const std::string& n : p.notes) out += "! " + n + "\n";
  const std::string indent(16, ' ');
  for (const PaperClaimFound& c : p.claims) {
    out += fmt::format("\n{:<15} {}: {}\n", paper::to_string(c.verdict), c.name, c.says);
    out += fmt::format("{}{}{}{}\n", indent, c.scope.empty() ? "" : "tested as " + c.scope + ": ", c.why,
                       c.needs.empty() ? "" : "; " + c.needs);
    if (c.p_adjusted)
      out +=
          fmt::format("{}p {:.3g}, {:.3g} after Holm over the claims\n", indent, *c.p_value, *c.p_adjusted);
    for (const PaperEvidence& e : c.evidence) {
      out += fmt::format("{}- {}: {}", indent, e.what, e.role);
      if (e.value) out += fmt::format(", {:+.3g}{}", *e.value, e.unit == "%" ? " %" : "");
      if (e.low && e.high) out += fmt::format(" [{:.3g}, {:.3g}]", *e.low, *e.high);
      if (e.judged.p_value) out += fmt::format(", p {:.3g}", *e.judged.p_value);
      out += fmt::format("{}: {} ({})\n", e.paired ? "" : ", unpaired", paper::to_string(e.judged.verdict),
                         e.judged.why);
    }
  }
  out += table_terminal(paper_cell_table(p));
  out += "\nThe rule\n";
  for (const std::string& s : p.rule) out += s + "\n";
  return out;
}

std::string paper_markdown(const PaperComparison& p) {
  std::string out = fmt::format("# {} beside {}\n\n", p.suite, p.paper);
  std::string line;
  for (const char c : head(p)) line += c == '\n' ? std::string("; ") : std::string(1, c);
  out += fmt::format("{}.\n\n**{}** {}\n", line, paper_sentence(p), p.comparability);
  for (const std::string& n : p.notes) out += "\n> " + n + "\n";
  for (const Table& t : paper_tables(p)) out += table_markdown(t);
  out += "\n## The rule\n\n";
  for (const std::string& s : p.rule) out += s + "\n\n";
  out.pop_back();
  return out;
}

std::string paper_json(const PaperComparison& p) {
  Json out = Json::object({{"schema", "undertone.reproduce"}, {"version", 1}});
  out["paper"] =
      Json::object({{"id", p.paper}, {"title", p.title}, {"venue", p.venue}, {"sha256", p.digest}});
  out["suite"] = p.suite;
  out["run"] = p.identity;
  out["margin"] = p.margin;
  out["level"] = p.level;
  out["summary"] = paper_sentence(p);
  out["comparability"] = p.comparability;
  out["rule"] = texts_json(p.rule);
  out["notes"] = texts_json(p.notes);
  Json cells = Json::array(), claims = Json::array();
  for (const PaperCellFound& c : p.cells) cells.push_back(cell_json(c));
  for (const PaperClaimFound& c : p.claims) claims.push_back(claim_json(c));
  out["cells"] = std::move(cells);
  out["claims"] = std::move(claims);
  return out.dump(1) + "\n";
}

std::string paper_html(const PaperComparison& p, const std::string& command, const HtmlOptions& options) {
  Page page;
  page.kicker = "Undertone reproduces";
  page.title = p.title;
  page.description =
      fmt::format("{} beside the run {} of suite {}", p.paper, p.identity.substr(0, 12), p.suite);
  page.headline = "Which of the paper's claims hold here?";
  page.facts = {fmt::format("{} claims", p.claims.size()), fmt::format("{} values", p.cells.size()),
                fmt::format("margin {:g} points", p.margin), "paper file " + p.digest.substr(0, 12)};
  page.sentences = {paper_sentence(p), p.comparability};
  page.cautions = p.notes;
  for (const std::string& s : p.rule) page.cautions.push_back(s);
  page.tables = paper_tables(p);
  page.footer = "Again: " + command;
  return page_html(page, options);
}

}  // namespace undertone
