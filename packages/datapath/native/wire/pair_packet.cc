#include "wire/pair_packet.h"

namespace srwan {
namespace {

bool isPairKind(PacketKind kind) noexcept {
  return kind == PacketKind::probe || kind == PacketKind::datagram || kind == PacketKind::sessionControl ||
         kind == PacketKind::relayed;
}

bool isPairSize(std::size_t octets) noexcept { return octets >= PAIR_OVERHEAD && octets <= MAX_PAIR_PACKET_OCTETS; }

}  // namespace

std::optional<PairHeader> parsePairHeader(ByteView datagram) noexcept {
  if (!isPairSize(datagram.size())) return std::nullopt;
  const std::optional<PacketKind> kind = packetKind(datagram);
  if (!kind || !isPairKind(*kind) || datagram[1] != 0 || load32(&datagram[4]) != 0) return std::nullopt;
  const PairHeader header{*kind, datagram[2], datagram[3], load64(&datagram[8]), load64(&datagram[16])};
  if (header.sender == NO_SID) return std::nullopt;
  return header;
}

bool sealPairPacket(ByteSpan datagram, const PairHeader& header, AeadSealer& sealer) noexcept {
  if (!isPairSize(datagram.size()) || !isPairKind(header.kind) || header.sender == NO_SID) return false;
  datagram[0] = typeOctet(header.kind);
  datagram[1] = 0;
  datagram[2] = header.senderKeyId;
  datagram[3] = header.receiverKeyId;
  store32(&datagram[4], 0);
  store64(&datagram[8], header.sender);
  store64(&datagram[16], header.counter);
  return sealer.seal(nonceFrom(header.counter), datagram.first(PAIR_HEADER_OCTETS),
                     datagram.subspan(PAIR_HEADER_OCTETS));
}

std::optional<ByteSpan> openPairPacket(ByteSpan datagram, AeadOpener& opener) noexcept {
  if (!isPairSize(datagram.size())) return std::nullopt;
  const ByteSpan sealed = datagram.subspan(PAIR_HEADER_OCTETS);
  if (!opener.open(nonceFrom(load64(&datagram[16])), datagram.first(PAIR_HEADER_OCTETS), sealed)) return std::nullopt;
  return sealed.first(sealed.size() - AEAD_TAG_OCTETS);
}

}  // namespace srwan
