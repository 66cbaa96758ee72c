// CPUID says what the CPU has, XCR0 what the operating system saves; a level needs both.
#include "dispatch.h"

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace flambeau {
namespace {

#if defined(__x86_64__) || defined(_M_X64)

struct Registers {
  uint32_t a, b, c, d;
};

Registers cpuid(uint32_t leaf, uint32_t subleaf) {
#if defined(_MSC_VER)
  int r[4];
  __cpuidex(r, static_cast<int>(leaf), static_cast<int>(subleaf));
  return {static_cast<uint32_t>(r[0]), static_cast<uint32_t>(r[1]), static_cast<uint32_t>(r[2]),
          static_cast<uint32_t>(r[3])};
#else
  Registers r{};
  __cpuid_count(leaf, subleaf, r.a, r.b, r.c, r.d);
  return r;
#endif
}

uint64_t saved_state() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
#endif
}

constexpr const Kernels* kTables[] = {&kernels_baseline, &kernels_avx2, &kernels_avx512, &kernels_avx512bf16};

int count_levels() {
  constexpr uint32_t fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28, f16c = 1u << 29;                     // leaf 1 ecx
  constexpr uint32_t bmi = 1u << 3, avx2 = 1u << 5, bmi2 = 1u << 8;                                           // leaf 7 ebx
  constexpr uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;                                      // F DQ BW VL
  constexpr uint32_t avx512_bf16 = 1u << 5;                                                                   // leaf 7.1 eax
  constexpr uint64_t ymm = 0x6, zmm = 0xe6;
  if (cpuid(0, 0).a < 7) return 1;
  const Registers one = cpuid(1, 0), seven = cpuid(7, 0);
  constexpr uint32_t need = fma | osxsave | avx | f16c;
  if ((one.c & need) != need || (seven.b & (bmi | avx2 | bmi2)) != (bmi | avx2 | bmi2)) return 1;
  const uint64_t state = saved_state();
  if ((state & ymm) != ymm) return 1;
  if ((seven.b & avx512) != avx512 || (state & zmm) != zmm) return 2;
  return seven.a >= 1 && (cpuid(7, 1).a & avx512_bf16) != 0 ? 4 : 3;
}

#elif defined(__aarch64__) || defined(_M_ARM64)

constexpr const Kernels* kTables[] = {&kernels_neon};
int count_levels() { return 1; }

#else
#error "no kernels for this architecture"
#endif

}  // namespace

Levels isa_levels() { return {kTables, count_levels()}; }

}  // namespace flambeau
