// Kernels for AVX-512 F/DQ/BW/VL with FMA, F16C and BMI2. Compile flags of this file: -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma -mf16c -mbmi -mbmi2.
#define FLAMBEAU_ISA_NS avx512
#define FLAMBEAU_ISA_TABLE kernels_avx512
#define FLAMBEAU_ISA_NAME "avx512"
#include "../simd/avx512.h"

namespace flambeau { namespace FLAMBEAU_ISA_NS { namespace {

// Register tile of the matmul micro-kernel (rows x vectors), and the depth and width of a packed block of B.
constexpr int kGemmMR = 14;
constexpr int kGemmNRV = 2;
constexpr int kGemmKC = 320;
constexpr int kGemmNC = 768;

}}}  // namespace

#include "table.inc"
