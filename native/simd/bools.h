// Bool bytes (0 or 1) to and from masks, where masks are vectors: through one bit per lane.
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// Byte i of the result is bit i of `bits`.
FLAMBEAU_INLINE uint64_t spread_bits(uint32_t bits) {
  const uint64_t one_each = (bits * 0x0101010101010101ull) & 0x8040201008040201ull;
  return ((one_each + 0x7f7f7f7f7f7f7f7full) >> 7) & 0x0101010101010101ull;
}
template <int B> FLAMBEAU_INLINE void store_bools(uint8_t* p, MaskOf<B> m) {
  const uint64_t bytes = spread_bits(mask_bits(m));
  __builtin_memcpy(p, &bytes, kVectorBytes / B);
}
template <int B> FLAMBEAU_INLINE void store_bools_n(uint8_t* p, MaskOf<B> m, int n) {
  const uint64_t bytes = spread_bits(mask_bits(m));
  for (int i = 0; i < n; ++i) p[i] = uint8_t(bytes >> (8 * i));
}
template <class T> FLAMBEAU_INLINE Mask<T> load_bools(const uint8_t* p) {
  typedef uint8_t Bytes __attribute__((vector_size(V<T>::W)));
  Bytes bytes;
  __builtin_memcpy(&bytes, p, V<T>::W);
  return V<IntOf<T>>(__builtin_convertvector(bytes, typename V<IntOf<T>>::Raw)) != V<IntOf<T>>::zero();
}
template <class T> FLAMBEAU_INLINE Mask<T> load_bools_n(const uint8_t* p, int n) {
  uint8_t t[V<T>::W] = {};
  for (int i = 0; i < n; ++i) t[i] = p[i];
  return load_bools<T>(t);
}
template <class T> FLAMBEAU_INLINE Mask<T> mask_from_bits(uint32_t bits) {
  const V<IntOf<T>> lane_bit = shift_left(V<IntOf<T>>(1), iota<IntOf<T>>());
  return (V<IntOf<T>>(IntOf<T>(bits)) & lane_bit) != V<IntOf<T>>::zero();
}

}}}  // namespace
