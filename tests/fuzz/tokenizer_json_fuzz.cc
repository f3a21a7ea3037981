// Any JSON: a tokenizer.json is refused with an Error, or makes a tokenizer that encodes and decodes.
#include <cstdint>
#include <cstdlib>

#include "harness/core/error.h"
#include "harness/text/tokenizer_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  try {
    const Json root = parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
    TokenizerSource source = parse_tokenizer_json(root, "fuzz");
    if (const Json* config = root.find("config")) apply_tokenizer_config(*config, source);
    const auto tokenizer = make_tokenizer(source);
    for (const bool special : {false, true})
      for (const auto id : tokenizer->encode("ab 12\xff<|end|>", special))
        if (id < 0 || id >= tokenizer->size()) std::abort();
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::internal) std::abort();
  }
  return 0;
}
