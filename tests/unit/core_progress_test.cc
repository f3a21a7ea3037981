#include "harness/core/progress.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <thread>

namespace undertone {
namespace {

TEST(Describe, SaysStageItemsRateTimeLeftAndFailures) {
  StageProgress p;
  p.stage = "train S30";
  EXPECT_EQ(describe(p), "train S30: 0");
  p.total = 700;
  EXPECT_EQ(describe(p), "train S30: 0/700 (0%)") << "no rate before there is one";
  p.done = 150;
  p.seconds = 30;
  p.note = "loss 0.41";
  p.failures = {{"refusal", 1}, {"timeout", 2}};
  EXPECT_EQ(describe(p),
            "train S30: 150/700 (21%), 5/s, 1 m 50 s left, 3 failed (refusal 1, timeout 2), loss 0.41");
}

TEST(Describe, WhatWasThereBeforeIsNoRate) {
  StageProgress p{.stage = "answer",
                  .done = 510,
                  .total = 610,
                  .done_before = 500,
                  .seconds = 10,
                  .note = "",
                  .failures = {}};
  EXPECT_EQ(describe(p), "answer: 510/610 (83%), 1/s, 1 m 40 s left");
  p.done = 500;
  EXPECT_EQ(describe(p), "answer: 500/610 (81%)");
}

TEST(Describe, Seconds) {
  EXPECT_EQ(describe_seconds(0), "0.0 s");
  EXPECT_EQ(describe_seconds(4.24), "4.2 s");
  EXPECT_EQ(describe_seconds(59.97), "1 m 00 s");
  EXPECT_EQ(describe_seconds(112), "1 m 52 s");
  EXPECT_EQ(describe_seconds(7500), "2 h 05 m");
}

std::string captured(Progress::Style style, const std::function<void(Progress&)>& body) {
  testing::internal::CaptureStderr();
  {
    Progress p(style);
    body(p);
  }
  return testing::internal::GetCapturedStderr();
}

void work(Progress& p) {
  p.begin("features", 10);
  p.advance("features", 4);
  p.failure("features", "timeout");
  p.message("a message");
  p.end("features", "done");
}

TEST(Progress, QuietSaysNothing) { EXPECT_EQ(captured(Progress::Style::quiet, work), ""); }

TEST(Progress, LinesHoldNoControlCharacters) {
  const std::string out = captured(Progress::Style::lines, work);
  EXPECT_EQ(out.find('\r'), std::string::npos);
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
  EXPECT_TRUE(out.starts_with("features: 0/10\n")) << out;
  EXPECT_NE(out.find("a message\n"), std::string::npos);
  EXPECT_NE(out.find("features: done in 0.0 s (4 items), 1 timeout\n"), std::string::npos) << out;
}

TEST(Progress, LinesAreRare) {
  const std::string out = captured(Progress::Style::lines, [](Progress& p) {
    p.begin("s", 1000);
    for (int i = 1; i <= 1000; ++i) p.advance("s", i);
  });
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
}

TEST(Progress, StandardErrorThatIsNoTerminalGetsLines) {
  EXPECT_EQ(captured(Progress::Style::automatic, work).find('\r'), std::string::npos);
}

TEST(Progress, TerminalRewritesOneLineAndHonoursNoColor) {
  ::setenv("NO_COLOR", "1", 1);
  const std::string plain = captured(Progress::Style::terminal, work);
  ::unsetenv("NO_COLOR");
  EXPECT_NE(plain.find("\r\x1b[K"
                       "features: 0/10"),
            std::string::npos)
      << plain;
  EXPECT_EQ(plain.find("\x1b[36m"), std::string::npos);
  EXPECT_NE(captured(Progress::Style::terminal, work).find("\x1b[36m"), std::string::npos);
}

TEST(Progress, SeveralStagesShareTheLine) {
  ::setenv("NO_COLOR", "1", 1);
  const std::string out = captured(Progress::Style::terminal, [](Progress& p) {
    p.begin("a", 10);
    p.begin("b", 20);
    p.end("a", "done");
  });
  ::unsetenv("NO_COLOR");
  EXPECT_NE(out.find("a: 0/10 (0%) | b: 0/20 (0%)"), std::string::npos) << out;
  EXPECT_NE(out.find("a: done in 0.0 s\n\r\x1b[K"
                     "b: 0/20"),
            std::string::npos)
      << "the other one goes on: " << out;
}

TEST(Progress, ManyThreads) {
  const std::vector<std::string> names{"w0", "w1", "w2", "w3"};
  const std::string out = captured(Progress::Style::lines, [&](Progress& p) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&p, &names, t] {
        const std::string& stage = names[static_cast<std::size_t>(t)];
        p.begin(stage, 500);
        for (int i = 1; i <= 500; ++i) {
          p.advance(stage, i);
          if (i % 100 == 0) p.failure(stage, "k");
        }
        p.end(stage, "done");
      });
    for (auto& t : threads) t.join();
  });
  for (const auto& n : names) EXPECT_NE(out.find(n + ": done"), std::string::npos);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 8) << out;
}

}  // namespace
}  // namespace undertone
