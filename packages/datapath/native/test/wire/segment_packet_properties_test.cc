#include <gtest/gtest.h>

#include "support/fixed_random.h"
#include "support/overlay.h"
#include "wire/replay_window.h"

namespace srwan::test {
namespace {

const Bytes PLAINTEXT =
    fromHex("60000000000000403a01fd000000000000000000000000000001fd00000000000000000000000000000200");

/** What one node does with a packet: form, own SID, proof. On success the packet is advanced. */
bool passesHop(const Path& path, std::size_t hop, Bytes& packet) {
  const auto view = SegmentPacketView::parse(packet);
  if (!view || view->direction() != path.direction || view->currentSid() != path.hops[hop].sid) return false;
  const auto verified = verifyHop(*view, path.hopKeys[hop]);
  if (!verified) return false;
  advanceHop(*view, *verified);
  return true;
}

bool opensAtEnd(const Path& path, Bytes& packet) {
  const auto view = SegmentPacketView::parse(packet);
  if (!view) return false;
  AeadOpener opener(path.dataKey);
  const auto plaintext = openSegmentPacket(*view, opener);
  return plaintext && std::equal(plaintext->begin(), plaintext->end(), PLAINTEXT.begin(), PLAINTEXT.end());
}

/** Carries a packet from hop `from` to the end. */
bool arrives(const Path& path, Bytes packet, std::size_t from = 0) {
  for (std::size_t hop = from; hop < path.hops.size(); ++hop) {
    if (!passesHop(path, hop, packet)) return false;
  }
  return opensAtEnd(path, packet);
}

/** Any node of the path, reached directly, lets the packet pass its own checks (and, at the end, opens it). */
bool acceptedByAnyHop(const Path& path, const Bytes& packet) {
  for (std::size_t hop = 0; hop < path.hops.size(); ++hop) {
    Bytes copy = packet;
    if (passesHop(path, hop, copy)) return true;
  }
  return false;
}

class SegmentPacketPath : public ::testing::TestWithParam<std::tuple<std::size_t, Direction>> {
 protected:
  SegmentPacketPath() : path_(std::get<0>(GetParam()), std::get<1>(GetParam()), 0xfeedbeef, 3) {}

  Bytes sealed(std::uint64_t counter = 9) const { return path_.seal(path_.fields(counter), PLAINTEXT); }

  /** The packet as it is on the wire in front of this hop. */
  Bytes before(std::size_t hop) const {
    Bytes packet = sealed();
    for (std::size_t i = 0; i < hop; ++i) EXPECT_TRUE(passesHop(path_, i, packet));
    return packet;
  }

  Path path_;
};

TEST_P(SegmentPacketPath, ArrivesThroughAllItsHops) { EXPECT_TRUE(arrives(path_, sealed())); }

TEST_P(SegmentPacketPath, VerifyingChangesNothingAndAdvancingOnlyProofAndSegmentsLeft) {
  for (std::size_t hop = 0; hop < path_.hops.size(); ++hop) {
    Bytes packet = before(hop);
    const Bytes received = packet;
    const auto view = SegmentPacketView::parse(packet);
    const auto verified = verifyHop(*view, path_.hopKeys[hop]);
    ASSERT_TRUE(verified);
    EXPECT_EQ(packet, received);
    advanceHop(*view, *verified);
    const std::size_t proof = SEGMENT_HEADER_OCTETS + hop * SEGMENT_OCTETS + 10;
    for (std::size_t i = 0; i < packet.size(); ++i) {
      const bool mayChange = i == 1 || (i >= proof && i < proof + HOP_PROOF_OCTETS);
      if (!mayChange) {
        EXPECT_EQ(packet[i], received[i]) << "octet " << i;
      }
    }
    const bool last = hop + 1 == path_.hops.size();
    EXPECT_EQ(packet[1], last ? 0 : received[1] - 1);
  }
}

TEST_P(SegmentPacketPath, EveryBitFlipOnEveryLinkIsRefusedSomewhere) {
  for (std::size_t hop = 0; hop < path_.hops.size(); ++hop) {
    const Bytes packet = before(hop);
    for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
      Bytes flipped = packet;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
      EXPECT_FALSE(arrives(path_, flipped, hop)) << "in front of hop " << hop << ", bit " << bit;
    }
  }
}

TEST_P(SegmentPacketPath, EveryFlipOfWhatAHopReadsIsRefusedByThatHopItself) {
  // Transits forward nothing that the ingress did not send: header, own segment, next SID, previous p and the length.
  for (std::size_t hop = 0; hop < path_.hops.size(); ++hop) {
    const Bytes packet = before(hop);
    const std::size_t own = SEGMENT_HEADER_OCTETS + hop * SEGMENT_OCTETS;
    const bool last = hop + 1 == path_.hops.size();
    const std::size_t begin = hop == 0 ? own : own - HOP_PROOF_OCTETS;
    const std::size_t end = last ? own + SEGMENT_OCTETS : own + SEGMENT_OCTETS + 8;
    for (std::size_t octet = 0; octet < end; ++octet) {
      if (octet >= SEGMENT_HEADER_OCTETS && octet < begin) continue;
      for (int bit = 0; bit < 8; ++bit) {
        Bytes flipped = packet;
        flipped[octet] ^= static_cast<std::uint8_t>(1 << bit);
        EXPECT_FALSE(passesHop(path_, hop, flipped)) << "hop " << hop << ", octet " << octet << ", bit " << bit;
      }
    }
    Bytes shorter = packet;
    shorter.pop_back();
    EXPECT_FALSE(passesHop(path_, hop, shorter));
    Bytes longer = packet;
    longer.push_back(0);
    EXPECT_FALSE(passesHop(path_, hop, longer));
  }
}

TEST_P(SegmentPacketPath, OpensAtTheLastSegmentOnly) {
  Bytes packet = sealed();
  for (std::size_t hop = 0; hop < path_.hops.size(); ++hop) ASSERT_TRUE(passesHop(path_, hop, packet));
  for (std::uint8_t left = 1; left < path_.hops.size(); ++left) {
    packet[1] = left;
    EXPECT_FALSE(opensAtEnd(path_, packet)) << "segmentsLeft is no part of the additional data, so it is checked";
  }
  packet[1] = 0;
  EXPECT_TRUE(opensAtEnd(path_, packet));
}

TEST_P(SegmentPacketPath, AHopCannotBeSkipped) {
  for (std::size_t skipped = 0; skipped + 1 < path_.hops.size(); ++skipped) {
    Bytes packet = before(skipped);
    --packet[1];
    Bytes direct = packet;
    EXPECT_FALSE(passesHop(path_, skipped + 1, direct)) << "the next hop takes it";
    // Nor does it help to carry on behind the next hop, should that one collude and leave the proof as it is.
    EXPECT_FALSE(arrives(path_, packet, skipped + 1));
    for (std::size_t hop = skipped + 1; hop + 1 < path_.hops.size(); ++hop) --packet[1];
    EXPECT_FALSE(opensAtEnd(path_, packet)) << "the end opens it";
  }
}

TEST_P(SegmentPacketPath, AColludingHopCannotLetANeighbourBeSkipped) {
  // Hop i advances properly, but sends past hop i + 1 with a guess of its p.
  for (std::size_t hop = 0; hop + 2 < path_.hops.size(); ++hop) {
    Bytes packet = before(hop + 1);
    --packet[1];
    SeededRandom random(hop);
    for (int guess = 0; guess < 1000; ++guess) {
      Bytes guessed = packet;
      random.fill(ByteSpan(guessed).subspan(SEGMENT_HEADER_OCTETS + (hop + 1) * SEGMENT_OCTETS + 10, HOP_PROOF_OCTETS));
      ASSERT_FALSE(passesHop(path_, hop + 2, guessed));
    }
  }
}

TEST_P(SegmentPacketPath, ASegmentCannotBeAdded) {
  const std::size_t count = path_.hops.size();
  const Node stranger("stranger");
  for (std::size_t at = 0; at <= count; ++at) {
    Bytes packet = sealed();
    Bytes segment(SEGMENT_OCTETS, 0);
    store64(segment.data(), stranger.sid);
    packet.insert(packet.begin() + static_cast<std::ptrdiff_t>(SEGMENT_HEADER_OCTETS + at * SEGMENT_OCTETS),
                  segment.begin(), segment.end());
    packet[2] = static_cast<std::uint8_t>(packet[2] + 0x10);
    if (at == count) {  // the old last one becomes a transit, the new one the end
      packet[SEGMENT_HEADER_OCTETS + (count - 1) * SEGMENT_OCTETS + 8] = 0x00;
      packet[SEGMENT_HEADER_OCTETS + count * SEGMENT_OCTETS + 8] = 0x04;
    }
    for (std::uint8_t left = 0; left <= count; ++left) {
      packet[1] = left;
      ASSERT_EQ(SegmentPacketView::parse(packet).has_value(), count < MAX_SEGMENTS)
          << "well-formed, so that the proofs decide";
      EXPECT_FALSE(acceptedByAnyHop(path_, packet)) << "added at " << at;
    }
  }
}

TEST_P(SegmentPacketPath, SegmentsCannotBeReordered) {
  const std::size_t count = path_.hops.size();
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = i + 1; j < count; ++j) {
      for (const bool withProofs : {true, false}) {
        Bytes packet = sealed();
        const auto at = [&](std::size_t index) {
          return packet.begin() + static_cast<std::ptrdiff_t>(SEGMENT_HEADER_OCTETS + index * SEGMENT_OCTETS);
        };
        std::swap_ranges(at(i), at(i) + 8, at(j));
        if (withProofs) std::swap_ranges(at(i) + 10, at(i) + 16, at(j) + 10);
        for (std::uint8_t left = 0; left < count; ++left) {
          packet[1] = left;
          Bytes copy = packet;
          ASSERT_TRUE(SegmentPacketView::parse(copy));
          // A hop whose own inputs are untouched may still pass it on; it can never arrive.
          for (std::size_t hop = 0; hop < count; ++hop) EXPECT_FALSE(arrives(path_, packet, hop)) << i << " and " << j;
        }
      }
    }
  }
}

TEST_P(SegmentPacketPath, TheListCannotBeTruncatedOrExtendedBehindAHop) {
  const std::size_t count = path_.hops.size();
  for (std::size_t keep = 1; keep < count; ++keep) {
    Bytes packet = sealed();
    packet.erase(packet.begin() + static_cast<std::ptrdiff_t>(SEGMENT_HEADER_OCTETS + keep * SEGMENT_OCTETS),
                 packet.begin() + static_cast<std::ptrdiff_t>(SEGMENT_HEADER_OCTETS + count * SEGMENT_OCTETS));
    packet[2] = static_cast<std::uint8_t>((keep << 4) | (packet[2] & 0x0f));
    packet[SEGMENT_HEADER_OCTETS + (keep - 1) * SEGMENT_OCTETS + 8] = 0x04;
    for (std::uint8_t left = 0; left < keep; ++left) {
      packet[1] = left;
      ASSERT_TRUE(SegmentPacketView::parse(packet));
      EXPECT_FALSE(acceptedByAnyHop(path_, packet)) << "first " << keep;
    }
  }
}

TEST_P(SegmentPacketPath, AHopForwardsForNoOtherSessionDirectionOrEpoch) {
  const std::size_t count = path_.hops.size();
  const Direction other = path_.direction == Direction::forward ? Direction::reverse : Direction::forward;
  const Path session(count, path_.direction, path_.session + 1, path_.keyEpoch);
  const Path epoch(count, path_.direction, path_.session, path_.keyEpoch + 1);
  const Path direction(count, other, path_.session, path_.keyEpoch);
  for (std::size_t hop = 0; hop < count; ++hop) {
    Bytes packet = before(hop);
    const auto view = SegmentPacketView::parse(packet);
    EXPECT_FALSE(verifyHop(*view, session.hopKeys[hop]));
    EXPECT_FALSE(verifyHop(*view, epoch.hopKeys[hop]));
    EXPECT_FALSE(verifyHop(*view, direction.hopKeys[hop]));
  }
}

TEST_P(SegmentPacketPath, APacketOfOneCounterDoesNotPassForAnother) {
  const Bytes first = sealed(1);
  const Bytes second = sealed(2);
  for (std::size_t i = 0; i < path_.hops.size(); ++i) {
    Bytes mixed = second;
    const auto at = static_cast<std::ptrdiff_t>(SEGMENT_HEADER_OCTETS + i * SEGMENT_OCTETS + 10);
    std::copy_n(first.begin() + at, HOP_PROOF_OCTETS, mixed.begin() + at);
    EXPECT_FALSE(arrives(path_, mixed)) << "proof " << i << " of another packet";
  }
  Bytes otherPayload = second;
  const auto payload = static_cast<std::ptrdiff_t>(segmentPlaintextOffset(path_.hops.size()));
  std::copy(first.begin() + payload, first.end(), otherPayload.begin() + payload);
  EXPECT_FALSE(arrives(path_, otherPayload)) << "payload of another packet";
}

TEST_P(SegmentPacketPath, AReplayIsRefusedByEveryHop) {
  std::vector<SegmentReplayWindow> windows(path_.hops.size());
  const auto carry = [&](Bytes packet) {
    for (std::size_t hop = 0; hop < path_.hops.size(); ++hop) {
      const auto view = SegmentPacketView::parse(packet);
      const auto verified = verifyHop(*view, path_.hopKeys[hop]);
      if (!verified || !windows[hop].check(view->counter())) return false;
      windows[hop].advance(view->counter());
      advanceHop(*view, *verified);
    }
    return opensAtEnd(path_, packet);
  };
  EXPECT_TRUE(carry(sealed(4)));
  EXPECT_TRUE(carry(sealed(3)));
  for (std::size_t hop = 0; hop < path_.hops.size(); ++hop)
    EXPECT_FALSE(windows[hop].check(4) || windows[hop].check(3));
  EXPECT_FALSE(carry(sealed(4)));
  EXPECT_FALSE(carry(sealed(3)));
  EXPECT_TRUE(carry(sealed(5)));
}

TEST_P(SegmentPacketPath, RandomDatagramsAreRefused) {
  constexpr std::uint64_t SEED = 20240501;
  SeededRandom random(SEED);
  const Bytes valid = sealed();
  for (int i = 0; i < 20000; ++i) {
    Bytes packet(random.next64() % 200);
    random.fill(packet);
    // Half of them with a true front, so that the proofs have to decide.
    const std::size_t front = i % 2 == 0 ? 0 : std::min<std::size_t>(packet.size(), random.next64() % valid.size());
    std::copy_n(valid.begin(), front, packet.begin());
    if (packet == valid) continue;
    ASSERT_FALSE(arrives(path_, packet)) << "seed " << SEED << ", round " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(AllLengths, SegmentPacketPath,
                         ::testing::Combine(::testing::Values(1, 2, 3, 4),
                                            ::testing::Values(Direction::forward, Direction::reverse)),
                         [](const auto& info) {
                           return std::to_string(std::get<0>(info.param)) +
                                  (std::get<1>(info.param) == Direction::forward ? "Forward" : "Reverse");
                         });

}  // namespace
}  // namespace srwan::test
