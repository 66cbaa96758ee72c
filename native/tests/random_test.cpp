// The native random streams against the TypeScript ones, bit for bit. test/random-streams.test.ts compares those with
// the numbers PyTorch recorded; the hashes below are FNV-1a of the output and of the state after src/core/random-streams.ts
// drew the row from seed 12345.
#include "../op_names.h"
#include "kernel_call.h"

using namespace flambeau;
using namespace flambeau::test;

namespace {

constexpr int kRngWords = 632;

struct Row {
  const char* op;
  DType dtype;
  int64_t n;
  double p0, p1;
  int64_t ints[5];
  uint64_t out_hash, state_hash;
};

// bernoulli with ints[0] = 1 starts from the probabilities (i % 10) / 10.
constexpr Row kRows[] = {
    {"uniform", DType::f32, 1000, 0, 1, {0, 0, 0, 0, 0}, 0xaf9175efa4c09251ull, 0xb68ff3ebaf432bc6ull},
    {"uniform", DType::f32, 777, -0.3, 0.7, {0, 0, 0, 0, 0}, 0xc361b844b48c86c9ull, 0x8790209fc948659cull},
    {"normal", DType::f32, 15, 1, 2, {0, 0, 0, 0, 0}, 0xc5856ac6a1cb886bull, 0x6bed1538120e2515ull},
    {"normal", DType::f32, 1, 0, 1, {0, 0, 0, 0, 0}, 0x56a136ec8cf44efcull, 0x4d817d4b8b26a1f0ull},
    {"normal", DType::f32, 16, 0, 1, {0, 0, 0, 0, 0}, 0xd127af07be1ba326ull, 0x65fc7bf2c0cfffc0ull},
    {"normal", DType::f32, 5000, 0.5, 0.02, {0, 0, 0, 0, 0}, 0x407ef277f6485b23ull, 0x30eacbeb5765c38ull},
    {"normal", DType::f32, 5003, 0, 1, {0, 0, 0, 0, 0}, 0x164e9f4f012ab153ull, 0x2d14ffe990f7be7bull},
    {"normal", DType::f32, 33, 0, 1, {1, 0, 0, 0, 0}, 0x83516325c4902d2aull, 0x76e99eed4e0d986eull},
    {"exponential", DType::f32, 1, 1.5, 1, {0, 0, 0, 0, 0}, 0x57a77fd2223e72d3ull, 0x231d9ccdca4d0812ull},
    {"exponential", DType::f32, 3001, 1.5, 1, {0, 0, 0, 0, 0}, 0x30d0a5afa1c6f924ull, 0x6b00cae30e57290bull},
    {"bernoulli", DType::f32, 1500, 0.3, 1, {0, 0, 0, 0, 0}, 0x9d1d649142d21255ull, 0xda23b30470afcff8ull},
    {"bernoulli", DType::f32, 1500, 0, 0, {1, 0, 0, 0, 0}, 0x906fb881df2cf1f5ull, 0x28fb8eadd3dabdf9ull},
    {"randint", DType::f32, 600, 0, 0, {-7, -1, 1000, 0, 0}, 0x2203dbb31e6986c3ull, 0xa24b713cbea904c2ull},
    {"uniform", DType::f64, 1000, 0, 1, {0, 0, 0, 0, 0}, 0xeb51f45ff75c3becull, 0x56281284d6f1ff33ull},
    {"uniform", DType::f64, 777, -0.3, 0.7, {0, 0, 0, 0, 0}, 0x4855333d34d4b225ull, 0xf057e51cee38c3b0ull},
    {"normal", DType::f64, 15, 1, 2, {0, 0, 0, 0, 0}, 0xf4aa0501a5f32f1dull, 0x6bed1538120e2515ull},
    {"normal", DType::f64, 1, 0, 1, {0, 0, 0, 0, 0}, 0x24d06136feb7abdaull, 0x4d817d4b8b26a1f0ull},
    {"normal", DType::f64, 16, 0, 1, {0, 0, 0, 0, 0}, 0xdc47aac9910bc581ull, 0x2cdb4c30eade8730ull},
    {"normal", DType::f64, 5000, 0.5, 0.02, {0, 0, 0, 0, 0}, 0x27fe5253a0d9e6abull, 0xf609127e105a08faull},
    {"normal", DType::f64, 5003, 0, 1, {0, 0, 0, 0, 0}, 0x1835ce236ac9a848ull, 0x3d61bdf14d16115cull},
    {"normal", DType::f64, 33, 0, 1, {1, 0, 0, 0, 0}, 0x9bc905a214bf96feull, 0x76e99eed4e0d986eull},
    {"exponential", DType::f64, 1, 1.5, 1, {0, 0, 0, 0, 0}, 0x6a0e5a0ef50070full, 0x231d9ccdca4d0812ull},
    {"exponential", DType::f64, 3001, 1.5, 1, {0, 0, 0, 0, 0}, 0x5c2dc869a589bd20ull, 0x6b00cae30e57290bull},
    {"bernoulli", DType::f64, 1500, 0.3, 1, {0, 0, 0, 0, 0}, 0xe78061daf18f9785ull, 0xda23b30470afcff8ull},
    {"bernoulli", DType::f64, 1500, 0, 0, {1, 0, 0, 0, 0}, 0x75e9d6e286609b8ull, 0xda23b30470afcff8ull},
    {"randint", DType::f64, 600, 0, 0, {-7, -1, 1000, 0, 0}, 0x185851a2092a3de3ull, 0xa24b713cbea904c2ull},
    {"bernoulli", DType::i64, 700, 0.4, 1, {0, 0, 0, 0, 0}, 0xf24fc8cefd639e64ull, 0x1069d115327526fdull},
    {"bernoulli", DType::i32, 700, 0.4, 1, {0, 0, 0, 0, 0}, 0xf293e6acdc7e74c4ull, 0x1069d115327526fdull},
    {"bernoulli", DType::boolean, 700, 0.4, 1, {0, 0, 0, 0, 0}, 0x79a39db0ab814f14ull, 0x1069d115327526fdull},
    {"randint", DType::i64, 900, 0, 0, {-5, -1, 1000, 0, 0}, 0x3f9f339a33de7760ull, 0xbb7fc33a014df33aull},
    {"randint", DType::i64, 900, 0, 0, {0, 0, 268435456, 0, 0}, 0x4e16a948b5d22e1cull, 0x34a7151c83bbf133ull},
    {"randint", DType::i64, 900, 0, 0, {0, -256, 0, 512, 0}, 0x54caf24f4f7c1659ull, 0x34a7151c83bbf133ull},
    {"randint", DType::i64, 900, 0, 0, {0, 0, 0, -2147483648, 1}, 0x34f828a1d60792c3ull, 0x34a7151c83bbf133ull},
    {"randint", DType::i32, 900, 0, 0, {0, 0, -2147483648, 0, 1}, 0xa9850a04fc98ddb0ull, 0xbb7fc33a014df33aull},
    {"randint", DType::boolean, 900, 0, 0, {0, 0, 2, 0, 0}, 0x9d7a64b33cfabed7ull, 0xbb7fc33a014df33aull},
    {"randperm", DType::i64, 1, 0, 1, {0, 0, 0, 0, 0}, 0xa8c7f832281a39c5ull, 0x5f605573c6703d54ull},
    {"randperm", DType::i64, 0, 0, 1, {0, 0, 0, 0, 0}, 0xcbf29ce484222325ull, 0x5f605573c6703d54ull},
    {"randperm", DType::i64, 2000, 0, 1, {0, 0, 0, 0, 0}, 0xb5120bcf1a2d989ull, 0x8d6931a1cf821ecull},
    {"randperm", DType::i32, 1999, 0, 1, {0, 0, 0, 0, 0}, 0x2644439eaaf50707ull, 0xde21516996fb994dull},
};

uint64_t hash(const void* data, int64_t bytes) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (int64_t i = 0; i < bytes; ++i) h = (h ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001b3ull;
  return h;
}

void seed_state(int32_t* words, uint64_t seed) {
  std::memset(words, 0, kRngWords * 4);
  uint32_t previous = static_cast<uint32_t>(seed);
  words[0] = static_cast<int32_t>(previous);
  for (uint32_t i = 1; i < 624; ++i) {
    previous = (previous ^ (previous >> 30)) * 1812433253u + i;
    words[i] = static_cast<int32_t>(previous);
  }
  words[624] = 624;
  words[628] = static_cast<int32_t>(seed);
  words[629] = static_cast<int32_t>(seed >> 32);
}

int64_t item_size(DType t) { return t == DType::f64 || t == DType::i64 ? 8 : t == DType::boolean ? 1 : 4; }

void check_row(const Kernels& kernels, const Row& row) {
  Guarded<char> out(row.n * item_size(row.dtype));
  Guarded<int32_t> state(kRngWords);
  seed_state(state.data(), 12345);
  for (int64_t i = 0; i < row.n; ++i) {
    const double p = static_cast<double>(i % 10) / 10;
    if (row.dtype == DType::f32) reinterpret_cast<float*>(out.data())[i] = static_cast<float>(p);
    if (row.dtype == DType::f64) reinterpret_cast<double*>(out.data())[i] = p;
  }
  Frame frame(index_of(row.op, random_names), {row.n});
  frame.operand(out.data(), row.dtype, {1}).operand(state.data(), {0}).params({row.p0, row.p1});
  frame.ints({row.ints[0], row.ints[1], row.ints[2], row.ints[3], row.ints[4]});
  CHECK(kernels.random(frame.call()) == Status::ok);
  if (hash(out.data(), out.size()) != row.out_hash || hash(state.data(), kRngWords * 4) != row.state_hash) {
    std::fprintf(stderr, "%s: %s, dtype %d, n %d differs\n", kernels.isa, row.op, static_cast<int>(row.dtype),
                 static_cast<int>(row.n));
    CHECK(false);
  }
  out.check();
  state.check();
}

// What a float kind cannot fill is refused before the generator moves.
void check_refusals(const Kernels& kernels) {
  for (const char* op : {"uniform", "normal", "exponential"}) {
    Guarded<int32_t> out(4), state(kRngWords);
    seed_state(state.data(), 1);
    Frame frame(index_of(op, random_names), {4});
    frame.operand(out.data(), {1}).operand(state.data(), {0}).params({0, 1});
    CHECK(kernels.random(frame.call()) == Status::unsupported);
    CHECK(state[624] == 624);
  }
}

}  // namespace

int main() {
  for (const Kernels* kernels : available_kernels()) {
    for (const Row& row : kRows) check_row(*kernels, row);
    check_refusals(*kernels);
    std::printf("random %s: ok\n", kernels->isa);
  }
}
