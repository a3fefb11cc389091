#include "golden/golden_files.h"
#include "support/overlay.h"

namespace srwan::test {
namespace {

/** An IPv6 packet without upper-layer content, then octets that count up. */
Bytes innerPacket(std::size_t octets) {
  Bytes packet(octets);
  packet[0] = 0x60;
  store16(&packet[4], static_cast<std::uint16_t>(octets - 40));
  packet[6] = 59;  // no next header
  packet[7] = 64;
  packet[8] = packet[24] = 0xfd;
  packet[23] = 1;
  packet[39] = 2;
  for (std::size_t i = 40; i < octets; ++i) packet[i] = static_cast<std::uint8_t>(i);
  return packet;
}

Json segmentsJson(const Path& path) {
  Json::Array out;
  for (std::size_t i = 0; i < path.segments.size(); ++i) {
    out.push_back(Json::Object{{"sid", sidHex(path.segments[i].sid)},
                               {"behaviour", static_cast<int>(path.segments[i].behaviour)},
                               {"argument", 0},
                               {"hopRoot", toHex(path.roots[i].view())},
                               {"hopKey", toHex(path.hopKeys[i].view())}});
  }
  return out;
}

/** The packet as each hop receives it, and as the hop leaves it. */
Json stepsJson(const Path& path, Bytes packet) {
  Json::Array out;
  for (std::size_t i = 0; i < path.segments.size(); ++i) {
    const std::string received = toHex(packet);
    const auto view = SegmentPacketView::parse(packet);
    const auto hop = view ? verifyHop(*view, path.hopKeys[i]) : std::nullopt;
    if (!hop) throw std::runtime_error("golden packet is refused by its own hop");
    advanceHop(*view, *hop);
    out.push_back(
        Json::Object{{"received", received}, {"successor", toHex(hop->successor())}, {"advanced", toHex(packet)}});
  }
  return out;
}

Json caseJson(GoldenFiles& out, std::size_t count, Direction direction, AeadSuite suite) {
  const std::uint32_t epoch = static_cast<std::uint32_t>(16 + count);
  const Path path(count, direction, 0x10203040U + static_cast<std::uint32_t>(count), epoch);
  const SegmentPacketFields fields{direction,
                                   epoch,
                                   static_cast<std::uint8_t>(count),
                                   path.session,
                                   streamOf(static_cast<std::uint8_t>(0x50 + count), 3),
                                   0x010203040506U + count};
  const Bytes plaintext = innerPacket(41 + count);
  const Bytes packet = path.seal(fields, plaintext, suite);
  const std::string name = std::to_string(count) + (direction == Direction::forward ? "-forward" : "-reverse") +
                           (suite == AeadSuite::aes256Gcm ? "" : "-chacha20");
  out.seeds.push_back({"segment_packet", name, packet});
  return Json::Object{{"name", name},
                      {"suite", static_cast<int>(suite)},
                      {"direction", static_cast<int>(direction)},
                      {"keyEpoch", epoch},
                      {"color", static_cast<int>(fields.color)},
                      {"session", fields.session},
                      {"pathId", fields.stream >> 8},
                      {"queue", fields.stream & 0xff},
                      {"counter", decimal(fields.counter)},
                      {"segments", segmentsJson(path)},
                      {"dataKey", toHex(path.dataKey.view())},
                      {"plaintext", toHex(plaintext)},
                      {"packet", toHex(packet)},
                      {"hops", stepsJson(path, packet)}};
}

}  // namespace

void addSegmentPackets(GoldenFiles& out) {
  Json::Array cases;
  for (const AeadSuite suite : {AeadSuite::aes256Gcm, AeadSuite::chaCha20Poly1305}) {
    for (const Direction direction : {Direction::forward, Direction::reverse}) {
      for (std::size_t count = 1; count <= MAX_SEGMENTS; ++count)
        cases.push_back(caseJson(out, count, direction, suite));
    }
  }
  out.files.emplace_back("segment-packets.json", Json::Object{{"cases", std::move(cases)}});
}

}  // namespace srwan::test
