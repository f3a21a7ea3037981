// Any bytes as a tape: a clear error, or a tape that is written to the bytes that were read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/run/tape.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  const std::string text(reinterpret_cast<const char*>(data), size);
  // As it stands, and with the digest made right, which no search would find.
  for (const std::string& tape : {text, text + Json::object({{"end", sha256_hex(text)}}).dump() + "\n"}) {
    try {
      const Tape read = parse_tape(tape, "f.jsonl");
      const std::string written = write_tape(read);
      if (write_tape(parse_tape(written, "g.jsonl")) != written) std::abort();
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::internal) std::abort();
    }
  }
  return 0;
}
