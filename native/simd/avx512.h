// V<T> for AVX-512 F + DQ + BW + VL: 64-byte vectors, masks in mask registers.
#pragma once
#include <immintrin.h>
#define FLAMBEAU_VECTOR_BYTES 64
#include "vector.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

constexpr bool kHasFma = true;

template <int Bytes> struct MaskOf;
template <> struct MaskOf<4> { __mmask16 v; };
template <> struct MaskOf<8> { __mmask8 v; };
template <class T> using Mask = MaskOf<int(sizeof(T))>;

#define FLAMBEAU_COMPARE(op, FloatCode, IntCode)                                                                          \
  FLAMBEAU_INLINE MaskOf<4> operator op(VF a, VF b) { return {_mm512_cmp_ps_mask(a.v, b.v, FloatCode)}; }                 \
  FLAMBEAU_INLINE MaskOf<8> operator op(VD a, VD b) { return {_mm512_cmp_pd_mask(a.v, b.v, FloatCode)}; }                 \
  FLAMBEAU_INLINE MaskOf<4> operator op(VI a, VI b) { return {_mm512_cmp_epi32_mask((__m512i)a.v, (__m512i)b.v, IntCode)}; } \
  FLAMBEAU_INLINE MaskOf<8> operator op(VL a, VL b) { return {_mm512_cmp_epi64_mask((__m512i)a.v, (__m512i)b.v, IntCode)}; } \
  template <class T> FLAMBEAU_INLINE Mask<T> operator op(V<T> a, typename V<T>::Element b) { return a op V<T>(b); }
FLAMBEAU_COMPARE(==, _CMP_EQ_OQ, _MM_CMPINT_EQ)
FLAMBEAU_COMPARE(!=, _CMP_NEQ_UQ, _MM_CMPINT_NE)
FLAMBEAU_COMPARE(<, _CMP_LT_OQ, _MM_CMPINT_LT)
FLAMBEAU_COMPARE(<=, _CMP_LE_OQ, _MM_CMPINT_LE)
FLAMBEAU_COMPARE(>, _CMP_GT_OQ, _MM_CMPINT_NLE)
FLAMBEAU_COMPARE(>=, _CMP_GE_OQ, _MM_CMPINT_NLT)
#undef FLAMBEAU_COMPARE

template <int B> FLAMBEAU_INLINE MaskOf<B> operator&(MaskOf<B> a, MaskOf<B> b) { return {decltype(a.v)(a.v & b.v)}; }
template <int B> FLAMBEAU_INLINE MaskOf<B> operator|(MaskOf<B> a, MaskOf<B> b) { return {decltype(a.v)(a.v | b.v)}; }
template <int B> FLAMBEAU_INLINE MaskOf<B> operator^(MaskOf<B> a, MaskOf<B> b) { return {decltype(a.v)(a.v ^ b.v)}; }
template <int B> FLAMBEAU_INLINE MaskOf<B> operator~(MaskOf<B> a) { return {decltype(a.v)(~a.v)}; }

// One bit per lane, lane 0 lowest.
template <int B> FLAMBEAU_INLINE uint32_t mask_bits(MaskOf<B> m) { return m.v; }
template <class T> FLAMBEAU_INLINE Mask<T> mask_from_bits(uint32_t bits) { return {decltype(Mask<T>::v)(bits)}; }
template <int B> FLAMBEAU_INLINE bool any(MaskOf<B> m) { return m.v != 0; }
template <int B> FLAMBEAU_INLINE bool all(MaskOf<B> m) { return m.v == decltype(m.v)(~0); }
template <class T> FLAMBEAU_INLINE Mask<T> first_n(int n) { return {decltype(Mask<T>::v)(_bzhi_u32(~0u, unsigned(n)))}; }
FLAMBEAU_INLINE MaskOf<8> widen_lo(MaskOf<4> m) { return {__mmask8(m.v)}; }
FLAMBEAU_INLINE MaskOf<8> widen_hi(MaskOf<4> m) { return {__mmask8(m.v >> 8)}; }
FLAMBEAU_INLINE MaskOf<4> narrow(MaskOf<8> lo, MaskOf<8> hi) { return {__mmask16(lo.v | (unsigned(hi.v) << 8))}; }

FLAMBEAU_INLINE VF select(MaskOf<4> m, VF a, VF b) { return _mm512_mask_blend_ps(m.v, b.v, a.v); }
FLAMBEAU_INLINE VD select(MaskOf<8> m, VD a, VD b) { return _mm512_mask_blend_pd(m.v, b.v, a.v); }
FLAMBEAU_INLINE VI select(MaskOf<4> m, VI a, VI b) { return (VI::Raw)_mm512_mask_blend_epi32(m.v, (__m512i)b.v, (__m512i)a.v); }
FLAMBEAU_INLINE VL select(MaskOf<8> m, VL a, VL b) { return (VL::Raw)_mm512_mask_blend_epi64(m.v, (__m512i)b.v, (__m512i)a.v); }
template <class T> FLAMBEAU_INLINE V<T> select_or_zero(Mask<T> m, V<T> a) { return select(m, a, V<T>::zero()); }

template <> FLAMBEAU_INLINE VF VF::load_n(const float* p, int n) { return _mm512_maskz_loadu_ps(first_n<float>(n).v, p); }
template <> FLAMBEAU_INLINE VD VD::load_n(const double* p, int n) { return _mm512_maskz_loadu_pd(first_n<double>(n).v, p); }
template <> FLAMBEAU_INLINE VI VI::load_n(const int32_t* p, int n) { return (VI::Raw)_mm512_maskz_loadu_epi32(first_n<int32_t>(n).v, p); }
template <> FLAMBEAU_INLINE VL VL::load_n(const int64_t* p, int n) { return (VL::Raw)_mm512_maskz_loadu_epi64(first_n<int64_t>(n).v, p); }
template <> FLAMBEAU_INLINE void VF::store_n(float* p, int n) const { _mm512_mask_storeu_ps(p, first_n<float>(n).v, v); }
template <> FLAMBEAU_INLINE void VD::store_n(double* p, int n) const { _mm512_mask_storeu_pd(p, first_n<double>(n).v, v); }
template <> FLAMBEAU_INLINE void VI::store_n(int32_t* p, int n) const { _mm512_mask_storeu_epi32(p, first_n<int32_t>(n).v, (__m512i)v); }
template <> FLAMBEAU_INLINE void VL::store_n(int64_t* p, int n) const { _mm512_mask_storeu_epi64(p, first_n<int64_t>(n).v, (__m512i)v); }

// Bool bytes (0 or 1) to and from masks; n lanes.
FLAMBEAU_INLINE void store_bools(uint8_t* p, MaskOf<4> m) { _mm_storeu_si128((__m128i*)p, _mm_maskz_set1_epi8(m.v, 1)); }
FLAMBEAU_INLINE void store_bools(uint8_t* p, MaskOf<8> m) { _mm_storel_epi64((__m128i*)p, _mm_maskz_set1_epi8(m.v, 1)); }
template <int B> FLAMBEAU_INLINE void store_bools_n(uint8_t* p, MaskOf<B> m, int n) {
  _mm_mask_storeu_epi8(p, __mmask16(_bzhi_u32(~0u, unsigned(n))), _mm_maskz_set1_epi8(m.v, 1));
}
template <class T> FLAMBEAU_INLINE Mask<T> load_bools_n(const uint8_t* p, int n) {
  const __m128i bytes = _mm_maskz_loadu_epi8(__mmask16(_bzhi_u32(~0u, unsigned(n))), p);
  return {decltype(Mask<T>::v)(_mm_test_epi8_mask(bytes, bytes))};
}
template <class T> FLAMBEAU_INLINE Mask<T> load_bools(const uint8_t* p) { return load_bools_n<T>(p, V<T>::W); }

}}}  // namespace

#include "rounding.h"
#include "halves.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

FLAMBEAU_INLINE VF min(VF a, VF b) { return _mm512_min_ps(a.v, b.v); }
FLAMBEAU_INLINE VF max(VF a, VF b) { return _mm512_max_ps(a.v, b.v); }
FLAMBEAU_INLINE VD min(VD a, VD b) { return _mm512_min_pd(a.v, b.v); }
FLAMBEAU_INLINE VD max(VD a, VD b) { return _mm512_max_pd(a.v, b.v); }
FLAMBEAU_INLINE VI min(VI a, VI b) { return (VI::Raw)_mm512_min_epi32((__m512i)a.v, (__m512i)b.v); }
FLAMBEAU_INLINE VI max(VI a, VI b) { return (VI::Raw)_mm512_max_epi32((__m512i)a.v, (__m512i)b.v); }
FLAMBEAU_INLINE VL min(VL a, VL b) { return (VL::Raw)_mm512_min_epi64((__m512i)a.v, (__m512i)b.v); }
FLAMBEAU_INLINE VL max(VL a, VL b) { return (VL::Raw)_mm512_max_epi64((__m512i)a.v, (__m512i)b.v); }

FLAMBEAU_INLINE VF fma(VF a, VF b, VF c) { return _mm512_fmadd_ps(a.v, b.v, c.v); }
FLAMBEAU_INLINE VD fma(VD a, VD b, VD c) { return _mm512_fmadd_pd(a.v, b.v, c.v); }
FLAMBEAU_INLINE VF fnma(VF a, VF b, VF c) { return _mm512_fnmadd_ps(a.v, b.v, c.v); }
FLAMBEAU_INLINE VD fnma(VD a, VD b, VD c) { return _mm512_fnmadd_pd(a.v, b.v, c.v); }
FLAMBEAU_INLINE VF fms(VF a, VF b, VF c) { return _mm512_fmsub_ps(a.v, b.v, c.v); }
FLAMBEAU_INLINE VD fms(VD a, VD b, VD c) { return _mm512_fmsub_pd(a.v, b.v, c.v); }

FLAMBEAU_INLINE VF sqrt(VF a) { return _mm512_sqrt_ps(a.v); }
FLAMBEAU_INLINE VD sqrt(VD a) { return _mm512_sqrt_pd(a.v); }

#define FLAMBEAU_ROUND(name, mode)                                                        \
  FLAMBEAU_INLINE VF name(VF a) { return _mm512_roundscale_ps(a.v, (mode) | _MM_FROUND_NO_EXC); } \
  FLAMBEAU_INLINE VD name(VD a) { return _mm512_roundscale_pd(a.v, (mode) | _MM_FROUND_NO_EXC); }
FLAMBEAU_ROUND(round, _MM_FROUND_TO_NEAREST_INT)
FLAMBEAU_ROUND(floor, _MM_FROUND_TO_NEG_INF)
FLAMBEAU_ROUND(ceil, _MM_FROUND_TO_POS_INF)
FLAMBEAU_ROUND(trunc, _MM_FROUND_TO_ZERO)
#undef FLAMBEAU_ROUND

// a * 2^n for integral n, rounded once.
FLAMBEAU_INLINE VF scale_by_pow2(VF a, VF n) { return _mm512_scalef_ps(a.v, n.v); }
FLAMBEAU_INLINE VD scale_by_pow2(VD a, VD n) { return _mm512_scalef_pd(a.v, n.v); }

// The lower (upper) half of a, in lanes of twice the width; narrow is the inverse.
FLAMBEAU_INLINE VD widen_lo(VF a) { return _mm512_cvtps_pd(_mm512_castps512_ps256(a.v)); }
FLAMBEAU_INLINE VD widen_hi(VF a) { return _mm512_cvtps_pd(_mm512_extractf32x8_ps(a.v, 1)); }
FLAMBEAU_INLINE VF narrow(VD lo, VD hi) {
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(lo.v)), _mm512_cvtpd_ps(hi.v), 1);
}
FLAMBEAU_INLINE VL widen_lo(VI a) { return (VL::Raw)_mm512_cvtepi32_epi64(_mm512_castsi512_si256((__m512i)a.v)); }
FLAMBEAU_INLINE VL widen_hi(VI a) { return (VL::Raw)_mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64((__m512i)a.v, 1)); }
FLAMBEAU_INLINE VI narrow(VL lo, VL hi) {
  return (VI::Raw)_mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32((__m512i)lo.v)), _mm512_cvtepi64_epi32((__m512i)hi.v), 1);
}

FLAMBEAU_INLINE float reduce_add(VF a) { return _mm512_reduce_add_ps(a.v); }
FLAMBEAU_INLINE double reduce_add(VD a) { return _mm512_reduce_add_pd(a.v); }
FLAMBEAU_INLINE float reduce_max(VF a) { return _mm512_reduce_max_ps(a.v); }
FLAMBEAU_INLINE double reduce_max(VD a) { return _mm512_reduce_max_pd(a.v); }
FLAMBEAU_INLINE float reduce_min(VF a) { return _mm512_reduce_min_ps(a.v); }
FLAMBEAU_INLINE double reduce_min(VD a) { return _mm512_reduce_min_pd(a.v); }

FLAMBEAU_INLINE VF load_half(const uint16_t* p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)p)); }
FLAMBEAU_INLINE void store_half(uint16_t* p, VF x) {
  const __m256i halves = _mm512_cvtps_ph(x.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m256i quiet = _mm256_and_si256(halves, _mm256_set1_epi16(short(0xfe00)));
  _mm256_storeu_si256((__m256i*)p, _mm256_mask_mov_epi16(halves, (x != x).v, quiet));
}

FLAMBEAU_INLINE VF gather_index(const float* base, VI index) { return _mm512_i32gather_ps((__m512i)index.v, base, 4); }
FLAMBEAU_INLINE VD gather_index(const double* base, VL index) { return _mm512_i64gather_pd((__m512i)index.v, base, 8); }

FLAMBEAU_INLINE void store_stream(float* p, VF a) { _mm512_stream_ps(p, a.v); }
FLAMBEAU_INLINE void store_stream(double* p, VD a) { _mm512_stream_pd(p, a.v); }
FLAMBEAU_INLINE void store_stream(int32_t* p, VI a) { _mm512_stream_si512((__m512i*)p, (__m512i)a.v); }
FLAMBEAU_INLINE void store_stream(int64_t* p, VL a) { _mm512_stream_si512((__m512i*)p, (__m512i)a.v); }

}}}  // namespace
