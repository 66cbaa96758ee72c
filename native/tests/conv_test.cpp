// Convolution, its gradients and pooling of every ISA build against plain loops. Operands are small integers, so sums are
// exact in any order and results must be equal; a second test compares the bits of several thread counts.
#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

struct Problem {
  int64_t n, g, o, i;
  int64_t out[3], kernel[3], in[3], stride[3], padding[3], dilation[3];

  int64_t in_plane() const { return in[0] * in[1] * in[2]; }
  int64_t out_plane() const { return out[0] * out[1] * out[2]; }
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
};

Problem draw(Numbers& numbers) {
  const bool large = numbers.below(8) == 0;
  Problem p;
  p.n = 1 + numbers.below(3);
  p.g = numbers.below(3) == 0 ? 1 + numbers.below(6) : 1;
  p.o = 1 + numbers.below(large ? 40 : 5);
  p.i = 1 + numbers.below(large ? 40 : 5);
  const int64_t skipped = numbers.below(3);
  for (int d = 0; d < 3; ++d) {
    const bool absent = d < skipped;
    p.kernel[d] = absent ? 1 : 1 + numbers.below(4);
    p.stride[d] = absent ? 1 : 1 + numbers.below(3);
    p.dilation[d] = absent ? 1 : 1 + numbers.below(3);
    p.padding[d] = absent ? 0 : numbers.below(4);
    const int64_t span = (p.kernel[d] - 1) * p.dilation[d] + 1;
    const int64_t longest = skipped == 2 ? 90 : skipped == 1 ? 24 : 7;
    const int64_t least = span > 2 * p.padding[d] ? span - 2 * p.padding[d] : 1;
    p.in[d] = absent ? 1 : least + numbers.below(longest);
    p.out[d] = (p.in[d] + 2 * p.padding[d] - span) / p.stride[d] + 1;
  }
  return p;
}

// Calls visit(x index, y index, w index) for every product of one image, with plane offsets left out.
template <class Visit>
void each_product(const Problem& p, const Visit& visit) {
  int64_t q[3], k[3];
  for (q[0] = 0; q[0] < p.out[0]; ++q[0])
    for (q[1] = 0; q[1] < p.out[1]; ++q[1])
      for (q[2] = 0; q[2] < p.out[2]; ++q[2])
        for (k[0] = 0; k[0] < p.kernel[0]; ++k[0])
          for (k[1] = 0; k[1] < p.kernel[1]; ++k[1])
            for (k[2] = 0; k[2] < p.kernel[2]; ++k[2]) {
              int64_t x = 0, y = 0, w = 0;
              bool inside = true;
              for (int d = 0; d < 3; ++d) {
                const int64_t at = q[d] * p.stride[d] + k[d] * p.dilation[d] - p.padding[d];
                inside = inside && at >= 0 && at < p.in[d];
                x = x * p.in[d] + at;
                y = y * p.out[d] + q[d];
                w = w * p.kernel[d] + k[d];
              }
              if (inside) visit(x, y, w);
            }
}


Call call_of(const Problem& p, int op) {
  Call call;
  std::memset(&call, 0, sizeof call);
  call.op = op;
  call.ndim = 10;
  call.operands = 4;
  const int64_t lead[4] = {p.n, p.g, p.o, p.i};
  for (int d = 0; d < 4; ++d) call.dim[d] = lead[d];
  for (int d = 0; d < 3; ++d) {
    call.dim[4 + d] = p.out[d];
    call.dim[7 + d] = p.kernel[d];
    call.ints[d] = p.in[d];
    call.ints[3 + d] = p.stride[d];
    call.ints[6 + d] = p.padding[d];
    call.ints[9 + d] = p.dilation[d];
  }
  return call;
}

template <class T>
void set(Call& call, int k, T* data) {
  call.operand[k].data = reinterpret_cast<char*>(data);
  call.operand[k].dtype = dtype_of<T>;
}

template <class T>
void fill(Guarded<T>& t, Numbers& numbers) {
  for (int64_t i = 0; i < t.size(); ++i) t[i] = static_cast<T>(numbers.below(7) - 3);
}

template <class T>
void check_conv(const Kernels& kernels, const Problem& p, Numbers& numbers) {
  const int64_t xs = p.n * p.g * p.i * p.in_plane(), ys = p.n * p.g * p.o * p.out_plane(), ws = p.g * p.o * p.i * p.taps();
  Guarded<T> x(xs), y(ys), w(ws), forward_bias(p.g * p.o), input_bias(p.g * p.i);
  fill(x, numbers), fill(y, numbers), fill(w, numbers), fill(forward_bias, numbers), fill(input_bias, numbers);
  std::vector<double> ey(static_cast<size_t>(ys)), ex(static_cast<size_t>(xs)), ew(static_cast<size_t>(ws));
  const bool biased = numbers.below(2) == 0;
  if (biased) {
    for (int64_t i = 0; i < ys; ++i) ey[static_cast<size_t>(i)] = forward_bias[i / p.out_plane() % (p.g * p.o)];
    for (int64_t i = 0; i < xs; ++i) ex[static_cast<size_t>(i)] = input_bias[i / p.in_plane() % (p.g * p.i)];
  }
  for (int64_t n = 0; n < p.n; ++n)
    for (int64_t g = 0; g < p.g; ++g)
      for (int64_t o = 0; o < p.o; ++o)
        for (int64_t i = 0; i < p.i; ++i) {
          const int64_t x0 = ((n * p.g + g) * p.i + i) * p.in_plane(), y0 = ((n * p.g + g) * p.o + o) * p.out_plane();
          const int64_t w0 = ((g * p.o + o) * p.i + i) * p.taps();
          each_product(p, [&](int64_t a, int64_t b, int64_t c) {
            ey[static_cast<size_t>(y0 + b)] += double(x[x0 + a]) * double(w[w0 + c]);
            ex[static_cast<size_t>(x0 + a)] += double(y[y0 + b]) * double(w[w0 + c]);
            ew[static_cast<size_t>(w0 + c)] += double(x[x0 + a]) * double(y[y0 + b]);
          });
        }
  const std::vector<double>* expected[3] = {&ey, &ex, &ew};
  for (int op = 0; op < 3; ++op) {
    Guarded<T> out(op == 0 ? ys : op == 1 ? xs : ws, T(77));
    Call call = call_of(p, op);
    set(call, 0, out.data());
    set(call, 1, op == 1 ? y.data() : x.data());
    set(call, 2, op == 2 ? y.data() : w.data());
    if (biased && op < 2) set(call, 3, op == 0 ? forward_bias.data() : input_bias.data());
    CHECK(kernels.conv(call) == Status::ok);
    out.check();
    for (int64_t i = 0; i < out.size(); ++i) CHECK(double(out[i]) == (*expected[op])[static_cast<size_t>(i)]);
  }
}

template <class T>
void check_pool(const Kernels& kernels, Problem p, Numbers& numbers) {
  const bool adaptive = numbers.below(3) == 0;
  for (int d = 0; d < 3; ++d) {
    p.dilation[d] = 1;
    if (p.padding[d] > p.kernel[d] / 2) p.padding[d] = p.kernel[d] / 2;
    if (p.in[d] + 2 * p.padding[d] < p.kernel[d]) p.in[d] = p.kernel[d];
    p.out[d] = adaptive ? 1 + numbers.below(5) : (p.in[d] + 2 * p.padding[d] - p.kernel[d]) / p.stride[d] + 1;
  }
  const int64_t planes = p.n * p.i, xs = planes * p.in_plane(), ys = planes * p.out_plane();
  Guarded<T> x(xs), y(ys), g(xs), gy(ys);
  Guarded<int64_t> index(ys);
  fill(x, numbers), fill(gy, numbers);
  const bool padded = numbers.below(2) == 0;
  Call call;
  std::memset(&call, 0, sizeof call);
  call.ndim = 7;
  call.operands = 3;
  call.dim[0] = planes;
  for (int d = 0; d < 3; ++d) {
    call.dim[1 + d] = p.out[d];
    call.dim[4 + d] = p.kernel[d];
    call.ints[d] = p.in[d];
    call.ints[3 + d] = p.stride[d];
    call.ints[6 + d] = p.padding[d];
    call.ints[9 + d] = 1;
  }
  call.ints[12] = adaptive;
  call.ints[13] = padded;
  set(call, 0, y.data()), set(call, 1, x.data()), set(call, 2, index.data());
  CHECK(kernels.pool(call) == Status::ok);
  Guarded<T> mean(ys);
  call.op = 1;
  set(call, 0, mean.data());
  call.operand[2].data = nullptr;
  CHECK(kernels.pool(call) == Status::ok);
  call.op = 2;
  set(call, 0, g.data()), set(call, 1, gy.data());
  CHECK(kernels.pool(call) == Status::ok);
  y.check(), index.check(), mean.check(), g.check();

  std::vector<double> spread(static_cast<size_t>(xs));
  for (int64_t plane = 0; plane < planes; ++plane)
    for (int64_t q = 0; q < p.out_plane(); ++q) {
      const int64_t at[3] = {q / (p.out[1] * p.out[2]), q / p.out[2] % p.out[1], q % p.out[2]};
      int64_t from[3], to[3];
      double share = 1;
      for (int d = 0; d < 3; ++d) {
        from[d] = adaptive ? at[d] * p.in[d] / p.out[d] : at[d] * p.stride[d] - p.padding[d];
        to[d] = adaptive ? ((at[d] + 1) * p.in[d] + p.out[d] - 1) / p.out[d] : from[d] + p.kernel[d];
        const int64_t low = from[d] < 0 ? 0 : from[d], high = to[d] > p.in[d] ? p.in[d] : to[d];
        share *= padded && !adaptive ? double((to[d] > p.in[d] + p.padding[d] ? p.in[d] + p.padding[d] : to[d]) - from[d]) : double(high - low);
        from[d] = low;
        to[d] = high;
      }
      double best = -1e9, sum = 0;
      int64_t where = -1;
      for (int64_t a = from[0]; a < to[0]; ++a)
        for (int64_t b = from[1]; b < to[1]; ++b)
          for (int64_t c = from[2]; c < to[2]; ++c) {
            const int64_t k = (a * p.in[1] + b) * p.in[2] + c;
            const double value = x[plane * p.in_plane() + k];
            sum += value;
            if (value > best) best = value, where = k;
            spread[static_cast<size_t>(plane * p.in_plane() + k)] += double(gy[plane * p.out_plane() + q]) / share;
          }
      const int64_t o = plane * p.out_plane() + q;
      CHECK(double(y[o]) == best && index[o] == where);
      CHECK(std::fabs(double(mean[o]) - sum / share) < 1e-5);
    }
  for (int64_t i = 0; i < xs; ++i) CHECK(std::fabs(double(g[i]) - spread[static_cast<size_t>(i)]) < 1e-4);
}

// Real numbers, so that another order of adding would show.
void check_threads(const Kernels& kernels, const Problem& p, Numbers& numbers) {
  const int64_t sizes[3] = {p.n * p.g * p.o * p.out_plane(), p.n * p.g * p.i * p.in_plane(), p.g * p.o * p.i * p.taps()};
  Guarded<float> y(sizes[0]), x(sizes[1]), w(sizes[2]);
  for (Guarded<float>* t : {&x, &y, &w})
    for (int64_t i = 0; i < t->size(); ++i) (*t)[i] = static_cast<float>(numbers.uniform(-1, 1));
  for (int op = 0; op < 3; ++op) {
    Guarded<float> alone(sizes[op]), shared(sizes[op]);
    Call call = call_of(p, op);
    set(call, 1, op == 1 ? y.data() : x.data());
    set(call, 2, op == 2 ? y.data() : w.data());
    set_num_threads(1);
    set(call, 0, alone.data());
    CHECK(kernels.conv(call) == Status::ok);
    set_num_threads(3);
    set(call, 0, shared.data());
    CHECK(kernels.conv(call) == Status::ok);
    for (int64_t i = 0; i < sizes[op]; ++i) CHECK(alone[i] == shared[i]);
  }
  set_num_threads(1);
}

}  // namespace

int main() {
  for (const Kernels* kernels : available_kernels()) {
    Numbers numbers;
    for (int round = 0; round < 250; ++round) {
      const Problem p = draw(numbers);
      check_conv<float>(*kernels, p, numbers);
      if (round % 3 == 0) check_conv<double>(*kernels, p, numbers);
      check_pool<float>(*kernels, p, numbers);
      if (round % 3 == 0) check_pool<double>(*kernels, p, numbers);
    }
    // Many channels beside short lines: sums of several stretches, targets at a step, lines of one position.
    for (const Problem& p : {Problem{2, 1, 70, 240, {1, 5, 7}, {1, 3, 3}, {1, 5, 7}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}},
                             Problem{1, 2, 36, 19, {1, 4, 8}, {1, 3, 3}, {1, 4, 16}, {1, 1, 2}, {0, 1, 1}, {1, 1, 1}},
                             Problem{2, 1, 20, 35, {3, 6, 1}, {2, 3, 2}, {4, 6, 1}, {1, 1, 2}, {0, 1, 1}, {1, 1, 1}},
                             Problem{1, 1, 33, 48, {2, 3, 17}, {1, 2, 3}, {4, 6, 19}, {2, 2, 1}, {0, 0, 0}, {1, 1, 1}}}) {
      check_conv<float>(*kernels, p, numbers);
      check_conv<double>(*kernels, p, numbers);
    }
    check_threads(*kernels, {2, 1, 40, 33, {1, 7, 7}, {1, 3, 3}, {1, 7, 7}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}}, numbers);
    check_threads(*kernels, {3, 1, 40, 33, {1, 20, 20}, {1, 3, 3}, {1, 20, 20}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}}, numbers);
    check_threads(*kernels, {2, 2, 3, 20, {1, 30, 30}, {1, 3, 3}, {1, 60, 60}, {1, 2, 2}, {0, 1, 1}, {1, 1, 1}}, numbers);
  }
  return 0;
}
