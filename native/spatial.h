// How many elements the operands of the families over images have.
#pragma once
#include "call.h"
#include "op_names.h"

namespace flambeau {

// Operands of conv and pool are contiguous tensors, whose elements are counted in doubles: exact below 2^53.
inline double product_of(const int64_t* sizes, int count) {
  double product = 1;
  for (int i = 0; i < count; ++i) product *= static_cast<double>(sizes[i]);
  return product;
}

inline double spatial_elements(Family family, int k, const Call& call) {
  const double in = product_of(call.ints, 3);
  if (family == Family::pool) {
    const double planes = static_cast<double>(call.dim[0]), out = product_of(call.dim + 1, 3);
    return planes * ((k == 1) == (call.op != kPoolAvgGrad) && k < 2 ? in : out);
  }
  const double batch = static_cast<double>(call.dim[0]), groups = static_cast<double>(call.dim[1]);
  const double outputs = groups * static_cast<double>(call.dim[2]), inputs = static_cast<double>(call.dim[3]);
  const double x = batch * groups * inputs * in, y = batch * outputs * product_of(call.dim + 4, 3);
  const double w = outputs * inputs * product_of(call.dim + 7, 3);
  switch (call.op) {
    case kConvForward: return k == 0 ? y : k == 1 ? x : k == 2 ? w : outputs;
    case kConvInputGrad: return k == 0 ? x : k == 1 ? y : k == 2 ? w : groups * inputs;
    default: return k == 0 ? w : k == 1 ? x : y;
  }
}

}  // namespace flambeau
