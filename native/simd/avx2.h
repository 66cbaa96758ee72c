// V<T> for AVX2 + FMA: 32-byte vectors, masks as lanes.
#pragma once
#include <immintrin.h>
#define FLAMBEAU_VECTOR_BYTES 32
#include "vector.h"
#include "lanes.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

constexpr bool kHasFma = true;

FLAMBEAU_INLINE uint32_t mask_bits(MaskOf<4> m) { return uint32_t(_mm256_movemask_ps((__m256)m.v)); }
FLAMBEAU_INLINE uint32_t mask_bits(MaskOf<8> m) { return uint32_t(_mm256_movemask_pd((__m256d)m.v)); }
template <int B> FLAMBEAU_INLINE bool any(MaskOf<B> m) { return !_mm256_testz_si256((__m256i)m.v, (__m256i)m.v); }
template <int B> FLAMBEAU_INLINE bool all(MaskOf<B> m) { return _mm256_testc_si256((__m256i)m.v, _mm256_set1_epi32(-1)); }

FLAMBEAU_INLINE MaskOf<8> widen_lo(MaskOf<4> m) { return {(VL::Raw)_mm256_cvtepi32_epi64(_mm256_castsi256_si128((__m256i)m.v))}; }
FLAMBEAU_INLINE MaskOf<8> widen_hi(MaskOf<4> m) { return {(VL::Raw)_mm256_cvtepi32_epi64(_mm256_extracti128_si256((__m256i)m.v, 1))}; }

FLAMBEAU_INLINE VF select(MaskOf<4> m, VF a, VF b) { return _mm256_blendv_ps(b.v, a.v, (__m256)m.v); }
FLAMBEAU_INLINE VD select(MaskOf<8> m, VD a, VD b) { return _mm256_blendv_pd(b.v, a.v, (__m256d)m.v); }
FLAMBEAU_INLINE VI select(MaskOf<4> m, VI a, VI b) { return (VI::Raw)_mm256_blendv_ps((__m256)b.v, (__m256)a.v, (__m256)m.v); }
FLAMBEAU_INLINE VL select(MaskOf<8> m, VL a, VL b) { return (VL::Raw)_mm256_blendv_pd((__m256d)b.v, (__m256d)a.v, (__m256d)m.v); }

template <> FLAMBEAU_INLINE VF VF::load_n(const float* p, int n) { return _mm256_maskload_ps(p, (__m256i)first_n<float>(n).v); }
template <> FLAMBEAU_INLINE VD VD::load_n(const double* p, int n) { return _mm256_maskload_pd(p, (__m256i)first_n<double>(n).v); }
template <> FLAMBEAU_INLINE VI VI::load_n(const int32_t* p, int n) { return (VI::Raw)_mm256_maskload_epi32(p, (__m256i)first_n<int32_t>(n).v); }
template <> FLAMBEAU_INLINE VL VL::load_n(const int64_t* p, int n) { return (VL::Raw)_mm256_maskload_epi64((const long long*)p, (__m256i)first_n<int64_t>(n).v); }
template <> FLAMBEAU_INLINE void VF::store_n(float* p, int n) const { _mm256_maskstore_ps(p, (__m256i)first_n<float>(n).v, v); }
template <> FLAMBEAU_INLINE void VD::store_n(double* p, int n) const { _mm256_maskstore_pd(p, (__m256i)first_n<double>(n).v, v); }
template <> FLAMBEAU_INLINE void VI::store_n(int32_t* p, int n) const { _mm256_maskstore_epi32(p, (__m256i)first_n<int32_t>(n).v, (__m256i)v); }
template <> FLAMBEAU_INLINE void VL::store_n(int64_t* p, int n) const { _mm256_maskstore_epi64((long long*)p, (__m256i)first_n<int64_t>(n).v, (__m256i)v); }

}}}  // namespace

#include "bools.h"
#include "rounding.h"
#include "halves.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

FLAMBEAU_INLINE VF min(VF a, VF b) { return _mm256_min_ps(a.v, b.v); }
FLAMBEAU_INLINE VF max(VF a, VF b) { return _mm256_max_ps(a.v, b.v); }
FLAMBEAU_INLINE VD min(VD a, VD b) { return _mm256_min_pd(a.v, b.v); }
FLAMBEAU_INLINE VD max(VD a, VD b) { return _mm256_max_pd(a.v, b.v); }
FLAMBEAU_INLINE VI min(VI a, VI b) { return (VI::Raw)_mm256_min_epi32((__m256i)a.v, (__m256i)b.v); }
FLAMBEAU_INLINE VI max(VI a, VI b) { return (VI::Raw)_mm256_max_epi32((__m256i)a.v, (__m256i)b.v); }

FLAMBEAU_INLINE VF fma(VF a, VF b, VF c) { return _mm256_fmadd_ps(a.v, b.v, c.v); }
FLAMBEAU_INLINE VD fma(VD a, VD b, VD c) { return _mm256_fmadd_pd(a.v, b.v, c.v); }
FLAMBEAU_INLINE VF fnma(VF a, VF b, VF c) { return _mm256_fnmadd_ps(a.v, b.v, c.v); }
FLAMBEAU_INLINE VD fnma(VD a, VD b, VD c) { return _mm256_fnmadd_pd(a.v, b.v, c.v); }
FLAMBEAU_INLINE VF fms(VF a, VF b, VF c) { return _mm256_fmsub_ps(a.v, b.v, c.v); }
FLAMBEAU_INLINE VD fms(VD a, VD b, VD c) { return _mm256_fmsub_pd(a.v, b.v, c.v); }

FLAMBEAU_INLINE VF sqrt(VF a) { return _mm256_sqrt_ps(a.v); }
FLAMBEAU_INLINE VD sqrt(VD a) { return _mm256_sqrt_pd(a.v); }

#define FLAMBEAU_ROUND(name, mode)                                                       \
  FLAMBEAU_INLINE VF name(VF a) { return _mm256_round_ps(a.v, (mode) | _MM_FROUND_NO_EXC); } \
  FLAMBEAU_INLINE VD name(VD a) { return _mm256_round_pd(a.v, (mode) | _MM_FROUND_NO_EXC); }
FLAMBEAU_ROUND(round, _MM_FROUND_TO_NEAREST_INT)
FLAMBEAU_ROUND(floor, _MM_FROUND_TO_NEG_INF)
FLAMBEAU_ROUND(ceil, _MM_FROUND_TO_POS_INF)
FLAMBEAU_ROUND(trunc, _MM_FROUND_TO_ZERO)
#undef FLAMBEAU_ROUND

FLAMBEAU_INLINE VD widen_lo(VF a) { return _mm256_cvtps_pd(_mm256_castps256_ps128(a.v)); }
FLAMBEAU_INLINE VD widen_hi(VF a) { return _mm256_cvtps_pd(_mm256_extractf128_ps(a.v, 1)); }
FLAMBEAU_INLINE VF narrow(VD lo, VD hi) { return _mm256_set_m128(_mm256_cvtpd_ps(hi.v), _mm256_cvtpd_ps(lo.v)); }
FLAMBEAU_INLINE VL widen_lo(VI a) { return (VL::Raw)_mm256_cvtepi32_epi64(_mm256_castsi256_si128((__m256i)a.v)); }
FLAMBEAU_INLINE VL widen_hi(VI a) { return (VL::Raw)_mm256_cvtepi32_epi64(_mm256_extracti128_si256((__m256i)a.v, 1)); }
FLAMBEAU_INLINE VI narrow(VL lo, VL hi) {
  const __m256 even = _mm256_shuffle_ps((__m256)lo.v, (__m256)hi.v, _MM_SHUFFLE(2, 0, 2, 0));
  return (VI::Raw)_mm256_permute4x64_epi64((__m256i)even, _MM_SHUFFLE(3, 1, 2, 0));
}
FLAMBEAU_INLINE MaskOf<4> narrow(MaskOf<8> lo, MaskOf<8> hi) { return {narrow(VL(lo.v), VL(hi.v)).v}; }

FLAMBEAU_INLINE float reduce_add(VF a) {
  __m128 x = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  x = _mm_add_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_shuffle_ps(x, x, 1)));
}
FLAMBEAU_INLINE double reduce_add(VD a) {
  const __m128d x = _mm_add_pd(_mm256_castpd256_pd128(a.v), _mm256_extractf128_pd(a.v, 1));
  return _mm_cvtsd_f64(_mm_add_sd(x, _mm_unpackhi_pd(x, x)));
}

FLAMBEAU_INLINE VF load_half(const uint16_t* p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)p)); }
FLAMBEAU_INLINE void store_half(uint16_t* p, VF x) {
  const VF quiet = copysign(bitcast<float>(VI(0x7fc00000)), x);
  _mm_storeu_si128((__m128i*)p, _mm256_cvtps_ph(select(x != x, quiet, x).v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

FLAMBEAU_INLINE VF gather_index(const float* base, VI index) { return _mm256_i32gather_ps(base, (__m256i)index.v, 4); }
FLAMBEAU_INLINE VD gather_index(const double* base, VL index) { return _mm256_i64gather_pd(base, (__m256i)index.v, 8); }

FLAMBEAU_INLINE void store_stream(float* p, VF a) { _mm256_stream_ps(p, a.v); }
FLAMBEAU_INLINE void store_stream(double* p, VD a) { _mm256_stream_pd(p, a.v); }
FLAMBEAU_INLINE void store_stream(int32_t* p, VI a) { _mm256_stream_si256((__m256i*)p, (__m256i)a.v); }
FLAMBEAU_INLINE void store_stream(int64_t* p, VL a) { _mm256_stream_si256((__m256i*)p, (__m256i)a.v); }

}}}  // namespace
