// Keys of servers. A Secret can be sent, never shown: it has no output operator, no format and no JSON.
#pragma once

#include <iosfwd>
#include <string>

namespace undertone {

class Secret {
 public:
  Secret() = default;
  // Blanks at the ends are dropped (files end in a line break). Throws Error{usage}, naming `source` but not
  // the value, when a control character is inside: it would break the header that it is sent in.
  explicit Secret(std::string value, const std::string& source = "the key");
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();  // wipes its memory

  bool empty() const { return value_.empty(); }
  // For the one header that carries it; whoever calls this must not keep, print or store what comes back.
  const std::string& reveal() const { return value_; }
  // Replaces the key, its percent-encoded form, and a beginning of it with which the text ends (a text may be
  // cut inside the key), by "[key]". Values under 8 characters ("EMPTY", "none") are what local servers are
  // given in place of a key: they stay, since replacing them would garble texts.
  void redact(std::string& text) const;

 private:
  void wipe() noexcept;
  std::string value_;
};
std::ostream& operator<<(std::ostream&, const Secret&) = delete;

// The first line of a file. Throws Error{io} when it cannot be read, Error{usage} when it is empty.
Secret read_secret(const std::string& path);

}  // namespace undertone
