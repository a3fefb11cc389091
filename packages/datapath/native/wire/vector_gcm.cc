#include "wire/vector_gcm.h"

#include <algorithm>
#include <cstring>

#include "wire/aes_hardware.h"
#include "wire/vector_field.h"
#include "wire/vector_gcm_keys.h"

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

}  // namespace

/** The work itself, in one place that may see the key's tables. */
struct VectorGcmWork {
  static constexpr std::size_t BLOCK = VectorGcm::BLOCK;
  static constexpr std::size_t ROUNDS = VectorGcm::ROUNDS;
  static constexpr std::size_t POWERS = VectorGcm::POWERS;

  SRWAN_VECTOR_INLINE static __m128i encrypt(const VectorGcm& gcm, __m128i block) {
    const auto key = [&gcm](std::size_t round) SRWAN_VECTOR { return loadBlock(&gcm.roundKeys_[round * 2 * BLOCK]); };
    block = _mm_xor_si128(block, key(0));
    for (std::size_t round = 1; round < ROUNDS; ++round) block = _mm_aesenc_si128(block, key(round));
    return _mm_aesenclast_si128(block, key(ROUNDS));
  }

  SRWAN_VECTOR_INLINE static __m256i roundKey(const VectorGcm& gcm, std::size_t round) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(&gcm.roundKeys_[round * 2 * BLOCK]));
  }

  // One pair of the eight blocks' GHASH.
  SRWAN_VECTOR_INLINE static void hashPair(const VectorGcm& gcm, PairProduct& product, __m256i pair, std::size_t i) {
    const std::size_t power = (POWERS - STRIDE + 2 * i) * BLOCK;
    multiplyAdd(product, pair, loadPair(&gcm.powers_[power]), loadPair(&gcm.sums_[power]));
  }

  // (y + blocks[0]) · H^8 + Σ blocks[i] · H^(8 − i): eight steps of GHASH at once.
  SRWAN_VECTOR_INLINE static __m128i hashStride(const VectorGcm& gcm, __m128i y, const std::uint8_t* blocks) {
    PairProduct product{_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
    for (std::size_t i = 0; i < PAIRS; ++i) {
      const __m256i pair = _mm256_shuffle_epi8(loadPair(blocks + i * 2 * BLOCK), pairReversal());
      hashPair(gcm, product, i == 0 ? _mm256_xor_si256(pair, _mm256_zextsi128_si256(y)) : pair, i);
    }
    return reduce({fold(product.low), fold(product.high), fold(product.middle)});
  }

  // Additional data, its last block filled up with zeros.
  SRWAN_VECTOR_INLINE static __m128i hashPadded(const VectorGcm& gcm, __m128i y, ByteView octets) {
    for (; octets.size() > STRIDE * BLOCK; octets = octets.subspan(STRIDE * BLOCK))
      y = hashStride(gcm, y, octets.data());
    if (octets.empty()) return y;
    const std::size_t count = (octets.size() + BLOCK - 1) / BLOCK;
    Product product{_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    for (std::size_t i = 0; i < count; ++i) {
      const __m128i block = i + 1 < count ? loadBlock(octets.data() + i * BLOCK) : lastBlock(octets);
      const std::size_t power = (POWERS - count + i) * BLOCK;
      multiplyAdd(product, _mm_xor_si128(_mm_shuffle_epi8(block, reversal()), y), loadBlock(&gcm.powers_[power]),
                  loadBlock(&gcm.sums_[power]));
      y = _mm_setzero_si128();
    }
    return reduce(product);
  }

  // The last block of octets, zeros behind it.
  SRWAN_VECTOR_INLINE static __m128i lastBlock(ByteView octets) {
    const std::size_t size = (octets.size() - 1) % BLOCK + 1;
    if (octets.size() >= BLOCK) {
      // What lies before comes along and is shifted out.
      alignas(16) static constexpr std::array<std::uint8_t, 2 * BLOCK> SHIFTS{
          0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
          0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
      return _mm_shuffle_epi8(loadBlock(octets.data() + octets.size() - BLOCK), loadBlock(&SHIFTS[BLOCK - size]));
    }
    alignas(16) std::array<std::uint8_t, BLOCK> padded{};
    std::memcpy(padded.data(), octets.data(), size);
    return loadBlock(padded.data());
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

  SRWAN_VECTOR_INLINE static void writeStream(std::uint8_t* to, const Stream& stream) {
    storePair(to, stream.a);
    storePair(to + 2 * BLOCK, stream.b);
    storePair(to + 4 * BLOCK, stream.c);
    storePair(to + 6 * BLOCK, stream.d);
  }

  // Of what is left, shorter than eight blocks, all whole pairs in place.
  // @param stream key stream as octets
  // @param y goes into the first block that is hashed, and is zero from then on
  template <bool SEALING>
  SRWAN_VECTOR_INLINE static void finishPairs(const VectorGcm& gcm, Product& product, __m128i& y, ByteSpan pairs,
                                              const std::uint8_t* stream, std::size_t power) {
    PairProduct sum{_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
    for (std::size_t at = 0; at < pairs.size(); at += 2 * BLOCK) {
      const __m256i before = loadPair(&pairs[at]);
      const __m256i after = _mm256_xor_si256(before, loadPair(stream + at));
      storePair(&pairs[at], after);
      const __m256i pair = _mm256_shuffle_epi8(SEALING ? after : before, pairReversal());
      multiplyAdd(sum, _mm256_xor_si256(pair, _mm256_zextsi128_si256(y)), loadPair(&gcm.powers_[power + at]),
                  loadPair(&gcm.sums_[power + at]));
      y = _mm_setzero_si128();
    }
    product = {fold(sum.low), fold(sum.high), fold(sum.middle)};
  }

  // What is left, shorter than eight blocks, then the lengths. @returns GHASH of everything
  template <bool SEALING>
  SRWAN_VECTOR_INLINE static __m128i finish(const VectorGcm& gcm, __m256i counters, __m128i y, ByteSpan rest,
                                            std::uint64_t additionalBits, std::uint64_t textBits) {
    const std::size_t blocks = (rest.size() + BLOCK - 1) / BLOCK;
    std::size_t power = (POWERS - blocks - 1) * BLOCK;
    Product product{_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    const auto add = [&](__m128i block) SRWAN_VECTOR {
      multiplyAdd(product, _mm_xor_si128(block, y), loadBlock(&gcm.powers_[power]), loadBlock(&gcm.sums_[power]));
      y = _mm_setzero_si128();
      power += BLOCK;
    };
    if (blocks > 0) {
      alignas(32) std::array<std::uint8_t, STRIDE * BLOCK> stream;
      writeStream(stream.data(), step<false>(gcm, counters, y, nullptr));
      const std::size_t paired = rest.size() / (2 * BLOCK) * (2 * BLOCK);
      finishPairs<SEALING>(gcm, product, y, rest.first(paired), stream.data(), power);
      power += paired;
      for (std::size_t at = paired; at < rest.size(); at += BLOCK)
        add(_mm_shuffle_epi8(finishBlock<SEALING>(rest.subspan(at, std::min(BLOCK, rest.size() - at)), &stream[at]),
                             reversal()));
    }
    add(_mm_set_epi64x(static_cast<long long>(additionalBits), static_cast<long long>(textBits)));
    return reduce(product);
  }

  // One block, perhaps the last and shorter. @returns its ciphertext, zeros behind it
  template <bool SEALING>
  SRWAN_VECTOR_INLINE static __m128i finishBlock(ByteSpan text, const std::uint8_t* stream) {
    alignas(16) std::array<std::uint8_t, BLOCK> block{};
    std::memcpy(block.data(), text.data(), text.size());
    const __m128i before = loadBlock(block.data());
    storeBlock(block.data(), _mm_xor_si128(before, loadBlock(stream)));
    std::memcpy(text.data(), block.data(), text.size());
    if (!SEALING) return before;
    return text.size() == BLOCK ? loadBlock(block.data()) : lastBlock(ByteView(block).first(text.size()));
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
        y = hashStride(gcm, y, end - STRIDE * BLOCK);
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
  VectorGcmKeys::expand(*gcm, key.data());
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
