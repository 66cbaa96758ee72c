// Kernels for AVX2 with FMA, F16C and BMI2. Compile flags of this file: -mavx2 -mfma -mf16c -mbmi -mbmi2.
#define FLAMBEAU_ISA_NS avx2
#define FLAMBEAU_ISA_TABLE kernels_avx2
#define FLAMBEAU_ISA_NAME "avx2"
#include "../simd/avx2.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// Register tile of the matmul micro-kernel (rows x vectors), and the depth and width of a packed block of B.
constexpr int kGemmMR = 6;
constexpr int kGemmNRV = 2;
constexpr int kGemmKC = 320;
constexpr int kGemmNC = 768;

}}}  // namespace

#include "table.inc"
