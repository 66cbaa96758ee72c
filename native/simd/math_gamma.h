// The gamma function's logarithm and its derivative, and modified Bessel functions, for V<float> and V<double>. Same
// rules as math_exp.h; polynomials are our own Chebyshev fits in 40 digits and more.
#pragma once

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// sin(pi x), exactly 0 at integers
template <class T> FLAMBEAU_INLINE V<T> sin_pi(V<T> x) {
  const V<T> n = round(x), half = n * T(0.5), y = sin((x - n) * T(3.1415926535897931));
  return select(floor(half) == half, y, -y);
}

// sin(pi x) / (pi x). max ULP 4
template <class T> FLAMBEAU_INLINE V<T> sinc(V<T> x) {
  return select(x == V<T>::zero(), V<T>(T(1)), sin_pi(x) / (x * T(3.1415926535897931)));
}

// lgamma(1 + z) / z for |z| <= 1/2
template <class T> FLAMBEAU_INLINE V<T> lgamma_one(V<T> z) {
  if constexpr (sizeof(T) == 4) {
    return horner(z, 0.166292787f, -0.177682877f, 0.0452779792f, -0.0505540147f, 0.107086711f, -0.118744582f, 0.12487264f,
                  -0.143374473f, 0.169584349f, -0.207414359f, 0.270580381f, -0.400685191f, 0.822467029f, -0.577215672f);
  } else {
    return horner(z, 0.21762817640022097, -0.22471180158915516, -0.14857260899606312, 0.1528715168258553,
                  0.14011729595820724, -0.14497971020532596, 0.01333577663873192, -0.014509338086091672,
                  0.057003000096539545, -0.059850048562680856, 0.054501409023364235, -0.057737256640806416,
                  0.0626116167474043, -0.06678275881746833, 0.07142491150666906, -0.07692423568567124,
                  0.08335423437020126, -0.09095442301348973, 0.10009944506030896, -0.1113342530365414,
                  0.1255096697597847, -0.14404989701106719, 0.16955717699509998, -0.2073855510262953,
                  0.2705808084277935, -0.4006856343865406, 0.8224670334241132, -0.5772156649015329);
  }
}

// lgamma(2 + z) / z for |z| <= 1/2
template <class T> FLAMBEAU_INLINE V<T> lgamma_two(V<T> z) {
  if constexpr (sizeof(T) == 4) {
    return horner(z, -0.000250562036f, 0.000570251257f, -0.00118748483f, 0.00287886872f, -0.00738592073f, 0.0205816254f,
                  -0.0673522949f, 0.322467029f, 0.422784328f);
  } else {
    return horner(z, 2.7475390051909663e-07, -5.811277768921246e-07, 9.242852225162277e-07, -1.9743106888421067e-06,
                  4.3828545383846665e-06, -9.45628851510172e-06, 2.050601970174762e-05, -4.4923727564247656e-05,
                  9.945761692157133e-05, -0.00022315497746292723, 0.0005096695196526673, -0.0011927539009983087,
                  0.002890510330865901, -0.007385551028935545, 0.02058080842778338, -0.06735230105319563,
                  0.3224670334241132, 0.42278433509846713);
  }
}

// What Stirling's formula lacks, times a, for t = 1 / a^2 and a >= 8.5
template <class T> FLAMBEAU_INLINE V<T> stirling(V<T> t) {
  if constexpr (sizeof(T) == 4) {
    return horner(t, 0.00078155665f, -0.00277771545f, 0.0833333358f);
  } else {
    return horner(t, 0.005196041772783029, -0.0018956627985661561, 0.0008415498761143852, -0.0005952371356647239,
                  0.0007936507914552451, -0.002777777777775886, 0.08333333333333333);
  }
}

// Steps of the argument are exact, so that the zeros at 1 and 2 keep their digits. max ULP 6 of the largest of 1, the
// result and, below 0, lgamma(|x|)
template <class T> FLAMBEAU_NOINLINE V<T> lgamma(V<T> x) {
  const V<T> one(T(1)), a = abs(x);
  const Mask<T> tiny = a < V<T>(T(0.5)), large = a >= V<T>(T(8.5)), upper = a > V<T>(T(1.5));
  V<T> y = a, product = one;
  const Mask<T> middle = (a >= V<T>(T(2.5))) & ~large;
  if (any(middle)) {
    y = select(middle, a, V<T>(T(2)));
    for (int k = 0; k < 6; ++k) {
      const Mask<T> step = y >= V<T>(T(2.5));
      y = y - select_or_zero(step, one);
      product = select(step, product * y, product);
    }
    y = select(middle, y, a);
  }
  const V<T> logarithm = log(select(tiny | large, a, product));
  const V<T> z = select(tiny, x, select(upper, y - T(2), a - one));
  V<T> near = z * lgamma_one(z);
  if (any(upper)) near = select(upper, z * lgamma_two(z), near);
  V<T> r = near + select(tiny, -logarithm, logarithm);
  if (any(large)) {
    const V<T> inverse = one / a;
    r = select(large, fma(a - T(0.5), logarithm - one, fma(stirling(inverse * inverse), inverse, V<T>(T(0.41893853320467274)))), r);
  }
  const Mask<T> reflected = x <= V<T>(T(-0.5));
  if (any(reflected)) {
    const V<T> inf(Format<T>::inf), sine = abs(sin_pi(a)), rest = (T(1.1447298858494002) - log(a * sine)) - r;
    r = select(reflected, select(sine == V<T>::zero(), inf, rest), r);
  }
  return select(a == V<T>(Format<T>::inf), a, r);
}

// max ULP 8 of the largest of 1, the result and, below 0, its two terms
template <class T> FLAMBEAU_NOINLINE V<T> digamma(V<T> x) {
  constexpr int steps = sizeof(T) == 4 ? 6 : 10;
  const V<T> one(T(1)), pi(T(3.1415926535897931));
  const Mask<T> negative = x < V<T>::zero();
  V<T> y = select(negative, one - x, x), sum = V<T>::zero();
  for (int k = 0; k < steps; ++k) {
    const Mask<T> below = y < V<T>(T(steps));
    if (!any(below)) break;
    sum = sum + select_or_zero(below, one / y);
    y = y + select_or_zero(below, one);
  }
  const V<T> inverse = one / y, t = inverse * inverse;
  V<T> series;
  if constexpr (sizeof(T) == 4) {
    series = horner(t, -0.00378552964f, 0.00396183878f, -0.00833329838f, 0.0833333358f);
  } else {
    series = horner(t, 0.06980456110893661, -0.02091510643296764, 0.0075745722331386186, -0.004166662567441337,
                    0.0039682539614681435, -0.008333333333329107, 0.08333333333333333);
  }
  V<T> r = (log(y) - fma(t, series, inverse * T(0.5))) - sum;
  if (any(negative)) {
    const V<T> rest = x - round(x);
    r = select(negative, select(rest == V<T>::zero(), V<T>(Format<T>::nan), r - pi / tan(rest * pi)), r);
  }
  return r;
}

// sqrt(a) e^-a I0(a) in v = 16 / a - 1 for a >= 8
template <class T> FLAMBEAU_INLINE V<T> i0_far(V<T> v) {
  if constexpr (sizeof(T) == 4) {
    return horner(v, 1.08298984e-07f, 3.6317104e-07f, 1.47679214e-06f, 1.11115251e-05f, 0.00013621684f, 0.00336055574f, 0.402176499f);
  } else {
    return horner(v, -7.06893851181878e-11, -1.9216763724933513e-11, 5.181936971288284e-10, 1.4672236659214398e-10,
                  -1.7789375042917173e-09, -5.562201990080394e-10, 3.881151253996067e-09, 1.497880830187091e-09,
                  -6.188265090497361e-09, -3.4857887470034955e-09, 7.58022133915272e-09, 7.540601378890834e-09,
                  -5.4685974495866e-09, -1.3404241991980871e-08, -6.729724111923548e-09, 7.553516470355896e-09,
                  2.1545177650836005e-08, 3.932602459703109e-08, 8.87225351128584e-08, 2.973598432479169e-07,
                  1.4838475473607391e-06, 1.1143033791556743e-05, 0.00013621607439232746, 0.003360551983667854,
                  0.4021765094450081);
  }
}
template <class T> FLAMBEAU_INLINE V<T> i1_far(V<T> v) {
  if constexpr (sizeof(T) == 4) {
    return horner(v, -1.22124987e-07f, -4.21555427e-07f, -1.82671454e-06f, -1.50033229e-05f, -0.000219236666f, -0.00974958111f, 0.389398456f);
  } else {
    return horner(v, 7.347992441734663e-11, 1.7502497778701306e-11, -5.388285995923524e-10, -1.342266320082222e-10,
                  1.8513716745511988e-09, 5.146498826087142e-10, -4.047785403711858e-09, -1.4171698018664596e-09,
                  6.4870195719816896e-09, 3.406636130196794e-09, -8.044231276166508e-09, -7.630751970065577e-09,
                  6.040877342160988e-09, 1.4029693589852716e-08, 6.715795128085017e-09, -8.426622829598154e-09,
                  -2.337059627111857e-08, -4.312935369971356e-08, -1.0001323461066435e-07, -3.483855609009937e-07,
                  -1.8349101134666435e-06, -1.5038547201176271e-05, -0.00021923576383430274, -0.009749577193235728,
                  0.38939845902587233);
  }
}

// I0(a) and 2 I1(a) / a in t = a^2 / 4 for a <= 8
template <class T> FLAMBEAU_INLINE V<T> i0_near(V<T> t) {
  if constexpr (sizeof(T) == 4) {
    return horner(t, 1.2115991e-15f, 4.88715513e-14f, 8.27921932e-12f, 6.04336137e-10f, 3.94785715e-08f, 1.92825496e-06f,
                  6.94478367e-05f, 0.00173610146f, 0.0277777929f, 0.249999985f, 1.0f, 1.0f);
  } else {
    return horner(t, 3.6454386812677436e-27, 4.940670282542572e-25, 1.35095827969477e-22, 2.5698743857514957e-20,
                  4.3600362269175774e-18, 6.275862820937522e-16, 7.594079950279469e-14, 7.594056846699174e-12,
                  6.151187413177668e-10, 3.936759885673581e-08, 1.9290123457790406e-06, 6.944444444424399e-05,
                  0.0017361111111113758, 0.027777777777777565, 0.2500000000000001, 1.0, 1.0);
  }
}
template <class T> FLAMBEAU_INLINE V<T> i1_near(V<T> t) {
  if constexpr (sizeof(T) == 4) {
    return horner(t, 1.33355851e-14f, 4.89614751e-13f, 7.44242099e-11f, 4.83761031e-09f, 2.76299971e-07f, 1.15700277e-05f,
                  0.0003472362f, 0.00694441609f, 0.0833333656f, 0.5f, 1.0f);
  } else {
    return horner(t, 5.833651333188183e-26, 7.413211040554544e-24, 1.891028804078631e-21, 3.3410044697092935e-19,
                  5.231992159979275e-17, 6.90345927367201e-15, 7.594078567160322e-13, 6.834651294492253e-11,
                  4.920949921538654e-09, 2.7557319204030443e-07, 1.157407407453132e-05, 0.00034722222222153507,
                  0.0069444444444450686, 0.08333333333333304, 0.5000000000000001, 1.0);
  }
}

// Order 0 or 1, times e^-|x| if `scaled`. Infinities give NaN unscaled, as in PyTorch. max ULP 6
template <int Order, bool scaled, class T> FLAMBEAU_INLINE V<T> bessel_i(V<T> x) {
  const V<T> a = abs(x);
  const Mask<T> far = a > V<T>(T(8));
  const V<T> c = min(V<T>(T(8)), a), t = c * c * T(0.25);
  V<T> y;
  if constexpr (Order == 0) y = i0_near(t);
  else y = c * T(0.5) * i1_near(t);
  if constexpr (scaled) y = y * exp(-c);
  if (any(far)) {
    const V<T> v = T(16) / max(V<T>(T(8)), a) - T(1);
    V<T> w = (Order == 0 ? i0_far(v) : i1_far(v)) / sqrt(a);
    if constexpr (!scaled) {
      const V<T> half = exp(a * T(0.5));  // the whole would overflow too early
      w = half * w * half;
    }
    y = select(far, w, y);
  }
  if constexpr (Order == 1) y = copysign(y, x);
  return select(x == x, y, x);
}

template <class T> FLAMBEAU_INLINE V<T> i0(V<T> x) { return bessel_i<0, false>(x); }
template <class T> FLAMBEAU_INLINE V<T> i0e(V<T> x) { return bessel_i<0, true>(x); }
template <class T> FLAMBEAU_INLINE V<T> i1(V<T> x) { return bessel_i<1, false>(x); }
template <class T> FLAMBEAU_INLINE V<T> i1e(V<T> x) { return bessel_i<1, true>(x); }

}}}  // namespace
