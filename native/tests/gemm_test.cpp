// matmul of every ISA build against three nested loops. Operands are small integers, so sums are exact in any order
// and results must be equal, not close; a second test bounds the rounding of real numbers, a third compares the bits
// of several thread counts.
#include <functional>
#include <type_traits>

#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

enum Activation : int64_t { kNone, kRelu, kSigmoid, kTanh, kGelu, kSilu };

double activate(int64_t activation, double x) {
  switch (activation) {
    case kRelu: return x > 0 ? x : 0;
    case kSigmoid: return 1 / (1 + std::exp(-x));
    case kTanh: return std::tanh(x);
    case kGelu: return 0.5 * x * std::erfc(-x * std::sqrt(0.5));
    case kSilu: return x / (1 + std::exp(-x));
    default: return x;
  }
}

// How a matrix lies in memory.
enum class Layout { rows, columns, padded_rows, padded_columns, spread };

struct Strides {
  int64_t row, column, matrix;  // matrix: from one matrix of a batch to the next
};

Strides strides_of(Layout layout, int64_t rows, int64_t columns) {
  switch (layout) {
    case Layout::rows: return {columns, 1, rows * columns};
    case Layout::columns: return {1, rows, rows * columns};
    case Layout::padded_rows: return {columns + 3, 1, rows * (columns + 3) + 2};
    case Layout::padded_columns: return {1, rows + 5, columns * (rows + 5) + 1};
    default: return {3 * columns + 1, 3, rows * (3 * columns + 1) + 7};
  }
}

int64_t extent(const Strides& s, int64_t matrices, int64_t rows, int64_t columns) {
  if (matrices == 0 || rows == 0 || columns == 0) return 0;
  return (matrices - 1) * s.matrix + (rows - 1) * s.row + (columns - 1) * s.column + 1;
}

constexpr int64_t kGap = -7777;  // in gaps of the output, which must survive; gaps of inputs hold NaN

template <class T>
T gap() {
  if constexpr (std::is_integral_v<T>) return T(kGap);
  else return T(std::numeric_limits<double>::quiet_NaN());
}

// A vector sized exactly, so that a sanitizer sees reads past its end.
template <class T>
std::vector<T> matrices(const Strides& s, int64_t count, int64_t rows, int64_t columns, const std::function<T()>& value) {
  std::vector<T> v(static_cast<size_t>(extent(s, count, rows, columns)), gap<T>());
  for (int64_t x = 0; x < count; ++x)
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) v[static_cast<size_t>(x * s.matrix + i * s.row + j * s.column)] = value();
  return v;
}

enum class Bias { none, per_column, per_row, scalar, full };

struct Case {
  int64_t m, n, k;
  Layout a = Layout::rows, b = Layout::rows, c = Layout::rows;
  Bias bias = Bias::none;
  int64_t activation = kNone;
  bool accumulate = false;
  int64_t batch[2] = {1, 1};
  bool a_batched[2] = {true, true}, b_batched[2] = {true, true};  // false: stride 0 along that batch dim
  bool integers = true;  // values; exact comparison
};

Numbers numbers;

// The largest error in units of `2^-(mantissa bits) * (sum of absolute terms)`.
template <class T>
double run(const Kernels& kernels, const Case& t) {
  const std::function<T()> value = [&] { return t.integers ? T(numbers.below(9) - 4) : T(numbers.uniform(-1, 1)); };
  const int64_t batches = t.batch[0] * t.batch[1];
  const auto batch_strides = [&](const Strides& s, const bool (&has)[2]) {
    return std::pair<int64_t, int64_t>(has[0] ? s.matrix * (has[1] ? t.batch[1] : 1) : 0, has[1] ? s.matrix : 0);
  };
  const auto count = [&](const bool (&has)[2]) { return (has[0] ? t.batch[0] : 1) * (has[1] ? t.batch[1] : 1); };
  constexpr bool kAll[2] = {true, true};

  const Strides as = strides_of(t.a, t.m, t.k), bs = strides_of(t.b, t.k, t.n), cs = strides_of(t.c, t.m, t.n);
  const auto [a0, a1] = batch_strides(as, t.a_batched);
  const auto [b0, b1] = batch_strides(bs, t.b_batched);
  const auto [c0, c1] = batch_strides(cs, kAll);
  std::vector<T> a = matrices<T>(as, count(t.a_batched), t.m, t.k, value);
  std::vector<T> b = matrices<T>(bs, count(t.b_batched), t.k, t.n, value);
  const Strides fs = {1, t.m, t.m * t.n};
  std::vector<T> bias = matrices<T>(fs, t.bias == Bias::full ? batches : 1, t.m, t.n, value);
  const int64_t bias_row = t.bias == Bias::per_row || t.bias == Bias::full ? 1 : 0;
  const int64_t bias_column = t.bias == Bias::full ? t.m : t.bias == Bias::per_column ? 1 : 0;
  const int64_t f0 = t.bias == Bias::full ? fs.matrix * t.batch[1] : 0, f1 = t.bias == Bias::full ? fs.matrix : 0;

  Guarded<T> c(extent(cs, batches, t.m, t.n), T(kGap));
  std::vector<char> owned(static_cast<size_t>(c.size()));
  for (int64_t x = 0; x < batches; ++x)
    for (int64_t i = 0; i < t.m; ++i)
      for (int64_t j = 0; j < t.n; ++j) {
        const int64_t at = x * cs.matrix + i * cs.row + j * cs.column;
        // Without accumulation what C held must not matter.
        c[at] = t.accumulate ? value() : gap<T>();
        owned[static_cast<size_t>(at)] = 1;
      }
  std::vector<T> before(c.data(), c.data() + c.size());

  Frame frame(0, {t.batch[0], t.batch[1], t.m, t.n, t.k});
  frame.operand(c.data(), {c0, c1, cs.row, cs.column, 0})
      .operand(a.data(), {a0, a1, as.row, 0, as.column})
      .operand(b.data(), {b0, b1, 0, bs.column, bs.row});
  if (t.bias == Bias::none) frame.absent();
  else frame.operand(bias.data(), {f0, f1, bias_row, bias_column, 0});
  frame.ints({t.activation, t.accumulate});
  CHECK(kernels.matmul(frame.call()) == Status::ok);

  c.check();
  double worst = 0;
  for (int64_t at = 0; at < c.size(); ++at) CHECK(owned[static_cast<size_t>(at)] || c[at] == T(kGap));
  for (int64_t x = 0; x < batches; ++x)
    for (int64_t i = 0; i < t.m; ++i)
      for (int64_t j = 0; j < t.n; ++j) {
        const int64_t x0 = x / t.batch[1], x1 = x % t.batch[1], at = x * cs.matrix + i * cs.row + j * cs.column;
        double sum = t.accumulate ? double(before[static_cast<size_t>(at)]) : 0, absolute = std::fabs(sum);
        for (int64_t k = 0; k < t.k; ++k) {
          const double term = double(a[static_cast<size_t>(x0 * a0 + x1 * a1 + i * as.row + k * as.column)]) *
                              double(b[static_cast<size_t>(x0 * b0 + x1 * b1 + k * bs.row + j * bs.column)]);
          sum += term;
          absolute += std::fabs(term);
        }
        if (t.bias != Bias::none) {
          const double v = double(bias[static_cast<size_t>(x0 * f0 + x1 * f1 + i * bias_row + j * bias_column)]);
          sum += v;
          absolute += std::fabs(v);
        }
        const double expected = activate(t.activation, sum), got = double(c[at]);
        if (t.integers && got != double(T(expected))) {
          std::fprintf(stderr, "%s f%zu m %lld n %lld k %lld layouts %d %d %d bias %d activation %d accumulate %d at [%lld, %lld, %lld]: %g, not %g\n",
                       kernels.isa, 8 * sizeof(T), (long long)t.m, (long long)t.n, (long long)t.k, int(t.a), int(t.b), int(t.c),
                       int(t.bias), int(t.activation), t.accumulate, (long long)x, (long long)i, (long long)j, got, expected);
          std::exit(1);
        }
        const double unit = (sizeof(T) == 8 ? 0x1p-53 : 0x1p-24) * (absolute > 0.5 ? absolute : 0.5);
        // Half floats sum in float32 and are rounded once.
        const double rounded = std::is_same_v<T, Half> ? 0x1p-11 : std::is_same_v<T, Brain> ? 0x1p-8 : 0;
        const double off = std::fabs(got - expected) - rounded * (1 + 0x1p-9) * std::fabs(expected), error = off < 0 ? 0 : off / unit;
        if (!(error <= worst)) worst = error;  // a NaN stays
      }
  return worst;
}

constexpr Layout kLayouts[] = {Layout::rows, Layout::columns};

template <class T>
void small_sizes(const Kernels& kernels) {
  for (int64_t m = 1; m <= 17; ++m)
    for (int64_t n = 1; n <= 17; ++n)
      for (int64_t k = 0; k <= 17; ++k) {
        if (k > 5 && k < 15 && (m + n + k) % 3 != 0) continue;
        for (Layout a : kLayouts)
          for (Layout b : kLayouts)
            for (bool accumulate : {false, true})
              run<T>(kernels, {.m = m, .n = n, .k = k, .a = a, .b = b, .bias = accumulate ? Bias::none : Bias::per_column,
                               .accumulate = accumulate});
      }
}

template <class T>
void medium_sizes(const Kernels& kernels) {
  const int64_t sizes[] = {1, 2, 7, 15, 29, 31, 33, 65, 100, 145};
  for (int64_t m : sizes)
    for (int64_t n : sizes)
      for (int64_t k : {1, 31, 33, 130})
        for (Layout a : kLayouts)
          for (Layout b : kLayouts) {
            const bool odd = (m + n + k + int(a)) % 2 != 0;
            run<T>(kernels, {.m = m, .n = n, .k = k, .a = a, .b = b, .bias = odd ? Bias::per_row : Bias::none,
                             .accumulate = !odd});
          }
}

template <class T>
void every_layout(const Kernels& kernels) {
  const Layout all[] = {Layout::rows, Layout::columns, Layout::padded_rows, Layout::padded_columns, Layout::spread};
  for (Layout a : all)
    for (Layout b : all)
      for (Layout c : all)
        for (Bias bias : {Bias::none, Bias::per_column, Bias::per_row, Bias::scalar, Bias::full})
          for (bool accumulate : {false, true})
            for (const auto& [m, n, k] : {std::tuple<int64_t, int64_t, int64_t>{1, 37, 20}, {37, 1, 20}, {1, 1, 50}, {3, 40, 1}, {18, 35, 9}, {6, 5, 0}})
              run<T>(kernels, {.m = m, .n = n, .k = k, .a = a, .b = b, .c = c, .bias = bias,
                               .activation = accumulate ? kNone : kRelu, .accumulate = accumulate});
}

// Half floats are slow to compare: their blocks are those of float32, so that its sizes stand for most of theirs.
template <class T>
bool left_out(int64_t m, int64_t n, int64_t k) {
  return sizeof(T) == 2 && m * n * k > 1'000'000;
}

// More than one block of depth, of columns, of rows, and strides that are powers of two.
template <class T>
void large_sizes(const Kernels& kernels) {
  for (const auto& [m, n, k] : {std::tuple<int64_t, int64_t, int64_t>{33, 70, 700}, {300, 40, 333}, {30, 1700, 17}, {20, 300, 512},
                                {1, 9000, 19}, {1, 40, 1000}, {9, 40, 1000}, {400, 33, 9}, {1000, 1, 300}, {15, 20, 2051}})
    for (Layout a : kLayouts)
      for (Layout b : kLayouts)
        for (bool accumulate : {false, true})
          if (!left_out<T>(m, n, k))
            run<T>(kernels, {.m = m, .n = n, .k = k, .a = a, .b = b, .bias = accumulate ? Bias::none : Bias::per_column,
                             .accumulate = accumulate});
  run<T>(kernels, {.m = 300, .n = 290, .k = 8, .c = Layout::spread, .accumulate = true});
  run<T>(kernels, {.m = 300, .n = 290, .k = 8, .c = Layout::padded_columns});
}

template <class T>
void batches(const Kernels& kernels) {
  for (bool a0 : {false, true})
    for (bool a1 : {false, true})
      for (bool b0 : {false, true})
        for (bool b1 : {false, true})
          for (Layout layout : {Layout::rows, Layout::columns, Layout::padded_rows, Layout::spread})
            for (Bias bias : {Bias::none, Bias::per_column, Bias::full})
              for (const auto& [m, n, k] : {std::tuple<int64_t, int64_t, int64_t>{5, 18, 7}, {1, 9, 30}, {16, 1, 4}, {2, 33, 0}})
                for (int64_t outer : {1, 2})
                  for (Layout c : {layout, Layout::padded_rows})  // the matrices of out need not follow as those of a do
                    run<T>(kernels, {.m = m, .n = n, .k = k, .a = layout, .b = layout, .c = c, .bias = bias,
                                     .accumulate = a0, .batch = {outer, 3}, .a_batched = {a0, a1}, .b_batched = {b0, b1}});
  for (int64_t empty : {0, 1, 2, 3}) {
    Case t = {.m = 3, .n = 4, .k = 5};
    (empty == 0 ? t.batch[0] : empty == 1 ? t.batch[1] : empty == 2 ? t.m : t.n) = 0;
    run<T>(kernels, t);
  }
}

template <class T>
void rounding(const Kernels& kernels) {
  for (Layout a : kLayouts)
    for (Layout b : kLayouts)
      for (const auto& [m, n, k] : {std::tuple<int64_t, int64_t, int64_t>{65, 100, 700}, {1, 50, 1000}, {3, 50, 1000}, {64, 10, 128}}) {
        if (left_out<T>(m, n, k)) continue;
        // Measured: at most 3.8, and the float64 reference rounds as often itself.
        const double error = run<T>(kernels, {.m = m, .n = n, .k = k, .a = a, .b = b, .bias = Bias::per_column, .integers = false});
        CHECK(error <= 8);
        for (int64_t activation : {kRelu, kSigmoid, kTanh, kGelu, kSilu}) {
          const double activated = run<T>(kernels, {.m = m, .n = n, .k = k, .a = a, .b = b, .bias = Bias::per_row,
                                                    .activation = activation, .integers = false});
          CHECK(activated <= 8);
        }
      }
}

template <class T>
void threads(const Kernels& kernels) {
  for (const auto& [m, n, k] : {std::tuple<int64_t, int64_t, int64_t>{200, 150, 340}, {64, 128, 784}, {1, 3000, 700}, {7, 900, 400}, {700, 9, 400}, {40, 30, 50}})
    for (Layout la : kLayouts)
      for (Layout lb : kLayouts) {
        const Strides as = strides_of(la, m, k), bs = strides_of(lb, k, n);
        const std::function<T()> value = [] { return T(numbers.uniform(-1, 1)); };
        const std::vector<T> a = matrices<T>(as, 2, m, k, value), b = matrices<T>(bs, 2, k, n, value);
        std::vector<T> first;
        for (int count : {1, 2, 3, 7}) {
          set_num_threads(count);
          std::vector<T> c(static_cast<size_t>(2 * m * n));
          Frame frame(0, {2, m, n, k});
          frame.operand(c.data(), {m * n, n, 1, 0})
              .operand(const_cast<T*>(a.data()), {as.matrix, as.row, 0, as.column})
              .operand(const_cast<T*>(b.data()), {bs.matrix, 0, bs.column, bs.row})
              .absent();
          CHECK(kernels.matmul(frame.call()) == Status::ok);
          if (first.empty()) first = c;
          CHECK(std::memcmp(first.data(), c.data(), c.size() * sizeof(T)) == 0);
        }
      }
  set_num_threads(2);
}

void integers_wrap(const Kernels& kernels) {
  const int32_t a[2] = {2147483647, 5}, b[2] = {3, -2147483647 - 1};
  int32_t c = 11;
  Frame frame(0, {1, 1, 2});
  frame.operand(&c, {0, 0, 0}).operand(const_cast<int32_t*>(a), {0, 0, 1}).operand(const_cast<int32_t*>(b), {0, 0, 1}).absent().ints({0, 1});
  CHECK(kernels.matmul(frame.call()) == Status::ok);
  CHECK(c == int32_t(uint32_t(2147483647u) * 3u + 5u * 2147483648u + 11u));
  frame.ints({kGelu, 0});
  CHECK(kernels.matmul(frame.call()) == Status::unsupported);
}

template <class T>
void exact(const Kernels& kernels) {
  small_sizes<T>(kernels);
  medium_sizes<T>(kernels);
  every_layout<T>(kernels);
  large_sizes<T>(kernels);
  batches<T>(kernels);
}

void bfloats(const Kernels& kernels) {
  small_sizes<Brain>(kernels);
  every_layout<Brain>(kernels);
  large_sizes<Brain>(kernels);
  rounding<Brain>(kernels);
  threads<Brain>(kernels);
  std::printf("matmul %s: ok\n", kernels.isa);
}

}  // namespace

int main() {
  set_num_threads(2);
  for (const Kernels* kernels : available_kernels()) {
    exact<float>(*kernels);
    exact<double>(*kernels);
    every_layout<int64_t>(*kernels);
    every_layout<int32_t>(*kernels);
    batches<int64_t>(*kernels);
    integers_wrap(*kernels);
    rounding<float>(*kernels);
    rounding<double>(*kernels);
    threads<float>(*kernels);
    threads<double>(*kernels);
    every_layout<Half>(*kernels);
    large_sizes<Half>(*kernels);
    rounding<Half>(*kernels);
    threads<Half>(*kernels);
    bfloats(*kernels);
  }
  if (const Kernels* kernels = pair_kernels()) bfloats(*kernels);
}
