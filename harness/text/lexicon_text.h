// The files of lexicons/, compiled in by lexicons.cmake.
#pragma once

#include <span>
#include <string_view>

namespace undertone::lexicon {

struct Source {
  std::string_view name, text;
};
std::span<const Source> sources();

}  // namespace undertone::lexicon
