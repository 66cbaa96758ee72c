// orthogonal of every ISA: what the factors give when multiplied in float64, and how far their columns are from orthonormal, for
// sizes around the blocks, batches, rectangles, ranks that are not full and numbers whose squares overflow or vanish.
#include "../op_names.h"
#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

Numbers numbers;

template <class T> constexpr double kEps = sizeof(T) == 4 ? 1.2e-7 : 2.3e-16;

void at_most(const char* what, const char* isa, int64_t m, int64_t n, double value, double bound) {
  if (value <= bound) return;
  std::printf("%s: %s of %lld x %lld: %.9g, expected at most %g\n", isa, what, (long long)m, (long long)n, value, bound);
  std::exit(1);
}

enum class Kind { random, graded, repeated, zero, low_rank, tiny, huge, kinds };

template <class T>
void fill(Kind kind, T* a, int64_t m, int64_t n) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      const double value = numbers.uniform(-1, 1);
      double v = value;
      if (kind == Kind::graded) v = value * std::exp(-0.7 * double(j));
      if (kind == Kind::repeated) v = double(i == j) * 3;
      if (kind == Kind::zero) v = 0;
      if (kind == Kind::low_rank) v = std::sin(double(i)) * std::cos(double(j)) + double(i % 3 == 1) * double(j % 2);
      if (kind == Kind::tiny) v = value * (sizeof(T) == 4 ? 1e-30 : 1e-250);
      if (kind == Kind::huge) v = value * (sizeof(T) == 4 ? 1e30 : 1e250);
      a[i * n + j] = T(v);
    }
}

template <class T>
Status run(const Kernels& k, const char* name, int64_t batch, int64_t m, int64_t n, int64_t l, int64_t r, T* a, T* values, T* left, T* right) {
  Frame call(index_of(name, orthogonal_names), {batch, m, n, l, r});
  call.operand(a, {0, 0, 0, 0, 0}).operand(values, {0, 0, 0, 0, 0}).absent();
  if (left) call.operand(left, {0, 0, 0, 0, 0});
  else call.absent();
  if (right) call.operand(right, {0, 0, 0, 0, 0});
  else call.absent();
  call.ints({0});
  return k.orthogonal(call.call());
}

// The largest element of |Q^T Q - I| for Q [m, n].
template <class T>
double skewness(const T* q, int64_t m, int64_t n) {
  double worst = 0;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j <= i; ++j) {
      double sum = i == j ? -1 : 0;
      for (int64_t t = 0; t < m; ++t) sum += double(q[t * n + i]) * double(q[t * n + j]);
      if (!(std::fabs(sum) <= worst)) worst = std::fabs(sum);
    }
  return worst;
}

template <class T>
double peak_of(const T* a, int64_t n) {
  double peak = 0;
  for (int64_t i = 0; i < n; ++i)
    if (std::fabs(double(a[i])) > peak) peak = std::fabs(double(a[i]));
  return peak;
}

// The largest element of |L R - A| over the largest of |A|, for L [m, k] of rows of `l` and R [k, n].
template <class T>
double residual(const T* a, const T* left, int64_t l, const T* right, int64_t m, int64_t n, int64_t k) {
  const double peak = peak_of(a, m * n), scale = peak > 0 ? 1 / peak : 1;
  double worst = 0;
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = -double(a[i * n + j]) * scale;
      for (int64_t t = 0; t < k; ++t) sum += double(left[i * l + t]) * (double(right[t * n + j]) * scale);
      if (!(std::fabs(sum) <= worst)) worst = std::fabs(sum);
    }
  return worst;
}

template <class T>
void qr_case(const Kernels& k, Kind kind, int64_t batch, int64_t m, int64_t n, int64_t l) {
  const int64_t d = m < n ? m : n;
  Guarded<T> a(batch * m * n), tau(batch * d, T(7)), q(batch * m * l, T(7)), r(batch * l * n, T(7)), again(batch * m * l, T(7));
  for (int64_t b = 0; b < batch; ++b) fill(kind, a.data() + b * m * n, m, n);
  Guarded<T> before = a;
  CHECK(run<T>(k, "qr", batch, m, n, l, l, a.data(), tau.data(), q.data(), r.data()) == Status::ok);
  a.check(), tau.check(), q.check(), r.check();
  const double bound = kEps<T> * (2 * double(m + n) + 10);
  for (int64_t b = 0; b < batch; ++b) {
    const T* const triangle = r.data() + b * l * n;
    for (int64_t i = 0; i < l; ++i)
      for (int64_t j = 0; j < n; ++j) CHECK(j < i ? triangle[i * n + j] == 0 : triangle[i * n + j] == a[b * m * n + i * n + j]);
    at_most("Q^T Q", k.isa, m, l, skewness(q.data() + b * m * l, m, l), bound);
    if (l >= d) at_most("Q R", k.isa, m, n, residual(before.data() + b * m * n, q.data() + b * m * l, l, triangle, m, n, l), bound);
  }
  if (n > m) return;
  CHECK(run<T>(k, "columns", batch, m, n, l, 0, a.data(), tau.data(), again.data(), nullptr) == Status::ok);
  again.check();
  for (int64_t i = 0; i < batch * m * l; ++i) CHECK(std::fabs(double(again[i]) - double(q[i])) <= bound);
}

// LAPACK's signs and factors.
template <class T>
void conventions(const Kernels& k) {
  T a[] = {0, 1, 1, 0}, tau[2];
  CHECK(run<T>(k, "qr", 1, 2, 2, 0, 0, a, tau, nullptr, nullptr) == Status::ok);
  CHECK(a[0] == -1 && a[1] == 0 && a[2] == 1 && a[3] == -1 && tau[0] == 1 && tau[1] == 0);
  T column[] = {-2, 0, 0}, one;
  CHECK(run<T>(k, "qr", 1, 3, 1, 0, 0, column, &one, nullptr, nullptr) == Status::ok);
  CHECK(column[0] == -2 && one == 0);
  // No more scratch and time than what there is to factor.
  constexpr int64_t far = (int64_t{1} << 31) - 1;
  CHECK(run<T>(k, "qr", 1, 0, far, 0, 0, a, tau, nullptr, nullptr) == Status::ok);
  CHECK(run<T>(k, "qr", far, 0, 3, 0, 0, a, tau, nullptr, nullptr) == Status::ok);
  CHECK(run<T>(k, "qr", far, 3, 0, 0, 0, a, tau, nullptr, nullptr) == Status::ok);
  for (int64_t n : {3, 40}) {
    Guarded<T> nan(n * n, std::numeric_limits<T>::quiet_NaN()), infinite(n * n, std::numeric_limits<T>::infinity()), values(n), q(n * n);
    CHECK(run<T>(k, "qr", 1, n, n, n, 0, nan.data(), values.data(), q.data(), nullptr) == Status::ok);
    CHECK(q[0] != q[0]);
    CHECK(run<T>(k, "qr", 1, n, n, n, 0, infinite.data(), values.data(), q.data(), nullptr) == Status::ok);
    CHECK(q[0] != q[0]);
  }
}

template <class T>
Status run_eigh(const Kernels& k, bool upper, int64_t batch, int64_t n, T* a, T* values, int32_t* info, T* vectors) {
  Frame call(index_of("eigh", orthogonal_names), {batch, n, n, vectors ? n : 0, 0});
  call.operand(a, {0, 0, 0, 0, 0}).operand(values, {0, 0, 0, 0, 0}).operand(info, {0, 0, 0, 0, 0});
  if (vectors) call.operand(vectors, {0, 0, 0, 0, 0});
  else call.absent();
  call.absent();
  call.ints({upper ? 1 : 0});
  return k.orthogonal(call.call());
}

// A V = V L for the symmetric matrix of one triangle; the other one holds NaN.
template <class T>
void eigh_case(const Kernels& k, Kind kind, bool upper, int64_t batch, int64_t n) {
  const int64_t size = n * n;
  Guarded<T> a(batch * size), values(batch * n, T(7)), alone(batch * n, T(7)), vectors(batch * size, T(7));
  Guarded<int32_t> info(batch, 7);
  for (int64_t b = 0; b < batch; ++b) {
    T* const own = a.data() + b * size;
    fill(kind, own, n, n);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < i; ++j) own[i * n + j] = own[j * n + i];
  }
  Guarded<T> whole = a;
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < i; ++j) a[b * size + (upper ? i * n + j : j * n + i)] = std::numeric_limits<T>::quiet_NaN();
  Guarded<T> again = a;
  CHECK(run_eigh<T>(k, upper, batch, n, a.data(), values.data(), info.data(), vectors.data()) == Status::ok);
  a.check(), values.check(), info.check(), vectors.check();
  for (int64_t b = 0; b < batch; ++b) CHECK(info[b] == 0);
  CHECK(run_eigh<T>(k, upper, batch, n, again.data(), alone.data(), info.data(), nullptr) == Status::ok);
  const double bound = kEps<T> * (2 * double(n) + 10);
  for (int64_t b = 0; b < batch; ++b) {
    const T *const v = vectors.data() + b * size, *const l = values.data() + b * n;
    T* const matrix = whole.data() + b * size;
    const double peak = peak_of(matrix, size), scale = peak > 0 ? 1 / peak : 1;
    at_most("V^T V", k.isa, n, n, skewness(v, n, n), bound);
    double worst = 0;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = -double(v[i * n + j]) * (double(l[j]) * scale);
        for (int64_t t = 0; t < n; ++t) sum += double(matrix[i * n + t]) * scale * double(v[t * n + j]);
        if (!(std::fabs(sum) <= worst)) worst = std::fabs(sum);
      }
    at_most("A V - V L", k.isa, n, n, worst, bound * 2);
    for (int64_t i = 0; i < n; ++i) {
      CHECK(i == 0 || l[i - 1] <= l[i]);
      at_most("eigenvalues alone", k.isa, n, n, std::fabs(double(l[i]) - double(alone[b * n + i])) * scale, bound * 4);
    }
  }
}

template <class T>
void eigh_of_what_is_not_finite(const Kernels& k) {
  for (int64_t n : {1, 4, 40})
    for (T wrong : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
      Guarded<T> a(2 * n * n), values(2 * n), vectors(2 * n * n);
      Guarded<int32_t> info(2);
      a[n * n - 1] = wrong;
      CHECK(run_eigh<T>(k, false, 2, n, a.data(), values.data(), info.data(), vectors.data()) == Status::ok);
      CHECK(info[0] == -1 && info[1] == 0);
    }
}

template <class T>
Status run_svd(const Kernels& k, int64_t batch, int64_t m, int64_t n, int64_t l, int64_t r, T* a, T* values, int32_t* info, T* left, T* right) {
  Frame call(index_of("svd", orthogonal_names), {batch, m, n, l, r});
  call.operand(a, {0, 0, 0, 0, 0}).operand(values, {0, 0, 0, 0, 0}).operand(info, {0, 0, 0, 0, 0});
  if (left) call.operand(left, {0, 0, 0, 0, 0}).operand(right, {0, 0, 0, 0, 0});
  else call.absent().absent();
  call.ints({0});
  return k.orthogonal(call.call());
}

template <class T>
void svd_case(const Kernels& k, Kind kind, int64_t batch, int64_t m, int64_t n, bool full) {
  const int64_t d = m < n ? m : n, l = full ? m : d, r = full ? n : d;
  Guarded<T> a(batch * m * n), s(batch * d, T(7)), alone(batch * d, T(7)), u(batch * m * l, T(7)), v(batch * r * n, T(7)), rows(r * n), scaled(m * d);
  Guarded<int32_t> info(batch, 7);
  for (int64_t b = 0; b < batch; ++b) fill(kind, a.data() + b * m * n, m, n);
  Guarded<T> before = a, again = a;
  CHECK(run_svd<T>(k, batch, m, n, l, r, a.data(), s.data(), info.data(), u.data(), v.data()) == Status::ok);
  a.check(), s.check(), info.check(), u.check(), v.check();
  for (int64_t b = 0; b < batch; ++b) CHECK(info[b] == 0);
  CHECK(run_svd<T>(k, batch, m, n, 0, 0, again.data(), alone.data(), info.data(), nullptr, nullptr) == Status::ok);
  alone.check();
  const double bound = kEps<T> * (2 * double(m + n) + 10);
  for (int64_t b = 0; b < batch; ++b) {
    const T *const own = before.data() + b * m * n, *const left = u.data() + b * m * l, *const right = v.data() + b * r * n, *const values = s.data() + b * d;
    const double peak = peak_of(own, m * n), scale = peak > 0 ? 1 / peak : 1;
    for (int64_t i = 0; i < d; ++i) {
      CHECK(values[i] >= 0 && (i == 0 || values[i] <= values[i - 1]));
      at_most("values alone", k.isa, m, n, std::fabs(double(values[i]) - double(alone[b * d + i])) * scale, bound * 4);
    }
    at_most("U^T U", k.isa, m, l, skewness(left, m, l), bound);
    for (int64_t i = 0; i < r; ++i)
      for (int64_t j = 0; j < n; ++j) rows[j * r + i] = right[i * n + j];
    at_most("V^T V", k.isa, n, r, skewness(rows.data(), n, r), bound);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < d; ++j) scaled[i * d + j] = T(double(left[i * l + j]) * (double(values[j]) * scale));
    Guarded<T> unit(m * n);
    for (int64_t i = 0; i < m * n; ++i) unit[i] = T(double(own[i]) * scale);
    at_most("U S V", k.isa, m, n, residual(unit.data(), scaled.data(), d, right, m, n, d), bound * 2);
  }
}

template <class T>
void svd_of_what_is_not_finite(const Kernels& k) {
  for (int64_t n : {1, 4, 40})
    for (T wrong : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
      Guarded<T> a(2 * n * n), values(2 * n), left(2 * n * n), right(2 * n * n);
      Guarded<int32_t> info(2);
      a[n * n - 1] = wrong;
      CHECK(run_svd<T>(k, 2, n, n, n, n, a.data(), values.data(), info.data(), left.data(), right.data()) == Status::ok);
      CHECK(info[0] == -1 && info[1] == 0);
    }
}

template <class T>
void all_cases(const Kernels& k) {
  for (int kind = 0; kind < int(Kind::kinds); ++kind) {
    for (int64_t n : {0, 1, 2, 3, 5, 8, 9, 17, 32, 33, 64, 100}) qr_case<T>(k, Kind(kind), n < 10 ? 19 : 1, n, n, n);
    for (int64_t m : {1, 4, 7, 20, 70})
      for (int64_t n : {1, 5, 8, 33, 90})
        for (int64_t l : {m < n ? m : n, m}) qr_case<T>(k, Kind(kind), 2, m, n, l);
  }
  for (int kind = 0; kind < int(Kind::kinds); ++kind)
    for (int64_t n : {0, 1, 2, 3, 5, 8, 9, 31, 33, 64, 65, 100, 150}) eigh_case<T>(k, Kind(kind), n % 2 == 0, n < 10 ? 19 : 1, n);
  eigh_of_what_is_not_finite<T>(k);
  for (int kind = 0; kind < int(Kind::kinds); ++kind) {
    for (int64_t n : {0, 1, 2, 3, 5, 8, 9, 23, 24, 33, 64, 100}) svd_case<T>(k, Kind(kind), n < 10 ? 19 : 1, n, n, n % 2 == 0);
    for (int64_t m : {1, 4, 7, 20, 70})
      for (int64_t n : {1, 5, 8, 33, 60})
        for (bool full : {false, true}) svd_case<T>(k, Kind(kind), 2, m, n, full);
  }
  svd_of_what_is_not_finite<T>(k);
  svd_case<T>(k, Kind::random, 2, 0, 3, true);
  svd_case<T>(k, Kind::random, 2, 3, 0, true);
  svd_case<T>(k, Kind::random, 0, 3, 2, false);
  qr_case<T>(k, Kind::random, 0, 3, 3, 3);
  qr_case<T>(k, Kind::random, 2, 9, 6, 4);
  qr_case<T>(k, Kind::random, 2, 0, 3, 0);
  qr_case<T>(k, Kind::random, 2, 3, 0, 3);
  conventions<T>(k);
}

}  // namespace

int main() {
  for (const Kernels* k : available_kernels())
    for (int threads : {1, 2}) {
      set_num_threads(threads);
      all_cases<float>(*k);
      all_cases<double>(*k);
    }
  std::printf("orthogonal: ok\n");
}
