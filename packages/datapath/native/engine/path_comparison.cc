#include "engine/path_comparison.h"

#include <algorithm>

namespace srwan {
namespace {

// One probe in four has the base MTU: a path that carries small ones only must not win.
bool isLarge(std::size_t round) { return round % 4 == 1; }

// Of the large ones none came back, of the others at least half; one alone may be lost by chance.
bool tooNarrow(const std::vector<std::optional<PathProbeSample>>& samples) {
  std::size_t large = 0;
  std::size_t answered = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (isLarge(i) && samples[i]) return false;
    (isLarge(i) ? large : answered) += isLarge(i) || samples[i] ? 1 : 0;
  }
  return large >= 2 && 2 * answered >= samples.size() - large;
}

}  // namespace

PathComparison::Job* PathComparison::find(std::uint32_t id) {
  const auto at = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) { return job.request.id == id; });
  return at == jobs_.end() ? nullptr : &*at;
}

void PathComparison::begin(PathComparisonRequest request) {
  Job& job = jobs_.emplace_back();
  job.request = std::move(request);
  job.result.request = job.request.id;
  job.result.samples.assign(job.request.paths.size(), std::vector<std::optional<PathProbeSample>>(job.request.count));
  job.slots.assign(job.request.paths.size(), SlotPair{});
  job.startBy = context_.now + MAX_OPENING;
  Peer* peer = context_.peers.find(job.request.endpoint);
  IngressSession* session = jobs_.size() > MAX_COMPARISONS || peer == nullptr ? nullptr : ingress_.ensure(*peer);
  if (session == nullptr) return finish(job);
  job.session = session->id;
  arm(job, job.startBy);
  // Transits may have forgotten the session since the last comparison; a path that turns out dead is asked again by
  // `finish`.
  ingress_.refresh(*session);
  onPathsChanged(*session);
}

void PathComparison::cancel(std::uint32_t id) {
  jobs_.remove_if([&](const Job& job) { return job.request.id == id; });
}

void PathComparison::want(IngressSession& session) {
  for (Job& job : jobs_) {
    const bool follows = job.session == session.id || (!job.probing && session.egress == job.request.endpoint);
    if (!follows) continue;
    job.session = session.id;
    for (std::size_t i = 0; i < job.request.paths.size(); ++i) {
      const auto& [forward, reverse] = job.request.paths[i];
      job.slots[i] = {paths_.want(session, Direction::forward, SegmentPath::from(forward), job.request.color),
                      paths_.want(session, Direction::reverse, SegmentPath::from(reverse), job.request.color)};
    }
  }
}

bool PathComparison::ready(IngressSession& session, const SlotPair& pair) const {
  return pair.complete() && session.hopsReady(Direction::forward, pair.forward) &&
         session.hopsReady(Direction::reverse, pair.reverse) &&
         session.reverse[static_cast<std::size_t>(pair.reverse)].acknowledged;
}

bool PathComparison::mayStart(Job& job) {
  IngressSession* session = ingress_.find(job.session);
  if (session == nullptr || session->state == SessionState::opening) return false;
  std::size_t count = 0;
  for (const SlotPair& pair : job.slots) count += ready(*session, pair) ? 1 : 0;
  return count == job.slots.size() || (count > 0 && context_.now >= job.startBy);
}

void PathComparison::onPathsChanged(const IngressSession& session) {
  for (Job& job : jobs_) {
    if (job.session != session.id || job.probing || !mayStart(job)) continue;
    job.probing = true;
    job.start = context_.now;
    arm(job, context_.now);
  }
}

void PathComparison::onTimer(std::uint32_t id, Nanos at) {
  Job* job = find(id);
  if (job == nullptr || !job->alarm.fired(at)) return;
  if (!job->probing) {
    if (context_.now < job->startBy) return arm(*job, job->startBy);
    if (!mayStart(*job)) return finish(*job);
    job->probing = true;
    job->start = context_.now;
  }
  if (job->rounds < job->request.count) return round(*job);
  finish(*job);
}

void PathComparison::round(Job& job) {
  IngressSession* session = ingress_.find(job.session);
  if (session == nullptr) return finish(job);
  // Each round begins with another path, so that no path is always the first of a burst.
  for (std::size_t i = 0; i < job.slots.size(); ++i) {
    const std::size_t at = (i + job.rounds) % job.slots.size();
    if (!ready(*session, job.slots[at])) continue;
    OutstandingProbe probe;
    probe.purpose = ProbePurpose::comparison;
    probe.owner = job.request.id;
    probe.path = static_cast<std::uint16_t>(at);
    probe.probe = static_cast<std::uint16_t>(job.rounds);
    probes_.send(*session, job.slots[at], {.size = isLarge(job.rounds) ? BASE_MTU : PATH_PROBE_OCTETS}, probe);
    ++job.outstanding;
  }
  ++job.rounds;
  const bool last = job.rounds == job.request.count;
  arm(job, last ? context_.now + REPLY_WAIT : job.start + job.request.duration * job.rounds / job.request.count);
}

void PathComparison::onReply(const OutstandingProbe& probe, const PathProbeReplyBody& reply) {
  Job* job = find(probe.owner);
  if (job == nullptr) return;
  PathProbeSample sample;
  sample.forward = reply.t2 - reply.t1;
  sample.reverse = context_.arrival - reply.t3;
  sample.roundTrip = (context_.arrival - reply.t1) - (reply.t3 - reply.t2);
  job->result.samples[probe.path][probe.probe] = sample;
  --job->outstanding;
  if (job->outstanding == 0 && job->rounds == job->request.count) finish(*job);
}

void PathComparison::finish(Job& job) {
  IngressSession* session = ingress_.find(job.session);
  for (std::size_t i = 0; session != nullptr && i < job.slots.size(); ++i) {
    auto& samples = job.result.samples[i];
    if (tooNarrow(samples)) {
      std::fill(samples.begin(), samples.end(), std::nullopt);
      continue;
    }
    const bool silent =
        std::none_of(samples.begin(), samples.end(), [](const auto& sample) { return sample.has_value(); });
    if (!silent || !job.slots[i].complete()) continue;
    ingress_.opener().askAgain(*session, session->forward[static_cast<std::size_t>(job.slots[i].forward)]);
    ingress_.opener().askAgain(*session, session->reverse[static_cast<std::size_t>(job.slots[i].reverse)]);
  }
  context_.lane->output.event(std::move(job.result));
  cancel(job.request.id);
  if (session == nullptr) return;
  ingress_.refresh(*session);
  // A new session has all path ids free; the next comparison finds it.
  Peer* peer = context_.peers.at(session->egressPeer);
  if (session->exhausted && peer != nullptr) ingress_.replace(*peer);
}

void PathComparison::onSessionGone(const IngressSession& session) {
  std::vector<std::uint32_t> ended;
  for (const Job& job : jobs_) {
    if (job.session == session.id) ended.push_back(job.request.id);
  }
  for (const std::uint32_t id : ended) {
    Job* job = find(id);
    job->session = 0;
    finish(*job);
  }
}

}  // namespace srwan
