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
      __builtin_cpu_supports("avx512vl"))
    all.push_back(&kernels_avx512);
  return all;
#else
  return {&kernels_neon};
#endif
}

template <class T> constexpr DType dtype_of = DType::f32;
template <> inline constexpr DType dtype_of<double> = DType::f64;
template <> inline constexpr DType dtype_of<int64_t> = DType::i64;
template <> inline constexpr DType dtype_of<int32_t> = DType::i32;
template <> inline constexpr DType dtype_of<bool> = DType::boolean;
template <> inline constexpr DType dtype_of<uint8_t> = DType::boolean;
template <> inline constexpr DType dtype_of<int16_t> = DType::i16;

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
