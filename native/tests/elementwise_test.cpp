// unary, binary and ternary rows of every ISA: exact values against their scalar meaning, special values included; and
// for every op, dtype and layout the very bits that one element alone gives, with sentinels around outputs.
// (math_ulp_test.cpp measures the transcendental functions.)
#include <cstdlib>

#include "../op_names.h"
#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

Kernel family(const Kernels& k, int inputs) { return inputs == 1 ? k.unary : inputs == 2 ? k.binary : k.ternary; }
bool is_predicate(int inputs, int op) {
  return (inputs == 1 ? unary_result[op] : inputs == 2 ? binary_result[op] : ResultRule::same) == ResultRule::boolean;
}

template <class T>
T random_value(Numbers& numbers, int64_t position) {
  if constexpr (std::is_floating_point_v<T>) {
    constexpr T special[] = {0, T(-0.0), 1, -1, T(0.5), T(2.5), T(-1.5), T(-2.5), INFINITY, -INFINITY, NAN, T(1e-40), T(3e38)};
    if (position % 5 == 2) return special[numbers.below(13)];
    return T(numbers.uniform(-6, 6));
  } else if constexpr (sizeof(T) == 1) {
    return T(numbers.below(2));
  } else {
    constexpr T low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
    constexpr T special[] = {low, high, T(low + 1), -1, 1, 2, 31, 63};
    if (position % 5 == 2) return special[numbers.below(8)];
    const T v = T(numbers.below(40) - 20);
    return v == 0 ? T(7) : v;
  }
}

struct Layout {
  const char* name;
  int ndim;
  int64_t dim[3];
  int64_t stride[4][3];  // out, a, b, c
};

const Layout kLayouts[] = {
    {"one", 1, {1}, {{1}, {1}, {1}, {1}}},
    {"odd", 1, {37}, {{1}, {1}, {1}, {1}}},
    {"scalar b", 1, {67}, {{1}, {1}, {0}, {1}}},
    {"scalar a", 1, {67}, {{1}, {0}, {1}, {1}}},
    {"all scalar", 1, {21}, {{1}, {0}, {0}, {0}}},
    {"strided", 1, {45}, {{1}, {3}, {2}, {1}}},
    {"strided out", 1, {45}, {{3}, {1}, {1}, {2}}},
    {"many", 1, {20011}, {{1}, {1}, {0}, {1}}},
    {"row", 2, {5, 33}, {{33, 1}, {33, 1}, {0, 1}, {40, 1}}},
    {"column", 2, {5, 33}, {{33, 1}, {33, 1}, {1, 0}, {0, 1}}},
    {"short rows", 2, {400, 3}, {{3, 1}, {3, 1}, {0, 1}, {1, 0}}},
    {"transposed", 2, {35, 70}, {{70, 1}, {1, 35}, {70, 1}, {1, 40}}},
    {"transposed out", 2, {35, 70}, {{1, 35}, {70, 1}, {70, 1}, {1, 35}}},
    {"gaps", 2, {9, 70}, {{140, 2}, {80, 1}, {70, 1}, {300, 3}}},
    {"permuted", 3, {4, 18, 20}, {{360, 20, 1}, {1, 4, 72}, {20, 80, 1}, {0, 0, 1}}},
    {"wide outer", 3, {3, 2, 50}, {{200, 100, 1}, {100, 50, 1}, {0, 50, 1}, {50, 0, 1}}},
    {"many planes", 3, {700, 5, 6}, {{30, 6, 1}, {30, 1, 5}, {0, 6, 1}, {1, 0, 0}}},
    {"empty", 2, {0, 5}, {{5, 1}, {5, 1}, {5, 1}, {5, 1}}},
};

int64_t reach(const Layout& l, int operand) {
  int64_t r = 1;
  for (int d = 0; d < l.ndim; ++d) r += (l.dim[d] > 0 ? l.dim[d] - 1 : 0) * l.stride[operand][d];
  return r;
}

Frame& add_operand(Frame& frame, void* data, DType t, const Layout& l, int operand) {
  Operand& o = frame.call().operand[frame.call().operands++];
  o.data = static_cast<char*>(data);
  o.dtype = t;
  for (int d = 0; d < l.ndim; ++d) o.stride[d] = l.stride[operand][d];
  return frame;
}

// R is the storage of the result, A that of the first input (bool for where).
template <class R, class A, class T>
void layout_case(const Kernels& k, int inputs, int op, const Layout& l, bool in_place) {
  Guarded<R> out(reach(l, 0));
  Guarded<A> a(reach(l, 1));
  Guarded<T> b(reach(l, 2)), c(reach(l, 3));
  Numbers numbers;
  for (int64_t i = 0; i < a.size(); ++i) a[i] = random_value<A>(numbers, i);
  for (int64_t i = 0; i < b.size(); ++i) b[i] = random_value<T>(numbers, i + 1);
  for (int64_t i = 0; i < c.size(); ++i) c[i] = random_value<T>(numbers, i + 3);
  std::vector<A> original(a.data(), a.data() + a.size());
  R* target = out.data();
  if constexpr (std::is_same_v<R, A>) {
    if (in_place) target = a.data();
  }
  Frame frame(op, {});
  frame.params({0.75, 2.5});
  frame.call().ndim = l.ndim;
  for (int d = 0; d < l.ndim; ++d) frame.call().dim[d] = l.dim[d];
  add_operand(frame, target, dtype_of<R>, l, in_place ? 1 : 0);
  add_operand(frame, a.data(), dtype_of<A>, l, 1);
  if (inputs > 1) add_operand(frame, b.data(), dtype_of<T>, l, 2);
  if (inputs > 2) add_operand(frame, c.data(), dtype_of<T>, l, 3);
  const Status status = family(k, inputs)(frame.call());
  if (status == Status::unsupported) return;
  CHECK(status == Status::ok);
  out.check();
  a.check();
  int64_t index[3] = {};
  int64_t total = 1;
  for (int d = 0; d < l.ndim; ++d) total *= l.dim[d];
  for (int64_t n = 0; n < total; ++n) {
    int64_t rest = n, offset[4] = {};
    for (int d = l.ndim - 1; d >= 0; --d) {
      index[d] = rest % l.dim[d];
      rest /= l.dim[d];
      for (int o = 0; o < 4; ++o) offset[o] += index[d] * l.stride[in_place && o == 0 ? 1 : o][d];
    }
    if (total > 5000 && n % 97 != 0) continue;
    // Twice, because a power with one number as exponent is a different op.
    R twice[2];
    A x[2] = {original[static_cast<size_t>(offset[1])], original[static_cast<size_t>(offset[1])]};
    T y[2] = {b[offset[2]], b[offset[2]]}, z[2] = {c[offset[3]], c[offset[3]]};
    Frame pair(op, {2});
    pair.params({0.75, 2.5});
    pair.operand(twice, {1}).operand(x, {1});
    if (inputs > 1) pair.operand(y, {1});
    if (inputs > 2) pair.operand(z, {1});
    CHECK(family(k, inputs)(pair.call()) == Status::ok);
    const R got = target[offset[0]], alone = twice[0];
    const bool same = std::memcmp(&alone, &got, sizeof(R)) == 0 || (alone != alone && got != got);
    if (!same) {
      std::fprintf(stderr, "%s inputs %d op %d %s at %lld: %g, alone %g, of %g\n", k.isa, inputs, op, l.name, static_cast<long long>(n), double(got), double(alone), double(x[0]));
      std::exit(1);
    }
  }
}

template <class T>
void layouts(const Kernels& k) {
  const int counts[] = {unary_count, binary_count, ternary_count};
  for (int inputs = 1; inputs <= 3; ++inputs) {
    for (int op = 0; op < counts[inputs - 1]; ++op) {
      for (const Layout& l : kLayouts) {
        if (inputs == 3 && op == kWhere) {
          layout_case<T, uint8_t, T>(k, inputs, op, l, false);
        } else if (is_predicate(inputs, op)) {
          layout_case<uint8_t, T, T>(k, inputs, op, l, false);
        } else {
          layout_case<T, T, T>(k, inputs, op, l, false);
          bool moves = true;  // in place needs distinct elements
          for (int d = 0; d < l.ndim; ++d) moves = moves && (l.stride[1][d] != 0 || l.dim[d] == 1);
          if (moves) layout_case<T, T, T>(k, inputs, op, l, true);
        }
      }
    }
  }
}

template <class R, class T>
std::vector<R> apply(const Kernels& k, int inputs, const char* name, std::vector<T> a, std::vector<T> b = {}, std::vector<T> c = {},
                     double p0 = 0, double p1 = 0, Status expected = Status::ok) {
  const int op = inputs == 1 ? index_of(name, unary_names) : inputs == 2 ? index_of(name, binary_names) : index_of(name, ternary_names);
  std::vector<R> out(a.size(), R(99));
  Frame frame(op, {int64_t(a.size())});
  frame.params({p0, p1}).operand(out.data(), {1}).operand(a.data(), {1});
  if (inputs > 1) frame.operand(b.data(), {1});
  if (inputs > 2) frame.operand(c.data(), {1});
  CHECK(family(k, inputs)(frame.call()) == expected);
  return out;
}

template <class R>
void expect(const char* what, const std::vector<R>& got, const std::vector<R>& want) {
  CHECK(got.size() == want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    const bool same = got[i] == want[i] || (got[i] != got[i] && want[i] != want[i]);
    if (!same) {
      std::fprintf(stderr, "%s[%zu]: %g, expected %g\n", what, i, double(got[i]), double(want[i]));
      std::exit(1);
    }
  }
}

template <class T>
void float_values(const Kernels& k) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  using L = std::vector<T>;
  using B = std::vector<uint8_t>;
  expect("relu", apply<T>(k, 1, "relu", L{-1, 0, 2, nan, -inf}), L{0, 0, 2, nan, 0});
  expect("round", apply<T>(k, 1, "round", L{0.5, 1.5, 2.5, -0.5, -1.5, 8388609, 1e30, -inf, nan}), L{0, 2, 2, 0, -2, 8388609, T(1e30), -inf, nan});
  expect("floor", apply<T>(k, 1, "floor", L{0.5, -0.5, -2, 1e30, inf}), L{0, -1, -2, T(1e30), inf});
  expect("ceil", apply<T>(k, 1, "ceil", L{0.5, -0.5, -2, 2.1, -inf}), L{1, 0, -2, 3, -inf});
  expect("trunc", apply<T>(k, 1, "trunc", L{0.9, -0.9, -2.5, 7.999, nan}), L{0, 0, -2, 7, nan});
  expect("sign", apply<T>(k, 1, "sign", L{-3, 0, 4, nan, -inf}), L{-1, 0, 1, 0, -1});
  expect("isnan", apply<uint8_t>(k, 1, "isnan", L{0, nan, inf}), B{0, 1, 0});
  expect("isinf", apply<uint8_t>(k, 1, "isinf", L{0, nan, inf, -inf}), B{0, 0, 1, 1});
  expect("isfinite", apply<uint8_t>(k, 1, "isfinite", L{0, nan, inf, -inf}), B{1, 0, 0, 0});
  expect("logicalNot", apply<uint8_t>(k, 1, "logicalNot", L{0, T(-0.0), 2, nan}), B{1, 1, 0, 0});
  expect("clampScalar", apply<T>(k, 1, "clampScalar", L{-5, 0.5, 9, nan}, {}, {}, -1, 2), L{-1, 0.5, 2, nan});
  expect("leakyRelu", apply<T>(k, 1, "leakyRelu", L{-4, 3, nan}, {}, {}, 0.25), L{-1, 3, nan});
  expect("hardtanh", apply<T>(k, 1, "hardtanh", L{-5, 0.5, 9, nan}, {}, {}, -1, 2), L{-1, 0.5, 2, nan});
  expect("hardsigmoid", apply<T>(k, 1, "hardsigmoid", L{-4, -3, 0, 3, 9, nan, inf}), L{0, 0, 0.5, 1, 1, nan, 1});
  expect("hardswish", apply<T>(k, 1, "hardswish", L{-4, -3, 0, 3, 9, nan}), L{T(-0.0), T(-0.0), 0, 3, 9, nan});
  expect("softshrink", apply<T>(k, 1, "softshrink", L{-2, -0.5, 0.25, 2, nan}, {}, {}, 0.5), L{-1.5, 0, 0, 1.5, nan});
  expect("hardshrink", apply<T>(k, 1, "hardshrink", L{-2, -0.5, 0.25, 2, nan}, {}, {}, 0.5), L{-2, 0, 0, 2, nan});
  expect("threshold", apply<T>(k, 1, "threshold", L{-2, 0.5, 0.75, nan}, {}, {}, 0.5, 7), L{7, 7, 0.75, nan});
  expect("elu", apply<T>(k, 1, "elu", L{-inf, 0, 3, nan}, {}, {}, 2, 1), L{-2, 0, 3, nan});
  expect("softplus", apply<T>(k, 1, "softplus", L{21, inf, -inf, nan}, {}, {}, 1, 20), L{21, inf, 0, nan});
  expect("mish", apply<T>(k, 1, "mish", L{inf, -inf, nan, 0}), L{inf, nan, nan, 0});
  expect("geluTanh", apply<T>(k, 1, "geluTanh", L{inf, -inf, nan, 0}), L{inf, nan, nan, 0});
  expect("hardsigmoidGrad", apply<T>(k, 2, "hardsigmoidGrad", L{6, 6, 6, 6}, L{-3, 0, 3, nan}), L{0, 1, 0, 0});
  expect("hardswishGrad", apply<T>(k, 2, "hardswishGrad", L{6, 6, 6, 6}, L{-3, 0, 3, nan}), L{0, 3, 6, 6});
  expect("clampGrad", apply<T>(k, 2, "clampGrad", L{6, 6, 6, 6, 6}, L{-1, 0, 2, 3, nan}, {}, -1, 2), L{6, 6, 6, 0, 0});
  expect("hardtanhGrad", apply<T>(k, 2, "hardtanhGrad", L{6, 6, 6, 6, 6}, L{-1, 0, 2, 3, nan}, {}, -1, 2), L{0, 6, 0, 0, 6});
  expect("shrinkGrad", apply<T>(k, 2, "shrinkGrad", L{6, 6, 6, 6}, L{-2, 0.5, 1, nan}, {}, 0.5), L{6, 0, 6, 6});
  expect("thresholdGrad", apply<T>(k, 2, "thresholdGrad", L{6, 6, 6, 6}, L{-2, 0.5, 1, nan}, {}, 0.5), L{0, 0, 6, 6});
  expect("eluGrad", apply<T>(k, 2, "eluGrad", L{6, 6, 6, 6}, L{-inf, 0, 1, nan}, {}, 2, 1), L{0, 12, 6, 6});
  expect("softplusGrad", apply<T>(k, 2, "softplusGrad", L{6, 6, 6}, L{0, 21, nan}, {}, 1, 20), L{3, 6, nan});
  expect("mse", apply<T>(k, 2, "mse", L{1, 5, nan}, L{3, 2, 1}), L{4, 9, nan});
  expect("huber", apply<T>(k, 2, "huber", L{0.5, 3, -3, nan, inf}, L{0, 0, 0, 1, 1}, {}, 1, 2), L{0.25, 5, 5, nan, inf});
  expect("huberGrad", apply<T>(k, 3, "huberGrad", L{6, 6, 6, 6}, L{0.5, 3, -3, nan}, L{0, 0, 0, 0}, 1, 2), L{6, 12, -12, nan});
  expect("l1Grad", apply<T>(k, 3, "l1Grad", L{6, 6, 6, 6}, L{0.5, 3, -3, nan}, L{0, 3, 0, 0}, 1), L{6, 0, -6, 0});
  expect("mseGrad", apply<T>(k, 3, "mseGrad", L{6, 6}, L{0.5, 3}, L{0, 4}, 2), L{6, -12});
  expect("bceWithLogits", apply<T>(k, 2, "bceWithLogits", L{inf, -inf, nan}, L{0, 1, 1}), L{inf, nan, nan});
  expect("maximum", apply<T>(k, 2, "maximum", L{1, nan, 2, inf}, L{2, 1, nan, 1}), L{2, nan, nan, inf});
  expect("minimum", apply<T>(k, 2, "minimum", L{1, nan, 2, -inf}, L{2, 1, nan, 1}), L{1, nan, nan, -inf});
  expect("fmax", apply<T>(k, 2, "fmax", L{1, nan, 2, nan}, L{2, 1, nan, nan}), L{2, 1, 2, nan});
  expect("fmin", apply<T>(k, 2, "fmin", L{1, nan, 2, nan}, L{2, 1, nan, nan}), L{1, 1, 2, nan});
  expect("floorDivide", apply<T>(k, 2, "floorDivide", L{7, -7, 7, -7, 1, 0}, L{2, 2, -2, -2, 0, 5}), L{3, -4, -4, 3, inf, 0});
  expect("remainder", apply<T>(k, 2, "remainder", L{7, -7, 7, -7, 1, 5.5}, L{2, 2, -2, -2, 0, inf}), L{1, 1, -1, -1, nan, 5.5});
  expect("fmod", apply<T>(k, 2, "fmod", L{7, -7, 7, -7, 1, 1e30}, L{2, 2, -2, -2, 0, 3}), L{1, -1, 1, -1, nan, T(std::fmod(T(1e30), T(3)))});
  expect("pow", apply<T>(k, 2, "pow", L{-2, -2, 0, 0, nan, 1, -8, -1, inf}, L{3, 2, -1, 0, 0, nan, T(0.5), inf, -1}), L{-8, 4, inf, 1, 1, 1, nan, 1, 0});
  expect("copysign", apply<T>(k, 2, "copysign", L{1, -2, 3}, L{T(-0.0), 1, -inf}), L{-1, 2, -3});
  expect("reluGrad", apply<T>(k, 2, "reluGrad", L{5, 6, 7}, L{-1, 0, 1}), L{0, 0, 7});
  expect("addScaled", apply<T>(k, 2, "addScaled", L{1, 2}, L{3, 4}, {}, 0.5), L{2.5, 4});
  expect("mulScaled", apply<T>(k, 2, "mulScaled", L{1, 2}, L{3, 4}, {}, 2), L{6, 16});
  expect("lt", apply<uint8_t>(k, 2, "lt", L{1, nan, 2}, L{2, 1, 1}), B{1, 0, 0});
  expect("ne", apply<uint8_t>(k, 2, "ne", L{1, nan, 2}, L{1, nan, 1}), B{0, 1, 1});
  expect("logicalXor", apply<uint8_t>(k, 2, "logicalXor", L{1, 0, nan}, L{0, 0, 2}), B{1, 0, 0});
  expect("clamp", apply<T>(k, 3, "clamp", L{1, 5, nan, 3}, L{2, 2, 2, nan}, L{4, 4, 4, 4}), L{2, 4, nan, nan});
  expect("lerp", apply<T>(k, 3, "lerp", L{1, 1, 1}, L{3, 3, 3}, L{0, 0.5, 1}), L{1, 2, 3});
  expect("addcmul", apply<T>(k, 3, "addcmul", L{1, 2}, L{3, 4}, L{5, 6}, 0.5), L{8.5, 14});
  expect("addcdiv", apply<T>(k, 3, "addcdiv", L{1, 2}, L{6, 4}, L{3, 2}, 2), L{5, 6});
  expect("tanh", apply<T>(k, 1, "tanh", L{inf, -inf, nan, 0}), L{1, -1, nan, 0});
  expect("unsupported", apply<T>(k, 2, "bitwiseAnd", L{1}, L{1}, {}, 0, 0, Status::unsupported), L{99});

  // One number as exponent becomes a product.
  T x[20], out[20];
  for (int i = 0; i < 20; ++i) x[i] = T(i) / 4 + T(0.25);
  const double exponents[] = {1, 2, 3, 0.5, -1, -2, -0.5};
  for (const double e : exponents) {
    T exponent = T(e);
    Frame frame(index_of("pow", binary_names), {20});
    frame.operand(out, {1}).operand(x, {1}).operand(&exponent, {0});
    CHECK(k.binary(frame.call()) == Status::ok);
    for (int i = 0; i < 20; ++i) CHECK(std::fabs(out[i] - std::pow(x[i], exponent)) <= 2 * std::numeric_limits<T>::epsilon() * out[i]);
  }
}

template <class T>
void integer_values(const Kernels& k) {
  constexpr T low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  using L = std::vector<T>;
  using B = std::vector<uint8_t>;
  expect("add", apply<T>(k, 2, "add", L{high, 1, -5}, L{1, 2, 3}), L{low, 3, -2});
  expect("sub", apply<T>(k, 2, "sub", L{low, 1, -5}, L{1, 2, 3}), L{high, -1, -8});
  expect("mul", apply<T>(k, 2, "mul", L{high, 7, -5}, L{2, -6, -3}), L{-2, -42, 15});
  expect("neg", apply<T>(k, 1, "neg", L{low, 3, 0}), L{low, -3, 0});
  expect("abs", apply<T>(k, 1, "abs", L{low, -3, 4}), L{low, 3, 4});
  expect("sign", apply<T>(k, 1, "sign", L{low, 0, 4}), L{-1, 0, 1});
  expect("relu", apply<T>(k, 1, "relu", L{low, 0, 4}), L{0, 0, 4});
  expect("floor", apply<T>(k, 1, "floor", L{low, 3}), L{low, 3});
  expect("isnan", apply<uint8_t>(k, 1, "isnan", L{low, 3}), B{0, 0});
  expect("isfinite", apply<uint8_t>(k, 1, "isfinite", L{low, 3}), B{1, 1});
  expect("bitwiseNot", apply<T>(k, 1, "bitwiseNot", L{0, -1, 5}), L{-1, 0, -6});
  expect("clampScalar", apply<T>(k, 1, "clampScalar", L{-9, 2, high}, {}, {}, -3, INFINITY), L{-3, 2, high});
  expect("floorDivide", apply<T>(k, 2, "floorDivide", L{7, -7, 7, -7, low, low}, L{2, 2, -2, -2, -1, 1}), L{3, -4, -4, 3, low, low});
  expect("remainder", apply<T>(k, 2, "remainder", L{7, -7, 7, -7, low}, L{2, 2, -2, -2, -1}), L{1, 1, -1, -1, 0});
  expect("fmod", apply<T>(k, 2, "fmod", L{7, -7, 7, -7, low}, L{2, 2, -2, -2, -1}), L{1, -1, 1, -1, 0});
  for (const char* name : {"floorDivide", "remainder", "fmod"})
    expect("zero divisor", apply<T>(k, 2, name, L{1, 2, 3}, L{1, 0, 2}, {}, 0, 0, Status::division_by_zero), L{99, 99, 99});
  expect("pow", apply<T>(k, 2, "pow", L{3, -2, 2, 1, -1, 0, 5}, L{4, 3, -1, -5, -3, 0, 0}), L{81, -8, 0, 1, -1, 1, 1});
  expect("left", apply<T>(k, 2, "bitwiseLeftShift", L{1, 3, 1, 1}, L{4, 1, T(8 * sizeof(T)), -1}), L{16, 6, 0, 0});
  expect("right", apply<T>(k, 2, "bitwiseRightShift", L{-16, 7, -1, 1}, L{2, 1, T(8 * sizeof(T)), -1}), L{-4, 3, -1, 0});
  expect("and", apply<T>(k, 2, "bitwiseAnd", L{12, -1}, L{10, 5}), L{8, 5});
  expect("addScaled", apply<T>(k, 2, "addScaled", L{1, high}, L{3, 1}, {}, 2), L{7, T(low + 1)});
  expect("unsupported", apply<T>(k, 1, "exp", L{1}, {}, {}, 0, 0, Status::unsupported), L{99});
}

void bool_values(const Kernels& k) {
  using B = std::vector<uint8_t>;
  const B a{0, 0, 1, 1}, b{0, 1, 0, 1};
  expect("add", apply<uint8_t>(k, 2, "add", a, b), B{0, 1, 1, 1});
  expect("mul", apply<uint8_t>(k, 2, "mul", a, b), B{0, 0, 0, 1});
  expect("maximum", apply<uint8_t>(k, 2, "maximum", a, b), B{0, 1, 1, 1});
  expect("xor", apply<uint8_t>(k, 2, "bitwiseXor", a, b), B{0, 1, 1, 0});
  expect("lt", apply<uint8_t>(k, 2, "lt", a, b), B{0, 1, 0, 0});
  expect("not", apply<uint8_t>(k, 1, "bitwiseNot", a), B{1, 1, 0, 0});
  expect("logicalNot", apply<uint8_t>(k, 1, "logicalNot", a), B{1, 1, 0, 0});
}

template <class T>
void where_of(const Kernels& k, DType t) {
  T b[40], c[40], out[40];
  uint8_t a[40];
  for (int i = 0; i < 40; ++i) a[i] = i % 3 == 0, b[i] = T(i), c[i] = T(i + 100);
  Frame frame(kWhere, {40});
  frame.operand(out, t, {1}).operand(a, {1}).operand(b, t, {1}).operand(c, t, {1});
  CHECK(k.ternary(frame.call()) == Status::ok);
  for (int i = 0; i < 40; ++i) CHECK(out[i] == (i % 3 == 0 ? b[i] : c[i]));
}

// Operands of small dtypes beside wide ones: the bits of a cast, the wide op and a cast back, in two layouts.
template <class Wide>
void small_dtypes(const Kernels& k, std::initializer_list<DType> smalls) {
  constexpr int64_t n = 1501;
  const auto size = [](DType t) { return t == DType::i8 || t == DType::u8 ? 1 : 2; };
  Numbers numbers;
  for (DType t : smalls) {
    for (const char* name : {"add", "mul", "floorDivide", "lt"}) {
      const int op = index_of(name, binary_names);
      const bool predicate = is_predicate(2, op);
      for (int64_t step : {1, 2}) {
        std::vector<char> a(size_t(n * step * 2)), out(size_t(n * step * 2), char(0x5a)), expected = out;
        std::vector<Wide> wide_a(n), b(n), wide(n);
        for (char& byte : a) byte = char(numbers.next());
        for (Wide& x : b) x = random_value<Wide>(numbers, 1);
        std::vector<uint8_t> bools(n), bools_expected(n);
        Frame widen(0, {n}), compute(op, {n}), narrow(0, {n}), frame(op, {n});
        widen.operand(wide_a.data(), {1}).operand(a.data(), t, {step});
        CHECK(k.copy(widen.call()) == Status::ok);
        if (predicate) compute.operand(bools_expected.data(), {1});
        else compute.operand(wide.data(), {1});
        compute.operand(wide_a.data(), {1}).operand(b.data(), {1});
        CHECK(k.binary(compute.call()) == Status::ok);
        if (predicate) frame.operand(bools.data(), {1});
        else frame.operand(out.data(), t, {step});
        frame.operand(a.data(), t, {step}).operand(b.data(), {1});
        CHECK(k.binary(frame.call()) == Status::ok);
        narrow.operand(expected.data(), t, {step}).operand(wide.data(), {1});
        if (!predicate) CHECK(k.copy(narrow.call()) == Status::ok);
        CHECK(bools == bools_expected);
        CHECK(std::memcmp(out.data(), expected.data(), out.size()) == 0);
        if (predicate) continue;
        Frame same(op, {n});  // in place
        same.operand(a.data(), t, {step}).operand(a.data(), t, {step}).operand(b.data(), {1});
        CHECK(k.binary(same.call()) == Status::ok);
        for (int64_t i = 0; i < n; ++i) CHECK(std::memcmp(&a[size_t(i * step * size(t))], &expected[size_t(i * step * size(t))], size_t(size(t))) == 0);
      }
    }
  }
}

// Quotients of integers of any number of bits, those next to what float64 holds among them.
template <class T>
void divisions(const Kernels& k) {
  constexpr int64_t n = 5000;
  std::vector<T> a(n), b(n), out(n);
  Numbers numbers;
  for (int64_t i = 0; i < n; ++i) {
    const auto any = [&] {
      const uint64_t bits = (numbers.next() << 40 ^ numbers.next() << 20 ^ numbers.next()) >> numbers.below(64);
      return T(numbers.below(2) ? ~bits : bits);
    };
    a[size_t(i)] = any();
    do b[size_t(i)] = any(); while (b[size_t(i)] == 0);
    if (i % 3 == 0) a[size_t(i)] = T(uint64_t(b[size_t(i)]) * uint64_t(numbers.below(1000)) + uint64_t(numbers.below(3)) - 1);
  }
  for (const char* name : {"floorDivide", "remainder", "fmod"}) {
    Frame frame(index_of(name, binary_names), {n});
    frame.operand(out.data(), {1}).operand(a.data(), {1}).operand(b.data(), {1});
    CHECK(k.binary(frame.call()) == Status::ok);
    for (size_t i = 0; i < size_t(n); ++i) {
      const __int128 x = a[i], y = b[i], q = x / y, r = x % y, down = r != 0 && (r < 0) != (y < 0) ? 1 : 0;
      CHECK(out[i] == T(name[1] == 'l' ? q - down : name[0] == 'r' ? r + down * y : r));
    }
  }
}

// Beyond 32 MB outputs are written around the caches, here from an element that no vector is aligned to.
void large_output(const Kernels& k) {
  constexpr int64_t n = (32 << 18) + 1003;
  Guarded<float> out(n + 1, -1.0f), a(n);
  for (int64_t i = 0; i < n; ++i) a[i] = float(i % 1000);
  float b = 0.5f;
  Frame frame(index_of("add", binary_names), {n});
  frame.operand(out.data() + 1, {1}).operand(a.data(), {1}).operand(&b, {0});
  CHECK(k.binary(frame.call()) == Status::ok);
  out.check();
  CHECK(out[0] == -1.0f);
  for (int64_t i = 0; i < n; ++i) CHECK(out[i + 1] == a[i] + 0.5f);
}

}  // namespace

int main() {
  set_num_threads(2);
  for (const Kernels* k : available_kernels()) {
    float_values<float>(*k);
    float_values<double>(*k);
    integer_values<int32_t>(*k);
    integer_values<int64_t>(*k);
    bool_values(*k);
    where_of<int8_t>(*k, DType::i8);
    where_of<uint16_t>(*k, DType::bf16);
    where_of<int32_t>(*k, DType::i32);
    where_of<double>(*k, DType::f64);
    small_dtypes<float>(*k, {DType::f16, DType::bf16});
    small_dtypes<int32_t>(*k, {DType::i16, DType::i8, DType::u8});
    divisions<int32_t>(*k);
    divisions<int64_t>(*k);
    large_output(*k);
    layouts<float>(*k);
    layouts<double>(*k);
    layouts<int64_t>(*k);
    layouts<int32_t>(*k);
    layouts<uint8_t>(*k);
    std::printf("%s: ok\n", k->isa);
  }
  return 0;
}
