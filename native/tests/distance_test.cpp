// distance and distance_grad against plain loops in double, on every ISA build: sizes around the blocks, strides of every
// kind, every kind of norm.
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

double distance_of(const std::vector<double>& d, double p) {
  double sum = 0;
  for (double v : d) {
    const double a = std::fabs(v);
    if (std::isinf(p)) sum = std::max(sum, a);
    else sum += p == 0 ? a != 0 : std::pow(a, p);
  }
  return p == 0 || std::isinf(p) ? sum : std::pow(sum, 1 / p);
}

// A matrix by rows or by columns.
struct Layout {
  int64_t row, column;
};
Layout layout_of(bool by_rows, int64_t rows, int64_t columns) { return by_rows ? Layout{columns, 1} : Layout{1, rows}; }

template <class T>
void pairs(const Kernels& kernels, int64_t P, int64_t R, int64_t M, double p, bool by_rows, Numbers& numbers) {
  Guarded<T> a(P * M), b(R * M), out(P * R), g(P * R), da(P * M), y(P * R);
  for (int64_t i = 0; i < P * M; ++i) a[i] = T(numbers.below(9) - 4) / T(2);
  for (int64_t i = 0; i < R * M; ++i) b[i] = T(numbers.below(9) - 4) / T(2);
  for (int64_t i = 0; i < P * R; ++i) g[i] = T(numbers.uniform(-1, 1));
  const Layout la = layout_of(by_rows, P, M), lb = layout_of(!by_rows, R, M), lo = layout_of(by_rows, P, R);
  Frame call(0, {1, P, R, M});
  call.operand(out.data(), {0, lo.row, lo.column, 0}).operand(a.data(), {0, la.row, 0, la.column}).operand(b.data(), {0, 0, lb.row, lb.column}).params({p});
  CHECK(kernels.distance(call.call()) == Status::ok);
  const double eps = sizeof(T) == 4 ? 1e-6 : 1e-14;
  for (int64_t i = 0; i < P; ++i) {
    for (int64_t j = 0; j < R; ++j) {
      std::vector<double> d;
      for (int64_t m = 0; m < M; ++m) d.push_back(double(a[i * la.row + m * la.column]) - double(b[j * lb.row + m * lb.column]));
      const double expected = distance_of(d, p);
      CHECK(std::fabs(out[i * lo.row + j * lo.column] - expected) <= 8 * eps * (1 + expected));
      y[i * lo.row + j * lo.column] = T(expected);
    }
  }
  Frame back(0, {1, P, R, M});
  back.operand(da.data(), {0, la.row, 0, la.column}).operand(a.data(), {0, la.row, 0, la.column}).operand(b.data(), {0, 0, lb.row, lb.column});
  back.operand(g.data(), {0, lo.row, lo.column, 0}).operand(y.data(), {0, lo.row, lo.column, 0}).params({p});
  CHECK(kernels.distance_grad(back.call()) == Status::ok);
  for (int64_t i = 0; i < P; ++i) {
    for (int64_t m = 0; m < M; ++m) {
      double sum = 0, scale = 1;
      for (int64_t j = 0; j < R; ++j) {
        const double d = double(a[i * la.row + m * la.column]) - double(b[j * lb.row + m * lb.column]);
        const double whole = y[i * lo.row + j * lo.column], upstream = g[i * lo.row + j * lo.column];
        if (p == 0 || whole == 0 || d == 0) continue;
        const double slope = std::isinf(p) ? std::fabs(d) == whole : std::pow(std::fabs(d) / whole, p - 1);
        sum += std::copysign(slope, d) * upstream;
        scale += std::fabs(slope * upstream);
      }
      CHECK(std::fabs(da[i * la.row + m * la.column] - sum) <= 16 * eps * scale);
    }
  }
  out.check();
  da.check();
}

}  // namespace

int main() {
  for (const Kernels* kernels : available_kernels()) {
    Numbers numbers;
    for (double p : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0, std::numeric_limits<double>::infinity()}) {
      for (int64_t P : {1, 5, 66})
        for (int64_t R : {1, 17, 131})
          for (int64_t M : {1, 3, 67}) {
            pairs<float>(*kernels, P, R, M, p, (P + R + M) % 2 == 0, numbers);
            pairs<double>(*kernels, P, R, M, p, (P + R + M) % 2 != 0, numbers);
          }
    }
    // Where a dim is empty nothing is written.
    Guarded<float> nothing(4, 7.0f);
    for (int64_t empty : {0, 1, 2}) {
      Frame call(0, {empty == 0 ? 0 : 2, empty == 1 ? 0 : 2, empty == 2 ? 0 : 2});
      call.operand(nothing.data(), {2, 1, 0}).operand(nothing.data(), {2, 0, 1}).operand(nothing.data(), {0, 2, 1}).params({1});
      CHECK(kernels->distance(call.call()) == Status::ok);
      for (int i = 0; i < 4; ++i) CHECK(nothing[i] == 7.0f);
    }
    std::printf("%s: ok\n", kernels->isa);
  }
  return 0;
}
