#include <fmt/format.h>
#include <cmath>

#include "harness/core/error.h"
#include "harness/weights/gguf.h"

namespace undertone {
namespace {

std::string described(const GgufValue& v) {
  struct Describe {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return fmt::format("the integer {}", i); }
    std::string operator()(std::uint64_t i) const { return fmt::format("the integer {}", i); }
    std::string operator()(double d) const { return fmt::format("the number {}", d); }
    std::string operator()(const std::string& s) const { return fmt::format("a text of {} bytes", s.size()); }
    std::string operator()(const std::vector<std::int64_t>& a) const {
      return fmt::format("an array of {} integers", a.size());
    }
    std::string operator()(const std::vector<double>& a) const {
      return fmt::format("an array of {} numbers", a.size());
    }
    std::string operator()(const std::vector<std::string>& a) const {
      return fmt::format("an array of {} texts", a.size());
    }
  };
  return std::visit(Describe{}, v);
}

[[noreturn]] void wrong(const GgufMetadata& m, std::string_view key, std::string_view wanted) {
  const GgufValue* v = m.find(key);
  throw Error(ErrorKind::weights,
              fmt::format("metadata '{}': expected {}, found {}", key, wanted, v ? described(*v) : "nothing"),
              m.path, "the file is of another architecture or incomplete: name weights that fit the model");
}

}  // namespace

const GgufValue* GgufMetadata::find(std::string_view key) const {
  const auto it = values.find(key);
  return it == values.end() ? nullptr : &it->second;
}

std::int64_t GgufMetadata::integer(std::string_view key) const {
  if (const GgufValue* v = find(key)) {
    if (const auto* i = std::get_if<std::int64_t>(v)) return *i;
    if (const auto* u = std::get_if<std::uint64_t>(v); u && *u <= std::uint64_t{INT64_MAX})
      return static_cast<std::int64_t>(*u);
  }
  wrong(*this, key, "an integer");
}

double GgufMetadata::number(std::string_view key) const {
  if (const GgufValue* v = find(key)) {
    if (const auto* d = std::get_if<double>(v); d && std::isfinite(*d)) return *d;
    if (const auto* i = std::get_if<std::int64_t>(v)) return static_cast<double>(*i);
    if (const auto* u = std::get_if<std::uint64_t>(v)) return static_cast<double>(*u);
  }
  wrong(*this, key, "a finite number");
}

const std::string& GgufMetadata::text(std::string_view key) const {
  if (const GgufValue* v = find(key))
    if (const auto* s = std::get_if<std::string>(v)) return *s;
  wrong(*this, key, "a text");
}

const std::vector<std::string>& GgufMetadata::texts(std::string_view key) const {
  if (const GgufValue* v = find(key))
    if (const auto* s = std::get_if<std::vector<std::string>>(v)) return *s;
  wrong(*this, key, "an array of texts");
}

std::vector<double> GgufMetadata::numbers(std::string_view key) const {
  if (const GgufValue* v = find(key)) {
    if (const auto* d = std::get_if<std::vector<double>>(v)) return *d;
    if (const auto* i = std::get_if<std::vector<std::int64_t>>(v)) return {i->begin(), i->end()};
  }
  wrong(*this, key, "an array of numbers");
}

std::int64_t GgufMetadata::integer_or(std::string_view key, std::int64_t otherwise) const {
  return find(key) ? integer(key) : otherwise;
}

double GgufMetadata::number_or(std::string_view key, double otherwise) const {
  return find(key) ? number(key) : otherwise;
}

}  // namespace undertone
