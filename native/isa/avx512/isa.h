// Kernels for AVX-512 F/DQ/BW/VL with FMA, F16C and BMI2. Compile flags: -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma -mf16c -mbmi -mbmi2.
#pragma once
#define FLAMBEAU_ISA_NS avx512
#define FLAMBEAU_ISA_TABLE kernels_avx512
#define FLAMBEAU_ISA_NAME "avx512"
#include "../../simd/avx512.h"
#include "../../simd/avx512_pairs.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// matmul: rows and vectors of the register tile; depth, and columns of float32, of a packed block of B; whether masked
// loads are free; rows and columns of the tile of dot products, and from which K / min(M, N) on it beats packing a
// transposed B; up to how many blocks of rows packing B while using it beats packing it first.
constexpr int kGemmRows = 14, kGemmVectors = 2;
constexpr int64_t kGemmDepth = 384, kGemmColumns = 1024;
constexpr bool kGemmMaskedTail = true;
constexpr int kGemmDotRows = 4, kGemmDotColumns = 4;
constexpr int64_t kGemmDotRatio = 6, kGemmCopyBlocks = 20;

}}}  // namespace
