#include "harness/core/json.h"

#include <gtest/gtest.h>
#include <cmath>
#include <limits>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

Error error_of(std::string_view text, JsonOptions options = {}) {
  try {
    parse_json(text, "f.json", options);
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "this was accepted: " << text;
  return Error(ErrorKind::internal, "accepted");
}

TEST(Json, ReadsEveryTypeAndKeepsTheOrderOfKeys) {
  const Json v = parse_json(
      R"({"z": null, "a": true, "i": -7, "d": 2.5, "s": "x\u00e4\n", "l": [1, []], "o": {}})", "f");
  ASSERT_EQ(v.size(), 7U);
  EXPECT_EQ(v.members()[0].first, "z");
  EXPECT_TRUE(v.at("z").is_null());
  EXPECT_TRUE(v.at("a").as_bool());
  EXPECT_EQ(v.at("i").as_int(), -7);
  EXPECT_TRUE(v.at("d").is_number());
  EXPECT_FALSE(v.at("d").is_integer());
  EXPECT_EQ(v.at("s").as_string(), "x\xC3\xA4\n");
  EXPECT_EQ(v.at("l").size(), 2U);
  EXPECT_TRUE(v.at("o").is_object());
}

TEST(Json, KnowsWhereValuesStand) {
  const Json v = parse_json("{\n  \"a\": [10,\n    true],\n  \"b\": {\"c\": \"text\"}, \"n\": 12\n}", "f");
  const auto at = [](const Json& x) { return std::pair(x.place().line, x.place().column); };
  EXPECT_EQ(at(v), std::pair(1, 1));
  EXPECT_EQ(at(v.at("a")), std::pair(2, 8));
  EXPECT_EQ(at(v.at("a").elements()[0]), std::pair(2, 9));
  EXPECT_EQ(at(v.at("a").elements()[1]), std::pair(3, 5));
  EXPECT_EQ(at(v.at("b")), std::pair(4, 8));
  EXPECT_EQ(at(v.at("b").at("c")), std::pair(4, 14));
  EXPECT_EQ(at(v.at("n")), std::pair(4, 28)) << "a number is read one byte too far, here over a line break";
  EXPECT_EQ(v.at("a").place().str(), "f:2:8");
}

TEST(Json, PlacesOfTokensAreTheirFirstByte) {
  const Json v = parse_json(R"(["a\"b", "\\", -1.5e+3, false, null, "x"])", "f");
  std::vector<int> columns;
  for (const Json& e : v.elements()) columns.push_back(e.place().column);
  EXPECT_EQ(columns, (std::vector<int>{2, 10, 16, 25, 32, 38}));
  EXPECT_EQ(parse_json("\n12", "f").place().str(), "f:2:1");
  EXPECT_EQ(parse_json("12\n", "f").place().str(), "f:1:1");
  EXPECT_EQ(parse_json("[\n7\n]", "f").elements()[0].place().str(), "f:2:1");
}

TEST(Json, TextsAndWhatMayBeUndefined) {
  EXPECT_EQ(texts_json({"a", "b\""}).dump(), R"(["a","b\""])");
  EXPECT_EQ(texts_json({}).dump(), "[]");
  EXPECT_EQ(optional_json(std::optional<double>()).dump(), "null");
  EXPECT_EQ(optional_json(std::optional<double>(0.5)).dump(), "0.5");
  EXPECT_EQ(optional_json(std::optional<std::string>("x")).dump(), R"("x")");
}

TEST(Json, WrongTypeNamesThePlace) {
  const Json v = parse_json("{\n\"a\": true}", "f.json");
  try {
    v.at("a").as_int();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.what_happened(), "expected an integer but found a boolean");
    EXPECT_EQ(e.place(), "f.json:2:6");
  }
  try {
    v.at("b");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.what_happened(), "the key \"b\" is missing");
  }
}

TEST(Json, RefusesWhatIsNotStrict) {
  EXPECT_EQ(error_of("{\"a\": 1,\n \"a\": 2}").what_happened(), "the key \"a\" stands twice in one object");
  EXPECT_TRUE(error_of("{\"a\": 1,\n \"a\": 2}").place().starts_with("f.json:2:"));
  for (const char* text : {"",       " ",   "{",   "[1,]",    "{\"a\":1,}",  "NaN",    "Infinity",
                           "-",      "01",  "1 2", "{} x",    "'a'",         "{a: 1}", "\"a",
                           "\"\t\"", "nul", "[1",  "\"\\x\"", "\"\\ud800\"", "// c\n1"})
    EXPECT_EQ(error_of(text).kind(), ErrorKind::data) << text;
}

TEST(Json, CommentsOnlyWhereAllowed) {
  EXPECT_EQ(parse_json("// one\n{ /* two\n */ \"a\": 1 }", "f", {.comments = true}).at("a").place().line, 3);
  error_of("/* c */ 1");
  error_of("/* open", {.comments = true});
}

TEST(Json, RefusesBadUtf8) {
  for (const char* text :
       {"\"\xFF\"", "\"\xC3\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xF5\x80\x80\x80\""})
    error_of(text);
  EXPECT_EQ(parse_json("\"\xF0\x9F\x98\x80\"", "f").as_string(), "\xF0\x9F\x98\x80");
  EXPECT_EQ(parse_json("\xEF\xBB\xBF{}", "f").size(), 0U) << "a byte order mark is skipped";
}

TEST(Json, RefusesNumbersThatNoDoubleHolds) {
  EXPECT_EQ(error_of("[1e999]").kind(), ErrorKind::data);
  EXPECT_EQ(error_of("-1e400").kind(), ErrorKind::data);
  EXPECT_EQ(parse_json("9223372036854775807", "f").as_int(), std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(parse_json("9223372036854775808", "f").is_integer())
      << "over 2^63 - 1: a double, not a wrapped integer";
  EXPECT_EQ(parse_json("1e-400", "f").as_double(), 0.0);
}

TEST(Json, RefusesDeepNesting) {
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  EXPECT_NO_THROW(parse_json(deep, "f"));
  EXPECT_EQ(error_of("[" + deep + "]").what_happened(), "nested more than 200 deep");
  error_of(std::string(1'000'000, '['));
}

TEST(Json, DumpReadsBack) {
  const char* text =
      R"({"b":[1,-2,3.5,1e-07,0.1,true,false,null],"a":{"ä\"\\\n":""},"big":9007199254740993})";
  const Json v = parse_json(text, "f");
  EXPECT_EQ(parse_json(v.dump(), "g"), v);
  EXPECT_EQ(parse_json(v.dump(2), "g"), v);
  EXPECT_EQ(v.dump().find('\n'), std::string::npos);
  EXPECT_EQ(v.dump().substr(0, 5), "{\"b\":");
  for (double x : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789.123}) {
    const Json back = parse_json(Json(x).dump(), "f");
    EXPECT_FALSE(back.is_integer()) << "a double stays one";
    EXPECT_EQ(back.as_double(), x);
    EXPECT_EQ(std::signbit(back.as_double()), std::signbit(x));
  }
}

TEST(Json, CanonicalSortsKeysAtEveryDepth) {
  EXPECT_EQ(parse_json(R"({"b": {"z": 1, "a": 2}, "a": [{"d": 1, "c": 2}]})", "f").canonical(),
            R"({"a":[{"c":2,"d":1}],"b":{"a":2,"z":1}})");
}

TEST(Json, NeverWritesNaN) {
  EXPECT_THROW(Json(std::nan("")).dump(), Error);
  EXPECT_THROW(Json(Json::Array{Json(std::numeric_limits<double>::infinity())}).canonical(), Error);
  EXPECT_THROW(Json(std::uint64_t{1} << 63), Error);
}

TEST(Json, LinesKeepTheirNumber) {
  const auto rows = parse_jsonl("{\"a\": 1}\n\n  \r\n{\"b\": [true,\"x\"]}", "f.jsonl");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].place().line, 4);
  EXPECT_EQ(rows[1].at("b").elements()[1].place().line, 4) << "nested values too";
  try {
    parse_jsonl("{}\n{}\n{\"a\": \n{}\n", "f.jsonl");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.place(), "f.jsonl:3");
    EXPECT_NE(e.mend(), "");
  }
}

TEST(Json, FileThatIsMissing) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(read_json_file(folder / "none.json"), Error);
  write_file_atomically(folder / "a.json", "{\"x\": 1}");
  EXPECT_EQ(read_json_file(folder / "a.json").at("x").as_int(), 1);
}

TEST(Json, BuildsAndEdits) {
  Json v;
  v["a"]["b"] = Json(1);
  v["a"]["c"] = Json("x");
  v["a"].erase("b");
  EXPECT_EQ(v.dump(), R"({"a":{"c":"x"}})");
  EXPECT_EQ(v.get("none", 3), 3);
  EXPECT_EQ(v.at("a").get("c", ""), "x");
  EXPECT_THROW(v.get("a", 1.0), Error) << "a present member of the wrong type is no default";
}

}  // namespace
}  // namespace undertone
