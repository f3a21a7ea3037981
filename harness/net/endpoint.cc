#include "harness/net/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "harness/core/error.h"

namespace undertone {
namespace {

constexpr const char* kAzureVersion = "2024-10-21";  // the first with json_schema that is no preview

bool digit(char c) { return c >= '0' && c <= '9'; }

// Whether a path has a segment that is a version: "v1", "v1beta".
bool has_version(std::string_view path) {
  for (std::size_t at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1))
    if (at + 2 < path.size() && path[at + 1] == 'v' && digit(path[at + 2])) return true;
  return false;
}

std::string without_slashes(std::string text) {
  while (!text.empty() && text.back() == '/') text.pop_back();
  return text;
}

std::string segment(const std::string& text) {  // percent-encoded, for a path or a query
  std::string out;
  for (const char c : text) {
    const bool plain = digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
                       c == '.' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

struct Address {
  std::string url, from, key_name, key_header = "Authorization: Bearer ";
};

Address azure(const std::string& base, const EndpointChoice& choice, const Environment& env) {
  const std::string deployment = env("AZURE_OPENAI_DEPLOYMENT").value_or(choice.model);
  if (deployment.empty())
    throw Error(ErrorKind::usage, "AZURE_OPENAI_ENDPOINT is set but no deployment is named",
                "the environment", "set AZURE_OPENAI_DEPLOYMENT, or name the model");
  const auto version = env("AZURE_OPENAI_API_VERSION");
  return {fmt::format("{}/openai/deployments/{}/chat/completions?api-version={}", without_slashes(base),
                      segment(deployment),
                      segment(version ? *version : env("OPENAI_API_VERSION").value_or(kAzureVersion))),
          "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "api-key: "};
}

Address address_of(const EndpointChoice& choice, const Environment& env) {
  if (!choice.url.empty()) return {chat_completions_url(choice.url), "the setting \"url\"", "OPENAI_API_KEY"};
  const auto base = env("OPENAI_BASE_URL"), alias = env("OPENAI_API_BASE");
  if (base) {
    const bool differ = alias && without_slashes(*alias) != without_slashes(*base);
    return {chat_completions_url(*base),
            differ ? "OPENAI_BASE_URL (OPENAI_API_BASE differs and was not used)" : "OPENAI_BASE_URL",
            "OPENAI_API_KEY"};
  }
  if (alias) return {chat_completions_url(*alias), "OPENAI_API_BASE", "OPENAI_API_KEY"};
  if (const auto endpoint = env("AZURE_OPENAI_ENDPOINT")) return azure(*endpoint, choice, env);
  if (const auto port = env("MY_VLLM_PORT_JUDGE")) {
    if (port->size() > 5 || !std::all_of(port->begin(), port->end(), digit))
      throw Error(ErrorKind::usage, "MY_VLLM_PORT_JUDGE is no port", "the environment",
                  "set it to the port that vLLM listens on, e.g. 5000");
    return {chat_completions_url("http://127.0.0.1:" + *port), "MY_VLLM_PORT_JUDGE", ""};
  }
  throw Error(ErrorKind::usage, "no server is named", "the environment",
              "set \"url\", or one of OPENAI_BASE_URL, OPENAI_API_BASE, AZURE_OPENAI_ENDPOINT, "
              "MY_VLLM_PORT_JUDGE");
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (!value || !*value) return std::nullopt;
  return value;
}

std::string chat_completions_url(const std::string& base) {
  const std::size_t query_at = std::min(base.find_first_of("?#"), base.size());
  const std::string query = base.substr(query_at);
  const std::string stem = without_slashes(base.substr(0, query_at));
  if (stem.ends_with("/chat/completions")) return stem + query;
  const std::size_t scheme = stem.find("://");
  const std::size_t path = stem.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  const bool versioned = path != std::string::npos && has_version(std::string_view(stem).substr(path));
  return stem + (versioned ? "/chat/completions" : "/v1/chat/completions") + query;
}

Endpoint find_endpoint(const EndpointChoice& choice, const Environment& env) {
  const Address address = address_of(choice, env);
  Endpoint out;
  out.target.url = address.url;
  out.target.headers = {"Content-Type: application/json", "Accept: application/json"};
  out.target.key_header = address.key_header;
  out.target.ca_file = choice.ca_file;
  out.url_from = address.from;
  checked_url(address.url);
  if (!choice.key_file.empty()) {
    out.target.key = read_secret(choice.key_file);
    out.key_from = "the file of \"key_file\"";
  } else if (!choice.key_env.empty()) {
    const auto value = env(choice.key_env);
    if (!value)
      throw Error(ErrorKind::usage, fmt::format("the variable {} holds no key", choice.key_env),
                  "the setting \"key_env\"", "set it, or name another");
    out.target.key = Secret(*value, choice.key_env);
    out.key_from = choice.key_env;
  } else if (!address.key_name.empty()) {
    if (const auto value = env(address.key_name)) {
      out.target.key = Secret(*value, address.key_name);
      out.key_from = address.key_name;
    }
  }
  return out;
}

}  // namespace undertone
