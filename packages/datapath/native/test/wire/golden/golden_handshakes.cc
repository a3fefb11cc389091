#include "golden/golden_files.h"
#include "support/fixed_random.h"
#include "support/overlay.h"
#include "wire/handshake_cookie.h"

namespace srwan::test {
namespace {

void require(bool ok) {
  if (!ok) throw std::runtime_error("golden handshake failed");
}

/** A responder under load: what it answers to `initiation`, and what the initiator then sends. */
struct CookieSamples {
  Cookie cookie;
  AeadNonce nonce;
  Bytes reply;
  Bytes initiation;
};

CookieSamples cookieSamples(const Bytes& initiation, const Node& responder, std::uint8_t initiatorKeyId) {
  const auto view = parseHandshake(initiation);
  require(view.has_value());
  CookieSamples samples;
  samples.cookie = cookieFor(std::move(*CookieSecret::from(sha256({bytesOf("srwan golden cookie secret")}))),
                             fromHex("c0000201"), 4500);
  const Digest nonce = sha256({bytesOf("srwan golden cookie nonce")});
  std::copy_n(nonce.begin(), samples.nonce.size(), samples.nonce.begin());
  FixedRandom random(samples.nonce);
  AeadSealer sealer(cookieReplyKey(responder.keys.publicKey()));
  samples.reply.resize(COOKIE_REPLY_OCTETS);
  require(sealCookieReply(sealer, random,
                          {HandshakeMessage::cookieReply, keyId(responder.keys.publicKey()), initiatorKeyId,
                           view->header.session, responder.sid},
                          mac1Of(initiation), samples.cookie, samples.reply));
  samples.initiation = initiation;
  writeMac2(samples.initiation, samples.cookie);
  return samples;
}

}  // namespace

void addHandshakes(GoldenFiles& out) {
  const Node initiator("alpha");
  const Node responder("beta");
  const Digest initiatorEphemeral = sha256({bytesOf("srwan golden initiator ephemeral")});
  const Digest responderEphemeral = sha256({bytesOf("srwan golden responder ephemeral")});
  const std::uint32_t session = 0xfeedbeefU;
  const HandshakePrologue prologue(NETWORK_ID, session, initiator.sid, responder.sid);
  const InitiationPayload payload{5, 120'000, 3'600'000, KNOWN_SUITES,
                                  static_cast<std::uint8_t>(AeadSuite::chaCha20Poly1305)};
  const ResponsePayload answer{ResponseCode::ok, AeadSuite::chaCha20Poly1305};

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
  require(answering.writeResponse(responderRandom, encodeResponsePayload(answer), handshakeNoise(response)));
  writeMacs(response, mac1Key(initiator.keys.publicKey()));
  const auto transport = answering.split();
  require(transport.has_value());

  out.seeds.push_back({"handshake_packet", "initiation", initiation});
  out.seeds.push_back({"handshake_packet", "response", response});
  const CookieSamples cookies = cookieSamples(initiation, responder, initiatorKeyId);
  out.seeds.push_back({"handshake_packet", "cookie-reply", cookies.reply});
  out.seeds.push_back({"handshake_packet", "initiation-with-cookie", cookies.initiation});
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
                                                      {"sessionLifetimeMs", payload.sessionLifetimeMs},
                                                      {"suites", static_cast<int>(payload.suites)},
                                                      {"preferred", static_cast<int>(payload.preferred)}}},
                   {"responseCode", static_cast<int>(answer.code)},
                   {"responseSuite", static_cast<int>(answer.suite)},
                   {"initiation", toHex(initiation)},
                   {"response", toHex(response)},
                   {"cookie", toHex(cookies.cookie)},
                   {"cookieNonce", toHex(cookies.nonce)},
                   {"cookieReply", toHex(cookies.reply)},
                   {"initiationWithCookie", toHex(cookies.initiation)},
                   {"handshakeHash", toHex(transport->handshakeHash)},
                   {"forwardChainKey", toHex(transport->forward.view())},
                   {"reverseChainKey", toHex(transport->reverse.view())}});
}

}  // namespace srwan::test
