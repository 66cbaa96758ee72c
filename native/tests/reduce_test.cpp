// reduce and arg_reduce against plain loops in float64 (int64 for integers), on every ISA build, over random shapes with
// awkward strides, empty dims, NaN, and sizes around the vector and block widths.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <type_traits>

#include "../op_names.h"
#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

struct Shape {
  std::vector<int64_t> dim;
  int kept;
};

template <class T> constexpr bool is_float = std::is_floating_point_v<T>;

// Strides over `dim` in the order of `order` (innermost last), with gaps.
std::vector<int64_t> strides_of(const std::vector<int64_t>& dim, const std::vector<int>& order, int64_t inner, int64_t gap) {
  std::vector<int64_t> s(dim.size());
  int64_t step = inner;
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    s[static_cast<size_t>(*it)] = step;
    step = step * std::max<int64_t>(dim[static_cast<size_t>(*it)], 1) + gap;
  }
  return s;
}

int64_t extent(const std::vector<int64_t>& dim, const std::vector<int64_t>& stride) {
  int64_t n = 1;
  for (size_t d = 0; d < dim.size(); ++d) {
    if (dim[d] == 0) return 0;
    n += (dim[d] - 1) * stride[d];
  }
  return n;
}

template <class T>
double reference(const std::string& op, const std::vector<T>& x, double correction, double& scale) {
  double sum = 0, prod = 1, squares = 0, magnitude = 0, best_high = -INFINITY, best_low = INFINITY;
  uint64_t wrapped_prod = 1;
  int64_t count = 0, integer_sum = 0;
  bool nan = false;
  for (T v : x) {
    const double d = static_cast<double>(v);
    sum += d, prod *= d, squares += d * d, magnitude += std::fabs(d);
    integer_sum += static_cast<int64_t>(v == v ? v : T());
    wrapped_prod *= static_cast<uint64_t>(static_cast<int64_t>(v == v ? v : T()));
    count += v != T();
    nan = nan || v != v;
    best_high = std::max(best_high, d), best_low = std::min(best_low, d);
  }
  const double n = static_cast<double>(x.size());
  scale = magnitude;
  if (op == "sum") return is_float<T> ? sum : static_cast<double>(integer_sum);
  if (op == "mean") return scale /= n, sum / n;
  if (op == "prod") return scale = std::fabs(prod), is_float<T> ? prod : static_cast<double>(static_cast<int64_t>(wrapped_prod));
  if (op == "amax" || op == "amin") return scale = 0, nan ? NAN : op == "amax" ? best_high : best_low;
  if (op == "any") return scale = 0, count != 0;
  if (op == "all") return scale = 0, count == static_cast<int64_t>(x.size());
  if (op == "countNonzero") return scale = 0, static_cast<double>(count);
  if (op == "sumSquares") return scale = squares, squares;
  if (op == "sumAbs") return magnitude;
  double centred = 0;
  for (T v : x) centred += (static_cast<double>(v) - sum / n) * (static_cast<double>(v) - sum / n);
  const double var = centred / std::max(n - correction, 0.0);
  scale = op == "var" ? var : std::sqrt(var);
  return op == "var" ? var : std::sqrt(var);
}

template <class T>
double value_of(const Guarded<char>& out, DType dtype, int64_t i) {
  auto& bytes = const_cast<Guarded<char>&>(out);
  switch (dtype) {
    case DType::f32: return static_cast<double>(reinterpret_cast<float*>(bytes.data())[i]);
    case DType::f64: return reinterpret_cast<double*>(bytes.data())[i];
    case DType::i64: return static_cast<double>(reinterpret_cast<int64_t*>(bytes.data())[i]);
    case DType::i32: return reinterpret_cast<int32_t*>(bytes.data())[i];
    default: return reinterpret_cast<uint8_t*>(bytes.data())[i];
  }
}

DType result_of(int op, DType in) {
  switch (reduce_result[op]) {
    case ResultRule::boolean: return DType::boolean;
    case ResultRule::int64: return DType::i64;
    case ResultRule::wide: return in == DType::f32 || in == DType::f64 ? in : DType::i64;
    default: return in;
  }
}

template <class T>
void run(const Kernels& kernels, const Shape& shape, const std::vector<int>& order, int64_t inner, int64_t gap,
         bool with_nan, Numbers& numbers) {
  const auto& dim = shape.dim;
  const auto stride = strides_of(dim, order, inner, gap);
  const int64_t size = extent(dim, stride);
  Guarded<T> a(size);
  for (int64_t i = 0; i < size; ++i) {
    if constexpr (is_float<T>) a[i] = static_cast<T>(numbers.uniform(-2, 3));
    else if constexpr (sizeof(T) == 1) a[i] = static_cast<T>(numbers.below(4) != 0);
    else a[i] = static_cast<T>(numbers.below(7) - 3);
    if (with_nan && is_float<T> && numbers.below(50) == 0) a[i] = static_cast<T>(NAN);
  }
  int64_t outputs = 1, per_output = 1;
  for (size_t d = 0; d < dim.size(); ++d) (static_cast<int>(d) < shape.kept ? outputs : per_output) *= dim[d];
  // The output has a gap between elements now and then.
  const int64_t out_inner = 1 + numbers.below(2);
  std::vector<int64_t> out_stride(dim.size(), 0);
  for (int64_t d = shape.kept - 1, step = out_inner; d >= 0; --d) {
    out_stride[static_cast<size_t>(d)] = step;
    step *= std::max<int64_t>(dim[static_cast<size_t>(d)], 1);
  }
  const auto gather = [&](int64_t o, std::vector<T>& x) {
    x.clear();
    for (int64_t r = 0; r < per_output; ++r) {
      int64_t position = o * per_output + r, offset = 0;
      for (size_t d = dim.size(); d-- > 0; position /= dim[d]) offset += position % dim[d] * stride[d];
      x.push_back(a[offset]);
    }
  };
  Frame base(0, {});
  Call& call = base.call();
  const auto set = [&](int op, void* out, DType out_dtype, double correction) {
    std::memset(&call, 0, sizeof call);
    call.op = op;
    call.operands = 2;
    call.ndim = static_cast<int32_t>(dim.size());
    call.ints[0] = shape.kept;
    call.floats[8] = correction;
    for (size_t d = 0; d < dim.size(); ++d) {
      call.dim[d] = dim[d];
      call.operand[0].stride[d] = out_stride[d];
      call.operand[1].stride[d] = stride[d];
    }
    call.operand[0].data = static_cast<char*>(out);
    call.operand[0].dtype = out_dtype;
    call.operand[1].data = reinterpret_cast<char*>(a.data());
    call.operand[1].dtype = dtype_of<T>;
  };
  std::vector<T> x;
  for (int op = 0; op < reduce_count; ++op) {
    const std::string name = reduce_names[op];
    const bool floats_only = name == "mean" || name == "sumSquares" || name == "sumAbs" || name == "var" || name == "std";
    if ((floats_only && !is_float<T>) || (per_output == 0 && reduce_needs_elements[op])) continue;
    if (name == "prod" && is_float<T> && per_output > 200) continue;
    const DType out_dtype = result_of(op, dtype_of<T>);
    const double correction = static_cast<double>(numbers.below(2));
    Guarded<char> out(outputs * out_inner * 8, 0x11);
    set(op, out.data(), out_dtype, correction);
    CHECK(kernels.reduce(call) == Status::ok);
    out.check();
    // Rounding of float32 partial results: blocks keep it near a few ulp of the sum of magnitudes.
    const double bound = std::is_same_v<T, float> ? (name == "prod" ? 3e-5 : 1e-6) : 1e-13;
    for (int64_t o = 0; o < outputs; ++o) {
      gather(o, x);
      double scale = 0;
      const double want = reference(name, x, correction, scale), got = value_of<T>(out, out_dtype, o * out_inner);
      const bool same = std::isnan(want) ? std::isnan(got) : got == want || std::fabs(got - want) <= bound * (scale + 1e-30);
      if (!same) {
        std::fprintf(stderr, "%s %s dtype %d: output %d is %.17g, not %.17g (kept %d, dims", kernels.isa, name.c_str(),
                     static_cast<int>(dtype_of<T>), static_cast<int>(o), got, want, shape.kept);
        for (size_t d = 0; d < dim.size(); ++d) std::fprintf(stderr, " %d/%d", static_cast<int>(dim[d]), static_cast<int>(stride[d]));
        std::fprintf(stderr, ")\n");
        CHECK(false);
      }
    }
  }
  for (int op = 0; op < arg_reduce_count && per_output > 0; ++op) {
    Guarded<int64_t> out(outputs * out_inner, -1);
    set(op, out.data(), DType::i64, 0);
    CHECK(kernels.arg_reduce(call) == Status::ok);
    out.check();
    for (int64_t o = 0; o < outputs; ++o) {
      gather(o, x);
      int64_t best = 0;
      for (int64_t i = 1; i < per_output; ++i) {
        const T v = x[static_cast<size_t>(i)], b = x[static_cast<size_t>(best)];
        if (b == b && (v != v || (op == 0 ? v > b : v < b))) best = i;
      }
      CHECK(out[o * out_inner] == best);
    }
  }
  a.check();
}

template <class T>
void run_shapes(const Kernels& kernels) {
  Numbers numbers;
  const Shape fixed[] = {
      {{}, 0}, {{1}, 0}, {{5}, 0}, {{1000}, 0}, {{4097}, 0}, {{9000}, 0}, {{0}, 0}, {{3, 0}, 1}, {{0, 3}, 1}, {{3, 0, 4}, 2}, {{3, 0, 4}, 1}, {{2, 5, 0}, 1},
      {{64, 10}, 1}, {{10, 64}, 1}, {{70, 33}, 1}, {{3, 129, 5}, 1}, {{130, 7}, 1}, {{7, 300}, 1}, {{5, 1}, 1}, {{1, 5}, 1},
      {{4, 6, 3, 5}, 2}, {{2, 3, 4, 2, 3}, 3}, {{200, 4}, 1}, {{8, 260}, 1}, {{131, 257}, 1},
  };
  for (const Shape& shape : fixed) {
    std::vector<int> order(shape.dim.size());
    for (size_t d = 0; d < order.size(); ++d) order[d] = static_cast<int>(d);
    do {
      for (int64_t gap : {0, 3}) {
        run<T>(kernels, shape, order, 1, gap, false, numbers);
        if (order.size() < 3) run<T>(kernels, shape, order, 2, gap, true, numbers);
      }
      run<T>(kernels, shape, order, 1, 0, true, numbers);
    } while (order.size() < 4 && std::next_permutation(order.begin(), order.end()));
  }
  for (int64_t n = 0; n < 70; ++n) run<T>(kernels, {{n}, 0}, {0}, 1, 0, false, numbers);
  for (int64_t n = 1; n < 40; ++n) {
    run<T>(kernels, {{n, 9}, 1}, {1, 0}, 1, 0, true, numbers);
    run<T>(kernels, {{4, n}, 1}, {0, 1}, 1, 0, true, numbers);
  }
}

// Expanded inputs: stride 0 along a reduced or a kept dim.
void expanded(const Kernels& kernels) {
  Guarded<float> a(6), out(3);
  for (int i = 0; i < 6; ++i) a[i] = static_cast<float>(i);
  Frame reduced(0, {3, 4});
  reduced.operand(out.data(), {1, 0}).operand(a.data(), {2, 0}).ints({1});
  CHECK(kernels.reduce(reduced.call()) == Status::ok);
  CHECK(out[0] == 0 && out[1] == 8 && out[2] == 16);
  Frame kept(0, {3, 4});
  kept.operand(out.data(), {1, 0}).operand(a.data(), {0, 1}).ints({1});
  CHECK(kernels.reduce(kept.call()) == Status::ok);
  CHECK(out[0] == 6 && out[1] == 6 && out[2] == 6);
  out.check();
}

struct Layout {
  std::vector<int64_t> dim, stride;
  int kept;
  int64_t outputs() const {
    int64_t n = 1;
    for (int d = 0; d < kept; ++d) n *= dim[static_cast<size_t>(d)];
    return n;
  }
};

// Reduces `a` seen by a layout into `out`, contiguous.
void reduce_layout(const Kernels& kernels, int op, const Layout& layout, const void* a, void* out, DType dtype) {
  Frame frame(op, {});
  Call& call = frame.call();
  call.ndim = static_cast<int32_t>(layout.dim.size());
  for (size_t d = 0; d < layout.dim.size(); ++d) {
    call.dim[d] = layout.dim[d];
    call.operand[1].stride[d] = layout.stride[d];
  }
  int64_t step = 1;
  for (int d = layout.kept - 1; d >= 0; step *= layout.dim[static_cast<size_t>(d)], --d) call.operand[0].stride[d] = step;
  call.ints[0] = layout.kept;
  call.floats[8] = 1;
  call.operand[0].data = static_cast<char*>(out);
  call.operand[0].dtype = result_of(op, dtype);
  call.operand[1].data = const_cast<char*>(static_cast<const char*>(a));
  call.operand[1].dtype = dtype;
  CHECK(kernels.reduce(call) == Status::ok);
}

// Large inputs: the same bits for any number of threads, and a small error.
void large(const Kernels& kernels) {
  constexpr int64_t n = 3'000'001;
  std::vector<float> a(n);
  Numbers numbers;
  double exact = 0;
  for (float& x : a) exact += x = static_cast<float>(numbers.uniform(0, 1));
  const Layout layouts[] = {{{n}, {1}, 0}, {{3, 1'000'000}, {1, 3}, 1}, {{500, 2, 3000}, {6000, 1, 2}, 1},
                            {{200, 15'000}, {1, 200}, 1}, {{2, 1'500'000}, {1'500'000, 1}, 1}, {{3, 1000, 1000}, {1, 3000, 3}, 1}};
  for (const Layout& layout : layouts) {
    for (int op = 0; op < reduce_count; ++op) {
      std::vector<float> results[2];
      for (int threads : {1, 2}) {
        set_num_threads(threads);
        std::vector<double> out(600, -1);
        reduce_layout(kernels, op, layout, a.data(), out.data(), DType::f32);
        results[threads - 1].resize(out.size() * 2);
        std::memcpy(results[threads - 1].data(), out.data(), out.size() * 8);
      }
      CHECK(std::memcmp(results[0].data(), results[1].data(), results[0].size() * 4) == 0);
      if (op == 0 && layout.kept == 0) CHECK(std::fabs(static_cast<double>(results[0][0]) - exact) <= 1e-7 * exact);
    }
  }
  set_num_threads(1);
}

// The order of additions that sums and means have on every ISA, spelled out: that of vectors of 64 bytes.
template <class T>
struct Order {
  static constexpr int64_t kLanes = 64 / sizeof(T), kBlock = 4096, kSplit = 65536, kFoldRows = 128;
  using Lanes = std::vector<T>;

  static void add(Lanes& to, const T* from, int64_t count) {
    for (int64_t l = 0; l < count; ++l) to[static_cast<size_t>(l)] += from[l];
  }
  static T block(const T* p, int64_t n) {
    std::vector<Lanes> acc(8, Lanes(kLanes, T(0)));
    int64_t i = 0;
    if (n >= 8 * kLanes) {
      for (; i + 8 * kLanes <= n; i += 8 * kLanes)
        for (int k = 0; k < 8; ++k) add(acc[static_cast<size_t>(k)], p + i + k * kLanes, kLanes);
      if (i + 4 * kLanes <= n)
        for (int k = 0; k < 4; ++k, i += kLanes) add(acc[static_cast<size_t>(k)], p + i, kLanes);
      for (size_t half = 4; half > 0; half /= 2)
        for (size_t k = 0; k < half; ++k) add(acc[k], acc[k + half].data(), kLanes);
    } else if (n >= 4 * kLanes) {
      for (int k = 0; i + kLanes <= n; ++k, i += kLanes) add(acc[static_cast<size_t>(k % 4)], p + i, kLanes);
      add(acc[0], acc[2].data(), kLanes);
      add(acc[1], acc[3].data(), kLanes);
      add(acc[0], acc[1].data(), kLanes);
    }
    for (; i < n; i += kLanes) add(acc[0], p + i, std::min(kLanes, n - i));
    for (int64_t half = kLanes / 2; half > 0; half /= 2) add(acc[0], acc[0].data() + half, half);
    return acc[0][0];
  }
  static double row(const T* p, int64_t n) {
    double total = 0;
    for (int64_t group = 0; group < n; group += kSplit) {
      double part = 0;
      const int64_t end = std::min(n, group + kSplit);
      for (int64_t i = group; i < end; i += kBlock) part += double(block(p + i, std::min(kBlock, end - i)));
      total += part;
    }
    return total;
  }
  // Column `j` of n rows of `width` adjacent columns.
  static double column(const T* p, int64_t n, int64_t width, int64_t j) {
    const int64_t strip = 8 * kLanes, begin = j / strip * strip, wide = std::min(strip, width - begin), at = j - begin;
    const int64_t rest = wide > 4 * kLanes ? wide - 4 * kLanes : wide;
    const bool first_half = wide > 4 * kLanes && at < 4 * kLanes;
    const int64_t in_flight = wide == strip ? 1 : first_half || rest > kLanes ? 2 : 4;
    const int64_t piece = std::max(kSplit / std::min(width, strip), kFoldRows);
    double total = 0;
    for (int64_t from = 0; from < n; from += piece) {
      double part = 0;
      const int64_t to = std::min(n, from + piece);
      for (int64_t fold = from; fold < to; fold += kFoldRows) {
        T acc[4] = {};
        const int64_t rows = std::min(kFoldRows, to - fold), whole = rows / in_flight * in_flight;
        for (int64_t i = 0; i < rows; ++i) acc[i < whole ? i % in_flight : 0] += p[(fold + i) * width + j];
        for (int64_t half = in_flight / 2; half > 0; half /= 2)
          for (int64_t k = 0; k < half; ++k) acc[k] += acc[k + half];
        part += double(acc[0]);
      }
      total += part;
    }
    return total;
  }
};

template <class T>
void one_order() {
  std::vector<T> a(4'000'000);
  Numbers numbers;
  for (T& x : a) x = static_cast<T>(numbers.uniform(-2, 3));
  // The same bits as `expected(output)`, divided by the number of elements for the mean; as the first ISA where it is null.
  const auto same = [&](const Layout& layout, double (*expected)(const T*, const Layout&, int64_t)) {
    for (int op = 0; op < reduce_count; ++op) {
      const std::string name = reduce_names[op];
      if (name != "sum" && name != "mean") continue;
      std::vector<T> want, out(static_cast<size_t>(layout.outputs()));
      int64_t elements = 1;
      for (size_t d = static_cast<size_t>(layout.kept); d < layout.dim.size(); ++d) elements *= layout.dim[d];
      for (int64_t o = 0; expected != nullptr && o < layout.outputs(); ++o)
        want.push_back(static_cast<T>(expected(a.data(), layout, o) / (name == "mean" ? double(elements) : 1.0)));
      for (const Kernels* kernels : available_kernels()) {
        reduce_layout(*kernels, op, layout, a.data(), out.data(), dtype_of<T>);
        if (want.empty()) want = out;
        CHECK(std::memcmp(want.data(), out.data(), out.size() * sizeof(T)) == 0);
      }
    }
  };
  const auto rows = [](const T* p, const Layout& layout, int64_t o) {
    return Order<T>::row(p + (layout.kept == 0 ? 0 : o * layout.stride[0]), layout.dim.back());
  };
  const auto columns = [](const T* p, const Layout& layout, int64_t o) { return Order<T>::column(p, layout.dim[1], layout.dim[0], o); };
  for (int64_t n = 1; n < 160; ++n) same({{20, n}, {n + 1, 1}, 1}, rows);
  for (int64_t n : {255, 256, 257, 1000, 2000, 4095, 4096, 4097, 70'000, 200'000}) same({{n}, {1}, 0}, rows);
  same({{37, 1000}, {1003, 1}, 1}, rows);
  for (int64_t width = 2; width < 300; width += width < 140 ? 1 : 13) same({{width, 300}, {1, width}, 1}, columns);
  for (int64_t width : {5, 40, 200}) same({{width, 20'000}, {1, width}, 1}, columns);
  const Layout others[] = {{{3000}, {2}, 0}, {{9, 50, 60}, {3000, 1, 50}, 1}, {{3, 500, 700}, {1, 3, 1500}, 1},
                           {{5, 4, 70}, {280, 1, 4}, 2}, {{2, 300, 30}, {1, 80, 2}, 1}};
  for (const Layout& layout : others) same(layout, nullptr);
}

}  // namespace

int main() {
  one_order<float>();
  one_order<double>();
  for (const Kernels* kernels : available_kernels()) {
    run_shapes<float>(*kernels);
    run_shapes<double>(*kernels);
    run_shapes<int64_t>(*kernels);
    run_shapes<int32_t>(*kernels);
    run_shapes<uint8_t>(*kernels);
    expanded(*kernels);
    large(*kernels);
    std::printf("reduce %s: ok\n", kernels->isa);
  }
}
