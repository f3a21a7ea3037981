// Any bytes as a judge's reply: a rating on the scale or a typed failure, the same twice, and never both.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "judges/rating.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  const std::string_view reply(reinterpret_cast<const char*>(data), size);
  for (const Scale scale : {Scale{Scale::Kind::discrete_0_5}, Scale{Scale::Kind::binary}}) {
    const Verdict v = parse_rating(reply, "Rating", scale);
    if (v.index() != parse_rating(reply, "Rating", scale).index()) std::abort();
    if (const auto* scored = std::get_if<Scored>(&v)) {
      if (!scale.admits(scored->value)) std::abort();
      // A second rating always takes the first one away.
      const std::string twice = std::string(reply) + "\nRating: 1";
      const Verdict other = parse_rating(twice, "Rating", scale);
      const bool bare = reply.find_first_of("Rr") == std::string_view::npos;
      if (!bare && std::holds_alternative<Scored>(other)) std::abort();
    } else if (!std::holds_alternative<ParseFailure>(v) && !std::holds_alternative<Refused>(v)) {
      std::abort();
    }
  }
  return 0;
}
