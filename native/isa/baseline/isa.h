// Kernels for any x86-64 (SSE2). Compile flags: none beyond the common ones.
#pragma once
#define FLAMBEAU_ISA_NS baseline
#define FLAMBEAU_ISA_TABLE kernels_baseline
#define FLAMBEAU_ISA_NAME "baseline"
#include "../../simd/baseline.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// matmul: rows and vectors of the register tile; depth, and columns of float32, of a packed block of B; whether masked
// loads are free; rows and columns of the tile of dot products, and from which K / min(M, N) on it beats packing a
// transposed B; up to how many blocks of rows packing B while using it beats packing it first.
constexpr int kGemmRows = 6, kGemmVectors = 2;
constexpr int64_t kGemmDepth = 320, kGemmColumns = 768;
constexpr bool kGemmMaskedTail = false;
constexpr int kGemmDotRows = 3, kGemmDotColumns = 3;
constexpr int64_t kGemmDotRatio = 16, kGemmCopyBlocks = 20;

}}}  // namespace
