// Any datagram through header and opening; then its body sealed anew must open, and goes to the decoder of its kind.
#include "fuzz_input.h"
#include "wire/pair_packet.h"
#include "wire/probe_body.h"
#include "wire/relay_body.h"
#include "wire/session_control.h"

using namespace srwan;
using namespace srwan::fuzz;

namespace {

const AeadKey& pairKey() {
  static const AeadKey key = std::move(*AeadKey::from(Bytes(32, 1)));
  return key;
}

void decode(PacketKind kind, ByteView body) {
  if (kind == PacketKind::probe) (void)decodeProbeBody(body);
  if (kind == PacketKind::sessionControl) (void)decodeControl(body);
  if (kind == PacketKind::relayed) (void)decodeRelayBody(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static AeadSealer sealer(pairKey());
  static AeadOpener opener(pairKey());
  Bytes datagram = copyOf(data, size);
  const auto header = parsePairHeader(datagram);
  if (!header) return 0;
  Bytes again = datagram;
  require(sealPairPacket(again, *header, sealer), "what parses can be sealed");
  require(same(ByteView(again).first(PAIR_HEADER_OCTETS), ByteView(datagram).first(PAIR_HEADER_OCTETS)),
          "the header is canonical");
  const auto body = openPairPacket(again, opener);
  require(body.has_value(), "what was sealed opens");
  decode(header->kind, *body);
  (void)openPairPacket(datagram, opener);
  return 0;
}
