// V<T>: one SIMD register of T (float, double, int32_t, int64_t), the only vocabulary kernels use.
//
// An ISA header (baseline.h, avx2.h, avx512.h, neon.h) sets FLAMBEAU_VECTOR_BYTES, includes this file, then a mask
// representation, then overrides what its instruction set does better: a non-template overload beats the template
// here. Everything lives in flambeau::FLAMBEAU_ISA_NS::(anonymous), so no symbol of an ISA build can be chosen by the
// linker for another one. GCC vector extensions (GCC, clang, clang-cl) stay inside this folder.
//
// Meanings shared by all ISAs:
//   integer + - * << wrap around            fma(a, b, c) is a * b + c, rounded once except on baseline (two roundings)
//   min(a, b) is a < b ? a : b              so a NaN in either operand gives b; max likewise
//   round() is half to even                 load_n/store_n touch exactly n lanes' memory, 0 <= n <= W, rest reads 0
//   Mask<float> and Mask<int32_t> are one type, as are Mask<double> and Mask<int64_t>
#pragma once
#include <cstddef>
#include <cstdint>

#define FLAMBEAU_INLINE inline __attribute__((always_inline))
#define FLAMBEAU_NOINLINE __attribute__((noinline))

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

constexpr int kVectorBytes = FLAMBEAU_VECTOR_BYTES;

template <class T> struct Lane;  // the register of T, and the integer types of T's width
#define FLAMBEAU_LANE(T, I, U, F)                                                                  \
  template <> struct Lane<T> {                                                                     \
    typedef T Raw __attribute__((vector_size(FLAMBEAU_VECTOR_BYTES)));                             \
    typedef T Loose __attribute__((vector_size(FLAMBEAU_VECTOR_BYTES), aligned(1), may_alias));    \
    typedef U Bits __attribute__((vector_size(FLAMBEAU_VECTOR_BYTES)));                            \
    using Int = I;                                                                                 \
    using Uint = U;                                                                                \
    static constexpr bool floating = F;                                                            \
  };
FLAMBEAU_LANE(float, int32_t, uint32_t, true)
FLAMBEAU_LANE(double, int64_t, uint64_t, true)
FLAMBEAU_LANE(int32_t, int32_t, uint32_t, false)
FLAMBEAU_LANE(int64_t, int64_t, uint64_t, false)
#undef FLAMBEAU_LANE
template <class T> using IntOf = typename Lane<T>::Int;

template <class A, class B> constexpr bool is_same = false;
template <class A> constexpr bool is_same<A, A> = true;

template <class T>
struct V {
  using Raw = typename Lane<T>::Raw;
  using Loose = typename Lane<T>::Loose;
  using Element = T;
  static constexpr int W = FLAMBEAU_VECTOR_BYTES / int(sizeof(T));

  Raw v;

  V() = default;
  FLAMBEAU_INLINE V(Raw raw) : v(raw) {}
  FLAMBEAU_INLINE V(T x) : v(x - Raw{}) {}  // x - 0 is x for every x, -0 and NaN included; compiles to a broadcast

  static FLAMBEAU_INLINE V zero() { return Raw{}; }
  static FLAMBEAU_INLINE V set1(T x) { return V(x); }
  static FLAMBEAU_INLINE V load(const T* p) { return Raw(*reinterpret_cast<const Loose*>(p)); }
  FLAMBEAU_INLINE void store(T* p) const { *reinterpret_cast<Loose*>(p) = v; }
  static FLAMBEAU_INLINE V load_n(const T* p, int n);
  FLAMBEAU_INLINE void store_n(T* p, int n) const;
  FLAMBEAU_INLINE T operator[](int lane) const { return v[lane]; }
};

using VF = V<float>;
using VD = V<double>;
using VI = V<int32_t>;
using VL = V<int64_t>;

template <class To, class From>
FLAMBEAU_INLINE V<To> bitcast(V<From> a) { return (typename V<To>::Raw)a.v; }

template <class T> using Unsigned = typename Lane<T>::Bits;

#define FLAMBEAU_ARITHMETIC(name, op)                                                              \
  template <class T> FLAMBEAU_INLINE V<T> name(V<T> a, V<T> b) {                                   \
    if constexpr (Lane<T>::floating) return a.v op b.v;                                            \
    else return (typename V<T>::Raw)((Unsigned<T>)a.v op (Unsigned<T>)b.v);                        \
  }                                                                                                \
  template <class T> FLAMBEAU_INLINE V<T> operator op(V<T> a, V<T> b) { return name(a, b); }       \
  template <class T> FLAMBEAU_INLINE V<T> operator op(V<T> a, typename V<T>::Element b) { return name(a, V<T>(b)); } \
  template <class T> FLAMBEAU_INLINE V<T> operator op(typename V<T>::Element a, V<T> b) { return name(V<T>(a), b); }
FLAMBEAU_ARITHMETIC(add, +)
FLAMBEAU_ARITHMETIC(sub, -)
FLAMBEAU_ARITHMETIC(mul, *)
#undef FLAMBEAU_ARITHMETIC

// Floating point only.
template <class T> FLAMBEAU_INLINE V<T> div(V<T> a, V<T> b) { return a.v / b.v; }
template <class T> FLAMBEAU_INLINE V<T> operator/(V<T> a, V<T> b) { return div(a, b); }
template <class T> FLAMBEAU_INLINE V<T> operator/(V<T> a, typename V<T>::Element b) { return div(a, V<T>(b)); }
template <class T> FLAMBEAU_INLINE V<T> operator/(typename V<T>::Element a, V<T> b) { return div(V<T>(a), b); }

#define FLAMBEAU_BITWISE(op)                                                                       \
  template <class T> FLAMBEAU_INLINE V<T> operator op(V<T> a, V<T> b) {                            \
    return (typename V<T>::Raw)((Unsigned<T>)a.v op (Unsigned<T>)b.v);                             \
  }
FLAMBEAU_BITWISE(&)
FLAMBEAU_BITWISE(|)
FLAMBEAU_BITWISE(^)
#undef FLAMBEAU_BITWISE
template <class T> FLAMBEAU_INLINE V<T> operator~(V<T> a) { return (typename V<T>::Raw)(~(Unsigned<T>)a.v); }

template <class T> FLAMBEAU_INLINE V<T> neg(V<T> a) {
  if constexpr (Lane<T>::floating) return -a.v;
  else return V<T>::zero() - a;
}
template <class T> FLAMBEAU_INLINE V<T> operator-(V<T> a) { return neg(a); }

// Shifts by a count in [0, bits); >> keeps the sign, shift_right_logical does not.
template <class T> FLAMBEAU_INLINE V<T> operator<<(V<T> a, int n) { return (typename V<T>::Raw)((Unsigned<T>)a.v << n); }
template <class T> FLAMBEAU_INLINE V<T> operator>>(V<T> a, int n) { return a.v >> n; }
template <class T> FLAMBEAU_INLINE V<T> shift_right_logical(V<T> a, int n) { return (typename V<T>::Raw)((Unsigned<T>)a.v >> n); }
template <class T> FLAMBEAU_INLINE V<T> shift_left(V<T> a, V<T> n) { return (typename V<T>::Raw)((Unsigned<T>)a.v << (Unsigned<T>)n.v); }
template <class T> FLAMBEAU_INLINE V<T> shift_right(V<T> a, V<T> n) { return a.v >> n.v; }

// The sign bit of floats.
template <class T> FLAMBEAU_INLINE V<T> sign_bit() { return V<T>(T(-0.0)); }
template <class T> FLAMBEAU_INLINE V<T> copysign(V<T> magnitude, V<T> sign) {
  return (magnitude & ~sign_bit<T>()) | (sign & sign_bit<T>());
}

// 0, 1, 2, ... as T.
template <class T> FLAMBEAU_INLINE V<T> iota() {
  V<T> r;
  for (int i = 0; i < V<T>::W; ++i) r.v[i] = T(i);
  return r;
}

// Same lane width: float <-> int32_t, double <-> int64_t. To integers: truncates, the value must be in range.
template <class To, class From>
FLAMBEAU_INLINE V<To> convert(V<From> a) {
  static_assert(sizeof(To) == sizeof(From), "widen_lo/widen_hi/narrow change the lane width");
  if constexpr (is_same<To, From>) return a;
  else return __builtin_convertvector(a.v, typename V<To>::Raw);
}

FLAMBEAU_INLINE void prefetch(const void* p) { __builtin_prefetch(p, 0, 3); }
FLAMBEAU_INLINE void prefetch_write(void* p) { __builtin_prefetch(p, 1, 3); }

// Lanes p[0], p[stride], p[2 * stride], ...
template <class T>
FLAMBEAU_INLINE V<T> gather_stride(const T* p, int64_t s) {
  typename V<T>::Raw r;
  if constexpr (V<T>::W == 2) r = typename V<T>::Raw{p[0], p[s]};
  else if constexpr (V<T>::W == 4) r = typename V<T>::Raw{p[0], p[s], p[2 * s], p[3 * s]};
  else if constexpr (V<T>::W == 8) {
    r = typename V<T>::Raw{p[0], p[s], p[2 * s], p[3 * s], p[4 * s], p[5 * s], p[6 * s], p[7 * s]};
  } else {
    const T* q = p + 8 * s;
    r = typename V<T>::Raw{p[0], p[s], p[2 * s], p[3 * s], p[4 * s], p[5 * s], p[6 * s], p[7 * s],
                           q[0], q[s], q[2 * s], q[3 * s], q[4 * s], q[5 * s], q[6 * s], q[7 * s]};
  }
  return r;
}
template <class T>
FLAMBEAU_INLINE void scatter_stride(T* p, int64_t stride, V<T> a) {
  for (int i = 0; i < V<T>::W; ++i) p[i * stride] = a.v[i];
}
template <class T>
FLAMBEAU_INLINE V<T> gather_stride_n(const T* p, int64_t stride, int n) {
  alignas(FLAMBEAU_VECTOR_BYTES) T t[V<T>::W] = {};
  for (int i = 0; i < n; ++i) t[i] = p[i * stride];
  return V<T>::load(t);
}
template <class T>
FLAMBEAU_INLINE void scatter_stride_n(T* p, int64_t stride, V<T> a, int n) {
  alignas(FLAMBEAU_VECTOR_BYTES) T t[V<T>::W];
  a.store(t);
  for (int i = 0; i < n; ++i) p[i * stride] = t[i];
}
// Lanes base[index[i]]; the indices must be in range of what base may read.
template <class T>
FLAMBEAU_INLINE V<T> gather_index(const T* base, V<IntOf<T>> index) {
  V<T> r;
  for (int i = 0; i < V<T>::W; ++i) r.v[i] = base[index.v[i]];
  return r;
}

// Horizontal: a fixed tree (lane i with lane i + W/2, and so on), so the result depends on the ISA only.
#define FLAMBEAU_REDUCE(name, expression)                                              \
  template <class T> FLAMBEAU_INLINE T name(V<T> a) {                                  \
    alignas(FLAMBEAU_VECTOR_BYTES) T t[V<T>::W];                                       \
    a.store(t);                                                                        \
    for (int half = V<T>::W / 2; half > 0; half /= 2)                                  \
      for (int i = 0; i < half; ++i) {                                                 \
        const T x = t[i], y = t[i + half];                                             \
        t[i] = expression;                                                             \
      }                                                                                \
    return t[0];                                                                       \
  }
template <class T> FLAMBEAU_INLINE T wrapping_add(T x, T y) {
  if constexpr (Lane<T>::floating) return x + y;
  else return T(typename Lane<T>::Uint(x) + typename Lane<T>::Uint(y));
}
FLAMBEAU_REDUCE(reduce_add, wrapping_add(x, y))
FLAMBEAU_REDUCE(reduce_max, x > y ? x : y)
FLAMBEAU_REDUCE(reduce_min, x < y ? x : y)
#undef FLAMBEAU_REDUCE

// A store that bypasses the caches where the ISA can; p is aligned to the vector.
template <class T> FLAMBEAU_INLINE void store_stream(T* p, V<T> a) { a.store(p); }
// Orders streaming stores before what other threads do next.
FLAMBEAU_INLINE void stream_fence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

}}}  // namespace
