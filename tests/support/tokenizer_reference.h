// Comparing a tokenizer with the lines that tests/golden/make_tokenizer_reference.py writes. Header-only.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "harness/core/json.h"
#include "harness/text/tokenizer.h"

namespace undertone::test {

inline std::string bytes_of_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return out;
}

// Compares ids and the texts that they decode to; returns how many strings were equal, by kind. `repaired`
// makes of a string what it decodes to where the line says nothing else.
template <class Repair>
std::map<std::string, int> expect_reference(const Tokenizer& tokenizer, const std::string& path,
                                            Repair repaired) {
  std::map<std::string, int> equal, shown;
  for (const Json& line : read_jsonl_file(path)) {
    const std::string kind = line.at("kind").as_string(), bytes = bytes_of_hex(line.at("hex").as_string());
    std::vector<std::int32_t> theirs;
    for (const Json& id : line.at("ids").elements()) theirs.push_back(static_cast<std::int32_t>(id.as_int()));
    const auto ours = tokenizer.encode(bytes, line.at("special").as_bool());
    const Json* text = line.find("text");
    const bool same =
        ours == theirs && tokenizer.decode(theirs) == (text ? text->as_string() : repaired(bytes));
    if (same) {
      ++equal[kind];
    } else if (++shown[kind] <= 3) {
      ADD_FAILURE() << kind << ", line " << line.place().line << ": " << testing::PrintToString(bytes)
                    << (line.at("special").as_bool() ? " with" : " without") << " special tokens\nours   "
                    << testing::PrintToString(ours) << "\ntheirs " << testing::PrintToString(theirs)
                    << "\nours   " << testing::PrintToString(tokenizer.decode(theirs)) << "\ntheirs "
                    << testing::PrintToString(text ? text->as_string() : repaired(bytes));
    }
  }
  for (const auto& [kind, n] : shown) ADD_FAILURE() << n << " strings of '" << kind << "' differ";
  return equal;
}

}  // namespace undertone::test
