#include "engine/cookie_guard.h"

namespace srwan {
namespace {

ByteView octetsOf(const UnderlayEndpoint& endpoint) {
  return ByteView(endpoint.address).first(endpoint.version == 4 ? 4 : 16);
}

// Who has one address of an IPv6 network has all of its /64.
ByteView networkOf(const UnderlayEndpoint& endpoint) {
  return ByteView(endpoint.address).first(endpoint.version == 4 ? 4 : 8);
}

}  // namespace

CookieGuard::CookieGuard(EngineContext& context)
    : context_(context),
      sealer_(cookieReplyKey(context.keys.publicKey())),
      proven_(PROVEN_BUCKETS, TokenBucket(PROVEN_RATE, PROVEN_BURST)) {}

bool CookieGuard::underLoad() {
  if (!load_.take(context_.now)) loadedUntil_ = context_.now + LOAD_TIME;
  return context_.now < loadedUntil_;
}

bool CookieGuard::admit(ByteView datagram, const HandshakeView& view, const UnderlayEndpoint& from) {
  if (!underLoad()) return true;
  rotate();
  if (hasMac2(datagram) && proven(datagram, from)) {
    if (bucketOf(from).take(context_.now)) return true;
    context_.drop(Counter::dropRateLimited);
    return false;
  }
  context_.drop(Counter::dropCookie);
  if (replies_.take(context_.now)) reply(datagram, view, from);
  return false;
}

void CookieGuard::rotate() {
  if (current_ && context_.now - current_->drawn < SECRET_LIFETIME) return;
  previous_ = std::move(current_);
  current_.emplace();
  context_.random.fill(current_->secret.span());
  current_->drawn = context_.now;
}

bool CookieGuard::proven(ByteView datagram, const UnderlayEndpoint& from) const {
  if (verifyMac2(datagram, cookieFor(current_->secret, octetsOf(from), from.port))) return true;
  return previous_ && context_.now - previous_->drawn < 2 * SECRET_LIFETIME &&
         verifyMac2(datagram, cookieFor(previous_->secret, octetsOf(from), from.port));
}

TokenBucket& CookieGuard::bucketOf(const UnderlayEndpoint& from) {
  return proven_[cookieFor(current_->secret, networkOf(from), 0)[0] % PROVEN_BUCKETS];
}

void CookieGuard::reply(ByteView datagram, const HandshakeView& view, const UnderlayEndpoint& from) {
  std::array<std::uint8_t, COOKIE_REPLY_OCTETS> packet;
  const HandshakeHeader header{HandshakeMessage::cookieReply, context_.ownKeyId, view.header.senderKeyId,
                               view.header.session, context_.init.sid};
  const Cookie cookie = cookieFor(current_->secret, octetsOf(from), from.port);
  if (!sealCookieReply(sealer_, context_.random, header, mac1Of(datagram), cookie, packet)) return;
  context_.lane->counters.add(Counter::cookiesSent);
  context_.lane->counters.add(Counter::handshakeTxOctets, packet.size());
  context_.lane->counters.add(Counter::handshakeTxPackets);
  context_.lane->output.sendDatagram(from, packet);
}

}  // namespace srwan
