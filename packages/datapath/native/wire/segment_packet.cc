#include "wire/segment_packet.h"

#include <algorithm>
#include <cstring>

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

/** The six octets of a p, the first in the lowest place. */
std::uint64_t littleProof(const std::uint8_t* proof) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = HOP_PROOF_OCTETS; i-- > 0;) value = value << 8 | proof[i];
  return value;
}

/** Header without segmentsLeft, the only field that changes on the way. */
void putInvariantHeader(std::uint8_t* out, const std::uint8_t* header) noexcept {
  out[0] = header[0];
  std::copy_n(header + 2, INVARIANT_HEADER_OCTETS - 1, out + 1);
}

/**
 * x_i over a whole datagram: SipHash of header without segmentsLeft ‖ i ‖ segment_i without proof ‖ SID_{i+1} ‖ p_{i−1}
 * ‖ length. Its words are put together from loads as wide as the fields were stored, since a load across two recent
 * stores would wait for both.
 *
 * @param previous - p_(i−1), 6 octets; zeros for the first
 */
SipHash128 proofOf(ByteView datagram, std::size_t index, const std::uint8_t* previous, const HopKey& key) noexcept {
  using siphash_detail::loadLittle64;
  const std::size_t count = datagram[2] >> 4;
  const std::uint8_t* const segment = datagram.data() + SEGMENT_HEADER_OCTETS + index * SEGMENT_OCTETS;
  const std::uint64_t head = loadLittle64(datagram.data());
  const std::uint64_t tail = loadLittle64(datagram.data() + 8);
  const std::uint64_t next = index + 1 < count ? loadLittle64(segment + SEGMENT_OCTETS) : 0;
  const std::uint64_t behaviour = segment[8] | std::uint64_t{segment[9]} << 8;
  const std::uint64_t size = (datagram.size() & 0xff) << 8 | (datagram.size() >> 8 & 0xff);
  const std::array<std::uint64_t, PROOF_INPUT_OCTETS / 8 + 1> words{
      (head & 0xff) | (head >> 16) << 8 | tail << 56,
      tail >> 8 | static_cast<std::uint64_t>(index + 1) << 56,
      loadLittle64(segment),
      behaviour | next << 16,
      next >> 48 | littleProof(previous) << 16,
      size | std::uint64_t{PROOF_INPUT_OCTETS} << 56,
  };
  return sipHash24OfWords(key.data(), words);
}

constexpr HopProof NO_PREVIOUS{};

using AdditionalData = std::array<std::uint8_t, INVARIANT_HEADER_OCTETS + MAX_SEGMENTS * SEGMENT_OCTETS>;

/** Invariant header and all segments, whose proof fields hold p_i. @returns its length */
std::size_t putAdditionalData(AdditionalData& out, const std::uint8_t* datagram) noexcept {
  const std::size_t count = datagram[2] >> 4;
  putInvariantHeader(out.data(), datagram);
  std::uint8_t* to = out.data() + INVARIANT_HEADER_OCTETS;
  // One by one: a copy of a length that the compiler does not know costs more than the segments.
  for (std::size_t i = 0; i < count; ++i, to += SEGMENT_OCTETS)
    std::memcpy(to, datagram + SEGMENT_HEADER_OCTETS + i * SEGMENT_OCTETS, SEGMENT_OCTETS);
  return INVARIANT_HEADER_OCTETS + count * SEGMENT_OCTETS;
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
  const PacketKind kind = fields.direction == Direction::forward ? PacketKind::dataForward : PacketKind::dataReverse;
  store64(out, std::uint64_t{typeOctet(kind)} << 56 | std::uint64_t{count - 1} << 48 |
                   static_cast<std::uint64_t>(count << 4 | (fields.keyEpoch & 0x0f)) << 40 |
                   std::uint64_t{fields.color} << 32 | fields.session);
  store64(out + 8, std::uint64_t{fields.stream} << 48 | fields.counter);
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
