#include "fuzz_input.h"
#include "wire/data_plaintext.h"
#include "wire/echo.h"

using namespace srwan;
using namespace srwan::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = copyOf(data, size);
  const auto content = dataContent(input);
  Bytes again(size);
  if (const auto request = decodePathProbeRequest(input)) {
    require(content == DataContent::probeRequest, "a request is one by its first octet");
    require(encodePathProbeRequest(*request, again) && same(ByteView(again).first(16), ByteView(input).first(16)),
            "the request is canonical");
  }
  if (const auto reply = decodePathProbeReply(input)) {
    require(content == DataContent::probeReply, "a reply is one by its first octet");
    require(encodePathProbeReply(*reply, again) && same(ByteView(again).first(34), ByteView(input).first(34)),
            "the reply is canonical");
  }
  if (const auto echo = decodeEcho(input)) {
    require(content == DataContent::echo, "an echo is one by its first octet");
    require(encodeEcho(*echo, again) == size && same(again, input), "the echo is canonical");
  }
  return 0;
}
