#include "fuzz_input.h"
#include "wire/relay_body.h"

using namespace srwan;
using namespace srwan::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = copyOf(data, size);
  const auto body = decodeRelayBody(input);
  if (!body) return 0;
  Bytes again(RELAY_FIXED_OCTETS);
  require(encodeRelayHead(body->stage, body->destination, body->origin, again), "what decodes can be encoded");
  again.insert(again.end(), body->inner.begin(), body->inner.end());
  require(again == input, "the encoding is canonical");
  return 0;
}
