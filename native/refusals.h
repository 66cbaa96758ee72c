// What the checks of several families share: classes of dtypes, and why a frame is refused.
#pragma once
#include "kernels.h"

namespace flambeau {

constexpr bool is_float(DType t) { return t == DType::f32 || t == DType::f64; }
constexpr bool is_compute(DType t) { return t <= DType::boolean; }
constexpr bool is_index(DType t) { return t == DType::i64 || t == DType::i32; }

inline bool stride_is_zero(const Call& call, int k, int dim) {
  return call.operand[k].data == nullptr || call.operand[k].stride[dim] == 0;
}

inline bool contiguous_vector(const Call& call, int k) {
  return call.operand[k].data == nullptr || call.dim[0] <= 1 || call.operand[k].stride[0] == 1;
}

constexpr const char* kDtypes = "dtypes do not go together";
constexpr const char* kLayout = "an operand moves along a dimension that it must not move along";
constexpr const char* kBeyond = "an operand reaches beyond its buffer";
constexpr const char* kParameter = "a parameter is out of range";

}  // namespace flambeau
