// polyval and moments of every ISA against long double, over degrees, odd sizes, strides, moving coefficients and
// dimensions, with sentinels around outputs; and moments' bits for one thread against two.
#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

template <class T> constexpr double kEpsilon = std::numeric_limits<T>::epsilon();

template <class T>
void polyval_case(const Kernels& k, int64_t n, int64_t terms, int64_t so, int64_t sc, int64_t sk, int64_t sx) {
  Guarded<T> out(n * (so == 0 ? 1 : so) + 1), c(terms * (sk == 0 ? 1 : sk) + n * sc + 1), x(n * sx + 1);
  Numbers numbers;
  for (int64_t i = 0; i < c.size(); ++i) c[i] = T(numbers.uniform(-2, 2));
  for (int64_t i = 0; i < x.size(); ++i) x[i] = T(numbers.uniform(-2, 2));
  Frame frame(0, {n, terms});
  frame.operand(out.data(), {so, 0}).operand(c.data(), {sc, sk}).operand(x.data(), {sx, 0});
  CHECK(k.polyval(frame.call()) == Status::ok);
  out.check();
  for (int64_t i = 0; i < n; ++i) {
    long double y = 0, bound = 0;
    const long double v = x[i * sx];
    for (int64_t j = 0; j < terms; ++j) {
      const long double a = c[i * sc + j * sk];
      y = y * v + a;
      bound = bound * std::fabs(v) + std::fabs(a);
    }
    CHECK(std::fabs(out[i * so] - y) <= 2 * kEpsilon<T> * double(terms + 1) * bound);
  }
}

// x in place: out is x.
template <class T>
void polyval_in_place(const Kernels& k) {
  Guarded<T> x(37);
  for (int64_t i = 0; i < 37; ++i) x[i] = T(i) / 8;
  T c[2] = {2, 1};
  Frame frame(0, {37, 2});
  frame.operand(x.data(), {1, 0}).operand(c, {0, 1}).operand(x.data(), {1, 0});
  CHECK(k.polyval(frame.call()) == Status::ok);
  for (int64_t i = 0; i < 37; ++i) CHECK(x[i] == T(2) * (T(i) / 8) + 1);
  x.check();
}

template <class T>
void moments_2d(const Kernels& k, int64_t rows, int64_t n, int64_t powers, int64_t g_row, int64_t g_col, int64_t x_row,
                int64_t x_col, int64_t so) {
  Guarded<T> out(powers * so + 1), g(rows * g_row + n * g_col + 1), x(rows * x_row + n * x_col + 1);
  Numbers numbers;
  for (int64_t i = 0; i < g.size(); ++i) g[i] = T(numbers.uniform(-1, 1));
  for (int64_t i = 0; i < x.size(); ++i) x[i] = T(numbers.uniform(-1.2, 1.2));
  Frame frame(0, {rows, n, powers});
  frame.operand(out.data(), {0, 0, so}).operand(g.data(), {g_row, g_col, 0}).operand(x.data(), {x_row, x_col, 0});
  CHECK(k.moments(frame.call()) == Status::ok);
  out.check();
  std::vector<T> first(static_cast<size_t>(powers));
  for (int64_t p = 0; p < powers; ++p) {
    long double sum = 0, size = 0;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < n; ++i) {
        const long double term =
            g[r * g_row + i * g_col] * std::pow((long double)x[r * x_row + i * x_col], (long double)(powers - 1 - p));
        sum += term;
        size += std::fabs(term);
      }
    }
    CHECK(std::fabs(out[p * so] - sum) <= (sizeof(T) == 4 ? 1e-6 : 2e-15) * size + 1e-300L);
    first[p] = out[p * so];
  }
  set_num_threads(2);
  CHECK(k.moments(frame.call()) == Status::ok);
  set_num_threads(1);
  for (int64_t p = 0; p < powers; ++p) CHECK(std::memcmp(&first[p], &out[p * so], sizeof(T)) == 0);
}

template <class T>
void run(const Kernels& k) {
  for (const int64_t n : {0, 1, 2, 15, 16, 17, 63, 64, 65, 130, 1000, 20011})
    for (const int64_t terms : {1, 2, 3, 4, 5, 6, 7, 12}) polyval_case<T>(k, n, terms, 1, 0, 1, 1);
  for (const int64_t n : {1, 17, 1030}) {
    polyval_case<T>(k, n, 4, 3, 0, 1, 1);
    polyval_case<T>(k, n, 4, 1, 0, 2, 3);
    polyval_case<T>(k, n, 4, 1, 0, 1, 0);
    polyval_case<T>(k, n, 5, 1, 5, 1, 1);   // one polynomial per element
    polyval_case<T>(k, n, 3, 2, 1, 1500, 0);
    polyval_case<T>(k, n, 70, 1, 0, 2, 1);
  }
  polyval_case<T>(k, 9, 0, 1, 0, 1, 1);  // the empty polynomial is 0
  polyval_in_place<T>(k);
  for (const int64_t n : {0, 1, 2, 15, 16, 17, 31, 33, 65, 1000, 1024, 1025, 40011})
    for (const int64_t powers : {1, 2, 3, 4, 5, 6, 9}) moments_2d<T>(k, 1, n, powers, n, 1, n, 1, 1);
  moments_2d<T>(k, 7, 300, 4, 300, 1, 1, 7, 2);      // x transposed
  moments_2d<T>(k, 50, 3, 4, 4, 1, 0, 1, 1);         // short rows, x shared by rows
  moments_2d<T>(k, 3, 2000, 4, 2048, 1, 2100, 1, 1); // gaps between rows
  moments_2d<T>(k, 5, 1100, 3, 0, 0, 1100, 1, 1);    // one g for all
}

}  // namespace

int main() {
  set_num_threads(1);
  for (const Kernels* k : available_kernels()) {
    run<float>(*k);
    run<double>(*k);
    int32_t ints[4] = {};
    Frame frame(0, {2, 2});
    frame.operand(ints, {1, 0}).operand(ints, {0, 1}).operand(ints, {1, 0});
    CHECK(k->polyval(frame.call()) == Status::unsupported);
    // Of no powers nothing is read, however many elements there would be.
    float* const nowhere = nullptr;
    Frame none(0, {int64_t{1} << 31, 0});
    none.operand(nowhere, {0, 1}).operand(nowhere, {3, 0}).operand(nowhere, {1, 0});
    CHECK(k->moments(none.call()) == Status::ok);
    std::printf("%s: ok\n", k->isa);
  }
  return 0;
}
