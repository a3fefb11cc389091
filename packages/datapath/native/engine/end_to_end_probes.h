// Probes that travel sealed like data over a pair of paths: sending them and recognising their replies.
#pragma once

#include "engine/ingress_role.h"

namespace srwan {

enum class ProbePurpose : std::uint8_t { none, liveness, comparison, mtuForward, mtuReverse };

// Liveness needs a word, not a packet like the data's.
inline constexpr std::size_t LIVENESS_PROBE_OCTETS = 64;

struct OutstandingProbe {
  ProbePurpose purpose = ProbePurpose::none;
  std::uint32_t sequence = 0;
  std::uint32_t session = 0;
  Nanos t1 = 0;
  // Policy index or comparison id, and place within the comparison.
  std::uint32_t owner = 0;
  std::uint16_t path = 0;
  std::uint16_t probe = 0;
  // Path MTU: slots that carry it, and the plaintext octets that are tried in one of the directions.
  std::int32_t forward = NO_SLOT;
  std::int32_t reverse = NO_SLOT;
  std::uint16_t size = 0;
};

// Octets of plaintext each way, and what the request asks for.
struct ProbeShape {
  std::size_t size = PATH_PROBE_OCTETS;
  // 0 = as the request.
  std::size_t replySize = 0;
  // The egress is to send everything over this reverse path from now on.
  bool activate = false;
};

class EndToEndProbes {
 public:
  EndToEndProbes(EngineContext& context, IngressRole& ingress)
      : context_(context), ingress_(ingress), next_(context.random.next32()) {}

  // @returns the sequence
  std::uint32_t send(IngressSession& session, const SlotPair& pair, const ProbeShape& shape, OutstandingProbe probe);
  // @returns the probe that a reply answers, once
  std::optional<OutstandingProbe> match(const IngressSession& session, const PathProbeReplyBody& reply);

 private:
  // More than all probes of a second; an older one is overwritten and counts as lost.
  static constexpr std::size_t RING = 8192;

  EngineContext& context_;
  IngressRole& ingress_;
  std::uint32_t next_;
  std::vector<OutstandingProbe> ring_ = std::vector<OutstandingProbe>(RING);
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> buffer_{};
};

}  // namespace srwan
