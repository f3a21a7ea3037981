// Where an OpenAI-compatible server is and which key it gets: from settings, or from the environment under
// the names that people already use.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/net/http.h"

namespace undertone {

struct EndpointChoice {
  std::string url = {};       // base URL; "": from the environment
  std::string key_env = {};   // the variable that holds the key; "": the usual ones
  std::string key_file = {};  // or the file
  std::string model = {};     // Azure: the deployment where AZURE_OPENAI_DEPLOYMENT names none
  std::string ca_file = {};
};

struct Endpoint {
  HttpTarget target;               // its url ends in /chat/completions, but for a query
  std::string url_from, key_from;  // the setting or variable that was used; key_from "" without a key
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> process_environment(const std::string& name);  // nothing for unset and for empty

// The address comes from the first of: choice.url, OPENAI_BASE_URL, OPENAI_API_BASE, AZURE_OPENAI_ENDPOINT
// (with AZURE_OPENAI_DEPLOYMENT and AZURE_OPENAI_API_VERSION or OPENAI_API_VERSION), MY_VLLM_PORT_JUDGE (a
// port of this machine). The key comes from choice.key_file, choice.key_env, or OPENAI_API_KEY (Azure:
// AZURE_OPENAI_API_KEY); no variable's key is sent to MY_VLLM_PORT_JUDGE. Throws Error{usage} when no address
// is found (it lists the names), when a variable that was asked for is not set, or when the address is none.
Endpoint find_endpoint(const EndpointChoice& choice, const Environment& environment = process_environment);

// The address of chat completions under a base URL. "http://h:8000", ".../v1" and ".../v1/chat/completions",
// with or without a slash at the end, are the same; a path with a version in it (".../v1beta/openai") gets
// /chat/completions, any other gets /v1/chat/completions. A query stays.
std::string chat_completions_url(const std::string& base);

}  // namespace undertone
