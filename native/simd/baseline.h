// V<T> for every x86-64: SSE2, 16-byte vectors, masks as lanes. There is no FMA: fma() rounds twice here, so values
// differ from other ISAs in the last bits, but never between positions of one call.
#pragma once
#include <emmintrin.h>
#define FLAMBEAU_VECTOR_BYTES 16
#include "vector.h"
#include "lanes.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

constexpr bool kHasFma = false;

FLAMBEAU_INLINE uint32_t mask_bits(MaskOf<4> m) { return uint32_t(_mm_movemask_ps((__m128)m.v)); }
FLAMBEAU_INLINE uint32_t mask_bits(MaskOf<8> m) { return uint32_t(_mm_movemask_pd((__m128d)m.v)); }
template <int B> FLAMBEAU_INLINE bool any(MaskOf<B> m) { return mask_bits(m) != 0; }
template <int B> FLAMBEAU_INLINE bool all(MaskOf<B> m) { return mask_bits(m) == (1u << (kVectorBytes / B)) - 1; }

FLAMBEAU_INLINE MaskOf<8> widen_lo(MaskOf<4> m) { return {(VL::Raw)_mm_unpacklo_epi32((__m128i)m.v, (__m128i)m.v)}; }
FLAMBEAU_INLINE MaskOf<8> widen_hi(MaskOf<4> m) { return {(VL::Raw)_mm_unpackhi_epi32((__m128i)m.v, (__m128i)m.v)}; }

template <class T> FLAMBEAU_INLINE V<T> V<T>::load_n(const T* p, int n) { return load_lanes(p, n); }
template <class T> FLAMBEAU_INLINE void V<T>::store_n(T* p, int n) const { store_lanes(p, n, *this); }

}}}  // namespace

#include "bools.h"
#include "rounding.h"
#include "halves.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

FLAMBEAU_INLINE VF min(VF a, VF b) { return _mm_min_ps(a.v, b.v); }
FLAMBEAU_INLINE VF max(VF a, VF b) { return _mm_max_ps(a.v, b.v); }
FLAMBEAU_INLINE VD min(VD a, VD b) { return _mm_min_pd(a.v, b.v); }
FLAMBEAU_INLINE VD max(VD a, VD b) { return _mm_max_pd(a.v, b.v); }

FLAMBEAU_INLINE VF sqrt(VF a) { return _mm_sqrt_ps(a.v); }
FLAMBEAU_INLINE VD sqrt(VD a) { return _mm_sqrt_pd(a.v); }

FLAMBEAU_INLINE VD widen_lo(VF a) { return _mm_cvtps_pd(a.v); }
FLAMBEAU_INLINE VD widen_hi(VF a) { return _mm_cvtps_pd(_mm_movehl_ps(a.v, a.v)); }
FLAMBEAU_INLINE VF narrow(VD lo, VD hi) { return _mm_movelh_ps(_mm_cvtpd_ps(lo.v), _mm_cvtpd_ps(hi.v)); }
FLAMBEAU_INLINE VL widen_lo(VI a) { return (VL::Raw)_mm_unpacklo_epi32((__m128i)a.v, _mm_srai_epi32((__m128i)a.v, 31)); }
FLAMBEAU_INLINE VL widen_hi(VI a) { return (VL::Raw)_mm_unpackhi_epi32((__m128i)a.v, _mm_srai_epi32((__m128i)a.v, 31)); }
FLAMBEAU_INLINE VI narrow(VL lo, VL hi) { return (VI::Raw)_mm_shuffle_ps((__m128)lo.v, (__m128)hi.v, _MM_SHUFFLE(2, 0, 2, 0)); }
FLAMBEAU_INLINE MaskOf<4> narrow(MaskOf<8> lo, MaskOf<8> hi) { return {narrow(VL(lo.v), VL(hi.v)).v}; }

FLAMBEAU_INLINE float reduce_add(VF a) {
  const __m128 x = _mm_add_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_shuffle_ps(x, x, 1)));
}
FLAMBEAU_INLINE double reduce_add(VD a) { return _mm_cvtsd_f64(_mm_add_sd(a.v, _mm_unpackhi_pd(a.v, a.v))); }

FLAMBEAU_INLINE void store_stream(float* p, VF a) { _mm_stream_ps(p, a.v); }
FLAMBEAU_INLINE void store_stream(double* p, VD a) { _mm_stream_pd(p, a.v); }
FLAMBEAU_INLINE void store_stream(int32_t* p, VI a) { _mm_stream_si128((__m128i*)p, (__m128i)a.v); }
FLAMBEAU_INLINE void store_stream(int64_t* p, VL a) { _mm_stream_si128((__m128i*)p, (__m128i)a.v); }

}}}  // namespace
