// V<T> for AArch64 Advanced SIMD: 16-byte vectors, masks as lanes.
#pragma once
#include <arm_neon.h>
#define FLAMBEAU_VECTOR_BYTES 16
#include "vector.h"
#include "lanes.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

constexpr bool kHasFma = true;

FLAMBEAU_INLINE uint32_t mask_bits(MaskOf<4> m) {
  const uint32x4_t lane_bit = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32((uint32x4_t)m.v, lane_bit));
}
FLAMBEAU_INLINE uint32_t mask_bits(MaskOf<8> m) {
  return uint32_t((uint64_t(m.v[0]) & 1) | (uint64_t(m.v[1]) & 2));
}
template <int B> FLAMBEAU_INLINE bool any(MaskOf<B> m) { return vmaxvq_u32((uint32x4_t)m.v) != 0; }
template <int B> FLAMBEAU_INLINE bool all(MaskOf<B> m) { return vminvq_u32((uint32x4_t)m.v) != 0; }

FLAMBEAU_INLINE MaskOf<8> widen_lo(MaskOf<4> m) { return {(VL::Raw)vmovl_s32(vget_low_s32((int32x4_t)m.v))}; }
FLAMBEAU_INLINE MaskOf<8> widen_hi(MaskOf<4> m) { return {(VL::Raw)vmovl_high_s32((int32x4_t)m.v)}; }

FLAMBEAU_INLINE VF select(MaskOf<4> m, VF a, VF b) { return (VF::Raw)vbslq_f32((uint32x4_t)m.v, (float32x4_t)a.v, (float32x4_t)b.v); }
FLAMBEAU_INLINE VD select(MaskOf<8> m, VD a, VD b) { return (VD::Raw)vbslq_f64((uint64x2_t)m.v, (float64x2_t)a.v, (float64x2_t)b.v); }

template <class T> FLAMBEAU_INLINE V<T> V<T>::load_n(const T* p, int n) { return load_lanes(p, n); }
template <class T> FLAMBEAU_INLINE void V<T>::store_n(T* p, int n) const { store_lanes(p, n, *this); }

}}}  // namespace

#include "bools.h"
#include "rounding.h"
#include "halves.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

FLAMBEAU_INLINE VF fma(VF a, VF b, VF c) { return (VF::Raw)vfmaq_f32((float32x4_t)c.v, (float32x4_t)a.v, (float32x4_t)b.v); }
FLAMBEAU_INLINE VD fma(VD a, VD b, VD c) { return (VD::Raw)vfmaq_f64((float64x2_t)c.v, (float64x2_t)a.v, (float64x2_t)b.v); }
FLAMBEAU_INLINE VF fnma(VF a, VF b, VF c) { return (VF::Raw)vfmsq_f32((float32x4_t)c.v, (float32x4_t)a.v, (float32x4_t)b.v); }
FLAMBEAU_INLINE VD fnma(VD a, VD b, VD c) { return (VD::Raw)vfmsq_f64((float64x2_t)c.v, (float64x2_t)a.v, (float64x2_t)b.v); }
FLAMBEAU_INLINE VF fms(VF a, VF b, VF c) { return fma(a, b, -c); }
FLAMBEAU_INLINE VD fms(VD a, VD b, VD c) { return fma(a, b, -c); }

FLAMBEAU_INLINE VF sqrt(VF a) { return (VF::Raw)vsqrtq_f32((float32x4_t)a.v); }
FLAMBEAU_INLINE VD sqrt(VD a) { return (VD::Raw)vsqrtq_f64((float64x2_t)a.v); }

#define FLAMBEAU_ROUND(name, instruction)                                                        \
  FLAMBEAU_INLINE VF name(VF a) { return (VF::Raw)instruction##q_f32((float32x4_t)a.v); }        \
  FLAMBEAU_INLINE VD name(VD a) { return (VD::Raw)instruction##q_f64((float64x2_t)a.v); }
FLAMBEAU_ROUND(round, vrndn)
FLAMBEAU_ROUND(floor, vrndm)
FLAMBEAU_ROUND(ceil, vrndp)
FLAMBEAU_ROUND(trunc, vrnd)
#undef FLAMBEAU_ROUND

FLAMBEAU_INLINE VD widen_lo(VF a) { return (VD::Raw)vcvt_f64_f32(vget_low_f32((float32x4_t)a.v)); }
FLAMBEAU_INLINE VD widen_hi(VF a) { return (VD::Raw)vcvt_high_f64_f32((float32x4_t)a.v); }
FLAMBEAU_INLINE VF narrow(VD lo, VD hi) { return (VF::Raw)vcvt_high_f32_f64(vcvt_f32_f64((float64x2_t)lo.v), (float64x2_t)hi.v); }
FLAMBEAU_INLINE VL widen_lo(VI a) { return (VL::Raw)vmovl_s32(vget_low_s32((int32x4_t)a.v)); }
FLAMBEAU_INLINE VL widen_hi(VI a) { return (VL::Raw)vmovl_high_s32((int32x4_t)a.v); }
FLAMBEAU_INLINE VI narrow(VL lo, VL hi) { return (VI::Raw)vmovn_high_s64(vmovn_s64((int64x2_t)lo.v), (int64x2_t)hi.v); }
FLAMBEAU_INLINE MaskOf<4> narrow(MaskOf<8> lo, MaskOf<8> hi) { return {narrow(VL(lo.v), VL(hi.v)).v}; }

// Lane j with lane j + 2 first, as on every ISA.
FLAMBEAU_INLINE float reduce_add(VF a) {
  return vaddv_f32(vadd_f32(vget_low_f32((float32x4_t)a.v), vget_high_f32((float32x4_t)a.v)));
}
FLAMBEAU_INLINE double reduce_add(VD a) { return vaddvq_f64((float64x2_t)a.v); }

}}}  // namespace
