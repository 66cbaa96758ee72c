// The contract between the addon (or a test) and the kernels of one ISA build.
//
// Every kernel family is one function over a `Call`: an iteration space of up to kMaxDims dimensions and up to
// kMaxOperands strided operands over it, operand 0 being the output. A dimension along which an operand does not
// move has stride 0 there, so broadcasting, reduction, contraction and gathering are all expressed by strides:
// matmul is the space [batch..., M, N, K] in which the output has stride 0 along K.
// The same frame is the contract of the TypeScript backend: src/backend/backend.ts describes each family.
//
// A Call has been validated by decode() in call.cpp: every operand stays inside its buffer for the whole space,
// dims are not negative, nor strides but those of what copy reads, and dtypes are legal for the family. What depends on *values* (an index out of
// range) the kernel checks itself, before it writes anything.
#pragma once
#include <cstddef>
#include <cstdint>

namespace flambeau {

constexpr int kMaxDims = 16;
constexpr int kMaxOperands = 8;
constexpr int kInts = 16;
constexpr int kFloats = 16;

// The order is the contract with src/core/dtype.ts.
enum class DType : int32_t { f32 = 0, f64 = 1, i64 = 2, i32 = 3, boolean = 4, i16 = 5, i8 = 6, u8 = 7, f16 = 8, bf16 = 9 };
constexpr int kDTypes = 10;

struct Operand {
  char* data;                 // element at index 0 of the iteration space; null when the operand is absent
  DType dtype;
  int64_t stride[kMaxDims];   // in elements
};

struct Call {
  int32_t op;                 // row of the family, by the order of ops.h
  int32_t ndim;
  int32_t operands;
  int64_t dim[kMaxDims];
  Operand operand[kMaxOperands];
  int64_t ints[kInts];        // family parameters
  double floats[kFloats];     // 0..7 immediate operands, 8..15 family parameters
  alignas(8) char immediate[kMaxOperands][8];  // storage of operands that were given as a number
  mutable int64_t detail[4];  // what a kernel reports about a failure: [0] the bad value, [1] the limit
};

enum class Status : int32_t {
  ok = 0,
  unsupported = 1,     // no native row for this op and dtype
  index_range = 2,     // an index is outside [0, limit): detail[0] the index, detail[1] the limit
  bad_call = 3,        // the frame is malformed
  division_by_zero = 4,  // integer floorDivide, remainder or fmod with a zero divisor; nothing was written
};

using Kernel = Status (*)(const Call&);

// One ISA build fills one of these. A null entry means the family has no kernel in this build.
struct Kernels {
  const char* isa;
  Kernel copy;           // [out, a]                     cast between any two dtypes; a may be immediate (fill)
  Kernel join;           // [out, a...]                  [rows, n]; ints = elements per row of each a, which has stride 0 along n
  Kernel unary;          // [out, a]
  Kernel binary;         // [out, a, b]
  Kernel ternary;        // [out, a, b, c]
  Kernel reduce;         // [out, a]                     ints[0] = leading dims kept
  Kernel arg_reduce;     // [out i64, a]                 ints[0] = leading dims kept; index is linear over the rest
  Kernel scan;           // [out, a]                     along the last dim
  Kernel polyval;        // [out, c, x]                  last dim walks the coefficients, highest degree first
  Kernel moments;        // [out, g, x]                  last dim walks the powers, highest first; sums over the rest
  Kernel matmul;         // [out, a, b, bias?]           [batch..., M, N, K]; ints[0] activation, ints[1] accumulate
  Kernel gather;         // [out, src, index]            ints: axis size, axis stride of src, wrap negatives
  Kernel scatter;        // [out, src, index]            ints: axis size, axis stride of out, wrap negatives
  Kernel nonzero;        // [out i64, count i64, a]      ints[0] = capacity in rows of out
  Kernel sort;           // [values, indices i64, a]     along the last dim
  Kernel select;         // [values, indices i64, a]     last dim k; ints: size and stride of a's rows, rank
  Kernel arg_scan;       // [values, indices i64, a]     along the last dim
  Kernel search_sorted;  // [out i64, sequence, values]  ints: size and stride of the sequences
  Kernel softmax;        // [out, a]                     along the last dim
  Kernel softmax_grad;   // [out, g, y]                  along the last dim
  Kernel cross_entropy;  // [loss, p, a, target]         [rows..., C]; ints[0] = ignored class
  Kernel cross_entropy_grad;  // [out, p, target, g]     [rows..., C]; floats[8] scales
  Kernel norm;           // [out, a, mean?, variance, weight?, bias?]  [N, G, K, S]; all contiguous
  Kernel norm_grad;      // [dx?, dw?, db?, g, a, mean?, variance, weight?]  [N, G, K, S]; all contiguous
  Kernel recurrence;       // [out, saved?, gates?, h0, c0?, weight, bias?]  [T, N, H]; all contiguous
  Kernel recurrence_grad;  // [deltas, dh, dc?, g?, gates?, states, first?, weight]  [T, N, H]; see src/backend/backend.ts
  Kernel attention;        // [out, q, k, v, bias?]        [B, H, L, S, E, F]
  Kernel attention_grad;   // [dq, dk, dv, g, q, k, v, bias?]  [B, H, L, S, E, F]
  Kernel conv;           // [out, a, b, bias?]           all contiguous; see src/backend/backend.ts
  Kernel pool;           // [out, a, index i64?]         all contiguous; see src/backend/backend.ts
  Kernel taps;           // [out, a, b?, index i32]      [loop..., P, J, K]; ints: axis size, axis stride; see src/backend/backend.ts
  Kernel distance;       // [out, a, b]                  [loop..., P, R, M]; floats[8] = p
  Kernel distance_grad;  // [out, a, b, g, y]            [loop..., P, R, M]; floats[8] = p
  Kernel triangular;     // [x, t]                       [batch..., N, N, R]; ints[0] = unit diagonal
  Kernel factor;         // [a, second?, info, x?]       [B, M, N, R]; all contiguous; see src/backend/backend.ts
  Kernel orthogonal;     // [a, values, info?, left?, right?]  [B, M, N, L, R]; all contiguous; see src/backend/backend.ts
  Kernel random;         // [out, state i32]             out contiguous, one dim
  Kernel optim_step;     // see src/backend/backend.ts
};

// The kernels of one build, each defined in native/kernels and compiled in one of the parts of native/isa/parts.
#ifdef FLAMBEAU_ISA_NS
namespace FLAMBEAU_ISA_NS {
Status copy(const Call&), join(const Call&), unary(const Call&), binary(const Call&), ternary(const Call&);
Status reduce(const Call&), arg_reduce(const Call&), scan(const Call&), polyval(const Call&);
Status moments(const Call&), matmul(const Call&), gather(const Call&), scatter(const Call&);
Status sort(const Call&), select(const Call&), arg_scan(const Call&), search_sorted(const Call&);
Status nonzero(const Call&), softmax(const Call&), softmax_grad(const Call&), cross_entropy(const Call&);
Status cross_entropy_grad(const Call&), norm(const Call&), norm_grad(const Call&);
Status recurrence(const Call&), recurrence_grad(const Call&), attention(const Call&), attention_grad(const Call&);
Status conv(const Call&), pool(const Call&), taps(const Call&), random(const Call&), optim_step(const Call&);
Status distance(const Call&), distance_grad(const Call&), triangular(const Call&), factor(const Call&), orthogonal(const Call&);
}
#endif

extern const Kernels kernels_baseline;
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;
extern const Kernels kernels_avx512bf16;  // kernels_avx512 with products of bfloat16 by AVX512-BF16
extern const Kernels kernels_neon;

}  // namespace flambeau
