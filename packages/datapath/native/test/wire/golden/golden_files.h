#pragma once

#include <string>
#include <vector>

#include "support/hex.h"
#include "support/json.h"

namespace srwan::test {

/** An input that a fuzz target starts from. */
struct Seed {
  std::string target;
  std::string name;
  Bytes octets;
};

/** What the generator makes: the vector files, and the seeds found on the way. */
struct GoldenFiles {
  /** File name and content. */
  std::vector<std::pair<std::string, Json>> files;
  std::vector<Seed> seeds;
};

void addKeyDerivations(GoldenFiles& out);
void addKeyEpochs(GoldenFiles& out);
void addSegmentPackets(GoldenFiles& out);
void addPairPackets(GoldenFiles& out);
void addHandshakes(GoldenFiles& out);
void addDataPlaintexts(GoldenFiles& out);

/** 48- and 64-bit integers as decimal strings. */
inline Json decimal(std::uint64_t value) { return Json(std::to_string(value)); }
inline Json decimal(std::int64_t value) { return Json(std::to_string(value)); }
/** SID as 16 hex digits. */
inline Json sidHex(Sid sid) {
  std::array<std::uint8_t, 8> octets;
  store64(octets.data(), sid);
  return Json(toHex(octets));
}

}  // namespace srwan::test
