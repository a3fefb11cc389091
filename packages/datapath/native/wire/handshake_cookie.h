// What a responder under load asks for before it computes anything dear: proof that the initiator receives at the
// address that it sends from. The idea is WireGuard's (Donenfeld, WireGuard: Next Generation Kernel Network
// Tunnel, 5.3).
#pragma once

#include "wire/aead.h"
#include "wire/handshake_packet.h"

namespace srwan {

/** The responder's own; drawn anew every `COOKIE_LIFETIME`, so that no state is kept per address. */
using CookieSecret = Secret<struct CookieSecretPurpose, 32>;
using Cookie = std::array<std::uint8_t, HANDSHAKE_MAC_OCTETS>;

/** First 16 octets of HMAC-SHA-256(secret, address ‖ port 16). @param address - 4 or 16 octets */
Cookie cookieFor(const CookieSecret& secret, ByteView address, std::uint16_t port);

/**
 * Seals cookie replies: SHA-256("srwan-cookie" ‖ public key). Whoever knows the public key knows it; the additional
 * data is what keeps those out who have not seen the initiation.
 */
AeadKey cookieReplyKey(const PublicKey& responder);

/** mac1 of a packet with macs that `parseHandshake` took. */
ByteView mac1Of(ByteView datagram) noexcept;

/** mac2 is not zero. @param datagram - an initiation that `parseHandshake` took */
bool hasMac2(ByteView datagram) noexcept;
/** @param datagram - an initiation that `parseHandshake` took */
bool verifyMac2(ByteView datagram, const Cookie& cookie);
/** Over all octets up to and including mac1: call after `writeMacs`. */
void writeMac2(ByteSpan datagram, const Cookie& cookie);

/**
 * Writes a whole cookie reply.
 *
 * @param header - of message `cookieReply` · @param sealer - under `cookieReplyKey` of the own public key
 * @param mac1 - of the initiation that is answered · @param out - `COOKIE_REPLY_OCTETS`
 * @returns false where header or size are wrong
 */
[[nodiscard]] bool sealCookieReply(AeadSealer& sealer, RandomSource& random, const HandshakeHeader& header,
                                   ByteView mac1, const Cookie& cookie, ByteSpan out);

/**
 * @param datagram - a cookie reply that `parseHandshake` took · @param opener - under `cookieReplyKey` of its sender
 * @param mac1 - of the last initiation that was sent to it
 * @returns nullopt where it answers another initiation
 */
std::optional<Cookie> openCookieReply(AeadOpener& opener, ByteView datagram, ByteView mac1);

}  // namespace srwan
