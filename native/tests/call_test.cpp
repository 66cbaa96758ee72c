// decode(): random frames, mostly nearly right ones. Whatever it accepts is walked as a kernel would walk it, over heap
// blocks of exactly the given size, so that AddressSanitizer sees the first element outside.
#include "call.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "check.h"
#include "op_names.h"

using namespace flambeau;
namespace at = frame_layout;

namespace {

uint64_t state = 1;
int64_t below(int64_t n) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(n));
}
bool chance(int one_in) { return below(one_in) == 0; }

struct Frame {
  alignas(8) int32_t word[at::length] = {};
  int32_t* operand(int k) { return word + at::operand + k * at::operand_size; }
};

constexpr int kItem[] = {4, 8, 8, 4, 1, 2, 1, 1, 2, 2};

volatile unsigned char sink;

void touch(const Operand& operand, int64_t index) {
  const unsigned char* bytes = reinterpret_cast<const unsigned char*>(operand.data) + index * kItem[static_cast<int>(operand.dtype)];
  for (int i = 0; i < kItem[static_cast<int>(operand.dtype)]; ++i) sink = bytes[i];
}

// Walks dims [from, to), at every index also `extra` elements further on. Nothing when one of them is empty.
void walk(const Call& call, int k, int from, int to, int64_t extra = 0) {
  const Operand& operand = call.operand[k];
  if (operand.data == nullptr) return;
  int64_t total = 1;
  for (int d = from; d < to; ++d) total *= call.dim[d];
  if (total > 200) {  // the far corner is what matters
    int64_t index = 0;
    for (int d = from; d < to; ++d) index += (call.dim[d] - 1) * operand.stride[d];
    touch(operand, index + extra);
    return touch(operand, 0);
  }
  for (int64_t linear = 0; linear < total; ++linear) {
    int64_t rest = linear, index = 0;
    for (int d = to - 1; d >= from; --d) {
      index += rest % call.dim[d] * operand.stride[d];
      rest /= call.dim[d];
    }
    touch(operand, index);
    touch(operand, index + extra);
  }
}

void walk_as_kernel(Family family, const Call& call) {
  const int n = call.ndim;
  switch (family) {
    case Family::reduce:
    case Family::arg_reduce:
      walk(call, 0, 0, static_cast<int>(call.ints[0]));
      return walk(call, 1, 0, n);
    case Family::polyval:
      walk(call, 0, 0, n - 1);
      walk(call, 1, 0, n);
      return walk(call, 2, 0, n);
    case Family::moments:
      walk(call, 0, 1, 2);
      walk(call, 1, 0, n);
      return walk(call, 2, 0, n);
    case Family::matmul:
      walk(call, 0, 0, n - 1);
      walk(call, 1, 0, n);
      walk(call, 2, 0, n);
      return walk(call, 3, 0, n - 1);
    case Family::gather:
      walk(call, 0, 0, n);
      walk(call, 2, 0, n);
      if (call.ints[0] > 0) walk(call, 1, 0, n, (call.ints[0] - 1) * call.ints[1]);
      return;
    case Family::scatter:
      walk(call, 1, 0, n);
      walk(call, 2, 0, n);
      if (call.ints[0] > 0) walk(call, 0, 0, n, (call.ints[0] - 1) * call.ints[1]);
      return;
    case Family::nonzero:
      for (int64_t i = 0; i < call.ints[0] * n; ++i) touch(call.operand[0], i);
      touch(call.operand[1], 0);
      return walk(call, 2, 0, n);
    case Family::join:
      walk(call, 0, 0, n);
      for (int k = 1; k < call.operands; ++k)
        if (call.ints[k - 1] > 0) walk(call, k, 0, 1, call.ints[k - 1] - 1);
      return;
    case Family::taps: {
      const int tapped = call.op == 0 ? 1 : call.op == 1 ? 0 : 2;
      for (int k = 0; k < 4; ++k) {
        if (call.operand[k].data == nullptr || (k == tapped && call.ints[0] == 0)) continue;
        walk(call, k, 0, n, k == tapped ? (call.ints[0] - 1) * call.ints[1] : 0);
      }
      return;
    }
    case Family::select:
    case Family::search_sorted:
      for (int k = 0; k < 3; ++k) {
        const bool row = k == (family == Family::select ? 2 : 1);
        if (!row) walk(call, k, 0, n);
        else if (call.ints[0] > 0) walk(call, k, 0, n, (call.ints[0] - 1) * call.ints[1]);
      }
      return;
    case Family::cross_entropy:
      walk(call, 0, 0, n - 1);
      walk(call, 1, 0, n);
      walk(call, 2, 0, n);
      return walk(call, 3, 0, n - 1);
    case Family::cross_entropy_grad:
      walk(call, 0, 0, n);
      walk(call, 1, 0, n);
      walk(call, 2, 0, n - 1);
      return walk(call, 3, 0, n - 1);
    case Family::conv:
    case Family::pool: {
      // The last elements of contiguous tensors.
      const auto volume = [](const int64_t* sizes) { return sizes[0] * sizes[1] * sizes[2]; };
      const int64_t *d = call.dim, in = volume(call.ints);
      int64_t length[4] = {d[0] * in, d[0] * volume(d + 1), d[0] * volume(d + 1), 0};
      if (family == Family::pool) {
        if (call.op != kPoolAvgGrad) std::swap(length[0], length[1]);
      } else {
        const int64_t x = d[0] * d[1] * d[3] * in, y = d[0] * d[1] * d[2] * volume(d + 4), w = d[1] * d[2] * d[3] * volume(d + 7);
        const int64_t all[3][4] = {{y, x, w, d[1] * d[2]}, {x, y, w, d[1] * d[3]}, {w, x, y, 0}};
        for (int k = 0; k < 4; ++k) length[k] = all[call.op][k];
      }
      for (int k = 0; k < call.operands; ++k)
        if (call.operand[k].data != nullptr && length[k] > 0) touch(call.operand[k], length[k] - 1);
      return;
    }
    case Family::norm:
    case Family::norm_grad: {
      const int64_t *d = call.dim, values = d[0] * d[1] * d[2] * d[3], groups = d[1] * (call.ints[0] != 0 ? d[0] : 1);
      const int64_t weights = call.ints[1] != 0 ? d[3] : d[1] * d[2];
      const int64_t all[2][8] = {{values, values, groups, groups, weights, weights, 0, 0},
                                 {values, weights, weights, values, values, groups, groups, weights}};
      for (int k = 0; k < call.operands; ++k) {
        const int64_t length = all[family == Family::norm_grad][k];
        if (values > 0 && call.operand[k].data != nullptr && length > 0) touch(call.operand[k], length - 1);
      }
      return;
    }
    case Family::recurrence:
    case Family::recurrence_grad: {
      const int64_t *d = call.dim, all = d[0] * d[1] * d[2], state = d[1] * d[2], gates = call.op == kRecurrenceLstm ? 4 : call.op == kRecurrenceGru ? 3 : 1;
      const int64_t weight = gates * d[2] * d[2], deltas = call.op == kRecurrenceGru ? 4 * all : gates * all;
      const int64_t length[2][8] = {{all, all, gates * all, state, state, weight, gates * d[2], 0},
                                    {deltas, state, call.op == kRecurrenceLstm ? state : all, all, gates * all, all, state, weight}};
      for (int k = 0; k < call.operands; ++k)
        if (all > 0 && call.operand[k].data != nullptr) touch(call.operand[k], length[family == Family::recurrence_grad][k] - 1);
      return;
    }
    case Family::factor: {
      const int64_t *d = call.dim, length[4] = {d[0] * d[1] * d[2], d[0] * std::min(d[1], d[2]), d[0], d[0] * d[2] * d[3]};
      for (int k = 0; k < 4; ++k)
        if (call.operand[k].data != nullptr && length[k] > 0) touch(call.operand[k], length[k] - 1);
      return;
    }
    case Family::orthogonal: {
      const int64_t *d = call.dim, length[5] = {d[0] * d[1] * d[2], d[0] * std::min(d[1], d[2]), d[0], d[0] * d[1] * d[3], d[0] * d[4] * d[2]};
      for (int k = 0; k < 5; ++k)
        if (call.operand[k].data != nullptr && length[k] > 0) touch(call.operand[k], length[k] - 1);
      return;
    }
    case Family::random:
      walk(call, 0, 0, 1);
      for (int i = 0; i < 632; ++i) touch(call.operand[1], i);
      return;
    case Family::optim_step: {
      static constexpr int hyper[] = {6, 8, 7, 6, 5, 6, 8, 7, 6, 6}, scalars[] = {1, 1, 1, 1, 1, 1, 2, 1, 1, 3};
      const int vectors = call.operands - 1 - scalars[call.op];
      for (int k = 0; k < vectors; ++k) walk(call, k, 0, 1);
      for (int k = vectors; k < call.operands - 1; ++k)
        if (call.operand[k].data != nullptr) touch(call.operand[k], 0);
      for (int i = 0; i < hyper[call.op]; ++i) touch(call.operand[call.operands - 1], i);
      return;
    }
    default:
      for (int k = 0; k < call.operands; ++k) walk(call, k, 0, n);
  }
}

constexpr int kOperands[kFamilies] = {2, 4, 2, 3, 4, 2, 2, 2, 3, 3, 4, 3, 3, 3, 3, 3, 3, 3, 2, 3, 4, 4, 6, 8, 7, 8, 5, 8, 4, 3, 4, 3, 5, 2, 4, 5, 2, 5};
constexpr int kOptimOperands[] = {5, 7, 7, 5, 6, 6, 7, 6, 6, 7};
static_assert(sizeof(kOptimOperands) / sizeof(kOptimOperands[0]) == optim_count, "one count per op");

// A frame that decode() accepts about every third time, then damaged now and then.
void fill(Family family, Frame& frame) {
  const int f = static_cast<int>(family);
  const int ops = op_names(family).count;
  frame.word[at::op] = static_cast<int32_t>(below(ops == 0 ? 1 : ops));
  int ndim = static_cast<int>(below(4));
  if (family == Family::matmul) ndim = 3 + static_cast<int>(below(2));
  if (family == Family::moments) ndim = 2;
  if (family == Family::cross_entropy || family == Family::cross_entropy_grad) ndim = 1 + static_cast<int>(below(3));
  if (family == Family::join) ndim = 2;
  if (family == Family::taps) ndim = 3 + static_cast<int>(below(2));
  if (family == Family::distance || family == Family::distance_grad) ndim = 3 + static_cast<int>(below(2));
  if (family == Family::triangular) ndim = 3 + static_cast<int>(below(2));
  if (family == Family::factor) ndim = 4;
  if (family == Family::orthogonal) ndim = 5;
  if (family == Family::conv) ndim = 10;
  if (family == Family::pool) ndim = 7;
  if (family == Family::norm || family == Family::norm_grad) ndim = 4;
  if (family == Family::recurrence || family == Family::recurrence_grad) ndim = 3;
  if (family == Family::attention || family == Family::attention_grad) ndim = 6;
  if (family == Family::random || family == Family::optim_step) ndim = 1;
  frame.word[at::ndim] = ndim;
  const int operands = family == Family::optim_step ? kOptimOperands[frame.word[at::op]] : kOperands[f];
  frame.word[at::operands] = operands;
  for (int d = 0; d < ndim; ++d) frame.word[at::dims + d] = chance(8) ? 0 : static_cast<int32_t>(1 + below(5));
  for (int i = 0; i < 16; ++i) frame.word[at::ints + i] = static_cast<int32_t>(below(4));
  if (family == Family::matmul) frame.word[at::ints + 1] &= 1;
  if (family == Family::gather || family == Family::scatter) frame.word[at::ints + 2] &= 1;
  const int32_t dtype = static_cast<int32_t>(below(chance(4) ? 10 : 2));
  for (int k = 0; k < operands; ++k) {
    int32_t* o = frame.operand(k);
    o[at::arg] = static_cast<int32_t>(below(3));
    if (chance(10)) o[at::arg] = chance(2) ? at::immediate : at::absent;
    o[at::dtype] = dtype;
    o[at::offset] = static_cast<int32_t>(below(chance(3) ? 40 : 4));
    int32_t stride = 1;
    for (int d = ndim - 1; d >= 0; --d) {
      o[at::strides + d] = chance(5) ? 0 : chance(5) ? static_cast<int32_t>(below(30)) : stride;
      stride *= frame.word[at::dims + d] > 0 ? frame.word[at::dims + d] : 1;
    }
  }
  if (family == Family::copy && ndim > 0 && chance(3)) {  // backwards along a dim
    int32_t* o = frame.operand(1);
    const int d = static_cast<int>(below(ndim));
    o[at::offset] += frame.word[at::dims + d] * o[at::strides + d];
    o[at::strides + d] = -o[at::strides + d];
  }
  const auto still = [&](int k, int d) { frame.operand(k)[at::strides + d] = 0; };
  const auto type = [&](int k, int32_t code) { frame.operand(k)[at::dtype] = code; };
  const int last = ndim - 1;
  switch (family) {
    case Family::unary:
      if (unary_result[frame.word[at::op]] == ResultRule::boolean) type(0, 4);
      break;
    case Family::binary:
      if (binary_result[frame.word[at::op]] == ResultRule::boolean) type(0, 4);
      break;
    case Family::ternary:
      if (frame.word[at::op] == kWhere) type(1, 4);
      break;
    case Family::reduce:
    case Family::arg_reduce:
      for (int d = frame.word[at::ints]; d < ndim; ++d) still(0, d);
      if (family == Family::arg_reduce) type(0, 2);
      break;
    case Family::join:
      frame.word[at::dims + 1] = frame.word[at::ints] + frame.word[at::ints + 1] + frame.word[at::ints + 2];
      for (int k = 1; k < operands; ++k) still(k, 1);
      if (!chance(10)) frame.operand(0)[at::strides + 1] = 1;
      break;
    case Family::polyval: if (ndim > 0) still(0, last), still(2, last); break;
    case Family::moments: still(0, 0), still(1, 1), still(2, 1); break;
    case Family::matmul: still(0, last), still(1, last - 1), still(2, last - 2), still(3, last); break;
    case Family::gather:
    case Family::scatter: type(2, chance(2) ? 2 : 3); break;
    case Family::nonzero: type(0, 2), type(1, 2); break;
    case Family::sort:
    case Family::arg_scan: type(1, 2); break;
    case Family::select:
      type(1, 2);
      if (ndim > 0) still(2, last);
      if (ndim > 0 && frame.word[at::op] >= kSelectKth && !chance(5)) frame.word[at::dims + last] = 1;
      if (ndim > 0) frame.word[at::ints] = frame.word[at::dims + last] + static_cast<int32_t>(below(4)) - 1;
      break;
    case Family::search_sorted: type(0, 2); if (ndim > 0) still(1, last); break;
    case Family::cross_entropy: still(0, last), still(3, last), type(3, 2); break;
    case Family::cross_entropy_grad: still(2, last), still(3, last), type(2, 3); break;
    case Family::conv:
    case Family::pool:
      for (int d = 0; d < ndim; ++d) frame.word[at::dims + d] = chance(30) ? 0 : static_cast<int32_t>(1 + below(2));
      for (int i = 0; i < 12; ++i) frame.word[at::ints + i] = static_cast<int32_t>(1 + below(3));
      for (int i = 12; i < 15; ++i) frame.word[at::ints + i] = static_cast<int32_t>(below(2));
      if (family == Family::pool) type(2, 2);
      if (frame.word[at::op] > (family == Family::pool ? 0 : 1)) frame.operand(operands - 1)[at::arg] = at::absent;
      if (family == Family::pool && frame.word[at::op] == 1) frame.operand(2)[at::arg] = at::absent;
      break;
    case Family::norm:
    case Family::norm_grad: {
      for (int d = 0; d < ndim; ++d) frame.word[at::dims + d] = chance(30) ? 0 : static_cast<int32_t>(1 + below(3));
      for (int i = 0; i < 3; ++i) frame.word[at::ints + i] = static_cast<int32_t>(below(2));
      // Statistics over the channels of all n, or weights of whole rows.
      if (chance(2)) frame.word[at::ints] = 1;
      if (chance(2)) frame.word[at::dims + 1] = frame.word[at::dims + 2] = 1;
      int32_t& mean = frame.operand(family == Family::norm ? 2 : 5)[at::arg];
      mean = frame.word[at::op] == 1 ? at::absent : 0;
      break;
    }
    case Family::recurrence:
    case Family::recurrence_grad: {
      for (int d = 0; d < ndim; ++d) frame.word[at::dims + d] = chance(30) ? 0 : static_cast<int32_t>(1 + below(3));
      frame.word[at::ints] = static_cast<int32_t>(below(2));
      const bool forward = family == Family::recurrence, lstm = frame.word[at::op] == kRecurrenceLstm, gated = lstm || frame.word[at::op] == kRecurrenceGru;
      const bool given[2][8] = {{true, true, gated, chance(2), gated, true, gated, true}, {true, gated, gated, true, lstm, true, gated && !lstm && chance(2), false}};
      for (int k = 0; k < operands; ++k) frame.operand(k)[at::arg] = given[forward][k] ? static_cast<int32_t>(below(3)) : at::absent;
      break;
    }
    case Family::attention:
    case Family::attention_grad: {
      for (int d = 0; d < ndim; ++d) frame.word[at::dims + d] = chance(60) ? 0 : static_cast<int32_t>(1 + below(2));
      frame.word[at::ints] = static_cast<int32_t>(below(2));
      constexpr int dims[2][8][2] = {{{3, 5}, {2, 5}, {2, 4}, {3, 4}, {3, 5}, {2, 5}, {2, 4}, {4, 5}}, {{3, 4}, {3, 5}, {2, 5}, {2, 4}, {4, 5}}};
      for (int k = 0; k < operands; ++k)
        for (int d : dims[family == Family::attention][k]) still(k, d);
      for (int k = 0; k + 1 < operands; ++k) frame.operand(k)[at::arg] = static_cast<int32_t>(below(3));
      break;
    }
    case Family::taps: {
      // The dims from the end that x, y, w and the index lack.
      const int op = frame.word[at::op], x = op == 0 ? 1 : op == 1 ? 0 : 2, y = op == 0 ? 0 : 1, w = op == 2 ? 0 : 2;
      still(x, last), still(x, last - 2), still(y, last), still(w, last - 1), still(3, last - 1), type(3, 3);
      for (int k = 0; k < operands; ++k)
        if (!chance(20)) frame.operand(k)[at::arg] = k == 2 && op != 2 && chance(3) ? at::absent : static_cast<int32_t>(below(3));
      break;
    }
    case Family::distance:
      still(0, last), still(1, last - 1), still(2, last - 2);
      break;
    case Family::distance_grad:
      still(0, last - 1), still(1, last - 1), still(2, last - 2), still(3, last), still(4, last);
      break;
    case Family::triangular:
      still(0, last - 1), still(1, last);
      if (!chance(10)) frame.operand(0)[at::strides + last] = 1, frame.word[at::dims + last - 1] = frame.word[at::dims + last - 2];
      frame.word[at::ints] &= 1;
      break;
    case Family::factor: {
      const bool is_lu = frame.word[at::op] == kFactorLu, solves = frame.word[at::op] > kFactorLu;
      if (!is_lu) frame.word[at::dims + 2] = frame.word[at::dims + 1];
      if (frame.word[at::op] == kFactorInverse) frame.word[at::dims + 3] = frame.word[at::dims + 2];
      frame.word[at::ints] &= 1;
      type(1, 3), type(2, 3);
      if (frame.word[at::op] == kFactorCholesky) frame.operand(1)[at::arg] = at::absent;
      if (!solves) frame.operand(3)[at::arg] = at::absent;
      break;
    }
    case Family::orthogonal: {
      int32_t* const dims = frame.word + at::dims;
      const int op = frame.word[at::op];
      const bool reflections = op == kOrthogonalQr || op == kOrthogonalColumns;
      if (op == kOrthogonalColumns) dims[2] = std::min(dims[1], dims[2]);
      if (op == kOrthogonalEigh) dims[2] = dims[3] = dims[1];
      if (reflections) dims[3] = std::min(dims[1], dims[3]), dims[4] = std::min(dims[1], dims[4]);
      frame.word[at::ints] &= 1;
      type(2, 3);
      if (reflections) frame.operand(2)[at::arg] = at::absent;
      if (op == kOrthogonalColumns || op == kOrthogonalEigh) frame.operand(4)[at::arg] = at::absent;
      if (op == kOrthogonalSvd) {
        dims[3] = chance(2) ? dims[1] : std::min(dims[1], dims[2]), dims[4] = chance(2) ? dims[2] : std::min(dims[1], dims[2]);
        if (chance(3)) frame.operand(3)[at::arg] = frame.operand(4)[at::arg] = at::absent;
      }
      for (int k : {3, 4})
        if (frame.operand(k)[at::arg] == at::absent) dims[k] = 0;
      break;
    }
    case Family::random: type(1, 3); break;
    case Family::optim_step: type(operands - 2, 0), type(operands - 1, 1); break;
    default: break;
  }
  static constexpr int32_t nasty[] = {-1, -2, 1 << 30, 2147483647, -2147483647 - 1, 17, 65536, 46341};
  while (chance(3)) frame.word[below(at::length)] = nasty[below(8)];
}

void fuzz() {
  std::vector<int> accepted(kFamilies);
  for (int round = 0; round < 300000; ++round) {
    const Family family = static_cast<Family>(below(kFamilies));
    Frame frame;
    fill(family, frame);
    std::unique_ptr<char[]> memory[3];
    Buffer buffers[3];
    for (int i = 0; i < 3; ++i) {
      const int64_t bytes = chance(10) ? 0 : (family == Family::random && chance(2) ? 2700 : 0) + 8 * below(90);
      memory[i] = std::make_unique<char[]>(static_cast<size_t>(bytes));
      buffers[i] = {memory[i].get(), bytes};
    }
    Call call;
    if (decoder_of(family)(frame.word, buffers, static_cast<int>(1 + below(3)), call) != nullptr) continue;
    ++accepted[static_cast<size_t>(family)];
    walk_as_kernel(family, call);
  }
  for (int count : accepted) CHECK(count > 100);
}

// copy [out, number] at the given dtype; returns the immediate's storage.
Call decode_number(DType dtype, double value, int64_t raw) {
  Frame frame;
  alignas(8) static char out[8];
  const Buffer buffer{out, 8};
  frame.word[at::operands] = 2;
  frame.operand(0)[at::dtype] = frame.operand(1)[at::dtype] = static_cast<int32_t>(dtype);
  frame.operand(1)[at::arg] = at::immediate;
  if (dtype == DType::i64) std::memcpy(frame.word + 2 * (at::floats + 1), &raw, 8);
  else std::memcpy(frame.word + 2 * (at::floats + 1), &value, 8);
  Call call;
  CHECK(decoder_of(Family::copy)(frame.word, &buffer, 1, call) == nullptr);
  return call;
}

template <class T>
T number_as(DType dtype, double value, int64_t raw = 0) {
  const Call call = decode_number(dtype, value, raw);
  T result;
  std::memcpy(&result, call.immediate[1], sizeof result);
  return result;
}

void immediates_are_converted() {
  CHECK(number_as<float>(DType::f32, 0.1) == 0.1f);
  CHECK(number_as<double>(DType::f64, 0.1) == 0.1);
  CHECK(number_as<int64_t>(DType::i64, 0, INT64_MIN + 1) == INT64_MIN + 1);
  CHECK(number_as<int32_t>(DType::i32, -2.9) == -2);
  CHECK(number_as<int32_t>(DType::i32, std::nan("")) == 0);
  CHECK(number_as<uint8_t>(DType::boolean, 0.5) == 1);
  CHECK(number_as<int8_t>(DType::i8, 300) == 44);
  CHECK(number_as<int16_t>(DType::i16, -32768) == -32768);
  CHECK(number_as<uint8_t>(DType::u8, -1) == 255);
  // IEEE 754 binary16: 1, largest, first that rounds to infinity, smallest subnormal and its half (ties to even), -0.
  CHECK(number_as<uint16_t>(DType::f16, 1) == 0x3c00);
  CHECK(number_as<uint16_t>(DType::f16, 65504) == 0x7bff);
  CHECK(number_as<uint16_t>(DType::f16, 65519) == 0x7bff);
  CHECK(number_as<uint16_t>(DType::f16, 65520) == 0x7c00);
  CHECK(number_as<uint16_t>(DType::f16, 1e9) == 0x7c00);
  CHECK(number_as<uint16_t>(DType::f16, std::ldexp(1, -24)) == 1);
  CHECK(number_as<uint16_t>(DType::f16, std::ldexp(1, -25)) == 0);
  CHECK(number_as<uint16_t>(DType::f16, std::ldexp(3, -25)) == 2);
  CHECK(number_as<uint16_t>(DType::f16, std::ldexp(1, -14)) == 0x0400);
  CHECK(number_as<uint16_t>(DType::f16, -0.0) == 0x8000);
  CHECK(number_as<uint16_t>(DType::f16, 0.1) == 0x2e66);
  CHECK(number_as<uint16_t>(DType::f16, std::nan("")) == 0x7e00);
  CHECK(number_as<uint16_t>(DType::bf16, 1) == 0x3f80);
  CHECK(number_as<uint16_t>(DType::bf16, 1.00390625) == 0x3f80);  // tie to even
  CHECK(number_as<uint16_t>(DType::bf16, 1.01171875) == 0x3f82);  // tie to even
  CHECK(number_as<uint16_t>(DType::bf16, -INFINITY) == 0xff80);
}

void huge_numbers_do_not_overflow() {
  alignas(8) char memory[64];
  const Buffer buffer{memory, 64};
  Frame frame;
  frame.word[at::ndim] = 16;
  frame.word[at::operands] = 2;
  for (int d = 0; d < 16; ++d) frame.word[at::dims + d] = 2147483647;
  Call call;
  CHECK(decoder_of(Family::copy)(frame.word, &buffer, 1, call) != nullptr);
  frame.word[at::ndim] = 1;
  frame.operand(0)[at::strides] = 2147483647;
  CHECK(decoder_of(Family::copy)(frame.word, &buffer, 1, call) != nullptr);
  frame.operand(0)[at::strides] = 0;
  CHECK(decoder_of(Family::copy)(frame.word, &buffer, 1, call) == nullptr);
}

void misaligned_memory_is_refused() {
  alignas(8) char memory[64];
  const Buffer buffer{memory + 1, 32};
  Frame frame;
  frame.word[at::operands] = 2;
  Call call;
  CHECK(decoder_of(Family::copy)(frame.word, &buffer, 1, call) != nullptr);
  frame.operand(0)[at::dtype] = frame.operand(1)[at::dtype] = 4;
  CHECK(decoder_of(Family::copy)(frame.word, &buffer, 1, call) == nullptr);
}

void optimizer_states_follow_hyperparameters() {
  alignas(8) double memory[16] = {};
  const Buffer buffer{reinterpret_cast<char*>(memory), sizeof memory};
  Frame frame;
  frame.word[at::ndim] = 1;
  frame.word[at::operands] = 5;
  frame.word[at::dims] = 1;
  frame.operand(2)[at::arg] = frame.operand(3)[at::arg] = at::absent;
  frame.operand(4)[at::dtype] = 1;
  frame.operand(4)[at::offset] = 4;
  Call call;
  CHECK(decoder_of(Family::optim_step)(frame.word, &buffer, 1, call) == nullptr);
  memory[4 + 1] = 0.9;  // momentum
  CHECK(decoder_of(Family::optim_step)(frame.word, &buffer, 1, call) != nullptr);
  frame.operand(2)[at::arg] = frame.operand(3)[at::arg] = 0;
  CHECK(decoder_of(Family::optim_step)(frame.word, &buffer, 1, call) == nullptr);
}

// gather [out, src, index] over 4 elements; the index checks out before `out` is written and is read again after.
void outputs_do_not_lie_over_indices() {
  alignas(8) float memory[16] = {};
  const Buffer buffer{reinterpret_cast<char*>(memory), sizeof memory};
  Frame frame;
  frame.word[at::ndim] = 1;
  frame.word[at::operands] = 3;
  frame.word[at::dims] = 4;
  frame.word[at::ints] = frame.word[at::ints + 1] = 1;
  for (int k = 0; k < 3; ++k) frame.operand(k)[at::strides] = 1;
  frame.operand(2)[at::dtype] = 3;
  Call call;
  for (const int offset : {0, 3}) {
    frame.operand(0)[at::offset] = offset;
    CHECK(decoder_of(Family::gather)(frame.word, &buffer, 1, call) != nullptr);
  }
  frame.operand(0)[at::offset] = 4;
  CHECK(decoder_of(Family::gather)(frame.word, &buffer, 1, call) == nullptr);
}

}  // namespace

int main() {
  outputs_do_not_lie_over_indices();
  immediates_are_converted();
  huge_numbers_do_not_overflow();
  misaligned_memory_is_refused();
  optimizer_states_follow_hyperparameters();
  fuzz();
  return 0;
}
