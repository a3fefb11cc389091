#include "fuzz_input.h"
#include "wire/inner_ip_packet.h"

using namespace srwan;
using namespace srwan::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes packet = copyOf(data, size);
  const auto before = parseIpHeader(packet);
  if (!before) return 0;
  require(before->headerOctets <= size, "the header is within the packet");
  const bool alive = decrementHopLimit(packet);
  require(alive == (before->hopLimit > 1), "it expires at 0 and 1 only");
  const auto after = parseIpHeader(packet);
  require(after.has_value(), "it still parses");
  require(after->hopLimit == before->hopLimit - (alive ? 1 : 0), "one less");
  require(after->source == before->source && after->destination == before->destination, "addresses stay");
  return 0;
}
