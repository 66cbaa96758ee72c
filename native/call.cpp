// Decoding: one descriptor per family says how many operands there are, which may be numbers or absent, along which
// dimensions each one moves and which dtypes go together; what a table cannot say is in check_family().
#include "call.h"

#include <array>
#include <cstring>
#include <utility>

#include "computed.h"
#include "extents.h"
#include "immediate.h"
#include "matrices.h"
#include "op_names.h"
#include "optim_rules.h"
#include "spatial.h"

namespace flambeau {
namespace {

namespace at = frame_layout;

constexpr int64_t kMaxElements = int64_t{1} << 53;
constexpr int kItemShift[kDTypes] = {2, 3, 3, 2, 0, 1, 0, 0, 1, 1};  // log2 of the item size
constexpr int kRngWords = 632, kRngPosition = 624;  // src/core/rng.ts

// The dimensions whose being empty means that no element of the operand is touched.
enum class Space : uint8_t {
  all,
  kept,      // the first ints[0] dims
  but_last,
  first,
  last,
  none,      // always touched; strides count as 0: the frame may hold another call's
};

enum : uint8_t { number = 1, optional = 2 };  // may be an immediate number; may be absent

struct OperandRule {
  Space space = Space::all;
  uint8_t may = 0;
};

struct FamilyRule {
  const char* name;
  Kernel Kernels::* kernel;
  int8_t min_operands, max_operands;
  int8_t min_dims, max_dims;
  int8_t ints, params;  // how many family parameters are read
  OperandRule operand[kMaxOperands];
};

constexpr FamilyRule kRules[kFamilies] = {
    {"copy", &Kernels::copy, 2, 2, 0, 16, 0, 0, {{}, {Space::all, number}}},
    {"join", &Kernels::join, 2, 8, 2, 2, 7, 0,
     {{}, {Space::first}, {Space::first}, {Space::first}, {Space::first}, {Space::first}, {Space::first}, {Space::first}}},
    {"unary", &Kernels::unary, 2, 2, 0, 16, 0, 2, {{}, {Space::all, number}}},
    {"binary", &Kernels::binary, 3, 3, 0, 16, 0, 2, {{}, {Space::all, number}, {Space::all, number}}},
    {"ternary", &Kernels::ternary, 4, 4, 0, 16, 0, 2,
     {{}, {Space::all, number}, {Space::all, number}, {Space::all, number}}},
    {"reduce", &Kernels::reduce, 2, 2, 0, 16, 1, 1, {{Space::kept}, {}}},
    {"argReduce", &Kernels::arg_reduce, 2, 2, 0, 16, 1, 0, {{Space::kept}, {}}},
    {"scan", &Kernels::scan, 2, 2, 1, 16, 0, 0, {}},
    {"polyval", &Kernels::polyval, 3, 3, 1, 16, 0, 0, {{Space::but_last}, {}, {}}},
    {"moments", &Kernels::moments, 3, 3, 2, 2, 0, 0, {{Space::last}, {}, {}}},
    {"matmul", &Kernels::matmul, 3, 4, 3, 16, 2, 0, {{Space::but_last}, {}, {}, {Space::but_last, optional}}},
    {"gather", &Kernels::gather, 3, 3, 0, 16, 3, 0, {}},
    {"scatter", &Kernels::scatter, 3, 3, 0, 16, 3, 0, {{}, {Space::all, number}, {}}},
    {"nonzero", &Kernels::nonzero, 3, 3, 0, 16, 1, 0, {{Space::none}, {Space::none}, {}}},
    {"sort", &Kernels::sort, 3, 3, 1, 16, 0, 0, {}},
    {"select", &Kernels::select, 3, 3, 1, 16, 3, 0, {}},
    {"argScan", &Kernels::arg_scan, 3, 3, 1, 16, 0, 0, {}},
    {"searchSorted", &Kernels::search_sorted, 3, 3, 1, 16, 2, 0, {}},
    {"softmax", &Kernels::softmax, 2, 2, 1, 16, 0, 0, {}},
    {"softmaxGrad", &Kernels::softmax_grad, 3, 3, 1, 16, 0, 0, {}},
    {"crossEntropy", &Kernels::cross_entropy, 4, 4, 1, 16, 1, 0, {{Space::but_last}, {}, {}, {Space::but_last}}},
    {"crossEntropyGrad", &Kernels::cross_entropy_grad, 4, 4, 1, 16, 1, 1, {{}, {}, {Space::but_last}, {Space::but_last}}},
    {"norm", &Kernels::norm, 6, 6, 4, 4, 3, 1,
     {{Space::none}, {Space::none}, {Space::none, optional}, {Space::none}, {Space::none, optional}, {Space::none, optional}}},
    {"normGrad", &Kernels::norm_grad, 8, 8, 4, 4, 3, 1,
     {{Space::none, optional}, {Space::none, optional}, {Space::none, optional}, {Space::none}, {Space::none},
      {Space::none, optional}, {Space::none}, {Space::none, optional}}},
    {"recurrence", &Kernels::recurrence, 7, 7, 3, 3, 1, 0,
     {{Space::none}, {Space::none, optional}, {Space::none, optional}, {Space::none}, {Space::none, optional}, {Space::none},
      {Space::none, optional}}},
    {"recurrenceGrad", &Kernels::recurrence_grad, 8, 8, 3, 3, 1, 0,
     {{Space::none}, {Space::none}, {Space::none, optional}, {Space::none, optional}, {Space::none, optional}, {Space::none},
      {Space::none, optional}, {Space::none}}},
    {"attention", &Kernels::attention, 5, 5, 6, 6, 1, 1, {{}, {}, {}, {}, {Space::all, optional}}},
    {"attentionGrad", &Kernels::attention_grad, 8, 8, 6, 6, 1, 1, {{}, {}, {}, {}, {}, {}, {}, {Space::all, optional}}},
    {"conv", &Kernels::conv, 4, 4, 10, 10, 12, 0,
     {{Space::none}, {Space::none}, {Space::none}, {Space::none, optional}}},
    {"pool", &Kernels::pool, 3, 3, 7, 7, 15, 0, {{Space::none}, {Space::none}, {Space::none, optional}}},
    {"taps", &Kernels::taps, 4, 4, 3, 16, 2, 0, {{}, {}, {Space::all, optional}, {}}},
    {"distance", &Kernels::distance, 3, 3, 3, 16, 0, 1, {}},
    {"distanceGrad", &Kernels::distance_grad, 5, 5, 3, 16, 0, 1, {}},
    {"triangular", &Kernels::triangular, 2, 2, 3, 16, 1, 0, {{}, {}}},
    {"factor", &Kernels::factor, 4, 4, 4, 4, 1, 0,
     {{Space::none}, {Space::none, optional}, {Space::none}, {Space::none, optional}}},
    {"orthogonal", &Kernels::orthogonal, 5, 5, 5, 5, 1, 0,
     {{Space::none}, {Space::none}, {Space::none, optional}, {Space::none, optional}, {Space::none, optional}}},
    {"random", &Kernels::random, 2, 2, 1, 1, 5, 2, {{}, {Space::none}}},
    {"optimStep", &Kernels::optim_step, 5, 7, 1, 1, 0, 0, {}},
};

// Which of the first three operands of taps is read or written along the axis.
constexpr int tapped(int op) { return op == kTapsRead ? 1 : op == kTapsSpread ? 0 : 2; }

bool touched(Space space, const Call& call) {
  int from = 0, to = call.ndim;
  switch (space) {
    case Space::all: break;
    case Space::kept: to = static_cast<int>(call.ints[0]); break;
    case Space::but_last: to = call.ndim - 1; break;
    case Space::first: to = 1; break;
    case Space::last: from = call.ndim - 1; break;
    case Space::none: return true;
  }
  for (int d = from; d < to; ++d)
    if (call.dim[d] == 0) return false;
  return true;
}

// The last element index the operand reaches beyond its offset, apart from what strides say.
template <Family family>
int64_t extra_reach(int k, const Call& call) {
  switch (family) {
    case Family::gather: return k == 1 ? (call.ints[0] - 1) * call.ints[1] : 0;
    case Family::scatter: return k == 0 ? (call.ints[0] - 1) * call.ints[1] : 0;
    case Family::nonzero: return k == 0 ? call.ints[0] * call.ndim - 1 : 0;
    case Family::conv:
    case Family::pool: return static_cast<int64_t>(spatial_elements(family, k, call)) - 1;
    case Family::norm:
    case Family::norm_grad: return static_cast<int64_t>(norm_elements(family, k, call)) - 1;
    case Family::recurrence:
    case Family::recurrence_grad: return static_cast<int64_t>(recurrence_elements(family, k, call)) - 1;
    case Family::factor: return static_cast<int64_t>(factor_elements(k, call)) - 1;
    case Family::orthogonal: return static_cast<int64_t>(orthogonal_elements(k, call)) - 1;
    case Family::select: return k == 2 ? (call.ints[0] - 1) * call.ints[1] : 0;
    case Family::join: return k > 0 ? call.ints[k - 1] - 1 : 0;
    case Family::search_sorted: return k == 1 ? (call.ints[0] - 1) * call.ints[1] : 0;
    case Family::taps: return k == tapped(call.op) ? (call.ints[0] - 1) * call.ints[1] : 0;
    case Family::random: return k == 1 ? kRngWords - 1 : 0;
    case Family::optim_step: return k == call.operands - 1 ? kOptim[call.op].hyper - 1 : 0;
    default: return 0;
  }
}

// Kernels whose scratch grows with a dimension want operands whose memory grows with it, so that no frame can ask for more
// scratch than a few times the buffers it came with.
bool stays_along(const Call& call, int k, int dim) { return call.dim[dim] > 1 && call.operand[k].stride[dim] == 0; }

DType result_dtype(ResultRule rule, DType input) {
  switch (rule) {
    case ResultRule::same: return input;
    case ResultRule::boolean: return DType::boolean;
    case ResultRule::int64: return DType::i64;
    case ResultRule::wide: return is_float(input) ? input : DType::i64;
  }
  return input;
}

// Dtypes and the requirements that are particular to a family. Strides, bounds and counts have been checked.
template <Family family>
const char* check_family(const Call& call) {
  const Operand* o = call.operand;
  const int last = call.ndim - 1;
  switch (family) {
    case Family::copy:
      return nullptr;
    case Family::join:
      for (int k = 1; k < call.operands; ++k)
        if (!stride_is_zero(call, k, 1)) return kLayout;
      return call.dim[1] <= 1 || o[0].stride[1] == 1 ? nullptr : "the rows of the output are not contiguous";
    case Family::unary:
      return computed(o[0].dtype) == result_dtype(unary_result[call.op], computed(o[1].dtype)) ? nullptr : kDtypes;
    case Family::binary:
      if (computed(o[1].dtype) != computed(o[2].dtype)) return kDtypes;
      return computed(o[0].dtype) == result_dtype(binary_result[call.op], computed(o[1].dtype)) ? nullptr : kDtypes;
    case Family::ternary:
      if (call.op == kWhere) {
        return o[1].dtype == DType::boolean && o[2].dtype == o[3].dtype && o[0].dtype == o[2].dtype ? nullptr : kDtypes;
      }
      for (int k = 1; k <= 3; ++k)
        if (computed(o[k].dtype) != computed(o[0].dtype)) return kDtypes;
      return nullptr;
    case Family::reduce:
    case Family::arg_reduce: {
      const bool needs_elements = family == Family::arg_reduce || reduce_needs_elements[call.op];
      bool empty = false;
      for (int d = static_cast<int>(call.ints[0]); d <= last; ++d) {
        if (!stride_is_zero(call, 0, d)) return kLayout;
        empty |= call.dim[d] == 0;
      }
      if (empty && needs_elements && touched(Space::kept, call)) return "a reduction of no elements has no value";
      if (!is_compute(o[1].dtype)) return kDtypes;
      const DType result =
          family == Family::arg_reduce ? DType::i64 : result_dtype(reduce_result[call.op], o[1].dtype);
      return o[0].dtype == result ? nullptr : kDtypes;
    }
    case Family::scan:
      return is_compute(o[1].dtype) && o[0].dtype == o[1].dtype ? nullptr : kDtypes;
    case Family::polyval:
      if (!stride_is_zero(call, 0, last) || !stride_is_zero(call, 2, last)) return kLayout;
      return is_float(o[0].dtype) && o[1].dtype == o[0].dtype && o[2].dtype == o[0].dtype ? nullptr : kDtypes;
    case Family::moments:
      if (!stride_is_zero(call, 0, 0) || !stride_is_zero(call, 1, 1) || !stride_is_zero(call, 2, 1)) return kLayout;
      // Powers without a place each: no memory would bound their number.
      if (call.dim[1] > 1 && o[0].stride[1] == 0) return kLayout;
      return is_float(o[0].dtype) && o[1].dtype == o[0].dtype && o[2].dtype == o[0].dtype ? nullptr : kDtypes;
    case Family::matmul: {
      if (!stride_is_zero(call, 0, last) || !stride_is_zero(call, 1, last - 1) || !stride_is_zero(call, 2, last - 2))
        return kLayout;
      if (o[3].data != nullptr && (!stride_is_zero(call, 3, last) || o[3].dtype != o[0].dtype)) return kLayout;
      if (call.ints[0] < 0 || call.ints[0] >= activation_count || call.ints[1] < 0 || call.ints[1] > 1)
        return kParameter;
      const DType t = o[0].dtype;
      const bool multiplies = (is_compute(t) && t != DType::boolean) || t == DType::f16 || t == DType::bf16;
      return multiplies && o[1].dtype == t && o[2].dtype == t ? nullptr : kDtypes;
    }
    case Family::gather:
    case Family::scatter:
      return o[0].dtype == o[1].dtype && is_index(o[2].dtype) ? nullptr : kDtypes;
    case Family::nonzero:
      return o[0].dtype == DType::i64 && o[1].dtype == DType::i64 ? nullptr : kDtypes;
    case Family::sort:
      if (stays_along(call, 0, last) || stays_along(call, 1, last)) return kLayout;
      return is_compute(o[0].dtype) && o[1].dtype == DType::i64 && o[2].dtype == o[0].dtype ? nullptr : kDtypes;
    case Family::arg_scan:
      return is_compute(o[0].dtype) && o[1].dtype == DType::i64 && o[2].dtype == o[0].dtype ? nullptr : kDtypes;
    case Family::select: {
      if (!stride_is_zero(call, 2, last) || stays_along(call, 0, last) || stays_along(call, 1, last)) return kLayout;
      if (call.ints[0] > 1 && call.ints[1] == 0) return kLayout;
      // The kernel divides by the row's length, and a rank must be in it.
      const int64_t n = call.ints[0], k = call.dim[last];
      if (n < 1 || k > n || (call.op >= kSelectKth && k > 1)) return kParameter;
      if (call.op == kSelectKth && (call.ints[2] < 0 || call.ints[2] >= n)) return kParameter;
      return is_compute(o[0].dtype) && o[1].dtype == DType::i64 && o[2].dtype == o[0].dtype ? nullptr : kDtypes;
    }
    case Family::search_sorted:
      if (!stride_is_zero(call, 1, last)) return kLayout;
      return is_compute(o[1].dtype) && o[0].dtype == DType::i64 && o[2].dtype == o[1].dtype ? nullptr : kDtypes;
    case Family::softmax:
      if (call.op == kLogSumExp && !stride_is_zero(call, 0, last)) return kLayout;
      return is_float(o[0].dtype) && o[1].dtype == o[0].dtype ? nullptr : kDtypes;
    case Family::softmax_grad:
      return is_float(o[0].dtype) && o[1].dtype == o[0].dtype && o[2].dtype == o[0].dtype ? nullptr : kDtypes;
    case Family::cross_entropy:
      if (!stride_is_zero(call, 0, last) || !stride_is_zero(call, 3, last) || stays_along(call, 1, last)) return kLayout;
      return is_float(o[0].dtype) && o[1].dtype == o[0].dtype && o[2].dtype == o[0].dtype && is_index(o[3].dtype)
                 ? nullptr
                 : kDtypes;
    case Family::cross_entropy_grad:
      if (!stride_is_zero(call, 2, last) || !stride_is_zero(call, 3, last) || stays_along(call, 0, last)) return kLayout;
      return is_float(o[0].dtype) && o[1].dtype == o[0].dtype && o[3].dtype == o[0].dtype && is_index(o[2].dtype)
                 ? nullptr
                 : kDtypes;
    case Family::conv:
      if (!is_float(o[0].dtype) || o[1].dtype != o[0].dtype || o[2].dtype != o[0].dtype) return kDtypes;
      if (o[3].data != nullptr && (o[3].dtype != o[0].dtype || call.op == kConvWeightGrad)) return kParameter;
      return nullptr;
    case Family::pool:
      if (o[1].dtype != o[0].dtype) return kDtypes;
      if (call.op != kPoolMax) return is_float(o[0].dtype) && o[2].data == nullptr ? nullptr : kDtypes;
      return is_compute(o[0].dtype) && o[0].dtype != DType::boolean && o[2].data != nullptr && o[2].dtype == DType::i64 ? nullptr : kDtypes;
    case Family::random: {
      if (!is_compute(o[0].dtype) || o[1].dtype != DType::i32) return kDtypes;
      if (!contiguous_vector(call, 0)) return "the output is not contiguous";
      int32_t position;
      std::memcpy(&position, o[1].data + kRngPosition * 4, 4);
      if (position < 0 || position > kRngPosition) return "the generator state has a bad position";
      if (call.op == kRandint && call.ints[2] == 0 && call.ints[3] == 0) return kParameter;
      return nullptr;
    }
    case Family::norm:
    case Family::norm_grad: {
      // Only a mean of 0 may be left out.
      const int mean = family == Family::norm ? 2 : 5;
      if ((o[mean].data == nullptr) != (call.op == kNormRootMeanSquare)) return kParameter;
      const DType t = o[mean + 1].dtype;
      if (!is_float(t)) return kDtypes;
      for (int k = 0; k < call.operands; ++k)
        if (o[k].data != nullptr && o[k].dtype != t) return kDtypes;
      return nullptr;
    }
    case Family::attention:
    case Family::attention_grad: {
      // Bit d of the dims [B, H, L, S, E, F] along which an operand does not move: like queries, keys, values or results.
      constexpr int query = 0b101000, key = 0b100100, value = 0b010100, result = 0b011000, bias = 0b110000;
      constexpr int still[2][8] = {{result, query, key, value, bias, 0, 0, 0}, {query, key, value, result, query, key, value, bias}};
      if (product_of(call.dim, 6) == 0) return "attention over nothing";
      if (call.ints[0] < 0 || call.ints[0] > 1) return kParameter;
      for (int k = 0; k < call.operands; ++k) {
        if (o[k].data == nullptr) continue;
        if (o[k].dtype != o[0].dtype) return kDtypes;
        const int dims = still[family == Family::attention_grad][k];
        for (int d = 0; d < 6; ++d)
          if ((dims >> d & 1) && !stride_is_zero(call, k, d)) return kLayout;
        if (dims == key && stays_along(call, k, 3)) return kLayout;
      }
      return is_float(o[0].dtype) ? nullptr : kDtypes;
    }
    case Family::recurrence:
    case Family::recurrence_grad: {
      // Which operands a cell has.
      const bool lstm = call.op == kRecurrenceLstm, gru = call.op == kRecurrenceGru;
      const bool given[2][8] = {{true, lstm || gru, lstm || gru, true, lstm, true, gru && o[6].data != nullptr, false},
                                {true, true, lstm || gru, o[3].data != nullptr, lstm || gru, true, lstm || gru, true}};
      for (int k = 0; k < call.operands; ++k) {
        if ((o[k].data != nullptr) != given[family == Family::recurrence_grad][k]) return kParameter;
        if (o[k].data != nullptr && o[k].dtype != o[0].dtype) return kDtypes;
      }
      return is_float(o[0].dtype) ? nullptr : kDtypes;
    }
    case Family::taps: {
      // x, y and w by operand; the index is the last.
      const int x = tapped(call.op), y = call.op == kTapsRead ? 0 : 1, w = call.op == kTapsRead || call.op == kTapsSpread ? 2 : 0;
      if (!stride_is_zero(call, x, last - 2) || !stride_is_zero(call, x, last) || !stride_is_zero(call, y, last) ||
          !stride_is_zero(call, w, last - 1) || !stride_is_zero(call, 3, last - 1))
        return kLayout;
      // No more positions and taps than there are indices.
      if (stays_along(call, 3, last - 2) || stays_along(call, 3, last)) return kLayout;
      if (o[2].data == nullptr && x == 2) return "an operand is missing";
      if (!is_float(o[0].dtype) || o[1].dtype != o[0].dtype || o[3].dtype != DType::i32) return kDtypes;
      return o[2].data == nullptr || o[2].dtype == o[0].dtype ? nullptr : kDtypes;
    }
    case Family::distance:
    case Family::distance_grad: return check_distance(family, call);
    case Family::triangular: return check_triangular(call);
    case Family::factor: return check_factor(call);
    case Family::orthogonal: return check_orthogonal(call);
    case Family::optim_step: return check_optim(call);
  }
  return nullptr;
}

// Parameters whose range the bounds of operands depend on.
template <Family family>
const char* check_parameters(const Call& call) {
  switch (family) {
    case Family::reduce:
    case Family::arg_reduce:
      return call.ints[0] >= 0 && call.ints[0] <= call.ndim ? nullptr : kParameter;
    case Family::gather:
    case Family::scatter:
      return call.ints[0] >= 0 && call.ints[1] >= 0 && call.ints[2] >= 0 && call.ints[2] <= 1 ? nullptr : kParameter;
    case Family::nonzero:
      return call.ints[0] >= 0 ? nullptr : kParameter;
    case Family::join: {
      int64_t columns = 0;
      for (int k = 1; k < call.operands; ++k) {
        if (call.ints[k - 1] < 0) return kParameter;
        columns += call.ints[k - 1];
      }
      return columns == call.dim[1] ? nullptr : kParameter;
    }
    case Family::select:
    case Family::search_sorted:
    case Family::taps:
      return call.ints[0] >= 0 && call.ints[1] >= 0 ? nullptr : kParameter;
    case Family::conv:
    case Family::pool: {
      for (int i = 0; i < 12; ++i)
        if (call.ints[i] < (i < 3 || (i >= 6 && i < 9) ? 0 : 1)) return kParameter;
      // Tables of the kernels grow with the kernel's dims, which the weight's memory bounds.
      for (int k = 0; k < call.operands; ++k)
        if (!(spatial_elements(family, k, call) < static_cast<double>(kMaxElements))) return "too many elements";
      if (!(product_of(call.ints, 3) < static_cast<double>(kMaxElements))) return "too many elements";
      if (family == Family::pool && (call.ints[12] > 1 || call.ints[12] < 0 || call.ints[13] > 1 || call.ints[13] < 0))
        return kParameter;
      return nullptr;
    }
    case Family::recurrence:
    case Family::recurrence_grad:
      for (int k = 0; k < call.operands; ++k)
        if (!(recurrence_elements(family, k, call) < static_cast<double>(kMaxElements))) return "too many elements";
      return call.ints[0] == 0 || call.ints[0] == 1 ? nullptr : kParameter;
    case Family::norm:
    case Family::norm_grad:
      for (int i = 0; i < 3; ++i)
        if (call.ints[i] < 0 || call.ints[i] > 1) return kParameter;
      // Weights per element are those of whole rows, and statistics over all n those of single channels.
      if (call.ints[1] != 0 && (call.dim[1] != 1 || call.dim[2] != 1 || call.ints[0] == 0)) return kParameter;
      return call.ints[0] != 0 || call.dim[2] == 1 ? nullptr : kParameter;
    case Family::optim_step:
      return call.operands == kOptim[call.op].operands ? nullptr : "wrong number of operands";
    default:
      return nullptr;
  }
}

// A family whose operands reach further than their strides say touches nothing when that reach is empty.
template <Family family>
bool has_reach(int k, const Call& call) {
  if (family == Family::gather) return k != 1 || call.ints[0] > 0;
  if (family == Family::scatter) return k != 0 || call.ints[0] > 0;
  if (family == Family::select) return k != 2 || call.ints[0] > 0;
  if (family == Family::taps) return k != tapped(call.op) || call.ints[0] > 0;
  if (family == Family::join) return k == 0 || call.ints[k - 1] > 0;
  if (family == Family::search_sorted) return k != 1 || call.ints[0] > 0;
  if (family == Family::conv || family == Family::pool) return spatial_elements(family, k, call) > 0;
  if (family == Family::norm || family == Family::norm_grad) return norm_elements(family, k, call) > 0;
  if (family == Family::recurrence || family == Family::recurrence_grad) return recurrence_elements(family, k, call) > 0;
  if (family == Family::factor) return factor_elements(k, call) > 0;
  if (family == Family::orthogonal) return orthogonal_elements(k, call) > 0;
  if (family == Family::nonzero) return k != 0 || (call.ints[0] > 0 && call.ndim > 0);
  return true;
}

constexpr Names names_of(Family family) {
  switch (family) {
    case Family::unary: return {unary_names, unary_count};
    case Family::binary: return {binary_names, binary_count};
    case Family::ternary: return {ternary_names, ternary_count};
    case Family::reduce: return {reduce_names, reduce_count};
    case Family::arg_reduce: return {arg_reduce_names, arg_reduce_count};
    case Family::scan: return {scan_names, scan_count};
    case Family::scatter: return {scatter_names, scatter_count};
    case Family::sort: return {sort_names, sort_count};
    case Family::select: return {select_names, select_count};
    case Family::arg_scan: return {arg_scan_names, arg_scan_count};
    case Family::search_sorted: return {search_names, search_count};
    case Family::softmax: return {softmax_names, softmax_count};
    case Family::softmax_grad: return {softmax_names, kLogSumExp};
    case Family::norm:
    case Family::norm_grad: return {norm_names, norm_count};
    case Family::recurrence:
    case Family::recurrence_grad: return {recurrence_names, recurrence_count};
    case Family::conv: return {conv_names, conv_count};
    case Family::pool: return {pool_names, pool_count};
    case Family::taps: return {taps_names, taps_count};
    case Family::triangular: return {triangular_names, triangular_count};
    case Family::factor: return {factor_names, factor_count};
    case Family::orthogonal: return {orthogonal_names, orthogonal_count};
    case Family::random: return {random_names, random_count};
    case Family::optim_step: return {optim_names, optim_count};
    default: return {nullptr, 0};
  }
}

// The operand whose values decide what memory a kernel touches, or -1. A kernel checks those values and reads them again
// later, so no output may lie over them.
constexpr int deciding_operand(Family family, int operands) {
  switch (family) {
    case Family::gather:
    case Family::scatter:
    case Family::nonzero:
    case Family::cross_entropy_grad: return 2;
    case Family::cross_entropy:
    case Family::taps: return 3;
    case Family::random: return 1;
    case Family::optim_step: return operands - 1;
    default: return -1;
  }
}

constexpr bool is_output(Family family, int k) {
  if (family == Family::pool) return k != 1;
  if (family == Family::nonzero || family == Family::cross_entropy) return k <= 1;
  if (family == Family::optim_step) return k != 1;
  return k == 0;
}

struct Extent {
  const char* begin;
  const char* end;
};

template <Family family>
bool writes_over_deciding(const Call& call, const Extent* extent) {
  const int decides = deciding_operand(family, call.operands);
  for (int k = 0; k < call.operands; ++k)
    if (k != decides && is_output(family, k) && extent[k].begin < extent[decides].end &&
        extent[decides].begin < extent[k].end)
      return true;
  return false;
}

// One instance per family: the descriptor is a constant in it, so that a call pays for its own checks only.
template <Family family>
const char* decode_family(const int32_t* frame, const Buffer* buffers, int buffer_count, Call& call) {
  constexpr FamilyRule rule = kRules[static_cast<int>(family)];
  constexpr bool reaches_further = family == Family::gather || family == Family::scatter || family == Family::nonzero ||
                                   family == Family::select || family == Family::search_sorted || family == Family::join || family == Family::taps ||
                                   family == Family::random || family == Family::optim_step || family == Family::conv ||
                                   family == Family::pool || family == Family::norm || family == Family::norm_grad ||
                                   family == Family::recurrence || family == Family::recurrence_grad || family == Family::factor || family == Family::orthogonal;
  const int op = call.op = frame[at::op];
  constexpr int ops = names_of(family).count == 0 ? 1 : names_of(family).count;
  if (op < 0 || op >= ops) return "no such op";
  const int ndim = call.ndim = frame[at::ndim];
  if (ndim < rule.min_dims || ndim > rule.max_dims) return "wrong number of dimensions";
  const int operands = call.operands = frame[at::operands];
  if (operands < rule.min_operands || operands > rule.max_operands) return "wrong number of operands";

  // A double counts without overflow and is exact below the limit; empty dimensions count as one so that no partial
  // product of a kernel can overflow either.
  double elements = 1;
  bool empty = false;
  for (int d = 0; d < ndim; ++d) {
    const int64_t dim = call.dim[d] = frame[at::dims + d];
    if (dim < 0) return "a dimension is negative";
    if (dim == 0) empty = true; else elements *= static_cast<double>(dim);
  }
  if (!(elements < static_cast<double>(kMaxElements))) return "too many elements";
  for (int i = 0; i < rule.ints; ++i) call.ints[i] = frame[at::ints + i];
  if (rule.params > 0) std::memcpy(call.floats + 8, frame + 2 * at::params, static_cast<size_t>(rule.params) * 8);
  if (const char* why = check_parameters<family>(call)) return why;
  if (family == Family::matmul) call.operand[3].data = nullptr;
  constexpr bool has_deciding = deciding_operand(family, kMaxOperands) >= 0;
  Extent extent[kMaxOperands];

  for (int k = 0; k < operands; ++k) {
    const int32_t* from = frame + at::operand + k * at::operand_size;
    Operand& to = call.operand[k];
    const int32_t arg = from[at::arg], code = from[at::dtype];
    if (has_deciding) extent[k] = {nullptr, nullptr};
    if (arg != at::absent && (code < 0 || code >= kDTypes)) return "no such dtype";
    to.dtype = static_cast<DType>(code);
    if (arg < 0) {
      const bool may_be_absent = family == Family::optim_step ? kOptim[op].optional >> k & 1 : rule.operand[k].may & optional;
      for (int d = 0; d < ndim; ++d) to.stride[d] = 0;
      if (arg == at::immediate && (rule.operand[k].may & number)) {
        store_immediate(call.immediate[k], to.dtype, frame + 2 * (at::floats + k));
        to.data = call.immediate[k];
      } else if (arg == at::absent && may_be_absent) {
        to.data = nullptr;
      } else {
        return "an operand is missing";
      }
      continue;
    }
    if (arg >= buffer_count) return "an operand names a buffer that was not given";
    const int64_t offset = from[at::offset];
    if (offset < 0) return "an offset is negative";
    const Buffer& buffer = buffers[arg];
    const int shift = kItemShift[code];
    const int64_t limit = buffer.bytes >> shift;
    Space space = rule.operand[k].space;
    if (family == Family::optim_step && k >= operands - 1 - kOptim[op].scalars) space = Space::none;
    bool used = !empty || touched(space, call);
    if (reaches_further) used = used && has_reach<family>(k, call);
    // Each term is below 2^62 and the sum is cut off at `limit`, so it cannot overflow.
    int64_t reach = used && reaches_further ? offset + extra_reach<family>(k, call) : offset;
    int64_t first = offset;  // what copy reads backwards lies before the offset
    for (int d = 0; d < ndim; ++d) {
      const int64_t stride = space == Space::none ? 0 : from[at::strides + d];
      if (stride < 0 && !(family == Family::copy && k == 1)) return "a stride is negative";
      to.stride[d] = stride;
      if (used && space != Space::none && call.dim[d] > 0) {
        if (reach >= limit || first < 0) return kBeyond;
        (stride < 0 ? first : reach) += stride * (call.dim[d] - 1);
      }
    }
    if (!used) {
      to.data = call.immediate[k];
      continue;
    }
    if (reach >= limit || first < 0) return kBeyond;
    char* data = buffer.data + (offset << shift);
    if ((reinterpret_cast<uintptr_t>(data) & ((uintptr_t{1} << shift) - 1)) != 0) return "an operand is not aligned";
    to.data = data;
    if (has_deciding) extent[k] = {data, data + ((reach - offset + 1) << shift)};
  }
  if (has_deciding && writes_over_deciding<family>(call, extent)) return "an output lies over what decides where it is written";
  return check_family<family>(call);
}

template <size_t... each>
constexpr std::array<Decoder, kFamilies> all_decoders(std::index_sequence<each...>) {
  return {&decode_family<static_cast<Family>(each)>...};
}
constexpr auto kDecoders = all_decoders(std::make_index_sequence<kFamilies>());

}  // namespace

const char* family_name(Family family) { return kRules[static_cast<int>(family)].name; }

Names op_names(Family family) { return names_of(family); }

Kernel family_kernel(const Kernels& kernels, Family family) { return kernels.*kRules[static_cast<int>(family)].kernel; }

Decoder decoder_of(Family family) { return kDecoders[static_cast<size_t>(family)]; }

}  // namespace flambeau
