// exp, log and what follows from them, for V<float> and V<double>.
//
// One formula serves full vectors, tails and strided lanes: a value depends on nothing but its own lane. Tests of a
// whole vector (`any`) only skip work whose result no lane would take. "max ULP" is what native/tests/math_ulp_test.cpp
// asserts. Polynomials are our own weighted least-squares (Lawson) fits; the argument reductions are those of
// W. J. Cody and W. Waite, "Software Manual for the Elementary Functions" (1980), and, for double log, of
// P. T. P. Tang, "Table-driven implementation of the logarithm function" (s = f / (2 + f) form).
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// The polynomial with the given coefficients, highest degree first.
template <class T, class... C>
FLAMBEAU_INLINE V<T> horner(V<T> x, T highest, C... rest) {
  V<T> y(highest);
  ((y = fma(y, x, V<T>(T(rest)))), ...);
  return y;
}

template <class T> struct Format;
template <> struct Format<float> {
  using Int = int32_t;
  static constexpr int mantissa = 23, bias = 127;
  static constexpr float shifter = 8388608.0f, rounder = 12582912.0f;  // 2^23, 1.5 * 2^23
  static constexpr float inf = __builtin_inff(), nan = __builtin_nanf(""), min_normal = 1.17549435e-38f, max = 3.40282347e38f;
  static constexpr Int sqrt_half = 0x3f3504f3;
  static constexpr float ln2_hi = 0.693359375f, ln2_lo = -2.12194440e-4f;
};
template <> struct Format<double> {
  using Int = int64_t;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double shifter = 4503599627370496.0, rounder = 6755399441055744.0;
  static constexpr double inf = __builtin_inf(), nan = __builtin_nan(""), min_normal = 2.2250738585072014e-308, max = 1.7976931348623157e308;
  static constexpr Int sqrt_half = 0x3fe6a09e667f3bcd;
  static constexpr double ln2_hi = 0.6931471803691238, ln2_lo = 1.9082149292705877e-10;
};

// 2^n for integral n in [1 - bias, bias]: the sum leaves n + bias in the low bits, the shift drops all others.
template <class T> FLAMBEAU_INLINE V<T> pow2(V<T> n) {
  using F = Format<T>;
  return bitcast<T>(bitcast<IntOf<T>>(n + V<T>(F::rounder + T(F::bias))) << F::mantissa);
}

// a * 2^n for integral n, |n| < 2 * bias - 2, rounded once more only where the result is denormal.
template <class T> FLAMBEAU_INLINE V<T> scale_by_pow2(V<T> a, V<T> n) {
  const V<T> limit(T(Format<T>::bias - 2));
  if (all(abs(n) <= limit)) return a * pow2(n);
  const V<T> half = round(n * T(0.5));
  return a * pow2(half) * pow2(n - half);
}

// p * 2^n for p in [1/2, 2]. Numbers below the normal ones cost Intel's cores a hundred cycles per vector, also where they are
// rounded to zero, as those of masked elements are: zeros are chosen instead, unless a lane really needs what lies between.
template <class T> FLAMBEAU_INLINE V<T> power_result(V<T> p, V<T> n) {
  using F = Format<T>;
  const V<T> least(T(2 - F::bias)), lost(T(-F::bias - F::mantissa));
  const Mask<T> tiny = n < least;
  if (!any(tiny) || any(tiny & (n >= lost))) return scale_by_pow2(p, n);
  return select(tiny, V<T>::zero(), scale_by_pow2(p, max(least, n)));  // a NaN survives as the second operand
}

// (e^r - 1 - r) / r^2 for |r| <= ln2 / 2
template <class T> FLAMBEAU_INLINE V<T> exp_tail(V<T> r) {
  if constexpr (sizeof(T) == 4) {
    return horner(r, 0.00139365438f, 0.00836669654f, 0.0416664481f, 0.16666542f, 0.5f);
  } else {
    return horner(r, 2.0922311937358174e-09, 2.510921470592706e-08, 2.7557250353161466e-07, 2.755724370170559e-06,
                  2.4801587350473933e-05, 0.00019841269886631752, 0.0013888888888872934, 0.008333333333321428,
                  0.041666666666666685, 0.16666666666666677, 0.5);
  }
}

// x = n ln2 + r, |r| <= ln2 / 2, n integral
template <class T> FLAMBEAU_INLINE V<T> exp_reduce(V<T> x, V<T>& n) {
  using F = Format<T>;
  n = round(x * T(1.4426950408889634));
  return fnma(n, V<T>(F::ln2_lo), fnma(n, V<T>(F::ln2_hi), x));
}

// e^x * 2^k for |k| <= 64, without overflow or loss of digits in between; k > 0 keeps the digits of what would be
// denormal. Zero below -150 (float) and -1000 (double).
template <class T> FLAMBEAU_INLINE V<T> exp_scaled(V<T> x, T k) {
  constexpr T high = sizeof(T) == 4 ? T(91) : T(712), low = sizeof(T) == 4 ? T(-150) : T(-1000);
  x = max(V<T>(low), min(V<T>(high), x));  // a NaN survives as the second operand
  V<T> n;
  const V<T> r = exp_reduce(x, n);
  const V<T> p = fma(r * r, exp_tail(r), r) + T(1);
  return power_result(p, k == T(0) ? n : n + k);
}

// max ULP 1.1
template <class T> FLAMBEAU_INLINE V<T> exp(V<T> x) { return exp_scaled(x, T(0)); }

// max ULP 1.2
template <class T> FLAMBEAU_INLINE V<T> exp2(V<T> x) {
  constexpr T high = sizeof(T) == 4 ? T(130) : T(1026), low = sizeof(T) == 4 ? T(-152) : T(-1078);
  x = max(V<T>(low), min(V<T>(high), x));
  const V<T> n = round(x), r = x - n;
  V<T> p;
  if constexpr (sizeof(T) == 4) {
    p = horner(r, 0.000155034868f, 0.0013391648f, 0.00961790327f, 0.0555035807f, 0.240226522f, 0.693147182f);
  } else {
    p = horner(r, 4.4664162195541237e-10, 7.0738651093832906e-09, 1.0177979880657238e-07, 1.3215434792565233e-06,
               1.5252734050190194e-05, 0.0001540353045811781, 0.0013333558146151586, 0.009618129107593312,
               0.05550410866482298, 0.24022650695910133, 0.6931471805599453);
  }
  return power_result(fma(p, r, V<T>(T(1))), n);
}

// 2^n (e^r - 1) + (2^n - 1), computed at half size so that 2^n cannot overflow. max ULP 2
template <class T> FLAMBEAU_INLINE V<T> expm1(V<T> x) {
  constexpr T high = sizeof(T) == 4 ? T(89) : T(709.9), low = sizeof(T) == 4 ? T(-18) : T(-38);
  V<T> n;
  const V<T> c = max(V<T>(low), min(V<T>(high), x));
  const V<T> r = exp_reduce(c, n);
  const V<T> e = fma(r * r, exp_tail(r), r);
  const V<T> half = pow2(n - T(1));
  const V<T> y = fma(half, e, half - T(0.5));
  return copysign(y + y, x);
}

// x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for normal x > 0.
template <class T> FLAMBEAU_INLINE V<T> log_split(V<T> x, V<T>& e) {
  using F = Format<T>;
  using I = IntOf<T>;
  const V<I> bits = bitcast<I>(x) - V<I>(F::sqrt_half);
  const V<I> biased = shift_right_logical(bits + V<I>(I(F::bias) << F::mantissa), F::mantissa);
  e = bitcast<T>(biased | bitcast<I>(V<T>(F::shifter))) - (F::shifter + T(F::bias));
  const V<I> m = (bits & V<I>((I(1) << F::mantissa) - 1)) + V<I>(F::sqrt_half);
  return bitcast<T>(m) - T(1);
}

// log(1 + f) + c for 1 + f in [sqrt(1/2), sqrt(2)] and small c
template <class T> FLAMBEAU_INLINE V<T> log_reduced(V<T> f, V<T> c) {
  if constexpr (sizeof(T) == 4) {
    const V<T> p = horner(f, 0.0690286234f, -0.117819101f, 0.118743658f, -0.123857901f, 0.142186597f, -0.166691676f,
                          0.200022236f, -0.249999881f, 0.333333105f);
    return f + fma(f * f, fma(f, p, V<T>(-0.5f)), c);
  } else {
    const V<T> s = f / (f + 2.0), z = s * s, half = f * f * 0.5;
    const V<T> p = horner(z, 0.1479671292644249, 0.15313970547966374, 0.18183567645792836, 0.2222219850421589,
                          0.28571428743131705, 0.39999999999410824, 0.6666666666666735);
    return f - (half - fma(s, fma(z, p, half), c));
  }
}

// Moves denormals into the normal range; `correction` is the exponent taken away.
template <class T> FLAMBEAU_INLINE V<T> normalize(V<T> x, V<T>& correction) {
  const Mask<T> tiny = x < V<T>(Format<T>::min_normal);
  if (!any(tiny)) return correction = V<T>::zero(), x;
  correction = select_or_zero(tiny, V<T>(T(Format<T>::mantissa + 1)));
  return select(tiny, x * T(2 * Format<T>::shifter), x);
}

// The logarithm's values outside of (0, inf).
template <class T> FLAMBEAU_INLINE V<T> log_special(V<T> x, V<T> y) {
  using F = Format<T>;
  if (all((x > V<T>::zero()) & (x < V<T>(F::inf)))) return y;
  y = select(x < V<T>(F::inf), y, x);  // inf and NaN
  y = select(x == V<T>::zero(), V<T>(-F::inf), y);
  return select(x < V<T>::zero(), V<T>(F::nan), y);
}

template <class T> FLAMBEAU_INLINE V<T> log_parts(V<T> x, V<T>& e) {
  V<T> correction;
  const V<T> f = log_split(normalize(x, correction), e);
  e = e - correction;
  return f;
}

// max ULP 1.2
template <class T> FLAMBEAU_INLINE V<T> log(V<T> x) {
  V<T> e;
  const V<T> f = log_parts(x, e);
  return log_special(x, fma(e, V<T>(Format<T>::ln2_hi), log_reduced(f, e * Format<T>::ln2_lo)));
}

// max ULP 2
template <class T> FLAMBEAU_INLINE V<T> log2(V<T> x) {
  constexpr T hi = T(1.4426950408889634), lo = sizeof(T) == 4 ? T(1.925963033500011e-08) : T(2.0355273740931033e-17);
  V<T> e;
  const V<T> f = log_parts(x, e), y = log_reduced(f, V<T>::zero());
  return log_special(x, e + fma(y, V<T>(hi), y * lo));
}

// max ULP 2
template <class T> FLAMBEAU_INLINE V<T> log10(V<T> x) {
  constexpr T hi = T(0.4342944819032518), lo = sizeof(T) == 4 ? T(-1.0103049952192578e-08) : T(1.098319650216765e-17);
  constexpr T two_hi = sizeof(T) == 4 ? T(0.301025390625) : T(0.3010299955494702);
  constexpr T two_lo = sizeof(T) == 4 ? T(4.605038611771306e-06) : T(1.1451100898021838e-10);
  V<T> e;
  const V<T> f = log_parts(x, e), y = log_reduced(f, V<T>::zero());
  return log_special(x, fma(e, V<T>(two_hi), fma(y, V<T>(hi), fma(y, V<T>(lo), e * two_lo))));
}

// The rounding error of u = 1 + x re-enters as c / u (W. Kahan). max ULP 2
template <class T> FLAMBEAU_INLINE V<T> log1p(V<T> x) {
  using F = Format<T>;
  const V<T> one(T(1)), u = x + one;
  V<T> e;
  const V<T> split = log_split(u, e);
  const Mask<T> near = e == V<T>::zero();
  const V<T> f = select(near, x, split);
  V<T> c = V<T>::zero();
  if (!all(near)) {
    const V<T> lost = select(x > one, one - (u - x), x - (u - one));
    c = select(near, c, fma(e, V<T>(F::ln2_lo), lost / u));
  }
  V<T> y = copysign(fma(e, V<T>(F::ln2_hi), log_reduced(f, c)), x);
  y = select(x < V<T>(F::inf), y, x);
  y = select(u == V<T>::zero(), V<T>(-F::inf), y);
  return select(u < V<T>::zero(), V<T>(F::nan), y);
}

}}}  // namespace
