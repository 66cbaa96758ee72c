// Circular, hyperbolic and inverse functions, for V<float> and V<double>. Same rules as math_exp.h.
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// x = n pi/2 + r + tail with |r| <= pi/4; quadrant is n in its low two bits. Valid for |x| <= kTrigLimit.
template <class T> struct Angle { V<T> r, tail; V<IntOf<T>> quadrant; };
template <class T> constexpr T kTrigLimit = sizeof(T) == 4 ? T(32768) : T(1e6);

// In double lanes: pi/2 as 33 + 53 bits, exact products up to n = 2^20.
FLAMBEAU_INLINE Angle<float> reduce_angle(VF x) {
  const VF shifted = x * 0.636619772f + Format<float>::rounder, n = shifted - Format<float>::rounder;
  const VD p1(1.5707963267341256), p2(6.077100506506192e-11), n_lo = widen_lo(n), n_hi = widen_hi(n);
  return {narrow(fnma(n_lo, p2, fnma(n_lo, p1, widen_lo(x))), fnma(n_hi, p2, fnma(n_hi, p1, widen_hi(x)))), VF::zero(),
          bitcast<int32_t>(shifted)};
}

// pi/2 as 33 + 33 + 33 + 53 bits; every difference keeps its rounding error, since arguments close to a multiple of
// pi/2 cancel down to the third part.
FLAMBEAU_INLINE Angle<double> reduce_angle(VD x) {
  const VD shifted = x * 0.6366197723675814 + Format<double>::rounder, n = shifted - Format<double>::rounder;
  const VD t = fnma(n, VD(1.5707963267341256), x);
  const VD w2 = n * 6.077100506303966e-11, r2 = t - w2;
  const VD b2 = r2 - t, error2 = (t - (r2 - b2)) - (w2 + b2);
  const VD w3 = n * 2.0222662487111665e-21, r3 = r2 - w3;
  const VD b3 = r3 - r2, error3 = (r2 - (r3 - b3)) - (w3 + b3);
  const VD rest = fnma(n, VD(8.4784276603689e-32), error2 + error3);
  const VD r = r3 + rest;
  return {r, (r3 - r) + rest, bitcast<int64_t>(shifted)};
}

template <class T> FLAMBEAU_INLINE V<T> sin_reduced(const Angle<T>& a) {
  const V<T> z = a.r * a.r;
  if constexpr (sizeof(T) == 4) {
    const V<T> p = horner(z, -0.000195185727f, 0.00833219104f, -0.166666552f);
    return fma(z * a.r, p, a.r);
  } else {
    const V<T> p = horner(z, 1.5896701401693993e-10, -2.5050757055480455e-08, 2.755731368971508e-06,
                          -0.00019841269829819078, 0.00833333333332246, -0.16666666666666632);
    return a.r + fma(z * a.r, p, fnma(z * 0.5, a.tail, a.tail));
  }
}

template <class T> FLAMBEAU_INLINE V<T> cos_reduced(const Angle<T>& a) {
  const V<T> one(T(1)), z = a.r * a.r, half = z * T(0.5), w = one - half;
  if constexpr (sizeof(T) == 4) {
    const V<T> p = horner(z, 2.44327439e-5f, -0.00138873118f, 0.0416666456f);
    return w + fma(z * z, p, (one - w) - half);
  } else {
    const V<T> p = horner(z, -1.1359847866464401e-11, 2.0875727898901168e-09, -2.7557314393146365e-07,
                          2.4801587289652834e-05, -0.0013888888888874459, 0.0416666666666666);
    return w + (((one - w) - half) + fma(z * z, p, -(a.r * a.tail)));
  }
}

template <class T> FLAMBEAU_NOINLINE V<T> sin_libm(V<T> x) {
  for (int i = 0; i < V<T>::W; ++i) x.v[i] = T(__builtin_sin(double(x.v[i])));
  return x;
}
template <class T> FLAMBEAU_NOINLINE V<T> cos_libm(V<T> x) {
  for (int i = 0; i < V<T>::W; ++i) x.v[i] = T(__builtin_cos(double(x.v[i])));
  return x;
}

// sin(x + quarters * pi/2) from a reduced x
template <class T> FLAMBEAU_INLINE V<T> sin_quadrant(const Angle<T>& a, int quarters) {
  using I = IntOf<T>;
  const V<I> q = a.quadrant + V<I>(I(quarters));
  const Mask<T> odd = (q & V<I>(I(1))) != V<I>::zero();
  const V<T> y = select(odd, cos_reduced(a), sin_reduced(a));
  return y ^ bitcast<T>((q & V<I>(I(2))) << int(8 * sizeof(T) - 2));
}

// max ULP 2; beyond kTrigLimit the C library, lane by lane
template <class T> FLAMBEAU_INLINE V<T> sin(V<T> x) {
  V<T> y = sin_quadrant(reduce_angle(x), 0);
  y = select(x == V<T>::zero(), x, y);
  const Mask<T> large = abs(x) > V<T>(kTrigLimit<T>);
  if (any(large)) y = select(large, sin_libm(x), y);
  return y;
}
template <class T> FLAMBEAU_INLINE V<T> cos(V<T> x) {
  V<T> y = sin_quadrant(reduce_angle(x), 1);
  const Mask<T> large = abs(x) > V<T>(kTrigLimit<T>);
  if (any(large)) y = select(large, cos_libm(x), y);
  return y;
}

// max ULP 4
template <class T> FLAMBEAU_INLINE V<T> tan(V<T> x) {
  using I = IntOf<T>;
  const Angle<T> a = reduce_angle(x);
  V<T> s = sin_reduced(a), c = cos_reduced(a);
  const Mask<T> odd = (a.quadrant & V<I>(I(1))) != V<I>::zero(), large = abs(x) > V<T>(kTrigLimit<T>);
  V<T> numerator = select(odd, -c, s), denominator = select(odd, s, c);
  if (any(large)) {
    numerator = select(large, sin_libm(x), numerator);
    denominator = select(large, cos_libm(x), denominator);
  }
  return select(x == V<T>::zero(), x, numerator / denominator);
}

// atan(numerator / denominator) for numerator, denominator >= 0, not both 0 or inf. max ULP 3
template <class T> FLAMBEAU_INLINE V<T> atan_quotient(V<T> numerator, V<T> denominator) {
  const Mask<T> swap = numerator > denominator;
  V<T> n = select(swap, denominator, numerator), d = select(swap, numerator, denominator);
  const Mask<T> upper = n > d * T(0.41421356237309503);
  const V<T> difference = n - d, sum = n + d;
  n = select(upper, difference, n);
  d = select(upper, sum, d);
  const V<T> a = n / d, z = a * a;
  V<T> p;
  if constexpr (sizeof(T) == 4) {
    p = horner(z, -0.060922306f, 0.106000438f, -0.142445028f, 0.199985325f, -0.333333164f);
  } else {
    p = horner(z, 0.015133329929654028, -0.03340888419355114, 0.04500495396488777, -0.052175836662282295,
               0.05876881182242944, -0.06666210740353158, 0.0769228153169879, -0.09090908082026365,
               0.11111111086133713, -0.1428571428534797, 0.1999999999999726, -0.33333333333333326);
  }
  V<T> y = fma(a * z, p, a);
  y = select(upper, y + T(0.78539816339744831), y);
  return select(swap, T(1.5707963267948966) - y, y);
}

// max ULP 3
template <class T> FLAMBEAU_INLINE V<T> atan(V<T> x) { return copysign(atan_quotient(abs(x), V<T>(T(1))), x); }

// max ULP 4
template <class T> FLAMBEAU_INLINE V<T> atan2(V<T> y, V<T> x) {
  using F = Format<T>;
  V<T> n = abs(y), d = abs(x);
  const Mask<T> huge = max(n, d) > V<T>(F::max / 4);
  n = select(huge, n * T(0.25), n);  // n + d must not overflow
  d = select(huge, d * T(0.25), d);
  const Mask<T> zero = max(n, d) == V<T>::zero(), infinite = min(n, d) == V<T>(F::inf);
  n = select(infinite, V<T>(T(1)), n);
  d = select(infinite | zero, V<T>(T(1)), d);
  V<T> r = atan_quotient(n, d);
  const Mask<T> left = bitcast<IntOf<T>>(x) < V<IntOf<T>>::zero();
  r = select(left, T(3.1415926535897931) - r, r);
  return select((x == x) & (y == y), copysign(r, y), x + y);
}

// (asin(s) - s) / s^3 as a polynomial of s^2, for s <= 1/2
template <class T> FLAMBEAU_INLINE V<T> asin_tail(V<T> z) {
  if constexpr (sizeof(T) == 4) {
    return horner(z, 0.0422091596f, 0.0241535529f, 0.045475781f, 0.0749525353f, 0.166667536f);
  } else {
    return horner(z, 0.0326767749987275, -0.02107736940558947, 0.021763773865275643, 0.00368281968458757,
                  0.010786623371649092, 0.011397751291637469, 0.013980965687148777, 0.017351599607098124,
                  0.022372215697024182, 0.030381942681835913, 0.044642857175172516, 0.07499999999970183,
                  0.16666666666666763);
  }
}

// asin(s) for s = |x| <= 1/2, else of s = sqrt((1 - |x|) / 2): half the angle to the pole.
template <class T> FLAMBEAU_INLINE V<T> asin_half(V<T> x, Mask<T>& upper) {
  const V<T> a = abs(x);
  upper = a > V<T>(T(0.5));
  const V<T> z = select(upper, (T(1) - a) * T(0.5), a * a);
  const V<T> s = select(upper, sqrt(z), a);
  return fma(s * z, asin_tail(z), s);
}

// max ULP 4
template <class T> FLAMBEAU_INLINE V<T> asin(V<T> x) {
  Mask<T> upper;
  const V<T> p = asin_half(x, upper);
  return copysign(select(upper, T(1.5707963267948966) - (p + p), p), x);
}

// max ULP 4
template <class T> FLAMBEAU_INLINE V<T> acos(V<T> x) {
  Mask<T> upper;
  const V<T> p = asin_half(x, upper), twice = p + p;
  const V<T> near_pole = select(x < V<T>::zero(), T(3.1415926535897931) - twice, twice);
  return select(upper, near_pole, T(1.5707963267948966) - copysign(p, x));
}

// max ULP 3
template <class T> FLAMBEAU_INLINE V<T> sinh(V<T> x) {
  const V<T> z = x * x;
  V<T> p;
  if constexpr (sizeof(T) == 4) {
    p = horner(z, 2.79153824e-6f, 0.0001984142f, 0.00833331607f, 0.166666672f);
  } else {
    p = horner(z, 4.420960189379686e-15, 7.581136807422014e-13, 1.6060161054591553e-10, 2.5052098436637338e-08,
               2.75573192736335e-06, 0.0001984126984113355, 0.008333333333333519, 0.16666666666666666);
  }
  const V<T> a = abs(x);
  V<T> y = fma(a * z, p, a);
  const Mask<T> large = a > V<T>(T(1));
  if (any(large)) {
    const V<T> h = exp_scaled(a, T(-1));
    y = select(large, h - T(0.25) / h, y);
  }
  return copysign(select(x == x, y, x), x);
}

// max ULP 2
template <class T> FLAMBEAU_INLINE V<T> cosh(V<T> x) {
  const V<T> h = exp_scaled(abs(x), T(-1));
  return h + T(0.25) / h;
}

// (e^2a - 1) / (e^2a + 1). max ULP 3
template <class T> FLAMBEAU_INLINE V<T> tanh(V<T> x) {
  const V<T> a = min(V<T>(sizeof(T) == 4 ? T(10) : T(20)), abs(x));
  const V<T> t = expm1(a + a);
  return copysign(t / (t + T(2)), x);
}

// Where x^2 + 1 rounds to x^2: asinh x and acosh x are log x + log 2.
template <class T> constexpr T kHyperbolicLimit = sizeof(T) == 4 ? T(16384) : T(268435456);

// max ULP 4
template <class T> FLAMBEAU_INLINE V<T> asinh(V<T> x) {
  const V<T> a = abs(x), s = a * a;
  const Mask<T> large = a > V<T>(kHyperbolicLimit<T>);
  const V<T> argument = select(large, a - T(1), a + s / (sqrt(s + T(1)) + T(1)));
  return copysign(log1p(argument) + select_or_zero(large, V<T>(T(0.69314718055994531))), x);
}

// max ULP 4
template <class T> FLAMBEAU_INLINE V<T> acosh(V<T> x) {
  const V<T> t = x - T(1);
  const Mask<T> large = x > V<T>(kHyperbolicLimit<T>);
  const V<T> argument = select(large, t, t + sqrt(fma(t, t, t + t)));
  const V<T> y = log1p(argument) + select_or_zero(large, V<T>(T(0.69314718055994531)));
  return select(x < V<T>(T(1)), V<T>(Format<T>::nan), y);
}

// max ULP 4
template <class T> FLAMBEAU_INLINE V<T> atanh(V<T> x) {
  const V<T> a = abs(x);
  return copysign(log1p((a + a) / (T(1) - a)) * T(0.5), x);
}

}}}  // namespace
