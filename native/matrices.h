// What decoding knows of factor, orthogonal, triangular and distance.
#pragma once
#include "op_names.h"
#include "refusals.h"

namespace flambeau {

// Operands of factor: matrices [B, M, N], what belongs to their diagonals, one number per matrix, and right-hand sides [B, N, R].
inline double factor_elements(int k, const Call& call) {
  const double count = static_cast<double>(call.dim[0]), m = static_cast<double>(call.dim[1]), n = static_cast<double>(call.dim[2]);
  const double by_operand[4] = {count * m * n, count * (m < n ? m : n), count, count * n * static_cast<double>(call.dim[3])};
  return by_operand[k];
}

inline const char* check_factor(const Call& call) {
  const Operand* o = call.operand;
  const bool solves = call.op == kFactorSolve || call.op == kFactorInverse;
  if ((o[1].data != nullptr) != (call.op != kFactorCholesky) || (o[3].data != nullptr) != solves) return kParameter;
  if (call.op != kFactorLu && call.dim[1] != call.dim[2]) return "the matrices are not square";
  if (call.op == kFactorInverse && call.dim[3] != call.dim[2]) return kParameter;
  if (call.ints[0] < 0 || call.ints[0] > 1) return kParameter;
  if (o[1].data != nullptr && o[1].dtype != DType::i32) return kDtypes;
  if (o[3].data != nullptr && o[3].dtype != o[0].dtype) return kDtypes;
  return is_float(o[0].dtype) && o[2].dtype == DType::i32 ? nullptr : kDtypes;
}

// Operands of orthogonal: matrices [B, M, N], numbers of their diagonals, one number per matrix, columns [B, M, L] and rows [B, R, N].
inline double orthogonal_elements(int k, const Call& call) {
  const double count = static_cast<double>(call.dim[0]), m = static_cast<double>(call.dim[1]), n = static_cast<double>(call.dim[2]);
  const double by_operand[5] = {count * m * n, count * (m < n ? m : n), count, count * m * static_cast<double>(call.dim[3]),
                                count * static_cast<double>(call.dim[4]) * n};
  return by_operand[k];
}

inline const char* check_orthogonal(const Call& call) {
  const Operand* o = call.operand;
  const int64_t m = call.dim[1], n = call.dim[2], left = call.dim[3], right = call.dim[4];
  const bool qr = call.op == kOrthogonalQr, eigh = call.op == kOrthogonalEigh, svd = call.op == kOrthogonalSvd;
  if ((o[2].data != nullptr) != (eigh || svd) || (o[3].data == nullptr && call.op == kOrthogonalColumns)) return kParameter;
  if (svd ? (o[3].data != nullptr) != (o[4].data != nullptr) : o[4].data != nullptr && !qr) return kParameter;
  if ((o[3].data == nullptr && left != 0) || (o[4].data == nullptr && right != 0)) return kParameter;
  if (eigh && (m != n || (o[3].data != nullptr && left != n))) return kParameter;
  const int64_t least = m < n ? m : n;
  if (svd && o[3].data != nullptr && ((left != least && left != m) || (right != least && right != n))) return kParameter;
  if (left > m || (right > m && !svd) || (call.op == kOrthogonalColumns && n > m)) return kParameter;
  if (call.ints[0] < 0 || call.ints[0] > 1) return kParameter;
  if ((eigh || svd) && o[2].dtype != DType::i32) return kDtypes;
  for (int k = 1; k < 5; ++k)
    if (k != 2 && o[k].data != nullptr && o[k].dtype != o[0].dtype) return kDtypes;
  return is_float(o[0].dtype) ? nullptr : kDtypes;
}

inline const char* check_triangular(const Call& call) {
  const Operand* o = call.operand;
  const int last = call.ndim - 1;
  if (!stride_is_zero(call, 0, last - 1) || !stride_is_zero(call, 1, last)) return kLayout;
  if (call.dim[last - 2] != call.dim[last - 1] || call.ints[0] < 0 || call.ints[0] > 1) return kParameter;
  if (call.dim[last] > 1 && o[0].stride[last] != 1) return "the rows of the right-hand side are not contiguous";
  return is_float(o[0].dtype) && o[1].dtype == o[0].dtype ? nullptr : kDtypes;
}

inline const char* check_distance(Family family, const Call& call) {
  // By operand, the dim that it lacks: rows of ours lack R, theirs P, pairs M.
  const int last = call.ndim - 1, lacks[2][5] = {{last, last - 1, last - 2}, {last - 1, last - 1, last - 2, last, last}};
  for (int k = 0; k < call.operands; ++k) {
    if (!stride_is_zero(call, k, lacks[family == Family::distance_grad][k])) return kLayout;
    if (call.operand[k].dtype != call.operand[0].dtype) return kDtypes;
  }
  if (!(call.floats[8] >= 0)) return kParameter;
  return is_float(call.operand[0].dtype) ? nullptr : kDtypes;
}

}  // namespace flambeau
