// Kernels for any x86-64 (SSE2). Compile flags of this file: none beyond the common ones.
#define FLAMBEAU_ISA_NS baseline
#define FLAMBEAU_ISA_TABLE kernels_baseline
#define FLAMBEAU_ISA_NAME "baseline"
#include "../simd/baseline.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// Register tile of the matmul micro-kernel (rows x vectors), and the depth and width of a packed block of B.
constexpr int kGemmMR = 6;
constexpr int kGemmNRV = 2;
constexpr int kGemmKC = 320;
constexpr int kGemmNC = 768;

}}}  // namespace

#include "table.inc"
