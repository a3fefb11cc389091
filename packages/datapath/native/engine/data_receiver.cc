#include "engine/data_receiver.h"

namespace srwan {

AeadOpener* DataReceiver::opener(std::uint32_t epoch) {
  Epoch& slot = epochs_[epoch & 3];
  if (slot.opener && slot.number == epoch) return &*slot.opener;
  if (epoch < base_) return nullptr;
  ChainKey chain = chain_.clone();
  for (std::uint32_t at = base_; at < epoch; ++at) chain = ratchet(chain);
  slot.number = epoch;
  slot.opener.emplace(deriveDataKey(chain), suite_);
  return &*slot.opener;
}

void DataReceiver::forgetBefore(std::uint32_t oldest, std::uint32_t newest) {
  for (; base_ < oldest; ++base_) chain_ = ratchet(chain_);
  for (Epoch& slot : epochs_) {
    if (slot.opener && (slot.number < oldest || slot.number > newest)) slot.opener.reset();
  }
}

std::size_t DataReceiver::epochsHeld() const {
  std::size_t held = 0;
  for (const Epoch& slot : epochs_) held += slot.opener ? 1 : 0;
  return held;
}

}  // namespace srwan
