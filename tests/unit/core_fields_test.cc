#include "harness/core/fields.h"

#include <gtest/gtest.h>
#include <limits>

namespace undertone {
namespace {

struct Settings {
  bool on = false;
  std::string text = "default";
  std::int64_t big = 5;
  int small = 3;
  double rate = 0.5;
  std::vector<std::string> words;
  std::vector<int> numbers;
  std::map<std::string, double> shares;
  std::string colour = "red";
  std::vector<std::string> colours;
  Json raw;
  int inner = 0;
  std::vector<std::string> names;
  std::vector<int> listed;
};

void declare(FieldReader& r, Settings& s) {
  r.field("on", s.on, "a switch");
  r.field("text", s.text, "a text");
  r.field("big", s.big, "a big number", 0, std::numeric_limits<std::int64_t>::max());
  r.field("small", s.small, "a small number", 1, 10);
  r.field("rate", s.rate, "a rate", 0.0, 1.0);
  r.field("words", s.words, "words");
  r.field("numbers", s.numbers, "numbers", 0, 9);
  r.field("shares", s.shares, "shares", 0.0, 1.0);
  r.choice("colour", s.colour, {"red", "green", "blue"}, "a colour");
  r.choices("colours", s.colours, {"red", "green", "blue"}, "colours");
  r.any("raw", s.raw, "anything");
  r.object(
      "object", [&](FieldReader& f) { f.field("inner", s.inner, "inside", 0, 100).required(); }, "an object");
  r.named(
      "named",
      [&](const std::string& name, FieldReader& f) {
        int x = 0;
        s.names.push_back(name);
        f.field("x", x, "x", 0, 1);
      },
      "named objects");
  r.list(
      "list", [&](FieldReader& f) { f.field("x", s.listed.emplace_back(), "x", 0, 9); }, "listed objects");
}

std::vector<std::string> read(std::string_view text, Settings& s) {
  const Json v = parse_json(text, "f", {.comments = true});
  std::vector<Problem> problems;
  FieldReader r(v, "", problems);
  declare(r, s);
  r.finish();
  std::vector<std::string> out;
  for (const Problem& p : problems) out.push_back(p.str());
  return out;
}

TEST(Fields, ReadsEveryType) {
  Settings s;
  EXPECT_TRUE(
      read(
          R"({"on": true, "text": "t", "big": 9000000000, "small": 10, "rate": 1, "words": ["a"], "numbers": [1, 9],
    "shares": {"x": 0.25}, "colour": "blue", "colours": ["red", "red"], "raw": {"k": [1]}, "object": {"inner": 7},
    "named": {"n": {"x": 1}, "m": {}}, "list": [{"x": 4}, {}]})",
          s)
          .empty());
  EXPECT_TRUE(s.on);
  EXPECT_EQ(s.text, "t");
  EXPECT_EQ(s.big, 9'000'000'000);
  EXPECT_EQ(s.small, 10);
  EXPECT_EQ(s.rate, 1.0) << "an integer is a number";
  EXPECT_EQ(s.words, std::vector<std::string>{"a"});
  EXPECT_EQ(s.numbers, (std::vector<int>{1, 9}));
  EXPECT_EQ(s.shares.at("x"), 0.25);
  EXPECT_EQ(s.colour, "blue");
  EXPECT_EQ(s.colours.size(), 2U);
  EXPECT_EQ(s.raw.dump(), R"({"k":[1]})");
  EXPECT_EQ(s.inner, 7);
  EXPECT_EQ(s.names, (std::vector<std::string>{"n", "m"}));
  EXPECT_EQ(s.listed, (std::vector<int>{4, 0}));
}

TEST(Fields, AbsentFieldsKeepTheirDefaults) {
  Settings s;
  EXPECT_TRUE(read("{}", s).empty());
  EXPECT_EQ(s.text, "default");
  EXPECT_EQ(s.small, 3);
}

TEST(Fields, TellsEveryProblemWithItsPlace) {
  Settings s;
  const auto problems = read(
      "{\"on\": 1,\n\"small\": 11,\n\"rate\": -0.5,\n\"big\": 1.5,\n\"words\": [\"a\", 2],\n\"numbers\": "
      "[10],\n"
      "\"shares\": {\"a/b\": 2},\n\"colour\": \"gren\",\n\"colours\": [\"blu\"],\n\"object\": {},\n"
      "\"named\": {\"n\": {\"y\": 1}, \"m\": 3},\n\"list\": {},\n\"tezt\": \"x\"}",
      s);
  EXPECT_THAT(problems,
              testing::ElementsAre("f:1:8: /on: expected true or false but found an integer",
                                   "f:4:8: /big: expected an integer but found a number",
                                   "f:2:10: /small: 11 is out of range: expected from 1 to 10",
                                   "f:3:9: /rate: -0.5 is out of range: expected from 0 to 1",
                                   "f:5:16: /words/1: expected a string but found an integer",
                                   "f:6:13: /numbers/0: 10 is out of range: expected from 0 to 9",
                                   "f:7:19: /shares/a~1b: 2 is out of range: expected from 0 to 1",
                                   "f:8:11: /colour: unknown value \"gren\"; known: \"red\", \"green\", "
                                   "\"blue\" (did you mean 'green'?)",
                                   "f:9:13: /colours/0: unknown value \"blu\"; known: \"red\", \"green\", "
                                   "\"blue\" (did you mean 'blue'?)",
                                   "f:10:11: /object: the key \"inner\" is missing",
                                   "f:11:22: /named/n/y: unknown key \"y\"",
                                   "f:11:31: /named/m: expected an object but found an integer",
                                   "f:12:9: /list: expected an array of objects but found an object",
                                   "f:13:9: /tezt: unknown key \"tezt\" (did you mean 'text'?)"));
  EXPECT_FALSE(s.on);
  EXPECT_EQ(s.small, 3) << "a wrong value leaves the default";
  EXPECT_TRUE(s.words.empty()) << "an array is read whole or not at all";
}

TEST(Fields, AMissingKeyIsToldFromOtherProblems) {
  const Json v = parse_json(R"({"x": "the key \"y\" is missing"})", "f");
  std::vector<Problem> problems;
  FieldReader r(v, "", problems);
  int x = 0, y = 0;
  r.field("x", x, "", 0, 1).required();
  r.field("y", y, "", 0, 1).required();
  r.problem("x", "not the key \"y\" is missing");
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_FALSE(problems[0].missing);
  EXPECT_TRUE(problems[1].missing);
  EXPECT_FALSE(problems[2].missing);
}

TEST(Fields, WhatIsNoObjectIsSaidOnce) {
  const Json v = parse_json("[1]", "f");
  std::vector<Problem> problems;
  FieldReader r(v, "/here", problems);
  int x = 0;
  r.field("x", x, "", 0, 1).required();
  r.finish();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].str(), "f:1:1: /here: expected an object but found an array");
}

TEST(Fields, UnknownKeysMayBeAllowed) {
  const Json v = parse_json(R"({"y": 1})", "f");
  std::vector<Problem> problems;
  FieldReader r(v, "", problems);
  r.allow_unknown();
  r.finish();
  EXPECT_TRUE(problems.empty());
  EXPECT_TRUE(r.present("y"));
}

// Whatever the reader takes or refuses is what the schema says: the schema comes from the same declaration.
TEST(Fields, SchemaOfTheSameDeclaration) {
  FieldReader r;
  Settings s;
  declare(r, s);
  ASSERT_TRUE(r.describing());
  const Json schema = r.schema();
  const Json& p = schema.at("properties");
  EXPECT_EQ(p.size(), 14U);
  EXPECT_EQ(p.at("on").dump(), R"({"type":"boolean","default":false,"description":"a switch"})");
  EXPECT_EQ(p.at("small").dump(),
            R"({"type":"integer","minimum":1,"maximum":10,"default":3,"description":"a small number"})");
  EXPECT_FALSE(p.at("big").find("maximum"));
  EXPECT_EQ(p.at("colour").at("enum").size(), 3U);
  EXPECT_EQ(p.at("object").at("required").dump(), R"(["inner"])");
  EXPECT_EQ(p.at("named").at("additionalProperties").at("properties").size(), 1U);
  EXPECT_EQ(p.at("list").at("items").at("type").as_string(), "object");
  EXPECT_FALSE(schema.at("additionalProperties").as_bool());
  EXPECT_FALSE(schema.find("required"));
}

TEST(Nearest, FindsSlipsOfTheHandOnly) {
  const std::vector<std::string> known{"seeds", "systems", "statistics", "metrics"};
  EXPECT_EQ(nearest_of("seed", known), "seeds");
  EXPECT_EQ(nearest_of("sytsems", known), "systems") << "a swap is one step";
  EXPECT_EQ(nearest_of("Statistic", known), "statistics");
  EXPECT_EQ(nearest_of("metrics_of_all", known), "metrics");
  EXPECT_EQ(nearest_of("zebra", known), "");
  EXPECT_EQ(nearest_of("", known), "");
  EXPECT_EQ(nearest_of(std::string(100'000, 's'), known), "");
}

TEST(Pointer, Escapes) { EXPECT_EQ(pointer_join("/a", "b/c~d"), "/a/b~1c~0d"); }

}  // namespace
}  // namespace undertone
