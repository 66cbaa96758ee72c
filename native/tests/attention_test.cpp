// attention and attention_grad on every ISA build, against plain float64 loops: sizes around the vector and block widths, heads
// that lie side by side as a projection leaves them, shared keys, a bias of any strides, causal with more keys and with fewer.
#include <type_traits>

#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

using Doubles = std::vector<double>;

struct Shape {
  int64_t samples, heads, queries, keys, features, values;
  bool causal;
  enum Bias { none, full, of_keys } bias;
};

size_t at(int64_t i) { return static_cast<size_t>(i); }

// [samples, rows, heads, columns] in memory, seen as [B, H, rows, columns].
template <class T>
struct Heads {
  int64_t samples, heads, rows, columns;
  Guarded<T> data;
  Heads(int64_t b, int64_t h, int64_t r, int64_t c, T fill = T()) : samples(b), heads(h), rows(r), columns(c), data(b * h * r * c, fill) {}
  int64_t sample_stride() const { return rows * heads * columns; }
  int64_t row_stride() const { return heads * columns; }
  T& operator()(int64_t b, int64_t h, int64_t r, int64_t c) { return data[b * sample_stride() + r * row_stride() + h * columns + c]; }
  void fill(Numbers& numbers) {
    for (int64_t i = 0; i < data.size(); ++i) data[i] = static_cast<T>(numbers.uniform(-2, 2));
  }
};

template <class T>
void run_case(const Kernels& kernels, const Shape& s, Numbers& numbers) {
  const int64_t B = s.samples, H = s.heads, L = s.queries, S = s.keys, E = s.features, F = s.values;
  Heads<T> q(B, H, L, E), k(B, H, S, E), v(B, H, S, F), g(B, H, L, F), out(B, H, L, F, T(7)), dq(B, H, L, E, T(7)), dk(B, H, S, E, T(7)), dv(B, H, S, F, T(7));
  for (Heads<T>* each : {&q, &k, &v, &g}) each->fill(numbers);
  Guarded<T> bias(s.bias == Shape::full ? L * S : S);
  for (int64_t i = 0; i < bias.size(); ++i) bias[i] = numbers.below(5) == 0 ? -std::numeric_limits<T>::infinity() : static_cast<T>(numbers.uniform(-1, 1));
  // Every query sees one key at least.
  for (int64_t l = 0; l < (s.bias == Shape::full ? L : 1); ++l) bias[l * S] = T(0.5);
  const double scale = 0.7;
  const int64_t bias_row = s.bias == Shape::full ? S : 0;

  const auto operand = [](Frame& frame, Heads<T>& x, bool rows_are_queries, bool columns_are_features) {
    frame.operand(x.data.data(), {x.sample_stride(), x.columns, rows_are_queries ? x.row_stride() : 0, rows_are_queries ? 0 : x.row_stride(), columns_are_features ? 1 : 0, columns_are_features ? 0 : 1});
  };
  const auto add_bias = [&](Frame& frame) {
    if (s.bias == Shape::none) frame.absent();
    else frame.operand(bias.data(), {0, 0, bias_row, 1, 0, 0});
  };
  Frame forward(0, {B, H, L, S, E, F});
  forward.ints({s.causal}).params({scale});
  operand(forward, out, true, false);
  operand(forward, q, true, true);
  operand(forward, k, false, true);
  operand(forward, v, false, false);
  add_bias(forward);
  CHECK(kernels.attention(forward.call()) == Status::ok);
  out.data.check();
  Frame backward(0, {B, H, L, S, E, F});
  backward.ints({s.causal}).params({scale});
  operand(backward, dq, true, true);
  operand(backward, dk, false, true);
  operand(backward, dv, false, false);
  operand(backward, g, true, false);
  operand(backward, q, true, true);
  operand(backward, k, false, true);
  operand(backward, v, false, false);
  add_bias(backward);
  CHECK(kernels.attention_grad(backward.call()) == Status::ok);
  for (Heads<T>* each : {&dq, &dk, &dv}) each->data.check();

  const double tolerance = std::is_same_v<T, float> ? 2e-5 : 1e-12;
  const auto close = [tolerance](T got, double want) { return std::fabs(static_cast<double>(got) - want) <= tolerance * (1 + std::fabs(want)); };
  const auto d = [](T x) { return static_cast<double>(x); };
  for (int64_t b = 0; b < B; ++b) {
    for (int64_t h = 0; h < H; ++h) {
      Doubles want_k(at(S * E)), want_v(at(S * F));
      for (int64_t l = 0; l < L; ++l) {
        Doubles p(at(S)), of(at(S));
        double total = 0, dot = 0;
        for (int64_t j = 0; j < S; ++j) {
          double score = 0;
          for (int64_t e = 0; e < E; ++e) score += d(q(b, h, l, e)) * d(k(b, h, j, e));
          score = score * scale + (s.bias == Shape::none ? 0.0 : d(bias[l * bias_row + j]));
          p[at(j)] = s.causal && j > l ? 0 : std::exp(score);
          total += p[at(j)];
        }
        for (int64_t j = 0; j < S; ++j) p[at(j)] /= total;
        for (int64_t f = 0; f < F; ++f) {
          double sum = 0;
          for (int64_t j = 0; j < S; ++j) {
            sum += p[at(j)] * d(v(b, h, j, f));
            of[at(j)] += d(g(b, h, l, f)) * d(v(b, h, j, f));
            want_v[at(j * F + f)] += p[at(j)] * d(g(b, h, l, f));
          }
          CHECK(close(out(b, h, l, f), sum));
        }
        for (int64_t j = 0; j < S; ++j) dot += p[at(j)] * of[at(j)];
        for (int64_t e = 0; e < E; ++e) {
          double sum = 0;
          for (int64_t j = 0; j < S; ++j) {
            const double ds = p[at(j)] * (of[at(j)] - dot) * scale;
            sum += ds * d(k(b, h, j, e));
            want_k[at(j * E + e)] += ds * d(q(b, h, l, e));
          }
          CHECK(close(dq(b, h, l, e), sum));
        }
      }
      for (int64_t j = 0; j < S; ++j) {
        for (int64_t e = 0; e < E; ++e) CHECK(close(dk(b, h, j, e), want_k[at(j * E + e)]));
        for (int64_t f = 0; f < F; ++f) CHECK(close(dv(b, h, j, f), want_v[at(j * F + f)]));
      }
    }
  }
}

template <class T>
void cases(const Kernels& kernels) {
  Numbers numbers;
  for (bool causal : {false, true}) {
    for (Shape::Bias bias : {Shape::none, Shape::full, Shape::of_keys}) {
      run_case<T>(kernels, {2, 3, 5, 7, 4, 3, causal, bias}, numbers);
      run_case<T>(kernels, {1, 2, 33, 17, 16, 16, causal, bias}, numbers);
      run_case<T>(kernels, {1, 1, 1, 40, 9, 1, causal, bias}, numbers);
      run_case<T>(kernels, {1, 1, 3, 1, 1, 5, causal, bias}, numbers);
      // Several blocks of queries.
      run_case<T>(kernels, {1, 2, 70, 90, 8, 11, causal, bias}, numbers);
      run_case<T>(kernels, {1, 1, 150, 60, 3, 2, causal, bias}, numbers);
    }
  }
}

}  // namespace

int main() {
  for (const Kernels* kernels : available_kernels()) {
    cases<float>(*kernels);
    cases<double>(*kernels);
    std::printf("attention %s: ok\n", kernels->isa);
  }
}
