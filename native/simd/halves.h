// float16 and bfloat16 to and from a vector of floats, in integer arithmetic; an ISA that has instructions for float16
// overrides these. Rounds to nearest even; a NaN becomes the quiet one of its sign (float16) or 0x7fc0 (bfloat16).
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

typedef uint16_t HalfLanes __attribute__((vector_size(FLAMBEAU_VECTOR_BYTES / 2)));

// The lower 16 bits of every lane, and back.
FLAMBEAU_INLINE void store_low(uint16_t* p, VI x) {
  const HalfLanes low = __builtin_convertvector(x.v, HalfLanes);
  __builtin_memcpy(p, &low, sizeof low);
}
FLAMBEAU_INLINE VI load_low(const uint16_t* p) {
  HalfLanes low;
  __builtin_memcpy(&low, p, sizeof low);
  return __builtin_convertvector(low, VI::Raw);
}

FLAMBEAU_INLINE VF load_bfloat(const uint16_t* p) { return bitcast<float>(load_low(p) << 16); }
FLAMBEAU_INLINE void store_bfloat(uint16_t* p, VF x) {
  const VI b = bitcast<int32_t>(x), rounded = shift_right_logical(b + VI(0x7fff) + (shift_right_logical(b, 16) & VI(1)), 16);
  store_low(p, select(x != x, VI(0x7fc0), rounded));
}

// After F. Giesen, "Half to float done quick", 2012.
template <class P> FLAMBEAU_INLINE VF load_half(const P* p) {
  const VI h = load_low(p), magnitude = (h & VI(0x7fff)) << 13, exponent = magnitude & VI(0x0f800000);
  const VI normal = magnitude + select(exponent == VI(0x0f800000), VI(0x70000000), VI(0x38000000));
  const VF least = bitcast<float>(VI(0x38800000)), denormal = bitcast<float>(magnitude + VI(0x38800000)) - least;
  return bitcast<float>(select(exponent == VI(0), bitcast<int32_t>(denormal), normal) | (h & VI(0x8000)) << 16);
}
template <class P> FLAMBEAU_INLINE void store_half(P* p, VF x) {
  const VI b = bitcast<int32_t>(x), magnitude = b & VI(0x7fffffff);
  const VI denormal = bitcast<int32_t>(bitcast<float>(magnitude) + 0.5f) - VI(0x3f000000);
  const VI normal = shift_right_logical(magnitude + VI(int32_t(0xc8000fffu)) + (shift_right_logical(magnitude, 13) & VI(1)), 13);
  const VI finite = select(magnitude < VI(0x38800000), denormal, normal);
  const VI special = select(x != x, VI(0x7e00), VI(0x7c00));
  store_low(p, select(magnitude < VI(0x47800000), finite, special) | (shift_right_logical(b, 16) & VI(0x8000)));
}

}}}  // namespace
