// Masks as vectors of all-ones or all-zero lanes (SSE2, AVX2, NEON), and the operations that follow from them.
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

template <int Bytes> struct MaskOf;
template <> struct MaskOf<4> { V<int32_t>::Raw v; };
template <> struct MaskOf<8> { V<int64_t>::Raw v; };
template <class T> using Mask = MaskOf<int(sizeof(T))>;

#define FLAMBEAU_COMPARE(op) \
  template <class T> FLAMBEAU_INLINE Mask<T> operator op(V<T> a, V<T> b) { return {(decltype(Mask<T>::v))(a.v op b.v)}; } \
  template <class T> FLAMBEAU_INLINE Mask<T> operator op(V<T> a, typename V<T>::Element b) { return a op V<T>(b); }
FLAMBEAU_COMPARE(==)
FLAMBEAU_COMPARE(!=)
FLAMBEAU_COMPARE(<)
FLAMBEAU_COMPARE(<=)
FLAMBEAU_COMPARE(>)
FLAMBEAU_COMPARE(>=)
#undef FLAMBEAU_COMPARE

template <int B> FLAMBEAU_INLINE MaskOf<B> operator&(MaskOf<B> a, MaskOf<B> b) { return {a.v & b.v}; }
template <int B> FLAMBEAU_INLINE MaskOf<B> operator|(MaskOf<B> a, MaskOf<B> b) { return {a.v | b.v}; }
template <int B> FLAMBEAU_INLINE MaskOf<B> operator^(MaskOf<B> a, MaskOf<B> b) { return {a.v ^ b.v}; }
template <int B> FLAMBEAU_INLINE MaskOf<B> operator~(MaskOf<B> a) { return {~a.v}; }

template <class T> FLAMBEAU_INLINE V<T> select(Mask<T> m, V<T> a, V<T> b) {
  typedef decltype(Mask<T>::v) M;
  return (typename V<T>::Raw)(((M)a.v & m.v) | ((M)b.v & ~m.v));
}
// a where the mask is set, 0 elsewhere
template <class T> FLAMBEAU_INLINE V<T> select_or_zero(Mask<T> m, V<T> a) {
  return (typename V<T>::Raw)((decltype(Mask<T>::v))a.v & m.v);
}
template <class T> FLAMBEAU_INLINE Mask<T> first_n(int n) { return {(decltype(Mask<T>::v))(iota<IntOf<T>>().v < V<IntOf<T>>(n).v)}; }

// Defaults where the ISA has no masked memory access.
template <class T> FLAMBEAU_INLINE V<T> load_lanes(const T* p, int n) {
  alignas(FLAMBEAU_VECTOR_BYTES) T t[V<T>::W] = {};
  for (int i = 0; i < n; ++i) t[i] = p[i];
  return V<T>::load(t);
}
template <class T> FLAMBEAU_INLINE void store_lanes(T* p, int n, V<T> a) {
  alignas(FLAMBEAU_VECTOR_BYTES) T t[V<T>::W];
  a.store(t);
  for (int i = 0; i < n; ++i) p[i] = t[i];
}

}}}  // namespace
