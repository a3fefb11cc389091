#include "wire/vector_gcm_keys.h"

#include "wire/vector_field.h"

namespace srwan {

#if defined(__x86_64__)

namespace {

// FIPS 197, 5.2: of two words' steps, the odd one has no rotation and no constant.
template <int CONSTANT>
SRWAN_VECTOR_INLINE __m128i nextKey(__m128i before, __m128i last) {
  const __m128i assist = CONSTANT == 0 ? _mm_shuffle_epi32(_mm_aeskeygenassist_si128(last, 0), 0xaa)
                                       : _mm_shuffle_epi32(_mm_aeskeygenassist_si128(last, CONSTANT), 0xff);
  before = _mm_xor_si128(before, _mm_slli_si128(before, 4));
  before = _mm_xor_si128(before, _mm_slli_si128(before, 8));
  return _mm_xor_si128(before, assist);
}

}  // namespace

/** The work itself, compiled for the instructions. */
struct VectorGcmExpansion {
  static constexpr std::size_t BLOCK = VectorGcm::BLOCK;
  static constexpr std::size_t ROUNDS = VectorGcm::ROUNDS;
  static constexpr std::size_t POWERS = VectorGcm::POWERS;

  SRWAN_VECTOR static void rounds(VectorGcm& gcm, const std::uint8_t* key) {
    __m128i keys[ROUNDS + 1];
    keys[0] = loadBlock(key);
    keys[1] = loadBlock(key + BLOCK);
    keys[2] = nextKey<1>(keys[0], keys[1]);
    keys[3] = nextKey<0>(keys[1], keys[2]);
    keys[4] = nextKey<2>(keys[2], keys[3]);
    keys[5] = nextKey<0>(keys[3], keys[4]);
    keys[6] = nextKey<4>(keys[4], keys[5]);
    keys[7] = nextKey<0>(keys[5], keys[6]);
    keys[8] = nextKey<8>(keys[6], keys[7]);
    keys[9] = nextKey<0>(keys[7], keys[8]);
    keys[10] = nextKey<16>(keys[8], keys[9]);
    keys[11] = nextKey<0>(keys[9], keys[10]);
    keys[12] = nextKey<32>(keys[10], keys[11]);
    keys[13] = nextKey<0>(keys[11], keys[12]);
    keys[14] = nextKey<64>(keys[12], keys[13]);
    for (std::size_t i = 0; i <= ROUNDS; ++i)
      storePair(&gcm.roundKeys_[i * 2 * BLOCK], _mm256_broadcastsi128_si256(keys[i]));
    wipe(ByteSpan(reinterpret_cast<std::uint8_t*>(keys), sizeof keys));
  }

  SRWAN_VECTOR static void expandPowers(VectorGcm& gcm) {
    __m128i h = _mm_shuffle_epi8(zeroEncrypted(gcm), reversal());
    // Times x: shifted by one, the bit that falls out comes back as the polynomial.
    const __m128i carries = _mm_and_si128(_mm_srai_epi32(_mm_shuffle_epi32(h, 0xd3), 31),
                                          _mm_set_epi64x(static_cast<long long>(0xc200000000000001), 1));
    h = _mm_xor_si128(_mm_add_epi64(h, h), carries);
    const __m128i sum = sumOfHalves(h);
    __m128i power = h;
    for (std::size_t i = POWERS; i-- > 0;) {
      storeBlock(&gcm.powers_[i * BLOCK], power);
      storeBlock(&gcm.sums_[i * BLOCK], sumOfHalves(power));
      Product product{_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
      multiplyAdd(product, power, h, sum);
      power = reduce(product);
    }
  }

  // H, octets reversed: the block of zeros under the key.
  SRWAN_VECTOR_INLINE static __m128i zeroEncrypted(const VectorGcm& gcm) {
    const auto key = [&gcm](std::size_t round) SRWAN_VECTOR { return loadBlock(&gcm.roundKeys_[round * 2 * BLOCK]); };
    __m128i block = key(0);
    for (std::size_t round = 1; round < ROUNDS; ++round) block = _mm_aesenc_si128(block, key(round));
    return _mm_aesenclast_si128(block, key(ROUNDS));
  }
};

void VectorGcmKeys::expand(VectorGcm& gcm, const std::uint8_t* key) {
  VectorGcmExpansion::rounds(gcm, key);
  VectorGcmExpansion::expandPowers(gcm);
}

#else

void VectorGcmKeys::expand(VectorGcm&, const std::uint8_t*) {}

#endif

}  // namespace srwan
