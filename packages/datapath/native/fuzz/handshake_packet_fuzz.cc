// Any datagram through framing, both macs, both Noise readers and the cookie reply, as it is and with macs that are
// made valid.
#include <optional>

#include "fuzz_input.h"
#include "wire/handshake_cookie.h"

using namespace srwan;
using namespace srwan::fuzz;

namespace {

class CountingRandom final : public RandomSource {
 public:
  void fill(ByteSpan out) override {
    for (std::uint8_t& octet : out) octet = ++next_;
  }

 private:
  std::uint8_t next_ = 0;
};

struct Ends {
  Ends() : initiator(KeyPair::generate(random)), responder(KeyPair::generate(random)) {}
  CountingRandom random;
  KeyPair initiator;
  KeyPair responder;
};

Ends& ends() {
  static Ends made;
  return made;
}

void readInitiation(const HandshakeView& view) {
  const HandshakePrologue prologue("fuzz", view.header.session, view.header.sender, 1);
  NoiseIkResponder noise(ends().responder, prologue.view());
  std::array<std::uint8_t, INITIATION_PAYLOAD_OCTETS> payload;
  if (noise.readInitiation(view.noise, payload)) (void)decodeInitiationPayload(payload);
}

void readResponse(const HandshakeView& view) {
  NoiseIkInitiator noise(ends().initiator, ends().responder.publicKey(), {});
  std::array<std::uint8_t, NOISE_IK_INITIATION_OVERHEAD> sent;
  require(noise.writeInitiation(ends().random, {}, sent), "an initiation can be written");
  std::array<std::uint8_t, RESPONSE_PAYLOAD_OCTETS> payload;
  require(!noise.readResponse(view.noise, payload), "nobody without the responder's key answers");
}

void readCookieReply(ByteView datagram) {
  static AeadOpener opener(cookieReplyKey(ends().responder.publicKey()));
  const std::array<std::uint8_t, HANDSHAKE_MAC_OCTETS> mac1{1, 2, 3};
  require(!openCookieReply(opener, datagram, mac1), "nobody answers an initiation that was not sent");
}

void proveAddress(Bytes datagram) {
  static const Cookie cookie = cookieFor(CookieSecret{}, bytesOf("addr"), 1);
  require(!verifyMac2(datagram, cookie), "nobody guesses a cookie");
  writeMac2(datagram, cookie);
  require(verifyMac2(datagram, cookie) && hasMac2(datagram), "what was proven verifies");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Digest key = mac1Key(ends().responder.publicKey());
  Bytes datagram = copyOf(data, size);
  (void)verifyMac1(datagram, key);
  const auto view = parseHandshake(datagram);
  if (!view) return 0;
  Bytes again = datagram;
  require(writeHandshakeHeader(view->header, again) && same(again, datagram), "the header is canonical");
  if (view->header.message == HandshakeMessage::cookieReply) {
    readCookieReply(datagram);
    return 0;
  }
  writeMacs(again, key);
  require(verifyMac1(again, key), "what was written verifies");
  if (view->header.message == HandshakeMessage::initiation) {
    readInitiation(*view);
    proveAddress(datagram);
  } else {
    readResponse(*view);
  }
  return 0;
}
