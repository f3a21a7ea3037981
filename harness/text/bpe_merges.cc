#include "harness/text/bpe_merges.h"

#include <fmt/format.h>
#include <bit>
#include <queue>
#include <tuple>

#include "harness/core/error.h"

namespace undertone {
namespace {

bool stands_for_itself(int byte) {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
}

// Code point of each byte's letter; all are below U+0144, so two bytes of UTF-8 at most.
const std::array<int, 256>& letters() {
  static const std::array<int, 256> table = [] {
    std::array<int, 256> t{};
    int next = 0x100;
    for (int b = 0; b < 256; ++b) t[static_cast<std::size_t>(b)] = stands_for_itself(b) ? b : next++;
    return t;
  }();
  return table;
}

const std::array<int, 0x144>& bytes() {
  static const std::array<int, 0x144> table = [] {
    std::array<int, 0x144> t;
    t.fill(-1);
    for (int b = 0; b < 256; ++b) t[static_cast<std::size_t>(letters()[static_cast<std::size_t>(b)])] = b;
    return t;
  }();
  return table;
}

std::uint64_t pair_of(std::int32_t left, std::int32_t right) {
  return (std::uint64_t{static_cast<std::uint32_t>(left)} << 32) | static_cast<std::uint32_t>(right);
}

std::size_t spread(std::uint64_t pair) {  // Steele et al. 2014, the finaliser of SplitMix64
  pair = (pair ^ (pair >> 30)) * 0xbf58476d1ce4e5b9u;
  pair = (pair ^ (pair >> 27)) * 0x94d049bb133111ebu;
  return static_cast<std::size_t>(pair ^ (pair >> 31));
}

[[noreturn]] void refuse(const TokenizerSource& source, std::string what) {
  throw Error(ErrorKind::weights, std::move(what), source.file,
              "use the tokenizer that belongs to the weights");
}

}  // namespace

std::optional<std::string> bytes_of_letters(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int c = static_cast<unsigned char>(text[i]);
    if (c >= 0xc2 && c <= 0xc5 && i + 1 < text.size() &&
        (static_cast<unsigned char>(text[i + 1]) & 0xc0) == 0x80)
      c = ((c & 0x1f) << 6) | (static_cast<unsigned char>(text[++i]) & 0x3f);
    else if (c >= 0x80)
      return std::nullopt;
    if (c >= 0x144 || bytes()[static_cast<std::size_t>(c)] < 0) return std::nullopt;
    out.push_back(static_cast<char>(bytes()[static_cast<std::size_t>(c)]));
  }
  return out;
}

std::string letters_of_bytes(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    const int c = letters()[static_cast<unsigned char>(byte)];
    if (c >= 0x80) {
      out.push_back(static_cast<char>(0xc0 | (c >> 6)));
      out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
    } else {
      out.push_back(static_cast<char>(c));
    }
  }
  return out;
}

BpeMerges::BpeMerges(const TokenizerSource& source) {
  IdsByText ids;  // in letters, as the merges name them
  ids.reserve(source.tokens.size());
  byte_ids_.fill(-1);
  std::vector<std::string> words(source.tokens.size());
  for (std::size_t i = 0; i < source.tokens.size(); ++i) {
    if (source.types[i] != TokenizerSource::TokenType::normal) continue;
    const std::string& token = source.tokens[i];
    auto word = bytes_of_letters(token);
    if (!word) refuse(source, fmt::format("token {} ('{}') is not in GPT-2's letters for bytes", i, token));
    const auto id = static_cast<std::int32_t>(i);
    if (word->size() == 1) byte_ids_[static_cast<unsigned char>(word->front())] = id;
    ids.emplace(token, id);
    words[i] = std::move(*word);
  }
  merges_.resize(std::bit_ceil(source.merges.size() * 2 + 1));
  for (std::size_t rank = 0; rank < source.merges.size(); ++rank) {
    const std::string& merge = source.merges[rank];
    const std::size_t gap = merge.find(' ');
    if (gap == std::string::npos || gap == 0 || gap + 1 == merge.size() ||
        merge.find(' ', gap + 1) != std::string::npos)
      refuse(source, fmt::format("merge {} ('{}') is not two tokens", rank, merge));
    const std::string left = merge.substr(0, gap), right = merge.substr(gap + 1);
    const auto id_of = [&](const std::string& token) {
      const auto it = ids.find(token);
      if (it == ids.end())
        refuse(source, fmt::format("merge {} needs the token '{}', which does not exist", rank, token));
      return it->second;
    };
    insert({pair_of(id_of(left), id_of(right)), static_cast<std::int32_t>(rank), id_of(left + right)},
           source);
  }
  std::vector<std::int32_t> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].empty()) continue;
    out.clear();
    merge_word(words[i], out);
    if (out.size() == 1 && out.front() == static_cast<std::int32_t>(i))
      whole_.emplace(std::move(words[i]), out.front());
  }
}

void BpeMerges::insert(const Merge& merge, const TokenizerSource& source) {
  const std::size_t mask = merges_.size() - 1;
  std::size_t i = spread(merge.pair) & mask;
  for (; merges_[i].rank >= 0; i = (i + 1) & mask)
    if (merges_[i].pair == merge.pair)
      refuse(source, fmt::format("merges {} and {} are the same", merges_[i].rank, merge.rank));
  merges_[i] = merge;
}

const BpeMerges::Merge* BpeMerges::find(std::int32_t left, std::int32_t right) const {
  const std::uint64_t pair = pair_of(left, right);
  const std::size_t mask = merges_.size() - 1;
  for (std::size_t i = spread(pair) & mask; merges_[i].rank >= 0; i = (i + 1) & mask)
    if (merges_[i].pair == pair) return &merges_[i];
  return nullptr;
}

void BpeMerges::encode_word(std::string_view text, std::vector<std::int32_t>& ids) const {
  if (const auto it = whole_.find(text); it != whole_.end())
    ids.push_back(it->second);
  else
    merge_word(text, ids);
}

void BpeMerges::merge_word(std::string_view text, std::vector<std::int32_t>& ids) const {
  struct Symbol {
    std::int32_t id;
    std::int32_t before, after;  // places of the neighbours, -1: none
  };
  std::vector<Symbol> symbols;
  symbols.reserve(text.size());
  for (const char byte : text) {
    const std::int32_t id = byte_ids_[static_cast<unsigned char>(byte)];
    const auto place = static_cast<std::int32_t>(symbols.size());
    if (id >= 0) symbols.push_back({id, place - 1, place + 1});
  }
  if (symbols.empty()) return;
  symbols.back().after = -1;

  // Lowest rank first, among equals the leftmost. Entries are not removed when a neighbour merges; they are
  // known by their pair, which then no longer stands there.
  struct Candidate {
    std::int32_t rank, place, left, right, merged;
    bool operator>(const Candidate& o) const { return std::tie(rank, place) > std::tie(o.rank, o.place); }
  };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto consider = [&](std::int32_t place) {
    if (place < 0) return;
    const Symbol& s = symbols[static_cast<std::size_t>(place)];
    if (s.after < 0) return;
    const std::int32_t right = symbols[static_cast<std::size_t>(s.after)].id;
    if (const Merge* m = find(s.id, right)) queue.push({m->rank, place, s.id, right, m->id});
  };
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i) consider(static_cast<std::int32_t>(i));
  while (!queue.empty()) {
    const Candidate c = queue.top();
    queue.pop();
    Symbol& s = symbols[static_cast<std::size_t>(c.place)];
    if (s.id != c.left || s.after < 0) continue;
    Symbol& next = symbols[static_cast<std::size_t>(s.after)];
    if (next.id != c.right) continue;
    s.id = c.merged;
    s.after = next.after;
    next.id = -1;
    if (s.after >= 0) symbols[static_cast<std::size_t>(s.after)].before = c.place;
    consider(s.before);
    consider(c.place);
  }
  for (std::int32_t i = 0; i >= 0; i = symbols[static_cast<std::size_t>(i)].after)
    ids.push_back(symbols[static_cast<std::size_t>(i)].id);
}

}  // namespace undertone
