// What AVX512-BF16 adds: for functions that carry the target, in builds that CPUs without it run too.
#pragma once
#if defined(_MSC_VER) && !defined(__clang__)
#define FLAMBEAU_PAIRS_TARGET
#else
#define FLAMBEAU_PAIRS_TARGET __attribute__((target("avx512bf16")))
#endif

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// sum + a1 b1, then + a0 b0, for the two bfloat16 of every lane, each rounded once; denormals count as zeros.
FLAMBEAU_INLINE FLAMBEAU_PAIRS_TARGET VF add_pairs(VF sum, VI a, VI b) {
  return _mm512_dpbf16_ps(sum.v, (__m512bh)a.v, (__m512bh)b.v);
}

// Rounded to nearest even; denormals become zeros, a NaN keeps its sign.
FLAMBEAU_INLINE FLAMBEAU_PAIRS_TARGET void store_rounded(uint16_t* p, VF x) {
  const __m256bh halves = _mm512_cvtneps_pbh(x.v);
  __builtin_memcpy(p, &halves, sizeof halves);
}

}}}  // namespace
