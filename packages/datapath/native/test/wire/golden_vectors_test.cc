// Reads packages/spec/vectors and checks it by the receiving side of the code; `golden_packets check` covers the
// sending side.
#include <gtest/gtest.h>

#include "support/fixed_random.h"
#include "support/vector_file.h"
#include "wire/data_plaintext.h"
#include "wire/echo.h"
#include "wire/handshake_cookie.h"
#include "wire/inner_ip_packet.h"
#include "wire/key_epoch.h"
#include "wire/pair_keys.h"
#include "wire/pair_packet.h"
#include "wire/probe_body.h"
#include "wire/relay_body.h"
#include "wire/session_control.h"

namespace srwan::test {
namespace {

KeyPair keysOf(const Json& privateKey) { return KeyPair::fromPrivate(arrayFromHex<32>(privateKey.asString())); }

std::uint32_t u32(const Json& value) { return static_cast<std::uint32_t>(value.asInteger()); }

TEST(GoldenKeyDerivations, AreReproduced) {
  const Json file = loadVectors("key-derivations.json");
  for (const Json& pair : file["pairs"].asArray()) {
    const KeyPair a = keysOf(pair["a"]["privateKey"]);
    const PublicKey b = arrayFromHex<32>(pair["b"]["publicKey"].asString());
    EXPECT_EQ(toHex(a.publicKey()), pair["a"]["publicKey"].asString());
    EXPECT_EQ(keyId(a.publicKey()), pair["a"]["keyId"].asInteger());
    const auto keys = derivePairKeys(file["networkId"].asString(), a, b);
    ASSERT_TRUE(keys);
    EXPECT_EQ(toHex(keys->sending.view()), pair["pairKeyOfA"].asString());
    EXPECT_EQ(toHex(keys->receiving.view()), pair["pairKeyOfB"].asString());
    EXPECT_EQ(toHex(keys->root.view()), pair["pairRoot"].asString());
    for (const Json& hop : pair["hopRoots"].asArray()) {
      const HopRoot root =
          deriveHopRoot(keys->root, u32(hop["session"]), static_cast<Direction>(hop["direction"].asInteger()));
      EXPECT_EQ(toHex(root.view()), hop["hopRoot"].asString());
      for (const Json& key : hop["hopKeys"].asArray()) {
        EXPECT_EQ(toHex(deriveHopKey(root, u32(key["epoch"])).view()), key["hopKey"].asString());
      }
    }
  }
  const Json::Array& steps = file["ratchet"].asArray();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const ChainKey chain = secretOf<ChainKey>(steps[i]["chainKey"]);
    EXPECT_EQ(toHex(deriveDataKey(chain).view()), steps[i]["dataKey"].asString());
    if (i + 1 < steps.size()) {
      EXPECT_EQ(toHex(ratchet(chain).view()), steps[i + 1]["chainKey"].asString());
    }
  }
}

TEST(GoldenKeyEpochs, AreRecovered) {
  const auto check = [](std::optional<std::uint32_t> found, const Json& expected) {
    if (expected.isNull()) return !found.has_value();
    return found == u32(expected);
  };
  const Json file = loadVectors("key-epochs.json");
  for (const Json& one : file["cases"].asArray()) {
    const auto bits = static_cast<std::uint8_t>(one["bits"].asInteger());
    const std::uint32_t current = u32(one["current"]);
    EXPECT_TRUE(check(recoverKeyEpoch(bits, current), one["nearest"])) << current << " " << int{bits};
    EXPECT_TRUE(check(acceptKeyEpoch(bits, current, true), one["acceptedInGrace"])) << current << " " << int{bits};
    EXPECT_TRUE(check(acceptKeyEpoch(bits, current, false), one["acceptedLater"])) << current << " " << int{bits};
  }
}

void expectHeader(const SegmentPacketView& view, const Json& one) {
  EXPECT_EQ(static_cast<int>(view.direction()), one["direction"].asInteger());
  EXPECT_EQ(view.keyEpochBits(), one["keyEpoch"].asInteger() & 15);
  EXPECT_EQ(view.color(), one["color"].asInteger());
  EXPECT_EQ(view.session(), u32(one["session"]));
  EXPECT_EQ(view.pathId(), one["pathId"].asInteger());
  EXPECT_EQ(view.queue(), one["queue"].asInteger());
  EXPECT_EQ(view.counter(), unsignedOf(one["counter"]));
}

TEST(GoldenSegmentPackets, PassEveryHopAndOpen) {
  const Json file = loadVectors("segment-packets.json");
  ASSERT_EQ(file["cases"].asArray().size(), 16U);
  for (const Json& one : file["cases"].asArray()) {
    SCOPED_TRACE(one["name"].asString());
    Bytes packet = hexOf(one["packet"]);
    const auto view = SegmentPacketView::parse(packet);
    ASSERT_TRUE(view);
    expectHeader(*view, one);
    const Json::Array& segments = one["segments"].asArray();
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const Json& step = one["hops"].asArray()[i];
      EXPECT_EQ(toHex(packet), step["received"].asString());
      EXPECT_EQ(view->currentSid(), sidOf(segments[i]["sid"]));
      const HopKey key = deriveHopKey(secretOf<HopRoot>(segments[i]["hopRoot"]), u32(one["keyEpoch"]));
      EXPECT_EQ(toHex(key.view()), segments[i]["hopKey"].asString());
      const auto hop = verifyHop(*view, key);
      ASSERT_TRUE(hop);
      EXPECT_EQ(toHex(hop->successor()), step["successor"].asString());
      advanceHop(*view, *hop);
      EXPECT_EQ(toHex(packet), step["advanced"].asString());
    }
    const auto suite = aeadSuiteFrom(static_cast<std::uint8_t>(one["suite"].asInteger()));
    ASSERT_TRUE(suite);
    AeadOpener opener(secretOf<AeadKey>(one["dataKey"]), *suite);
    const auto plaintext = openSegmentPacket(*view, opener);
    ASSERT_TRUE(plaintext);
    EXPECT_EQ(toHex(*plaintext), one["plaintext"].asString());
    EXPECT_EQ(dataContent(*plaintext), DataContent::ipPacket);
  }
}

void expectProbe(const Json& fields, ByteView body) {
  const auto probe = decodeProbeBody(body);
  ASSERT_TRUE(probe);
  EXPECT_EQ(probe->reply, fields["reply"].asBool());
  EXPECT_EQ(probe->t1, signedOf(fields["t1"]));
  EXPECT_EQ(probe->t2, signedOf(fields["t2"]));
  EXPECT_EQ(probe->t3, signedOf(fields["t3"]));
  EXPECT_EQ(probe->clockEpoch, fields["clockEpoch"].asInteger());
  EXPECT_EQ(probe->columnSeen, fields["columnSeen"].asInteger());
  EXPECT_EQ(toHex(probe->columnPart).substr(0, fields["columnPart"].asString().size()),
            fields["columnPart"].asString());
}

void expectPaths(const Json& fields, const PathsMessage& message) {
  EXPECT_EQ(message.active, fields["active"].asInteger());
  EXPECT_EQ(message.standby, fields["standby"].asInteger());
  EXPECT_EQ(message.session, u32(fields["session"]));
  EXPECT_EQ(message.sequence, u32(fields["sequence"]));
  const Json::Array& paths = fields["paths"].asArray();
  ASSERT_EQ(message.count, paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    EXPECT_EQ(message.paths[i].pathId, paths[i]["pathId"].asInteger());
    EXPECT_EQ(message.paths[i].color, paths[i]["color"].asInteger());
    EXPECT_EQ(message.paths[i].mtu, paths[i]["mtu"].asInteger());
    const Json::Array& segments = paths[i]["segments"].asArray();
    ASSERT_EQ(message.paths[i].segmentCount, segments.size());
    for (std::size_t j = 0; j < segments.size(); ++j) {
      EXPECT_EQ(message.paths[i].segments[j].sid, sidOf(segments[j]["sid"]));
      EXPECT_EQ(static_cast<int>(message.paths[i].segments[j].behaviour), segments[j]["behaviour"].asInteger());
    }
    const Json::Array& roots = paths[i]["hopRoots"].asArray();
    for (std::size_t j = 0; j < roots.size(); ++j)
      EXPECT_EQ(toHex(message.paths[i].hopRoots[j].view()), roots[j].asString());
  }
}

void expectControl(const Json& fields, ByteView body) {
  const auto control = decodeControl(body);
  ASSERT_TRUE(control);
  if (const auto* const open = std::get_if<OpenMessage>(&*control)) {
    EXPECT_EQ(open->forward, fields["forward"].asBool());
    EXPECT_EQ(open->reverse, fields["reverse"].asBool());
    EXPECT_EQ(open->session, u32(fields["session"]));
    EXPECT_EQ(open->egress, sidOf(fields["egress"]));
    EXPECT_EQ(open->rekeyIntervalMs, u32(fields["rekeyIntervalMs"]));
    EXPECT_EQ(open->elapsedMs, u32(fields["elapsedMs"]));
    EXPECT_EQ(open->remainingMs, u32(fields["remainingMs"]));
    EXPECT_EQ(open->sequence, u32(fields["sequence"]));
  } else if (const auto* const answer = std::get_if<AnswerMessage>(&*control)) {
    EXPECT_EQ(static_cast<int>(answer->code), fields["code"].asInteger());
    EXPECT_EQ(static_cast<int>(answer->of), fields["of"].asInteger());
    EXPECT_EQ(answer->session, u32(fields["session"]));
    EXPECT_EQ(answer->sequence, u32(fields["sequence"]));
  } else if (const auto* const paths = std::get_if<PathsMessage>(&*control)) {
    expectPaths(fields, *paths);
  } else {
    EXPECT_EQ(std::get<CloseMessage>(*control).reason, fields["reason"].asInteger());
    EXPECT_EQ(std::get<CloseMessage>(*control).session, u32(fields["session"]));
  }
}

void expectRelay(const Json& fields, ByteView body) {
  const auto relay = decodeRelayBody(body);
  ASSERT_TRUE(relay);
  EXPECT_EQ(static_cast<int>(relay->stage), fields["stage"].asInteger());
  EXPECT_EQ(relay->destination, sidOf(fields["destination"]));
  EXPECT_EQ(relay->origin, sidOf(fields["origin"]));
  EXPECT_EQ(toHex(relay->inner), fields["inner"].asString());
}

TEST(GoldenPairPackets, OpenAndDecode) {
  const Json file = loadVectors("pair-packets.json");
  AeadOpener opener(secretOf<AeadKey>(file["pairKeyOfSender"]));
  for (const Json& one : file["cases"].asArray()) {
    SCOPED_TRACE(one["name"].asString());
    Bytes packet = hexOf(one["packet"]);
    const auto header = parsePairHeader(packet);
    ASSERT_TRUE(header);
    EXPECT_EQ(static_cast<int>(header->kind), one["kind"].asInteger());
    EXPECT_EQ(header->counter, unsignedOf(one["counter"]));
    EXPECT_EQ(header->sender, sidOf(file["senderSid"]));
    EXPECT_EQ(header->senderKeyId, keyId(arrayFromHex<32>(file["senderPublicKey"].asString())));
    EXPECT_EQ(header->receiverKeyId, keyId(arrayFromHex<32>(file["receiverPublicKey"].asString())));
    const auto body = openPairPacket(packet, opener);
    ASSERT_TRUE(body);
    EXPECT_EQ(toHex(*body), one["body"].asString());
    const Json& fields = one["fields"];
    if (header->kind == PacketKind::probe) expectProbe(fields, *body);
    if (header->kind == PacketKind::datagram) {
      EXPECT_EQ(toHex(*body), fields["payload"].asString());
    }
    if (header->kind == PacketKind::sessionControl) expectControl(fields, *body);
    if (header->kind == PacketKind::relayed) expectRelay(fields, *body);
  }
}

TEST(GoldenHandshake, IsAcceptedByBothSides) {
  const Json file = loadVectors("handshakes.json");
  const KeyPair initiatorKeys = keysOf(file["initiatorPrivateKey"]);
  const KeyPair responderKeys = keysOf(file["responderPrivateKey"]);
  const HandshakePrologue prologue(file["networkId"].asString(), u32(file["session"]), sidOf(file["initiatorSid"]),
                                   sidOf(file["responderSid"]));
  EXPECT_EQ(toHex(prologue.view()), file["prologue"].asString());

  const Bytes initiation = hexOf(file["initiation"]);
  const auto first = parseHandshake(initiation);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->header.sender, sidOf(file["initiatorSid"]));
  EXPECT_TRUE(verifyMac1(initiation, mac1Key(responderKeys.publicKey())));
  NoiseIkResponder responder(responderKeys, prologue.view());
  std::array<std::uint8_t, INITIATION_PAYLOAD_OCTETS> octets;
  ASSERT_EQ(responder.readInitiation(first->noise, octets), initiatorKeys.publicKey());
  const auto payload = decodeInitiationPayload(octets);
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->handshakeCounter, unsignedOf(file["initiationPayload"]["handshakeCounter"]));
  EXPECT_EQ(payload->rekeyIntervalMs, u32(file["initiationPayload"]["rekeyIntervalMs"]));
  EXPECT_EQ(payload->sessionLifetimeMs, u32(file["initiationPayload"]["sessionLifetimeMs"]));

  EXPECT_EQ(payload->suites, file["initiationPayload"]["suites"].asInteger());
  EXPECT_EQ(payload->preferred, file["initiationPayload"]["preferred"].asInteger());

  const Bytes response = hexOf(file["response"]);
  const auto second = parseHandshake(response);
  ASSERT_TRUE(second);
  EXPECT_TRUE(verifyMac1(response, mac1Key(initiatorKeys.publicKey())));
  NoiseIkInitiator initiator(initiatorKeys, responderKeys.publicKey(), prologue.view());
  FixedRandom random(hexOf(file["initiatorEphemeralPrivateKey"]));
  Bytes sent(first->noise.size());
  ASSERT_TRUE(initiator.writeInitiation(random, octets, sent));
  EXPECT_TRUE(std::equal(sent.begin(), sent.end(), first->noise.begin(), first->noise.end()));
  std::array<std::uint8_t, RESPONSE_PAYLOAD_OCTETS> code;
  ASSERT_TRUE(initiator.readResponse(second->noise, code));
  const auto answer = decodeResponsePayload(code);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, static_cast<ResponseCode>(file["responseCode"].asInteger()));
  EXPECT_EQ(static_cast<int>(answer->suite), file["responseSuite"].asInteger());
  const auto transport = initiator.split();
  ASSERT_TRUE(transport);
  EXPECT_EQ(toHex(transport->handshakeHash), file["handshakeHash"].asString());
  EXPECT_EQ(toHex(transport->forward.view()), file["forwardChainKey"].asString());
  EXPECT_EQ(toHex(transport->reverse.view()), file["reverseChainKey"].asString());
}

TEST(GoldenHandshake, TheCookieReplyOpensAndProvesTheAddress) {
  const Json file = loadVectors("handshakes.json");
  const PublicKey responder = keysOf(file["responderPrivateKey"]).publicKey();
  const Bytes initiation = hexOf(file["initiation"]);
  const Bytes reply = hexOf(file["cookieReply"]);
  const auto view = parseHandshake(reply);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header.message, HandshakeMessage::cookieReply);
  EXPECT_EQ(view->header.sender, sidOf(file["responderSid"]));
  AeadOpener opener(cookieReplyKey(responder));
  const auto cookie = openCookieReply(opener, reply, mac1Of(initiation));
  ASSERT_TRUE(cookie);
  EXPECT_EQ(toHex(*cookie), file["cookie"].asString());
  const Bytes proven = hexOf(file["initiationWithCookie"]);
  ASSERT_TRUE(parseHandshake(proven));
  EXPECT_TRUE(verifyMac1(proven, mac1Key(responder)));
  EXPECT_TRUE(verifyMac2(proven, *cookie));
  EXPECT_FALSE(verifyMac2(initiation, *cookie));
}

TEST(GoldenDataPlaintexts, AreRead) {
  const Json file = loadVectors("data-plaintexts.json");
  const Json& request = file["pathProbeRequest"];
  const auto asked = decodePathProbeRequest(hexOf(request["plaintext"]));
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->activateReplyPath, request["activateReplyPath"].asBool());
  EXPECT_EQ(asked->replyPath, request["replyPath"].asInteger());
  EXPECT_EQ(asked->sequence, u32(request["sequence"]));
  EXPECT_EQ(asked->t1, signedOf(request["t1"]));
  EXPECT_EQ(asked->replySize, request["replySize"].asInteger());
  const Json& reply = file["pathProbeReply"];
  const auto answered = decodePathProbeReply(hexOf(reply["plaintext"]));
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->t2, signedOf(reply["t2"]));
  EXPECT_EQ(answered->t3, signedOf(reply["t3"]));
  EXPECT_EQ(answered->clockEpoch, reply["clockEpoch"].asInteger());
  for (const Json& one : file["echoes"].asArray()) {
    SCOPED_TRACE(one["name"].asString());
    const auto echo = decodeEcho(hexOf(one["plaintext"]));
    ASSERT_TRUE(echo);
    EXPECT_EQ(echo->final, one["final"].asBool());
    EXPECT_EQ(echo->sequence, u32(one["sequence"]));
    const auto& entries = one["entries"].asArray();
    ASSERT_EQ(echo->count, entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      EXPECT_EQ(echo->entries[i].epoch, u32(entries[i]["epoch"]));
      EXPECT_EQ(echo->entries[i].pathId, entries[i]["pathId"].asInteger());
      EXPECT_EQ(echo->entries[i].octets, static_cast<std::uint64_t>(signedOf(entries[i]["octets"])));
    }
  }
  for (const Json& one : file["ipPackets"].asArray()) {
    SCOPED_TRACE(one["name"].asString());
    Bytes packet = hexOf(one["packet"]);
    const auto header = parseIpHeader(packet);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->source.version, one["version"].asInteger());
    EXPECT_EQ(toHex(header->source.octets).substr(0, one["source"].asString().size()), one["source"].asString());
    EXPECT_EQ(toHex(header->destination.octets).substr(0, one["destination"].asString().size()),
              one["destination"].asString());
    EXPECT_EQ(header->hopLimit, one["hopLimit"].asInteger());
    EXPECT_EQ(header->protocol, one["protocol"].asInteger());
    ASSERT_TRUE(decrementHopLimit(packet));
    EXPECT_EQ(toHex(packet), one["afterDecrement"].asString());
  }
}

TEST(JsonReader, RefusesWhatIsNotJson) {
  for (const char* const text :
       {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "\"\x01\"", "1 2", "tru", "{1:2}", "[1 2]", "\"a\\q\""}) {
    EXPECT_THROW(Json::parse(text), std::runtime_error) << text;
  }
  EXPECT_EQ(Json::parse(" {\"a\": [1, -2, true, null, \"x\"]} ")["a"].asArray()[1].asInteger(), -2);
}

}  // namespace
}  // namespace srwan::test
