// Blocks of 16 octets in vector registers, and the field of GHASH (NIST SP 800-38D, 6.3), by instructions that only
// code compiled for them may use: nothing here is called before the CPU was asked.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstdint>

#define SRWAN_VECTOR __attribute__((target("avx2,aes,pclmul,vaes,vpclmulqdq")))
#define SRWAN_VECTOR_INLINE SRWAN_VECTOR inline __attribute__((always_inline))

namespace srwan {

// A product of polynomials over GF(2) before it is reduced; `middle` is Karatsuba's, of the sums of halves.
struct Product {
  __m128i low;
  __m128i high;
  __m128i middle;
};

struct PairProduct {
  __m256i low;
  __m256i high;
  __m256i middle;
};

SRWAN_VECTOR_INLINE __m128i reversal() { return _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
SRWAN_VECTOR_INLINE __m256i pairReversal() { return _mm256_broadcastsi128_si256(reversal()); }

SRWAN_VECTOR_INLINE __m128i loadBlock(const std::uint8_t* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}
SRWAN_VECTOR_INLINE __m256i loadPair(const std::uint8_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
SRWAN_VECTOR_INLINE void storeBlock(std::uint8_t* to, __m128i block) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
}
SRWAN_VECTOR_INLINE void storePair(std::uint8_t* to, __m256i pair) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), pair);
}

// The field's polynomial x^128 + x^7 + x^2 + x + 1, bits reversed, without its highest term: 0xc2 << 120 and 1. With H
// multiplied by x beforehand two multiplications by the upper half reduce a product (Gueron and Kounavis, Intel, 2014).
SRWAN_VECTOR_INLINE __m128i reduce(const Product& product) {
  const __m128i polynomial = _mm_set_epi64x(static_cast<long long>(0xc200000000000000), 1);
  __m128i middle = _mm_xor_si128(product.middle, _mm_xor_si128(product.low, product.high));
  middle = _mm_xor_si128(
      middle, _mm_xor_si128(_mm_shuffle_epi32(product.low, 0x4e), _mm_clmulepi64_si128(polynomial, product.low, 0x01)));
  return _mm_xor_si128(product.high,
                       _mm_xor_si128(_mm_shuffle_epi32(middle, 0x4e), _mm_clmulepi64_si128(polynomial, middle, 0x01)));
}

SRWAN_VECTOR_INLINE __m128i sumOfHalves(__m128i a) { return _mm_xor_si128(a, _mm_shuffle_epi32(a, 0x4e)); }

// @param sum - sumOfHalves(power)
SRWAN_VECTOR_INLINE void multiplyAdd(Product& total, __m128i block, __m128i power, __m128i sum) {
  total.low = _mm_xor_si128(total.low, _mm_clmulepi64_si128(block, power, 0x00));
  total.high = _mm_xor_si128(total.high, _mm_clmulepi64_si128(block, power, 0x11));
  total.middle = _mm_xor_si128(total.middle, _mm_clmulepi64_si128(sumOfHalves(block), sum, 0x00));
}

SRWAN_VECTOR_INLINE void multiplyAdd(PairProduct& total, __m256i pair, __m256i power, __m256i sum) {
  const __m256i sums = _mm256_xor_si256(pair, _mm256_shuffle_epi32(pair, 0x4e));
  total.low = _mm256_xor_si256(total.low, _mm256_clmulepi64_epi128(pair, power, 0x00));
  total.high = _mm256_xor_si256(total.high, _mm256_clmulepi64_epi128(pair, power, 0x11));
  total.middle = _mm256_xor_si256(total.middle, _mm256_clmulepi64_epi128(sums, sum, 0x00));
}

SRWAN_VECTOR_INLINE __m128i fold(__m256i pair) {
  return _mm_xor_si128(_mm256_castsi256_si128(pair), _mm256_extracti128_si256(pair, 1));
}

}  // namespace srwan

#endif
