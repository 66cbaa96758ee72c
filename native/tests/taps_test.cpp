// taps of every ISA against plain loops in float64: rows and lanes, positions and elements of any number, several loops of
// which operands may miss some, taps that read nothing, absent weights, sums that add to what is there, refused indices.
#include "../op_names.h"
#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

struct Shape {
  int64_t batches, positions, inner, taps, size;
  bool rows, shared;  // elements along J side by side; one index and one weight for all batches
  bool weighted;
};

constexpr int kWeigh = 2;

template <class T>
void taps_case(const Kernels& k, int op, const Shape& s) {
  static Numbers numbers;
  const int64_t N = s.batches, P = s.positions, J = s.inner, K = s.taps, S = s.size;
  Guarded<T> x(N * S * J), y(N * P * J), w((s.shared ? 1 : N) * P * K);
  Guarded<int32_t> index((s.shared ? 1 : N) * P * K);
  for (int64_t i = 0; i < x.size(); ++i) x[i] = T(double(numbers.below(2001)) / 1000 - 1);
  for (int64_t i = 0; i < y.size(); ++i) y[i] = T(double(numbers.below(2001)) / 1000 - 1);
  for (int64_t i = 0; i < w.size(); ++i) w[i] = T(double(numbers.below(2001)) / 1000 - 1);
  for (int64_t i = 0; i < index.size(); ++i) index[i] = int32_t(numbers.below(S + 1)) - 1;
  // [N, S, J], [N, P, J] and [N, P, K]; taps of a position lie P apart, as many programs have them.
  const int64_t xs = s.rows ? J : 1, xj = s.rows ? 1 : S, yp = s.rows ? J : 1, yj = s.rows ? 1 : P, loop = s.shared ? 0 : P * K;

  Guarded<T>& target = op == kTapsRead ? y : op == kTapsSpread ? x : w;
  std::vector<double> expected(size_t(target.size())), terms(expected.size());
  for (int64_t i = 0; i < target.size(); ++i) expected[size_t(i)] = op == kTapsRead ? 0 : double(target[i]);
  for (int64_t n = 0; n < N; ++n)
    for (int64_t p = 0; p < P; ++p)
      for (int64_t j = 0; j < J; ++j)
        for (int64_t t = 0; t < K; ++t) {
          const int64_t at = n * loop + t * P + p;
          if (index[at] < 0) continue;
          const int64_t to = n * P * J + p * yp + j * yj, from = n * S * J + index[at] * xs + j * xj;
          const double weight = s.weighted ? double(w[at]) : 1;
          const int64_t out = op == kTapsRead ? to : op == kTapsSpread ? from : at;
          const double term = op == kTapsRead ? weight * double(x[from]) : op == kTapsSpread ? weight * double(y[to]) : double(y[to]) * double(x[from]);
          expected[size_t(out)] += term;
          terms[size_t(out)] += std::fabs(term);
        }

  Frame call(op, {N, P, J, K});
  const auto add_x = [&] { call.operand(x.data(), {S * J, 0, xj, 0}); };
  const auto add_y = [&] { call.operand(y.data(), {P * J, yp, yj, 0}); };
  const auto add_w = [&] {
    if (s.weighted) call.operand(w.data(), {loop, 1, 0, P});
    else call.absent();
  };
  if (op == kTapsRead) add_y(), add_x(), add_w();
  else if (op == kTapsSpread) add_x(), add_y(), add_w();
  else add_w(), add_y(), add_x();
  call.operand(index.data(), {loop, 1, 0, P});
  call.call().ints[0] = S;
  call.call().ints[1] = xs;
  CHECK(k.taps(call.call()) == Status::ok);
  x.check(), y.check(), w.check(), index.check();
  const double eps = sizeof(T) == 4 ? 1.2e-7 : 2.3e-16;
  for (int64_t i = 0; i < target.size(); ++i) {
    const double bound = eps * (double(K) + double(J) + 4) * (terms[size_t(i)] + std::fabs(expected[size_t(i)]));
    if (std::fabs(double(target[i]) - expected[size_t(i)]) <= bound) continue;
    std::printf("%s: %s of [%lld, %lld, %lld] by %lld taps differs at %lld: %g, expected %g\n", k.isa, taps_names[op], (long long)N,
                (long long)P, (long long)J, (long long)K, (long long)i, double(target[i]), expected[size_t(i)]);
    std::exit(1);
  }
}

template <class T>
void refused(const Kernels& k, int op) {
  Guarded<T> x(12, T(1)), y(15, T(2)), w(10, T(3));
  Guarded<int32_t> index(10, 3);
  index[7] = 4;
  Frame call(op, {5, 3, 2});
  if (op == kTapsRead) call.operand(y.data(), {3, 1, 0}).operand(x.data(), {0, 1, 0}).operand(w.data(), {2, 0, 1});
  else if (op == kTapsSpread) call.operand(x.data(), {0, 1, 0}).operand(y.data(), {3, 1, 0}).operand(w.data(), {2, 0, 1});
  else call.operand(w.data(), {2, 0, 1}).operand(y.data(), {3, 1, 0}).operand(x.data(), {0, 1, 0});
  call.operand(index.data(), {2, 0, 1});
  call.call().ints[0] = 4;
  call.call().ints[1] = 3;
  CHECK(k.taps(call.call()) == Status::index_range);
  CHECK(call.call().detail[0] == 4 && call.call().detail[1] == 4);
  for (int64_t i = 0; i < 12; ++i) CHECK(x[i] == T(1));
  for (int64_t i = 0; i < 15; ++i) CHECK(y[i] == T(2));
  for (int64_t i = 0; i < 10; ++i) CHECK(w[i] == T(3));
}

template <class T>
void cases(const Kernels& k) {
  Numbers numbers;
  for (int op = 0; op < taps_count; ++op) {
    refused<T>(k, op);
    for (int n = 0; n < 400; ++n) {
      constexpr int64_t inner[] = {1, 2, 3, 4, 7, 16, 33, 130}, positions[] = {0, 1, 5, 16, 31, 200};
      taps_case<T>(k, op, {1 + numbers.below(4), positions[numbers.below(6)], inner[numbers.below(8)], 1 + numbers.below(5), 1 + numbers.below(40),
                           numbers.below(2) == 0, numbers.below(2) == 0, op == kWeigh || numbers.below(3) != 0});
    }
    // Large enough for several chunks, along every dim that is cut.
    for (const bool rows : {true, false}) {
      taps_case<T>(k, op, {1, 3000, 24, 4, 500, rows, true, true});
      taps_case<T>(k, op, {300, 40, 9, 3, 50, rows, false, true});
      taps_case<T>(k, op, {2, 50, 1500, 2, 60, rows, true, op == kWeigh});
    }
  }
}

}  // namespace

int main() {
  set_num_threads(2);
  for (const Kernels* k : available_kernels()) {
    cases<float>(*k);
    cases<double>(*k);
    std::printf("%s: ok\n", k->isa);
  }
  return 0;
}
