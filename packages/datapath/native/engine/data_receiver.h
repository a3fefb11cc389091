// Opens one direction of a session: the symmetric ratchet seen by its receiver.
#pragma once

#include "engine/key_epoch_clock.h"
#include "wire/aead.h"
#include "wire/pair_keys.h"

namespace srwan {

class DataReceiver {
 public:
  // @param chain ck_0
  explicit DataReceiver(ChainKey chain, AeadSuite suite = AeadSuite::aes256Gcm)
      : suite_(suite), chain_(std::move(chain)) {}

  // @param epoch one that the clock accepted · @returns null where its keys are gone
  AeadOpener* opener(std::uint32_t epoch);
  // Ratchets past what is out of range and wipes it.
  void forgetBefore(std::uint32_t oldest, std::uint32_t newest);
  std::size_t epochsHeld() const;

 private:
  struct Epoch {
    std::uint32_t number = 0;
    std::optional<AeadOpener> opener;
  };

  AeadSuite suite_;
  ChainKey chain_;
  // Epoch of `chain_`: the oldest that can still be opened.
  std::uint32_t base_ = 0;
  std::array<Epoch, 4> epochs_;
};

}  // namespace srwan
