// Square transposes and many horizontal sums at once, built from one primitive: interleaving two vectors.
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// zip_lo: a0 b0 a1 b1 ... of the lower halves; zip_hi of the upper halves.
template <class T> FLAMBEAU_INLINE V<T> zip_lo(V<T> a, V<T> b) {
  if constexpr (V<T>::W == 2) return __builtin_shufflevector(a.v, b.v, 0, 2);
  else if constexpr (V<T>::W == 4) return __builtin_shufflevector(a.v, b.v, 0, 4, 1, 5);
  else if constexpr (V<T>::W == 8) return __builtin_shufflevector(a.v, b.v, 0, 8, 1, 9, 2, 10, 3, 11);
  else return __builtin_shufflevector(a.v, b.v, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
template <class T> FLAMBEAU_INLINE V<T> zip_hi(V<T> a, V<T> b) {
  if constexpr (V<T>::W == 2) return __builtin_shufflevector(a.v, b.v, 1, 3);
  else if constexpr (V<T>::W == 4) return __builtin_shufflevector(a.v, b.v, 2, 6, 3, 7);
  else if constexpr (V<T>::W == 8) return __builtin_shufflevector(a.v, b.v, 4, 12, 5, 13, 6, 14, 7, 15);
  else return __builtin_shufflevector(a.v, b.v, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// a0 a2 a4 ... b0 b2 b4 ...
template <class T> FLAMBEAU_INLINE V<T> even_lanes(V<T> a, V<T> b) {
  if constexpr (V<T>::W == 2) return __builtin_shufflevector(a.v, b.v, 0, 2);
  else if constexpr (V<T>::W == 4) return __builtin_shufflevector(a.v, b.v, 0, 2, 4, 6);
  else if constexpr (V<T>::W == 8) return __builtin_shufflevector(a.v, b.v, 0, 2, 4, 6, 8, 10, 12, 14);
  else return __builtin_shufflevector(a.v, b.v, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

// r[i][j] becomes r[j][i]: a perfect shuffle of the rows, log2(W) times.
template <class T, int Rounds = V<T>::W> FLAMBEAU_INLINE void transpose(V<T> (&r)[V<T>::W]) {
  if constexpr (Rounds > 1) {
    constexpr int W = V<T>::W;
    V<T> s[W];
#pragma GCC unroll 16
    for (int i = 0; i < W / 2; ++i) {
      s[2 * i] = zip_lo(r[i], r[i + W / 2]);
      s[2 * i + 1] = zip_hi(r[i], r[i + W / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i) r[i] = s[i];
    transpose<T, Rounds / 2>(r);
  }
}

// Lane i of the result is the sum of the lanes of r[i]; one tree for all, lane j with lane j + W/2 first.
template <class T, int N = V<T>::W> FLAMBEAU_INLINE V<T> sums(V<T> (&r)[V<T>::W]) {
  if constexpr (N == 1) {
    return r[0];
  } else {
#pragma GCC unroll 16
    for (int i = 0; i < N / 2; ++i) r[i] = zip_lo(r[i], r[i + N / 2]) + zip_hi(r[i], r[i + N / 2]);
    return sums<T, N / 2>(r);
  }
}

}}}  // namespace
