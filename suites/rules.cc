#include "suites/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/files.h"
#include "harness/core/hash.h"

namespace undertone {

RulesRead read_rules(const std::string& path, const std::vector<std::string>& known) {
  RulesRead out;
  const std::string bytes = read_file(path);
  out.digest = sha256_hex(bytes);
  const Json json = parse_json(bytes, path, {.comments = true});
  FieldReader r(json, "", out.problems);
  std::string schema;
  r.choice("schema", schema, {"undertone.rules/1"}, "version of this form").required();
  r.named(
      "rules",
      [&](const std::string& id, FieldReader& inner) {
        ComplianceRule rule;
        rule.id = id;
        inner.field("what", rule.what, "what must hold").required();
        inner.field("why", rule.why, "why it matters").required();
        inner.field("floor", rule.floor, "least share of asked questions with a score", 0.0, 1.0);
        inner.field("tolerance", rule.tolerance, "largest share by which target tokens may differ", 0.0, 1.0);
        if (std::find(known.begin(), known.end(), id) == known.end())
          inner.problem("", fmt::format("there is no check \"{}\"", id), nearest_of(id, known));
        out.rules.push_back(std::move(rule));
      },
      "id -> rule");
  r.required();
  r.finish();
  return out;
}

}  // namespace undertone
