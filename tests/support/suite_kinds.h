// Kinds for tests of the suite reader, so that they do not change with the registries.
#pragma once

#include <string>

#include "suites/spec.h"

namespace undertone::test {

inline SuiteKinds fake_suite_kinds() {
  SuiteKinds kinds;
  kinds.datasets = {"dataset", {"synthetic", "folder"}, [](const std::string& kind, FieldReader& r) {
                      if (kind == "synthetic") {
                        int clips = 100;
                        r.field("clips", clips, "how many clips to speak", 1, 1000000);
                      } else {
                        std::string root;
                        r.field("root", root, "the corpus' folder").required();
                      }
                    }};
  kinds.judges = {"judge", {"rubric", "embedding"}, [](const std::string& kind, FieldReader& r) {
                    if (kind == "embedding") {
                      double floor = 0;
                      r.field("floor", floor, "cosine that scores 0", -1, 1);
                    } else {
                      int words = 30;
                      r.field("words", words, "longest answer without a deduction", 1, 1000);
                    }
                  }};
  kinds.metrics = {"metric", {"accuracy", "macro_f1"}, [](const std::string&, FieldReader&) {}};
  return kinds;
}

}  // namespace undertone::test
