// Turns what came from JavaScript, however wrong, into a Call that a kernel may trust.
// No Node-API here: ctest and the addon use the same function.
#pragma once
#include <cstdint>

#include "kernels.h"

namespace flambeau {

// The order is the contract with FAMILIES in src/backend/backend.ts and with the fields of Kernels.
enum class Family : int32_t {
  copy, join, unary, binary, ternary, reduce, arg_reduce, scan, polyval, moments, matmul, gather, scatter, nonzero, sort, select,
  arg_scan, search_sorted, softmax,
  softmax_grad, cross_entropy, cross_entropy_grad, norm, norm_grad,
  recurrence, recurrence_grad, attention, attention_grad, conv, pool, taps,
  distance, distance_grad, triangular, factor, orthogonal, random, optim_step,
};
constexpr int kFamilies = 38;

// The layout of src/core/frame.ts, in int32 units (floats_at and params_at in float64 units).
namespace frame_layout {
constexpr int op = 0, ndim = 1, operands = 2, dims = 4, ints = 20, operand = 36, operand_size = 20;
constexpr int arg = 0, dtype = 1, offset = 2, strides = 4;
constexpr int floats = 98, params = floats + 8, length = (floats + 16) * 2;
constexpr int32_t immediate = -1, absent = -2;
}  // namespace frame_layout

struct Buffer {
  char* data;
  int64_t bytes;
};

// A list of op names; families without ops have the empty list and accept only op 0.
struct Names {
  const char* const* names;
  int count;
};

// "copy", "unary", ... "optimStep": the spelling of FAMILIES.
const char* family_name(Family family);
Names op_names(Family family);
Kernel family_kernel(const Kernels& kernels, Family family);

// Fills `call` from the frame and the buffers that came with it. Returns null, or why the frame is refused.
// Every number of the frame is read once, so that a frame that another thread is writing cannot pass the checks and
// then change. After null: dims and strides are not negative, the number of elements is below 2^53, every element that
// the family's contract reaches is inside its buffer and aligned, and dtypes are legal for the op.
// An operand of which no element is reached points at 8 readable bytes.
using Decoder = const char* (*)(const int32_t* frame, const Buffer* buffers, int buffer_count, Call& call);
Decoder decoder_of(Family family);

}  // namespace flambeau
