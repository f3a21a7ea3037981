#include "harness/text/bpe_split.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>
#include <array>

#include "harness/core/error.h"

namespace undertone {
namespace {

// White space as Oniguruma has it, which the reference uses: PCRE2's own \s would count U+180E.
#define UT_SPACE R"(\x{9}-\x{d}\x{85}\p{Z})"
#define UT_MARKS "[^" UT_SPACE R"(\p{L}\p{N}]+)"
#define UT_CONTRACTIONS "'s|'t|'re|'ve|'m|'ll|'d"

struct Named {
  std::string_view name, pattern;
};
constexpr std::array<Named, 2> kPatterns{{
    {"gpt-2", UT_CONTRACTIONS R"(| ?\p{L}+| ?\p{N}+| ?)" UT_MARKS "|[" UT_SPACE "]+(?![^" UT_SPACE
                              "])|[" UT_SPACE "]+"},
    // The reference cuts out numerals first and then applies GPT-2's pattern to what lies between, so that
    // white space in front of a numeral stands at the end of its part and leaves nothing over.
    {"smollm", UT_CONTRACTIONS R"(| ?\p{L}+|\p{N}| ?)" UT_MARKS "|[" UT_SPACE "]+(?![^" UT_SPACE
                               R"(\p{N}])|[)" UT_SPACE "]+"},
}};

#undef UT_SPACE
#undef UT_MARKS
#undef UT_CONTRACTIONS

}  // namespace

struct WordSplitter::Code {
  pcre2_code* pattern = nullptr;
  ~Code() { pcre2_code_free(pattern); }
};

WordSplitter::WordSplitter(const std::string& name, const std::string& file)
    : code_(std::make_unique<Code>()) {
  std::string known;
  for (const Named& named : kPatterns) {
    known += (known.empty() ? "" : ", ") + std::string(named.name);
    if (named.name != name) continue;
    int error = 0;
    PCRE2_SIZE offset = 0;
    code_->pattern = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(named.pattern.data()), named.pattern.size(),
                                   PCRE2_UTF | PCRE2_ANCHORED, &error, &offset, nullptr);
    if (!code_->pattern)
      throw Error(ErrorKind::internal,
                  fmt::format("pre-tokenizer '{}': PCRE2 error {} at {}", name, error, offset));
    pcre2_jit_compile(code_->pattern, PCRE2_JIT_COMPLETE);  // where it fails, matching is slower and the same
    return;
  }
  throw Error(ErrorKind::weights,
              fmt::format("the pre-tokenizer '{}' is not known; known are: {}", name, known), file,
              "use a model with one of these pre-tokenizers");
}

WordSplitter::~WordSplitter() = default;

void WordSplitter::split(std::string_view utf8, const std::function<void(std::string_view)>& word) const {
  const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> match(
      pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(utf8.data());
  for (std::size_t at = 0; at < utf8.size();) {
    int rc = pcre2_match(code_->pattern, subject, utf8.size(), at, PCRE2_NO_UTF_CHECK, match.get(), nullptr);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
      rc = pcre2_match(code_->pattern, subject, utf8.size(), at, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                       match.get(), nullptr);
    const std::size_t end = rc > 0 ? pcre2_get_ovector_pointer(match.get())[1] : at;
    // Every character begins one of the alternatives, so a failure is a limit of memory or a bug.
    if (end <= at)
      throw Error(ErrorKind::internal, fmt::format("a text could not be split: PCRE2 error {}", rc));
    word(utf8.substr(at, end - at));
    at = end;
  }
}

}  // namespace undertone
