#include "engine/mtu_search.h"

#include <algorithm>

namespace srwan {

std::size_t MtuSearch::size() const {
  if (state_ == MtuState::searching) return trying_;
  return state_ == MtuState::complete ? confirmed_ : BASE_MTU;
}

Nanos MtuSearch::next(bool busy) const {
  if (state_ != MtuState::complete || losses_ > 0) return notBefore_;
  const Nanos validate = validated_ + (busy ? VALIDATE_BUSY : VALIDATE_IDLE);
  return std::max(notBefore_, std::min(validate, confirmed_ < limit_ ? raiseAt_ : NEVER));
}

std::optional<MtuSearch::Probe> MtuSearch::due(Nanos now, bool busy) const {
  if (now < next(busy)) return std::nullopt;
  const bool raise = state_ == MtuState::complete && losses_ == 0 && confirmed_ < limit_ && now >= raiseAt_;
  // The first of a raise asks for all at once; where it is lost the search goes on from what is in use.
  const bool leap = limit_ > BASE_MTU && ((state_ == MtuState::base && !leapt_) || raise);
  return Probe{size(), leap, losses_ + 1 >= MAX_PROBES};
}

void MtuSearch::resume(const MtuSearch& other, Nanos now) {
  if (other.limit_ != limit_) return;
  *this = other;
  losses_ = 0;
  // It is confirmed at once.
  notBefore_ = now;
  validated_ = now - VALIDATE_IDLE;
}

void MtuSearch::search(Nanos now) {
  losses_ = 0;
  notBefore_ = now;
  if (confirmed_ >= limit_ || refused_ - confirmed_ <= STEP) {
    state_ = MtuState::complete;
    validated_ = now;
    raiseAt_ = now + RAISE_AFTER;
    return;
  }
  state_ = MtuState::searching;
  // The largest first: it is what most links carry. Then halves.
  trying_ = refused_ > limit_ ? limit_ : confirmed_ + std::max(STEP, (refused_ - confirmed_) / 2 / STEP * STEP);
}

void MtuSearch::answered(std::size_t size, Nanos now) {
  if (state_ == MtuState::base || state_ == MtuState::error) {
    if (size < BASE_MTU) return;
    confirmed_ = std::max<std::size_t>(size, BASE_MTU);
    refused_ = limit_ + 1;
    return search(now);
  }
  if (size < confirmed_) return;
  const bool raised = size > confirmed_;
  confirmed_ = size;
  validated_ = now;
  if (state_ == MtuState::complete && !raised) {
    losses_ = 0;
    if (now < raiseAt_ || confirmed_ >= limit_) return;
    refused_ = limit_ + 1;
    return search(now);
  }
  refused_ = std::max(refused_, size + 1);
  if (raised || state_ == MtuState::searching) search(now);
}

void MtuSearch::lost(bool smallAnswered, Nanos now) {
  leapt_ = leapt_ || state_ == MtuState::base;
  notBefore_ = now;
  if (++losses_ < MAX_PROBES) return;
  losses_ = 0;
  if (smallAnswered) return tooLarge(now);
  notBefore_ = now + UNCLEAR_AFTER;
}

void MtuSearch::tooLarge(Nanos now) {
  switch (state_) {
    case MtuState::base:
    case MtuState::error:
      state_ = MtuState::error;
      confirmed_ = BASE_MTU;
      leapt_ = false;
      notBefore_ = now + ERROR_AFTER;
      return;
    case MtuState::searching:
      refused_ = trying_;
      return search(now);
    case MtuState::complete:
      // A black hole (RFC 8899, 4.3): the base, and from there again.
      state_ = MtuState::base;
      confirmed_ = BASE_MTU;
      leapt_ = false;
      notBefore_ = now;
      return;
  }
}

}  // namespace srwan
