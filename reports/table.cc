#include "reports/table.h"

#include <fmt/format.h>

#include <cmath>

#include "reports/lookup.h"

namespace undertone {
namespace {

// Where a value lies between the ends of its unit's scale; none for units without ends.
std::optional<double> share_of(const Estimate& e) {
  if (!e.value || e.kind != "value") return std::nullopt;
  if (e.unit.starts_with("0-5")) return *e.value / 5;
  if (e.unit == "%" || e.unit == "0-100") return *e.value / 100;
  if (e.unit == "1" || e.unit == "0/1")
    return *e.value >= 0 && *e.value <= 1 ? std::optional(*e.value) : std::nullopt;
  return std::nullopt;
}

std::string origin_of(const Estimate& e) {
  std::string out = e.method.empty() ? "no method" : e.method;
  out += fmt::format("; n {}", format_count(e.n));
  if (e.asked > 0)
    out +=
        fmt::format(" ({} of {} asked are missing)", format_count(e.asked - e.scored), format_count(e.asked));
  if (e.units > 0 && !e.unit_resampled.empty()) out += ", " + counted(e.units, e.unit_resampled);
  if (e.seeds > 1) out += fmt::format(", {} seeds", e.seeds);
  return out + fmt::format("; undertone measure RUN --tag '{}'", e.tag);
}

}  // namespace

bool Table::empty() const {
  for (const TableGroup& g : groups)
    if (!g.rows.empty()) return false;
  return true;
}

std::string format_number(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.starts_with('-') && text.find_first_of("123456789") == std::string::npos) text.erase(0, 1);
  return text;
}

std::string format_interval(std::optional<double> low, std::optional<double> high, int decimals) {
  if (!low || !high) return "";
  return fmt::format("[{}, {}]", format_number(*low, decimals), format_number(*high, decimals));
}

std::string format_interval(const Estimate& e) { return format_interval(e.low, e.high); }

std::string format_count(std::int64_t n) {
  std::string digits = std::to_string(n < 0 ? -n : n);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return (n < 0 ? "-" : "") + digits;
}

Cell text_cell(std::string text, std::string reason) {
  return {std::move(text), "", std::move(reason), std::nullopt};
}

Cell estimate_cell(const Estimate* e) {
  if (!e) return {"", "", "", std::nullopt};
  Cell cell;
  cell.reason = e->reason;
  cell.text = e->value ? format_number(*e->value) : "–";
  if (e->value && e->kind == "relative_gain") cell.text += " %";
  cell.detail = format_interval(*e);
  if (e->asked > 0)
    cell.detail += fmt::format("{}{}/{}", cell.detail.empty() ? "" : " ", e->scored, e->asked);
  if (e->circular) cell.detail += " circular";
  // One degree of freedom between seeds: such an interval is several times wider than three seeds' would be.
  if (e->seeds == 2 && e->method.starts_with("crossed seeds")) cell.detail += ", 2 seeds";
  cell.share = share_of(*e);
  cell.origin = origin_of(*e);
  return cell;
}

}  // namespace undertone
