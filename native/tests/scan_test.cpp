// cumsum and cumprod of every ISA against exact sums, over dtypes, strides and dimensions.
#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

template <class T>
void scan_case(const Kernels& k, int op, std::vector<int64_t> dim, std::vector<int64_t> out_stride, std::vector<int64_t> a_stride) {
  const int ndim = int(dim.size()), last = ndim - 1;
  int64_t out_reach = 1, a_reach = 1, rows = 1;
  for (int d = 0; d < ndim; ++d) {
    out_reach += (dim[d] - 1) * out_stride[d];
    a_reach += (dim[d] - 1) * a_stride[d];
    if (d < last) rows *= dim[d];
  }
  Guarded<T> out(out_reach), a(a_reach);
  Numbers numbers;
  for (int64_t i = 0; i < a.size(); ++i) a[i] = std::is_floating_point_v<T> ? T(numbers.uniform(0.2, 1.7)) : T(numbers.next() * 3);
  Frame frame(op, {});
  frame.operand(out.data(), {}).operand(a.data(), {});
  frame.call().ndim = ndim;
  for (int d = 0; d < ndim; ++d) {
    frame.call().dim[d] = dim[d];
    frame.call().operand[0].stride[d] = out_stride[d];
    frame.call().operand[1].stride[d] = a_stride[d];
  }
  CHECK(k.scan(frame.call()) == Status::ok);
  out.check();
  for (int64_t r = 0; r < rows; ++r) {
    int64_t rest = r, o = 0, i = 0;
    for (int d = last - 1; d >= 0; --d) {
      o += rest % dim[d] * out_stride[d];
      i += rest % dim[d] * a_stride[d];
      rest /= dim[d];
    }
    long double total = op;
    uint64_t wrapped = uint64_t(op);
    for (int64_t n = 0; n < (ndim == 0 ? 1 : dim[last]); ++n) {
      const T x = a[i + (ndim == 0 ? 0 : n * a_stride[last])], got = out[o + (ndim == 0 ? 0 : n * out_stride[last])];
      total = op == 0 ? total + (long double)x : total * (long double)x;
      wrapped = op == 0 ? wrapped + uint64_t(int64_t(x)) : wrapped * uint64_t(int64_t(x));
      if constexpr (std::is_floating_point_v<T>) CHECK(std::fabs(got - total) <= (sizeof(T) == 4 ? 1e-7L : 1e-13L) * std::fabs(total));
      else CHECK(got == T(wrapped));
    }
  }
}

template <class T>
void run(const Kernels& k) {
  for (int op = 0; op < 2; ++op) {
    scan_case<T>(k, op, {}, {}, {});
    for (const int64_t n : {1, 2, 17, 100}) scan_case<T>(k, op, {n}, {1}, {1});
    scan_case<T>(k, op, {50}, {2}, {3});
    scan_case<T>(k, op, {30}, {1}, {0});
    scan_case<T>(k, op, {7, 33}, {33, 1}, {33, 1});
    scan_case<T>(k, op, {70, 20}, {1, 70}, {1, 70});           // along dimension 0 of a matrix
    scan_case<T>(k, op, {3, 40, 11}, {440, 1, 40}, {500, 1, 45});
    scan_case<T>(k, op, {3, 4, 11}, {44, 11, 1}, {1, 33, 3});
  }
}

}  // namespace

int main() {
  set_num_threads(2);
  for (const Kernels* k : available_kernels()) {
    run<float>(*k);
    run<double>(*k);
    run<int32_t>(*k);
    run<int64_t>(*k);
    scan_case<float>(*k, 0, {1000000}, {1}, {1});
    std::printf("%s: ok\n", k->isa);
  }
  return 0;
}
