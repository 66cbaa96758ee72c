// join of every ISA against copies of single rows: any operands side by side, of any dtypes, pitches and widths (none, one
// element, short, longer than a chunk, large enough to be streamed), with sentinels around the output.
#include "../parallel.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

constexpr int kSize[kDTypes] = {4, 8, 8, 4, 1, 2, 1, 1, 2, 2};
constexpr size_t kGuard = 128;

struct Part {
  DType dtype;
  int64_t width, pitch;
};

void join_case(const Kernels& k, DType to, int64_t rows, int64_t gap, const std::vector<Part>& parts) {
  static Numbers numbers;
  Call call;
  std::memset(&call, 0, sizeof call);
  call.ndim = 2;
  call.operands = 1 + int(parts.size());
  int64_t cols = 0;
  std::vector<std::vector<char>> sources;
  for (size_t p = 0; p < parts.size(); ++p) {
    const int size = kSize[int(parts[p].dtype)];
    std::vector<char> bytes(size_t((rows > 0 ? (rows - 1) * parts[p].pitch : 0) + parts[p].width) * size_t(size));
    for (char& b : bytes) b = char(parts[p].dtype == DType::boolean ? numbers.below(2) : numbers.next());
    sources.push_back(std::move(bytes));
    call.operand[p + 1] = {sources[p].data(), parts[p].dtype, {parts[p].pitch, 0}};
    call.ints[p] = parts[p].width;
    cols += parts[p].width;
  }
  const int64_t pitch = cols + gap, size = kSize[int(to)];
  std::vector<char> got(2 * kGuard + size_t(rows * pitch * size), char(0x5a)), expected = got;
  call.dim[0] = rows;
  call.dim[1] = cols;
  call.operand[0] = {got.data() + kGuard, to, {pitch, 1}};
  CHECK(k.join(call) == Status::ok);
  for (int64_t r = 0; r < rows; ++r) {
    int64_t column = 0;
    for (size_t p = 0; p < parts.size(); ++p) {
      const Part& part = parts[p];
      if (part.width == 0) continue;
      Frame row(0, {part.width});
      row.operand(expected.data() + kGuard + (r * pitch + column) * size, to, {1});
      row.operand(sources[p].data() + r * part.pitch * kSize[int(part.dtype)], part.dtype, {1});
      CHECK(k.copy(row.call()) == Status::ok);
      column += part.width;
    }
  }
  if (got != expected) {
    std::printf("%s: join of %zu to dtype %d, %lld rows of %lld differs\n", k.isa, parts.size(), int(to), (long long)rows, (long long)cols);
    std::exit(1);
  }
}

void random_cases(const Kernels& k) {
  Numbers numbers;
  for (int n = 0; n < 3000; ++n) {
    const DType to = DType(numbers.below(kDTypes));
    const bool mixed = numbers.below(4) == 0, columns = numbers.below(5) == 0;
    std::vector<Part> parts(size_t(1 + numbers.below(kMaxOperands - 1)));
    for (Part& part : parts) {
      constexpr int64_t widths[] = {0, 1, 3, 7, 16, 17, 100, 300};
      part.dtype = mixed ? DType(numbers.below(kDTypes)) : to;
      part.width = columns ? numbers.below(2) : widths[numbers.below(8)];
      part.pitch = numbers.below(6) == 0 ? 0 : part.width + numbers.below(3);
    }
    join_case(k, to, numbers.below(20), numbers.below(3), parts);
  }
}

}  // namespace

int main() {
  set_num_threads(2);
  for (const Kernels* k : available_kernels()) {
    random_cases(*k);
    for (const DType to : {DType::f32, DType::f64, DType::i16, DType::i8}) {
      join_case(*k, to, 1, 0, {{to, 20000, 20000}, {to, 5, 5}, {to, 30001, 30001}});
      join_case(*k, to, 700, 1, {{to, 33, 40}, {to, 100, 100}});
      join_case(*k, to, 30000, 0, {{to, 1, 1}, {to, 1, 2}});
    }
    join_case(*k, DType::f32, 3, 0, {{DType::f32, 9000, 9000}, {DType::i64, 8200, 8300}});
    join_case(*k, DType::f64, 50, 0, {{DType::f64, 100, 100}, {DType::f64, 84000, 84000}});
    std::printf("%s: ok\n", k->isa);
  }
  return 0;
}
