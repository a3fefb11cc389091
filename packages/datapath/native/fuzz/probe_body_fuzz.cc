#include "fuzz_input.h"
#include "wire/probe_body.h"

using namespace srwan;
using namespace srwan::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = copyOf(data, size);
  const auto body = decodeProbeBody(input);
  if (!body) return 0;
  Bytes again(probeBodySize(*body), 0xff);
  require(encodeProbeBody(*body, again), "what decodes can be encoded");
  require(again == input, "the encoding is canonical");
  return 0;
}
