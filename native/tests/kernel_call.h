// Calls for kernel tests: guarded arrays, a Call built from them, and the ISA builds that this machine can run.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <vector>

#include "../kernels.h"
#include "check.h"

namespace flambeau::test {

inline std::vector<const Kernels*> available_kernels() {
#if defined(__x86_64__)
  std::vector<const Kernels*> all = {&kernels_baseline};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back(&kernels_avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    all.push_back(&kernels_avx512);
  }
  return all;
#else
  return {&kernels_neon};
#endif
}

// The level that is avx512 but for its products of bfloat16, and so left out above; null where the CPU lacks it.
inline const Kernels* pair_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bf16")) return &kernels_avx512bf16;
#endif
  return nullptr;
}

template <class T> constexpr DType dtype_of = DType::f32;
template <> inline constexpr DType dtype_of<double> = DType::f64;
template <> inline constexpr DType dtype_of<int64_t> = DType::i64;
template <> inline constexpr DType dtype_of<int32_t> = DType::i32;
template <> inline constexpr DType dtype_of<bool> = DType::boolean;
template <> inline constexpr DType dtype_of<uint8_t> = DType::boolean;
template <> inline constexpr DType dtype_of<int16_t> = DType::i16;

// float16 and bfloat16, as numbers: Mantissa explicit bits, least normal exponent Least.
template <int Mantissa, int Least>
struct SmallFloat {
  uint16_t bits = 0;
  SmallFloat() = default;
  explicit SmallFloat(double x) {
    const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
    const uint16_t infinity = uint16_t(0x7fff >> Mantissa << Mantissa);
    if (std::isnan(x)) bits = uint16_t(infinity | 1 << (Mantissa - 1));
    else if (std::isinf(x)) bits = sign | infinity;
    else if (x == 0) bits = sign;
    else {
      int exponent;
      std::frexp(x, &exponent);
      exponent = exponent - 1 < Least ? Least : exponent - 1;
      // Counted in units of the last place the bit patterns of all magnitudes follow each other.
      const double units = std::nearbyint(std::ldexp(std::fabs(x), Mantissa - exponent));
      const double pattern = units + std::ldexp(double(exponent - Least), Mantissa);
      bits = uint16_t(sign | (pattern > infinity ? infinity : uint16_t(pattern)));
    }
  }
  explicit SmallFloat(int64_t x) : SmallFloat(double(x)) {}
  explicit SmallFloat(int x) : SmallFloat(double(x)) {}
  operator double() const {
    // Tests read the same numbers millions of times, and some of them in emulation.
    static const std::vector<double> values = [] {
      std::vector<double> all(1 << 16);
      for (size_t i = 0; i < all.size(); ++i) all[i] = decode(uint16_t(i));
      return all;
    }();
    return values[bits];
  }

 private:
  static double decode(uint16_t bits) {
    const int exponent = (bits & 0x7fff) >> Mantissa, fraction = bits & ((1 << Mantissa) - 1);
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 0x7fff >> Mantissa) return fraction ? std::numeric_limits<double>::quiet_NaN() : sign * HUGE_VAL;
    return sign * std::ldexp(exponent ? fraction + (1 << Mantissa) : fraction, (exponent ? exponent - 1 : 0) + Least - Mantissa);
  }
};
using Half = SmallFloat<10, -14>;
using Brain = SmallFloat<7, -126>;
template <> inline constexpr DType dtype_of<Half> = DType::f16;
template <> inline constexpr DType dtype_of<Brain> = DType::bf16;

// n elements with a sentinel on both sides; `check()` fails when a kernel wrote outside.
template <class T>
class Guarded {
 public:
  explicit Guarded(int64_t n, T fill = T()) : bytes_((static_cast<size_t>(n) + 2 * kGuard) * sizeof(T), char(0x5a)), n_(n) {
    for (int64_t i = 0; i < n; ++i) (*this)[i] = fill;
  }
  T* data() { return reinterpret_cast<T*>(bytes_.data()) + kGuard; }
  T& operator[](int64_t i) { return data()[i]; }
  int64_t size() const { return n_; }
  void check() const {
    const size_t side = kGuard * sizeof(T);
    for (size_t i = 0; i < side; ++i) CHECK(bytes_[i] == 0x5a && bytes_[bytes_.size() - 1 - i] == 0x5a);
  }

 private:
  static constexpr size_t kGuard = 16;
  std::vector<char> bytes_;
  int64_t n_;
};

class Frame {
 public:
  Frame(int op, std::initializer_list<int64_t> dims) {
    std::memset(&call_, 0, sizeof call_);
    call_.op = op;
    for (int64_t d : dims) call_.dim[call_.ndim++] = d;
  }
  template <class T>
  Frame& operand(T* data, std::initializer_list<int64_t> strides) {
    Operand& o = call_.operand[call_.operands++];
    o.data = reinterpret_cast<char*>(data);
    o.dtype = dtype_of<T>;
    int d = 0;
    for (int64_t s : strides) o.stride[d++] = s;
    CHECK(d == call_.ndim);
    return *this;
  }
  Frame& operand(void* data, DType dtype, std::initializer_list<int64_t> strides) {
    operand(static_cast<float*>(data), strides);
    call_.operand[call_.operands - 1].dtype = dtype;
    return *this;
  }
  Frame& absent() {
    call_.operand[call_.operands++].data = nullptr;
    return *this;
  }
  Frame& ints(std::initializer_list<int64_t> values) {
    int i = 0;
    for (int64_t v : values) call_.ints[i++] = v;
    return *this;
  }
  Frame& params(std::initializer_list<double> values) {
    int i = 8;
    for (double v : values) call_.floats[i++] = v;
    return *this;
  }
  const Call& call() const { return call_; }
  Call& call() { return call_; }

 private:
  Call call_;
};

// Deterministic numbers for tests.
class Numbers {
 public:
  uint64_t next() {
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    return state_ >> 33;
  }
  int64_t below(int64_t n) { return static_cast<int64_t>(next() % static_cast<uint64_t>(n)); }
  double uniform(double low, double high) { return low + (high - low) * static_cast<double>(next()) / 2147483648.0; }

 private:
  uint64_t state_ = 42;
};

}  // namespace flambeau::test
