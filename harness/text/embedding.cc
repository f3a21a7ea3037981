#include "harness/text/embedding.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/core/error.h"

namespace undertone {

double embedding_cosine(const std::vector<float>& a, const std::vector<float>& b, const std::string& who) {
  if (a.size() != b.size() || a.empty())
    throw Error(ErrorKind::model,
                fmt::format("the text encoder gave embeddings of {} and {} numbers", a.size(), b.size()), who,
                "check the encoder's weights");
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * double{b[i]};
    aa += double{a[i]} * double{a[i]};
    bb += double{b[i]} * double{b[i]};
  }
  const double c = ab / std::sqrt(aa * bb);
  if (!std::isfinite(c))
    throw Error(ErrorKind::model, "the cosine of two embeddings is not a finite number", who,
                "check the text encoder: an embedding is zero or not finite");
  return c;
}

}  // namespace undertone
