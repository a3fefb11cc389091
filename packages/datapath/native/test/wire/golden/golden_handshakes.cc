#include "golden/golden_files.h"
#include "support/fixed_random.h"
#include "support/overlay.h"
#include "wire/handshake_packet.h"

namespace srwan::test {
namespace {

void require(bool ok) {
  if (!ok) throw std::runtime_error("golden handshake failed");
}

}  // namespace

void addHandshakes(GoldenFiles& out) {
  const Node initiator("alpha");
  const Node responder("beta");
  const Digest initiatorEphemeral = sha256({bytesOf("srwan golden initiator ephemeral")});
  const Digest responderEphemeral = sha256({bytesOf("srwan golden responder ephemeral")});
  const std::uint32_t session = 0xfeedbeefU;
  const HandshakePrologue prologue(NETWORK_ID, session, initiator.sid, responder.sid);
  const InitiationPayload payload{5, 120'000, 3'600'000};

  Bytes initiation(INITIATION_PACKET_OCTETS);
  const std::uint8_t initiatorKeyId = keyId(initiator.keys.publicKey());
  const std::uint8_t responderKeyId = keyId(responder.keys.publicKey());
  require(writeHandshakeHeader({HandshakeMessage::initiation, initiatorKeyId, responderKeyId, session, initiator.sid},
                               initiation));
  NoiseIkInitiator noise(initiator.keys, responder.keys.publicKey(), prologue.view());
  FixedRandom initiatorRandom(initiatorEphemeral);
  require(noise.writeInitiation(initiatorRandom, encodeInitiationPayload(payload), handshakeNoise(initiation)));
  writeMacs(initiation, mac1Key(responder.keys.publicKey()));

  NoiseIkResponder answering(responder.keys, prologue.view());
  std::array<std::uint8_t, INITIATION_PAYLOAD_OCTETS> received;
  require(answering.readInitiation(handshakeNoise(initiation), received) == initiator.keys.publicKey());
  Bytes response(RESPONSE_PACKET_OCTETS);
  require(writeHandshakeHeader({HandshakeMessage::response, responderKeyId, initiatorKeyId, session, responder.sid},
                               response));
  FixedRandom responderRandom(responderEphemeral);
  const std::uint8_t code = 0;
  require(answering.writeResponse(responderRandom, ByteView(&code, 1), handshakeNoise(response)));
  writeMacs(response, mac1Key(initiator.keys.publicKey()));
  const auto transport = answering.split();
  require(transport.has_value());

  out.seeds.push_back({"handshake_packet", "initiation", initiation});
  out.seeds.push_back({"handshake_packet", "response", response});
  out.files.emplace_back(
      "handshakes.json",
      Json::Object{{"networkId", std::string(NETWORK_ID)},
                   {"session", session},
                   {"initiatorSid", sidHex(initiator.sid)},
                   {"responderSid", sidHex(responder.sid)},
                   {"initiatorPrivateKey", toHex(initiator.privateKey)},
                   {"responderPrivateKey", toHex(responder.privateKey)},
                   {"initiatorEphemeralPrivateKey", toHex(initiatorEphemeral)},
                   {"responderEphemeralPrivateKey", toHex(responderEphemeral)},
                   {"prologue", toHex(prologue.view())},
                   {"initiationPayload", Json::Object{{"handshakeCounter", decimal(payload.handshakeCounter)},
                                                      {"rekeyIntervalMs", payload.rekeyIntervalMs},
                                                      {"sessionLifetimeMs", payload.sessionLifetimeMs}}},
                   {"responseCode", 0},
                   {"initiation", toHex(initiation)},
                   {"response", toHex(response)},
                   {"handshakeHash", toHex(transport->handshakeHash)},
                   {"forwardChainKey", toHex(transport->forward.view())},
                   {"reverseChainKey", toHex(transport->reverse.view())}});
}

}  // namespace srwan::test
