#include "golden/golden_files.h"
#include "support/overlay.h"
#include "wire/probe_body.h"
#include "wire/relay_body.h"
#include "wire/session_control.h"

namespace srwan::test {
namespace {

/** All packets go from one node to another, each with the next counter. */
class PacketMaker {
 public:
  explicit PacketMaker(GoldenFiles& out)
      : out_(out), sender_("alpha"), receiver_("beta"), keys_(pairKeys(sender_, receiver_)), sealer_(keys_.sending) {}

  Bytes add(const std::string& name, PacketKind kind, const Bytes& body, Json fields, const std::string& seedTarget) {
    const PairHeader header{kind, keyId(sender_.keys.publicKey()), keyId(receiver_.keys.publicKey()), sender_.sid,
                            counter_++};
    Bytes packet(PAIR_OVERHEAD + body.size());
    std::copy(body.begin(), body.end(), packet.begin() + PAIR_HEADER_OCTETS);
    if (!sealPairPacket(packet, header, sealer_))
      throw std::runtime_error("golden packet " + name + " could not be sealed");
    cases_.push_back(Json::Object{{"name", name},
                                  {"kind", static_cast<int>(kind)},
                                  {"counter", decimal(header.counter)},
                                  {"fields", std::move(fields)},
                                  {"body", toHex(body)},
                                  {"packet", toHex(packet)}});
    out_.seeds.push_back({"pair_packet", name, packet});
    if (!seedTarget.empty()) out_.seeds.push_back({seedTarget, name, body});
    return packet;
  }

  void finish() {
    out_.files.emplace_back("pair-packets.json", Json::Object{{"senderSid", sidHex(sender_.sid)},
                                                              {"senderPublicKey", toHex(sender_.keys.publicKey())},
                                                              {"receiverPublicKey", toHex(receiver_.keys.publicKey())},
                                                              {"pairKeyOfSender", toHex(keys_.sending.view())},
                                                              {"cases", std::move(cases_)}});
  }

  const Node& sender() const { return sender_; }
  const Node& receiver() const { return receiver_; }

 private:
  GoldenFiles& out_;
  Node sender_;
  Node receiver_;
  PairKeys keys_;
  AeadSealer sealer_;
  std::uint64_t counter_ = 0x0102030405060708U;
  Json::Array cases_;
};

void addProbe(PacketMaker& maker, const std::string& name, const ProbeBody& body) {
  Bytes encoded(probeBodySize(body));
  if (!encodeProbeBody(body, encoded)) throw std::runtime_error("golden probe could not be encoded");
  maker.add(name, PacketKind::probe, encoded,
            Json::Object{{"reply", body.reply},
                         {"t1", decimal(body.t1)},
                         {"t2", decimal(body.t2)},
                         {"t3", decimal(body.t3)},
                         {"clockEpoch", static_cast<int>(body.clockEpoch)},
                         {"columnSeen", static_cast<int>(body.columnSeen)},
                         {"columnPart", toHex(body.columnPart)}},
            "probe_body");
}

void addProbes(PacketMaker& maker) {
  const Bytes part = fromHex("01ff9c0200c8");
  // A clock may be set before 1970 or run behind the peer's: times are signed.
  addProbe(maker, "probe-request", {false, -5'000'000'000, 0, 0, 0xabcd, 41, part});
  addProbe(maker, "probe-reply",
           {true, -5'000'000'000, 1'700'000'000'123'456'789, 1'700'000'000'123'500'000, 0x0102, 7, part});
  addProbe(maker, "probe-reply-without-column", {true, 1, 2, 3, 4, 5, {}});
}

void addOpen(PacketMaker& maker) {
  const OpenMessage open{true, false, 0xfeedbeefU, Node("egress").sid, 120'000, 1'500, 7'198'500, 9};
  Bytes body(OPEN_OCTETS);
  if (encodeOpen(open, body) != body.size()) throw std::runtime_error("golden OPEN could not be encoded");
  maker.add("open", PacketKind::sessionControl, body,
            Json::Object{{"forward", open.forward},
                         {"reverse", open.reverse},
                         {"session", open.session},
                         {"egress", sidHex(open.egress)},
                         {"rekeyIntervalMs", open.rekeyIntervalMs},
                         {"elapsedMs", open.elapsedMs},
                         {"remainingMs", open.remainingMs},
                         {"sequence", open.sequence}},
            "session_control");
}

void addAnswerAndClose(PacketMaker& maker) {
  const AnswerMessage answer{AnswerCode::sessionTaken, ControlMessage::open, 0xfeedbeefU, 9};
  Bytes body(ANSWER_OCTETS);
  if (encodeAnswer(answer, body) != body.size()) throw std::runtime_error("golden ANSWER could not be encoded");
  maker.add("answer", PacketKind::sessionControl, body,
            Json::Object{{"code", static_cast<int>(answer.code)},
                         {"of", static_cast<int>(answer.of)},
                         {"session", answer.session},
                         {"sequence", answer.sequence}},
            "session_control");
  const CloseMessage close{1, 0xfeedbeefU};
  body.resize(CLOSE_OCTETS);
  if (encodeClose(close, body) != body.size()) throw std::runtime_error("golden CLOSE could not be encoded");
  maker.add("close", PacketKind::sessionControl, body,
            Json::Object{{"reason", static_cast<int>(close.reason)}, {"session", close.session}}, "session_control");
}

Json pathJson(const ReversePath& path) {
  Json::Array segments;
  Json::Array roots;
  for (std::size_t i = 0; i < path.segmentCount; ++i) {
    segments.push_back(Json::Object{{"sid", sidHex(path.segments[i].sid)},
                                    {"behaviour", static_cast<int>(path.segments[i].behaviour)}});
    if (i + 1 < path.segmentCount) roots.push_back(toHex(path.hopRoots[i].view()));
  }
  return Json::Object{{"pathId", static_cast<int>(path.pathId)},
                      {"color", static_cast<int>(path.color)},
                      {"mtu", static_cast<int>(path.mtu)},
                      {"segments", std::move(segments)},
                      {"hopRoots", std::move(roots)}};
}

/** @param counts - segments of each path */
void addPaths(PacketMaker& maker, const std::string& name, std::initializer_list<std::size_t> counts) {
  PathsMessage message;
  message.active = 0x51;
  message.standby = counts.size() > 1 ? 0x52 : NO_PATH;
  message.session = 0xfeedbeefU;
  message.sequence = 3;
  Json::Array paths;
  for (const std::size_t count : counts) {
    const Path source(count, Direction::reverse, message.session, 0);
    ReversePath& path = message.paths[message.count++];
    path.pathId = static_cast<std::uint8_t>(0x50 + message.count);
    path.color = 1;
    // One that is not known yet, one that carries too little, then larger ones.
    path.mtu = static_cast<std::uint16_t>(message.count == 1   ? BASE_MTU
                                          : message.count == 2 ? 0
                                                               : 1300 + message.count);
    path.segmentCount = static_cast<std::uint8_t>(count);
    std::copy(source.segments.begin(), source.segments.end(), path.segments.begin());
    for (std::size_t i = 0; i + 1 < count; ++i) path.hopRoots[i] = source.roots[i].clone();
    paths.push_back(pathJson(path));
  }
  Bytes body(MAX_PATHS_OCTETS);
  const std::size_t size = encodePaths(message, body);
  if (size == 0) throw std::runtime_error("golden PATHS could not be encoded");
  body.resize(size);
  maker.add(name, PacketKind::sessionControl, body,
            Json::Object{{"active", static_cast<int>(message.active)},
                         {"standby", static_cast<int>(message.standby)},
                         {"session", message.session},
                         {"sequence", message.sequence},
                         {"paths", std::move(paths)}},
            "session_control");
}

void addRelayed(PacketMaker& maker, const std::string& name, const Bytes& inner) {
  Bytes body(RELAY_FIXED_OCTETS + inner.size());
  const Sid destination = Node("gamma").sid;
  if (!encodeRelayHead(RelayStage::toRelay, destination, maker.sender().sid, body))
    throw std::runtime_error("golden relay body");
  std::copy(inner.begin(), inner.end(), body.begin() + RELAY_FIXED_OCTETS);
  if (!decodeRelayBody(body)) throw std::runtime_error("golden relay body is refused");
  maker.add(name, PacketKind::relayed, body,
            Json::Object{{"stage", 0},
                         {"destination", sidHex(destination)},
                         {"origin", sidHex(maker.sender().sid)},
                         {"inner", toHex(inner)}},
            "relay_body");
}

}  // namespace

void addPairPackets(GoldenFiles& out) {
  PacketMaker maker(out);
  addProbes(maker);
  const Bytes datagram =
      maker.add("datagram", PacketKind::datagram, fromHex("02c0ffee"), Json::Object{{"payload", "02c0ffee"}}, "");
  maker.add("datagram-empty", PacketKind::datagram, {}, Json::Object{{"payload", ""}}, "");
  addOpen(maker);
  addAnswerAndClose(maker);
  addPaths(maker, "paths-one", {1});
  addPaths(maker, "paths-six", {1, 2, 3, 4, 4, 2});
  addRelayed(maker, "relayed-datagram", datagram);
  maker.finish();
}

}  // namespace srwan::test
