// copy of every ISA: all hundred casts against scalar code that follows PyTorch's rules, and every kind of strides
// (transposes of odd sizes, gaps, broadcast, fills, in place), with sentinels around outputs.
#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

constexpr int kSize[kDTypes] = {4, 8, 8, 4, 1, 2, 1, 1, 2, 2};

// Straight from the formats' definitions, through frexp: no bit tricks shared with the kernel.
double decode_small(uint16_t bits, int exponent_bits) {
  const int mantissa_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = bits >> mantissa_bits & ((1 << exponent_bits) - 1), mantissa = bits & ((1 << mantissa_bits) - 1);
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return mantissa != 0 ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - mantissa_bits);
  return sign * std::ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
}
uint16_t encode_small(float f, int exponent_bits) {
  const int mantissa_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1, top = (1 << exponent_bits) - 1;
  const uint16_t sign = std::signbit(f) ? 0x8000 : 0;
  if (std::isnan(f)) return 0x7fff;  // compared as NaN
  const double a = std::fabs(double(f));
  int e = 0;
  if (a != 0 && !std::isinf(a)) std::frexp(a, &e);
  const int exponent = e - 1 < 1 - bias ? 1 - bias : e - 1;
  if (std::isinf(a)) return uint16_t(sign | top << mantissa_bits);
  const double units = std::nearbyint(std::ldexp(a, mantissa_bits - exponent));  // half to even
  double value = std::ldexp(units, exponent - mantissa_bits);
  if (value >= std::ldexp(2.0 - std::ldexp(1.0, -mantissa_bits - 1), bias)) return uint16_t(sign | top << mantissa_bits);
  if (units < (1 << mantissa_bits)) return uint16_t(sign | uint16_t(units));
  int ve;
  std::frexp(value, &ve);
  return uint16_t(sign | ((ve - 1 + bias) << mantissa_bits) | (int(std::ldexp(value, mantissa_bits - (ve - 1))) - (1 << mantissa_bits)));
}

// A value of any dtype: integers exactly, the rest as a double.
struct Value {
  bool is_float;
  int64_t integer;
  double real;
};

Value read(const char* p, DType t) {
  const auto as = [&](auto v) { std::memcpy(&v, p, sizeof v); return v; };
  switch (t) {
    case DType::f32: return {true, 0, as(float())};
    case DType::f64: return {true, 0, as(double())};
    case DType::i64: return {false, as(int64_t()), 0};
    case DType::i32: return {false, as(int32_t()), 0};
    case DType::boolean: case DType::u8: return {false, as(uint8_t()), 0};
    case DType::i16: return {false, as(int16_t()), 0};
    case DType::i8: return {false, as(int8_t()), 0};
    case DType::f16: return {true, 0, decode_small(as(uint16_t()), 5)};
    case DType::bf16: return {true, 0, decode_small(as(uint16_t()), 8)};
  }
  return {};
}

// What x86 gives: the smallest integer of the width in which it converts where the value does not fit.
int64_t truncated(double x, DType to) {
  const double limit = to == DType::i64 ? 9223372036854775808.0 : 2147483648.0;
  if (x >= -limit && x < limit) return int64_t(x);
  return to == DType::i64 ? INT64_MIN : INT32_MIN;
}

// Whether `p` holds `v` cast to t.
bool holds(const char* p, DType t, Value v) {
  const Value got = read(p, t);
  const int64_t whole = v.is_float ? truncated(v.real, t) : v.integer;
  const auto same = [](double a, double b) { return a == b ? std::signbit(a) == std::signbit(b) : a != a && b != b; };
  const float single = v.is_float ? float(v.real) : float(v.integer);
  switch (t) {
    case DType::f32: return same(got.real, single);
    case DType::f64: return same(got.real, v.is_float ? v.real : double(v.integer));
    case DType::i64: return got.integer == whole;
    case DType::i32: return got.integer == int32_t(whole);
    case DType::boolean: return got.integer == (v.is_float ? v.real != 0 : v.integer != 0);
    case DType::i16: return got.integer == int16_t(whole);
    case DType::i8: return got.integer == int8_t(whole);
    case DType::u8: return got.integer == uint8_t(whole);
    case DType::f16: return same(got.real, decode_small(encode_small(single, 5), 5));
    case DType::bf16: return same(got.real, decode_small(encode_small(single, 8), 8));
  }
  return false;
}

void fill_random(std::vector<char>& bytes, DType t, Numbers& numbers) {
  const int size = kSize[int(t)];
  const float special[] = {0, -0.0f, 1, 0.5f, 2.5f, -1.5f, 300, -129, 65504, 65519, 65520, 6e-8f, 2.9e-8f, 1e-7f, 6.1e-5f, 1e10f,
                           -1e10f, 1e20f, -1e20f, INFINITY, -INFINITY, NAN, 3.4e38f, 1e-45f, 1.00390625f, 1.01171875f};
  for (size_t at = 0; at + size <= bytes.size(); at += size) {
    char* p = &bytes[at];
    const float f = numbers.below(2) ? special[numbers.below(26)] : float(numbers.uniform(-500, 500));
    if (t == DType::f32) std::memcpy(p, &f, 4);
    else if (t == DType::f64) { const double d = f; std::memcpy(p, &d, 8); }
    else if (t == DType::boolean) *p = char(numbers.below(2));
    else for (int b = 0; b < size; ++b) p[b] = char(numbers.next());
  }
}

struct Strides {
  std::vector<int64_t> dim, out, in;
};

void copy_case(const Kernels& k, DType to, DType from, const Strides& s) {
  const int ndim = int(s.dim.size());
  int64_t out_reach = 1, in_reach = 1, in_first = 0, total = 1;
  for (int d = 0; d < ndim; ++d) {
    out_reach += (s.dim[d] - 1) * s.out[d];
    in_reach += (s.dim[d] - 1) * std::abs(s.in[d]);
    in_first -= (s.dim[d] - 1) * std::min<int64_t>(s.in[d], 0);
    total *= s.dim[d];
  }
  constexpr size_t guard = 128;
  std::vector<char> out(guard * 2 + size_t(out_reach) * kSize[int(to)], char(0x5a));
  std::vector<char> in(size_t(in_reach) * kSize[int(from)]);
  Numbers numbers;
  fill_random(in, from, numbers);
  Call call;
  std::memset(&call, 0, sizeof call);
  call.ndim = ndim;
  call.operands = 2;
  call.operand[0] = {out.data() + guard, to, {}};
  call.operand[1] = {in.data() + in_first * kSize[int(from)], from, {}};
  for (int d = 0; d < ndim; ++d) {
    call.dim[d] = s.dim[d];
    call.operand[0].stride[d] = s.out[d];
    call.operand[1].stride[d] = s.in[d];
  }
  CHECK(k.copy(call) == Status::ok);
  std::vector<bool> written(size_t(out_reach), false);
  for (int64_t n = 0; n < total; ++n) {
    int64_t rest = n, o = 0, i = 0;
    for (int d = ndim - 1; d >= 0; --d) {
      o += rest % s.dim[d] * s.out[d];
      i += rest % s.dim[d] * s.in[d];
      rest /= s.dim[d];
    }
    written[size_t(o)] = true;
    const char* got = out.data() + guard + o * kSize[int(to)];
    const char* source = in.data() + (in_first + i) * kSize[int(from)];
    const bool good = to == from ? std::memcmp(got, source, kSize[int(to)]) == 0 : holds(got, to, read(source, from));
    if (!good) {
      const Value v = read(source, from), g = read(got, to);
      std::fprintf(stderr, "%s: %d to %d at %lld: %g %lld became %g %lld\n", k.isa, int(from), int(to), static_cast<long long>(n), v.real,
                   static_cast<long long>(v.integer), g.real, static_cast<long long>(g.integer));
      std::exit(1);
    }
  }
  for (size_t b = 0; b < out.size(); ++b) {  // untouched: guards and gaps
    const bool inside = b >= guard && b < out.size() - guard && written[(b - guard) / size_t(kSize[int(to)])];
    if (!inside) CHECK(out[b] == 0x5a);
  }
}

}  // namespace

int main() {
  set_num_threads(2);
  const Strides all[] = {
      {{203}, {1}, {1}}, {{77}, {1}, {0}}, {{50}, {1}, {3}}, {{50}, {2}, {1}}, {{}, {}, {}},
      {{37, 41}, {41, 1}, {1, 37}}, {{37, 41}, {1, 37}, {41, 1}}, {{33, 70}, {80, 1}, {90, 1}}, {{7, 40}, {40, 1}, {0, 1}},
      {{7, 40}, {40, 1}, {1, 0}}, {{60, 3}, {3, 1}, {5, 1}}, {{5, 9, 30}, {270, 30, 1}, {9, 1, 45}}, {{4, 6, 5}, {30, 5, 1}, {1, 4, 24}},
      // backwards
      {{203}, {1}, {-1}}, {{50}, {2}, {-3}}, {{33, 70}, {70, 1}, {70, -1}}, {{33, 70}, {80, 1}, {-90, 1}}, {{33, 70}, {70, 1}, {-1, -33}},
      {{7, 40}, {40, 1}, {-1, 0}}, {{5, 9, 30}, {270, 30, 1}, {-270, 30, -1}},
  };
  const Strides large[] = {{{20000}, {1}, {1}}, {{150, 170}, {170, 1}, {1, 150}}, {{20000}, {1}, {-1}}, {{150, 170}, {170, 1}, {170, -1}}};
  for (const Kernels* k : available_kernels()) {
    for (int to = 0; to < kDTypes; ++to) {
      for (int from = 0; from < kDTypes; ++from) {
        for (const Strides& s : all) copy_case(*k, DType(to), DType(from), s);
        if (to == from || to <= 1)
          for (const Strides& s : large) copy_case(*k, DType(to), DType(from), s);
      }
    }
    float x[30], y[30];  // the very same elements
    for (int i = 0; i < 30; ++i) x[i] = y[i] = float(i);
    Frame same(0, {30});
    same.operand(x, {1}).operand(x, {1});
    CHECK(k->copy(same.call()) == Status::ok);
    CHECK(std::memcmp(x, y, sizeof x) == 0);
    std::printf("%s: ok\n", k->isa);
  }
  return 0;
}
