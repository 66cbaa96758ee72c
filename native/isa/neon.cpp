// Kernels for AArch64 Advanced SIMD. Compile flags of this file: none beyond the common ones.
#define FLAMBEAU_ISA_NS neon
#define FLAMBEAU_ISA_TABLE kernels_neon
#define FLAMBEAU_ISA_NAME "neon"
#include "../simd/neon.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// Register tile of the matmul micro-kernel (rows x vectors), and the depth and width of a packed block of B.
constexpr int kGemmMR = 8;
constexpr int kGemmNRV = 3;
constexpr int kGemmKC = 320;
constexpr int kGemmNC = 768;

}}}  // namespace

#include "table.inc"
