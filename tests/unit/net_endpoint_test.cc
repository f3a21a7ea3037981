#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "harness/core/error.h"
#include "harness/net/endpoint.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

Environment with(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

TEST(ChatCompletionsUrl, TakesABaseInEveryFormThatPeopleGive) {
  for (const char* base : {"http://h:8000", "http://h:8000/", "http://h:8000/v1", "http://h:8000/v1/",
                           "http://h:8000/v1/chat/completions", "http://h:8000/v1/chat/completions/"})
    EXPECT_EQ(chat_completions_url(base), "http://h:8000/v1/chat/completions") << base;
  EXPECT_EQ(chat_completions_url("https://h/proxy"), "https://h/proxy/v1/chat/completions");
  EXPECT_EQ(chat_completions_url("https://h/v1beta/openai/"), "https://h/v1beta/openai/chat/completions");
  EXPECT_EQ(chat_completions_url("https://h/api/v3"), "https://h/api/v3/chat/completions");
  EXPECT_EQ(chat_completions_url("https://v1.h/vault"), "https://v1.h/vault/v1/chat/completions");
  EXPECT_EQ(chat_completions_url("https://h/v1?a=b"), "https://h/v1/chat/completions?a=b");
}

TEST(Endpoint, SaysWhichVariablesItUsed) {
  const Endpoint usual =
      find_endpoint({}, with({{"OPENAI_BASE_URL", "http://a/v1"}, {"OPENAI_API_KEY", "key-of-openai"}}));
  EXPECT_EQ(usual.target.url, "http://a/v1/chat/completions");
  EXPECT_EQ(usual.url_from, "OPENAI_BASE_URL");
  EXPECT_EQ(usual.key_from, "OPENAI_API_KEY");
  EXPECT_EQ(usual.target.key.reveal(), "key-of-openai");
  EXPECT_EQ(usual.target.key_header, "Authorization: Bearer ");

  EXPECT_EQ(find_endpoint({}, with({{"OPENAI_API_BASE", "http://b"}})).url_from, "OPENAI_API_BASE");
  EXPECT_THAT(
      find_endpoint({}, with({{"OPENAI_BASE_URL", "http://a"}, {"OPENAI_API_BASE", "http://b"}})).url_from,
      HasSubstr("OPENAI_API_BASE differs"));
  const Endpoint set = find_endpoint({.url = "http://c"}, with({{"OPENAI_BASE_URL", "http://a"}}));
  EXPECT_EQ(set.target.url, "http://c/v1/chat/completions");
  EXPECT_THAT(set.url_from, HasSubstr("url"));
  EXPECT_EQ(set.key_from, "") << "a local server needs no key";
}

TEST(Endpoint, VllmOnThisMachineGetsNoKeyOfAnotherServer) {
  const Endpoint e =
      find_endpoint({}, with({{"MY_VLLM_PORT_JUDGE", "5000"}, {"OPENAI_API_KEY", "key-of-openai"}}));
  EXPECT_EQ(e.target.url, "http://127.0.0.1:5000/v1/chat/completions");
  EXPECT_TRUE(e.target.key.empty());
  EXPECT_THROW(find_endpoint({}, with({{"MY_VLLM_PORT_JUDGE", "x"}})), Error);
}

TEST(Endpoint, AzureHasItsOwnPathVersionAndHeader) {
  const std::map<std::string, std::string> azure{{"AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com/"},
                                                 {"AZURE_OPENAI_API_KEY", "azure-key"},
                                                 {"AZURE_OPENAI_API_VERSION", "2024-10-21"},
                                                 {"OPENAI_API_KEY", "key-of-openai"}};
  const Endpoint e = find_endpoint({.model = "gpt-4o"}, with(azure));
  EXPECT_EQ(
      e.target.url,
      "https://mine.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21");
  EXPECT_EQ(e.target.key_header, "api-key: ");
  EXPECT_EQ(e.target.key.reveal(), "azure-key");
  EXPECT_EQ(e.url_from, "AZURE_OPENAI_ENDPOINT");
  EXPECT_THROW(find_endpoint({}, with(azure)), Error) << "no deployment";
}

TEST(Endpoint, SaysWhatIsMissing) {
  try {
    find_endpoint({}, with({}));
    FAIL() << "found one";
  } catch (const Error& e) {
    EXPECT_THAT(e.mend(), HasSubstr("OPENAI_BASE_URL"));
    EXPECT_THAT(e.mend(), HasSubstr("MY_VLLM_PORT_JUDGE"));
  }
  EXPECT_THROW(find_endpoint({.url = "http://a", .key_env = "MINE"}, with({{"OPENAI_API_KEY", "k"}})), Error);
  EXPECT_EQ(find_endpoint({.url = "http://a", .key_env = "MINE"}, with({{"MINE", "my-own-key"}})).key_from,
            "MINE");
}

TEST(Endpoint, AnAddressWithAPasswordIsRefusedWithoutRepeatingIt) {
  for (const char* url :
       {"http://user:planted-word@h/v1", "ftp://h/planted-word", "http://[::1/planted-word"}) {
    try {
      find_endpoint({.url = url}, with({}));
      FAIL() << "took " << url;
    } catch (const Error& e) {
      EXPECT_THAT(std::string(e.what()), Not(HasSubstr("planted-word")));
    }
  }
  EXPECT_EQ(checked_url("https://h:1/v1/x?api-key=planted-word"), "https://h:1/v1/x");
}

}  // namespace
}  // namespace undertone
