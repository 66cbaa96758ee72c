// Sums of the first lanes, for lanes of 8 bytes.
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// Lane i is lane i - By, 0 before the first.
template <int By, class T> FLAMBEAU_INLINE V<T> shift_up(V<T> a) {
  const V<T> zero = V<T>::zero();
  if constexpr (V<T>::W == 2) return __builtin_shufflevector(zero.v, a.v, 0, 2);
  else if constexpr (V<T>::W == 4 && By == 1) return __builtin_shufflevector(zero.v, a.v, 0, 4, 5, 6);
  else if constexpr (V<T>::W == 4) return __builtin_shufflevector(zero.v, a.v, 0, 1, 4, 5);
  else if constexpr (By == 1) return __builtin_shufflevector(zero.v, a.v, 0, 8, 9, 10, 11, 12, 13, 14);
  else if constexpr (By == 2) return __builtin_shufflevector(zero.v, a.v, 0, 1, 8, 9, 10, 11, 12, 13);
  else return __builtin_shufflevector(zero.v, a.v, 0, 1, 2, 3, 8, 9, 10, 11);
}

// Lane i is the sum of the lanes up to i.
template <int By = 1, class T> FLAMBEAU_INLINE V<T> prefix_sums(V<T> a) {
  if constexpr (By >= V<T>::W) return a;
  else return prefix_sums<2 * By>(a + shift_up<By>(a));
}

template <class T> FLAMBEAU_INLINE V<T> broadcast_last(V<T> a) {
  if constexpr (V<T>::W == 2) return __builtin_shufflevector(a.v, a.v, 1, 1);
  else if constexpr (V<T>::W == 4) return __builtin_shufflevector(a.v, a.v, 3, 3, 3, 3);
  else return __builtin_shufflevector(a.v, a.v, 7, 7, 7, 7, 7, 7, 7, 7);
}

}}}  // namespace
