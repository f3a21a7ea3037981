// The long form: one row per answer and judge, for 'undertone analyze', spreadsheets and data frames.
#include <fmt/format.h>

#include <algorithm>

#include "metrics/evaluation_table.h"
#include "reports/export_parts.h"

namespace undertone {
namespace {

// RFC 4180; quoted where a reader could take the text for anything but one field with these bytes.
std::string field(const std::string& text) {
  if (text.find_first_of(",;\t\r\n\"") == std::string::npos && !text.starts_with(' ') && !text.ends_with(' '))
    return text;
  std::string out = "\"";
  for (const char c : text) {
    out += c;
    if (c == '"') out += c;
  }
  return out + "\"";
}

template <class T>
std::string text_of(const std::optional<T>& cell) {
  if constexpr (std::is_same_v<T, std::string>)
    return cell ? field(*cell) : "";
  else
    return cell ? fmt::format("{}", *cell) : "";
}

std::string cell_of(const TableColumn& column, std::size_t row) {
  return std::visit([row](const auto& cells) { return text_of(cells[row]); }, column.cells);
}

// An answer and a judge that was asked for it.
struct Asked {
  const EvaluationRow& row;
  const Question& question;
  const JudgeInfo& judge;
  const Verdict& verdict;
  const std::optional<double>& human;
};

struct Definition {
  const char* name;
  std::variant<std::string (*)(const Asked&), std::optional<double> (*)(const Asked&),
               std::int64_t (*)(const Asked&)>
      cell;
};

std::optional<double> score_of(const Asked& a) {
  const auto* scored = std::get_if<Scored>(&a.verdict);
  return scored ? std::optional(scored->value) : std::nullopt;
}

// Without clips a unit is a question: no column says otherwise, and no cell of these two may be empty.
std::vector<Definition> definitions(bool clips, bool humans) {
  using A = const Asked&;
  std::vector<Definition> out = {
      {"system", +[](A a) { return exports::model_name(a.row.system, a.row.condition); }},
      {"item", +[](A a) { return a.question.id; }}};
  if (clips) {
    out.push_back({"clip", +[](A a) { return a.row.clip ? a.row.clip->id : a.question.id; }});
    out.push_back({"speaker", +[](A a) { return a.row.unit.empty() ? a.question.id : a.row.unit; }});
  }
  out.push_back({"seed", +[](A a) { return static_cast<std::int64_t>(a.row.seed); }});
  out.push_back({"judge", +[](A a) { return a.judge.name; }});
  out.push_back({"score", +[](A a) { return score_of(a); }});
  if (humans) out.push_back({"human", +[](A a) { return a.human; }});
  const Definition rest[] = {
      {"status", +[](A a) { return std::string(verdict_kind(a.verdict)); }},
      {"answer_status", +[](A a) { return std::string(to_string(a.row.answer.status)); }},
      {"answerer", +[](A a) { return a.row.system; }},
      {"condition", +[](A a) { return a.row.condition; }},
      {"set", +[](A a) { return metrics::pool_of(a.question); }},
      {"type", +[](A a) { return std::string(to_string(a.question.type)); }},
      {"question", +[](A a) { return a.question.text; }},
      {"reference", +[](A a) { return a.question.reference; }},
      {"answer", +[](A a) { return a.row.answer.text; }}};
  out.insert(out.end(), std::begin(rest), std::end(rest));
  return out;
}

template <class T>
struct Bare {
  using type = T;
};
template <class T>
struct Bare<std::optional<T>> {
  using type = T;
};

}  // namespace

std::vector<TableColumn> export_table(const ExportedRun& run) {
  const bool clips =
      std::any_of(run.rows.begin(), run.rows.end(), [](const EvaluationRow& r) { return r.clip != nullptr; });
  const std::vector<Definition> columns = definitions(clips, !run.human.empty());
  std::vector<TableColumn> out;
  for (const Definition& d : columns)
    std::visit(
        [&](auto cell) {
          using T = typename Bare<decltype(cell(std::declval<const Asked&>()))>::type;
          out.push_back({d.name, TableColumn::Cells<T>{}});
        },
        d.cell);
  const std::optional<double> nobody;
  for (std::size_t i = 0; i < run.rows.size(); ++i) {
    const EvaluationRow& row = run.rows[i];
    for (const JudgeInfo& judge : run.settings.judges) {
      if (!exports::is_asked(judge, row)) continue;
      const Verdict verdict = exports::verdict_of(judge, row);
      const Asked asked{row, *row.question, judge, verdict, run.human.empty() ? nobody : run.human[i]};
      for (std::size_t c = 0; c < columns.size(); ++c)
        std::visit(
            [&](auto cell) {
              using T = typename Bare<decltype(cell(asked))>::type;
              std::get<TableColumn::Cells<T>>(out[c].cells).push_back(cell(asked));
            },
            columns[c].cell);
    }
  }
  return out;
}

std::string export_csv(const ExportedRun& run) {
  const std::vector<TableColumn> table = export_table(run);
  std::string out;
  for (const TableColumn& c : table) out += (&c == &table.front() ? "" : ",") + field(c.name);
  out += "\n";
  for (std::size_t row = 0; row < table.front().rows(); ++row) {
    for (const TableColumn& c : table) out += (&c == &table.front() ? "" : ",") + cell_of(c, row);
    out += "\n";
  }
  return out;
}

}  // namespace undertone
