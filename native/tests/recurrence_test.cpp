// recurrence and recurrence_grad on every ISA build: results against plain float64 loops, gradients against central differences
// of those loops; sizes around the vector width, both directions, one sample, no bias, no gradient of the outputs, one thread
// and several.
#include <type_traits>

#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

enum Cell { lstm, gru, tanh_cell, relu_cell };

struct Shape {
  Cell cell;
  int64_t time, samples, hidden;
  bool reverse, biased;
  int64_t gates() const { return cell == lstm ? 4 : cell == gru ? 3 : 1; }
  int64_t states() const { return samples * hidden; }
  int64_t all() const { return time * states(); }
};

using Doubles = std::vector<double>;

struct Inputs {
  Doubles x, own, h0, c0, weight, bias;  // own is added to a GRU's hidden part of the new gate
};

struct Results {
  Doubles out, saved, gates;
};

size_t at(int64_t i) { return static_cast<size_t>(i); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

Results reference(const Shape& s, const Inputs& in) {
  const int64_t hidden = s.hidden, width = s.gates() * hidden;
  Results r{Doubles(at(s.all())), Doubles(at(s.all())), in.x};
  Doubles h = in.h0, c = in.c0;
  for (int64_t step = 0; step < s.time; ++step) {
    const int64_t t = s.reverse ? s.time - 1 - step : step;
    Doubles next = h;
    for (int64_t n = 0; n < s.samples; ++n) {
      for (int64_t j = 0; j < hidden; ++j) {
        double part[4] = {};
        for (int64_t g = 0; g < s.gates(); ++g) {
          for (int64_t k = 0; k < hidden; ++k) part[g] += h[at(n * hidden + k)] * in.weight[at((g * hidden + j) * hidden + k)];
          if (s.biased) part[g] += in.bias[at(g * hidden + j)];
        }
        double* const a = r.gates.data() + (t * s.samples + n) * width + j;
        const size_t state = at(n * hidden + j), place = at((t * s.samples + n) * hidden + j);
        double y;
        if (s.cell == lstm) {
          for (int64_t g = 0; g < 4; ++g) a[g * hidden] = g == 2 ? std::tanh(a[g * hidden] + part[g]) : sigmoid(a[g * hidden] + part[g]);
          c[state] = a[hidden] * c[state] + a[0] * a[2 * hidden];
          r.saved[place] = c[state];
          y = a[3 * hidden] * std::tanh(c[state]);
        } else if (s.cell == gru) {
          a[0] = sigmoid(a[0] + part[0]);
          a[hidden] = sigmoid(a[hidden] + part[1]);
          r.saved[place] = part[2] + in.own[place];
          a[2 * hidden] = std::tanh(a[2 * hidden] + a[0] * r.saved[place]);
          y = (1 - a[hidden]) * a[2 * hidden] + a[hidden] * h[state];
        } else {
          y = s.cell == tanh_cell ? std::tanh(a[0] + part[0]) : std::fmax(a[0] + part[0], 0.0);
        }
        next[state] = r.out[place] = y;
      }
    }
    h = next;
  }
  return r;
}

// What the gradients are of: the outputs weighted by g, the last state by dh and the last cell by dc.
double loss(const Shape& s, const Inputs& in, const Doubles& g, const Doubles& dh, const Doubles& dc) {
  const Results r = reference(s, in);
  double sum = 0;
  for (int64_t i = 0; i < s.all(); ++i) sum += r.out[at(i)] * g[at(i)];
  const int64_t last = (s.reverse ? 0 : s.time - 1) * s.states();
  for (int64_t i = 0; i < s.states(); ++i) {
    sum += r.out[at(last + i)] * dh[at(i)];
    if (s.cell == lstm) sum += r.saved[at(last + i)] * dc[at(i)];
  }
  return sum;
}

template <class T>
Guarded<T> array(const Doubles& values) {
  Guarded<T> a(static_cast<int64_t>(values.size()));
  for (int64_t i = 0; i < a.size(); ++i) a[i] = static_cast<T>(values[at(i)]);
  return a;
}

// Numbers that T holds exactly, so that rounding the inputs is no difference.
template <class T>
Doubles draw(int64_t n, double size, Numbers& numbers) {
  Doubles values(at(n));
  for (double& v : values) v = static_cast<double>(static_cast<T>(numbers.uniform(-size, size)));
  return values;
}

template <class T>
void expect_close(Guarded<T>& got, const Doubles& want, double tolerance) {
  got.check();
  for (int64_t i = 0; i < got.size(); ++i) CHECK(std::fabs(static_cast<double>(got[i]) - want[at(i)]) <= tolerance * (1 + std::fabs(want[at(i)])));
}

template <class T>
void run_case(const Kernels& kernels, const Shape& s, bool with_g, Numbers& numbers) {
  constexpr bool single = std::is_same_v<T, float>;
  const int64_t hidden = s.hidden, width = s.gates() * hidden;
  Inputs in{draw<T>(s.time * s.samples * width, 2, numbers), Doubles(at(s.all())), draw<T>(s.states(), 1, numbers), draw<T>(s.states(), 1, numbers),
            draw<T>(width * hidden, 1 / std::sqrt(static_cast<double>(hidden)), numbers), draw<T>(width, 0.5, numbers)};
  const Results want = reference(s, in);
  const std::initializer_list<int64_t> none = {0, 0, 0};
  const bool gated = s.cell == lstm || s.cell == gru;
  Guarded<T> out = gated ? Guarded<T>(s.all(), T(7)) : array<T>(in.x), saved(s.all(), T(7)), gates = array<T>(in.x);
  Guarded<T> h0 = array<T>(in.h0), c0 = array<T>(in.c0), weight = array<T>(in.weight), bias = array<T>(in.bias);
  Frame forward(s.cell, {s.time, s.samples, hidden});
  forward.ints({s.reverse}).operand(out.data(), none);
  if (gated) forward.operand(saved.data(), none).operand(gates.data(), none); else forward.absent().absent();
  forward.operand(h0.data(), none);
  if (s.cell == lstm) forward.operand(c0.data(), none); else forward.absent();
  forward.operand(weight.data(), none);
  if (s.biased) forward.operand(bias.data(), none); else forward.absent();
  CHECK(kernels.recurrence(forward.call()) == Status::ok);
  expect_close(out, want.out, single ? 2e-6 : 1e-13);
  if (gated) {
    expect_close(saved, want.saved, single ? 4e-6 : 1e-13);
    expect_close(gates, want.gates, single ? 2e-6 : 1e-13);
  }

  const Doubles g = with_g ? draw<T>(s.all(), 1, numbers) : Doubles(at(s.all())), first_dh = draw<T>(s.states(), 1, numbers), first_dc = draw<T>(s.states(), 1, numbers);
  Guarded<T> deltas(s.time * s.samples * (s.cell == gru ? 4 * hidden : width), T(7)), dh = array<T>(first_dh), dc = array<T>(first_dc), ofOut = array<T>(g);
  Frame backward(s.cell, {s.time, s.samples, hidden});
  backward.ints({s.reverse}).operand(deltas.data(), none).operand(dh.data(), none);
  if (s.cell == lstm) backward.operand(dc.data(), none);
  else if (s.cell == gru) backward.operand(saved.data(), none);
  else backward.absent();
  if (with_g) backward.operand(ofOut.data(), none); else backward.absent();
  if (gated) backward.operand(gates.data(), none); else backward.absent();
  backward.operand(s.cell == lstm ? saved.data() : out.data(), none);
  if (gated) backward.operand(s.cell == lstm ? c0.data() : h0.data(), none); else backward.absent();
  backward.operand(weight.data(), none);
  CHECK(kernels.recurrence_grad(backward.call()) == Status::ok);
  if (s.time == 0) return expect_close(dh, first_dh, 0);

  const auto slope = [&](double& x) {
    const double before = x, step = 1e-5;
    x = before + step;
    const double high = loss(s, in, g, first_dh, first_dc);
    x = before - step;
    const double low = loss(s, in, g, first_dh, first_dc);
    x = before;
    return (high - low) / (2 * step);
  };
  const double tolerance = single ? 2e-5 : 1e-8;
  Doubles want_h(at(s.states())), want_c(at(s.states())), want_deltas(at(deltas.size()));
  for (int64_t i = 0; i < s.states(); ++i) want_h[at(i)] = slope(in.h0[at(i)]);
  for (int64_t i = 0; i < s.states() && s.cell == lstm; ++i) want_c[at(i)] = slope(in.c0[at(i)]);
  for (int64_t row = 0; row < s.time * s.samples; ++row) {
    for (int64_t j = 0; j < width; ++j) want_deltas[at(s.cell == gru ? row * 4 * hidden + hidden + j : row * width + j)] = slope(in.x[at(row * width + j)]);
    for (int64_t j = 0; j < hidden && s.cell == gru; ++j) want_deltas[at(row * 4 * hidden + j)] = slope(in.own[at(row * hidden + j)]);
  }
  expect_close(deltas, want_deltas, tolerance);
  expect_close(dh, want_h, tolerance);
  if (s.cell == lstm) expect_close(dc, want_c, tolerance);
}

template <class T>
void cases(const Kernels& kernels) {
  Numbers numbers;
  for (Cell cell : {lstm, gru, tanh_cell, relu_cell}) {
    for (int64_t hidden : {1, 3, 8, 17, 33}) {
      const bool biased = cell == gru && hidden != 8;
      run_case<T>(kernels, {cell, 2, 3, hidden, false, biased}, true, numbers);
      run_case<T>(kernels, {cell, hidden > 20 ? 1 : 3, 1, hidden, true, biased}, hidden != 3, numbers);
    }
    run_case<T>(kernels, {cell, 2, 18, 5, true, false}, true, numbers);
    run_case<T>(kernels, {cell, 0, 2, 3, false, false}, true, numbers);
  }
}

// The bits do not depend on how many threads there are.
void same_bits(const Kernels& kernels) {
  const int64_t time = 40, samples = 37, hidden = 48, width = 4 * hidden;
  Numbers numbers;
  const Doubles x = draw<float>(time * samples * width, 1, numbers), state = draw<float>(samples * hidden, 1, numbers), w = draw<float>(width * hidden, 0.2, numbers);
  const std::initializer_list<int64_t> none = {0, 0, 0};
  std::vector<float> first;
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    Guarded<float> out(time * samples * hidden), cells(time * samples * hidden), gates = array<float>(x), h0 = array<float>(state), c0 = array<float>(state), weight = array<float>(w);
    Frame call(lstm, {time, samples, hidden});
    call.operand(out.data(), none).operand(cells.data(), none).operand(gates.data(), none).operand(h0.data(), none).operand(c0.data(), none).operand(weight.data(), none).absent();
    CHECK(kernels.recurrence(call.call()) == Status::ok);
    const std::vector<float> got(out.data(), out.data() + out.size());
    if (first.empty()) first = got;
    CHECK(got == first);
  }
  set_num_threads(1);
}

}  // namespace

int main() {
  for (const Kernels* kernels : available_kernels()) {
    cases<float>(*kernels);
    cases<double>(*kernels);
    same_bits(*kernels);
    std::printf("recurrence %s: ok\n", kernels->isa);
  }
}
