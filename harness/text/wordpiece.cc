#include "harness/text/wordpiece.h"

#include <fmt/format.h>
#include <utf8proc.h>
#include <algorithm>
#include <array>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace {

constexpr std::size_t kLongestWord = 100;  // in characters; longer ones are unknown, as in the reference

bool is_space(utf8proc_int32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return true;  // other controls are removed, as in the reference
  const auto category = utf8proc_category(c);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

bool is_removed(utf8proc_int32_t c) {
  if (c == 0 || c == 0xfffd) return true;
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
      return true;
    default:
      return false;
  }
}

bool is_punctuation(utf8proc_int32_t c) {
  if ((c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126))
    return true;  // also $ + < = > ^ ` | ~
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return true;
    default:
      return false;
  }
}

bool is_cjk(utf8proc_int32_t c) {
  static constexpr std::array<std::pair<utf8proc_int32_t, utf8proc_int32_t>, 8> kBlocks{{{0x4e00, 0x9fff},
                                                                                         {0x3400, 0x4dbf},
                                                                                         {0x20000, 0x2a6df},
                                                                                         {0x2a700, 0x2b73f},
                                                                                         {0x2b740, 0x2b81f},
                                                                                         {0x2b920, 0x2ceaf},
                                                                                         {0xf900, 0xfaff},
                                                                                         {0x2f800, 0x2fa1f}}};
  return std::any_of(kBlocks.begin(), kBlocks.end(),
                     [c](const auto& b) { return c >= b.first && c <= b.second; });
}

void append(std::string& out, utf8proc_int32_t c) {
  utf8proc_uint8_t bytes[4];
  const auto n = utf8proc_encode_char(c, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(n));
}

// Canonical decomposition without the marks, in lower case.
void fold(utf8proc_int32_t c, std::string& out) {
  std::array<utf8proc_int32_t, 32> parts;  // the longest canonical decomposition has four
  int boundary = 0;
  const auto n = utf8proc_decompose_char(c, parts.data(), parts.size(), UTF8PROC_DECOMPOSE, &boundary);
  for (utf8proc_ssize_t i = 0; i < n && i < static_cast<utf8proc_ssize_t>(parts.size()); ++i)
    if (utf8proc_category(parts[static_cast<std::size_t>(i)]) != UTF8PROC_CATEGORY_MN)
      append(out, utf8proc_tolower(parts[static_cast<std::size_t>(i)]));
}

}  // namespace

std::vector<std::string> WordPiece::words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) out.push_back(std::move(word));
    word.clear();
  };
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t c = -1;
    const auto n = utf8proc_iterate(at, left, &c);
    const auto step = n > 0 ? n : 1;
    at += step;
    left -= step;
    if (n <= 0) continue;
    if (is_space(c)) {
      flush();
    } else if (is_removed(c)) {
      continue;
    } else if (is_cjk(c)) {
      flush();
      fold(c, word);  // compatibility ideographs decompose to unified ones
      flush();
    } else {
      std::string folded;
      fold(c, folded);
      // Punctuation is looked for behind the folding, as some characters decompose into it (";" from the
      // Greek question mark).
      const auto* f = reinterpret_cast<const utf8proc_uint8_t*>(folded.data());
      for (utf8proc_ssize_t rest = static_cast<utf8proc_ssize_t>(folded.size()); rest > 0;) {
        utf8proc_int32_t d = -1;
        const auto m = utf8proc_iterate(f, rest, &d);
        if (is_punctuation(d)) {
          flush();
          append(word, d);
          flush();
        } else if (is_space(d)) {
          flush();
        } else {
          append(word, d);
        }
        f += m;
        rest -= m;
      }
    }
  }
  flush();
  return out;
}

WordPiece WordPiece::from_vocabulary_file(const std::string& path) {
  std::vector<std::string> pieces;
  const std::string text = read_file(path);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.pop_back();
    pieces.push_back(std::move(line));
    at = end + 1;
  }
  return WordPiece(pieces, path);
}

WordPiece::WordPiece(std::span<const std::string> pieces, const std::string& name) {
  for (const std::string& p : pieces)
    if (!ids_.emplace(p, static_cast<std::int32_t>(ids_.size())).second)
      throw Error(ErrorKind::weights, fmt::format("the piece '{}' stands twice in the vocabulary", p),
                  fmt::format("{}:{}", name, ids_.size() + 1),
                  "use the vocabulary that belongs to the weights");
  special("[PAD]", name);
  unknown_ = special("[UNK]", name);
  begin_ = special("[CLS]", name);
  end_ = special("[SEP]", name);
}

std::int32_t WordPiece::special(const std::string& piece, const std::string& name) const {
  const auto it = ids_.find(piece);
  if (it == ids_.end())
    throw Error(ErrorKind::weights, fmt::format("the vocabulary has no '{}'", piece), name,
                "use the vocab.txt of a BERT model");
  return it->second;
}

void WordPiece::split(const std::string& word, std::vector<std::int32_t>& out) const {
  // Starts of characters: a piece never ends within one.
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((static_cast<unsigned char>(word[i]) & 0xc0) != 0x80) starts.push_back(i);
  if (starts.size() > kLongestWord) {
    out.push_back(unknown_);
    return;
  }
  starts.push_back(word.size());
  const std::size_t before = out.size();
  for (std::size_t from = 0; from + 1 < starts.size();) {
    std::size_t to = starts.size() - 1;
    for (; to > from; --to) {
      std::string piece = word.substr(starts[from], starts[to] - starts[from]);
      if (from > 0) piece.insert(0, "##");
      if (const auto it = ids_.find(piece); it != ids_.end()) {
        out.push_back(it->second);
        break;
      }
    }
    if (to == from) {  // no piece fits: the whole word is unknown
      out.resize(before);
      out.push_back(unknown_);
      return;
    }
    from = to;
  }
}

std::vector<std::int32_t> WordPiece::encode(std::string_view text, std::size_t max_tokens) const {
  std::vector<std::int32_t> out{begin_};
  for (const std::string& word : words(text)) {
    split(word, out);
    if (out.size() + 1 >= max_tokens) break;
  }
  out.resize(std::min(out.size(), max_tokens - 1));
  out.push_back(end_);
  return out;
}

}  // namespace undertone
