#include "wire/handshake_cookie.h"

#include <algorithm>

#include "wire/hmac.h"

namespace srwan {
namespace {

constexpr std::size_t SEALED_AT = HANDSHAKE_HEADER_OCTETS + AEAD_NONCE_OCTETS;
static_assert(COOKIE_REPLY_OCTETS == SEALED_AT + HANDSHAKE_MAC_OCTETS + AEAD_TAG_OCTETS);
static_assert(COOKIE_REPLY_OCTETS <= INITIATION_PACKET_OCTETS, "an answer to an unproven address never amplifies");

Cookie truncated(const Digest& mac) noexcept {
  Cookie first;
  std::copy_n(mac.begin(), first.size(), first.begin());
  return first;
}

Cookie mac2Of(ByteView datagram, const Cookie& cookie) {
  return truncated(hmacSha256(cookie, {datagram.first(datagram.size() - HANDSHAKE_MAC_OCTETS)}));
}

}  // namespace

Cookie cookieFor(const CookieSecret& secret, ByteView address, std::uint16_t port) {
  std::array<std::uint8_t, 2> octets;
  store16(octets.data(), port);
  return truncated(hmacSha256(secret.view(), {address, octets}));
}

AeadKey cookieReplyKey(const PublicKey& responder) {
  return std::move(*AeadKey::from(sha256({bytesOf("srwan-cookie"), responder})));
}

ByteView mac1Of(ByteView datagram) noexcept {
  return datagram.subspan(datagram.size() - HANDSHAKE_MACS_OCTETS, HANDSHAKE_MAC_OCTETS);
}

bool hasMac2(ByteView datagram) noexcept {
  const ByteView mac2 = datagram.last(HANDSHAKE_MAC_OCTETS);
  return std::any_of(mac2.begin(), mac2.end(), [](std::uint8_t octet) { return octet != 0; });
}

bool verifyMac2(ByteView datagram, const Cookie& cookie) {
  return constantTimeEqual(mac2Of(datagram, cookie), datagram.last(HANDSHAKE_MAC_OCTETS));
}

void writeMac2(ByteSpan datagram, const Cookie& cookie) {
  const Cookie mac2 = mac2Of(datagram, cookie);
  std::copy(mac2.begin(), mac2.end(), datagram.last(HANDSHAKE_MAC_OCTETS).begin());
}

bool sealCookieReply(AeadSealer& sealer, RandomSource& random, const HandshakeHeader& header, ByteView mac1,
                     const Cookie& cookie, ByteSpan out) {
  if (header.message != HandshakeMessage::cookieReply || !writeHandshakeHeader(header, out)) return false;
  AeadNonce nonce;
  random.fill(nonce);
  std::copy(nonce.begin(), nonce.end(), out.begin() + HANDSHAKE_HEADER_OCTETS);
  const ByteSpan sealed = out.subspan(SEALED_AT);
  std::copy(cookie.begin(), cookie.end(), sealed.begin());
  return sealer.seal(nonce, mac1, sealed);
}

std::optional<Cookie> openCookieReply(AeadOpener& opener, ByteView datagram, ByteView mac1) {
  if (datagram.size() != COOKIE_REPLY_OCTETS) return std::nullopt;
  AeadNonce nonce;
  std::copy_n(datagram.begin() + HANDSHAKE_HEADER_OCTETS, nonce.size(), nonce.begin());
  std::array<std::uint8_t, COOKIE_REPLY_OCTETS - SEALED_AT> sealed;
  std::copy_n(datagram.begin() + SEALED_AT, sealed.size(), sealed.begin());
  if (!opener.open(nonce, mac1, sealed)) return std::nullopt;
  Cookie cookie;
  std::copy_n(sealed.begin(), cookie.size(), cookie.begin());
  return cookie;
}

}  // namespace srwan
