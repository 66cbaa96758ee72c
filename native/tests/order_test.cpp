// sort, select, arg_scan and search_sorted of every ISA against std, over dtypes, lengths, strides, NaNs, zeros and ties.
#include <algorithm>
#include <numeric>

#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

enum class Data { mixed, ties, equal, rising, falling, large };

template <class T>
T element(Data data, Numbers& numbers, int64_t i) {
  constexpr bool floating = std::is_floating_point_v<T>;
  if constexpr (std::is_same_v<T, uint8_t>) return T(numbers.below(2));
  switch (data) {
    case Data::ties: return T(numbers.below(5)) - T(2);
    case Data::equal: return T(7);
    case Data::rising: return T(i);
    case Data::falling: return T(-i);
    case Data::large: return floating ? T(numbers.uniform(-1e30, 1e30)) : T(numbers.next() * numbers.next() * 4);
    case Data::mixed: break;
  }
  if constexpr (floating) {
    switch (numbers.below(12)) {
      case 0: return T(-0.0);
      case 1: return T(0);
      case 2: return std::numeric_limits<T>::quiet_NaN();
      case 3: return -std::numeric_limits<T>::quiet_NaN();
      case 4: return numbers.below(2) ? std::numeric_limits<T>::infinity() : -std::numeric_limits<T>::infinity();
      case 5: return std::numeric_limits<T>::denorm_min();
      default: return T(numbers.uniform(-3, 3));
    }
  }
  return numbers.below(9) == 0 ? (numbers.below(2) ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min()) : T(numbers.next() * 7);
}

template <class T> bool is_nan(T x) { return x != x; }
template <class T> bool less(T a, T b) { return is_nan(b) ? !is_nan(a) : a < b; }
template <class T> bool same(T a, T b) { return std::memcmp(&a, &b, sizeof(T)) == 0; }

// Positions of a row in stable order.
template <class T>
std::vector<int64_t> ordered(const std::vector<T>& row, bool descending) {
  std::vector<int64_t> order(row.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
    return descending ? less(row[size_t(j)], row[size_t(i)]) : less(row[size_t(i)], row[size_t(j)]);
  });
  return order;
}

// A matrix of rows whose elements are `step` apart, and the same in vectors.
template <class T>
struct Rows {
  int64_t rows, n, row_step, step;
  Guarded<T> data;
  std::vector<std::vector<T>> row;

  Rows(Data kind, int64_t rows_, int64_t n_, bool columns)
      : rows(rows_), n(n_), row_step(columns ? 1 : n_), step(columns ? rows_ : 1), data(rows_ * n_ > 0 ? rows_ * n_ : 1), row(size_t(rows_)) {
    Numbers numbers;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < n; ++i) {
        const T x = element<T>(kind, numbers, i);
        row[size_t(r)].push_back(x);
        data[r * row_step + i * step] = x;
      }
    }
  }
};

template <class T>
void check_row(const std::vector<T>& row, const std::vector<int64_t>& order, int64_t from, int64_t k, Guarded<T>& values, Guarded<int64_t>& indices,
               int64_t at, int64_t step) {
  for (int64_t i = 0; i < k; ++i) {
    const int64_t expected = order[size_t(from + i)], got = indices[at + i * step];
    CHECK(got == expected);
    const T value = values[at + i * step], wanted = row[size_t(expected)];
    CHECK(same(value, wanted));
  }
}

template <class T>
void sort_case(const Kernels& kernels, Data kind, int64_t rows, int64_t n, bool columns) {
  Rows<T> a(kind, rows, n, columns);
  for (int op = 0; op < 2; ++op) {
    Guarded<T> values(a.data.size());
    Guarded<int64_t> indices(a.data.size());
    Frame frame(op, {rows, n});
    frame.operand(values.data(), {a.row_step, a.step}).operand(indices.data(), {a.row_step, a.step}).operand(a.data.data(), {a.row_step, a.step});
    CHECK(kernels.sort(frame.call()) == Status::ok);
    values.check();
    indices.check();
    for (int64_t r = 0; r < rows; ++r) check_row(a.row[size_t(r)], ordered(a.row[size_t(r)], op == 1), 0, n, values, indices, r * a.row_step, a.step);
  }
}

template <class T>
void select_case(const Kernels& kernels, Data kind, int64_t rows, int64_t n, bool columns, int64_t k) {
  Rows<T> a(kind, rows, n, columns);
  for (int op = 0; op < 5; ++op) {
    const int64_t size = op < 2 ? k : 1, rank = k % n;
    Guarded<T> values(rows * size);
    Guarded<int64_t> indices(rows * size);
    Frame frame(op, {rows, size});
    frame.operand(values.data(), {size, 1}).operand(indices.data(), {size, 1}).operand(a.data.data(), {a.row_step, 0}).ints({n, a.step, rank});
    CHECK(kernels.select(frame.call()) == Status::ok);
    values.check();
    indices.check();
    for (int64_t r = 0; r < rows; ++r) {
      const std::vector<T>& row = a.row[size_t(r)];
      const int64_t numbers = std::count_if(row.begin(), row.end(), [](T x) { return !is_nan(x); });
      const int64_t from = op < 2 ? 0 : op == 2 ? rank : op == 3 ? (numbers < n ? numbers : (n - 1) / 2) : (numbers > 0 ? (numbers - 1) / 2 : 0);
      check_row(row, ordered(row, op == 1), from, size, values, indices, r * size, 1);
    }
  }
}

template <class T>
void arg_scan_case(const Kernels& kernels, Data kind, int64_t rows, int64_t n, bool columns) {
  Rows<T> a(kind, rows, n, columns);
  for (int op = 0; op < 2; ++op) {
    Guarded<T> values(a.data.size());
    Guarded<int64_t> indices(a.data.size());
    Frame frame(op, {rows, n});
    frame.operand(values.data(), {a.row_step, a.step}).operand(indices.data(), {a.row_step, a.step}).operand(a.data.data(), {a.row_step, a.step});
    CHECK(kernels.arg_scan(frame.call()) == Status::ok);
    values.check();
    indices.check();
    for (int64_t r = 0; r < rows; ++r) {
      int64_t best = 0;
      for (int64_t i = 0; i < n; ++i) {
        const T x = a.row[size_t(r)][size_t(i)], y = a.row[size_t(r)][size_t(best)];
        if (is_nan(x) || (!is_nan(y) && (op == 0 ? x >= y : x <= y))) best = i;
        CHECK(indices[r * a.row_step + i * a.step] == best);
        CHECK(same(values[r * a.row_step + i * a.step], a.row[size_t(r)][size_t(best)]));
      }
    }
  }
}

template <class T>
void search_case(const Kernels& kernels, Data kind, int64_t rows, int64_t n, int64_t m, bool columns) {
  Rows<T> sequence(kind, rows, n, columns), values(kind, rows, m, !columns);
  for (int64_t r = 0; r < rows; ++r) {
    // A NaN in the sequence is not in order with anything.
    for (T& x : sequence.row[size_t(r)])
      if (is_nan(x)) x = std::numeric_limits<T>::infinity();
    std::stable_sort(sequence.row[size_t(r)].begin(), sequence.row[size_t(r)].end(), less<T>);
    for (int64_t i = 0; i < n; ++i) sequence.data[r * sequence.row_step + i * sequence.step] = sequence.row[size_t(r)][size_t(i)];
  }
  for (int op = 0; op < 2; ++op) {
    Guarded<int64_t> out(rows * m);
    Frame frame(op, {rows, m});
    frame.operand(out.data(), {m, 1}).operand(sequence.data.data(), {sequence.row_step, 0}).operand(values.data.data(), {values.row_step, values.step})
        .ints({n, sequence.step});
    CHECK(kernels.search_sorted(frame.call()) == Status::ok);
    out.check();
    for (int64_t r = 0; r < rows; ++r) {
      const auto& row = sequence.row[size_t(r)];
      for (int64_t i = 0; i < m; ++i) {
        const T x = values.row[size_t(r)][size_t(i)];
        const int64_t left = std::lower_bound(row.begin(), row.end(), x, less<T>) - row.begin(), right = std::upper_bound(row.begin(), row.end(), x, less<T>) - row.begin();
        CHECK(out[r * m + i] == (is_nan(x) ? n : op == 0 ? left : right));
      }
    }
  }
}

template <class T>
void run(const Kernels& kernels) {
  for (const Data kind : {Data::mixed, Data::ties, Data::equal, Data::rising, Data::falling, Data::large}) {
    for (const bool columns : {false, true}) {
      for (const int64_t n : {1, 2, 7, 31, 128, 129, 700, 5000}) {
        const int64_t rows = n < 200 ? 5 : 2;
        sort_case<T>(kernels, kind, rows, n, columns);
        arg_scan_case<T>(kernels, kind, n < 200 ? 37 : 2, n, columns);
        for (const int64_t k : {int64_t{1}, n / 3 + 1, n}) select_case<T>(kernels, kind, rows, n, columns, k);
        for (const int64_t m : {1, 17, 1100}) search_case<T>(kernels, kind, 2, n, m, columns);
      }
    }
    select_case<T>(kernels, kind, 1, 40000, false, 10);
    select_case<T>(kernels, kind, 1, 40000, false, 6000);
  }
  sort_case<T>(kernels, Data::large, 1, 150000, false);
  search_case<T>(kernels, Data::mixed, 2, 0, 5, false);
}

}  // namespace

int main() {
  set_num_threads(2);
  for (const Kernels* kernels : available_kernels()) {
    run<float>(*kernels);
    run<double>(*kernels);
    run<int32_t>(*kernels);
    run<int64_t>(*kernels);
    run<uint8_t>(*kernels);
    std::printf("%s: ok\n", kernels->isa);
  }
  return 0;
}
