#include "suites/paper.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "suites/spec.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

const std::vector<std::string>& claim_kinds() {
  // gain: cells[0] is `printed` percent above cells[1]. higher, lower: cells[0] than cells[1]. order:
  // ascending. same_order: the systems of `cells` stand in one order by the judge and by `measure`. rises:
  // `measure` grows with the judge's score. gains_more: system gains more over baseline on `set` than on
  // `than`. positive: the cell is above 0.
  static const std::vector<std::string> kinds{"gain",       "higher", "lower",      "order",
                                              "same_order", "rises",  "gains_more", "positive"};
  return kinds;
}

template <class T>
const T& called(const std::vector<T>& all, const std::string& name, const char* what) {
  for (const T& one : all)
    if (one.name == name) return one;
  throw Error(ErrorKind::internal, fmt::format("the paper has no {} '{}'", what, name));
}

void printed_field(FieldReader& r, std::string_view key, std::optional<Printed>& out, std::string_view doc) {
  std::string text;
  r.field(key, text, doc);
  if (!r.present(key)) return;
  out = printed_number(text);
  if (!out && !text.empty())
    r.problem(key,
              fmt::format("\"{}\" is no number as it is printed: write it in quotes, e.g. \"41.0\"", text));
}

void evidence_fields(FieldReader& r, std::string& source, std::string& confidence) {
  r.field("source", source, "where it is printed").required();
  r.choice("confidence", confidence, {"sure", "likely", "open"}, "how sure we are that it is printed so")
      .required();
}

void control_fields(FieldReader& r, PaperControl& c) {
  r.choice("role", c.role, {"placebo", "same condition"}, "what the contrast holds fixed").required();
  r.field("system", c.system, "the system").required();
  r.field("baseline", c.baseline, "what it is compared with").required();
  r.choice("system_condition", c.system_condition, metadata_conditions(), "metadata at test").required();
  r.choice("baseline_condition", c.baseline_condition, metadata_conditions(), "metadata at test").required();
  r.field("says", c.says, "what it would show").required();
}

void claim_fields(FieldReader& r, PaperClaim& c) {
  r.choice("kind", c.kind, claim_kinds(), "what is asserted").required();
  r.field("says", c.says, "the claim in words").required();
  r.field("cells", c.cells, "the cells that it is about");
  printed_field(r, "printed", c.printed, "a gain in percent, as it is printed");
  r.field("system", c.system, "of a gain whose values are not known");
  r.field("baseline", c.baseline, "what that gain is over");
  r.field("set", c.set, "the set of questions");
  r.field("than", c.than_set, "the set on which the gain is smaller");
  r.field("measure", c.measure, "the metric beside the judge, e.g. emotion/accuracy");
  r.list(
      "controls",
      [&](FieldReader& inner) {
        PaperControl control;
        control_fields(inner, control);
        c.controls.push_back(std::move(control));
      },
      "contrasts that must hold too for the claim to mean what it says");
  evidence_fields(r, c.source, c.confidence);
}

void cell_fields(FieldReader& r, PaperCell& c) {
  std::optional<Printed> printed;
  double margin = 0;
  std::vector<std::string> types = question_types();
  types.push_back("all");
  r.field("system", c.system, "of the paper's systems").required();
  r.field("set", c.set, "of its sets of questions").required();
  r.choice("type", c.type, types, "type of question");
  r.field("judge", c.judge, "of its judges").required();
  r.choice("measure", c.measure, {"mean", "pearson"}, "mean score, or correlation with humans");
  printed_field(r, "printed", printed, "the value as it is printed, in quotes");
  r.required();
  r.choice("direction", c.direction, {"higher", "lower"}, "what is better");
  r.field("margin", margin, "of equivalence, in printed units; else the paper's", 1e-6, 1e6);
  if (r.present("margin")) c.margin = margin;
  if (printed) c.printed = *printed;
  evidence_fields(r, c.source, c.confidence);
}

template <class T, class Read>
void all_named(FieldReader& r, std::string_view key, std::vector<T>& out, const Read& read,
               std::string_view doc) {
  r.named(
      key,
      [&](const std::string& name, FieldReader& inner) {
        T one;
        one.name = name;
        read(inner, one);
        out.push_back(std::move(one));
      },
      doc);
}

void paper_fields(FieldReader& r, PaperSpec& p) {
  std::string schema;
  r.choice("schema", schema, {"undertone.paper/1"}, "version of this form").required();
  r.field("id", p.id, "of the paper, e.g. an arXiv number").required();
  r.field("title", p.title, "its title").required();
  r.field("venue", p.venue, "where it appeared");
  r.field("margin", p.margin, "of equivalence, in printed points", 1e-6, 100.0);
  r.field("level", p.level, "of intervals; tests are at 1 - level", 0.6, 0.999);
  r.object(
      "model",
      [&](FieldReader& m) {
        m.field("encoder", p.encoders, "names of weights that are the paper's encoder");
        m.field("decoder", p.decoders, "names of weights that are the paper's decoder");
      },
      "what its systems are made of");
  all_named(
      r, "judges", p.judges,
      [](FieldReader& j, PaperJudge& one) {
        j.field("what", one.what, "in words");
        j.field("models", one.models, "the names by which such a model is asked for").required();
        j.choice("scale", one.scale, {"0-5", "0-5 continuous", "0/1", "0-100"}, "of its verdicts").required();
        j.field("times", one.times, "printed points of one point of the scale", 1e-6, 1e6);
      },
      "who judged");
  all_named(
      r, "sets", p.sets,
      [](FieldReader& s, PaperSet& one) {
        s.field("what", one.what, "in words").required();
        s.choice("pool", one.pool, {"cpqa", "pqa"}, "contextual or direct questions");
        s.field("clips", one.clips, "how many; 0: not known", std::int64_t{0}, std::int64_t{1} << 40);
        s.choice("provenance", one.provenance, {"", "human", "llm"}, "who wrote the questions");
        s.field("digests", one.digests, "of corpora with the very clips and questions");
      },
      "what was asked");
  all_named(
      r, "systems", p.systems,
      [](FieldReader& s, PaperSystem& one) {
        s.field("what", one.what, "in words").required();
        s.choices("pools", one.pools, training_pools(), "of its training");
        s.choice("train_metadata", one.train_metadata, metadata_conditions(), "in its training prompts");
        s.choice("condition", one.condition, metadata_conditions(), "metadata at test");
      },
      "what answered");
  all_named(r, "cells", p.cells, cell_fields, "every value of its tables");
  all_named(r, "claims", p.claims, claim_fields, "what it says of them");
}

template <class T>
std::vector<std::string> names_of(const std::vector<T>& all) {
  std::vector<std::string> out;
  for (const T& one : all) out.push_back(one.name);
  return out;
}

// What only several keys together can get wrong.
class PaperChecker {
 public:
  PaperChecker(const PaperSpec& paper, const Json& json, std::vector<Problem>& problems)
      : paper_(paper), json_(json), problems_(problems) {
    for (const PaperCell& c : paper.cells) cells_[c.name] = &c;
  }
  void run() {
    for (const PaperCell& c : paper_.cells) {
      known(names_of(paper_.systems), c.system, "cells", c.name, "system");
      known(names_of(paper_.sets), c.set, "cells", c.name, "set");
      known(names_of(paper_.judges), c.judge, "cells", c.name, "judge");
    }
    for (const PaperClaim& c : paper_.claims) claim(c);
  }

 private:
  void add(const char* group, const std::string& name, const char* key, std::string what,
           std::string nearest = {}) {
    const Json* of = json_.find(group);
    const Json* one = of ? of->find(name) : nullptr;
    const Json* value = one ? one->find(key) : nullptr;
    const Json& at = value ? *value : one ? *one : json_;
    std::string pointer = pointer_join(pointer_join("", group), name);
    if (value) pointer = pointer_join(pointer, key);
    problems_.push_back({at.place(), std::move(pointer), std::move(what), std::move(nearest)});
  }
  bool known(const std::vector<std::string>& names, const std::string& name, const char* group,
             const std::string& of, const char* key) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
    if (!name.empty()) add(group, of, key, fmt::format("there is no \"{}\"", name), nearest_of(name, names));
    return false;
  }
  // `number` cells (0: two or more), all known.
  bool has_cells(const PaperClaim& c, std::size_t number) {
    bool ok = number ? c.cells.size() == number : c.cells.size() >= 2;
    if (!ok)
      add("claims", c.name, "cells",
          fmt::format("\"{}\" is about {} but {} given", c.kind,
                      number == 0   ? std::string("two cells or more")
                      : number == 1 ? std::string("one cell")
                                    : fmt::format("{} cells", number),
                      c.cells.size()));
    for (const std::string& name : c.cells)
      ok = known(names_of(paper_.cells), name, "claims", c.name, "cells") && ok;
    return ok;
  }
  void needs(const PaperClaim& c, const std::string& value, const char* key) {
    if (value.empty()) add("claims", c.name, key, fmt::format("\"{}\" needs the key \"{}\"", c.kind, key));
  }

  void claim(const PaperClaim& c) {
    for (const PaperControl& control : c.controls) known_control(c, control);
    const auto value = [&](std::size_t i) { return cells_.at(c.cells[i])->printed; };
    if (c.kind == "gain") {
      if (!c.printed) add("claims", c.name, "printed", "a gain needs the key \"printed\"");
      if (!has_cells(c, 2) || !c.printed) return;
      // The largest and smallest gain that the printed cells allow.
      const Printed top = value(0), bottom = value(1);
      const double low = 100 * ((top.value - top.rounding) / (bottom.value + bottom.rounding) - 1);
      const double high = 100 * ((top.value + top.rounding) / (bottom.value - bottom.rounding) - 1);
      if (!(c.printed->value + c.printed->rounding >= low && c.printed->value - c.printed->rounding <= high))
        add("claims", c.name, "printed",
            fmt::format("{} % does not follow from the cells: {} over {} is {:.2f} % to {:.2f} %",
                        c.printed->text, top.text, bottom.text, low, high));
    } else if (c.kind == "higher" || c.kind == "lower") {
      if (has_cells(c, 2) &&
          !(c.kind == "higher" ? value(0).value > value(1).value : value(0).value < value(1).value))
        add("claims", c.name, "cells",
            fmt::format("{} is not {} than {}", value(0).text, c.kind, value(1).text));
    } else if (c.kind == "order") {
      if (!has_cells(c, 0)) return;
      for (std::size_t i = 1; i < c.cells.size(); ++i)
        if (!(value(i).value > value(i - 1).value))
          add("claims", c.name, "cells",
              fmt::format("{} does not stand above {}", value(i).text, value(i - 1).text));
    } else if (c.kind == "same_order") {
      has_cells(c, 0);
      needs(c, c.measure, "measure");
    } else if (c.kind == "rises") {
      needs(c, c.measure, "measure");
      needs(c, c.set, "set");
      known(names_of(paper_.sets), c.set, "claims", c.name, "set");
    } else if (c.kind == "gains_more") {
      for (const auto& [v, key] : {std::pair{&c.system, "system"}, std::pair{&c.baseline, "baseline"}}) {
        needs(c, *v, key);
        known(names_of(paper_.systems), *v, "claims", c.name, key);
      }
      for (const auto& [v, key] : {std::pair{&c.set, "set"}, std::pair{&c.than_set, "than"}}) {
        needs(c, *v, key);
        known(names_of(paper_.sets), *v, "claims", c.name, key);
      }
    } else if (c.kind == "positive") {
      if (has_cells(c, 1) && !(value(0).value > 0))
        add("claims", c.name, "cells", fmt::format("{} is not above 0", value(0).text));
    }
  }
  // A control names systems of a run: the paper's, or one that the paper lacks and a suite here brings
  // ("placebo").
  void known_control(const PaperClaim& c, const PaperControl& control) {
    if (control.system == control.baseline && control.system_condition == control.baseline_condition)
      add("claims", c.name, "controls", fmt::format("'{}' is compared with itself", control.system));
  }

  const PaperSpec& paper_;
  const Json& json_;
  std::vector<Problem>& problems_;
  std::map<std::string, const PaperCell*> cells_;
};

}  // namespace

std::optional<Printed> printed_number(const std::string& text) {
  const std::size_t digits =
      text.find_first_not_of("+-") == std::string::npos ? 0 : text.find_first_not_of("+-");
  const std::size_t point = text.find('.');
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.'; };
  if (digits > 1 || digits >= text.size() ||
      !std::all_of(text.begin() + static_cast<std::ptrdiff_t>(digits), text.end(), digit) ||
      std::count(text.begin(), text.end(), '.') > 1 || point == digits || point == text.size() - 1)
    return std::nullopt;
  Printed out;
  out.text = text;
  out.value = std::strtod(text.c_str(), nullptr);
  const auto decimals = point == std::string::npos ? 0.0 : static_cast<double>(text.size() - point - 1);
  out.rounding = 0.5 * std::pow(10.0, -decimals);
  return out;
}

const PaperJudge& PaperSpec::judge(const std::string& name) const { return called(judges, name, "judge"); }
const PaperSet& PaperSpec::set(const std::string& name) const { return called(sets, name, "set"); }
const PaperSystem& PaperSpec::system(const std::string& name) const {
  return called(systems, name, "system");
}
const PaperCell& PaperSpec::cell(const std::string& name) const { return called(cells, name, "cell"); }

PaperRead read_paper(const std::string& path) {
  PaperRead out;
  out.paper.file = path;
  const std::string bytes = read_file(path);
  out.paper.digest = sha256_hex(bytes);
  const Json json = parse_json(bytes, path, {.comments = true});
  FieldReader reader(json, "", out.problems);
  paper_fields(reader, out.paper);
  reader.finish();
  // A reference is only wrong where everything that it could mean was read.
  if (out.problems.empty()) PaperChecker(out.paper, json, out.problems).run();
  return out;
}

std::vector<std::string> shipped_papers(const std::string& suites_folder) {
  std::vector<std::string> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::path(suites_folder) / "paper", ignored))
    if (entry.path().extension() == ".json") out.push_back(entry.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

std::string find_paper(const std::string& id_or_path, const std::string& suites_folder) {
  if (fs::is_regular_file(id_or_path)) return id_or_path;
  const std::string path = (fs::path(suites_folder) / "paper" / (id_or_path + ".json")).string();
  if (!id_or_path.empty() && id_or_path.find('/') == std::string::npos && fs::is_regular_file(path))
    return path;
  std::vector<std::string> known;
  for (const std::string& p : shipped_papers(suites_folder)) known.push_back(fs::path(p).stem().string());
  const std::string near = nearest_of(id_or_path, known);
  throw Error(ErrorKind::usage,
              fmt::format("there is no paper '{}'{}", id_or_path,
                          near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)),
              suites_folder + "/paper",
              fmt::format("name one of: {}; or give the path of such a file", fmt::join(known, ", ")));
}

}  // namespace undertone
