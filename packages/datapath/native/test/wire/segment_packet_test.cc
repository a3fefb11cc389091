#include <gtest/gtest.h>

#include "support/overlay.h"

namespace srwan::test {
namespace {

const Bytes PLAINTEXT = fromHex("4500001400000000400100007f0000017f000001");

class SegmentPacketParse : public ::testing::Test {
 protected:
  SegmentPacketParse() : path_(3, Direction::forward, 77, 2), packet_(path_.seal(path_.fields(5), PLAINTEXT)) {}

  bool parsesWith(std::size_t offset, std::uint8_t value) {
    Bytes changed = packet_;
    changed[offset] = value;
    return SegmentPacketView::parse(changed).has_value();
  }

  Path path_;
  Bytes packet_;
};

TEST_F(SegmentPacketParse, ReadsEveryField) {
  const auto view = SegmentPacketView::parse(packet_);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->direction(), Direction::forward);
  EXPECT_EQ(view->segmentsLeft(), 2);
  EXPECT_EQ(view->segmentCount(), 3U);
  EXPECT_EQ(view->keyEpochBits(), 2);
  EXPECT_EQ(view->color(), 1);
  EXPECT_EQ(view->session(), 77U);
  EXPECT_EQ(view->pathId(), 7);
  EXPECT_EQ(view->queue(), 0);
  EXPECT_EQ(view->stream(), 0x0700);
  EXPECT_EQ(view->counter(), 5U);
  EXPECT_EQ(view->currentIndex(), 0U);
  EXPECT_EQ(view->currentSid(), path_.hops[0].sid);
  EXPECT_EQ(view->nextSid(), path_.hops[1].sid);
  EXPECT_FALSE(view->isLast());
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(view->segment(i), path_.segments[i]);
  EXPECT_EQ(view->sealed().size(), PLAINTEXT.size() + AEAD_TAG_OCTETS);
  EXPECT_EQ(packet_.size(), segmentPacketOverhead(3) + PLAINTEXT.size());
}

TEST_F(SegmentPacketParse, RefusesMalformedHeaders) {
  EXPECT_FALSE(parsesWith(0, 0x41)) << "version 2";
  EXPECT_FALSE(parsesWith(0, 0x23)) << "kind 3";
  EXPECT_FALSE(parsesWith(0, 0x20)) << "kind 0";
  EXPECT_FALSE(parsesWith(1, 3)) << "segmentsLeft = n";
  EXPECT_FALSE(parsesWith(2, 0x02)) << "n = 0";
  EXPECT_FALSE(parsesWith(2, 0x52)) << "n = 5";
  EXPECT_FALSE(parsesWith(3, 0)) << "color 0";
  EXPECT_FALSE(parsesWith(3, 9)) << "color 9";
  EXPECT_FALSE(parsesWith(7, 0)) << "session 0";
  EXPECT_FALSE(parsesWith(16 + 8, 0x04)) << "End.DT46 before the last segment";
  EXPECT_FALSE(parsesWith(16 + 9, 0x01)) << "argument";
  EXPECT_FALSE(parsesWith(48 + 8, 0x00)) << "last segment is End";
  EXPECT_FALSE(parsesWith(48 + 8, 0x08)) << "unknown behaviour";
  EXPECT_TRUE(parsesWith(16 + 15, 0)) << "proofs are not a matter of form";
}

TEST_F(SegmentPacketParse, RefusesZeroAndRepeatedSids) {
  Bytes zero = packet_;
  std::fill_n(zero.begin() + 16, 8, std::uint8_t{0});
  EXPECT_FALSE(SegmentPacketView::parse(zero));
  Bytes repeated = packet_;
  std::copy_n(repeated.begin() + 16, 8, repeated.begin() + 48);
  EXPECT_FALSE(SegmentPacketView::parse(repeated));
}

TEST_F(SegmentPacketParse, RefusesEveryTruncationBelowOneOctetOfPlaintext) {
  for (std::size_t size = 0; size <= segmentPacketOverhead(3); ++size) {
    Bytes cut(packet_.begin(), packet_.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(SegmentPacketView::parse(cut)) << size;
  }
  Bytes shortest(packet_.begin(), packet_.begin() + static_cast<std::ptrdiff_t>(segmentPacketOverhead(3) + 1));
  EXPECT_TRUE(SegmentPacketView::parse(shortest));
  Bytes tooLong(65536);
  std::copy(packet_.begin(), packet_.end(), tooLong.begin());
  EXPECT_FALSE(SegmentPacketView::parse(tooLong));
}

TEST_F(SegmentPacketParse, SealRefusesWhatParseWouldRefuse) {
  std::vector<const HopKey*> keys;
  for (const HopKey& key : path_.hopKeys) keys.push_back(&key);
  AeadSealer sealer(path_.dataKey);
  Bytes buffer = packet_;
  const auto refuses = [&](auto change) {
    SegmentPacketFields fields = path_.fields(0);
    std::vector<Segment> segments = path_.segments;
    std::vector<const HopKey*> usedKeys = keys;
    Bytes used = buffer;
    change(fields, segments, usedKeys, used);
    return !sealSegmentPacket(used, fields, segments, usedKeys, sealer);
  };
  EXPECT_FALSE(refuses([](auto&, auto&, auto&, auto&) {}));
  EXPECT_TRUE(refuses([](auto& f, auto&, auto&, auto&) { f.color = 0; }));
  EXPECT_TRUE(refuses([](auto& f, auto&, auto&, auto&) { f.color = 9; }));
  EXPECT_TRUE(refuses([](auto& f, auto&, auto&, auto&) { f.session = 0; }));
  EXPECT_TRUE(refuses([](auto& f, auto&, auto&, auto&) { f.counter = MAX_SEGMENT_COUNTER + 1; }));
  EXPECT_TRUE(refuses([](auto&, auto& s, auto&, auto&) { s[1].sid = NO_SID; }));
  EXPECT_TRUE(refuses([](auto&, auto& s, auto&, auto&) { s[1].sid = s[0].sid; }));
  EXPECT_TRUE(refuses([](auto&, auto& s, auto&, auto&) { s[2].behaviour = Behaviour::end; }));
  EXPECT_TRUE(refuses([](auto&, auto& s, auto&, auto&) { s.clear(); }));
  EXPECT_TRUE(refuses([](auto&, auto&, auto& k, auto&) { k.pop_back(); }));
  EXPECT_TRUE(refuses([](auto&, auto&, auto&, auto& b) { b.resize(segmentPacketOverhead(3)); }));
  EXPECT_TRUE(refuses([](auto&, auto&, auto&, auto& b) { b.resize(65536); }));
}

TEST(SegmentPacketCounter, TheNonceIsStreamAndCounter) {
  const Path path(1, Direction::forward, 1, 0);
  SegmentPacketFields fields = path.fields(MAX_SEGMENT_COUNTER);
  fields.stream = streamOf(0xab, 0xcd);
  Bytes packet = path.seal(fields, PLAINTEXT);
  EXPECT_EQ(toHex(SegmentPacketView::parse(packet)->nonce()), "00000000abcdffffffffffff");
}

TEST(SegmentPacketCounter, NoTwoPacketsOfDifferentStreamOrCounterShareANonce) {
  const Path path(1, Direction::forward, 1, 0);
  std::vector<std::string> nonces;
  for (const std::uint8_t pathId : {0, 1, 255}) {
    for (const std::uint8_t queue : {0, 1, 255}) {
      for (const std::uint64_t counter :
           {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{256}, MAX_SEGMENT_COUNTER}) {
        SegmentPacketFields fields = path.fields(counter);
        fields.stream = streamOf(pathId, queue);
        Bytes packet = path.seal(fields, PLAINTEXT);
        nonces.push_back(toHex(SegmentPacketView::parse(packet)->nonce()));
      }
    }
  }
  std::sort(nonces.begin(), nonces.end());
  EXPECT_EQ(std::adjacent_find(nonces.begin(), nonces.end()), nonces.end());
}

}  // namespace
}  // namespace srwan::test
