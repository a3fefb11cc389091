#include "fuzz_input.h"
#include "wire/session_control.h"

using namespace srwan;
using namespace srwan::fuzz;

namespace {

struct Encoder {
  ByteSpan out;
  std::size_t operator()(const OpenMessage& message) const { return encodeOpen(message, out); }
  std::size_t operator()(const AnswerMessage& message) const { return encodeAnswer(message, out); }
  std::size_t operator()(const PathsMessage& message) const { return encodePaths(message, out); }
  std::size_t operator()(const CloseMessage& message) const { return encodeClose(message, out); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = copyOf(data, size);
  const auto body = decodeControl(input);
  if (!body) return 0;
  Bytes again(size, 0xff);
  require(std::visit(Encoder{again}, *body) == size, "what decodes can be encoded into its own size");
  require(again == input, "the encoding is canonical");
  return 0;
}
