// Longest-prefix match over all members' prefixes: which member an inner address belongs to.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/ip_prefix.h"

namespace srwan {

// Rebuilt as a whole at each reconfigure, never changed while packets use it. A look-up costs one probe of a flat hash
// per distinct prefix length in use, longest first: two or three in practice (overlay addresses, site prefixes, exits).
class PrefixTable {
 public:
  static constexpr std::int32_t NOBODY = -1;
  // Owner of this node's own prefixes.
  static constexpr std::int32_t LOCAL = -2;

  void clear();
  // The first owner of a prefix keeps it: a later member cannot take an earlier one's.
  void add(const IpPrefix& prefix, std::int32_t owner);
  // Call once after the last `add`.
  void build();
  std::int32_t find(const IpAddress& address) const;
  // Another one after each `build`.
  std::uint64_t generation() const { return generation_; }

 private:
  struct Slot {
    IpAddress address;
    std::uint8_t length = 0;
    bool used = false;
    std::int32_t owner = NOBODY;
  };

  const Slot* probe(const IpAddress& address, std::uint8_t length) const;

  std::uint64_t generation_ = 0;
  std::vector<Slot> pending_;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  // Lengths in use, longest first.
  std::vector<std::uint8_t> lengths4_;
  std::vector<std::uint8_t> lengths6_;
};

// The last answer, for one thread: packets of one flow come one behind the other.
class LastPrefix {
 public:
  std::int32_t find(const PrefixTable& table, const IpAddress& address) {
    if (generation_ != table.generation() || !(address == address_)) {
      owner_ = table.find(address);
      address_ = address;
      generation_ = table.generation();
    }
    return owner_;
  }

 private:
  std::uint64_t generation_ = 0;
  IpAddress address_{};
  std::int32_t owner_ = PrefixTable::NOBODY;
};

}  // namespace srwan
