// The primitives of the vector layer that this compiler target has (SSE2 or NEON), lane by lane against scalar code;
// and, for every ISA, that tails touch no memory beyond their arrays, which end where an unmapped page begins.
#if defined(__x86_64__)
#define FLAMBEAU_ISA_NS baseline_under_test
#include "../simd/baseline.h"
#else
#define FLAMBEAU_ISA_NS neon_under_test
#include "../simd/neon.h"
#endif
#include "../simd/transpose.h"

#include <sys/mman.h>
#include <unistd.h>

#include "../op_names.h"
#include "../parallel.h"
#include "kernel_call.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

template <class T>
void lanes() {
  constexpr int W = V<T>::W;
  T a[W], b[W], out[W + 1];
  for (int i = 0; i < W; ++i) a[i] = T(i * 3 - 4), b[i] = T(5 - i * 2);
  const V<T> x = V<T>::load(a), y = V<T>::load(b);
  const auto each = [&](V<T> got, auto want) {
    got.store(out);
    for (int i = 0; i < W; ++i) CHECK(out[i] == T(want(a[i], b[i])));
  };
  each(x + y, [](T p, T q) { return p + q; });
  each(x - y, [](T p, T q) { return p - q; });
  each(x * y, [](T p, T q) { return p * q; });
  each(-x, [](T p, T) { return -p; });
  each(abs(x), [](T p, T) { return p < 0 ? -p : p; });
  each(min(x, y), [](T p, T q) { return p < q ? p : q; });
  each(max(x, y), [](T p, T q) { return p > q ? p : q; });
  each(fma(x, y, x), [](T p, T q) { return p * q + p; });
  each(fnma(x, y, x), [](T p, T q) { return p - p * q; });
  each(fms(x, y, x), [](T p, T q) { return p * q - p; });
  each(select(x < y, x, y), [](T p, T q) { return p < q ? p : q; });
  each(select((x <= y) & (x != T(-4)), x, y), [](T p, T q) { return p <= q && p != -4 ? p : q; });
  each(select(~(x >= y) | (x == y), x, y), [](T p, T q) { return p <= q ? p : q; });
  each(select_or_zero(x > T(0), x), [](T p, T) { return p > 0 ? p : 0; });
  T sum = 0, high = a[0], low = a[0];
  for (int i = 0; i < W; ++i) sum += a[i], high = a[i] > high ? a[i] : high, low = a[i] < low ? a[i] : low;
  CHECK(reduce_add(x) == sum && reduce_max(x) == high && reduce_min(x) == low);
  for (int n = 0; n <= W; ++n) {
    out[n] = T(77);
    V<T>::load_n(a, n).store_n(out, n);
    for (int i = 0; i < n; ++i) CHECK(out[i] == a[i]);
    CHECK(out[n] == T(77));
    CHECK(mask_bits(first_n<T>(n)) == (1u << n) - 1);
    CHECK(all(first_n<T>(n)) == (n == W) && any(first_n<T>(n)) == (n > 0));
    uint8_t bools[W + 1];
    bools[n] = 9;
    store_bools_n(bools, x < y, n);
    for (int i = 0; i < n; ++i) CHECK(bools[i] == (a[i] < b[i]));
    CHECK(bools[n] == 9);
    CHECK(mask_bits(load_bools_n<T>(bools, n)) == (mask_bits(x < y) & ((1u << n) - 1)));
  }
  T wide[3 * W];
  for (int i = 0; i < 3 * W; ++i) wide[i] = T(i);
  gather_stride(wide, 3).store(out);
  for (int i = 0; i < W; ++i) CHECK(out[i] == T(3 * i));
  gather_index(wide, iota<IntOf<T>>() + iota<IntOf<T>>()).store(out);
  for (int i = 0; i < W; ++i) CHECK(out[i] == T(2 * i));
  scatter_stride(wide, 2, x);
  for (int i = 0; i < W; ++i) CHECK(wide[2 * i] == a[i]);
  V<T> block[W];
  T square[W][W];
  for (int i = 0; i < W; ++i)
    for (int j = 0; j < W; ++j) square[i][j] = T(i * W + j);
  for (int i = 0; i < W; ++i) block[i] = V<T>::load(square[i]);
  transpose(block);
  for (int i = 0; i < W; ++i)
    for (int j = 0; j < W; ++j) CHECK(block[i][j] == T(j * W + i));
}

template <class T>
void floats() {
  constexpr int W = V<T>::W;
  constexpr T inf = T(__builtin_inf()), nan = T(__builtin_nan(""));
  constexpr T big = sizeof(T) == 4 ? T(8388609) : T(4503599627370497);
  const T values[] = {0, T(-0.0), 0.5, -0.5, 1.5, 2.5, -2.5, T(0.49999997), big, -big, T(1e30), inf, -inf, nan, T(-0.2), 7};
  for (const T v : values) {
    T out[W];
    const auto check = [&](V<T> got, T want) {
      got.store(out);
      for (int i = 0; i < W; ++i) CHECK(std::isnan(want) ? std::isnan(out[i]) : out[i] == want && std::signbit(out[i]) == std::signbit(want));
    };
    check(round(V<T>(v)), std::nearbyint(v));
    check(floor(V<T>(v)), std::floor(v));
    check(ceil(V<T>(v)), std::ceil(v));
    check(trunc(V<T>(v)), std::trunc(v));
    check(copysign(V<T>(T(3)), V<T>(v)), std::copysign(T(3), v));
    check(min(V<T>(v), V<T>(nan)), nan);
    check(min(V<T>(nan), V<T>(v)), v);
    check(V<T>(v), v);
  }
}

void conversions() {
  float f[VF::W];
  int32_t n[VF::W];
  for (int i = 0; i < VF::W; ++i) f[i] = float(i) * 1.75f - 2, n[i] = i * 1000 - 1500;
  const VF x = VF::load(f);
  const VI k = VI::load(n);
  float back[VF::W];
  int32_t whole[VF::W];
  narrow(widen_lo(x), widen_hi(x)).store(back);
  narrow(widen_lo(k), widen_hi(k)).store(whole);
  for (int i = 0; i < VF::W; ++i) CHECK(back[i] == f[i] && whole[i] == n[i]);
  convert<int32_t>(x).store(whole);
  convert<float>(k).store(back);
  for (int i = 0; i < VF::W; ++i) CHECK(whole[i] == int32_t(f[i]) && back[i] == float(n[i]));
  const MaskOf<4> m = x < 0.0f;
  CHECK(mask_bits(narrow(widen_lo(m), widen_hi(m))) == mask_bits(m));
}

}}}  // namespace

namespace {

using namespace flambeau;
using namespace flambeau::test;

// An array whose last byte is the last one of a page before an unmapped one.
template <class T>
T* at_page_end(int64_t n) {
  const size_t page = size_t(sysconf(_SC_PAGESIZE)), bytes = (size_t(n) * sizeof(T) + page - 1) / page * page;
  char* p = static_cast<char*>(mmap(nullptr, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CHECK(p != MAP_FAILED && mprotect(p + bytes, page, PROT_NONE) == 0);
  return reinterpret_cast<T*>(p + bytes) - n;
}

template <class T>
void tails(const Kernels& k) {
  for (int64_t n = 1; n <= 67; ++n) {
    T *a = at_page_end<T>(n), *b = at_page_end<T>(n), *out = at_page_end<T>(n);
    uint8_t* bools = at_page_end<uint8_t>(n);
    for (int64_t i = 0; i < n; ++i) a[i] = T(i % 2), b[i] = T(1);
    Frame add(index_of("add", binary_names), {n});
    CHECK(k.binary(add.operand(out, {1}).operand(a, {1}).operand(b, {1}).call()) == Status::ok);
    Frame less(index_of("lt", binary_names), {n});
    CHECK(k.binary(less.operand(bools, {1}).operand(a, {1}).operand(b, {1}).call()) == Status::ok);
    Frame where(kWhere, {n});
    CHECK(k.ternary(where.operand(out, {1}).operand(bools, {1}).operand(a, {1}).operand(b, {1}).call()) == Status::ok);
    Frame cast(0, {n});
    CHECK(k.copy(cast.operand(bools, {1}).operand(a, {1}).call()) == Status::ok);
    Frame scan(0, {n});
    CHECK(k.scan(scan.operand(out, {1}).operand(a, {1}).call()) == Status::ok || sizeof(T) == 1);
    if constexpr (std::is_floating_point_v<T>) {
      for (const char* name : {"exp", "sin", "gelu"}) {
        Frame unary(index_of(name, unary_names), {n});
        CHECK(k.unary(unary.operand(out, {1}).operand(a, {1}).call()) == Status::ok);
      }
      T c[4] = {1, 2, 3, 4};
      Frame polyval(0, {n, 4});
      CHECK(k.polyval(polyval.operand(out, {1, 0}).operand(c, {0, 1}).operand(a, {1, 0}).call()) == Status::ok);
      Frame moments(0, {n, 4});
      CHECK(k.moments(moments.operand(c, {0, 1}).operand(b, {1, 0}).operand(a, {1, 0}).call()) == Status::ok);
    }
  }
}

}  // namespace

int main() {
  using namespace flambeau::FLAMBEAU_ISA_NS;
  lanes<float>();
  lanes<double>();
  lanes<int32_t>();
  lanes<int64_t>();
  floats<float>();
  floats<double>();
  conversions();
  for (const Kernels* k : available_kernels()) {
    tails<float>(*k);
    tails<double>(*k);
    tails<int32_t>(*k);
    tails<int64_t>(*k);
    tails<uint8_t>(*k);
    std::printf("%s: ok\n", k->isa);
  }
  return 0;
}
