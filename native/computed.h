// What elementwise kernels compute a dtype in: float16 and bfloat16 in float32, integers of 16 bits and less in int32.
#pragma once
#include "kernels.h"

namespace flambeau {

constexpr bool is_small(DType t) { return t > DType::boolean; }
constexpr DType computed(DType t) { return !is_small(t) ? t : t == DType::f16 || t == DType::bf16 ? DType::f32 : DType::i32; }

}  // namespace flambeau
