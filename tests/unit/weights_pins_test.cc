#include "harness/weights/pins.h"

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;

Error error_of(const PinnedWeights& w) {
  try {
    verify_weights(w);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::weights);
    return e;
  }
  return Error(ErrorKind::internal, "no error");
}

TEST(Pins, LanguageModelsAreThere) {
  const std::string pins = test::source_path("harness/weights/pins.json");
  const PinnedWeights smol = pinned_weights(pins, "smollm2-135m-instruct");
  EXPECT_EQ(smol.format, "gguf");
  EXPECT_EQ(smol.licence, "Apache-2.0");
  EXPECT_EQ(smol.consent, "");
  const PinnedWeights gemma = pinned_weights(pins, "gemma-3-270m");
  EXPECT_EQ(gemma.consent, "gemma");
  EXPECT_EQ(gemma.terms.rfind("https://", 0), 0u);
}

TEST(Pins, AMissingFileSaysHowToGetIt) {
  test::TemporaryFolder folder;
  PinnedWeights w{.name = "m",
                  .folder = folder.path(),
                  .file = folder / "model.gguf",
                  .sha256 = std::string(64, '0'),
                  .licence = "Some Terms",
                  .format = "gguf",
                  .consent = "",
                  .terms = ""};
  EXPECT_THAT(error_of(w).mend(), HasSubstr("run './undertone setup'"));
  w.consent = "some";
  w.terms = "https://example.org/terms";
  const Error e = error_of(w);
  EXPECT_THAT(e.place(), HasSubstr("model.gguf"));
  for (const char* part :
       {"Some Terms", "https://example.org/terms", "UNDERTONE_ACCEPT_LICENCES=some ./undertone setup"})
    EXPECT_THAT(e.mend(), HasSubstr(part));
  write_file_atomically(w.file, "other bytes");
  EXPECT_THAT(error_of(w).what_happened(), HasSubstr("is pinned for 'm'"));
}

}  // namespace
}  // namespace undertone
