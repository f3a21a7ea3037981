// Little-endian fields of a binary header, one after the other; what is wrong names file, place and field.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace undertone {

static_assert(std::endian::native == std::endian::little, "the formats are little-endian and read in place");

class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  template <class T>
  T number(std::string_view what) {
    T v;
    std::memcpy(&v, take(sizeof v, what).data(), sizeof v);
    return v;
  }
  // Throws before anything is allocated: a size that the file claims is never trusted.
  std::span<const std::byte> take(std::uint64_t n, std::string_view what);
  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }

  // What is being read, such as "tensor 'a.weight'": stands before every message until it is set anew.
  void set_place(std::string place) { place_ = std::move(place); }
  // Throws Error{weights}.
  [[noreturn]] void fail(const std::string& what, const std::string& mend = kDamaged) const;

  static constexpr const char* kDamaged = "the file is damaged: fetch it again, or convert it anew";

 private:
  std::span<const std::byte> bytes_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::string place_;
};

}  // namespace undertone
