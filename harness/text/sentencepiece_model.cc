#include "harness/text/sentencepiece_model.h"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <cstring>

#include "harness/core/error.h"

namespace undertone {
namespace {

using Type = TokenizerSource::TokenType;

// Field numbers of sentencepiece_model.proto.
namespace field {
constexpr int pieces = 1, trainer = 2, normalizer = 3, denormalizer = 5;       // ModelProto
constexpr int piece = 1, score = 2, type = 3;                                  // SentencePiece
constexpr int model_type = 3, vocabulary_size = 4, whitespace_as_suffix = 24;  // TrainerSpec
constexpr int byte_fallback = 35, unk_id = 40, bos_id = 41, eos_id = 42, pad_id = 43;
constexpr int charsmap = 2, dummy_prefix = 3, remove_extra_spaces = 4, escape_spaces = 5;  // NormalizerSpec
}  // namespace field
constexpr std::uint64_t kUnigram = 1, kBpe = 2;
constexpr std::string_view kSpaceMark = "\xe2\x96\x81";  // U+2581

enum Wire { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void put_varint(std::string& out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7) out.push_back(static_cast<char>(v | 0x80));
  out.push_back(static_cast<char>(v));
}
void put_tag(std::string& out, int field, Wire wire) {
  put_varint(out, static_cast<std::uint64_t>(field) << 3 | wire);
}
void put(std::string& out, int field, std::uint64_t v) {
  put_tag(out, field, varint);
  put_varint(out, v);
}
void put(std::string& out, int field, std::string_view v) {
  put_tag(out, field, bytes);
  put_varint(out, v.size());
  out += v;
}
void put(std::string& out, int field, float v) {
  put_tag(out, field, fixed32);
  const auto bits = std::bit_cast<std::uint32_t>(v);
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(bits >> (8 * i)));
}

[[noreturn]] void refuse(const std::string& file, std::string what, std::string mend = {}) {
  throw Error(ErrorKind::weights, std::move(what), file,
              mend.empty() ? "fetch the file again" : std::move(mend));
}

struct Field {
  int number = 0;
  Wire wire = varint;
  std::uint64_t value = 0;  // varint, fixed64, fixed32
  std::string_view text;    // bytes
};

// One message's fields in order.
class Message {
 public:
  Message(std::string_view data, const std::string& file) : data_(data), file_(file) {}
  bool next(Field& out) {
    if (data_.empty()) return false;
    const std::uint64_t tag = take_varint();
    if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
      refuse(file_, "the SentencePiece model has a field without a number");
    out = {static_cast<int>(tag >> 3), static_cast<Wire>(tag & 7), 0, {}};
    switch (tag & 7) {
      case varint:
        out.value = take_varint();
        break;
      case fixed64:
        out.value = take_fixed(8);
        break;
      case fixed32:
        out.value = take_fixed(4);
        break;
      case bytes:
        out.text = take(take_varint());
        break;
      default:
        refuse(file_,
               fmt::format("the SentencePiece model has a field of the unknown wire type {}", tag & 7));
    }
    return true;
  }

 private:
  std::string_view take(std::uint64_t n) {
    if (n > data_.size()) refuse(file_, "the SentencePiece model ends within a field");
    const std::string_view out = data_.substr(0, n);
    data_.remove_prefix(n);
    return out;
  }
  std::uint64_t take_fixed(std::uint64_t n) {
    std::uint64_t v = 0;
    const std::string_view part = take(n);
    for (std::size_t i = 0; i < n; ++i) v |= std::uint64_t{static_cast<unsigned char>(part[i])} << (8 * i);
    return v;
  }
  std::uint64_t take_varint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto c = static_cast<unsigned char>(take(1).front());
      v |= std::uint64_t{c & 0x7fu} << shift;
      if (c < 0x80) return v;
    }
    refuse(file_, "the SentencePiece model has an integer of more than ten bytes");
  }
  std::string_view data_;
  const std::string& file_;
};

void expect(const Field& f, Wire wire, const std::string& file) {
  if (f.wire != wire)
    refuse(file, fmt::format("field {} of the SentencePiece model has wire type {} instead of {}", f.number,
                             static_cast<int>(f.wire), static_cast<int>(wire)));
}

void read_piece(std::string_view data, const std::string& file, TokenizerSource& out) {
  std::string text;
  float score = 0;
  auto type = static_cast<std::uint64_t>(Type::normal);
  Message message(data, file);
  for (Field f; message.next(f);) {
    if (f.number == field::piece) {
      expect(f, bytes, file);
      text = f.text;
    } else if (f.number == field::score) {
      expect(f, fixed32, file);
      score = std::bit_cast<float>(static_cast<std::uint32_t>(f.value));
    } else if (f.number == field::type) {
      expect(f, varint, file);
      type = f.value;
    }
  }
  if (type < 1 || type > 6)
    refuse(file, fmt::format("piece {} has the unknown type {}", out.tokens.size(), type));
  out.tokens.push_back(std::move(text));
  out.scores.push_back(score);
  out.types.push_back(static_cast<Type>(type));
}

void read_trainer(std::string_view data, const std::string& file, TokenizerSource& out) {
  std::uint64_t model = kUnigram;
  // Defaults of the format; a negative number stands for none.
  std::int32_t unk = 0, bos = 1, eos = 2, pad = -1;
  Message message(data, file);
  for (Field f; message.next(f);) {
    const auto id = static_cast<std::int32_t>(static_cast<std::int64_t>(f.value));
    if (f.number == field::model_type) model = f.value;
    if (f.number == field::unk_id) unk = id;
    if (f.number == field::bos_id) bos = id;
    if (f.number == field::eos_id) eos = id;
    if (f.number == field::pad_id) pad = id;
    if (f.number == field::whitespace_as_suffix && f.value != 0)
      refuse(file, "the SentencePiece model writes spaces as suffixes",
             "use a model that writes them as prefixes");
  }
  if (model != kBpe)
    refuse(file, fmt::format("the SentencePiece model is of type {}, not BPE", model),
           "use a model whose tokenizer is SentencePiece BPE (Llama 2, Gemma)");
  const auto optional = [](std::int32_t id) { return id < 0 ? std::nullopt : std::optional(id); };
  out.unk = optional(unk);
  out.bos = optional(bos);
  out.eos = optional(eos);
  out.pad = optional(pad);
}

void read_normalizer(std::string_view data, const std::string& file, TokenizerSource& out) {
  bool rules = false, prefix = true, strip = true, escape = true;
  Message message(data, file);
  for (Field f; message.next(f);) {
    if (f.number == field::charsmap) rules = !f.text.empty();
    if (f.number == field::dummy_prefix) prefix = f.value != 0;
    if (f.number == field::remove_extra_spaces) strip = f.value != 0;
    if (f.number == field::escape_spaces) escape = f.value != 0;
  }
  if (rules || strip || !escape)
    refuse(file, "the SentencePiece model normalises its text, which is not supported here",
           "use a model with the identity normaliser (Llama 2, Gemma)");
  out.add_space_prefix = prefix;
}

}  // namespace

std::string write_sentencepiece_model(const TokenizerSource& source) {
  std::string out, piece;
  for (std::size_t i = 0; i < source.tokens.size(); ++i) {
    piece.clear();
    std::string text = source.tokens[i];
    for (std::size_t at = 0; (at = text.find(' ', at)) != std::string::npos; at += kSpaceMark.size())
      text.replace(at, 1, kSpaceMark);
    put(piece, field::piece, text);
    put(piece, field::score, source.scores[i]);
    put(piece, field::type, static_cast<std::uint64_t>(source.types[i]));
    put(out, field::pieces, piece);
  }
  std::string trainer, normalizer;
  put(trainer, field::model_type, kBpe);
  put(trainer, field::vocabulary_size, source.tokens.size());
  put(trainer, field::byte_fallback,
      std::uint64_t{std::count(source.types.begin(), source.types.end(), Type::byte) > 0});
  put(out, field::trainer, trainer);
  put(normalizer, field::dummy_prefix, std::uint64_t{source.add_space_prefix});
  put(normalizer, field::remove_extra_spaces, std::uint64_t{0});
  put(normalizer, field::escape_spaces, std::uint64_t{1});
  put(out, field::normalizer, normalizer);
  return out;
}

TokenizerSource parse_sentencepiece_model(std::string_view data, const std::string& file) {
  TokenizerSource out;
  out.kind = TokenizerSource::Kind::sentencepiece;
  out.file = file;
  std::string_view trainer, normalizer, denormalizer;  // the last one stands, as protocol buffers have it
  Message message(data, file);
  for (Field f; message.next(f);) {
    if (f.number == field::pieces) {
      expect(f, bytes, file);
      read_piece(f.text, file, out);
    } else if (f.number == field::trainer || f.number == field::normalizer ||
               f.number == field::denormalizer) {
      expect(f, bytes, file);
      (f.number == field::trainer      ? trainer
       : f.number == field::normalizer ? normalizer
                                       : denormalizer) = f.text;
    }
  }
  read_trainer(trainer, file, out);
  read_normalizer(normalizer, file, out);
  Message rules(denormalizer, file);
  for (Field f; rules.next(f);)
    if (f.number == field::charsmap && !f.text.empty())
      refuse(file, "the SentencePiece model rewrites what it decodes, which is not supported here",
             "use a model without a denormaliser (Llama 2, Gemma)");
  return out;
}

}  // namespace undertone
