#include "harness/net/secret.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/core/ascii.h"
#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace {

constexpr std::size_t kShortest = 8, kShortestBeginning = 6;
constexpr std::string_view kInstead = "[key]";

void replace_all(std::string& text, const std::string& what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + kInstead.size()))
    text.replace(at, what.size(), kInstead);
}

std::string percent_encoded(const std::string& value) {
  std::string out;
  for (const char c : value) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

Secret::Secret(std::string value, const std::string& source) {
  while (!value.empty() && is_blank(value.back())) value.pop_back();
  std::size_t begin = 0;
  while (begin < value.size() && is_blank(value[begin])) ++begin;
  const bool broken = std::any_of(value.begin() + static_cast<std::ptrdiff_t>(begin), value.end(),
                                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!broken) value_ = value.substr(begin);
  std::fill(value.begin(), value.end(), '\0');
  if (broken)
    throw Error(ErrorKind::usage, "the key holds a line break or another control character", source,
                "put the key alone, on one line");
}

Secret::Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  value_ = other.value_;
  other.wipe();
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
  // volatile: the compiler must not drop stores to memory that is freed next.
  volatile char* bytes = value_.data();
  for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = '\0';
  value_.clear();
}

void Secret::redact(std::string& text) const {
  if (value_.size() < kShortest) return;
  replace_all(text, value_);
  const std::string encoded = percent_encoded(value_);
  if (encoded != value_) replace_all(text, encoded);
  for (std::size_t n = std::min(value_.size() - 1, text.size()); n >= kShortestBeginning; --n)
    if (text.compare(text.size() - n, n, value_, 0, n) == 0) {
      text.replace(text.size() - n, n, kInstead);
      return;
    }
}

Secret read_secret(const std::string& path) {
  std::string text = read_file(path);
  text.resize(std::min(text.find('\n'), text.size()));
  Secret secret(std::move(text), path);
  if (secret.empty())
    throw Error(ErrorKind::usage, "the file of the key is empty", path, "put the key on its first line");
  return secret;
}

}  // namespace undertone
