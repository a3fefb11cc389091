#include "wire/segment_packet.h"

#include <algorithm>

#include "wire/siphash.h"

namespace srwan {
namespace {

constexpr std::size_t MAX_UDP_PAYLOAD = 65535;
constexpr std::size_t PROOF_INPUT_OCTETS = 42;
constexpr std::size_t INVARIANT_HEADER_OCTETS = 15;
constexpr std::size_t PROOF_OFFSET = 10;

std::uint8_t* segmentAt(std::uint8_t* datagram, std::size_t index) noexcept {
  return datagram + SEGMENT_HEADER_OCTETS + index * SEGMENT_OCTETS;
}

/** Header without segmentsLeft, the only field that changes on the way. */
void putInvariantHeader(std::uint8_t* out, const std::uint8_t* header) noexcept {
  out[0] = header[0];
  std::copy_n(header + 2, INVARIANT_HEADER_OCTETS - 1, out + 1);
}

/** x_i over a whole datagram. @param previous - p_(i−1), 6 octets; zeros for the first */
SipHash128 proofOf(ByteView datagram, std::size_t index, const std::uint8_t* previous, const HopKey& key) noexcept {
  const std::size_t count = datagram[2] >> 4;
  const std::uint8_t* const segment = datagram.data() + SEGMENT_HEADER_OCTETS + index * SEGMENT_OCTETS;
  std::array<std::uint8_t, PROOF_INPUT_OCTETS> input;
  std::uint8_t* out = input.data();
  putInvariantHeader(out, datagram.data());
  out += INVARIANT_HEADER_OCTETS;
  *out++ = static_cast<std::uint8_t>(index + 1);
  out = std::copy_n(segment, PROOF_OFFSET, out);
  if (index + 1 < count) {
    out = std::copy_n(segment + SEGMENT_OCTETS, 8, out);
  } else {
    out = std::fill_n(out, 8, std::uint8_t{0});
  }
  out = std::copy_n(previous, HOP_PROOF_OCTETS, out);
  store16(out, static_cast<std::uint16_t>(datagram.size()));
  return sipHash24(key.data(), input);
}

constexpr HopProof NO_PREVIOUS{};

using AdditionalData = std::array<std::uint8_t, INVARIANT_HEADER_OCTETS + MAX_SEGMENTS * SEGMENT_OCTETS>;

/** Invariant header and all segments, whose proof fields hold p_i. @returns its length */
std::size_t putAdditionalData(AdditionalData& out, const std::uint8_t* datagram) noexcept {
  const std::size_t segmentOctets = (datagram[2] >> 4) * SEGMENT_OCTETS;
  putInvariantHeader(out.data(), datagram);
  std::copy_n(datagram + SEGMENT_HEADER_OCTETS, segmentOctets, out.data() + INVARIANT_HEADER_OCTETS);
  return INVARIANT_HEADER_OCTETS + segmentOctets;
}

bool hasValidSegments(ByteView datagram, std::size_t count) noexcept {
  std::array<Segment, MAX_SEGMENTS> segments;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const segment = datagram.data() + SEGMENT_HEADER_OCTETS + i * SEGMENT_OCTETS;
    const std::uint16_t behaviour = load16(segment + 8);
    if ((behaviour & 0x3ff) != 0 || (behaviour >> 10) > 1) return false;
    segments[i] = {load64(segment), static_cast<Behaviour>(behaviour >> 10)};
  }
  return isValidSegmentList(std::span<const Segment>(segments.data(), count));
}

void putHeader(std::uint8_t* out, const SegmentPacketFields& fields, std::size_t count) noexcept {
  out[0] = typeOctet(fields.direction == Direction::forward ? PacketKind::dataForward : PacketKind::dataReverse);
  out[1] = static_cast<std::uint8_t>(count - 1);
  out[2] = static_cast<std::uint8_t>((count << 4) | (fields.keyEpoch & 0x0f));
  out[3] = fields.color;
  store32(out + 4, fields.session);
  store16(out + 8, fields.stream);
  store48(out + 10, fields.counter);
}

bool isSendable(std::size_t octets, const SegmentPacketFields& fields, std::span<const Segment> segments) noexcept {
  return isValidSegmentList(segments) && octets > segmentPacketOverhead(segments.size()) && octets <= MAX_UDP_PAYLOAD &&
         fields.color >= MIN_COLOR && fields.color <= MAX_COLOR && fields.session != 0 &&
         fields.counter <= MAX_SEGMENT_COUNTER;
}

}  // namespace

bool isValidSegmentList(std::span<const Segment> segments) noexcept {
  if (segments.empty() || segments.size() > MAX_SEGMENTS) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i].sid == NO_SID || segments[i].behaviour != (last ? Behaviour::endDt46 : Behaviour::end))
      return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (segments[j].sid == segments[i].sid) return false;
    }
  }
  return true;
}

std::optional<SegmentPacketView> SegmentPacketView::parse(ByteSpan datagram) noexcept {
  if (datagram.size() < SEGMENT_HEADER_OCTETS || datagram.size() > MAX_UDP_PAYLOAD) return std::nullopt;
  const std::optional<PacketKind> kind = packetKind(datagram);
  if (kind != PacketKind::dataForward && kind != PacketKind::dataReverse) return std::nullopt;
  const std::size_t count = datagram[2] >> 4;
  if (count < 1 || count > MAX_SEGMENTS || datagram[1] >= count) return std::nullopt;
  if (datagram.size() <= segmentPacketOverhead(count)) return std::nullopt;
  if (datagram[3] < MIN_COLOR || datagram[3] > MAX_COLOR || load32(&datagram[4]) == 0) return std::nullopt;
  if (!hasValidSegments(datagram, count)) return std::nullopt;
  return SegmentPacketView(datagram);
}

Segment SegmentPacketView::segment(std::size_t index) const noexcept {
  return {sid(index), static_cast<Behaviour>(datagram_[segmentOffset(index) + 8] >> 2)};
}

std::optional<VerifiedHop> verifyHop(const SegmentPacketView& packet, const HopKey& key) noexcept {
  const std::size_t index = packet.currentIndex();
  const std::uint8_t* const previous = index == 0 ? NO_PREVIOUS.data() : packet.proof(index - 1).data();
  const SipHash128 x = proofOf(packet.datagram(), index, previous, key);
  if (!constantTimeEqual(ByteView(x).first(HOP_PROOF_OCTETS), packet.proof(index))) return std::nullopt;
  HopProof successor;
  std::copy_n(x.begin() + HOP_PROOF_OCTETS, HOP_PROOF_OCTETS, successor.begin());
  return VerifiedHop(successor);
}

void advanceHop(const SegmentPacketView& packet, const VerifiedHop& hop) noexcept {
  std::uint8_t* const datagram = packet.datagram().data();
  std::copy(hop.successor().begin(), hop.successor().end(), segmentAt(datagram, packet.currentIndex()) + PROOF_OFFSET);
  if (datagram[1] > 0) --datagram[1];
}

std::optional<ByteSpan> openSegmentPacket(const SegmentPacketView& packet, AeadOpener& opener) noexcept {
  if (!packet.isLast()) return std::nullopt;
  AdditionalData additionalData;
  const std::size_t size = putAdditionalData(additionalData, packet.datagram().data());
  const ByteSpan sealed = packet.sealed();
  if (!opener.open(packet.nonce(), ByteView(additionalData).first(size), sealed)) return std::nullopt;
  return sealed.first(sealed.size() - AEAD_TAG_OCTETS);
}

bool sealSegmentPacket(ByteSpan datagram, const SegmentPacketFields& fields, std::span<const Segment> segments,
                       std::span<const HopKey* const> hopKeys, AeadSealer& sealer) noexcept {
  if (!isSendable(datagram.size(), fields, segments) || hopKeys.size() != segments.size()) return false;
  putHeader(datagram.data(), fields, segments.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    std::uint8_t* const out = segmentAt(datagram.data(), i);
    store64(out, segments[i].sid);
    store16(out + 8, static_cast<std::uint16_t>(static_cast<std::uint16_t>(segments[i].behaviour) << 10));
  }
  // First the p_i stand in the proof fields, as the egress will see them when it opens; then the x_i that are sent.
  std::array<SipHash128, MAX_SEGMENTS> proofs;
  const std::uint8_t* previous = NO_PREVIOUS.data();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    proofs[i] = proofOf(datagram, i, previous, *hopKeys[i]);
    previous = proofs[i].data() + HOP_PROOF_OCTETS;
    std::copy_n(previous, HOP_PROOF_OCTETS, segmentAt(datagram.data(), i) + PROOF_OFFSET);
  }
  AdditionalData additionalData;
  const std::size_t size = putAdditionalData(additionalData, datagram.data());
  const AeadNonce nonce = nonceFrom(load64(&datagram[8]));
  if (!sealer.seal(nonce, ByteView(additionalData).first(size),
                   datagram.subspan(segmentPlaintextOffset(segments.size())))) {
    return false;
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    std::copy_n(proofs[i].begin(), HOP_PROOF_OCTETS, segmentAt(datagram.data(), i) + PROOF_OFFSET);
  }
  return true;
}

}  // namespace srwan
