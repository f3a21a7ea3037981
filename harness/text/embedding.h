// Comparing embeddings of texts (text_model.h).
#pragma once

#include <string>
#include <vector>

namespace undertone {

// In double and in index order: the same bytes everywhere. Throws Error{model} naming `who` for vectors of
// unlike length, and where the result is not finite because one is zero or not finite.
double embedding_cosine(const std::vector<float>& a, const std::vector<float>& b, const std::string& who);

}  // namespace undertone
