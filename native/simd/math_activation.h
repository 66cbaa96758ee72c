// Activations and their slopes, for V<float> and V<double>: each from one exponential of -|x|, which cannot overflow.
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// SELU's constants, from Klambauer et al. (2017).
constexpr double kSeluAlpha = 1.6732632423543772, kSeluScale = 1.0507009873554805;

// log(1 + t) for 0 <= t <= 1: 2 atanh(s) of s = t / (2 + t), which is at most 1/3.
template <class T> FLAMBEAU_INLINE V<T> log1p_unit(V<T> t) {
  // Of the smallest s nothing but s is left, and their squares would not be normal numbers.
  const V<T> s = t / (t + T(2)), cubed = select(s < T(0x1p-30), V<T>::zero(), s), z = cubed * cubed;
  V<T> p;
  if constexpr (sizeof(T) == 4) {
    p = horner(z, 0.26851498f, 0.282366198f, 0.400075606f, 0.666666403f);
  } else {
    p = horner(z, 0.161640456119435322, 0.0880073848614467388, 0.120010728095907125, 0.133141442096549362,
               0.153855700649586231, 0.181817894361328582, 0.22222222717427863, 0.285714285671087572,
               0.400000000000145827, 0.666666666666666586);
  }
  return fma(cubed * z, p, s + s);
}

// log(1 + e^-a) for a >= 0
template <class T> FLAMBEAU_INLINE V<T> log1p_exp(V<T> a) { return log1p_unit(exp(-a)); }

// max ULP 4
template <class T> FLAMBEAU_INLINE V<T> softplus(V<T> x) { return max(V<T>::zero(), x) + log1p_exp(abs(x)); }

// sigmoid(x) and sigmoid(-x)
template <class T> struct Sigmoids { V<T> of, of_negative; };
template <class T> FLAMBEAU_INLINE Sigmoids<T> sigmoids(V<T> x) {
  const V<T> e = exp(-abs(x)), large = T(1) / (e + T(1)), small = e * large;
  const Mask<T> negative = x < V<T>::zero();
  return {select(negative, small, large), select(negative, large, small)};
}

template <class T> FLAMBEAU_INLINE V<T> sigmoid_slope(V<T> x) {
  const Sigmoids<T> s = sigmoids(x);
  return s.of * s.of_negative;
}

template <class T> FLAMBEAU_INLINE V<T> silu_slope(V<T> x) {
  const Sigmoids<T> s = sigmoids(x);
  return s.of * fma(x, s.of_negative, V<T>(T(1)));
}

// tanh(softplus(x)) is n / (n + m) of n = t (t + 2), m = 2 with t = e^x, below 0, and of n = 1 + 2 t, m = 2 t^2 with
// t = e^-x above. Below, t is computed 2^kGuard too large, so that x t keeps its digits. max ULP 6
template <class T> FLAMBEAU_INLINE V<T> mish(V<T> x) {
  const V<T> c = max(V<T>(sizeof(T) == 4 ? T(-150) : T(-1000)), x);
  const V<T> guarded = exp_scaled(-abs(c), kGuard<T>), t = guarded * kUnguard<T>;
  const Mask<T> negative = x < V<T>::zero();
  const V<T> n = select(negative, t * (t + T(2)), fma(t, V<T>(T(2)), V<T>(T(1))));
  const V<T> d = n + select(negative, V<T>(T(2)), t * t * T(2));
  const V<T> y = c * select(negative, guarded * (t + T(2)), n) / d;
  return select(x == V<T>(-Format<T>::inf), x - x, select(negative, y * kUnguard<T>, y));
}

// With T the tanh, T + x sigmoid(x) (1 - T^2).
template <class T> FLAMBEAU_INLINE V<T> mish_slope(V<T> x) {
  const V<T> t = exp(-abs(x)), one(T(1));
  const Mask<T> negative = x < V<T>::zero();
  const V<T> n = select(negative, t * (t + T(2)), fma(t, V<T>(T(2)), one)), m = select(negative, V<T>(T(2)), t * t * T(2));
  const V<T> d = n + m, r = one / d, s = select(negative, t, one) / (t + one);
  return n * r + x * s * (m * (n + d) * r * r);
}

// x sigmoid(u) of u = 2 sqrt(2 / pi) (x + 0.044715 x^3)
template <class T> FLAMBEAU_INLINE V<T> gelu_tanh(V<T> x) {
  const V<T> u = x * fma(x * x, V<T>(T(0.071354816272600243)), V<T>(T(1.5957691216057308)));
  return x * sigmoid(u);
}

template <class T> FLAMBEAU_INLINE V<T> gelu_tanh_slope(V<T> x) {
  const V<T> square = x * x, u = x * fma(square, V<T>(T(0.071354816272600243)), V<T>(T(1.5957691216057308)));
  const Sigmoids<T> s = sigmoids(u);
  const V<T> rate = fma(square, V<T>(T(0.21406444881780073)), V<T>(T(1.5957691216057308)));
  return fma(x * (s.of * s.of_negative), rate, s.of);
}

// d^2 / 2 within delta of 0, linear with slope delta outside: with c the d limited so, both are c (d - c / 2).
template <class T> FLAMBEAU_INLINE V<T> huber(V<T> d, V<T> delta) {
  const V<T> c = min(delta, max(-delta, d));
  return c * fnma(c, V<T>(T(0.5)), d);
}

}}}  // namespace
