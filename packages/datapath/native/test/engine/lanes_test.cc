// Several lanes: what they may do beside each other, and that no stream loses its place.
#include <thread>

#include "engine/shell/engine_gate.h"
#include "virtual_network.h"

namespace srwan::test {
namespace {

TEST(Lanes, aStreamBelongsToOneLaneAndASendersLanesSpread) {
  for (std::size_t lanes = 1; lanes <= MAX_LANES; ++lanes) {
    std::set<unsigned> used;
    for (std::uint8_t queue = 0; queue < lanes; ++queue) {
      EXPECT_LT(laneOf(0xfffffffeU, streamOf(7, queue), lanes), lanes) << "also where the sum wraps";
      const unsigned lane = laneOf(41, streamOf(7, queue), lanes);
      EXPECT_EQ(lane, laneOf(41, streamOf(9, queue), lanes)) << "all paths of a queue, so that a flow keeps its order";
      used.insert(lane);
    }
    EXPECT_EQ(used.size(), lanes);
  }
}

TEST(EngineGate, oneIsAloneWhileOthersAreOutside) {
  constexpr std::size_t LANES = 4;
  constexpr int ROUNDS = 2000;
  EngineGate gate(LANES);
  // Not atomic on purpose: ThreadSanitizer and the sums find who was not alone.
  std::array<std::uint64_t, LANES> own{};
  std::uint64_t shared = 0;
  std::uint64_t seen = 0;
  std::vector<std::thread> threads;
  for (unsigned lane = 0; lane < LANES; ++lane) {
    threads.emplace_back([&, lane] {
      for (int i = 0; i < ROUNDS; ++i) {
        Passage passage(gate, lane, LANES);
        const std::uint64_t before = shared;
        ++own[lane];
        if (i % 16 == 0) passage.alone([&] { shared += 1, seen = own[0] + own[1] + own[2] + own[3]; });
        EXPECT_GE(shared, before);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared, LANES * (ROUNDS / 16));
  EXPECT_EQ(own[0] + own[1] + own[2] + own[3], LANES * ROUNDS);
  EXPECT_LE(seen, LANES * ROUNDS);
}

}  // namespace
}  // namespace srwan::test
