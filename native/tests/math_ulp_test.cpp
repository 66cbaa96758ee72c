// The elementary functions of every ISA against long double libm: float32 bit patterns spread over the whole range,
// and doubles spread over all exponents. The bounds are those stated in simd/math_*.h, which are at most the `ulp`
// fields of src/ops/elementwise.ts.
#include <cmath>

#include "../op_names.h"
#include "exact.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

struct Function {
  const char* name;
  double ulp;
  Long (*exact)(Long);
  // The size in whose last place the error is counted, where terms cancel and the result is smaller.
  Long (*scale)(Long) = nullptr;
};

Long gelu(Long x) { return 0.5L * x * std::erfc(-x * 0.707106781186547524400844362104849039L); }
Long sigmoid(Long x) { return 1 / (1 + std::exp(-x)); }
Long softplus(Long x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
Long mish(Long x) {
  const Long t = std::exp(-std::fabs(x)), n = x < 0 ? t * (t + 2) : 1 + 2 * t;
  return x * n / (n + (x < 0 ? 2 : 2 * t * t));
}
Long gelu_tanh(Long x) { return x * sigmoid(x * (1 + 0.044715L * x * x) * 1.595769121605730711759542L); }

const Function kFunctions[] = {
    {"sqrt", 0.5, std::sqrt}, {"rsqrt", 2, [](Long x) { return 1 / std::sqrt(x); }}, {"reciprocal", 0.5, [](Long x) { return 1 / x; }},
    {"exp", 1.1, std::exp}, {"exp2", 1.2, std::exp2}, {"expm1", 2, std::expm1}, {"log", 1.2, std::log}, {"log2", 2, std::log2},
    {"log10", 2, std::log10}, {"log1p", 2, std::log1p}, {"sin", 2, std::sin}, {"cos", 2, std::cos}, {"tan", 4, std::tan},
    {"asin", 4, std::asin}, {"acos", 4, std::acos}, {"atan", 3, std::atan}, {"sinh", 3, std::sinh}, {"cosh", 2, std::cosh},
    {"tanh", 3, std::tanh}, {"asinh", 4, std::asinh}, {"acosh", 4, std::acosh}, {"atanh", 4, std::atanh}, {"erf", 2, std::erf},
    {"erfc", 4, std::erfc}, {"sigmoid", 3, sigmoid}, {"silu", 4, [](Long x) { return x * sigmoid(x); }},
    {"softplus", 4, softplus}, {"logsigmoid", 4, [](Long x) { return -softplus(-x); }}, {"mish", 6, mish}, {"gelu", 8, gelu},
    {"geluTanh", 8, gelu_tanh, [](Long x) { return std::fabs(x); }}, {"deg2rad", 1.5, [](Long x) { return x * (kPi / 180); }},
    {"rad2deg", 1.5, [](Long x) { return x * (180 / kPi); }}, {"sinc", 4, exact_sinc}, {"logit", 4, exact_logit}, {"entr", 3, exact_entr},
    {"erfcx", 6, exact_erfcx}, {"ndtr", 6, exact_ndtr}, {"logNdtr", 8, exact_log_ndtr}, {"ndtri", 6, exact_ndtri}, {"erfinv", 8, exact_erfinv},
    {"lgamma", 6, std::lgamma, [](Long x) { return x < 0 ? std::fmax(1, std::lgamma(-x)) : x > 0.5L && x < 2.5L ? 0 : 1; }},
    {"digamma", 8, exact_digamma, [](Long x) { return x < 0 ? std::fmax(1, std::fabs(exact_digamma(1 - x))) : 1; }},
    {"i0", 6, [](Long x) { return exact_bessel(0, x); }}, {"i0e", 6, [](Long x) { return exact_bessel_scaled(0, x); }},
    {"i1", 6, [](Long x) { return exact_bessel(1, x); }}, {"i1e", 6, [](Long x) { return exact_bessel_scaled(1, x); }},
};

struct Function2 {
  const char* name;
  double ulp;
  Long (*exact)(Long, Long);
  bool cancels = false;  // the error is counted in the last place of the largest of 1 and the operands
};
const Function2 kFunctions2[] = {
    {"pow", 2, std::pow}, {"atan2", 4, std::atan2}, {"hypot", 1.5, std::hypot}, {"fmod", 0.5, std::fmod},
    {"logaddexp", 3, exact_logaddexp, true}, {"logaddexp2", 3, exact_logaddexp2, true}, {"xlogy", 3, exact_xlogy}, {"xlog1py", 4, exact_xlog1py},
};

template <class T>
int exponent_of(Long x) {
  int e;
  std::frexp(x, &e);
  const int lowest = std::numeric_limits<T>::min_exponent;
  return e < lowest ? lowest : e;
}

// The distance in units of the last place that T has at the exact value, or at `scale` if that is larger.
template <class T>
double ulps(T got, Long exact, Long scale = 0) {
  if (std::isnan(exact)) return std::isnan(got) ? 0 : INFINITY;
  if (std::isnan(got)) return INFINITY;
  const Long limit = std::numeric_limits<T>::max();
  const Long last = std::ldexp(1.0L, std::numeric_limits<T>::max_exponent - std::numeric_limits<T>::digits);
  if (std::isinf(got)) return std::fabs(exact) > limit - last && (got > 0) == (exact > 0) ? 0 : INFINITY;
  if (std::isinf(exact)) return INFINITY;
  if (exact == 0 && scale == 0) return got == 0 ? 0 : std::fabs(double(got)) / double(std::numeric_limits<T>::denorm_min());
  const Long size = scale > std::fabs(exact) ? scale : exact;
  const Long unit = std::ldexp(1.0L, exponent_of<T>(size) - std::numeric_limits<T>::digits);
  return double(std::fabs(Long(got) - exact) / unit);
}

const float kSpecial[] = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, -0.5f, 2.0f, INFINITY, -INFINITY, NAN, 1e-45f, -1e-45f,
                          1.17549435e-38f, 3.40282347e38f, -3.40282347e38f, 88.7f, 89.0f, -87.4f, -103.9f, -104.5f,
                          16.0f, 3.14159274f, 1.57079637f, 32768.0f, 100000.0f, 1e10f, 1e30f, -1e30f, 0.70710678f, 1.41421356f};

template <class T>
std::vector<T> arguments(int64_t n) {
  std::vector<T> x;
  for (const float s : kSpecial) x.push_back(T(s));
  Numbers numbers;
  while (int64_t(x.size()) < n / 2) {  // every exponent, both signs
    const uint64_t bits = numbers.next() << 33 ^ numbers.next() << 10 ^ numbers.next();
    T value;
    std::memcpy(&value, &bits, sizeof value);
    x.push_back(value);
  }
  while (int64_t(x.size()) < n * 3 / 4) x.push_back(T(numbers.uniform(-1, 1)) * T(std::exp2(numbers.uniform(-8, 8))));
  while (int64_t(x.size()) < n) x.push_back(T(numbers.uniform(-4, 4)));
  return x;
}

template <class T>
bool run_unary(const Kernels& kernels, const std::vector<T>& x, std::vector<Long>* cache) {
  const int64_t n = int64_t(x.size());
  bool good = true;
  std::vector<T> y(x.size());
  for (const Function& f : kFunctions) {
    std::vector<Long>& exact = cache[&f - kFunctions];
    if (exact.empty())
      for (const T v : x) exact.push_back(f.exact(v));
    Frame frame(index_of(f.name, unary_names), {n});
    frame.operand(y.data(), {1}).operand(const_cast<T*>(x.data()), {1}).params({1, INFINITY});  // softplus: no rate, no threshold
    CHECK(kernels.unary(frame.call()) == Status::ok);
    double worst = 0;
    T at = 0, got = 0;
    for (int64_t i = 0; i < n; ++i) {
      const double u = ulps<T>(y[i], exact[i], f.scale == nullptr ? 0 : f.scale(x[i]));
      if (u > worst) worst = u, at = x[i], got = y[i];
    }
    const bool pass = worst <= f.ulp;
    std::printf("%-9s f%-2d %-10s %8.3f ulp%s", kernels.isa, int(8 * sizeof(T)), f.name, worst, pass ? "\n" : "");
    if (!pass) std::printf("  above %g: f(%.17g) = %.17g, not %.20Lg\n", f.ulp, double(at), double(got), f.exact(at));
    good = good && pass;
    // The sign of zero, and oddness: f(-0) of odd functions is -0.
    for (int64_t i = 0; i < n; ++i)
      if (exact[i] == 0 && y[i] == 0 && x[i] == 0) CHECK(std::signbit(y[i]) == std::signbit(exact[i]));
  }
  return good;
}

template <class T>
bool run_binary(const Kernels& kernels, const std::vector<T>& x) {
  const int64_t n = int64_t(x.size());
  bool good = true;
  std::vector<T> a, b, y(x.size());
  constexpr int specials = int(sizeof kSpecial / sizeof kSpecial[0]);
  for (const float p : kSpecial)
    for (const float q : kSpecial) a.push_back(T(p)), b.push_back(T(q));
  CHECK(n > specials * specials);
  Numbers numbers;
  while (int64_t(a.size()) < n) {
    const int kind = int(numbers.below(4));
    const T p = x[numbers.below(n)];
    a.push_back(p);
    b.push_back(kind == 0 ? x[numbers.below(n)] : kind == 1 ? T(numbers.uniform(-30, 30)) : kind == 2 ? T(numbers.below(20) - 10)
                : p != 0 ? T(numbers.uniform(-1000, 1000) / std::log2(std::fabs(double(p)) + 2)) : T(3));
  }
  for (const Function2& f : kFunctions2) {
    Frame frame(index_of(f.name, binary_names), {n});
    frame.operand(y.data(), {1}).operand(a.data(), {1}).operand(b.data(), {1});
    CHECK(kernels.binary(frame.call()) == Status::ok);
    double worst = 0;
    int64_t at = 0;
    for (int64_t i = 0; i < n; ++i) {
      const Long scale = f.cancels ? std::fmax(1, std::fmax(std::fabs(a[i]), std::fabs(b[i]))) : 0;
      const double u = ulps<T>(y[i], f.exact(a[i], b[i]), scale);
      if (u > worst) worst = u, at = i;
    }
    const bool pass = worst <= f.ulp;
    std::printf("%-9s f%-2d %-10s %8.3f ulp%s", kernels.isa, int(8 * sizeof(T)), f.name, worst, pass ? "\n" : "");
    if (!pass) {
      std::printf("  above %g: f(%.17g, %.17g) = %.17g, not %.20Lg\n", f.ulp, double(a[at]), double(b[at]), double(y[at]),
                  f.exact(a[at], b[at]));
    }
    good = good && pass;
  }
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t n = argc > 1 ? std::atoll(argv[1]) : 100000;
  const std::vector<float> floats = arguments<float>(n);
  const std::vector<double> doubles = arguments<double>(n);
  constexpr int count = int(sizeof kFunctions / sizeof kFunctions[0]);
  static std::vector<Long> float_cache[count], double_cache[count];
  bool good = true;
  for (const Kernels* kernels : available_kernels()) {
    good = run_unary(*kernels, floats, float_cache) && good;
    good = run_unary(*kernels, doubles, double_cache) && good;
    good = run_binary(*kernels, floats) && good;
    good = run_binary(*kernels, doubles) && good;
  }
  return good ? 0 : 1;
}
