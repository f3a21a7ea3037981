// Who may include whom: the walls of the tree, checked on its #include lines.
#pragma once

#include <string>
#include <vector>

namespace undertone::test {

struct Breach {
  std::string file;  // relative to the root
  int line = 0;
  std::string include;  // as written, with its brackets or quotes
  std::string rule;     // what it breaks, in words
  std::string str() const { return file + ":" + std::to_string(line) + ": " + include + ": " + rule; }
};

// Reads every .h and .cc below harness, suites, datasets, judges, metrics and reports of `root`, in byte
// order of their paths. A file in a folder that belongs to no known part is a breach too: a new part needs a
// rule.
std::vector<Breach> breaches(const std::string& root);

// Headers below the same folders, relative to `root`, in byte order.
std::vector<std::string> headers(const std::string& root);

}  // namespace undertone::test
