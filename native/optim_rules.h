// What each optimizer of the family optimStep takes, for the decoder.
#pragma once
#include <cstdint>

#include "computed.h"
#include "op_names.h"
#include "refusals.h"

namespace flambeau {

struct OptimRule {
  int operands, hyper;
  int scalars;          // float32 scalars of the state, the operands before hyper
  uint8_t optional;     // bit per operand
  int8_t needs[2][2];   // {hyper index, operand that must be given when it is not 0}, -1 = none
};
// sgd: step belongs to the momentum buffer, so both hang on momentum (see check_optim).
constexpr OptimRule kOptim[] = {
    {5, 6, 1, 0b001100, {{1, 2}, {1, 3}}},
    {7, 8, 1, 0b010000, {{5, 4}, {-1, -1}}},
    {7, 7, 1, 0b011000, {{4, 3}, {5, 4}}},
    {5, 6, 1, 0, {{-1, -1}, {-1, -1}}},  // adagrad
    {6, 5, 1, 0, {{-1, -1}, {-1, -1}}},  // adadelta
    {6, 6, 1, 0, {{-1, -1}, {-1, -1}}},  // adamax
    {7, 8, 2, 0, {{-1, -1}, {-1, -1}}},  // nadam
    {6, 7, 1, 0, {{-1, -1}, {-1, -1}}},  // radam
    {6, 6, 1, 0, {{-1, -1}, {-1, -1}}},  // rprop
    {7, 6, 3, 0, {{-1, -1}, {-1, -1}}},  // asgd
};
static_assert(sizeof(kOptim) / sizeof(kOptim[0]) == optim_count, "one rule per op");

inline const char* check_optim(const Call& call) {
  const OptimRule& rule = kOptim[call.op];
  const int hyper = call.operands - 1;
  const DType stored = call.operand[0].dtype, dtype = computed(stored);
  if (!is_float(dtype)) return kDtypes;
  for (int k = 0; k < hyper; ++k) {
    const bool scalar = k >= hyper - rule.scalars;
    if (call.operand[k].data == nullptr) continue;
    if (call.operand[k].dtype != (scalar ? DType::f32 : k < 2 ? stored : dtype)) return kDtypes;
    if (!scalar && !contiguous_vector(call, k)) return "an optimizer operand is not contiguous";
  }
  if (call.operand[hyper].dtype != DType::f64) return kDtypes;
  const double* values = reinterpret_cast<const double*>(call.operand[hyper].data);
  for (const auto& [index, operand] : rule.needs)
    if (index >= 0 && values[index] != 0 && call.operand[operand].data == nullptr)
      return "the hyperparameters need a state that is absent";
  return nullptr;
}

}  // namespace flambeau
