// The judges by how well they follow the humans, and which of them cannot be told apart.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "metrics/statistics/multiplicity.h"
#include "reports/datasheet.h"

namespace undertone {
namespace {

using Group = std::set<std::size_t>;  // places on the board

// Insert and absorb (Piepho 2004): the largest sets in which no pair is told apart.
std::vector<Group> groups_of(std::size_t n, const std::vector<std::pair<std::size_t, std::size_t>>& apart) {
  std::vector<Group> groups(1);
  for (std::size_t i = 0; i < n; ++i) groups.front().insert(i);
  for (const auto& [a, b] : apart) {
    std::vector<Group> next;
    for (const Group& g : groups) {
      if (!g.contains(a) || !g.contains(b)) {
        next.push_back(g);
        continue;
      }
      for (const std::size_t gone : {a, b}) {
        next.push_back(g);
        next.back().erase(gone);
      }
    }
    groups.clear();
    for (std::size_t i = 0; i < next.size(); ++i) {
      const bool within = std::any_of(next.begin(), next.end(), [&](const Group& other) {
        const auto at = static_cast<std::size_t>(&other - next.data());
        return at != i && std::includes(other.begin(), other.end(), next[i].begin(), next[i].end()) &&
               (other.size() > next[i].size() || at < i);
      });
      if (!within) groups.push_back(next[i]);
    }
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

// "a", "b", ..., "z", "a2", ...
std::string letter(std::size_t i) {
  const std::string out(1, static_cast<char>('a' + i % 26));
  return i < 26 ? out : fmt::format("{}{}", out, i / 26 + 1);
}

}  // namespace

std::vector<BoardRow> judge_board(const Datasheet& s, double alpha) {
  std::vector<BoardRow> out;
  std::map<std::string, std::size_t> place;
  if (s.humans == 0) return out;
  for (const DatasheetRow& r : s.rows)
    if ((r.kind == RaterKind::judge || r.kind == RaterKind::metric) && r.humans.spearman.value)
      out.push_back({&r, "", 0});
  std::stable_sort(out.begin(), out.end(), [](const BoardRow& a, const BoardRow& b) {
    return *a.row->humans.spearman.value > *b.row->humans.spearman.value;
  });
  for (std::size_t i = 0; i < out.size(); ++i) place[out[i].row->rater] = i;
  std::vector<double> p;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const RaterPair& pair : s.pairs) {
    const auto a = place.find(pair.first), b = place.find(pair.second);
    if (a == place.end() || b == place.end() || !pair.p_both) continue;
    pairs.push_back({a->second, b->second});
    p.push_back(*pair.p_both);
  }
  const std::vector<double> adjusted = statistics::holm(p);
  std::vector<std::pair<std::size_t, std::size_t>> apart;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (adjusted[i] <= alpha) {
      apart.push_back(pairs[i]);
      ++out[std::max(pairs[i].first, pairs[i].second)].better;
    }
  const std::vector<Group> groups = groups_of(out.size(), apart);
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (const std::size_t i : groups[g]) out[i].groups += letter(g);
  return out;
}

Table board_table(const Datasheet& s) {
  constexpr double kAlpha = 0.05;
  Table t;
  t.id = "board";
  for (const char c : "-" + s.name + "-" + s.criterion)
    t.id += std::isalnum(static_cast<unsigned char>(c)) ? c : '-';
  t.title = "Leaderboard: " + title_of(s);
  t.caption = fmt::format(
      "Judges and metrics by Spearman's correlation with the mean of the humans. Two that share a letter are "
      "not "
      "told apart: PERM-BOTH with whole clusters exchanged, Holm over all pairs, familywise level {}. "
      "Better: how "
      "many are significantly above it.{}",
      kAlpha, s.humans_say.empty() ? "" : " Note: " + s.humans_say + ".");
  t.corner = "judge";
  t.columns = {"Spearman", "group", "better", "scored"};
  const std::vector<BoardRow> board = judge_board(s, kAlpha);
  if (board.empty()) return t;
  t.groups.emplace_back();
  for (const BoardRow& b : board) {
    const Measured& m = b.row->humans.spearman;
    t.groups.back().rows.push_back({b.row->rater,
                                    "",
                                    {{format_number(*m.value), format_interval(m.low, m.high), m.reason, {}},
                                     text_cell(b.groups),
                                     text_cell(std::to_string(b.better)),
                                     text_cell(fmt::format("{}/{}", b.row->scored, b.row->asked))}});
  }
  return t;
}

}  // namespace undertone
