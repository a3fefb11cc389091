#include "engine/prefix_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace srwan {
namespace {

std::size_t hashOf(const IpAddress& address, std::uint8_t length) {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, address.octets.data(), 8);
  std::memcpy(&low, address.octets.data() + 8, 8);
  std::uint64_t value = (high ^ std::rotl(low, 29)) * 0x9e3779b97f4a7c15ULL;
  value ^= value >> 32;
  value = (value + length * 131ULL + address.version) * 0xd6e8feb86659fd93ULL;
  return static_cast<std::size_t>(value ^ (value >> 31));
}

}  // namespace

void PrefixTable::clear() {
  ++generation_;
  pending_.clear();
  slots_.clear();
  lengths4_.clear();
  lengths6_.clear();
  mask_ = 0;
}

void PrefixTable::add(const IpPrefix& prefix, std::int32_t owner) {
  pending_.push_back(Slot{masked(prefix.address, prefix.length), prefix.length, true, owner});
}

void PrefixTable::build() {
  // At most half full, so that an unsuccessful probe ends after about two slots.
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(8, pending_.size() * 2));
  slots_.assign(size, Slot{});
  mask_ = size - 1;
  for (const Slot& entry : pending_) {
    std::size_t at = hashOf(entry.address, entry.length) & mask_;
    while (slots_[at].used && !(slots_[at].length == entry.length && slots_[at].address == entry.address))
      at = (at + 1) & mask_;
    if (slots_[at].used) continue;
    slots_[at] = entry;
    auto& lengths = entry.address.version == 4 ? lengths4_ : lengths6_;
    if (std::find(lengths.begin(), lengths.end(), entry.length) == lengths.end()) lengths.push_back(entry.length);
  }
  std::sort(lengths4_.rbegin(), lengths4_.rend());
  std::sort(lengths6_.rbegin(), lengths6_.rend());
  pending_.clear();
  ++generation_;
}

const PrefixTable::Slot* PrefixTable::probe(const IpAddress& address, std::uint8_t length) const {
  for (std::size_t at = hashOf(address, length) & mask_; slots_[at].used; at = (at + 1) & mask_) {
    if (slots_[at].length == length && slots_[at].address == address) return &slots_[at];
  }
  return nullptr;
}

std::int32_t PrefixTable::find(const IpAddress& address) const {
  if (slots_.empty()) return NOBODY;
  for (const std::uint8_t length : address.version == 4 ? lengths4_ : lengths6_) {
    if (const Slot* slot = probe(masked(address, length), length)) return slot->owner;
  }
  return NOBODY;
}

}  // namespace srwan
