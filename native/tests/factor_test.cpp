// factor and triangular of every ISA against plain loops in float64: what the factors give when multiplied, sizes around the
// blocks, batches, rectangles, singular and indefinite matrices, any strides of a triangle.
#include <algorithm>

#include "../op_names.h"
#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

constexpr int kLower = 0;
Numbers numbers;

template <class T> constexpr double kEps = sizeof(T) == 4 ? 1.2e-7 : 2.3e-16;

void near(const char* what, const char* isa, int64_t n, double value, double expected, double bound) {
  if (std::fabs(value - expected) <= bound) return;
  std::printf("%s: %s of %lld: %.9g, expected %.9g within %g\n", isa, what, (long long)n, value, expected, bound);
  std::exit(1);
}

template <class T>
Guarded<T> random(int64_t n) {
  Guarded<T> a(n);
  for (int64_t i = 0; i < n; ++i) a[i] = T(numbers.uniform(-1, 1));
  return a;
}

template <class T>
Status run_factor(const Kernels& k, const char* name, int64_t batch, int64_t m, int64_t n, int64_t r, T* a, int32_t* pivots, int32_t* info, T* x, bool pivoting = true) {
  Frame call(index_of(name, factor_names), {batch, m, n, r});
  call.operand(a, {0, 0, 0, 0});
  if (pivots) call.operand(pivots, {0, 0, 0, 0});
  else call.absent();
  call.operand(info, {0, 0, 0, 0});
  if (x) call.operand(x, {0, 0, 0, 0});
  else call.absent();
  call.ints({pivoting ? 1 : 0});
  return k.factor(call.call());
}

template <class T>
void cholesky_case(const Kernels& k, int64_t batch, int64_t n) {
  Guarded<T> a = random<T>(batch * n * n);
  Guarded<int32_t> info(batch, 7);
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < n; ++i) a[b * n * n + i * n + i] = T(double(n) + 1);
  Guarded<T> before = a;
  CHECK(run_factor<T>(k, "cholesky", batch, n, n, 0, a.data(), nullptr, info.data(), nullptr) == Status::ok);
  a.check(), info.check();
  for (int64_t b = 0; b < batch; ++b) {
    T* const u = a.data() + b * n * n;
    CHECK(info[b] == 0);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        if (j < i) {
          CHECK(u[i * n + j] == 0);
          continue;
        }
        double sum = 0;
        for (int64_t t = 0; t <= i; ++t) sum += double(u[t * n + i]) * double(u[t * n + j]);
        near("cholesky", k.isa, n, sum, double(before[b * n * n + i * n + j]), kEps<T> * 4 * double(n + 1));
      }
  }
}

template <class T>
void indefinite(const Kernels& k, int64_t n, int64_t at) {
  Guarded<T> a(n * n);
  Guarded<int32_t> info(1);
  for (int64_t i = 0; i < n; ++i) a[i * n + i] = T(i == at ? -1 : 2);
  CHECK(run_factor<T>(k, "cholesky", 1, n, n, 0, a.data(), nullptr, info.data(), nullptr) == Status::ok);
  CHECK(info[0] == at + 1);
}

// P L U = A, and the pivots are the largest of what is left.
template <class T>
void lu_case(const Kernels& k, int64_t batch, int64_t m, int64_t n, bool pivoting) {
  const int64_t d = m < n ? m : n;
  Guarded<T> a = random<T>(batch * m * n);
  if (!pivoting)
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t i = 0; i < d; ++i) a[b * m * n + i * n + i] = T(double(n + m));
  Guarded<T> before = a;
  Guarded<int32_t> pivots(batch * d), info(batch, 7);
  CHECK(run_factor<T>(k, "lu", batch, m, n, 0, a.data(), pivots.data(), info.data(), nullptr, pivoting) == Status::ok);
  a.check(), pivots.check(), info.check();
  for (int64_t b = 0; b < batch; ++b) {
    std::vector<int64_t> order(static_cast<size_t>(m));
    for (int64_t i = 0; i < m; ++i) order[size_t(i)] = i;
    for (int64_t i = 0; i < d; ++i) {
      const int64_t at = pivots[b * d + i] - 1;
      CHECK(at >= i && at < m && (pivoting || at == i));
      std::swap(order[size_t(i)], order[size_t(at)]);
    }
    CHECK(info[b] == 0);
    T* const f = a.data() + b * m * n;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        if (j < i && pivoting) CHECK(std::fabs(f[i * n + j]) <= 1 + 4 * kEps<T>);
        double sum = 0, terms = 0;
        for (int64_t t = 0; t <= (i < j ? i : j); ++t) {
          const double term = (t == i ? 1 : double(f[i * n + t])) * double(f[t * n + j]);
          sum += term;
          terms += std::fabs(term);
        }
        near("lu", k.isa, n, sum, double(before[b * m * n + order[size_t(i)] * n + j]), kEps<T> * double(n + 4) * (terms + 1));
      }
  }
}

template <class T>
void solve_case(const Kernels& k, bool inverse, int64_t batch, int64_t n, int64_t r) {
  Guarded<T> a = random<T>(batch * n * n), x = random<T>(batch * n * r);
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < n; ++i) a[b * n * n + i * n + (i * 3 + 1) % n] += T(n % 3 == 0 ? 0 : 4);
  Guarded<T> matrix = a, right = x;
  Guarded<int32_t> pivots(batch * n), info(batch, 7);
  CHECK(run_factor<T>(k, inverse ? "inverse" : "solve", batch, n, n, r, a.data(), pivots.data(), info.data(), x.data()) == Status::ok);
  a.check(), x.check(), pivots.check(), info.check();
  for (int64_t b = 0; b < batch; ++b) {
    CHECK(info[b] == 0);
    double growth = 1;
    for (int64_t i = 0; i < n * r; ++i) growth = std::max(growth, std::fabs(double(x[b * n * r + i])));
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < r; ++j) {
        double sum = 0;
        for (int64_t t = 0; t < n; ++t) sum += double(matrix[b * n * n + i * n + t]) * double(x[b * n * r + t * r + j]);
        const double expected = inverse ? double(i == j) : double(right[b * n * r + i * r + j]);
        near(inverse ? "inverse" : "solve", k.isa, n, sum, expected, kEps<T> * double(n + 4) * double(n + 4) * growth);
      }
  }
}

template <class T>
void singular(const Kernels& k, int64_t n, int64_t at) {
  Guarded<T> a = random<T>(n * n);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) a[i * n + j] = T(j == at ? 0 : i == j ? 9 : double(a[i * n + j]));
  Guarded<int32_t> pivots(n), info(1);
  CHECK(run_factor<T>(k, "lu", 1, n, n, 0, a.data(), pivots.data(), info.data(), nullptr) == Status::ok);
  CHECK(info[0] == at + 1);
  for (int64_t i = 0; i < n * n; ++i) a[i] = std::numeric_limits<T>::quiet_NaN();
  CHECK(run_factor<T>(k, "lu", 1, n, n, 0, a.data(), pivots.data(), info.data(), nullptr) == Status::ok);
  CHECK(info[0] == 0);
}

// The triangle's elements lie `row` and `col` apart; the other triangle and a unit diagonal hold NaN.
template <class T>
void triangular_case(const Kernels& k, int op, bool unit, int64_t batch, int64_t n, int64_t r, bool turned, int64_t apart) {
  const int64_t row = turned ? apart : n * apart, col = turned ? n * apart : apart;
  Guarded<T> t(batch * n * n * apart, std::numeric_limits<T>::quiet_NaN()), x = random<T>(batch * n * r), right = x;
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j)
        if ((op == kLower ? j <= i : j >= i) && !(unit && i == j))
          t[b * n * n * apart + i * row + j * col] = i == j ? T(numbers.uniform(1, 2)) : T(numbers.uniform(-1, 1) / double(n));
  Frame call(op, {batch, n, n, r});
  call.operand(x.data(), {n * r, r, 0, 1}).operand(t.data(), {n * n * apart, row, col, 0}).ints({unit ? 1 : 0});
  CHECK(k.triangular(call.call()) == Status::ok);
  x.check();
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < r; ++j) {
        double sum = unit ? double(x[(b * n + i) * r + j]) : 0;
        for (int64_t c = op == kLower ? 0 : unit ? i + 1 : i; c < (op == kLower ? (unit ? i : i + 1) : n); ++c)
          sum += double(t[b * n * n * apart + i * row + c * col]) * double(x[(b * n + c) * r + j]);
        near("triangular", k.isa, n, sum, double(right[(b * n + i) * r + j]), kEps<T> * double(n + 8) * 4);
      }
}

template <class T>
void all_cases(const Kernels& k) {
  for (int64_t n : {0, 1, 2, 3, 5, 8, 9, 15, 16, 17, 31, 33, 64, 100, 131}) {
    cholesky_case<T>(k, n < 20 ? 21 : 1, n);
    lu_case<T>(k, n < 20 ? 21 : 1, n, n, true);
    lu_case<T>(k, 2, n, n, false);
    for (int64_t r : {1, 3, 16, 40}) solve_case<T>(k, false, n < 20 ? 19 : 1, n, r);
    solve_case<T>(k, true, n < 20 ? 19 : 1, n, n);
    for (int op : {0, 1})
      for (int unit : {0, 1})
        for (int turned : {0, 1}) {
          for (int64_t r : {0, 1, 2, 16, 33, 70}) triangular_case<T>(k, op, unit != 0, n < 20 ? 19 : 1, n, r, turned != 0, 1);
          triangular_case<T>(k, op, unit != 0, 2, n, 1 + n % 2, turned != 0, 2);
        }
    for (int64_t at = 0; at < n; at += 7) indefinite<T>(k, n, at), singular<T>(k, n, at);
  }
  cholesky_case<T>(k, 0, 3);
  lu_case<T>(k, 0, 3, 4, true);
  solve_case<T>(k, true, 0, 2, 2);
  triangular_case<T>(k, 0, false, 0, 2, 3, false, 1);
  for (int64_t m : {1, 7, 20, 50})
    for (int64_t n : {1, 9, 33, 90}) lu_case<T>(k, 2, m, n, true);
}

}  // namespace

int main() {
  for (const Kernels* k : available_kernels())
    for (int threads : {1, 2}) {
      set_num_threads(threads);
      all_cases<float>(*k);
      all_cases<double>(*k);
    }
  std::printf("factor: ok\n");
}
