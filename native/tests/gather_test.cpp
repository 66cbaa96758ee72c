// gather, scatter and nonzero against plain loops, on every ISA build, over random shapes, strides, index dtypes and
// element types, with indices out of range.
#include <algorithm>
#include <type_traits>

#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

enum Scatter { set, add, mul, amax, amin };

template <class T>
T combine(int op, T a, T b) {
  if constexpr (std::is_same_v<T, uint8_t>) {
    switch (op) {
      case set: return b;
      case add:
      case amax: return a || b;
      default: return a && b;
    }
  } else {
    switch (op) {
      case set: return b;
      case add: return a + b;
      case mul: {
        if constexpr (std::is_integral_v<T>) return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
        else return a * b;
      }
      case amax: return a != a ? a : b != b || b > a ? b : a;
      default: return a != a ? a : b != b || b < a ? b : a;
    }
  }
}

// A space of 1 to 3 dims; the axis is one of them. `broadcast` leaves the index constant along the other dims.
struct Space {
  std::vector<int64_t> dim;
  size_t axis;
  int64_t size;  // of the indexed axis
  bool broadcast;
};

int64_t position(const Space& s, const std::vector<int64_t>& stride, int64_t linear) {
  int64_t offset = 0;
  for (size_t d = s.dim.size(); d-- > 0; linear /= s.dim[d]) offset += linear % s.dim[d] * stride[d];
  return offset;
}

int64_t extent(const std::vector<int64_t>& dim, const std::vector<int64_t>& stride) {
  int64_t n = 1;
  for (size_t d = 0; d < dim.size(); ++d) {
    if (dim[d] == 0) return 0;
    n += (dim[d] - 1) * stride[d];
  }
  return n;
}

// Row-major strides over dim with `gap` elements between rows, optionally in reverse order of dims.
std::vector<int64_t> strides(const std::vector<int64_t>& dim, int64_t gap, bool reversed) {
  std::vector<int64_t> s(dim.size());
  int64_t step = 1;
  for (size_t k = 0; k < dim.size(); ++k) {
    const size_t d = reversed ? k : dim.size() - 1 - k;
    s[d] = step;
    step = step * std::max<int64_t>(dim[d], 1) + gap;
  }
  return s;
}

template <class T, class Index>
void run(const Kernels& kernels, DType dtype, const Space& s, bool wraps, Numbers& numbers) {
  const int64_t gap = numbers.below(2) * 3;
  const bool reversed = numbers.below(2) == 1;
  std::vector<int64_t> indexed = s.dim, index_dim = s.dim;
  indexed[s.axis] = s.size;
  if (s.broadcast)
    for (size_t d = 0; d < s.dim.size(); ++d)
      if (d != s.axis) index_dim[d] = 1;
  const auto full = strides(indexed, gap, reversed), plain = strides(s.dim, gap, numbers.below(2) == 1);
  auto index_stride = strides(index_dim, 0, false);
  if (s.broadcast)
    for (size_t d = 0; d < s.dim.size(); ++d)
      if (d != s.axis) index_stride[d] = 0;
  auto fixed = full;  // the indexed operand's strides in the call
  fixed[s.axis] = 0;
  int64_t count = 1;
  for (int64_t d : s.dim) count *= d;

  Guarded<T> large(extent(indexed, full)), small(extent(s.dim, plain));
  Guarded<Index> index(extent(index_dim, index_stride));
  const auto number = [&] { return static_cast<T>(numbers.below(dtype == DType::boolean ? 2 : 100)); };
  for (int64_t i = 0; i < large.size(); ++i) large[i] = number();
  for (int64_t i = 0; i < small.size(); ++i) small[i] = number();
  for (int64_t i = 0; i < index.size(); ++i)
    index[i] = static_cast<Index>(numbers.below(s.size) - (wraps && numbers.below(2) == 1 ? s.size : 0));
  const auto wrapped = [&](int64_t k) {
    const int64_t i = index[position(s, index_stride, k)];
    return (i < 0 ? i + s.size : i) * full[s.axis];
  };

  const auto frame = [&](int op, T* out, const std::vector<int64_t>& out_stride, T* src, const std::vector<int64_t>& src_stride) {
    Frame f(op, {});
    Call& c = f.call();
    c.ndim = static_cast<int32_t>(s.dim.size());
    c.operands = 3;
    for (size_t d = 0; d < s.dim.size(); ++d) {
      c.dim[d] = s.dim[d];
      c.operand[0].stride[d] = out_stride[d];
      c.operand[1].stride[d] = src_stride[d];
      c.operand[2].stride[d] = index_stride[d];
    }
    c.operand[0].data = reinterpret_cast<char*>(out);
    c.operand[1].data = reinterpret_cast<char*>(src);
    c.operand[2].data = reinterpret_cast<char*>(index.data());
    c.operand[0].dtype = c.operand[1].dtype = dtype;
    c.operand[2].dtype = dtype_of<Index>;
    c.ints[0] = s.size;
    c.ints[1] = full[s.axis];
    c.ints[2] = wraps;
    return f;
  };

  Guarded<T> gathered(small.size());
  Frame f = frame(0, gathered.data(), plain, large.data(), fixed);
  CHECK(kernels.gather(f.call()) == Status::ok);
  gathered.check();
  for (int64_t k = 0; k < count; ++k)
    CHECK(gathered[position(s, plain, k)] == large[position(s, fixed, k) + wrapped(k)]);

  const bool computes = dtype <= DType::boolean;
  for (int op = set; op <= amin; ++op) {
    for (bool one_number : {false, true}) {
      Guarded<T> out(large.size()), want(large.size());
      for (int64_t i = 0; i < large.size(); ++i) out[i] = want[i] = large[i];
      const std::vector<int64_t> src_stride = one_number ? std::vector<int64_t>(s.dim.size(), 0) : plain;
      Frame scatter = frame(op, out.data(), fixed, small.data(), src_stride);
      if (small.size() == 0) continue;
      if (op != set && !computes) {
        CHECK(kernels.scatter(scatter.call()) == Status::unsupported);
        continue;
      }
      CHECK(kernels.scatter(scatter.call()) == Status::ok);
      out.check();
      for (int64_t k = 0; k < count; ++k) {
        T& target = want[position(s, fixed, k) + wrapped(k)];
        target = combine(op, target, small[one_number ? 0 : position(s, plain, k)]);
      }
      for (int64_t i = 0; i < large.size(); ++i) CHECK(out[i] == want[i]);
    }
  }

  if (count == 0) return;
  for (int64_t bad : {s.size, wraps ? -s.size - 1 : int64_t{-1}}) {
    const int64_t at = numbers.below(index.size());
    const Index good = index[at];
    index[at] = static_cast<Index>(bad);
    Guarded<T> untouched(large.size());
    for (int64_t i = 0; i < large.size(); ++i) untouched[i] = large[i];
    Frame g = frame(0, gathered.data(), plain, large.data(), fixed), sc = frame(0, untouched.data(), fixed, small.data(), plain);
    CHECK(kernels.gather(g.call()) == Status::index_range);
    CHECK(g.call().detail[0] == bad && g.call().detail[1] == s.size);
    CHECK(kernels.scatter(sc.call()) == Status::index_range);
    for (int64_t i = 0; i < large.size(); ++i) CHECK(untouched[i] == large[i]);
    index[at] = good;
  }
}

template <class T>
void run_type(const Kernels& kernels, DType dtype) {
  Numbers numbers;
  const Space spaces[] = {
      {{7}, 0, 4, false},        {{0}, 0, 4, false},        {{1}, 0, 1, false},         {{9, 5}, 0, 6, true},
      {{9, 37}, 0, 3, true},     {{9, 5}, 1, 4, true},      {{9, 5}, 0, 6, false},      {{9, 5}, 1, 6, false},
      {{4, 3, 8}, 1, 5, true},   {{4, 3, 8}, 0, 5, true},   {{4, 3, 8}, 2, 5, false},   {{4, 0, 8}, 1, 5, true},
      {{200, 130}, 0, 50, true}, {{300, 300}, 0, 40, true}, {{300, 300}, 1, 40, false}, {{2, 3, 33}, 1, 2, true},
  };
  for (const Space& s : spaces) {
    for (bool wraps : {false, true}) {
      run<T, int64_t>(kernels, dtype, s, wraps, numbers);
      run<T, int32_t>(kernels, dtype, s, wraps, numbers);
    }
  }
}

template <class T>
void run_nonzero(const Kernels& kernels, DType dtype, T negative_zero) {
  Numbers numbers;
  const std::vector<std::vector<int64_t>> shapes = {{}, {0}, {9}, {3, 4}, {2, 0, 3}, {3, 1, 5, 2}};
  for (const auto& dim : shapes) {
    for (int64_t capacity : {0, 3, 1000}) {
      const Space s{dim, 0, 0, false};
      const auto stride = strides(dim, 1, numbers.below(2) == 1);
      Guarded<T> a(extent(dim, stride));
      for (int64_t i = 0; i < a.size(); ++i) a[i] = numbers.below(3) == 0 ? static_cast<T>(numbers.below(5)) : negative_zero;
      int64_t count = 1;
      for (int64_t d : dim) count *= d;
      std::vector<int64_t> want;
      int64_t found = 0;
      for (int64_t k = 0; k < count; ++k) {
        if (!(a[position(s, stride, k)] != T())) continue;
        if (++found > capacity) continue;
        std::vector<int64_t> row(dim.size());
        int64_t rest = k;
        for (size_t d = dim.size(); d-- > 0; rest /= dim[d]) row[d] = rest % dim[d];
        want.insert(want.end(), row.begin(), row.end());
      }
      Guarded<int64_t> out(static_cast<int64_t>(want.size()) + 1, -5), counted(1, -5);
      Frame f(0, {});
      Call& c = f.call();
      c.ndim = static_cast<int32_t>(dim.size());
      for (size_t d = 0; d < dim.size(); ++d) {
        c.dim[d] = dim[d];
        c.operand[2].stride[d] = stride[d];
      }
      c.operand[0].data = reinterpret_cast<char*>(out.data());
      c.operand[1].data = reinterpret_cast<char*>(counted.data());
      c.operand[2].data = reinterpret_cast<char*>(a.data());
      c.operand[2].dtype = dtype;
      c.ints[0] = capacity;
      CHECK(kernels.nonzero(c) == Status::ok);
      out.check(), counted.check();
      CHECK(counted[0] == found);
      for (size_t i = 0; i < want.size(); ++i) CHECK(out[static_cast<int64_t>(i)] == want[i]);
      CHECK(out[static_cast<int64_t>(want.size())] == -5);
    }
  }
}

}  // namespace

int main() {
  for (const Kernels* kernels : available_kernels()) {
    run_type<float>(*kernels, DType::f32);
    run_type<double>(*kernels, DType::f64);
    run_type<int64_t>(*kernels, DType::i64);
    run_type<int32_t>(*kernels, DType::i32);
    run_type<uint8_t>(*kernels, DType::boolean);
    run_type<int16_t>(*kernels, DType::i16);
    run_nonzero<float>(*kernels, DType::f32, -0.0f);
    run_nonzero<double>(*kernels, DType::f64, -0.0);
    run_nonzero<int64_t>(*kernels, DType::i64, 0);
    run_nonzero<int32_t>(*kernels, DType::i32, 0);
    run_nonzero<uint8_t>(*kernels, DType::boolean, 0);
    run_nonzero<int16_t>(*kernels, DType::i16, 0);
    std::printf("gather %s: ok\n", kernels->isa);
  }
}
