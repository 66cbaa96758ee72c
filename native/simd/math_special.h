// erf and its relatives, the sigmoid family, pow and hypot, for V<float> and V<double>. Same rules as math_exp.h.
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// a * b = product + error exactly (T. J. Dekker's split where there is no FMA), barring overflow.
template <class T> FLAMBEAU_INLINE V<T> two_product(V<T> a, V<T> b, V<T>& error) {
  const V<T> product = a * b;
  if constexpr (kHasFma) {
    error = fms(a, b, product);
  } else {
    const T splitter = sizeof(T) == 4 ? T(4097) : T(134217729);
    const V<T> ca = a * splitter, cb = b * splitter;
    const V<T> ah = ca - (ca - a), bh = cb - (cb - b), al = a - ah, bl = b - bh;
    error = ((ah * bh - product) + ah * bl + al * bh) + al * bl;
  }
  return product;
}

// a + b = sum + error exactly (D. Knuth).
template <class T> FLAMBEAU_INLINE V<T> two_sum(V<T> a, V<T> b, V<T>& error) {
  const V<T> sum = a + b, bb = sum - a;
  error = (a - (sum - bb)) + (b - bb);
  return sum;
}

// e^(x^2) erfc(x) for x >= 0, as (1 + 2x)^-1 times a polynomial of (x - k) / (x + k)
// (M. M. Shepherd and J. G. Laframboise, Math. Comp. 36, 1981).
template <class T> FLAMBEAU_INLINE V<T> erfcx_positive(V<T> x) {
  V<T> p;
  if constexpr (sizeof(T) == 4) {
    const V<T> t = (x - 2.0f) / (x + 2.0f);
    p = horner(t, 3.48905851e-5f, -0.000351232593f, -0.00125679548f, 0.00126261439f, 0.00863937568f, -0.00804174412f,
               -0.054206159f, 0.164052859f, -0.166031063f, -0.0927638859f, 1.27697837f);
  } else {
    const V<T> t = (x - 3.0) / (x + 3.0);
    p = horner(t, -4.034153525902654e-09, -8.131065991967106e-09, 3.250925040459849e-08, 9.062363683035207e-08,
               -1.308623927640688e-07, -6.032196783627653e-07, 3.4912320650403757e-07, 3.462553144102027e-06,
               -7.278610177079319e-07, -2.0095910623391803e-05, 4.948314218284531e-06, 0.00012509792316182854,
               -0.00010515954194606344, -0.0007798319919700359, 0.0018886903204650557, 0.002529391782621047,
               -0.023770514914857953, 0.06830802734619389, -0.11927366341552464, 0.1296451587026929,
               -0.04756229435344498, -0.13562110612458056, 1.2530080582697296);
  }
  return p / fma(x, V<T>(T(2)), V<T>(T(1)));
}

// erf(x) for |x| <= 1
template <class T> FLAMBEAU_INLINE V<T> erf_near(V<T> x) {
  const V<T> z = x * x;
  V<T> p;
  if constexpr (sizeof(T) == 4) {
    p = horner(z, 7.92413048e-5f, -0.00080318359f, 0.00519084465f, -0.0268551745f, 0.11283619f, -0.376126289f, 0.128379166f);
  } else {
    p = horner(z, 6.851159328498478e-11, -1.1930947535127963e-09, 1.4813054836600935e-08, -1.6374662519705894e-07,
               1.6463474805551722e-06, -1.4925763193892395e-05, 0.00012055338827353158, -0.0008548327218988384,
               0.005223977629616851, -0.0268661706456739, 0.11283791670959031, -0.3761263890318388, 0.1283791670955126);
  }
  return fma(x, p, x);
}

// erfc(a) for a >= 0; beyond the limit it is zero in T.
template <class T> FLAMBEAU_INLINE V<T> erfc_positive(V<T> a) {
  a = min(V<T>(sizeof(T) == 4 ? T(10.5) : T(27.5)), a);
  V<T> low;
  const V<T> square = two_product(a, a, low), e = exp(-square);
  return fnma(e, low, e) * erfcx_positive(a);
}

// max ULP 4
template <class T> FLAMBEAU_INLINE V<T> erfc(V<T> x) {
  const V<T> a = abs(x);
  const Mask<T> near = a < V<T>(T(0.5));
  const V<T> y = T(1) - erf_near(x);
  if (all(near)) return y;
  const V<T> tail = erfc_positive(a);
  return select(near, y, select(x < V<T>::zero(), T(2) - tail, tail));
}

// max ULP 2
template <class T> FLAMBEAU_INLINE V<T> erf(V<T> x) {
  const V<T> a = abs(x);
  const Mask<T> far = a > V<T>(sizeof(T) == 4 ? T(0.95) : T(1));
  V<T> y = erf_near(a);
  if (any(far)) {
    V<T> tail;
    if constexpr (sizeof(T) == 4) {
      const V<T> c = min(V<T>(4.0f), a);  // -log(erfc(c)); erf(4) rounds to 1
      tail = exp(-horner(c, 7.43147666e-7f, 1.12387906e-5f, -0.000378467928f, 0.00399302552f, -0.0247727595f,
                         0.107856564f, 0.633664131f, 1.12938166f, -0.000150622262f));
    } else {
      tail = erfc_positive(a);
    }
    y = select(far, T(1) - tail, y);
  }
  return copysign(select(x == x, y, x), x);
}

// e^-t is computed 2^kGuard too large where a factor brings it back from below the normal range.
template <class T> constexpr T kGuard = sizeof(T) == 4 ? T(32) : T(64);
template <class T> constexpr T kUnguard = sizeof(T) == 4 ? T(0x1p-32) : T(0x1p-64);
// From these on e^(-x^2 / 2) and e^-x are taken as 0: their products with x round to it, and the numbers on the way there, below
// the normal ones, would take Intel's cores a hundred cycles each.
template <class T> constexpr T kLastSquare = sizeof(T) == 4 ? T(14.5) : T(38.6);
template <class T> constexpr T kLastPower = sizeof(T) == 4 ? T(109) : T(752);

// e^(-a^2 / 2) * 2^kGuard, with the square's rounding made good, for a in [0, kLastSquare].
template <class T> FLAMBEAU_INLINE V<T> exp_of_square(V<T> a) {
  V<T> low;
  const V<T> square = two_product(a, a, low), e = exp_scaled(square * T(-0.5), kGuard<T>);
  return select(a >= kLastSquare<T>, V<T>::zero(), fnma(e * T(0.5), low, e));
}

// 0.5 x erfc(-x / sqrt 2), with e^(-x^2 / 2) from an exact square, so that the negative tail keeps its digits. max ULP 8
template <class T> FLAMBEAU_INLINE V<T> gelu(V<T> x) {
  const V<T> a = min(V<T>(kLastSquare<T>), abs(x)), c = max(V<T>(-kLastSquare<T>), x);
  const V<T> tail = exp_of_square(a) * (erfcx_positive(a * T(0.70710678118654752)) * T(0.5));
  const V<T> y = select(x > V<T>::zero(), c * (T(1) - tail * kUnguard<T>), c * tail * kUnguard<T>);
  // -inf * 0, as the definition has it.
  return select(x == V<T>(-Format<T>::inf), x - x, y);
}

// Its derivative, ndtr(x) + x e^(-x^2 / 2) / sqrt(2 pi): both terms from one exponential. NaN at the infinities.
template <class T> FLAMBEAU_INLINE V<T> gelu_slope(V<T> x) {
  const V<T> a = min(V<T>(kLastSquare<T>), abs(x)), e = exp_of_square(a);
  const V<T> tail = e * (erfcx_positive(a * T(0.70710678118654752)) * T(0.5)) * kUnguard<T>, bump = a * (e * T(0.39894228040143268)) * kUnguard<T>;
  const V<T> y = select(x > V<T>::zero(), (T(1) - tail) + bump, tail - bump);
  return y + (x - x);
}

// e^-|x| never overflows, so both tails keep full precision. max ULP 3
template <class T> FLAMBEAU_INLINE V<T> sigmoid(V<T> x) {
  const V<T> e = exp(-abs(x));
  return select(x < V<T>::zero(), e, V<T>(T(1))) / (e + T(1));
}

// max ULP 4
template <class T> FLAMBEAU_INLINE V<T> silu(V<T> x) {
  const V<T> c = max(V<T>(-kLastPower<T>), x), a = min(V<T>(kLastPower<T>), abs(c));
  const V<T> e = select(a >= kLastPower<T>, V<T>::zero(), exp_scaled(-a, kGuard<T>));
  const Mask<T> negative = x < V<T>::zero();
  const V<T> y = select(negative, c * e, c) / fma(e, V<T>(kUnguard<T>), V<T>(T(1)));
  return select(x == V<T>(-Format<T>::inf), x - x, select(negative, y * kUnguard<T>, y));
}

// The signs and special values of pow(a, b), given magnitude = |a|^b for finite nonzero |a| and finite b (IEEE 754).
template <class T> FLAMBEAU_INLINE V<T> pow_special(V<T> a, V<T> b, V<T> magnitude) {
  using F = Format<T>;
  const V<T> one(T(1)), zero = V<T>::zero(), inf(F::inf), base = abs(a);
  const Mask<T> extreme = (base == zero) | (base == inf) | (abs(b) == inf);
  const Mask<T> vanishes = (base < one) ^ (b < zero);
  V<T> y = select(extreme, select(vanishes, zero, inf), magnitude);
  const Mask<T> negative = bitcast<IntOf<T>>(a) < V<IntOf<T>>::zero();
  if (any(negative)) {
    const V<T> half = b * T(0.5);
    const Mask<T> integral = floor(b) == b, odd = integral & (floor(half) != half);
    y = select(negative & odd, -y, y);
    y = select((a < zero) & (base < inf) & ~integral, V<T>(F::nan), y);
  }
  y = select((a == a) & (b == b), y, a + b);
  return select((b == zero) | (a == one) | ((base == one) & (abs(b) == inf)), one, y);
}

// 2^(b log2 a) in double lanes, where 2^-38 of log2 and 2^-34 of exp2 are far below half a float ULP.
FLAMBEAU_INLINE VD pow_float_half(VD a, VD b) {
  VD e;
  const VD f = log_split(a, e);
  const VD p = horner(f, -0.06967236081502218, 0.1324590048659863, -0.13463701696643324, 0.1302895021469778,
                      -0.1424992992068871, 0.16021528211156577, -0.18043661770602828, 0.20610718824889715,
                      -0.2404464401207773, 0.28853879429590706, -0.3606737930225358, 0.48089834881481675,
                      -0.7213475203280559, 1.4426950408865586);
  const VD x = max(VD(-200.0), min(VD(200.0), b * fma(f, p, e)));
  const VD n = round(x), r = x - n;
  const VD q = horner(r, 1.5314777908132966e-05, 0.00015467151837067662, 0.0013333431484989122, 0.009618036776193042,
                      0.05550410961809384, 0.240226510768334, 0.6931471805417888);
  return fma(q, r, VD(1.0)) * pow2(n);
}

// max ULP 1
FLAMBEAU_INLINE VF pow(VF a, VF b) {
  const VF base = abs(a);
  const VF y = narrow(pow_float_half(widen_lo(base), widen_lo(b)), pow_float_half(widen_hi(base), widen_hi(b)));
  return pow_special(a, b, y);
}

// log |a| as a sum of two doubles with about 64 good bits: the first two terms of 2 atanh(s) in double-double.
FLAMBEAU_INLINE VD log_double_double(VD a, VD& low) {
  VD correction, e;
  const VD f = log_split(normalize(a, correction), e);
  e = e - correction;
  VD d_low;
  const VD d = two_sum(VD(2.0), f, d_low);
  const VD s = f / d;
  VD sd_low;
  const VD sd = two_product(s, d, sd_low);
  const VD s_low = (((f - sd) - sd_low) - s * d_low) / d;
  VD z_low, c_low, t_low;
  const VD z = two_product(s, s, z_low);
  const VD z_rest = fma(s + s, s_low, z_low);
  const VD cube = two_product(z, s, c_low);
  const VD cube_rest = c_low + fma(z, s_low, z_rest * s);
  constexpr double third = 0.6666666666666666, third_low = 3.700743415417188e-17;
  const VD term = two_product(cube, VD(third), t_low);
  const VD p = horner(z, 0.13196533881011072, 0.13256793627272387, 0.1538675847161571, 0.18181784339580523,
                      0.22222222520277363, 0.28571428570097307, 0.4000000000000226);
  const VD rest = fma(cube * z, p, t_low + fma(cube, VD(third_low), cube_rest * third));
  VD e1, e2, e3;
  const VD twice = s + s;
  VD sum = two_sum(e * Format<double>::ln2_hi, twice, e1);
  sum = two_sum(sum, term, e2);
  const VD tail = ((e1 + e2) + fma(e, VD(Format<double>::ln2_lo), rest)) + (s_low + s_low);
  sum = two_sum(sum, tail, e3);
  low = e3;
  return sum;
}

// max ULP 2
[[maybe_unused]] FLAMBEAU_NOINLINE VD pow(VD a, VD b) {
  VD l_low, p_low;
  const VD l = log_double_double(abs(a), l_low);
  VD p = two_product(l, b, p_low);
  p_low = fma(l_low, b, p_low);
  const Mask<double> out = abs(p) > VD(800.0);
  p = max(VD(-748.0), min(VD(712.0), p));
  p_low = select(out, VD::zero(), p_low);
  VD n;
  const VD r = exp_reduce(p, n);
  // The reduction rounds twice by less than 2^-54 each; what the exact product lost re-enters to first order.
  const VD y = fma(r * r, exp_tail(r), r);
  const VD scaled = (y + p_low * (y + 1.0)) + 1.0;
  return pow_special(a, b, power_result(scaled, n));
}

// max ULP 1
FLAMBEAU_INLINE VD hypot_half(VD a, VD b) { return sqrt(fma(a, a, b * b)); }
FLAMBEAU_INLINE VF hypot(VF a, VF b) {
  const VF y = narrow(hypot_half(widen_lo(a), widen_lo(b)), hypot_half(widen_hi(a), widen_hi(b)));
  const VF inf(Format<float>::inf);
  return select((abs(a) == inf) | (abs(b) == inf), inf, y);
}

// Scaled by a power of two where squares would overflow or lose digits. max ULP 1.5
FLAMBEAU_INLINE VD hypot(VD a, VD b) {
  const VD inf(Format<double>::inf), largest = max(abs(a), abs(b));
  const Mask<double> huge = largest > VD(1e150), tiny = largest < VD(1e-140);
  const VD scale = select(huge, VD(0x1p-600), select(tiny, VD(0x1p600), VD(1.0)));
  const VD back = select(huge, VD(0x1p600), select(tiny, VD(0x1p-600), VD(1.0)));
  const VD x = a * scale, y = b * scale;
  return select((abs(a) == inf) | (abs(b) == inf), inf, sqrt(fma(x, x, y * y)) * back);
}

}}}  // namespace
