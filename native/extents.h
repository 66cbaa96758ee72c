// How many elements the operands of the families over whole tensors have, beside those over images (spatial.h).
#pragma once
#include "op_names.h"
#include "spatial.h"

namespace flambeau {

// Operands of norm and normGrad are contiguous, too: values [N, G, K, S], statistics per group, weights per channel or element.
inline double norm_elements(Family family, int k, const Call& call) {
  const double values = product_of(call.dim, 4);
  if (values == 0) return 0;
  const double groups = static_cast<double>(call.dim[1]) * (call.ints[0] != 0 ? static_cast<double>(call.dim[0]) : 1.0);
  const double weights = call.ints[1] != 0 ? static_cast<double>(call.dim[3]) : product_of(call.dim + 1, 2);
  const double by_operand[2][8] = {{values, values, groups, groups, weights, weights, 0, 0},
                                   {values, weights, weights, values, values, groups, groups, weights}};
  return by_operand[family == Family::norm_grad][k];
}

// Operands of recurrence and recurrenceGrad, whose meaning depends on the cell.
inline double recurrence_elements(Family family, int k, const Call& call) {
  const double sequence = product_of(call.dim, 3), state = product_of(call.dim + 1, 2), hidden = static_cast<double>(call.dim[2]);
  if (sequence == 0) return 0;
  const bool lstm = call.op == kRecurrenceLstm, gru = call.op == kRecurrenceGru;
  const double gates = lstm ? 4 : gru ? 3 : 1;
  if (family == Family::recurrence) {
    const double by_operand[7] = {sequence, sequence, sequence * gates, state, state, gates * hidden * hidden, gates * hidden};
    return by_operand[k];
  }
  const double by_operand[8] = {sequence * (gru ? 4 : gates), state, lstm ? state : sequence, sequence, sequence * gates, sequence, state,
                                gates * hidden * hidden};
  return by_operand[k];
}

}  // namespace flambeau
