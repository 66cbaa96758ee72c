// Defaults, for ISAs that lack the instruction, of operations an ISA header may override.
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

template <class T> FLAMBEAU_INLINE V<T> min(V<T> a, V<T> b) { return select(a < b, a, b); }
template <class T> FLAMBEAU_INLINE V<T> max(V<T> a, V<T> b) { return select(a > b, a, b); }

template <class T> FLAMBEAU_INLINE V<T> abs(V<T> a) {
  if constexpr (Lane<T>::floating) return a & ~sign_bit<T>();
  else return max(a, neg(a));
}

// Two roundings: only the baseline ISA uses these.
template <class T> FLAMBEAU_INLINE V<T> fma(V<T> a, V<T> b, V<T> c) { return a * b + c; }
template <class T> FLAMBEAU_INLINE V<T> fnma(V<T> a, V<T> b, V<T> c) { return c - a * b; }
template <class T> FLAMBEAU_INLINE V<T> fms(V<T> a, V<T> b, V<T> c) { return a * b - c; }

// Adding and subtracting 2^(mantissa bits) leaves the integer nearest to |a|; larger values are integers already.
template <class T> FLAMBEAU_INLINE V<T> round(V<T> a) {
  const V<T> magic(sizeof(T) == 4 ? T(8388608.0) : T(4503599627370496.0));
  const V<T> x = abs(a);
  return copysign(select(x < magic, (x + magic) - magic, x), a);
}
template <class T> FLAMBEAU_INLINE V<T> floor(V<T> a) {
  const V<T> r = round(a);
  return copysign(r - select_or_zero(r > a, V<T>(T(1))), a);
}
template <class T> FLAMBEAU_INLINE V<T> ceil(V<T> a) {
  const V<T> r = round(a);
  return copysign(r + select_or_zero(r < a, V<T>(T(1))), a);
}
template <class T> FLAMBEAU_INLINE V<T> trunc(V<T> a) { return copysign(floor(abs(a)), a); }

}}}  // namespace
