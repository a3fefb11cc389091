#include "wire/vector_gcm.h"

#include <cstring>

#include "wire/aes_hardware.h"
#include "wire/vector_field.h"

namespace srwan {

VectorGcm::~VectorGcm() {
  wipe(roundKeys_);
  wipe(powers_);
  wipe(sums_);
}

#if defined(__x86_64__)

namespace {

// Blocks in one step of the long loop, two in each register.
constexpr std::size_t STRIDE = 8;
constexpr std::size_t PAIRS = STRIDE / 2;

// Two blocks in each.
struct Stream {
  __m256i a;
  __m256i b;
  __m256i c;
  __m256i d;
};

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

/** The work itself, in one place that may see the key's tables. */
struct VectorGcmWork {
  static constexpr std::size_t BLOCK = VectorGcm::BLOCK;
  static constexpr std::size_t ROUNDS = VectorGcm::ROUNDS;
  static constexpr std::size_t POWERS = VectorGcm::POWERS;

  SRWAN_VECTOR static void expand(VectorGcm& gcm, const std::uint8_t* key) {
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
    expandPowers(gcm);
  }

  SRWAN_VECTOR static void expandPowers(VectorGcm& gcm) {
    __m128i h = _mm_shuffle_epi8(encrypt(gcm, _mm_setzero_si128()), reversal());
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

  SRWAN_VECTOR_INLINE static __m128i encrypt(const VectorGcm& gcm, __m128i block) {
    const auto key = [&gcm](std::size_t round) SRWAN_VECTOR { return loadBlock(&gcm.roundKeys_[round * 2 * BLOCK]); };
    block = _mm_xor_si128(block, key(0));
    for (std::size_t round = 1; round < ROUNDS; ++round) block = _mm_aesenc_si128(block, key(round));
    return _mm_aesenclast_si128(block, key(ROUNDS));
  }

  SRWAN_VECTOR_INLINE static __m256i roundKey(const VectorGcm& gcm, std::size_t round) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(&gcm.roundKeys_[round * 2 * BLOCK]));
  }

  // y · H^count + Σ blocks[i] · H^(count − i), the first block with y added: as many steps of GHASH at once.
  SRWAN_VECTOR_INLINE static __m128i hash(const VectorGcm& gcm, __m128i y, const std::uint8_t* blocks,
                                          std::size_t count) {
    Product product{_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t power = (POWERS - count + i) * BLOCK;
      const __m128i block = _mm_xor_si128(_mm_shuffle_epi8(loadBlock(blocks + i * BLOCK), reversal()), y);
      y = _mm_setzero_si128();
      multiplyAdd(product, block, loadBlock(&gcm.powers_[power]), loadBlock(&gcm.sums_[power]));
    }
    return reduce(product);
  }

  SRWAN_VECTOR_INLINE static __m128i hashPadded(const VectorGcm& gcm, __m128i y, ByteView octets) {
    while (octets.size() >= STRIDE * BLOCK) {
      y = hash(gcm, y, octets.data(), STRIDE);
      octets = octets.subspan(STRIDE * BLOCK);
    }
    if (octets.empty()) return y;
    alignas(32) std::array<std::uint8_t, STRIDE * BLOCK> padded{};
    std::memcpy(padded.data(), octets.data(), octets.size());
    return hash(gcm, y, padded.data(), (octets.size() + BLOCK - 1) / BLOCK);
  }

  // One pair of the eight blocks' GHASH, between the rounds of eight others.
  SRWAN_VECTOR_INLINE static void hashPair(const VectorGcm& gcm, PairProduct& product, __m256i pair, std::size_t i) {
    const std::size_t power = (POWERS - STRIDE + 2 * i) * BLOCK;
    multiplyAdd(product, pair, loadPair(&gcm.powers_[power]), loadPair(&gcm.sums_[power]));
  }

  // Written out by the compiler round by round: what is in flight has to stay in registers.
  template <bool HASHING, std::size_t ROUND>
  SRWAN_VECTOR_INLINE static void rounds(const VectorGcm& gcm, Stream& stream, PairProduct& product, __m128i y,
                                         const std::uint8_t* hashed) {
    const __m256i key = roundKey(gcm, ROUND);
    if constexpr (ROUND == ROUNDS) {
      stream = {_mm256_aesenclast_epi128(stream.a, key), _mm256_aesenclast_epi128(stream.b, key),
                _mm256_aesenclast_epi128(stream.c, key), _mm256_aesenclast_epi128(stream.d, key)};
    } else {
      stream = {_mm256_aesenc_epi128(stream.a, key), _mm256_aesenc_epi128(stream.b, key),
                _mm256_aesenc_epi128(stream.c, key), _mm256_aesenc_epi128(stream.d, key)};
      if constexpr (HASHING && ROUND % 3 == 1 && ROUND / 3 < PAIRS) {
        __m256i pair = _mm256_shuffle_epi8(loadPair(hashed + ROUND / 3 * 2 * BLOCK), pairReversal());
        if constexpr (ROUND / 3 == 0) pair = _mm256_xor_si256(pair, _mm256_zextsi128_si256(y));
        hashPair(gcm, product, pair, ROUND / 3);
      }
      rounds<HASHING, ROUND + 1>(gcm, stream, product, y, hashed);
    }
  }

  // @returns key stream of eight blocks; meanwhile, where HASHING, adds the eight blocks at `hashed` to y
  template <bool HASHING>
  SRWAN_VECTOR_INLINE static Stream step(const VectorGcm& gcm, __m256i& counters, __m128i& y,
                                         const std::uint8_t* hashed) {
    const __m256i two = _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 2);
    const __m256i key = roundKey(gcm, 0);
    Stream stream;
    stream.a = _mm256_xor_si256(_mm256_shuffle_epi8(counters, pairReversal()), key);
    counters = _mm256_add_epi32(counters, two);
    stream.b = _mm256_xor_si256(_mm256_shuffle_epi8(counters, pairReversal()), key);
    counters = _mm256_add_epi32(counters, two);
    stream.c = _mm256_xor_si256(_mm256_shuffle_epi8(counters, pairReversal()), key);
    counters = _mm256_add_epi32(counters, two);
    stream.d = _mm256_xor_si256(_mm256_shuffle_epi8(counters, pairReversal()), key);
    counters = _mm256_add_epi32(counters, two);
    PairProduct product{_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
    rounds<HASHING, 1>(gcm, stream, product, y, hashed);
    if constexpr (HASHING) y = reduce({fold(product.low), fold(product.high), fold(product.middle)});
    return stream;
  }

  SRWAN_VECTOR_INLINE static void apply(std::uint8_t* text, const Stream& stream) {
    storePair(text, _mm256_xor_si256(loadPair(text), stream.a));
    storePair(text + 2 * BLOCK, _mm256_xor_si256(loadPair(text + 2 * BLOCK), stream.b));
    storePair(text + 4 * BLOCK, _mm256_xor_si256(loadPair(text + 4 * BLOCK), stream.c));
    storePair(text + 6 * BLOCK, _mm256_xor_si256(loadPair(text + 6 * BLOCK), stream.d));
  }

  // What is left, shorter than eight blocks, then the lengths. @returns GHASH of everything
  template <bool SEALING>
  SRWAN_VECTOR_INLINE static __m128i finish(const VectorGcm& gcm, __m256i counters, __m128i y, ByteSpan rest,
                                            std::uint64_t additionalBits, std::uint64_t textBits) {
    const std::size_t blocks = (rest.size() + BLOCK - 1) / BLOCK;
    alignas(32) std::array<std::uint8_t, (STRIDE + 1) * BLOCK> ciphertext{};
    if (blocks > 0) {
      std::memcpy(ciphertext.data(), rest.data(), rest.size());
      alignas(32) std::array<std::uint8_t, STRIDE * BLOCK> other;
      std::memcpy(other.data(), ciphertext.data(), other.size());
      apply(other.data(), step<false>(gcm, counters, y, nullptr));
      std::memcpy(rest.data(), other.data(), rest.size());
      if (SEALING) std::memcpy(ciphertext.data(), other.data(), rest.size());
    }
    store64(&ciphertext[blocks * BLOCK], additionalBits);
    store64(&ciphertext[blocks * BLOCK + 8], textBits);
    return hash(gcm, y, ciphertext.data(), blocks + 1);
  }

  // @returns the tag
  template <bool SEALING>
  SRWAN_VECTOR static __m128i run(const VectorGcm& gcm, const std::uint8_t* nonce, ByteView additionalData,
                                  ByteSpan text) {
    alignas(16) std::array<std::uint8_t, BLOCK> first{};
    std::memcpy(first.data(), nonce, 12);
    first[15] = 1;
    const __m128i start = loadBlock(first.data());
    const __m128i mask = encrypt(gcm, start);
    // Octets reversed: the counter is the lowest word.
    __m256i counters = _mm256_add_epi32(_mm256_broadcastsi128_si256(_mm_shuffle_epi8(start, reversal())),
                                        _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 1));
    __m128i y = hashPadded(gcm, _mm_setzero_si128(), additionalData);
    std::uint8_t* at = text.data();
    const std::uint8_t* const end = at + text.size() / (STRIDE * BLOCK) * (STRIDE * BLOCK);
    if constexpr (SEALING) {
      // One step behind: what is hashed has to be encrypted first.
      if (at != end) {
        apply(at, step<false>(gcm, counters, y, nullptr));
        for (at += STRIDE * BLOCK; at != end; at += STRIDE * BLOCK)
          apply(at, step<true>(gcm, counters, y, at - STRIDE * BLOCK));
        y = hash(gcm, y, end - STRIDE * BLOCK, STRIDE);
      }
    } else {
      for (; at != end; at += STRIDE * BLOCK) {
        const Stream stream = step<true>(gcm, counters, y, at);
        apply(at, stream);
      }
    }
    y = finish<SEALING>(gcm, counters, y, text.subspan(static_cast<std::size_t>(end - text.data())),
                        additionalData.size() * 8, text.size() * 8);
    return _mm_xor_si128(_mm_shuffle_epi8(y, reversal()), mask);
  }

  SRWAN_VECTOR static void seal(const VectorGcm& gcm, const std::uint8_t* nonce, ByteView additionalData, ByteSpan text,
                                std::uint8_t* tag) {
    storeBlock(tag, run<true>(gcm, nonce, additionalData, text));
  }

  SRWAN_VECTOR static bool open(const VectorGcm& gcm, const std::uint8_t* nonce, ByteView additionalData, ByteSpan text,
                                const std::uint8_t* tag) {
    const __m128i difference = _mm_xor_si128(run<false>(gcm, nonce, additionalData, text), loadBlock(tag));
    return _mm_testz_si128(difference, difference) == 1;
  }
};

std::unique_ptr<const VectorGcm> VectorGcm::create(const AeadKey& key) {
  static const bool available = hasVectorAes();
  if (!available) return nullptr;
  std::unique_ptr<VectorGcm> gcm(new VectorGcm());
  VectorGcmWork::expand(*gcm, key.data());
  return gcm;
}

void VectorGcm::seal(const std::uint8_t* nonce, ByteView additionalData, ByteSpan text,
                     std::uint8_t* tag) const noexcept {
  VectorGcmWork::seal(*this, nonce, additionalData, text, tag);
}

bool VectorGcm::open(const std::uint8_t* nonce, ByteView additionalData, ByteSpan text,
                     const std::uint8_t* tag) const noexcept {
  return VectorGcmWork::open(*this, nonce, additionalData, text, tag);
}

#else

std::unique_ptr<const VectorGcm> VectorGcm::create(const AeadKey&) { return nullptr; }

void VectorGcm::seal(const std::uint8_t*, ByteView, ByteSpan, std::uint8_t*) const noexcept {}

bool VectorGcm::open(const std::uint8_t*, ByteView, ByteSpan, const std::uint8_t*) const noexcept { return false; }

#endif

}  // namespace srwan
