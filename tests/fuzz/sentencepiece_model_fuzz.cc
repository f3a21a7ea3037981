// Any bytes: a tokenizer.model is refused with an Error, or makes a tokenizer that encodes and decodes.
#include <cstdint>
#include <cstdlib>

#include "harness/core/error.h"
#include "harness/text/sentencepiece_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  try {
    const auto source = parse_sentencepiece_model({reinterpret_cast<const char*>(data), size}, "fuzz");
    const auto tokenizer = make_tokenizer(source);
    const auto ids = tokenizer->encode("ab 12\xff <turn>", true);
    for (const auto id : ids)
      if (id < 0 || id >= tokenizer->size()) std::abort();
    tokenizer->decode(ids);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::internal) std::abort();
  }
  return 0;
}
