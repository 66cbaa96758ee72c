// softmax, logSoftmax, cross entropy and their gradients against plain float64 loops, on every ISA build: contiguous rows,
// adjacent rows, rows with gaps, row lengths around the vector and block widths, infinities, NaN, ignored and bad targets.
#include <algorithm>
#include <type_traits>

#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

struct Layout {
  int64_t rows, n, row, element;  // strides of rows and of elements
  int64_t size() const { return rows == 0 || n == 0 ? 0 : (rows - 1) * row + (n - 1) * element + 1; }
  int64_t at(int64_t r, int64_t i) const { return r * row + i * element; }
};

// Contiguous, with a gap between rows, transposed, transposed with a gap, gaps everywhere.
std::vector<Layout> layouts(int64_t rows, int64_t n) {
  return {{rows, n, n, 1}, {rows, n, n + 3, 1}, {rows, n, 1, rows}, {rows, n, 1, rows + 2}, {rows, n, 2 * n + 1, 2}};
}

template <class T>
bool close(T got, double want, double scale) {
  const double bound = std::is_same_v<T, float> ? 1e-6 : 1e-14;
  if (std::isnan(want)) return std::isnan(got);
  return static_cast<double>(got) == want || std::fabs(static_cast<double>(got) - want) <= bound * (std::fabs(want) + scale);
}

std::vector<double> softmax_of(const std::vector<double>& x, bool log_of, double* log_sum = nullptr) {
  const double m = *std::max_element(x.begin(), x.end());
  double sum = 0;
  std::vector<double> y;
  for (double v : x) sum += std::exp(v - m);
  for (double v : x) y.push_back(log_of ? v - m - std::log(sum) : std::exp(v - m) / sum);
  if (log_sum != nullptr) *log_sum = std::log(sum) + m;
  return y;
}

template <class T>
void rows_of_softmax(const Kernels& kernels, int64_t rows, int64_t n, Numbers& numbers) {
  for (const Layout& in : layouts(rows, n)) {
    for (const Layout& to : layouts(rows, n)) {
      for (int op = 0; op < 2; ++op) {
        Guarded<T> a(in.size()), y(in.size()), g(in.size()), out(to.size(), T(7)), grad(to.size(), T(7));
        for (int64_t i = 0; i < in.size(); ++i) {
          a[i] = static_cast<T>(numbers.uniform(-8, 8));
          g[i] = static_cast<T>(numbers.uniform(-1, 1));
        }
        Frame frame(op, {rows, n});
        frame.operand(out.data(), {to.row, to.element}).operand(a.data(), {in.row, in.element});
        CHECK(kernels.softmax(frame.call()) == Status::ok);
        out.check();
        for (int64_t r = 0; r < rows && n > 0; ++r) {
          std::vector<double> x;
          for (int64_t i = 0; i < n; ++i) x.push_back(static_cast<double>(a[in.at(r, i)]));
          const auto want = softmax_of(x, op == 1);
          for (int64_t i = 0; i < n; ++i) {
            CHECK(close(out[to.at(r, i)], want[static_cast<size_t>(i)], op == 1 ? 4 : 1e-3 / static_cast<double>(n)));
            y[in.at(r, i)] = static_cast<T>(want[static_cast<size_t>(i)]);
          }
        }
        Frame back(op, {rows, n});
        back.operand(grad.data(), {to.row, to.element}).operand(g.data(), {in.row, in.element}).operand(y.data(), {in.row, in.element});
        CHECK(kernels.softmax_grad(back.call()) == Status::ok);
        grad.check();
        for (int64_t r = 0; r < rows; ++r) {
          double sum = 0, magnitude = 0;
          for (int64_t i = 0; i < n; ++i) {
            const double gi = static_cast<double>(g[in.at(r, i)]), yi = static_cast<double>(y[in.at(r, i)]);
            sum += op == 1 ? gi : gi * yi;
            magnitude += std::fabs(op == 1 ? gi : gi * yi);
          }
          for (int64_t i = 0; i < n; ++i) {
            const double gi = static_cast<double>(g[in.at(r, i)]), yi = static_cast<double>(y[in.at(r, i)]);
            CHECK(close(grad[to.at(r, i)], op == 1 ? gi - std::exp(yi) * sum : yi * (gi - sum), op == 1 ? 1 + magnitude * std::exp(yi) : yi * (1 + magnitude)));
          }
        }
      }
    }
  }
}

// One number per row: operand 0 does not move along the last dim.
template <class T>
void rows_of_log_sum_exp(const Kernels& kernels, int64_t rows, int64_t n, Numbers& numbers) {
  for (const Layout& in : layouts(rows, n)) {
    for (int64_t step : {1, 3}) {
      Guarded<T> a(in.size()), out(rows * step, T(7));
      for (int64_t i = 0; i < in.size(); ++i) a[i] = static_cast<T>(numbers.uniform(-200, 8));
      Frame frame(2, {rows, n});
      frame.operand(out.data(), {step, 0}).operand(a.data(), {in.row, in.element});
      CHECK(kernels.softmax(frame.call()) == Status::ok);
      out.check();
      for (int64_t r = 0; r < rows && n > 0; ++r) {
        std::vector<double> x;
        for (int64_t i = 0; i < n; ++i) x.push_back(static_cast<double>(a[in.at(r, i)]));
        double want = 0;
        softmax_of(x, true, &want);
        CHECK(close(out[r * step], want, 8));
        for (int64_t i = 1; i < step; ++i) CHECK(out[r * step + i] == T(7));
      }
    }
  }
}

template <class T>
void log_sum_exp_of_specials(const Kernels& kernels) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const struct { T first, second; double want; } cases[] = {{-inf, -inf, double(-inf)}, {-inf, T(2), 2}, {inf, T(1), double(inf)}, {inf, -inf, double(inf)},
                                                            {nan, T(1), double(nan)}, {nan, inf, double(nan)}, {T(1000), T(1000), 1000 + std::log(2.0)}};
  for (const auto& each : cases)
    for (int64_t step : {1, 2}) {
      Guarded<T> a(2 * step, -inf), out(step, T(7));
      a[0] = each.first, a[step] = each.second;
      Frame frame(2, {step, 2});
      frame.operand(out.data(), {1, 0}).operand(a.data(), {1, step});
      CHECK(kernels.softmax(frame.call()) == Status::ok);
      CHECK(close(out[0], each.want, 0));
    }
}

template <class T>
void special_values(const Kernels& kernels) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  for (int64_t n : {2, 40}) {
    for (int where : {0, 1}) {
      for (T special : {-inf, inf, nan, T(1000)}) {
        Guarded<T> a(n, T(0)), out(n);
        a[where] = special;
        Frame frame(0, {n});
        frame.operand(out.data(), {1}).operand(a.data(), {1});
        CHECK(kernels.softmax(frame.call()) == Status::ok);
        const double others = special == -inf ? 1 / static_cast<double>(n - 1) : special == T(1000) ? 0 : NAN;
        CHECK(close(out[where], special == -inf ? 0 : special == T(1000) ? 1 : NAN, 0));
        CHECK(close(out[1 - where], others, 0));
      }
    }
  }
}

template <class T, class Target>
void rows_of_cross_entropy(const Kernels& kernels, int64_t rows, int64_t classes, Numbers& numbers) {
  for (const Layout& in : layouts(rows, classes)) {
    for (const Layout& to : layouts(rows, classes)) {
      Guarded<T> a(in.size()), p(to.size(), T(7)), loss(2 * rows, T(7)), g(3 * rows), out(in.size(), T(7));
      Guarded<Target> target(2 * rows);
      for (int64_t i = 0; i < in.size(); ++i) a[i] = static_cast<T>(numbers.uniform(-8, 8));
      for (int64_t r = 0; r < rows; ++r) {
        target[2 * r] = static_cast<Target>(numbers.below(5) == 0 ? -100 : numbers.below(classes));
        g[3 * r] = static_cast<T>(numbers.uniform(-1, 1));
      }
      Frame frame(0, {rows, classes});
      frame.operand(loss.data(), {2, 0}).operand(p.data(), {to.row, to.element}).operand(a.data(), {in.row, in.element});
      frame.operand(target.data(), {2, 0}).ints({-100});
      CHECK(kernels.cross_entropy(frame.call()) == Status::ok);
      Frame back(0, {rows, classes});
      back.operand(out.data(), {in.row, in.element}).operand(p.data(), {to.row, to.element}).operand(target.data(), {2, 0});
      back.operand(g.data(), {3, 0}).ints({-100}).params({0.25});
      CHECK(kernels.cross_entropy_grad(back.call()) == Status::ok);
      loss.check(), p.check(), out.check();
      for (int64_t r = 0; r < rows; ++r) {
        std::vector<double> x;
        for (int64_t i = 0; i < classes; ++i) x.push_back(static_cast<double>(a[in.at(r, i)]));
        double log_sum = 0;
        const auto soft = softmax_of(x, false, &log_sum);
        const Target t = target[2 * r];
        CHECK(close(loss[2 * r], t == -100 ? 0 : log_sum - x[static_cast<size_t>(t)], 4));
        for (int64_t i = 0; i < classes; ++i) {
          CHECK(close(p[to.at(r, i)], soft[static_cast<size_t>(i)], 1e-3 / static_cast<double>(classes)));
          const double want = t == -100 ? 0 : (soft[static_cast<size_t>(i)] - (i == t)) * static_cast<double>(g[3 * r]) * 0.25;
          CHECK(close(out[in.at(r, i)], want, 0.25));
        }
      }
      // A bad target is refused before anything is written.
      if (rows > 1) {
        const T before = p[0];
        target[2 * (rows - 1)] = static_cast<Target>(classes);
        loss[0] = T(9);
        CHECK(kernels.cross_entropy(frame.call()) == Status::index_range);
        CHECK(frame.call().detail[0] == classes && frame.call().detail[1] == classes);
        CHECK(loss[0] == T(9) && p[0] == before);
        CHECK(kernels.cross_entropy_grad(back.call()) == Status::index_range);
        target[2 * (rows - 1)] = -1;
        CHECK(kernels.cross_entropy(frame.call()) == Status::index_range);
      }
    }
  }
}

template <class T>
void run(const Kernels& kernels) {
  Numbers numbers;
  for (int64_t n : {0, 1, 2, 5, 10, 15, 16, 17, 31, 33, 64, 129, 5000})
    for (int64_t rows : {0, 1, 3, 18, 300}) {
      if (n * rows > 20000) continue;
      rows_of_softmax<T>(kernels, rows, n, numbers);
      rows_of_log_sum_exp<T>(kernels, rows, n, numbers);
      if (n == 0) continue;
      rows_of_cross_entropy<T, int64_t>(kernels, rows, n, numbers);
      rows_of_cross_entropy<T, int32_t>(kernels, rows, n, numbers);
    }
  special_values<T>(kernels);
  log_sum_exp_of_specials<T>(kernels);
}

}  // namespace

int main() {
  for (const Kernels* kernels : available_kernels()) {
    run<float>(*kernels);
    run<double>(*kernels);
    std::printf("softmax %s: ok\n", kernels->isa);
  }
}
