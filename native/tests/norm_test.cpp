// norm and norm_grad against plain float64 loops, on every ISA build: groups per sample and over the batch, weights by
// channel and by element, given statistics, sizes around the vector and block widths, absent operands, no elements, NaN.
#include <type_traits>

#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

struct Shape {
  int64_t n, g, k, s;
  bool per_sample, by_element;
  int64_t values() const { return n * g * k * s; }
  int64_t groups() const { return per_sample ? n * g : g; }
  int64_t weights() const { return by_element ? s : g * k; }
  int64_t group_of(int64_t i) const { return per_sample ? i / (k * s) : i / (k * s) % g; }
  int64_t weight_of(int64_t i) const { return by_element ? i % s : i / s % (g * k); }
};

template <class T>
Frame frame_of(const Shape& shape, int op, bool given, double eps) {
  Frame frame(op, {shape.n, shape.g, shape.k, shape.s});
  frame.ints({shape.per_sample, shape.by_element, given}).params({eps});
  return frame;
}

template <class T>
bool close(T got, double want, double scale) {
  if (std::isnan(want)) return std::isnan(got);
  return std::fabs(static_cast<double>(got) - want) <= (std::is_same_v<T, float> ? 3e-6 : 1e-12) * (std::fabs(want) + scale);
}

template <class T>
void norm_case(const Kernels& kernels, const Shape& shape, int op, bool given, bool weighted, Numbers& numbers) {
  const double eps = 1e-3;
  const int64_t values = shape.values(), groups = shape.groups(), weights = shape.weights();
  Guarded<T> a(values), g(values), out(values, T(7)), dx(values, T(7)), mean(groups), variance(groups), w(weights), b(weights), dw(weights, T(7)), db(weights, T(7));
  for (int64_t i = 0; i < values; ++i) a[i] = static_cast<T>(numbers.uniform(-2, 4)), g[i] = static_cast<T>(numbers.uniform(-1, 1));
  for (int64_t i = 0; i < weights; ++i) w[i] = static_cast<T>(numbers.uniform(0.5, 2)), b[i] = static_cast<T>(numbers.uniform(-1, 1));
  for (int64_t i = 0; i < groups; ++i) mean[i] = static_cast<T>(numbers.uniform(-1, 1)), variance[i] = static_cast<T>(numbers.uniform(0.5, 2));
  const auto us = [](int64_t n) { return static_cast<size_t>(n); };
  std::vector<double> m(us(groups)), v(us(groups)), u(us(groups)), ux(us(groups)), dw_want(us(weights)), db_want(us(weights));
  const double count = static_cast<double>(groups == 0 ? 0 : values / groups);
  for (int64_t i = 0; i < groups; ++i) {
    m[us(i)] = op == 1 ? 0 : given ? static_cast<double>(mean[i]) : 0;
    v[us(i)] = given ? static_cast<double>(variance[i]) : 0;
  }
  if (!given) {
    if (op == 0) for (int64_t i = 0; i < values; ++i) m[us(shape.group_of(i))] += static_cast<double>(a[i]) / count;
    for (int64_t i = 0; i < values; ++i) {
      const double d = static_cast<double>(a[i]) - m[us(shape.group_of(i))];
      v[us(shape.group_of(i))] += d * d / count;
    }
  }
  const auto normal = [&](int64_t i) { return (static_cast<double>(a[i]) - m[us(shape.group_of(i))]) / std::sqrt(v[us(shape.group_of(i))] + eps); };
  const auto weight = [&](int64_t i) { return weighted ? static_cast<double>(w[shape.weight_of(i)]) : 1.0; };

  Frame forward = frame_of<T>(shape, op, given, eps);
  forward.operand(out.data(), {0, 0, 0, 0}).operand(a.data(), {0, 0, 0, 0});
  if (op == 0) forward.operand(mean.data(), {0, 0, 0, 0}); else forward.absent();
  forward.operand(variance.data(), {0, 0, 0, 0});
  if (weighted) forward.operand(w.data(), {0, 0, 0, 0}).operand(b.data(), {0, 0, 0, 0}); else forward.absent().absent();
  CHECK(kernels.norm(forward.call()) == Status::ok);
  for (const Guarded<T>* each : {&out, &mean, &variance}) each->check();
  for (int64_t i = 0; i < values; ++i) CHECK(close(out[i], normal(i) * weight(i) + (weighted ? static_cast<double>(b[shape.weight_of(i)]) : 0.0), 4));
  if (!given) for (int64_t i = 0; i < groups && values > 0; ++i) CHECK(close(variance[i], v[us(i)], 1));

  for (int64_t i = 0; i < values; ++i) {
    const double gi = static_cast<double>(g[i]);
    u[us(shape.group_of(i))] += gi * weight(i) / count;
    ux[us(shape.group_of(i))] += gi * weight(i) * normal(i) / count;
    dw_want[us(shape.weight_of(i))] += gi * normal(i);
    db_want[us(shape.weight_of(i))] += gi;
  }
  for (int parts = 1; parts < 8; ++parts) {
    Frame backward = frame_of<T>(shape, op, given, eps);
    if (parts & 1) backward.operand(dx.data(), {0, 0, 0, 0}); else backward.absent();
    if (parts & 2) backward.operand(dw.data(), {0, 0, 0, 0}); else backward.absent();
    if (parts & 4) backward.operand(db.data(), {0, 0, 0, 0}); else backward.absent();
    backward.operand(g.data(), {0, 0, 0, 0}).operand(a.data(), {0, 0, 0, 0});
    if (op == 0) backward.operand(mean.data(), {0, 0, 0, 0}); else backward.absent();
    backward.operand(variance.data(), {0, 0, 0, 0});
    if (weighted) backward.operand(w.data(), {0, 0, 0, 0}); else backward.absent();
    CHECK(kernels.norm_grad(backward.call()) == Status::ok);
    for (const Guarded<T>* each : {&dx, &dw, &db}) each->check();
    if (values == 0) continue;
    if (parts & 1) for (int64_t i = 0; i < values; ++i) {
      const double whole = static_cast<double>(g[i]) * weight(i) - (given ? 0 : (op == 0 ? u[us(shape.group_of(i))] : 0) + normal(i) * ux[us(shape.group_of(i))]);
      const double deviation = std::sqrt(v[us(shape.group_of(i))] + eps);
      CHECK(close(dx[i], whole / deviation, 4 / deviation));
    }
    for (int64_t i = 0; i < weights; ++i) {
      if (parts & 2) CHECK(close(dw[i], dw_want[us(i)], 2 * std::sqrt(static_cast<double>(values / weights) + 1)));
      if (parts & 4) CHECK(close(db[i], db_want[us(i)], 2 * std::sqrt(static_cast<double>(values / weights) + 1)));
    }
  }
}

template <class T>
void norm_cases(const Kernels& kernels) {
  Numbers numbers;
  for (int64_t s : {1, 2, 7, 8, 9, 31, 33, 65, 1025, 2100}) {
    for (int64_t n : {1, 3, 20}) {
      for (int op = 0; op < 2; ++op) {
        for (bool given : {false, true}) {
          for (bool weighted : {false, true}) {
            norm_case<T>(kernels, {n, 1, 1, s, true, true}, op, given, weighted, numbers);
            if (s > 100) continue;
            norm_case<T>(kernels, {n, 3, 1, s, true, false}, op, given, weighted, numbers);
            norm_case<T>(kernels, {n, 2, 5, s, true, false}, op, given, weighted, numbers);
            norm_case<T>(kernels, {n, 21, 1, s, false, false}, op, given, weighted, numbers);
          }
        }
      }
    }
  }
  norm_case<T>(kernels, {300, 1, 1, 40, true, true}, 0, false, true, numbers);
  norm_case<T>(kernels, {300, 5, 1, 1, false, false}, 0, false, true, numbers);
  norm_case<T>(kernels, {0, 2, 1, 3, false, false}, 0, false, true, numbers);
  norm_case<T>(kernels, {2, 1, 1, 0, true, true}, 1, false, true, numbers);
}

}  // namespace

int main() {
  for (const Kernels* kernels : available_kernels()) {
    norm_cases<float>(*kernels);
    norm_cases<double>(*kernels);
    std::printf("norm %s: ok\n", kernels->isa);
  }
}
