#include "wire/session_control.h"

#include <gtest/gtest.h>

#include "support/fixed_random.h"
#include "support/overlay.h"
#include "wire/pair_packet.h"

namespace srwan::test {
namespace {

OpenMessage anOpen() { return {true, true, 7, 9, 120000, 5, 6, 8}; }

Bytes encoded(const OpenMessage& message) {
  Bytes out(OPEN_OCTETS);
  EXPECT_EQ(encodeOpen(message, out), OPEN_OCTETS);
  return out;
}

ReversePath aPath(std::uint8_t id, std::uint8_t count) {
  ReversePath path;
  path.pathId = id;
  path.mtu = static_cast<std::uint16_t>(id == 2 ? 0 : 1279 + id);
  path.segmentCount = count;
  for (std::uint8_t i = 0; i < count; ++i) {
    path.segments[i] = {static_cast<Sid>(100 + i), i + 1 == count ? Behaviour::endDt46 : Behaviour::end};
    if (i + 1 < count) path.hopRoots[i] = std::move(*HopRoot::from(Bytes(32, static_cast<std::uint8_t>(id + i))));
  }
  return path;
}

PathsMessage paths(std::initializer_list<int> counts) {
  PathsMessage message;
  message.active = 1;
  message.session = 7;
  message.sequence = 8;
  for (const int count : counts) {
    message.paths[message.count] =
        aPath(static_cast<std::uint8_t>(message.count + 1), static_cast<std::uint8_t>(count));
    ++message.count;
  }
  return message;
}

Bytes encoded(const PathsMessage& message) {
  Bytes out(MAX_PATHS_OCTETS);
  out.resize(encodePaths(message, out));
  return out;
}

TEST(SessionControl, RoundTripsOpenAnswerAndClose) {
  const auto open = decodeControl(encoded(anOpen()));
  ASSERT_TRUE(open);
  const auto& message = std::get<OpenMessage>(*open);
  EXPECT_TRUE(message.forward && message.reverse);
  EXPECT_EQ(message.session, 7U);
  EXPECT_EQ(message.egress, 9U);
  EXPECT_EQ(message.rekeyIntervalMs, 120000U);
  EXPECT_EQ(message.elapsedMs, 5U);
  EXPECT_EQ(message.remainingMs, 6U);
  EXPECT_EQ(message.sequence, 8U);
  for (int code = 0; code <= 4; ++code) {
    Bytes out(ANSWER_OCTETS);
    ASSERT_EQ(encodeAnswer({static_cast<AnswerCode>(code), ControlMessage::paths, 7, 8}, out), ANSWER_OCTETS);
    const auto answer = decodeControl(out);
    ASSERT_TRUE(answer);
    EXPECT_EQ(std::get<AnswerMessage>(*answer).code, static_cast<AnswerCode>(code));
    EXPECT_EQ(std::get<AnswerMessage>(*answer).of, ControlMessage::paths);
  }
  Bytes out(CLOSE_OCTETS);
  ASSERT_EQ(encodeClose({3, 7}, out), CLOSE_OCTETS);
  const auto close = decodeControl(out);
  ASSERT_TRUE(close);
  EXPECT_EQ(std::get<CloseMessage>(*close).reason, 3);
  EXPECT_EQ(std::get<CloseMessage>(*close).session, 7U);
}

TEST(SessionControl, RoundTripsPathsOfEverySize) {
  for (const auto& counts : {std::initializer_list<int>{}, {1}, {1, 2, 3, 4}, {4, 4, 4, 4, 4, 4}}) {
    const PathsMessage message = paths(counts);
    const Bytes out = encoded(message);
    ASSERT_FALSE(out.empty());
    const auto body = decodeControl(out);
    ASSERT_TRUE(body);
    const auto& decoded = std::get<PathsMessage>(*body);
    ASSERT_EQ(decoded.count, message.count);
    EXPECT_EQ(decoded.standby, NO_PATH);
    for (std::size_t i = 0; i < decoded.count; ++i) {
      EXPECT_EQ(decoded.paths[i].pathId, message.paths[i].pathId);
      EXPECT_EQ(decoded.paths[i].mtu, message.paths[i].mtu);
      EXPECT_EQ(decoded.paths[i].segmentCount, message.paths[i].segmentCount);
      EXPECT_EQ(decoded.paths[i].segments, message.paths[i].segments);
      for (std::size_t j = 0; j + 1 < decoded.paths[i].segmentCount; ++j)
        EXPECT_TRUE(decoded.paths[i].hopRoots[j] == message.paths[i].hopRoots[j]);
    }
  }
  EXPECT_EQ(encoded(paths({4, 4, 4, 4, 4, 4})).size(), MAX_PATHS_OCTETS);
  EXPECT_LE(MAX_PATHS_OCTETS, MAX_DATAGRAM_OCTETS) << "so that PATHS can be relayed";
}

TEST(SessionControl, RefusesEveryTruncationAndExtension) {
  Bytes answer(ANSWER_OCTETS);
  ASSERT_GT(encodeAnswer({AnswerCode::ok, ControlMessage::open, 7, 8}, answer), 0U);
  Bytes close(CLOSE_OCTETS);
  ASSERT_GT(encodeClose({0, 7}, close), 0U);
  for (const Bytes& whole : {encoded(anOpen()), answer, close, encoded(paths({1, 3}))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(decodeControl(ByteView(whole).first(size)));
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_FALSE(decodeControl(longer));
  }
}

TEST(SessionControl, RefusesBadOpens) {
  const auto refuses = [](auto change) {
    OpenMessage message = anOpen();
    change(message);
    Bytes out(OPEN_OCTETS);
    return encodeOpen(message, out) == 0;
  };
  EXPECT_TRUE(refuses([](OpenMessage& m) { m.forward = m.reverse = false; }));
  EXPECT_TRUE(refuses([](OpenMessage& m) { m.session = 0; }));
  EXPECT_TRUE(refuses([](OpenMessage& m) { m.egress = NO_SID; }));
  EXPECT_TRUE(refuses([](OpenMessage& m) { m.rekeyIntervalMs = 0; }));
  for (const auto& [offset, value] : {std::pair{0, 5}, {0, 0}, {1, 7}, {2, 1}, {3, 1}}) {
    Bytes changed = encoded(anOpen());
    changed[static_cast<std::size_t>(offset)] = static_cast<std::uint8_t>(value);
    EXPECT_FALSE(decodeControl(changed)) << offset;
  }
}

TEST(SessionControl, RefusesBadPaths) {
  const auto refuses = [](auto change) {
    PathsMessage message = paths({1, 3});
    change(message);
    return encoded(message).empty();
  };
  EXPECT_FALSE(refuses([](PathsMessage&) {}));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.active = NO_PATH; }));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.session = 0; }));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.count = MAX_PATHS_PER_MESSAGE + 1; }));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.paths[1].pathId = m.paths[0].pathId; }));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.paths[1].pathId = NO_PATH; }));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.paths[1].color = 0; }));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.paths[1].mtu = BASE_MTU - 1; }));
  EXPECT_FALSE(refuses([](PathsMessage& m) { m.paths[1].mtu = 0; }));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.paths[1].segmentCount = 0; }));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.paths[1].segmentCount = 5; }));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.paths[1].segments[0].sid = NO_SID; }));
  EXPECT_TRUE(refuses([](PathsMessage& m) { m.paths[1].segments[2].behaviour = Behaviour::end; }));
  Bytes small(encoded(paths({1, 3})).size() - 1);
  EXPECT_EQ(encodePaths(paths({1, 3}), small), 0U);
}

TEST(SessionControl, WhatDecodesIsWhatIsEncoded) {
  constexpr std::uint64_t SEED = 99;
  SeededRandom random(SEED);
  const Bytes whole = encoded(paths({2, 3, 4}));
  for (int i = 0; i < 20000; ++i) {
    Bytes changed = whole;
    for (int flips = 0; flips < 3; ++flips)
      changed[random.next64() % changed.size()] = static_cast<std::uint8_t>(random.next64());
    const auto body = decodeControl(changed);
    if (!body || !std::holds_alternative<PathsMessage>(*body)) continue;
    ASSERT_EQ(encoded(std::get<PathsMessage>(*body)), changed) << "seed " << SEED << ", round " << i;
  }
}

}  // namespace
}  // namespace srwan::test
