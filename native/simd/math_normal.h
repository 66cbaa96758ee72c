// The normal distribution's functions and the inverses of erf, for V<float> and V<double>. Same rules as math_exp.h.
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// erfcx_positive beyond what erfc needs of it, by the asymptotic series.
template <class T> FLAMBEAU_INLINE V<T> erfcx_wide(V<T> a) {
  const V<T> y = erfcx_positive(a);
  const Mask<T> far = a > V<T>(sizeof(T) == 4 ? T(10) : T(27));
  if (!any(far)) return y;
  const V<T> inverse = T(1) / a, u = inverse * inverse;
  V<T> series;
  if constexpr (sizeof(T) == 4) series = horner(u, 6.5625f, -1.875f, 0.75f, -0.5f, 1.0f);
  else series = horner(u, -1055.7421875, 162.421875, -29.53125, 6.5625, -1.875, 0.75, -0.5, 1.0);
  return select(far, inverse * T(0.56418958354775628) * series, y);
}

// e^(x^2) erfc(x). max ULP 6
template <class T> FLAMBEAU_INLINE V<T> erfcx(V<T> x) {
  const V<T> a = abs(x), y = erfcx_wide(a);
  const Mask<T> negative = x < V<T>::zero();
  if (!any(negative)) return y;
  constexpr T limit = sizeof(T) == 4 ? T(9.45) : T(26.66);  // beyond it e^(x^2) overflows
  V<T> low;
  const V<T> c = min(V<T>(limit), a), square = two_product(c, c, low), e = exp_scaled(square, T(-2));
  const V<T> reflected = fma(e, low, e) * T(8) - y;
  return select(negative, select(a < limit, reflected, V<T>(Format<T>::inf)), y);
}

// Both tails from e^(-x^2 / 2) of an exact square, as in gelu. max ULP 6
template <class T> FLAMBEAU_INLINE V<T> ndtr(V<T> x) {
  const V<T> a = min(V<T>(kLastSquare<T>), abs(x));
  const V<T> tail = exp_of_square(a) * (erfcx_positive(a * T(0.70710678118654752)) * T(0.5)) * kUnguard<T>;
  return select(x > V<T>::zero(), T(1) - tail, tail);
}

// max ULP 8
template <class T> FLAMBEAU_INLINE V<T> log_ndtr(V<T> x) {
  const Mask<T> low = x < V<T>(T(-1));
  V<T> y = log1p(-ndtr(-x));
  if (any(low)) {
    const V<T> scaled = erfcx_wide(abs(x) * T(0.70710678118654752));
    y = select(low, fnma(x * T(0.5), x, log(scaled * T(0.5))), y);
  }
  return y;
}

// erfinv(x) / x for z = x^2 <= 1/4
template <class T> FLAMBEAU_INLINE V<T> erfinv_quotient(V<T> z) {
  if constexpr (sizeof(T) == 4) {
    return horner(z, 0.0974470899f, 0.0298798028f, 0.0689636767f, 0.0861873701f, 0.127571732f, 0.232013419f, 0.886226952f);
  } else {
    return horner(z, 0.11314166859159029, -0.07607360776328573, 0.07345020539520401, 0.008446011584224939,
                  0.03159332043375326, 0.031145242581416724, 0.036522988083139016, 0.042832578482160585,
                  0.05173148498700453, 0.06495961132717862, 0.08655212936268364, 0.1275561753044084,
                  0.23201366653465907, 0.886226925452758);
  }
}

// The z > 0 whose normal tail is q <= 1/4: formula 26.2.23 of M. Abramowitz and I. Stegun (4 digits), then Newton on
// log(tail) - log(q), which is nearly linear in z and neither overflows nor cancels.
FLAMBEAU_INLINE VD normal_tail(VD q) {
  const VD logq = log(q), t = sqrt(logq * -2.0);
  VD z = t - horner(t, 0.010328, 0.802853, 2.515517) / horner(t, 0.001308, 0.189269, 1.432788, 1.0);
  for (int k = 0; k < 2; ++k) {
    const VD scaled = erfcx_positive(z * 0.70710678118654752);
    z = fma(scaled * 1.2533141373155003, fnma(z * 0.5, z, log(scaled * 0.5) - logq), z);
  }
  return select(q == VD::zero(), VD(Format<double>::inf), z);
}

// The same: z / (1 - 2q) as polynomials of w = -log(4q(1 - q)), or of its root (the variable of M. Giles, GPU Computing
// Gems 2, 2011; our own fits).
FLAMBEAU_INLINE VF normal_tail(VF q) {
  const VF w = -log(q * 4.0f * (1.0f - q)), near = w - 2.75f;
  VF y = horner(near, -1.05920419e-08f, 7.73331088e-09f, 6.76266325e-07f, -3.73000307e-06f, -1.33997446e-05f, 0.000295872625f,
                -0.00146878895f, -0.00712210499f, 0.345535159f, 2.21011829f);
  const Mask<float> middle = w >= VF(5.25f);
  if (any(middle)) {
    const VF root = sqrt(w), s = root - 3.25f, t = root - 7.25f;
    const VF inner = horner(s, -4.79663177e-05f, 0.000119060758f, 1.29993223e-05f, -0.000516518834f, 0.00135770172f, -0.00238286052f,
                            0.00352169597f, -0.00530571444f, 0.00759570766f, 1.42165089f, 4.36127281f);
    const VF outer = horner(t, -2.16087814e-09f, 1.47953232e-08f, -4.78232423e-08f, 2.75452152e-07f, -1.74045351e-06f, 6.26782321e-06f,
                            1.61798071e-05f, -0.000715684611f, 1.4260093f, 10.0708084f);
    y = select(middle, select(root < VF(4.2f), inner, outer), y);
  }
  return select(q == VF::zero(), VF(Format<float>::inf), y * (1.0f - (q + q)));
}

// max ULP 8
template <class T> FLAMBEAU_INLINE V<T> erfinv(V<T> x) {
  const V<T> a = abs(x);
  const Mask<T> near = a <= V<T>(T(0.5));
  const V<T> y = x * erfinv_quotient(x * x);
  if (all(near)) return y;
  const V<T> q = select(near, V<T>(T(0.25)), (T(1) - a) * T(0.5));
  return select(near, y, copysign(normal_tail(q) * T(0.70710678118654752), x));
}

// max ULP 6
template <class T> FLAMBEAU_INLINE V<T> ndtri(V<T> p) {
  const V<T> x = (p - T(0.5)) * T(2);
  const Mask<T> near = abs(x) <= V<T>(T(0.5));
  const V<T> y = x * T(1.4142135623730951) * erfinv_quotient(x * x);
  if (all(near)) return y;
  const V<T> q = select(near, V<T>(T(0.25)), select(p < V<T>(T(0.5)), p, T(1) - p));
  return select(near, y, copysign(normal_tail(q), x));
}

}}}  // namespace
