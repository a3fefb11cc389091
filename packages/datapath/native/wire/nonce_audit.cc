#include "wire/nonce_audit.h"

#ifdef SRWAN_NONCE_AUDIT

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_set>

namespace srwan {
namespace {

constexpr std::size_t SHARDS = 64;
constexpr std::size_t PAIR_OCTETS = std::tuple_size_v<AuditedKey> + AEAD_NONCE_OCTETS;
using Pair = std::array<std::uint8_t, PAIR_OCTETS>;

struct PairHash {
  std::size_t operator()(const Pair& pair) const noexcept {
    // The key's part is a digest; mixing in the nonce is enough.
    std::uint64_t key;
    std::uint64_t nonce;
    std::memcpy(&key, pair.data() + 8, sizeof key);
    std::memcpy(&nonce, pair.data() + PAIR_OCTETS - sizeof nonce, sizeof nonce);
    return static_cast<std::size_t>(key ^ (nonce * 0x9e3779b97f4a7c15ULL));
  }
};

struct Shard {
  std::mutex mutex;
  std::unordered_set<Pair, PairHash> seen;
};

std::array<Shard, SHARDS>& shards() {
  static std::array<Shard, SHARDS> all;
  return all;
}

}  // namespace

void recordNonce(const AuditedKey& key, const AeadNonce& nonce) noexcept {
  Pair pair;
  std::copy(key.begin(), key.end(), pair.begin());
  std::copy(nonce.begin(), nonce.end(), pair.begin() + key.size());
  // The key chooses the shard: threads that seal under different keys do not meet.
  Shard& shard = shards()[key[0] % SHARDS];
  const std::lock_guard lock(shard.mutex);
  if (shard.seen.insert(pair).second) return;
  std::fprintf(stderr, "nonce audit: a nonce was used twice under one key: key digest %016llx, nonce %08x%016llx\n",
               static_cast<unsigned long long>(load64(key.data())), load32(nonce.data()),
               static_cast<unsigned long long>(load64(nonce.data() + 4)));
  std::abort();
}

std::size_t noncesRecorded() {
  std::size_t count = 0;
  for (Shard& shard : shards()) {
    const std::lock_guard lock(shard.mutex);
    count += shard.seen.size();
  }
  return count;
}

void forgetNonces() {
  for (Shard& shard : shards()) {
    const std::lock_guard lock(shard.mutex);
    shard.seen.clear();
  }
}

}  // namespace srwan

#endif
