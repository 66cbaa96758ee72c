// Special functions in long double, for the ULP test: textbook series and Newton's method, slow and far more exact than
// what they are compared with.
#pragma once
#include <cmath>

namespace flambeau::test {

using Long = long double;
constexpr Long kPi = 3.141592653589793238462643383279502884L;

inline Long exact_sin_pi(Long x) {
  const Long n = std::round(x), y = std::sin(kPi * (x - n));
  return std::fmod(std::fabs(n), 2) == 1 ? -y : y;
}
inline Long exact_sinc(Long x) { return x == 0 ? 1 : exact_sin_pi(x) / (kPi * x); }

inline Long exact_logit(Long x) { return x > 0.25L && x < 0.75L ? 2 * std::atanh(2 * x - 1) : std::log(x / (1 - x)); }
inline Long exact_entr(Long x) { return x > 0 ? -x * std::log(x) : x == 0 ? 0 : x < 0 ? -INFINITY : x; }

// e^(x^2) erfc(x); the asymptotic series from 10 on.
inline Long exact_erfcx(Long x) {
  if (x < 0) return 2 * std::exp(x * x) - exact_erfcx(-x);
  if (!(x >= 10)) return std::exp(x * x) * std::erfc(x);
  Long sum = 1, term = 1;
  for (int k = 1; k < 60; ++k) sum += term *= -(2 * k - 1) / (2 * x * x);
  return sum / (x * std::sqrt(kPi));
}
inline Long exact_ndtr(Long x) { return std::erfc(-x / std::sqrt(2.0L)) / 2; }
inline Long exact_log_ndtr(Long x) {
  return x < -1 ? std::log(exact_erfcx(-x / std::sqrt(2.0L)) / 2) - x * x / 2 : std::log1p(-exact_ndtr(-x));
}

// The z whose normal tail is q < 1/2.
inline Long exact_normal_tail(Long q) {
  if (q == 0) return INFINITY;
  Long z = std::sqrt(-2 * std::log(q));
  for (int k = 0; k < 40; ++k) {
    const Long scaled = exact_erfcx(z / std::sqrt(2.0L));
    z += std::sqrt(kPi / 2) * scaled * (std::log(scaled / 2) - z * z / 2 - std::log(q));
  }
  return z;
}
inline Long exact_erfinv(Long x) {
  if (!(std::fabs(x) <= 0.5L)) return std::fabs(x) <= 1 ? std::copysign(exact_normal_tail((1 - std::fabs(x)) / 2) / std::sqrt(2.0L), x) : NAN;
  Long y = x * std::sqrt(kPi) / 2;
  for (int k = 0; k < 20; ++k) y -= (std::erf(y) - x) * std::sqrt(kPi) / 2 * std::exp(y * y);
  return y;
}
inline Long exact_ndtri(Long p) {
  if (p > 0.25L && p < 0.75L) return std::sqrt(2.0L) * exact_erfinv(2 * p - 1);
  return !(p >= 0 && p <= 1) ? NAN : p < 0.5L ? -exact_normal_tail(p) : exact_normal_tail(1 - p);
}

inline Long exact_digamma(Long x) {
  if (x == 0) return -1 / x;
  if (x < 0) return x == std::floor(x) ? NAN : exact_digamma(1 - x) - kPi / std::tan(kPi * (x - std::round(x)));
  Long sum = 0;
  for (; x < 40; x += 1) sum -= 1 / x;
  const Long t = 1 / (x * x);
  return sum + std::log(x) - 1 / (2 * x) - t * (1 / 12.0L - t * (1 / 120.0L - t * (1 / 252.0L - t * (1 / 240.0L - t * (1 / 132.0L - t * 691 / 32760.0L)))));
}

// Order 0 or 1 of the modified Bessel functions, times e^-|x|.
inline Long exact_bessel_scaled(int order, Long x) {
  const Long a = std::fabs(x);
  Long sum = 1, term = 1;
  if (a <= 60) {
    for (int k = 1; k < 200; ++k) sum += term *= a * a / 4 / (Long(k) * (k + order));
    sum *= std::exp(-a) * (order == 1 ? a / 2 : 1);
  } else {
    for (int k = 1; k < 40; ++k) sum += term *= ((2 * k - 1) * Long(2 * k - 1) - 4 * order) / (8 * a * k);
    sum /= std::sqrt(2 * kPi * a);
  }
  return order == 1 ? std::copysign(sum, x) : sum;
}
// As in PyTorch NaN, not infinite, at infinity.
inline Long exact_bessel(int order, Long x) { return std::isinf(x) ? NAN : exact_bessel_scaled(order, x) * std::exp(std::fabs(x)); }

inline Long exact_logaddexp(Long a, Long b) {
  if (a == b) return a + std::log(2.0L);
  const Long d = std::fabs(a - b);
  return std::isnan(d) ? d : std::fmax(a, b) + std::log1p(std::exp(-d));
}
inline Long exact_logaddexp2(Long a, Long b) {
  if (a == b) return a + 1;
  const Long d = std::fabs(a - b);
  return std::isnan(d) ? d : std::fmax(a, b) + std::log1p(std::exp2(-d)) / std::log(2.0L);
}
inline Long exact_xlogy(Long a, Long b) { return std::isnan(b) ? b : a == 0 ? 0 : a * std::log(b); }
inline Long exact_xlog1py(Long a, Long b) { return std::isnan(b) ? b : a == 0 ? 0 : a * std::log1p(b); }

}  // namespace flambeau::test
