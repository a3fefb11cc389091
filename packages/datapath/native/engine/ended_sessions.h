// Last counts of sessions that are over, until JavaScript has taken them.
#pragma once

#include <algorithm>
#include <deque>

#include "engine/session_snapshot.h"

namespace srwan {

class EndedSessions {
 public:
  // When so many wait, another one between the same ends is added to what waits, and a first one there is lost: over
  // 20 s of sessions at the greatest rate of handshakes.
  static constexpr std::size_t MAX_SESSIONS_WAITING = 4096;

  struct Ended {
    // Grows by one with each.
    std::uint64_t number = 0;
    SessionSnapshot last;
  };

  // @returns false where it found no room. Nothing is kept of a session that carried nothing.
  bool add(const SessionSnapshot& last) {
    if (last.forwardOctets + last.reverseOctets == 0) return true;
    if (waiting_.size() < MAX_SESSIONS_WAITING) {
      waiting_.push_back({++number_, last});
      return true;
    }
    const auto same = std::find_if(waiting_.begin(), waiting_.end(), [&](const Ended& ended) {
      return ended.number > listed_ && ended.last.role == last.role && ended.last.ingress == last.ingress &&
             ended.last.egress == last.egress;
    });
    if (same == waiting_.end()) return false;
    same->last.forwardOctets += last.forwardOctets;
    same->last.reverseOctets += last.reverseOctets;
    return true;
  }

  // Forgets those up to a number that the reader has.
  void forgetThrough(std::uint64_t number) {
    while (!waiting_.empty() && waiting_.front().number <= number) waiting_.pop_front();
  }
  std::vector<Ended> list() {
    listed_ = number_;
    return {waiting_.begin(), waiting_.end()};
  }

 private:
  std::deque<Ended> waiting_;
  std::uint64_t number_ = 0;
  // What a reader may have already does not grow any more.
  std::uint64_t listed_ = 0;
};

}  // namespace srwan
