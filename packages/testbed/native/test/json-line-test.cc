#include "json-line.h"

#include <gtest/gtest.h>

#include "random.h"

namespace wan {
namespace {

TEST(JsonLine, ReadsStringsNumbersAndBooleans) {
  const auto line =
      JsonLine::parse(R"( { "op":"link" , "loss":1e-2,"up":true,"down":false,"name":"a\"b\\c","delayNs":45000000 } )");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->text("op"), "link");
  EXPECT_EQ(line->number("loss"), 0.01);
  EXPECT_EQ(line->number("delayNs"), 45e6);
  EXPECT_EQ(line->flag("up"), true);
  EXPECT_EQ(line->flag("down"), false);
  EXPECT_EQ(line->text("name"), "a\"b\\c");
  EXPECT_FALSE(line->number("op").has_value());
  EXPECT_FALSE(line->text("missing").has_value());
  EXPECT_TRUE(JsonLine::parse("{}").has_value());
}

TEST(JsonLine, RefusesEverythingElse) {
  for (const char* text : {"", "{", "}", "[]", "1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1}x", "{\"a\":{}}",
                           "{\"a\":[1]}", "{\"a\":nan}", "{\"a\":1e999}", "{\"a\":\"", "{\"a\":\"\\", "{a:1}",
                           "{\"a\":tru}", "{\"a\":\"\n\"}", "{\"a\":null}"}) {
    EXPECT_FALSE(JsonLine::parse(text).has_value()) << text;
  }
  EXPECT_FALSE(JsonLine::parse("{\"a\":\"" + std::string(kMaxLine, 'x') + "\"}").has_value());
}

TEST(JsonLine, SurvivesAnyText) {
  constexpr std::string_view kAlphabet = "{}\":,\\ae1.-tru fls\x01\xff";
  Random random(30, 0, 0);
  for (int round = 0; round < 200'000; ++round) {
    std::string text = random.next() % 2 == 0 ? "{\"" : "";
    for (uint64_t i = random.next() % 24; i > 0; --i) text += kAlphabet[random.next() % kAlphabet.size()];
    JsonLine::parse(text);
  }
}

TEST(JsonString, EscapesSoThatItReadsBack) {
  const auto line = JsonLine::parse("{\"a\":" + jsonString("q\"uo\\te") + "}");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->text("a"), "q\"uo\\te");
  EXPECT_EQ(jsonString("\n"), "\"\\u000a\"");
}

}  // namespace
}  // namespace wan
