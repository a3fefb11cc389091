// Concurrent end-to-end probes of several paths, each opened first, to decide between them.
#pragma once

#include <list>

#include "engine/end_to_end_probes.h"
#include "engine/session_paths.h"

namespace srwan {

struct PathComparisonRequest {
  std::uint32_t id = 0;
  Sid endpoint = NO_SID;
  std::uint8_t color = MIN_COLOR;
  std::vector<std::pair<SidList, SidList>> paths;
  std::uint32_t count = 10;
  Nanos duration = SECOND;
};

inline constexpr std::size_t MAX_COMPARISONS = 8;
inline constexpr std::size_t MAX_COMPARED_PATHS = 8;
inline constexpr std::uint32_t MAX_PROBES_PER_PATH = 200;
inline constexpr Nanos MAX_COMPARISON_DURATION = 60 * SECOND;

class PathComparison {
 public:
  PathComparison(EngineContext& context, IngressRole& ingress, SessionPaths& paths, EndToEndProbes& probes)
      : context_(context), ingress_(ingress), paths_(paths), probes_(probes) {}

  // Every request ends in one PathProbesDoneEvent; one that cannot run ends at once with nothing but lost probes.
  void begin(PathComparisonRequest request);
  void cancel(std::uint32_t id);
  void onTimer(std::uint32_t id, Nanos at);
  void onReply(const OutstandingProbe& probe, const PathProbeReplyBody& reply);
  // Marks the paths that running comparisons need.
  void want(IngressSession& session);
  // A transit or the egress answered, or a session opened.
  void onPathsChanged(const IngressSession& session);
  void onSessionGone(const IngressSession& session);

 private:
  // How long paths are given to open.
  static constexpr Nanos MAX_OPENING = 3 * SECOND;
  // How long the last probes are waited for.
  static constexpr Nanos REPLY_WAIT = 1500 * MILLISECOND;

  struct Job {
    PathComparisonRequest request;
    std::uint32_t session = 0;
    std::vector<SlotPair> slots;
    PathProbesDoneEvent result;
    Alarm alarm;
    bool probing = false;
    Nanos startBy = 0;
    Nanos start = 0;
    std::uint32_t rounds = 0;
    std::uint32_t outstanding = 0;
  };

  Job* find(std::uint32_t id);
  // @returns whether all (or, at the deadline, whether any) paths may be probed
  bool mayStart(Job& job);
  bool ready(IngressSession& session, const SlotPair& pair) const;
  void round(Job& job);
  void finish(Job& job);
  void arm(Job& job, Nanos at) { job.alarm.arm(context_.timers, at, TimerKind::pathProbe, job.request.id); }

  EngineContext& context_;
  IngressRole& ingress_;
  SessionPaths& paths_;
  EndToEndProbes& probes_;
  std::list<Job> jobs_;
};

}  // namespace srwan
