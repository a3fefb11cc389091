#pragma once

#include <optional>

#include "wire/aead.h"
#include "wire/packet_kind.h"
#include "wire/secret.h"

namespace srwan {

constexpr std::size_t SEGMENT_HEADER_OCTETS = 16;
constexpr std::size_t SEGMENT_OCTETS = 16;
constexpr std::size_t MAX_SEGMENTS = 4;
constexpr std::size_t HOP_PROOF_OCTETS = 6;
/** Counters of a stream are 48 bits. */
constexpr std::uint64_t MAX_SEGMENT_COUNTER = (std::uint64_t{1} << 48) - 1;
constexpr std::uint8_t MIN_COLOR = 1;
constexpr std::uint8_t MAX_COLOR = 8;
/** Header, segments and tag around the plaintext. */
constexpr std::size_t segmentPacketOverhead(std::size_t segments) noexcept {
  return SEGMENT_HEADER_OCTETS + segments * SEGMENT_OCTETS + AEAD_TAG_OCTETS;
}
/** Where the plaintext of a packet with this many segments starts. */
constexpr std::size_t segmentPlaintextOffset(std::size_t segments) noexcept {
  return SEGMENT_HEADER_OCTETS + segments * SEGMENT_OCTETS;
}

/** Endpoint behaviours (RFC 8986), 6 bits; the 10 bits of argument behind them are 0 in both. */
enum class Behaviour : std::uint8_t { end = 0, endDt46 = 1 };

/** One entry of a segment list. */
struct Segment {
  Sid sid = NO_SID;
  Behaviour behaviour = Behaviour::end;

  friend bool operator==(const Segment&, const Segment&) = default;
};

/** The rules of a segment list on the wire: 1 … 4, SIDs neither 0 nor repeated, `End` … `End`, `End.DT46`. */
bool isValidSegmentList(std::span<const Segment> segments) noexcept;

using HopProof = std::array<std::uint8_t, HOP_PROOF_OCTETS>;

/** Stream of a packet: path id in the high octet, queue in the low one. */
constexpr std::uint16_t streamOf(std::uint8_t pathId, std::uint8_t queue) noexcept {
  return static_cast<std::uint16_t>((pathId << 8) | queue);
}
/** The path id of a stream. */
constexpr std::uint8_t pathOf(std::uint16_t stream) noexcept { return static_cast<std::uint8_t>(stream >> 8); }

/**
 * A well-formed segment packet, seen in place: nothing is copied, the datagram must outlive the view.
 * Well-formed says nothing about who sent it.
 */
class SegmentPacketView {
 public:
  /**
   * Checks version and kind, 1 ≤ n ≤ 4, segmentsLeft < n, color 1 … 8, session ≠ 0, behaviours (`End` … `End`,
   * `End.DT46` with argument 0), SIDs neither 0 nor repeated, at least one octet of plaintext, at most 65,535 octets in
   * all.
   */
  static std::optional<SegmentPacketView> parse(ByteSpan datagram) noexcept;

  Direction direction() const noexcept { return (datagram_[0] & 0x1f) == 1 ? Direction::forward : Direction::reverse; }
  std::uint8_t segmentsLeft() const noexcept { return datagram_[1]; }
  std::size_t segmentCount() const noexcept { return datagram_[2] >> 4; }
  /** Low 4 bits of the key epoch; see `acceptKeyEpoch`. */
  std::uint8_t keyEpochBits() const noexcept { return datagram_[2] & 0x0f; }
  std::uint8_t color() const noexcept { return datagram_[3]; }
  std::uint32_t session() const noexcept { return load32(&datagram_[4]); }
  std::uint16_t stream() const noexcept { return load16(&datagram_[8]); }
  std::uint8_t pathId() const noexcept { return datagram_[8]; }
  std::uint8_t queue() const noexcept { return datagram_[9]; }
  std::uint64_t counter() const noexcept { return load48(&datagram_[10]); }

  /** @param index - from 0, less than `segmentCount()` */
  Segment segment(std::size_t index) const noexcept;
  Sid sid(std::size_t index) const noexcept { return load64(&datagram_[segmentOffset(index)]); }
  /** Index of the segment that the packet is on the way to. */
  std::size_t currentIndex() const noexcept { return segmentCount() - 1 - segmentsLeft(); }
  Sid currentSid() const noexcept { return sid(currentIndex()); }
  /** The segment behind the current one; `NO_SID` at the last. */
  Sid nextSid() const noexcept { return segmentsLeft() == 0 ? NO_SID : sid(currentIndex() + 1); }
  bool isLast() const noexcept { return segmentsLeft() == 0; }

  /** Proof field of a segment: x of it where it is still to come, p of it where it is passed. */
  ByteView proof(std::size_t index) const noexcept {
    return datagram_.subspan(segmentOffset(index) + 10, HOP_PROOF_OCTETS);
  }

  AeadNonce nonce() const noexcept { return nonceFrom(load64(&datagram_[8])); }
  /** Ciphertext ‖ tag. */
  ByteSpan sealed() const noexcept { return datagram_.subspan(segmentPlaintextOffset(segmentCount())); }
  /** The whole datagram: its size is what is billed. */
  ByteSpan datagram() const noexcept { return datagram_; }

 private:
  explicit SegmentPacketView(ByteSpan datagram) noexcept : datagram_(datagram) {}
  static constexpr std::size_t segmentOffset(std::size_t index) noexcept {
    return SEGMENT_HEADER_OCTETS + index * SEGMENT_OCTETS;
  }

  ByteSpan datagram_;
};

/** What a verified hop has to write before the packet goes on: p_i. Made by `verifyHop` only. */
class VerifiedHop {
 public:
  const HopProof& successor() const noexcept { return successor_; }

 private:
  friend std::optional<VerifiedHop> verifyHop(const SegmentPacketView&, const HopKey&) noexcept;
  explicit VerifiedHop(const HopProof& successor) noexcept : successor_(successor) {}
  HopProof successor_;
};

/**
 * Checks the proof of the current segment; changes nothing. The caller has already compared `currentSid()` with its
 * own.
 *
 * @param key - K_{i,e} of this hop, session, direction and of the packet's epoch
 * @returns nullopt where the ingress did not make this packet for this hop at this place
 */
[[nodiscard]] std::optional<VerifiedHop> verifyHop(const SegmentPacketView& packet, const HopKey& key) noexcept;

/**
 * Writes p_i over proof i and, unless this is the last segment, decrements segmentsLeft: a transit may now send the
 * datagram to what `nextSid()` was before the call; the end may now call `openSegmentPacket`. Only after the replay
 * check.
 */
void advanceHop(const SegmentPacketView& packet, const VerifiedHop& hop) noexcept;

/**
 * Opens the payload in place at the last hop, after `advanceHop`.
 *
 * @param opener - of the session's direction and the packet's epoch
 * @returns the plaintext, at least 1 octet; nullopt where it was not carried by every hop of its list in order or is
 * not authentic
 */
[[nodiscard]] std::optional<ByteSpan> openSegmentPacket(const SegmentPacketView& packet, AeadOpener& opener) noexcept;

/** What the headend decides about a packet. */
struct SegmentPacketFields {
  Direction direction = Direction::forward;
  /** Whole epoch; its low 4 bits are sent. */
  std::uint32_t keyEpoch = 0;
  std::uint8_t color = MIN_COLOR;
  std::uint32_t session = 0;
  std::uint16_t stream = 0;
  /** Never repeated for (direction, epoch, stream); ≤ `MAX_SEGMENT_COUNTER`. */
  std::uint64_t counter = 0;
};

/**
 * Builds a packet in place at the headend: header, segments with all proofs, sealed payload.
 *
 * @param datagram - exactly the octets to send; the plaintext already stands at `segmentPlaintextOffset(n)`, room for
 * the tag behind it
 * @param segments - n of them, the egress last with `End.DT46`
 * @param hopKeys - n keys of the epoch, in the order of the segments; none null
 * @param sealer - of the session's direction and epoch
 * @returns false where sizes or fields contradict `SegmentPacketView::parse`; the datagram must then not be sent
 */
[[nodiscard]] bool sealSegmentPacket(ByteSpan datagram, const SegmentPacketFields& fields,
                                     std::span<const Segment> segments, std::span<const HopKey* const> hopKeys,
                                     AeadSealer& sealer) noexcept;

}  // namespace srwan
